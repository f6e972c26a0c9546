"""The respondents of an edition, from the marts. Belongs here: the one place that knows which marts hold the
frame, the answers and the places. Does not: weights and figures."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
import pyarrow as pa

from orchestration.engine import engine
from orchestration.estimation.catalogue import (
    BETWEEN_STOPS,
    BREAKDOWNS,
    Asked,
    expressed_column,
    family_column,
    hard_column,
    importance_column,
    need_column,
    priority_column,
)
from orchestration.estimation.indicators import BETWEEN
from orchestration.sql_text import identifier, literal

TOP = 3
"""How many of the first needs that a company ranks are its priorities."""

EXPRESSED_BY = 3
"""Companies that must express a need of a competence for it to have figures: as many as secrecy asks behind a yes."""

_AT_ONCE = 200_000
"""Respondents whose hundreds of columns are put side by side at a time: of more, DuckDB would spill them to a disk."""

Population = dict[str, dict[str, float]]


@dataclass(frozen=True)
class EditionState:
    """An edition of the marts, and whether companies were drawn for it from a frame."""

    name: str
    year: int
    has_frame: bool


@contextmanager
def opened(warehouse: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection that reads the marts of a DuckDB file and keeps its own tables in bounded memory."""
    with engine(keeps_order=True) as connection:
        connection.execute(f"ATTACH {literal(warehouse)} AS marts (READ_ONLY)")
        # A sum of doubles depends on the order of its terms: one thread keeps it, so that equal data gives equal
        # last digits. The tables here have thousands of rows.
        connection.execute("SET threads = 1")
        yield connection


def names(warehouse: Path) -> list[str]:
    """The names of the editions of the marts in a DuckDB file, the earliest first."""
    with opened(warehouse) as connection:
        return [each.name for each in editions(connection)]


def editions(connection: duckdb.DuckDBPyConnection) -> list[EditionState]:
    """The editions of the marts, the earliest first."""
    rows = connection.execute("SELECT edition, year, has_frame FROM marts.dim_edition ORDER BY year, edition")
    return [EditionState(*row) for row in rows.fetchall()]


def asked(connection: duckdb.DuckDBPyConnection, edition: str) -> Asked:
    """What the edition asks, and how far each variable compares."""
    compares = connection.sql(
        "SELECT variable, comparability FROM marts.int_comparability WHERE edition = $edition",
        params={"edition": edition},
    ).fetchall()
    broken = connection.sql(
        "SELECT DISTINCT competence_code FROM marts.fct_competence_need "
        "WHERE edition = $edition AND recoding = 'broken'",
        params={"edition": edition},
    ).fetchall()
    return replace(
        answered(connection, edition),
        comparability=dict(compares),
        broken=frozenset(code for (code,) in broken),
    )


def answered(connection: duckdb.DuckDBPyConnection, edition: str) -> Asked:
    """The competences that respondents were asked about, as their answers tell; nothing of comparability."""
    rows = connection.sql(
        """SELECT competence_code, family, bool_or(is_needed IS NOT NULL), bool_or(is_hard_to_recruit IS NOT NULL),
            bool_or(importance IS NOT NULL), bool_or(priority_rank IS NOT NULL)
        FROM marts.fct_competence_need JOIN marts.dim_competence USING (competence_code)
        WHERE edition = $edition GROUP BY ALL ORDER BY ALL""",
        params={"edition": edition},
    ).fetchall()
    needs, hard, rated, ranked = (tuple(row[0] for row in rows if row[place]) for place in (2, 3, 4, 5))
    return Asked(
        {}, needs, hard, {row[0]: row[1] for row in rows}, rated=rated, ranked=ranked,
        named=_named(connection, edition),
    )  # fmt: skip


def _named(connection: duckdb.DuckDBPyConnection, edition: str) -> tuple[str, ...]:
    """The competences that enough companies express, where the edition has an open question that anybody answered.

    Fewer would be secret everywhere: to leave them out tells no more, and spares a row of blanks each.
    """
    if not _tells_words(connection):
        return ()
    rows = connection.sql(
        f"""SELECT competence_code
        FROM marts.fct_company_need
        JOIN marts.dim_competence USING (competence_code)
        JOIN marts.fct_response AS response USING (edition, respondent_id)
        WHERE edition = $edition AND response.is_in_figures AND is_in_use
        GROUP BY 1
        HAVING count(*) >= {EXPRESSED_BY} AND EXISTS (
            SELECT 1 FROM marts.fct_response WHERE edition = $edition AND is_in_figures AND has_words_on_needs
        ) ORDER BY 1""",
        params={"edition": edition},
    ).fetchall()
    return tuple(code for (code,) in rows)


def _tells_words(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether the marts tell who answered the open question; those of releases before did not."""
    found = connection.sql(
        "SELECT 1 FROM information_schema.columns WHERE table_catalog = 'marts' AND table_name = 'fct_response' "
        "AND column_name = 'has_words_on_needs'"
    ).fetchall()
    return bool(found)


def keys(connection: duckdb.DuckDBPyConnection, edition: str) -> pa.Table:
    """The respondents in the edition's figures: ``respondent_id`` and ``company_key``."""
    found: pa.Table = connection.sql(
        "SELECT respondent_id, company_key FROM marts.fct_response "
        "WHERE edition = $edition AND is_in_figures ORDER BY respondent_id",
        params={"edition": edition},
    ).to_arrow_table()
    return found


def frame(connection: duckdb.DuckDBPyConnection, edition: str) -> pa.Table:
    """The companies of the edition's frame: key, invited, place, size class, sector and headcount.

    Every company has a category in each column, ``unknown`` where the frame does not tell.
    """
    found: pa.Table = connection.sql(
        f"SELECT company_key, is_invited, {_places('frame')}, headcount FROM marts.int_frame_located AS frame "
        "WHERE edition = $edition ORDER BY company_key",
        params={"edition": edition},
    ).to_arrow_table()
    return found


def _places(table: str) -> str:
    return ", ".join(
        f"coalesce({table}.{column}, 'unknown') AS {name}"
        for name, column in (("region", "region_code"), ("size_class", "size_class"), ("sector", "sector"))
    )


def population(connection: duckdb.DuckDBPyConnection, edition: str) -> Population:
    """Companies of the frame by breakdown and domain: the margins, and which domains exist at all."""
    _frame_domains(connection, edition)
    found: Population = {each.name: {} for each in BREAKDOWNS}
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE counted AS "
        "SELECT * EXCLUDE (company_key, is_invited), count(*) AS companies FROM frame_domains GROUP BY ALL"
    )
    rows = connection.sql(
        f"SELECT domain_type, domain, sum(companies) FROM ({_placed('counted')}) GROUP BY ALL"
    )
    for domain_type, domain, count in rows.fetchall():
        found[domain_type][domain] = float(count)
    return found


def participation(connection: duckdb.DuckDBPyConnection, edition: str) -> pa.Table:
    """Companies ``invited`` and ``responded`` by ``domain_type`` and ``domain``, and complete responses without
    company key (``unidentified``) by what they declare of themselves."""
    _frame_domains(connection, edition)
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE counted AS
        WITH companies AS (
            SELECT * EXCLUDE (company_key, is_invited), 1 AS invited, CAST(company_key IN (
                SELECT company_key FROM marts.fct_response WHERE edition = $edition AND is_in_figures
            ) AS INTEGER) AS responded, 0 AS unidentified
            FROM frame_domains WHERE is_invited
            UNION ALL BY NAME
            SELECT {_domains("response")}, 0 AS invited, 0 AS responded, 1 AS unidentified
            FROM marts.fct_response AS response LEFT JOIN ({_stops()}) AS stops USING (departement_code)
            WHERE edition = $edition AND is_retained AND is_complete AND company_key IS NULL
        )
        SELECT * EXCLUDE (invited, responded, unidentified), sum(invited) AS invited,
            sum(responded) AS responded, sum(unidentified) AS unidentified
        FROM companies GROUP BY ALL""",
        {"edition": edition},
    )
    found: pa.Table = connection.sql(
        f"""SELECT domain_type, domain, CAST(sum(invited) AS BIGINT) AS invited,
            CAST(sum(responded) AS BIGINT) AS responded, CAST(sum(unidentified) AS BIGINT) AS unidentified
        FROM ({_placed("counted")}) GROUP BY ALL HAVING sum(invited) > 0 ORDER BY ALL"""
    ).to_arrow_table()
    return found


def _placed(table: str) -> str:
    """The rows once for each domain that they lie in: of a table that has counted companies alike."""
    parts = []
    for breakdown in BREAKDOWNS:
        if breakdown.separator:
            label = f"unnest(string_split({breakdown.columns[0]}, '{breakdown.separator}'))"
        else:
            label = f" || '{BETWEEN}' || ".join(breakdown.columns) or "'all'"
        parts.append(f"SELECT '{breakdown.name}' AS domain_type, {label} AS domain, * FROM {table}")
    return f"SELECT * FROM ({' UNION ALL '.join(parts)}) WHERE domain IS NOT NULL"


def covariates(connection: duckdb.DuckDBPyConnection, edition: str) -> pa.Table:
    """What the frame knows of each territory (``domain``): its shares of companies above 9 and above 49
    employees."""
    _frame_domains(connection, edition)
    found: pa.Table = connection.sql(
        """SELECT territory AS domain, avg(CAST(size_class <> '0-9' AS DOUBLE)) AS above_nine,
            avg(CAST(size_class IN ('50-249', '250+') AS DOUBLE)) AS above_49
        FROM frame_domains WHERE territory IS NOT NULL GROUP BY 1 ORDER BY 1"""
    ).to_arrow_table()
    return found


def _frame_domains(connection: duckdb.DuckDBPyConnection, edition: str) -> None:
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE frame_domains AS SELECT company_key, is_invited, {_domains('frame')} "
        f"FROM marts.int_frame_located AS frame LEFT JOIN ({_stops()}) AS stops USING (departement_code) "
        "WHERE edition = $edition",
        {"edition": edition},
    )


def _domains(table: str) -> str:
    """The columns of the breakdowns; a company of no known category is in none of them."""
    return (
        f"{table}.region_code AS region, {table}.size_class, {table}.sector, {table}.territory_id AS territory, "
        "stops.stopover"
    )


def _stops() -> str:
    """The stopovers of each département, since people come to a stop from around it."""
    return (
        "SELECT departement_code, "
        f"string_agg(stopover_id, '{BETWEEN_STOPS}' ORDER BY stopover_id) AS stopover "
        "FROM marts.dim_stopover WHERE edition = $edition AND departement_code IS NOT NULL GROUP BY 1"
    )


def load(connection: duckdb.DuckDBPyConnection, edition: str, questions: Asked) -> str:
    """Make a table with a row a respondent in the figures: places, answers, and who it is; returns its name."""
    name = f"respondents_{edition}"
    needs = [
        f"bool_or(is_needed) FILTER (competence_code = '{code}') AS {need_column(code)}"
        for code in questions.needs
    ]
    hard = [
        f"bool_or(is_hard_to_recruit) FILTER (competence_code = '{code}') AS {hard_column(code)}"
        for code in questions.hard
    ]
    rated = [
        f"max(importance) FILTER (competence_code = '{code}') AS {importance_column(code)}"
        for code in questions.rated
    ]
    # Who ranks any competence leaves the others out.
    ranked = [
        f"CASE WHEN bool_or(priority_rank IS NOT NULL) THEN coalesce(bool_or(priority_rank <= {TOP}) "
        f"FILTER (competence_code = '{code}'), FALSE) END AS {priority_column(code)}"
        for code in questions.ranked
    ]
    # Of companies that answered a question by which they could have said it: a closed one on it, or the open one.
    expressed = [
        f"CASE WHEN {need_column(code) if code in questions.needs else 'NULL'} IS NOT NULL "
        f"OR response.has_words_on_needs THEN coalesce(said.codes LIKE '%|{code}|%', FALSE) END "
        f"AS {expressed_column(code)}"
        for code in questions.named
    ]
    said = (
        """(
            SELECT respondent_id, '|' || string_agg(competence_code, '|') || '|' AS codes
            FROM marts.fct_company_need WHERE edition = $edition AND respondent_id BETWEEN $first AND $last
            GROUP BY respondent_id
        )"""
        if questions.named
        else "(SELECT CAST(NULL AS BIGINT) AS respondent_id)"
    )
    families = [
        f"bool_or(is_needed) FILTER (family = '{family}') AS {family_column(family)}"
        for family in dict.fromkeys(questions.families[code] for code in questions.needs)
    ]
    query = f"""
        WITH competences AS (
            SELECT {", ".join(["respondent_id", *needs, *hard, *rated, *ranked, *families])}
            FROM marts.fct_competence_need JOIN marts.dim_competence USING (competence_code)
            WHERE edition = $edition AND respondent_id BETWEEN $first AND $last GROUP BY respondent_id
        )
        SELECT
            response.respondent_id,
            response.company_key,
            coalesce(response.company_key, 'respondent ' || response.respondent_id) AS contributor,
            {_domains("response")},
            response.headcount,
            response.is_innovator,
            CASE WHEN response.is_innovator THEN 'yes' WHEN NOT response.is_innovator THEN 'no' END AS innovator,
            -- Export is told of companies of which innovation is known too (where it is asked), so that those that
            -- innovate and the others add up to all: what is left over would be a few companies given away.
            CASE
                WHEN response.is_innovator IS NOT NULL OR NOT $asks_innovation THEN response.exports
            END AS exports,
            response.export_share,
            response.rd_spend_keur,
            competences.* EXCLUDE (respondent_id){"".join(f", {each}" for each in expressed)}
        FROM marts.fct_response AS response
        LEFT JOIN ({_stops()}) AS stops USING (departement_code)
        LEFT JOIN competences USING (respondent_id)
        LEFT JOIN {said} AS said USING (respondent_id)
        WHERE response.edition = $edition AND response.is_in_figures
            AND response.respondent_id BETWEEN $first AND $last
        ORDER BY response.respondent_id"""
    asks_innovation, pieces = _pieces(connection, edition)
    into = f"CREATE OR REPLACE TEMP TABLE {identifier(name)} AS"
    for first, last in pieces:
        connection.execute(
            f"{into} {query}",
            {"edition": edition, "asks_innovation": asks_innovation, "first": first, "last": last},
        )
        into = f"INSERT INTO {identifier(name)}"
    return identifier(name)


def _pieces(connection: duckdb.DuckDBPyConnection, edition: str) -> tuple[bool, list[tuple[int, int]]]:
    """Whether the edition asks of innovation; the first and the last number of ``_AT_ONCE`` respondents at a time."""
    found = connection.sql(
        f"""SELECT min(respondent_id), max(respondent_id), bool_or(is_innovator IS NOT NULL)
        FROM (
            SELECT respondent_id, is_innovator, row_number() OVER (ORDER BY respondent_id) - 1 AS place
            FROM marts.fct_response WHERE edition = $edition AND is_in_figures
        ) GROUP BY place // {_AT_ONCE} ORDER BY 1""",
        params={"edition": edition},
    ).fetchall()
    return any(asks for _, _, asks in found), [(first, last) for first, last, _ in found] or [(0, 0)]
