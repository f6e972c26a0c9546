"""Respondents without a usable SIREN or SIRET, beside the companies of like name in their commune. Belongs here: who
they are, what the search for each came to, and what of it is archived. Does not: likeness, or decisions."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.archive import Archive, Entry
from orchestration.codebook import Codebook
from orchestration.collection.companies.communes import Communes
from orchestration.collection.companies.likeness import Asked, Candidate, search
from orchestration.collection.contacts import Contacts
from orchestration.collection.inbox import FRAME, PARTNERS
from orchestration.collection.intake import Collected
from orchestration.sql_text import identifier

Outcome = Literal["candidate", "not_found", "no_name", "no_commune"]
SOURCE = "company_matches"
# Goes into the hash of what the search was made from: to be raised whenever it would find something else.
_VERSION = 2
_COLUMNS: dict[str, pa.DataType] = {
    "respondent_id": pa.int64(),
    "source": pa.string(),
    "row_number": pa.int64(),
    "outcome": pa.string(),
    "candidates": pa.int64(),
}
SCHEMA = pa.schema(_COLUMNS)
# The first row with an id is the response; its name stands in the contacts, its commune where the codebook has it.
_UNIDENTIFIED = """
with response as (
    select cast(id as bigint) as id, row_number, company_key, is_test, {commune} as commune
    from read_parquet(?)
    where rejected is null and regexp_full_match(id, '[0-9]{{1,10}}')
    qualify row_number() over (partition by cast(id as bigint) order by row_number) = 1
),

said as (
    select row_number, max(value) filter (where field = ?) as name, max(value) filter (where field = ?) as commune
    from people
    where field in (?, ?) and row_number is not null
    group by row_number
)

select r.id, r.row_number, s.name, coalesce(r.commune, s.commune)
from response as r left join said as s using (row_number)
where r.company_key is null and not r.is_test
order by r.id
"""


@dataclass(frozen=True)
class Unidentified:
    """A respondent that no number identifies; what was said of name and commune is personal data."""

    respondent_id: int
    source: str
    row_number: int
    name: str | None
    commune: str | None


@dataclass(frozen=True)
class Search:
    """What an edition's respondents without a number were compared with, and what was found."""

    respondents: tuple[Unidentified, ...]
    candidates: Mapping[int, Sequence[Candidate]]
    outcomes: Mapping[int, Outcome]


class Matcher:
    """The search for one edition; ``reference`` has communes.csv."""

    def __init__(self, book: Codebook, archive: Archive, contacts: Contacts, reference: Path) -> None:
        self._book, self._archive, self._contacts, self._reference = book, archive, contacts, reference
        self._exports = [
            (export.source, entry)
            for export in book.exports
            if (entry := archive.latest(export.source, book.edition))
        ]
        feeds = ((FRAME, book.edition), (PARTNERS, "register"))
        known = [entry for feed in feeds if (entry := archive.latest(*feed))]
        self._known = [entry for entry in known if contacts.path_of(entry).is_file()]

    @property
    def impossible(self) -> str | None:
        """Why nothing can be compared; None where it can."""
        if not self._exports:
            return "nothing was collected"
        if not all(self._contacts.path_of(entry).is_file() for _, entry in self._exports):
            return "the contacts are no longer kept"
        return None if self._known else "neither frame nor register brought names of companies"

    def archive(self) -> Collected | None:
        """Archive what the search comes to, without names and keys; None where it never was possible.

        What is archived is (respondent_id, source, row_number, outcome, candidates): it stays when the
        contacts are gone, whose deletion leaves the last state as it is. The same inputs add nothing.
        """
        latest = self._archive.latest(SOURCE, self._book.edition)
        inputs = self._inputs()
        if self.impossible or (latest is not None and latest.says(inputs=inputs)):
            return None if latest is None else Collected(latest, False, int(latest.facts["rows"]), 0)
        search = self.search()
        rows = pa.Table.from_pylist(
            [
                {
                    "respondent_id": one.respondent_id,
                    "source": one.source,
                    "row_number": one.row_number,
                    "outcome": search.outcomes[one.respondent_id],
                    "candidates": len(search.candidates.get(one.respondent_id, ())),
                }
                for one in search.respondents
            ],
            schema=SCHEMA,
        ).replace_schema_metadata({"inputs": inputs})

        def write(draft: Path) -> dict[str, object]:
            pq.write_table(rows, draft, compression="zstd")
            return {"rows": rows.num_rows, "outcomes": dict(Counter(rows["outcome"].to_pylist()))}

        facts = {
            "edition": self._book.edition,
            "origin": "search by name and commune",
            "format": "matches",
            "inputs": inputs,
            "rejected": 0,
        }
        entry = self._archive.put(SOURCE, self._book.edition, "parquet", write, facts)
        return Collected(entry, entry.is_new, rows.num_rows, 0)

    def search(self) -> Search:
        """Compare every respondent that no number identifies with the known names of its commune."""
        respondents = [one for source, entry in self._exports for one in self._unidentified(source, entry)]
        communes = Communes(self._reference)
        outcomes: dict[int, Outcome] = {}
        asked = []
        for one in respondents:
            places = communes.codes(one.commune or "")
            if not one.name:
                outcomes[one.respondent_id] = "no_name"
            elif not places:
                outcomes[one.respondent_id] = "no_commune"
            else:
                outcomes[one.respondent_id] = "not_found"
                asked.append(Asked(one.respondent_id, one.name, places))
        found: dict[int, list[Candidate]] = {}
        for candidate in search(asked, self._known_names):
            found.setdefault(candidate.respondent_id, []).append(candidate)
            outcomes[candidate.respondent_id] = "candidate"
        return Search(tuple(respondents), found, outcomes)

    def _known_names(self) -> Iterator[pa.RecordBatch]:
        for entry in self._known:
            with self._contacts.scan(self._contacts.path_of(entry)) as names:
                yield from names

    def _unidentified(self, source: str, entry: Entry) -> list[Unidentified]:
        headings = {column.variable: column.heading for column in self._book.columns().values()}
        name, commune = headings.get("company_name", ""), headings.get("commune_code", "")
        archived = commune in pq.read_schema(entry.path).names
        sql = _UNIDENTIFIED.format(
            commune=f"nullif(trim({identifier(commune)}), '')" if archived else "cast(null as varchar)"
        )
        with (
            duckdb.connect(config={"temp_directory": "", "threads": 2}) as connection,
            self._contacts.scan(self._contacts.path_of(entry), ["row_number", "field", "value"]) as people,
        ):
            connection.register("people", people)
            rows = connection.execute(sql, [str(entry.path), name, commune, name, commune]).fetchall()
        first = self._book.first_id(source)
        return [Unidentified(first + number, source, *rest) for number, *rest in rows]

    def _inputs(self) -> str:
        """Identify what the search is made from."""
        made_from = {
            "version": _VERSION,
            "entries": [entry.sha256 for _, entry in self._exports] + [entry.sha256 for entry in self._known],
            "communes": hashlib.sha256((self._reference / "communes.csv").read_bytes()).hexdigest(),
            "columns": sorted(
                (column.variable, column.heading)
                for column in self._book.columns().values()
                if column.variable in {"company_name", "commune_code"}
            ),
        }
        return hashlib.sha256(json.dumps(made_from, sort_keys=True).encode()).hexdigest()[:16]
