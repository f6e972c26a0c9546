"""Exports through intake and decoding. Belongs here: what came out, as rows that can be compared or written again.
Does not: writing (writers.py)."""

from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq

from orchestration import lake as tables
from orchestration.archive import Archive
from orchestration.codebook import Codebook
from orchestration.collection.contacts import Contacts
from orchestration.collection.intake import Collected, collect_export
from orchestration.decoding import DecodeInput, decode
from orchestration.identifiers import CompanyKeys

KEYS = CompanyKeys(b"the secret of the tests")
_MOMENTS = {"submitted_at": "submitdate", "started_at": "startdate", "last_action_at": "datestamp"}
_VALUES = ("value_code", "value_number", "value_text", "value_date")
# Where a row stood in its file is no part of what it says.
_PLACE = ("edition", "source", "file", "row_number")


@dataclass
class Decoded:
    """The responses of one export in the order of its rows, and what was set aside."""

    respondents: list[dict]
    answers: dict[int, dict[str, tuple]] = field(default_factory=dict)
    contacts: dict[int, dict[str, str]] = field(default_factory=dict)
    quarantine: list[dict] = field(default_factory=list)

    def comparable(self, *, numbered: bool = True) -> list[tuple]:
        """Everything that the export says, row by row."""
        rows = []
        for row in self.respondents:
            who = row["respondent_id"]
            facts = {name: value for name, value in row.items() if name not in _PLACE}
            facts |= {} if numbered else {"respondent_id": None}
            rows.append((facts, self.answers[who], self.contacts.get(who, {})))
        return rows

    def cells(self, book: Codebook) -> list[dict[str, str | None]]:
        """The rows as cells again: codes for values, None for what was not asked."""
        rows = []
        for respondent in self.respondents:
            who = respondent["respondent_id"]
            row: dict[str, str | None] = {
                "id": str(who),
                "lastpage": "" if respondent["last_page"] is None else str(respondent["last_page"]),
                "startlanguage": respondent["language"] or "",
                "seed": "",
                "token": "",
                "ipaddr": "",
            }
            row |= {cell: str(respondent[name] or "") for name, cell in _MOMENTS.items()}
            for heading, column in book.columns().items():
                if column.personal:
                    row[heading] = self.contacts.get(who, {}).get(heading, "")
                else:
                    row[heading] = _cell(column, *self.answers[who][heading])
            rows.append(row)
        return rows


def _cell(column, state: str, value: object) -> str | None:
    if state == "not_asked":
        return None
    if state == "blank":
        return ""
    if isinstance(value, float):
        return format(Decimal(repr(value)), "f")
    codes = {answer: code for code, answer in column.values.items()}
    # A box that is not ticked says no where another one is.
    return (
        "" if value == "no" and column.kind.startswith("multiple") and codes else codes.get(value, str(value))
    )


def collect(folder: Path, book: Codebook, path: Path, source: str = "s0") -> Collected:
    """Take one file in."""
    return collect_export(path, book, source, Archive(folder / "archive"), _contacts(folder), KEYS)


def put(folder: Path, files: dict[str, bytes]) -> Path:
    """Write an export and what belongs beside it into a folder of its own; gives the export's path."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder / next(iter(files))


def decoded(folder: Path, book: Codebook, collected: dict[str, Collected]) -> dict[str, Decoded]:
    """Decode archived exports by source; contacts come from their own files."""
    given = [DecodeInput(one.entry.path, source, "export") for source, one in collected.items()]
    decode([book], {book.edition: given}, folder / "lake")
    rows = {
        name: _rows(folder / "lake", name) for name in ("respondents", "answers", "quarantine", "variables")
    }
    headings = {(row["variable"], row["item"]): row["heading"] for row in rows["variables"]}
    found = {source: Decoded([]) for source in collected}
    source_of = {}
    for row in sorted(rows["respondents"], key=lambda row: row["row_number"]):
        found[row["source"]].respondents.append(row)
        source_of[row["respondent_id"]] = row["source"]
    for row in rows["answers"]:
        who = row["respondent_id"]
        value = next((row[name] for name in _VALUES if row[name] is not None), None)
        heading = headings[row["variable"], row["item"]]
        found[source_of[who]].answers.setdefault(who, {})[heading] = row["state"], value
    for row in rows["quarantine"]:
        found[row["source"]].quarantine.append(row)
    for source, one in collected.items():
        for row in contacts(folder, book, one):
            found[source].contacts.setdefault(row["respondent_id"], {})[row["field"]] = row["value"]
    return found


def _contacts(folder: Path) -> Contacts:
    return Contacts(folder / "contacts", folder / "secrets")


def contacts(folder: Path, book: Codebook, collected: Collected) -> list[dict]:
    """What was split off from an export."""
    return _contacts(folder).read(_contacts(folder).path_of(collected.entry)).to_pylist()


def _rows(lake: Path, table: str) -> list[dict]:
    return [row for path in tables.files(lake, table) for row in pq.ParquetFile(path).read().to_pylist()]
