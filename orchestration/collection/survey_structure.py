"""The structure of a LimeSurvey survey, as far as reading answers needs it. Belongs here: the file
itself, and from field names (`482617X5X16C01`) to code headings (`COMP[C01]`). Does not: texts, conditions and
drafts of codebooks (drafting/)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import IO, Any, cast
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import parse

from orchestration.errors import ExportError

_LARGEST = 64 << 20
FIX = "export the survey's structure again (Display/Export > Survey structure, .lss)"

# Question types by what their columns are called; every other type has one column and no more.
_SUBQUESTIONS = frozenset("ABCEFHKMPQ")
_GRIDS, _DUAL, _RANKING, _UPLOAD, _LIST_COMMENT = frozenset(":;"), "1", "R", "|", "O"
_TICKED_COMMENT = "P"


def code_headings(file: IO[bytes], where: str) -> dict[str, str]:
    """Give the code heading of every field name that a survey can have, from its .lss file.

    Raises:
        ExportError: as ``structure_root``.
    """
    return headings_of(structure_root(file, where))


def headings_of(root: Element) -> dict[str, str]:
    """The same from a structure that was read already."""
    questions = {text_of(row, "qid"): row for row in rows_of(root, "questions")}
    children: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for row in rows_of(root, "subquestions"):
        child = text_of(row, "scale_id") or "0", text_of(row, "title")
        if child not in children[text_of(row, "parent_qid")]:
            children[text_of(row, "parent_qid")].append(child)
    answers: dict[str, set[str]] = defaultdict(set)
    for row in rows_of(root, "answers"):
        answers[text_of(row, "qid")].add(text_of(row, "code"))
    headings: dict[str, str] = {}
    for qid, row in questions.items():
        field = f"{text_of(row, 'sid')}X{text_of(row, 'gid')}X{qid}"
        code = text_of(row, "title")
        for suffix, name in _columns(row, children[qid], len(answers[qid])):
            headings[field + suffix] = f"{code}[{name}]" if name else code
            if text_of(row, "type") == _DUAL and suffix:
                item, _, scale = suffix.partition("#")
                headings[field + suffix] = f"{code}[{item}][{int(scale) + 1}]"
    return headings


def _columns(row: Element, children: list[tuple[str, str]], answers: int) -> Iterator[tuple[str, str]]:
    """A question's columns: what follows its field name, and what stands in brackets after its code."""
    kind, other = text_of(row, "type"), text_of(row, "other") == "Y"
    items = [title for scale, title in children if scale == "0"]
    if kind == _DUAL:
        names = [f"{item}#{scale}" for item in items for scale in "01"]
        yield from ((name, name) for name in names)
    elif kind in _GRIDS:
        across = [title for scale, title in children if scale == "1"]
        yield from ((f"{item}_{column}", f"{item}_{column}") for item in items for column in across)
    elif kind in _SUBQUESTIONS:
        for item in [*items, *(["other"] if other else [])]:
            yield item, item
            if kind == _TICKED_COMMENT:
                yield f"{item}comment", f"{item}comment"
    elif kind == _RANKING:
        yield from ((str(place), str(place)) for place in range(1, answers + 1))
    else:
        yield "", ""
        if other:
            yield "other", "other"
        if kind == _LIST_COMMENT:
            yield "comment", "comment"
        if kind == _UPLOAD:
            yield "_filecount", "filecount"


def structure_root(file: IO[bytes], where: str) -> Element:
    """Read a survey structure (.lss).

    Raises:
        ExportError: the file is not a structure, is damaged, or defines XML entities (an attack).
    """

    def refuse(problem: str) -> ExportError:
        return ExportError(problem, where=where, expected="a survey structure (.lss) of LimeSurvey", fix=FIX)

    if len(file.read(_LARGEST + 1)) > _LARGEST:
        raise refuse("the structure is larger than any survey's")
    file.seek(0)
    try:
        root: Any = parse(file, forbid_dtd=True).getroot()
    except DefusedXmlException:
        raise refuse("the XML defines entities, as attacks do and LimeSurvey does not") from None
    except (ParseError, ValueError, LookupError) as problem:
        raise refuse(f"the XML cannot be read ({problem})") from problem
    if root.findtext("LimeSurveyDocType") != "Survey":
        raise refuse("the file is not the structure of a survey")
    return cast("Element", root)


def rows_of(root: Element, table: str) -> Iterator[Element]:
    """The rows of one of its tables."""
    yield from root.iterfind(f"{table}/rows/row")


def text_of(row: Element, name: str) -> str:
    """One field of a row; "" where it is missing."""
    return row.findtext(name) or ""
