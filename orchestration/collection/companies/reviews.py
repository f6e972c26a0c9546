"""What reviewers decided on candidates. Belongs here: keeping decisions in the archive, and which of them stand. Does
not: finding candidates (matches.py), or what a decision changes (decoding)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.archive import Archive, Entry

SOURCE = "company_reviews"
_COLUMNS: dict[str, pa.DataType] = {
    "respondent_id": pa.int64(),
    "company_key": pa.string(),
    "decision": pa.string(),
    "reason": pa.string(),
    "reviewed_by": pa.string(),
    "decided_on": pa.date32(),
    "score": pa.float64(),
    "why": pa.string(),
}
SCHEMA = pa.schema(_COLUMNS)


@dataclass(frozen=True)
class Decision:
    """One decision: no name and no number, and as evidence what the candidate's score and likeness were."""

    respondent_id: int
    company_key: str
    decision: Literal["accepted", "refused"]
    reason: str
    reviewed_by: str
    decided_on: Any
    score: float
    why: str


def read(path: Path) -> list[Decision]:
    """Every decision in an archived file, the oldest first."""
    return [Decision(**row) for row in pq.read_table(path, schema=SCHEMA).to_pylist()]


def decided(archive: Archive, edition: str) -> list[Decision]:
    """Every decision on an edition, the oldest first."""
    entry = archive.latest(SOURCE, edition)
    return read(entry.path) if entry else []


def standing(decisions: Iterable[Decision]) -> dict[tuple[int, str], Decision]:
    """The decisions that stand, by respondent and company: the last one on each counts."""
    return {(one.respondent_id, one.company_key): one for one in decisions}


def accepted(decisions: Iterable[Decision]) -> dict[int, Decision]:
    """The accepted company of each respondent that has one."""
    stand = standing(decisions).values()
    return {one.respondent_id: one for one in stand if one.decision == "accepted"}


def add(archive: Archive, edition: str, decisions: Sequence[Decision]) -> Entry:
    """Archive a new state of an edition's decisions: all so far, and these."""
    rows = pa.Table.from_pylist(
        [asdict(one) for one in (*decided(archive, edition), *decisions)], schema=SCHEMA
    )

    def write(draft: Path) -> dict[str, int]:
        pq.write_table(rows, draft, compression="zstd")
        return {"rows": rows.num_rows}

    facts = {"edition": edition, "origin": "skillsbank companies", "format": "decisions", "rejected": 0}
    return archive.put(SOURCE, edition, "parquet", write, facts)
