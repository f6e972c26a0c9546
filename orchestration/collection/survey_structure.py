"""The structure of a LimeSurvey survey, as far as reading answers needs it. Belongs here: the file
itself, and from field names (`482617X5X16C01`, in LimeSurvey 7 `Q16_S52`) to code headings (`COMP[C01]`). Does
not: texts, conditions and drafts of codebooks (drafting/)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import product
from typing import IO, Any, NamedTuple, cast
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import parse

from orchestration.errors import ExportError

_LARGEST = 64 << 20
FIX = "export the survey's structure again (Display/Export > Survey structure, .lss)"

# Question types by what their columns are called; every other type has one column and no more.
_SUBQUESTIONS = frozenset("ABCEFHKMPQ")
_GRIDS, _DUAL, _RANKING, _TICKED_COMMENT = frozenset(":;"), "1", "R", "P"


def code_headings(file: IO[bytes], where: str) -> dict[str, str]:
    """Give the code heading of every field name that a survey can have, from its .lss file: of each column those of
    LimeSurvey until 6 and since 7 (createFieldMap in its common_helper.php).

    Raises:
        ExportError: as ``structure_root``.
    """
    return headings_of(structure_root(file, where))


def headings_of(root: Element) -> dict[str, str]:
    """The same from a structure that was read already."""
    children: dict[str, list[_Part]] = defaultdict(list)
    for row in rows_of(root, "subquestions"):
        children[text_of(row, "parent_qid")].append(_Part.of(row, "title", "question_order", "qid"))
    answers: dict[str, list[_Part]] = defaultdict(list)
    for row in rows_of(root, "answers"):
        answers[text_of(row, "qid")].append(_Part.of(row, "code", "aid", "aid"))
    headings: dict[str, str] = {}
    for row in rows_of(root, "questions"):
        qid, code = text_of(row, "qid"), text_of(row, "title")
        field = f"{text_of(row, 'sid')}X{text_of(row, 'gid')}X{qid}"
        for column in _columns(row, _distinct(children[qid]), _distinct(answers[qid])):
            headings[field + column.suffix] = code + column.heading
            headings[f"Q{qid}{column.suffix_7}"] = code + column.heading
    return headings


def rankings_of(root: Element) -> dict[str, tuple[str, ...]]:
    """Give for each field that holds a whole ranking (LimeSurvey since July 2026) the code headings of its places."""
    places: dict[str, set[str]] = defaultdict(set)
    for row in rows_of(root, "subquestions"):
        places[text_of(row, "parent_qid")].add(text_of(row, "title"))
    return {
        f"Q{qid}": tuple(f"{text_of(row, 'title')}[{place}]" for place in range(1, len(places[qid]) + 1))
        for row in rows_of(root, "questions")
        if text_of(row, "type") == _RANKING and places[qid := text_of(row, "qid")]
    }


class _Part(NamedTuple):
    """A subquestion or an answer of a question: its code and number, and what it is sorted by."""

    scale: str
    code: str
    number: str
    order: int

    @property
    def suffix(self) -> str:
        """What stands for a subquestion in the field names of LimeSurvey 7."""
        return f"_S{self.number}"

    @classmethod
    def of(cls, row: Element, code: str, order: str, number: str) -> _Part:
        place = text_of(row, order)
        return cls(
            text_of(row, "scale_id") or "0",
            text_of(row, code),
            text_of(row, number),
            int(place) if place.isdecimal() else 0,
        )


def _distinct(parts: list[_Part]) -> list[_Part]:
    """Each part once: before LimeSurvey 4 there was a row a language."""
    first: dict[tuple[str, str], _Part] = {}
    for part in parts:
        first.setdefault((part.scale, part.code), part)
    return list(first.values())


class _Column(NamedTuple):
    """What follows a question's field name (until LimeSurvey 6, since 7) and its code, for one of its columns."""

    suffix: str
    suffix_7: str
    heading: str


_ITSELF = _Column("", "", "")
_MORE = {"O": ("comment", ""), "|": ("filecount", "_")}


def _beside(name: str, ending: str = "") -> _Column:
    """A column beside the answers proper."""
    return _Column(ending + name, f"_C{name}", f"[{name}]")


def _columns(row: Element, children: list[_Part], answers: list[_Part]) -> Iterator[_Column]:
    kind, other = text_of(row, "type"), text_of(row, "other") == "Y"
    items = [child for child in children if child.scale == "0"]
    if kind == _DUAL:
        for item, (ending, scale) in product(items, (("#0", "[1]"), ("#1", "[2]"))):
            yield _Column(item.code + ending, item.suffix + ending, f"[{item.code}]{scale}")
    elif kind in _GRIDS:
        for item, across in product(items, (child for child in children if child.scale == "1")):
            name = f"{item.code}_{across.code}"
            yield _Column(name, item.suffix + across.suffix, f"[{name}]")
    elif kind == _RANKING:
        yield from _places(items, answers)
    elif kind in _SUBQUESTIONS:
        columns = [_Column(item.code, item.suffix, f"[{item.code}]") for item in items]
        for column in [*columns, *([_beside("other")] if other else [])]:
            yield column
            if kind == _TICKED_COMMENT:
                yield _comment(column)
    else:
        yield _ITSELF
        if other:
            yield _beside("other")
        if kind in _MORE:
            yield _beside(*_MORE[kind])


def _places(items: list[_Part], answers: list[_Part]) -> Iterator[_Column]:
    """The places of a ranking: since LimeSurvey 7 they have the numbers of its answers, in 7.1 those of the
    subquestions that the answers have become.
    """
    suffixes = [f"_R{answer.number}" for answer in sorted(answers, key=lambda answer: answer.order)]
    suffixes += [item.suffix for item in sorted(items, key=lambda item: item.order)]
    for place, suffix in enumerate(suffixes, 1):
        yield _Column(str(place), suffix, f"[{place}]")


def _comment(column: _Column) -> _Column:
    ending = "comment" if column.suffix == "other" else "_Ccomment"
    return _Column(f"{column.suffix}comment", column.suffix_7 + ending, f"[{column.suffix}comment]")


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
