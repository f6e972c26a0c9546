"""From LimeSurvey's question types to the codebook's kinds. Belongs here: which kind a question is, and its
answer codes. Does not: canonical variables (variables.py), or where the survey came from."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from orchestration.codebook import Question
from orchestration.codebook.columns import Kind, columns_of
from orchestration.collection.drafting.survey import Asked, Part, Texts, plain


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a codebook before it has canonical names; ``texts`` are its label's, ``notes`` comments."""

    code: str
    kind: Kind
    texts: Texts
    asked: Asked
    items: tuple[Part, ...] = ()
    values: tuple[Part, ...] = ()
    scales: tuple[Texts, ...] = ()
    slots: int | None = None
    other: bool = False
    notes: tuple[str, ...] = field(default=())


def _coded(*codes: str) -> tuple[Part, ...]:
    return tuple(Part(code) for code in codes)


_SIMPLE: dict[str, Kind] = {
    "S": "text", "*": "text", "|": "text", "T": "long_text", "U": "long_text", "N": "number", "D": "date",
    "Y": "yes_no", "X": "display",
}  # fmt: skip
_LISTS = frozenset("L!O")
_FIXED_LISTS = {"5": _coded(*"12345"), "G": _coded("F", "M")}
_ARRAYS = frozenset("FH")
_FIXED_ARRAYS = {
    "A": _coded(*"12345"),
    "B": _coded(*map(str, range(1, 11))),
    "C": _coded("Y", "N", "U"),
    "E": _coded("I", "S", "D"),
}
_TICKED: dict[str, Kind] = {"M": "multiple", "P": "multiple_comments"}
# As many as a codebook allows; LimeSurvey shows 50 at most.
_MOST_SLOTS = 500
_HEADING = re.compile(r"[A-Za-z][A-Za-z0-9_]*(\[[^\[\]]+\])*")


def entries(asked: Asked, languages: tuple[str, ...]) -> Iterator[Entry]:
    """Yield the entries whose columns are those of the question: one, or one a text of several.

    What no kind describes (an array without answers, a list's comment, an upload) comes out as texts, so that
    no column is lost.
    """
    known = [entry for entry in _known(asked, languages) if _holds(entry)]
    covered = [heading for entry in known for heading in _headings(entry)]
    if not set(covered) <= set(asked.headings):
        known, covered = [], []
    yield from known
    for heading in asked.headings:
        if heading not in covered:
            yield _text(asked, heading)


def is_heading(text: str) -> bool:
    """Whether a codebook can name this column: LimeSurvey's codes begin with a letter."""
    return _HEADING.fullmatch(text) is not None


def _known(asked: Asked, languages: tuple[str, ...]) -> Iterator[Entry]:
    entry = Entry(asked.code, "text", asked.texts, asked, notes=asked.notes, other=asked.other)
    answers = asked.answers[0] if asked.answers else ()
    match asked.type:
        case simple if simple in _SIMPLE:
            yield replace(entry, kind=_SIMPLE[simple], other=False)
        case listed if listed in _LISTS:
            yield replace(entry, kind="single", values=answers)
        case listed if listed in _FIXED_LISTS:
            yield replace(entry, kind="single", values=_FIXED_LISTS[listed], other=False)
        case "I":
            yield replace(entry, kind="single", values=_coded(*languages), other=False)
        case ticked if ticked in _TICKED:
            yield replace(entry, kind=_TICKED[ticked], items=asked.rows)
        case array if array in _ARRAYS:
            yield replace(entry, kind="array", items=asked.rows, values=answers, other=False)
        case array if array in _FIXED_ARRAYS:
            yield replace(entry, kind="array", items=asked.rows, values=_FIXED_ARRAYS[array], other=False)
        case "K":
            yield replace(entry, kind="array_numbers", items=asked.rows, other=False)
        case ":":
            yield replace(entry, kind="array_numbers", items=_cells(asked), other=False)
        case "1":
            yield _dual_scale(replace(entry, other=False))
        case "R":
            slots = len(asked.headings)
            yield replace(entry, kind="ranking", values=answers, slots=slots, other=False)


def _dual_scale(entry: Entry) -> Entry:
    first, second = (*entry.asked.answers, (), ())[:2]
    both = {part.code: part for part in (*second, *first)}
    texts = [{part.code: dict(part.texts) for part in scale} for scale in (first, second)]
    differ = any(texts[0][code] != texts[1].get(code, texts[0][code]) for code in texts[0])
    notes = ("the scales give the same codes different texts",) if differ else ()
    values = tuple(both[code] for code in dict.fromkeys([*texts[0], *texts[1]]))
    return replace(
        entry,
        kind="dual_scale",
        items=entry.asked.rows,
        values=values,
        scales=(*entry.asked.scales, {}, {})[:2],
        notes=(*entry.notes, *notes),
    )


def _cells(asked: Asked) -> tuple[Part, ...]:
    """The cells of a grid: ``CDI_A26``, with the texts of row and column."""
    return tuple(
        Part(f"{row.code}_{column.code}", _joined(row.texts, column.texts))
        for row in asked.rows
        for column in asked.across
    )


def _text(asked: Asked, heading: str) -> Entry:
    """One column as a text under its own text, or as a number where it counts files."""
    code = heading[len(asked.code) :].strip("[]")
    parts = {part.code: part.texts for part in (*asked.rows, *_cells(asked))}
    texts = parts.get(code) or asked.texts
    kind: Kind = "number" if (asked.type, code) == ("|", "filecount") else "text"
    return Entry(heading, kind, texts if any(map(plain, texts.values())) else asked.texts, asked)


def _joined(first: Texts, second: Texts) -> Texts:
    return {
        language: f"{first.get(language, '')} {second.get(language, '')}" for language in {**first, **second}
    }


def _holds(entry: Entry) -> bool:
    """Whether the entry has what its kind needs."""
    needs_items = entry.kind in {"multiple", "multiple_comments", "array", "array_numbers", "dual_scale"}
    needs_values = entry.kind in {"single", "array", "dual_scale", "ranking"}
    fits = entry.slots is None or entry.slots <= _MOST_SLOTS
    return fits and (bool(entry.items) or not needs_items) and (bool(entry.values) or not needs_values)


def _headings(entry: Entry) -> list[str]:
    """The columns that this entry would have."""
    question = Question.model_construct(
        code=entry.code,
        kind=entry.kind,
        label=_NoLabel,
        variable=None,
        personal=False,
        comparability="identical",
        values=None,
        items={part.code: part.code for part in entry.items},
        scales={"1": "a", "2": "b"},
        slots=entry.slots,
        other=entry.other,
        asked_when=(),
    )
    return [column.heading for column in columns_of(question)]


class _NoLabel:
    fr = en = ""
