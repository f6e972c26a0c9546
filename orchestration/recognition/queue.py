"""The texts that wait for a decision. Belongs here: finding them in the last mapping. Does not: recognising
(recogniser.py), mapping the lake (mapping.py), or the spreadsheet (review.py)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pyarrow.parquet as pq

from orchestration import lake
from orchestration.errors import ReviewError
from orchestration.frame import Scheme
from orchestration.recognition.mapping import TABLE, recogniser_of
from orchestration.recognition.recogniser import Mapping
from orchestration.settings import Settings


def waiting(settings: Settings) -> tuple[list[Mapping], Scheme]:
    """The texts that the last refresh left to people, seen with the decisions made since, and the scheme used.

    Raises:
        ReviewError: there is no mapping yet.
    """
    left = [row["text"] for row in left_to_people(settings) if row["method"] == "ranked"]
    recogniser, scheme = recogniser_of(settings)
    return [one for found in recogniser.answers(left, datetime.now(UTC)) for one in found], scheme


def left_to_people(settings: Settings) -> list[dict[str, Any]]:
    """The texts of the last mapping for which no competence was found: ``text``, ``method`` (``ranked``, or ``learned``
    where people decided that the frame has none), ``edition`` and ``respondent_id``.

    Raises:
        ReviewError: there is no mapping yet.
    """
    files = lake.files(settings.lake, TABLE)
    if not files:
        raise ReviewError(
            "no texts have been mapped yet",
            where=str(settings.lake / TABLE),
            expected="the table that a refresh writes",
            fix="run `skillsbank refresh` first",
        )
    left: list[dict[str, Any]] = []
    for path in files:
        rows = pq.read_table(
            path,
            columns=["text", "method", "edition", "respondent_id"],
            # Running texts that name nothing wait for nobody: they have no method.
            filters=[("outcome", "in", ["review", "outside"]), ("method", "in", ["ranked", "learned"])],
            partitioning=None,
        )
        left += [row for row in rows.to_pylist() if row["text"]]
    return left
