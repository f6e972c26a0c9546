"""Exports of survey tools other than LimeSurvey, for the tests: their codebook, and the way through the project."""

from dataclasses import dataclass, field
from pathlib import Path

import pyarrow.parquet as pq

from orchestration import lake as tables
from orchestration.archive import Archive
from orchestration.codebook import Codebook, load
from orchestration.collection.contacts import Contacts
from orchestration.collection.intake import Collected, collect_export
from orchestration.decoding import DecodeInput, decode
from orchestration.identifiers import CompanyKeys

CODEBOOKS = Path(__file__).resolve().parents[2] / "fixtures" / "codebooks" / "other_tools"

HEAD = """\
edition: {name}
year: 2024
title: {{fr: "Enquête", en: "Survey"}}
status: closed
simulated: true
has_frame: false
timezone: Europe/Paris
languages: [fr]
retention_months: 12
complete_when: submitted
exports:
  - source: tool
    files: "*"
    format: {format}
{more}questions:
"""


def codebook(folder: Path, export_format: str, questions: str, more: str = "") -> Codebook:
    """Load a codebook of these questions; ``more`` are further keys of its export."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "variables.yaml").write_bytes((CODEBOOKS / "variables.yaml").read_bytes())
    path = folder / f"of_{export_format}.yaml"
    path.write_text(
        HEAD.format(name=path.stem, format=export_format, more=more) + questions, encoding="utf-8"
    )
    return load(path)


@dataclass
class Lake:
    """What collecting and decoding one file gave; answers by respondent, variable and item."""

    folder: Path
    collected: Collected
    respondents: list[dict]
    quarantine: list[dict]
    answers: dict[tuple[int, str, str], dict]
    contacts: list[tuple[str, str]] = field(default_factory=list)

    @property
    def ids(self) -> list[int]:
        return [row["respondent_id"] for row in self.respondents]

    def values(self, respondent: int, variable: str) -> dict[str, object]:
        """The answers to a variable by item; what is no answer by its state, in brackets."""
        return {
            item: said(row)
            for (who, name, item), row in self.answers.items()
            if (who, name) == (respondent, variable)
        }

    def value(self, respondent: int, variable: str) -> object:
        return said(self.answers[respondent, variable, ""])

    def everything_but_contacts(self) -> bytes:
        files = [path for path in self.folder.rglob("*") if path.is_file() and "contacts" not in path.parts]
        plain = [str(pq.ParquetFile(path).read().to_pylist()) for path in files if path.suffix == ".parquet"]
        return b"".join(path.read_bytes() for path in files) + "".join(plain).encode()


def said(row: dict) -> object:
    values = (row["value_code"], row["value_number"], row["value_text"], row["value_date"])
    if row["state"] != "answered":
        return f"({row['state']})"
    return next(value for value in values if value is not None)


def through(folder: Path, book: Codebook, path: Path) -> Lake:
    """Collect and decode a file."""
    keys = CompanyKeys(b"a secret for tests only")
    source = book.exports[0].source
    data = folder / "data"
    contacts = Contacts(data / "contacts", data / "secrets")
    collected = collect_export(path, book, source, Archive(data / "archive"), contacts, keys)
    given = DecodeInput(collected.entry.path, source, path.name)
    decode([book], {book.edition: [given]}, data / "lake")

    def rows(table: str) -> list[dict]:
        return [
            row
            for part in tables.files(data / "lake", table)
            for row in pq.ParquetFile(part).read().to_pylist()
        ]

    people = contacts.read(contacts.path_of(collected.entry)).to_pylist()
    return Lake(
        data,
        collected,
        rows("respondents"),
        rows("quarantine"),
        {(row["respondent_id"], row["variable"], row["item"]): row for row in rows("answers")},
        [(row["field"], row["value"]) for row in people],
    )
