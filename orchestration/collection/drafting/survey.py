"""A survey as drafting sees it, wherever it was read. Belongs here: the shapes that the sources of a draft give.
Does not: reading them (structure.py, server.py, headings.py), or what a codebook makes of them."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from orchestration.codebook import Export

Texts = Mapping[str, str]
"""A text by language code, as LimeSurvey has it (HTML and all)."""

_TAG = re.compile(r"<(script|style)\b.*?</\1\s*>|<[^>]*>", re.DOTALL | re.IGNORECASE)
# What YAML cannot hold, and U+2028 and its like, which some readers take for line ends.
_UNPRINTABLE = re.compile(
    "[^\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
_LONGEST = 300


@dataclass(frozen=True, slots=True)
class Part:
    """A subquestion or an answer option: its code and its texts."""

    code: str
    texts: Texts = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as LimeSurvey has it.

    ``type`` is LimeSurvey's letter, ``headings`` are its columns in the order of an export. ``rows`` and
    ``across`` are the subquestions of the two axes, ``answers`` the options by scale. ``page`` is the page it
    stands on, None where that cannot be told; ``equations`` all have to hold for it to be asked.
    """

    code: str
    type: str
    texts: Texts
    headings: tuple[str, ...]
    rows: tuple[Part, ...] = ()
    across: tuple[Part, ...] = ()
    answers: tuple[tuple[Part, ...], ...] = ()
    scales: tuple[Texts, ...] = ()
    other: bool = False
    encrypted: bool = False
    page: int | None = None
    group: Texts = field(default_factory=dict)
    equations: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Survey:
    """A questionnaire: its questions in order, and ``fields``, the heading of each field name."""

    where: str
    titles: Texts
    languages: tuple[str, ...]
    questions: tuple[Asked, ...]
    export: Export
    id: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def plain(text: str) -> str:
    """A text as a label: without HTML, on one line, of at most 300 characters."""
    bare = html.unescape(_TAG.sub(" " if "<br" in text or "</p" in text else "", text))
    bare = _UNPRINTABLE.sub(" ", bare)
    bare = re.sub(r"\s+", " ", bare).strip()
    return bare if len(bare) <= _LONGEST else bare[: _LONGEST - 1].rstrip() + "…"


def in_both(texts: Texts, otherwise: str) -> tuple[str, str]:
    """A text in French and English; where one is missing, in whatever language there is."""
    by_language: dict[str, str] = {}
    for code, text in texts.items():
        if bare := plain(text):
            by_language.setdefault(code.split("-")[0], bare)
    default = next(iter(by_language.values()), plain(otherwise) or otherwise)
    english = by_language.get("en", by_language.get("fr", default))
    return by_language.get("fr", english), english
