"""A survey guessed from a bare export. Belongs here: kinds of questions from code headings and the form of answers.
Does not: texts and conditions, which no export has, or answers that name somebody."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from orchestration import codebook
from orchestration.codebook import META_COLUMNS, OTHER_CODE
from orchestration.collection.drafting.kinds import Entry, is_heading
from orchestration.collection.drafting.personal import personal_as
from orchestration.collection.drafting.survey import Asked, Part, Survey
from orchestration.collection.readers import open_export
from orchestration.collection.recognise import looks_like
from orchestration.errors import ExportError

_ROWS = 20_000
# LimeSurvey's answer codes have at most five signs; more of them than this are no list of answers.
_CODE, _MOST_CODES = re.compile(r"[A-Za-z0-9]{1,5}"), 20
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?")
_DATE = re.compile(r"\d{4}-\d\d-\d\d( \d\d:\d\d(:\d\d)?)?")
_SUFFIX = re.compile(r"\[([^\[\]]+)\]")
_LONG = 120
_POINTS = 11

_Cells = Mapping[str, Counter[str]]


def from_export(path: Path) -> Survey:
    """Guess a survey from an export with code headings; the first 20,000 rows say what the answers look like.

    Raises:
        ExportError: the file is no export that some reader knows, or its headings are no question codes.
    """
    known = looks_like(path)
    if known is None:
        raise ExportError(
            "this is no export that can be told by its content",
            where=str(path),
            expected="an export with question codes for headings, a structure (.lss) or an archive (.lsa)",
            fix="export again from LimeSurvey; the structure (.lss) gives a far better draft",
        )
    export = open_export(path, known)
    found = [heading for heading in export.headings if heading not in META_COLUMNS]
    # Column in the file by code heading.
    names = dict(zip(_codes_of_vv(found) if known == "limesurvey_vv" else found, found, strict=True))
    headings = list(names)
    wrong = [heading for heading in headings if not is_heading(heading)]
    if wrong or not headings:
        # Not quoted: in a file without headings these are somebody's answers.
        raise ExportError(
            f"{len(wrong)} of {len(headings)} headings are no question codes",
            where=f"{path}, headings",
            expected="headings such as COMP[C01]",
            fix="export again with 'Question code' for the headings, or draft from the structure (.lss)",
        )
    answers: dict[str, Counter[str]] = {heading: Counter() for heading in headings}
    rows = 0
    for chunk in export.chunks():
        for heading in headings:
            cells = chunk.rows.column(names[heading]).to_pylist()
            answers[heading].update(cell for cell in cells if cell)
        rows += chunk.rows.num_rows
        if rows >= _ROWS:
            break
    together: dict[str, list[str]] = defaultdict(list)
    for heading in headings:
        together[heading.partition("[")[0]].append(heading)
    return Survey(
        where=str(path),
        titles={},
        languages=("fr", "en"),
        questions=tuple(_asked(code, columns, answers) for code, columns in together.items()),
        export=codebook.Export(source="limesurvey", files=f"*{path.suffix}", format=known),
        notes=(
            "check: an export has no texts, no conditions and only the answers that somebody gave. Draft from the",
            "structure (.lss), the archive (.lsa) or the server instead if you can.",
        ),
    )


def _asked(code: str, headings: list[str], cells: _Cells) -> Asked:
    parts = {heading: _SUFFIX.findall(heading) for heading in headings}
    names = [found[0] for found in parts.values() if found]
    other = "other" in names
    items = list(dict.fromkeys(name for name in names if name != "other"))
    inner = [cells[heading] for heading, found in parts.items() if found and found[0] != "other"]
    kind: str
    rows, answers = items, [""]
    seen = _codes(inner)
    if any(len(found) > 1 for found in parts.values()):
        kind, answers = "1", seen
    elif code in headings:
        kind, answers = _single(code, set(items), cells[code])
        rows = []
    elif any(f"{item}comment" in items for item in items):
        kind, rows = "P", [item for item in items if f"{item}comment" in items]
    elif other or (seen == ["Y"] and _all(inner, _CODE)):
        kind = "M"
    elif items == [str(place) for place in range(1, len(items) + 1)] and not _all(inner, _NUMBER) and seen:
        kind, answers = "R", seen
    elif seen and set(seen) <= {"Y", "N", "U"}:
        kind = "C"
    elif _all(inner, _NUMBER) and _is_grid(items):
        kind = "K"
    elif _all(inner, _NUMBER):
        points = all(number.isdigit() and int(number) < _POINTS for number in seen)
        kind, answers = ("F", seen) if seen and points else ("K", [""])
    else:
        kind, answers = ("F", seen) if seen else ("Q", [""])
    asked = Asked(
        code=code,
        type=kind,
        texts={},
        headings=tuple(headings),
        rows=tuple(map(Part, rows)),
        answers=(tuple(Part(answer) for answer in answers if answer),),
        other=other,
        notes=(f"'{kind}' of LimeSurvey, guessed from the answers",),
    )
    # A list of the answers to a question of this kind would name people.
    if kind in {"L", "O"} and personal_as(Entry(code, "text", {}, asked)) is not None:
        return Asked(code=code, type="S", texts={}, headings=tuple(headings))
    return asked


def _single(code: str, beside: set[str], answers: Counter[str]) -> tuple[str, list[str]]:
    """The type of a question with a column of its own, and its answer codes."""
    if "filecount" in beside:
        return "|", []
    if answers and set(answers) <= {"Y", "N"}:
        return "Y", []
    if _all([answers], _DATE):
        return "D", []
    if _all([answers], _NUMBER):
        return "N", []
    seen = _codes([Counter({a: n for a, n in answers.items() if a != OTHER_CODE})])
    if seen and sum(answers.values()) > 2 * len(seen):
        return ("O" if "comment" in beside else "L"), seen
    return ("T" if any(len(answer) > _LONG for answer in answers) else "S"), []


def _codes_of_vv(names: list[str]) -> list[str]:
    """Code headings of a VV file's ``COMP_C01`` and ``NIVEAU_C03_0``, whose question codes have no ``_``."""
    found = []
    for name in names:
        code, _, rest = name.partition("_")
        item, _, scale = rest.rpartition("_")
        is_dual = item and all(f"{code}_{item}_{number}" in names for number in "01") and scale in {"0", "1"}
        suffix = f"[{item}][{int(scale) + 1}]" if is_dual else f"[{rest}]" if rest else ""
        found.append(code + suffix)
    return found


def _is_grid(items: list[str]) -> bool:
    """Whether items are the cells of rows and columns: ``CDI_A26``."""
    cells = [item.partition("_") for item in items]
    rows, columns = {row for row, _, _ in cells}, {column for _, _, column in cells}
    return "" not in columns and len(rows) * len(columns) == len(items)


def _codes(columns: Sequence[Counter[str]]) -> list[str]:
    """The answer codes in columns; [] where there are none or what there is cannot be a list of codes."""
    seen = {answer for column in columns for answer in column}
    good = 0 < len(seen) <= _MOST_CODES and all(map(_CODE.fullmatch, seen))
    return sorted(seen, key=lambda code: (len(code), code)) if good else []


def _all(columns: Sequence[Counter[str]], pattern: re.Pattern[str]) -> bool:
    """Whether all answers, of which there are some, have this form."""
    seen = {answer for column in columns for answer in column}
    return bool(seen) and all(map(pattern.fullmatch, seen))
