"""A codebook beside the survey it describes and the survey's data. Belongs here: what differs, and in which line of
the codebook. Does not: the rules of a codebook (codebook/), or drafting one (drafting/)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from orchestration.codebook import Codebook, Condition, Question, column_mismatches
from orchestration.codebook.columns import OTHER_CODE, Kind, columns_of
from orchestration.codebook.showing import condition_text
from orchestration.codebook.yaml_text import Document, Place, read
from orchestration.collection.drafting.draft import entries_of, names_of
from orchestration.collection.drafting.kinds import Entry
from orchestration.collection.drafting.relevance import conditions
from orchestration.collection.drafting.survey import Survey, in_both, plain
from orchestration.collection.exports import Export
from orchestration.collection.headings import translated

# What a survey asks as a short text may be declared as what people write there.
_TEXT: frozenset[Kind] = frozenset({"text", "long_text", "number", "date", "siren", "siret"})
_AS: dict[Kind, frozenset[Kind]] = {
    "text": _TEXT, "long_text": _TEXT, "number": frozenset({"number", "siren", "siret", "text"}),
}  # fmt: skip
_CODE = re.compile(r"[A-Za-z0-9]{1,5}|-oth-")
_SHOWN = 5

_Finding = tuple[Place, str]


def beside_structure(codebook: Codebook, path: Path, survey: Survey) -> list[str]:
    """List what differs between a codebook and its survey's structure; ``path`` is the codebook's file.

    Compared are columns, kinds, answer codes, conditions, languages, and what the survey encrypts. Texts are
    not: a codebook may word them for its readers.
    """
    document = read(path)
    places: dict[str, Place] = {
        question.code: ("questions", i) for i, question in enumerate(codebook.questions)
    }
    found: list[_Finding] = []
    for language in codebook.languages:
        if language not in survey.languages:
            found.append((("languages",), f"the survey is not in the language '{language}'"))
    entries = {entry.code: entry for entry in entries_of(survey)}
    by_code = {question.code: question for question in codebook.questions}
    for code in [*entries, *(code for code in by_code if code not in entries)]:
        entry, question = entries.get(code), by_code.get(code)
        if question is None and entry is not None:
            text = in_both(entry.texts, code)[0]
            found.append(
                (_near(code, list(entries), places), f"question '{code}' ({text}) is not in the codebook")
            )
        elif entry is None:
            found.append((places[code], f"question '{code}' is not in the survey"))
        elif question is not None:
            found += (((*places[code], *inner), told) for inner, told in _question(question, entry))
            found += (
                ((*places[code], *inner), told) for inner, told in _asked(question, entry, survey, codebook)
            )
    return _told(document, found)


def beside_data(codebook: Codebook, path: Path, export: Export) -> list[str]:
    """List what differs between a codebook and an export: columns, and answers that are none of the codes."""
    document = read(path)
    names = translated(export.headings, codebook)
    columns = codebook.columns()
    lines = {
        column.heading: ("questions", i)
        for i, question in enumerate(codebook.questions)
        for column in columns_of(question)
    }
    found: list[_Finding] = [
        (lines.get(heading, ("questions",)), told) for heading, told in column_mismatches(codebook, names)
    ]
    wrong: dict[str, Counter[str]] = {}
    coded = [
        (place, columns[name])
        for place, name in enumerate(names)
        if name in columns and columns[name].values and columns[name].role in {"value", "item", "rank"}
    ]
    for chunk in export.chunks():
        for place, column in coded:
            cells = chunk.rows.column(place).to_pylist()
            unknown = (cell for cell in cells if cell and cell not in column.values)
            wrong.setdefault(column.heading, Counter()).update(unknown)
    for heading, answers in wrong.items():
        # Anything else than a code may be what somebody wrote.
        codes = [f"'{code}' ({n} times)" for code, n in answers.most_common() if _CODE.fullmatch(code)]
        if answers:
            told = f": {', '.join(codes[:_SHOWN])}" if codes else ", nor like codes at all"
            text = f"{answers.total()} answers in column '{heading}' are none of its codes{told}"
            found.append(((*lines[heading], "values"), text))
    return _told(document, found)


def _question(question: Question, entry: Entry) -> Iterator[_Finding]:
    """Kind, columns and answer codes."""
    code = question.code
    if question.kind not in _AS.get(entry.kind, {entry.kind}):
        yield ("kind",), f"question '{code}' is of kind {entry.kind} in the survey, not {question.kind}"
        return
    yield from _codes(question, "items", question.items or {}, (part.code for part in entry.items))
    yield from _codes(question, "values", question.values or {}, (part.code for part in entry.values))
    if question.slots != entry.slots:
        yield ("slots",), f"question '{code}' has {entry.slots} ranks in the survey, not {question.slots}"
    if question.other != entry.other:
        yield ("other",), f"question '{code}' has {'an' if entry.other else 'no'} 'other' in the survey"
    if entry.asked.encrypted and not question.personal and question.kind != "display":
        yield ("personal",), f"question '{code}' is encrypted in the survey, but not personal in the codebook"


def _codes(question: Question, key: str, mine: Iterable[str], theirs: Iterable[str]) -> Iterator[_Finding]:
    mine, theirs = list(mine), list(theirs)
    what = "item" if key == "items" else "answer code"
    for code in theirs:
        if code not in mine and code != OTHER_CODE:
            yield (key,), f"question '{question.code}' lacks the {what} '{code}' of the survey"
    for code in mine:
        if code not in theirs:
            yield (key, code), f"the {what} '{code}' of question '{question.code}' is not in the survey"


def _asked(question: Question, entry: Entry, survey: Survey, codebook: Codebook) -> Iterator[_Finding]:
    """Page and conditions."""
    mine = set(question.asked_when)
    pages = {condition.page for condition in mine} - {None}
    page = entry.asked.page
    if page is not None and pages and pages != {page}:
        yield (
            ("asked_when",),
            f"question '{question.code}' is on page {page} of the survey, not {pages.pop()}",
        )
    columns = codebook.columns()
    names = names_of(survey, columns.values())
    theirs: set[Condition] = set()
    for equation in entry.asked.equations:
        simple = conditions(equation, names, columns, question.code)
        if simple is None:
            # Conditions that somebody has written for it cannot be compared, and are taken for decided.
            if not any(condition.page is None for condition in mine):
                told = (
                    f"question '{question.code}' is asked only where {plain(equation)}: check its conditions"
                )
                yield ("asked_when",), told
            return
        theirs |= set(simple)
    own = {condition for condition in mine if condition.page is None}
    for condition in sorted(own ^ theirs, key=lambda one: (one not in own, repr(one))):
        where = "codebook" if condition in own else "survey"
        yield (
            ("asked_when",),
            (f"question '{question.code}' is asked where {condition_text(condition)} in the {where} only"),
        )


def _near(code: str, order: list[str], places: dict[str, Place]) -> Place:
    """Where a missing question would stand: at the one before it."""
    before = [known for known in order[: order.index(code)] if known in places]
    return places[before[-1]] if before else ("questions",)


def _told(document: Document, found: list[_Finding]) -> list[str]:
    """The findings in the order of the codebook's lines."""

    def line(place: Place) -> int:
        while place not in document.lines:
            place = place[:-1]
        return document.lines[place]

    ordered = sorted(found, key=lambda finding: line(finding[0]))
    return [f"{document.path.name}, line {line(place)}: {text}" for place, text in ordered]
