"""Decisions on texts without the wording of who was erased, or whose time is up. Belongs here: which decisions go, and
rewriting their file. Does not: making or replaying decisions (recognition/), whom to erase (erasure.py)."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from orchestration import lake as tables
from orchestration.automation.retention import LOG, later
from orchestration.collection.tombstones import Tombstones
from orchestration.plain_text import fold
from orchestration.recognition.decisions import load_decisions, write_decisions

_MAPPINGS = "competence_mappings"


def said_by_erased_alone(lake: Path, erased: Tombstones, gone: Mapping[str, set[int]]) -> set[str]:
    """The folded texts that erased respondents wrote and nobody else did, as the lake still tells."""
    theirs: set[str] = set()
    others: set[str] = set()
    for row in _answers(lake):
        is_erased = row["respondent_id"] in gone.get(row["edition"], ()) or (
            row["company_key"] in erased.companies
        )
        (theirs if is_erased else others).add(fold(row["text"]))
    return theirs - others


def in_decisions(path: Path, keys: set[str], erased: Tombstones) -> Counter[str]:
    """Remove decisions on these texts, and those in which somebody erased is named; count them."""
    decisions = load_decisions(path)
    named = named_in(path, erased)
    left = [one for one in decisions if one.key not in keys and one.key not in named]
    if len(left) < len(decisions):
        write_decisions(path, left)
    return Counter({"decisions on texts": len(decisions) - len(left)})


def named_in(path: Path, erased: Tombstones) -> set[str]:
    """The texts decided on that hold the number or address of somebody erased."""
    keys = sorted({one.key for one in load_decisions(path)})
    held = erased.in_texts(pa.array(keys, pa.string())).to_pylist() if keys else []
    return {key for key, is_held in zip(keys, held, strict=True) if is_held}


def retain_decisions(path: Path, lake: Path, months: int, logs: Path, *, now: datetime) -> int:
    """Delete decisions made ``months`` ago or longer on texts that no answer of the lake holds any more.

    As long as somebody's answer says it, a decision is needed and tells nothing that the answer does not. Without a
    mapping in the lake nothing is deleted: nobody can tell then. Each deletion is a line of ``retention.jsonl``.

    Returns:
        How many decisions were deleted.
    """
    decisions = load_decisions(path)
    if not decisions or not tables.files(lake, _MAPPINGS):
        return 0
    said = {fold(row["text"]) for row in _answers(lake)}
    left = [one for one in decisions if one.key in said or now < later(one.decided_at, months)]
    deleted = len(decisions) - len(left)
    if deleted:
        logs.mkdir(parents=True, exist_ok=True)
        with (logs / LOG).open("a", encoding="utf-8") as file:
            facts = {
                "at": now.isoformat(),
                "event": "decisions deleted",
                "decisions": deleted,
                "months": months,
            }
            file.write(json.dumps(facts) + "\n")
            file.flush()
            os.fsync(file.fileno())
        write_decisions(path, left)
    return deleted


def _answers(lake: Path) -> Iterator[dict[str, Any]]:
    columns = ["edition", "respondent_id", "company_key", "text"]
    for path in tables.files(lake, _MAPPINGS):
        rows = pq.read_table(path, columns=columns, filters=[("source", "==", "answers")], partitioning=None)
        yield from (row for row in rows.to_pylist() if row["text"])
