"""The texts that wait for a decision. Belongs here: which answers of the lake are free texts on competences. Does not:
recognising (recogniser.py), or the spreadsheet (review.py)."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq

from orchestration import lake
from orchestration.codebook import VARIABLES, load_variables
from orchestration.errors import ReviewError
from orchestration.frame import Scheme, esco_files, load, read_esco
from orchestration.recognition.decisions import load_decisions
from orchestration.recognition.nearby import learn
from orchestration.recognition.recogniser import Mapping, Recogniser
from orchestration.settings import Settings

MISSING = "missing_skills"
_COMPETENCES = "competences"


def waiting(settings: Settings) -> tuple[list[Mapping], Scheme]:
    """Recognise the lake's free texts by our frame and the decisions so far; the mappings, and the scheme used.

    Raises:
        ReviewError: there is no lake yet.
    """
    scheme = load(settings.frame).scheme()
    # ESCO teaches which words mean the same; without it, spelling and names do.
    near = learn(read_esco(esco_files(settings.esco), settings.esco.name)) if settings.esco else {}
    recogniser = Recogniser(scheme, near, load_decisions(settings.decisions))
    texts = free_texts(settings.lake, settings.codebooks)
    return [one for found in recogniser.answers(texts, datetime.now(UTC)) for one in found], scheme


def free_texts(folder: Path, codebooks: Path) -> list[str]:
    """The answers of a lake that say competences in words: to the open question, and under "other"."""
    files = lake.files(folder, "answers")
    if not files:
        raise ReviewError(
            "there are no decoded answers yet",
            where=str(folder),
            expected="the lake that a refresh writes",
            fix="run `skillsbank refresh` first",
        )
    declared = load_variables(codebooks / VARIABLES).variables
    listed = {one.name for one in declared if _COMPETENCES in {one.items_from, one.values_from}}
    texts: list[str] = []
    for path in files:
        table = pq.read_table(
            path,
            columns=["variable", "item", "value_text"],
            filters=[("variable", "in", [MISSING, *sorted(listed)]), ("state", "==", "answered")],
            partitioning=None,
        )
        for row in table.to_pylist():
            other = (row["item"] or "").partition(":")[0] == "other"
            if row["value_text"] and (other or row["variable"] == MISSING):
                texts.append(row["value_text"])
    return texts
