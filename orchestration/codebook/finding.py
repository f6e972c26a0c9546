"""One fault of a codebook. Belongs here: its shape. Does not: finding any (rules.py, labels.py)."""

from __future__ import annotations

from typing import NamedTuple

from orchestration.codebook.yaml_text import Place


class Finding(NamedTuple):
    """One fault: where in the document, what, what was expected, what to do."""

    place: Place
    problem: str
    expected: str
    fix: str
