"""Texts of the lake that may name competences. Belongs here: which columns of which tables they stand in, and whose
they are. Does not: what they mean (recogniser.py)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

import pyarrow as pa
import pyarrow.parquet as pq

from orchestration import lake
from orchestration.codebook import VARIABLES, load_variables
from orchestration.engine import engine

Source = Literal["answers", "training_offers", "vacancies", "opportunities", "workshop_questions"]

MISSING = "missing_skills"
ANSWERS: Source = "answers"
_COMPETENCES = "competences"


# A row a text, and where it stands: ``field`` and ``item`` are the variable and its item, or the column. ``text`` is
# null for an answer that was a refusal. ``moment`` is when it was given: the submission, or the day of publication.
SCHEMA = pa.schema(
    [
        lake.SCHEMAS["competence_mappings"].field(name)
        for name in ("source", "edition", "respondent_id", "record_id", "company_key", "field", "item")
    ]
    + [pa.field("text", pa.string()), pa.field("moment", pa.timestamp("s"))]
)
_CHUNK = 50_000


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


def answers(folder: Path, codebooks: Path) -> Iterator[pa.Table]:
    """The answers of a lake that say competences in words, to the open question and under "other": tables of
    ``SCHEMA``, in the order of its key."""
    files = [list(map(str, lake.files(folder, table))) for table in (ANSWERS, "respondents")]
    if not all(files):
        return
    declared = load_variables(codebooks / VARIABLES).variables
    listed = [one.name for one in declared if _COMPETENCES in {one.items_from, one.values_from}]
    with engine() as connection:
        found = connection.sql(
            """SELECT
                $source AS source,
                edition,
                respondent_id,
                edition || '/' || respondent_id AS record_id,
                company_key,
                variable AS field,
                coalesce(item, '') AS item,
                CASE state WHEN 'answered' THEN value_text END AS text,
                coalesce(submitted_at, last_action_at) AS moment
            FROM read_parquet($answers, hive_partitioning = false) AS answers
            LEFT JOIN read_parquet($respondents, hive_partitioning = false) AS respondents
            USING (edition, respondent_id)
            WHERE
                (variable = $missing OR list_contains($listed, variable) AND split_part(item, ':', 1) = 'other')
                AND (state = 'refused' OR state = 'answered' AND value_text <> '')
            ORDER BY edition, respondent_id, field, item""",
            params={
                "source": ANSWERS,
                "answers": files[0],
                "respondents": files[1],
                "missing": MISSING,
                "listed": listed,
            },
        )
        for batch in found.to_arrow_reader(_CHUNK):
            yield pa.Table.from_batches([batch]).cast(SCHEMA)


def partner_texts(folder: Path) -> pa.Table:
    """The running texts of partners' tables, as ``SCHEMA``: titles of offers, vacancies and opportunities, workshop
    questions."""
    rows = sorted(_partner_rows(folder), key=lambda row: (row["source"], row["record_id"], row["field"]))
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def _partner_rows(folder: Path) -> Iterator[dict[str, Any]]:
    for source, table in TABLES.items():
        optional = [*(["company_key"] if table.company else []), *([table.day] if table.day else [])]
        for row in _rows(folder, source, [*table.key, *table.columns, *optional]):
            for column in table.columns:
                if row[column]:
                    yield {
                        "source": source,
                        "record_id": "/".join(str(row[part]) for part in table.key),
                        "company_key": row["company_key"] if table.company else None,
                        "field": column,
                        "item": "",
                        "text": row[column],
                        "moment": _midnight(row[table.day]) if table.day else None,
                    }


def _midnight(day: date | None) -> datetime | None:
    return datetime(day.year, day.month, day.day) if day else None


def _rows(folder: Path, table: str, columns: list[str]) -> Iterator[dict[str, Any]]:
    for path in lake.files(folder, table):
        yield from pq.read_table(path, columns=columns, partitioning=None).to_pylist()
