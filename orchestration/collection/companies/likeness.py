"""Companies of like name in the same commune. Belongs here: how alike two names are, and the search among many.
Does not: where the names come from, or what becomes of what is found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute

from orchestration.collection.companies.communes import whole_commune
from orchestration.collection.companies.words import initials_of, words_of
from orchestration.collection.contacts import NAMES

pc: Any = pyarrow.compute  # its stubs know too few of the signatures it takes

# Measured on 30,000 invented names, 150 a commune, 500 respondents a case: at 0.7 all are found that are spelt the
# same or have a word more, 94 % with a slip of the pen, 84 % with two words run together, 42 % with one left out; and
# 18 % of those that nobody knows have somebody to refuse. At 0.65 it is 47 % and 26 %, at 0.75 nothing but fewer.
LEAST = 0.7
MOST = 5
_AT_A_TIME = 2_000
_NAMES = 50_000  # spelt at a time
GROUP = 3_000_000  # known names that are held at a time, of whole communes: 0.4 GiB a million
_SAME_WORD, _SAME_NAME, _INITIALS = 0.9, 0.95, 0.8

# `asked` and `known` are names by commune, in its order, so that a part of the respondents reads a part of the names;
# `asked_word` and `known_word` are the words of each name. The words that are not telling do not make up a likeness of
# LEAST among them, whatever they meet: who shares none of the others is not looked at.
_WEIGHTS = f"""
create temp table weight as
select word, ln(1 + (select count(distinct name) from known_word) / count(distinct name)) as weight
from known_word group by word;

-- A word that no known name has weighs as the known word that it is likest; like no other, as one does on average.
create temp table asked_share as
with likest as (
    select a.word, max_by(w.weight, jaro_winkler_similarity(a.word, w.word)) as weight
    from (select distinct word from asked_word where word not in (select word from weight)) as a
    inner join weight as w
        on left(a.word, 1) = left(w.word, 1) and jaro_winkler_similarity(a.word, w.word) >= {_SAME_WORD}
    group by a.word
),

weighed as (
    select
        a.name, a.word,
        coalesce(w.weight, l.weight, (select avg(weight) from known_word inner join weight using (word))) as weight
    from asked_word as a left join weight as w using (word) left join likest as l using (word)
),

shared as (
    select name, word, weight / sqrt(sum(weight * weight) over (partition by name)) as share from weighed
)

select
    name, word, share,
    sum(share) over (partition by name order by share, word rows unbounded preceding) > {LEAST - 1e-9} as is_telling
from shared;

create temp table known_share as
select k.commune_code, k.rowid as place, s.word, s.share
from known as k
inner join (
    select name, word, weight / sqrt(sum(weight * weight) over (partition by name)) as share
    from known_word inner join weight using (word)
) as s using (name)
order by k.commune_code, place;

create temp table pair (respondent_id bigint, place bigint, score double, why varchar);
"""
# Some respondents at a time: in a large city one common word pairs each of them with thousands. Words are compared with
# those of their communes only: all asked with all known would grow with the square of the words.
_PAIRS = f"""
insert into pair
with batch as (
    select * from asked where part = ?
),

alike as materialized (
    select a.commune_code, a.word as asked, k.word as known, jaro_winkler_similarity(a.word, k.word) as likeness
    from (select distinct b.commune_code, w.word from batch as b inner join asked_share as w using (name)) as a
    inner join (
        select distinct commune_code, word from known_share where commune_code in (select commune_code from batch)
    ) as k
        on a.commune_code = k.commune_code and left(a.word, 1) = left(k.word, 1)
        and jaro_winkler_similarity(a.word, k.word) >= {_SAME_WORD}
),

wanted as materialized (
    select a.respondent_id, a.commune_code, w.word, w.is_telling, l.known, w.share * l.likeness as share
    from batch as a
    inner join asked_share as w on a.name = w.name
    inner join alike as l on a.commune_code = l.commune_code and w.word = l.asked
),

likely as materialized (
    select distinct w.respondent_id, k.commune_code, k.place
    from wanted as w inner join known_share as k on w.commune_code = k.commune_code and w.known = k.word
    where w.is_telling
),

word_pair as (
    select w.respondent_id, k.place, w.word, max(w.share * k.share) as score
    from likely as c
    inner join known_share as k on c.commune_code = k.commune_code and c.place = k.place
    inner join wanted as w
        on c.respondent_id = w.respondent_id and c.commune_code = w.commune_code and k.word = w.known
    group by all
),

found as (
    select respondent_id, place, sum(score) as score, 'like words' as why from word_pair group by all
    union all
    select a.respondent_id, k.rowid, jaro_winkler_similarity(a.one_word, k.one_word), 'alike as one word'
    from batch as a
    inner join known as k
        on a.commune_code = k.commune_code and left(a.one_word, 3) = left(k.one_word, 3)
        and jaro_winkler_similarity(a.one_word, k.one_word) >= {_SAME_NAME}
    union all
    select a.respondent_id, k.rowid, {_INITIALS}, 'initials'
    from batch as a
    inner join known as k
        on a.commune_code = k.commune_code
        and ((k.initials <> '' and k.initials = a.one_word) or (a.initials <> '' and a.initials = k.one_word))
)

select respondent_id, place, max(score) as score, max_by(why, score) as why
from found group by all having max(score) >= {LEAST};
"""
_BEST = f"""
with company as (
    select
        p.respondent_id, k.company_key, k.name, k.commune_code, round(least(p.score, 1), 3) as score,
        case when exists (
            select 1 from asked as a where a.respondent_id = p.respondent_id and a.one_word = k.one_word
        ) then 'same name' else p.why end as why
    from pair as p inner join known as k on p.place = k.rowid
    qualify row_number() over (
        partition by p.respondent_id, k.company_key order by p.score desc, k.name, k.commune_code
    ) = 1
)

select * from company
qualify row_number() over (partition by respondent_id order by score desc, company_key) <= {MOST}
order by respondent_id, score desc, company_key
"""


@dataclass(frozen=True)
class Asked:
    """What a respondent said: the company's name, and the communes that the place may mean."""

    respondent_id: int
    name: str
    communes: frozenset[str]


@dataclass(frozen=True)
class Candidate:
    """A known company that a respondent may stand for; its name is personal data.

    ``score`` goes from 0 to 1 (the same words), ``why`` says what is alike.
    """

    respondent_id: int
    company_key: str
    name: str
    commune_code: str
    score: float
    why: str


def search(asked: Sequence[Asked], names: Callable[[], Iterable[pa.RecordBatch]]) -> list[Candidate]:
    """Find for each respondent up to ``MOST`` companies of like name in one of its communes, the likest first.

    The likeness is the largest of three: soft TF-IDF over the words of both names (Cohen, Ravikumar and
    Fienberg 2003; words are alike from a Jaro-Winkler similarity of 0.9), the Jaro-Winkler similarity of
    the names written as one word, and 0.8 where one name is the other's initials. A word weighs the more, the
    fewer names of the same group have it: communes are compared a group at a time, in the order of their codes,
    and a group has ``GROUP`` known names, or is one commune. Everything happens in memory, which holds one
    group: no name is spilled to a disk.

    Args:
        asked: the respondents, once each.
        names: reads the known names, as ``contacts.NAMES``; called once, and once a group.
    """
    if not asked:
        return []
    rows = sorted((commune, one.respondent_id, one.name) for one in asked for commune in one.communes)
    found: list[Candidate] = []
    for group in _groups(names(), {commune for commune, _, _ in rows}):
        found += _search([row for row in rows if row[0] in group], names(), group)
    return _likest(found)


def _groups(names: Iterable[pa.RecordBatch], communes: set[str]) -> Iterator[set[str]]:
    """Some communes in groups of ``GROUP`` known names; those that nobody is known in are in none."""
    known: Counter[str] = Counter()
    wanted = pa.array(sorted(communes), pa.string())
    for batch in names:
        known.update(map(str, _in_communes(batch, wanted)["commune_code"].to_pylist()))
    group: set[str] = set()
    held = 0
    for commune, rows in sorted(known.items()):
        if group and held + rows > GROUP:
            yield group
            group, held = set(), 0
        group.add(commune)
        held += rows
    if group:
        yield group


def _search(
    rows: Sequence[tuple[str, int, str]], names: Iterable[pa.RecordBatch], communes: set[str]
) -> list[Candidate]:
    """The candidates in some communes of respondents by (commune, respondent, name), in this order."""
    with duckdb.connect(config={"temp_directory": "", "threads": 2}) as connection:
        _load(connection, rows, names, communes)
        connection.execute(_WEIGHTS)
        for (part,) in connection.execute("select distinct part from asked order by part").fetchall():
            connection.execute(_PAIRS, [part])
        return [Candidate(*row) for row in connection.execute(_BEST).fetchall()]


def _likest(found: Sequence[Candidate]) -> list[Candidate]:
    """The ``MOST`` likest companies of each respondent, a company once."""
    ranked = sorted(found, key=lambda one: (one.respondent_id, -one.score, one.company_key))
    kept: list[Candidate] = []
    for _, candidates in groupby(ranked, key=lambda one: one.respondent_id):
        companies: dict[str, Candidate] = {}
        for one in candidates:
            companies.setdefault(one.company_key, one)
        kept += list(companies.values())[:MOST]
    return kept


def _load(
    connection: duckdb.DuckDBPyConnection,
    rows: Sequence[tuple[str, int, str]],
    names: Iterable[pa.RecordBatch],
    communes: set[str],
) -> None:
    """Make the tables that the search works on, with the known names in some communes."""
    said: dict[str, Sequence[Any]] = {
        "part": [place // _AT_A_TIME for place in range(len(rows))],
        "respondent_id": [respondent for _, respondent, _ in rows],
        "commune_code": [commune for commune, _, _ in rows],
        "name": [name for _, _, name in rows],
    }
    _store(connection, "said", _table(said))
    wanted = pa.array(sorted(communes), pa.string())
    _store(connection, "given", NAMES.empty_table())
    for batch in names:
        _store(connection, "given", _in_communes(batch, wanted))
    for source, target in (("said", "asked"), ("given", "known")):
        _spell(connection, source, target)


def _spell(connection: duckdb.DuckDBPyConnection, source: str, target: str) -> None:
    """Make ``target`` of ``source``: with how each name is written as one word, and its initials, beside it."""
    names = connection.sql(f"select distinct name from {source}").to_arrow_table()
    for batch in (names.slice(0, 0), *names.to_batches(_NAMES)):
        found = batch.column("name").to_pylist()
        words = [words_of(name) for name in found]
        spelt = {
            "name": found,
            "one_word": ["".join(one) for one in words],
            "initials": [initials_of(one) for one in words],
        }
        pairs = [(name, word) for name, some in zip(found, words, strict=True) for word in set(some)]
        of_words = {"name": [name for name, _ in pairs], "word": [word for _, word in pairs]}
        _store(connection, f"{target}_spelt", _table(spelt))
        _store(connection, f"{target}_word", _table(of_words))
    connection.execute(
        f"create temp table {target} as select * from {source} inner join {target}_spelt using (name) "
        f"order by commune_code; drop table {source}; drop table {target}_spelt"
    )


def _in_communes(names: pa.RecordBatch, wanted: pa.StringArray) -> pa.Table:
    """The names in some communes, under the whole commune's code where theirs is a district's."""
    codes: Any = names["commune_code"].dictionary_encode()
    whole = pa.array([whole_commune(code) for code in codes.dictionary.to_pylist()], pa.string())
    table = pa.table([names["company_key"], whole.take(codes.indices), names["name"]], schema=NAMES)
    return table.filter(pc.fill_null(pc.is_in(table["commune_code"], wanted), False))


def _table(columns: Mapping[str, Sequence[Any]]) -> pa.Table:
    kinds = {"part": pa.int64(), "respondent_id": pa.int64()}
    return pa.table({key: pa.array(cells, kinds.get(key, pa.string())) for key, cells in columns.items()})


def _store(connection: duckdb.DuckDBPyConnection, name: str, table: pa.Table) -> None:
    """Put rows into a table, which is made with the first of them."""
    connection.register("arrow_rows", table)
    connection.execute(f"create temp table if not exists {name} as select * from arrow_rows limit 0")
    connection.execute(f"insert into {name} select * from arrow_rows")
    connection.unregister("arrow_rows")
