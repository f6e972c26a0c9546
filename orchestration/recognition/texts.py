"""Texts of the lake that may name competences. Belongs here: which columns of which tables they stand in, and whose
they are. Does not: what they mean (recogniser.py)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

import pyarrow.parquet as pq

from orchestration import lake
from orchestration.codebook import VARIABLES, load_variables

Source = Literal["answers", "training_offers", "vacancies", "opportunities", "workshop_questions"]

MISSING = "missing_skills"
ANSWERS: Source = "answers"
_COMPETENCES = "competences"


@dataclass(frozen=True, slots=True)
class Text:
    """One text, and where it stands: ``field`` and ``item`` are the variable and its item, or the column.

    ``text`` is None for an answer that was a refusal. ``moment`` is when it was given: the submission, or the day of
    publication; None where that is unknown.
    """

    source: Source
    record_id: str
    field: str
    item: str
    text: str | None
    edition: str | None = None
    respondent_id: int | None = None
    company_key: str | None = None
    moment: datetime | None = None


@dataclass(frozen=True)
class _Table:
    """Where a partner's table keeps its texts, its key, and the day of a row."""

    key: tuple[str, ...]
    columns: tuple[str, ...]
    company: bool = False
    day: str | None = None


TABLES: Mapping[Source, _Table] = MappingProxyType(
    {
        "training_offers": _Table(("offer_id",), ("title_fr", "title_en")),
        "vacancies": _Table(("vacancy_id",), ("title_fr",), company=True, day="published_on"),
        "opportunities": _Table(("opportunity_id",), ("title_fr",), company=True, day="published_on"),
        "workshop_questions": _Table(("stopover_id", "question_number"), ("question_fr",)),
    }
)


def answers(folder: Path, codebooks: Path) -> Iterator[Text]:
    """The answers of a lake that say competences in words: to the open question, and under "other"."""
    declared = load_variables(codebooks / VARIABLES).variables
    listed = {one.name for one in declared if _COMPETENCES in {one.items_from, one.values_from}}
    who = {
        (row["edition"], row["respondent_id"]): row
        for row in _rows(
            folder,
            "respondents",
            ["edition", "respondent_id", "company_key", "submitted_at", "last_action_at"],
        )
    }
    columns = ["edition", "respondent_id", "variable", "item", "state", "value_text"]
    wanted = [("variable", "in", [MISSING, *sorted(listed)]), ("state", "in", ["answered", "refused"])]
    for row in _rows(folder, ANSWERS, columns, wanted):
        item = row["item"] or ""
        is_text = row["variable"] == MISSING or item.partition(":")[0] == "other"
        if not is_text or (row["state"] == "answered" and not row["value_text"]):
            continue
        given = who.get((row["edition"], row["respondent_id"]), {})
        yield Text(
            ANSWERS,
            f"{row['edition']}/{row['respondent_id']}",
            row["variable"],
            item,
            row["value_text"] if row["state"] == "answered" else None,
            row["edition"],
            row["respondent_id"],
            given.get("company_key"),
            given.get("submitted_at") or given.get("last_action_at"),
        )


def partner_texts(folder: Path) -> Iterator[Text]:
    """The running texts of partners' tables: titles of offers, vacancies and opportunities, workshop questions."""
    for source, table in TABLES.items():
        optional = [*(["company_key"] if table.company else []), *([table.day] if table.day else [])]
        for row in _rows(folder, source, [*table.key, *table.columns, *optional]):
            day = row[table.day] if table.day else None
            for column in table.columns:
                if row[column]:
                    yield Text(
                        source,
                        "/".join(str(row[part]) for part in table.key),
                        column,
                        "",
                        row[column],
                        company_key=row["company_key"] if table.company else None,
                        moment=_midnight(day),
                    )


def _midnight(day: date | None) -> datetime | None:
    return datetime(day.year, day.month, day.day) if day else None


def _rows(folder: Path, table: str, columns: list[str], filters: Any = None) -> Iterator[dict[str, Any]]:
    for path in lake.files(folder, table):
        yield from pq.read_table(path, columns=columns, filters=filters, partitioning=None).to_pylist()
