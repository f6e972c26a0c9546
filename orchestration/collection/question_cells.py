"""From a tool's cells to LimeSurvey's: one question. Belongs here: labels to answer codes, several answers in one
cell, ranks, unlisted answers. Does not: which file or row (by_texts.py)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from orchestration.codebook import (
    OTHER_CODE,
    Column,
    Question,
    answers_of,
    headings_of,
    item_key,
    items_of,
    plain_text,
)
from orchestration.codebook.columns import OTHER, columns_of
from orchestration.collection.headed_columns import HeadedColumns
from orchestration.collection.text_rows import Cells
from orchestration.collection.tools import Tool

_DECIMAL_COMMA = re.compile(r"-?\d+,\d+")
_TICKED = frozenset({"1", "1.0", "x", "y", "yes", "oui", "true", "vrai", "selected", "checked"})
_NOT_TICKED = frozenset({"", "0", "0.0", "n", "no", "non", "false", "faux", "not selected", "unchecked"})
_BETWEEN_SPELLINGS = " | "
Fill = Callable[[Cells], list[str]]
Translate = Callable[[str], str]


class QuestionCells:
    """Fills the columns of one question, in the order of the codebook, from a row of the export."""

    def __init__(
        self, question: Question, columns: HeadedColumns, tool: Tool, moment: Translate, decimal: str
    ) -> None:
        self._question, self._found, self._tool = question, columns, tool
        self._columns = [column for column in columns_of(question) if column.kind != "display"]
        self._answers = answers_of(question)
        self._translate = self._translation(moment, decimal)
        # As the tool would have joined them, but for blanks, which no longer tell them apart.
        self._glue = ", " if "," in tool.between else "; "
        self.headings = [column.heading for column in self._columns]
        self.places: list[int] = []
        self.fill: Fill = self._filling()

    def _filling(self) -> Fill:
        match self._question.kind:
            case "display":
                return lambda row: []
            case "multiple" | "multiple_comments":
                return self._multiple()
            case "ranking":
                return self._ranking()
            case "array" | "array_numbers" | "dual_scale":
                return self._items(self._columns, self._translate)
            case _:
                return self._single()

    def _translation(self, moment: Translate, decimal: str) -> Translate:
        match self._question.kind:
            case "number" | "array_numbers" if decimal == ",":
                return lambda cell: cell.replace(",", ".") if _DECIMAL_COMMA.fullmatch(cell) else cell
            case "date":
                return moment
            case _ if self._answers:
                return lambda cell: self._answers.get(plain_text(cell), cell)
            case _:
                return lambda cell: cell

    def _texts_of(self, key: str) -> tuple[str, ...]:
        """The texts of one of the question's columns or items."""
        given = self._question.item_labels.get(key, ())
        return (*given, *self._tool.other) if key == OTHER else (given or (key,))

    def _item_headings(self, texts: Sequence[str]) -> list[str]:
        questions = headings_of(self._question)
        heads = [self._tool.item_headings(question, text) for text in texts for question in questions]
        return list(dict.fromkeys(heading for several in heads for heading in several))

    def _find(self, texts: Sequence[str], *, needed: bool = True) -> list[int]:
        places = self._found.find(texts)
        if not places and needed:
            self._found.missing(f"question '{self._question.code}'", texts)
        self.places += places
        return places

    def _items(self, columns: Sequence[Column], translate: Translate) -> Fill:
        places = [
            self._find(self._item_headings(self._texts_of(item_key(self._question, column))))
            for column in columns
        ]
        return lambda row: [translate(cell_of(row, several)) for several in places]

    def _single(self) -> Fill:
        question, listed = self._question, self._answers
        places = self._find(headings_of(question))
        if not question.other:
            return lambda row: [self._translate(cell_of(row, places))]
        texts = self._find(self._item_headings(self._texts_of(OTHER)), needed=False)

        def fill(row: Cells) -> list[str]:
            cell, other = cell_of(row, places), cell_of(row, texts)
            if plain_text(cell) in listed:
                return [listed[plain_text(cell)], other]
            if cell == OTHER_CODE or (texts and not cell and other):
                return [OTHER_CODE, other]
            # Without a column of its own, an answer that is not listed stands in the place of the others.
            return [OTHER_CODE, cell] if cell and not texts else [cell, other]

        return fill

    def _multiple(self) -> Fill:
        question = self._question
        keys = list(question.items or {})
        heads = {key: self._item_headings(self._texts_of(key)) for key in keys}
        joined = self._find(headings_of(question), needed=False)
        split = self._apart(heads, joined, "item")
        texts = self._find(self._item_headings(self._texts_of(OTHER)), needed=False) if question.other else []
        comments = [column for column in self._columns if column.role == "comment"]
        comment = self._items(comments, lambda cell: cell)
        labels = items_of(question)
        others = {plain_text(text) for text in self._texts_of(OTHER)} if question.other else set()

        def fill(row: Cells) -> list[str]:
            other = cell_of(row, texts)
            if split:
                ticks = {key: _tick(cell_of(row, split[key]), key, labels) for key in keys}
            else:
                ticked, unknown = _parted(cell_of(row, joined), labels, self._tool.between)
                unknown = [text for text in unknown if plain_text(text) not in others]
                ticks = {key: "Y" if key in ticked else "" for key in keys}
                if unknown and question.other and not texts:
                    other = self._glue.join(unknown)
                elif unknown:
                    _doubt(ticks, self._glue.join(unknown))
            written = dict(zip((column.heading for column in comments), comment(row), strict=True))
            return [
                other if column.role == "other" else
                written[column.heading] if column.role == "comment" else
                ticks[item_key(question, column)]
                for column in self._columns
            ]  # fmt: skip

        return fill

    def _apart(self, heads: Mapping[str, list[str]], joined: list[int], what: str) -> dict[str, list[int]]:
        """Find the columns of items that have one each; {} where all are ``joined`` in one cell.

        Where an export has both, they say the same. A heading that is an item's text alone may then be
        another question's, and is left to it.
        """
        if joined:
            alone = {*self._answers, *items_of(self._question)}
            for headings in heads.values():
                self._found.find(heading for heading in headings if plain_text(heading) not in alone)
            return {}
        found = {key: self._find(headings, needed=False) for key, headings in heads.items()}
        question = f"question '{self._question.code}'"
        if not any(found.values()):
            self._found.missing(question, [*headings_of(self._question), *next(iter(heads.values()), [])])
        for key, places in found.items():
            if not places and any(found.values()):
                self._found.missing(f"{what} '{key}' of {question}", heads[key])
        return found

    def _ranking(self) -> Fill:
        question = self._question
        by_code: dict[str, list[str]] = {code: [] for code in question.values or {}}
        for text, code in self._answers.items():
            by_code[code].append(text)
        heads = {code: self._item_headings(texts) for code, texts in by_code.items()}
        joined = self._find(headings_of(question), needed=False)
        slots = [
            self._find(self._item_headings(self._texts_of(str(column.slot))), needed=False)
            for column in self._columns
        ]
        if all(slots):
            return lambda row: [self._translate(cell_of(row, places)) for places in slots]
        if ranks := self._apart(heads, joined, "answer"):
            return lambda row: self._slots({code: cell_of(row, places) for code, places in ranks.items()})
        width = len(self._columns)

        def fill(row: Cells) -> list[str]:
            order = [
                self._translate(part)
                for part in _split(cell_of(row, joined), self._answers, self._tool.between)
            ]
            kept = [*order[:width], *[""] * (width - len(order))]
            # More answers than ranks: the last rank says so, and is no answer then.
            return kept if len(order) <= width else [*kept[:-1], "; ".join(order[width - 1 :])]

        return fill

    def _slots(self, ranks: Mapping[str, str]) -> list[str]:
        """Turn the rank of each answer into the answer of each rank; two answers of one rank are no answer."""
        width = len(self._columns)
        slots: list[list[str]] = [[] for _ in range(width)]
        odd: list[str] = []
        for code, cell in ranks.items():
            rank = cell.strip().removesuffix(".0")
            if rank.isdecimal() and 1 <= int(rank) <= width:
                slots[int(rank) - 1].append(code)
            elif rank and rank.upper() not in {"N/A", "0"}:
                odd.append(f"{code}: {cell}")
        filled = ["; ".join(codes) for codes in slots]
        for text in odd:
            place = filled.index("") if "" in filled else width - 1
            filled[place] = "; ".join(part for part in (filled[place], text) if part)
        return filled


def cell_of(row: Cells, places: Sequence[int]) -> str:
    """The cell of a question: where several columns (languages, branches) ask it, what was answered in one."""
    if len(places) == 1:
        return row[places[0]] or ""
    return _BETWEEN_SPELLINGS.join(dict.fromkeys(text for place in places if (text := row[place] or "")))


def _tick(cell: str, key: str, labels: Mapping[str, str]) -> str:
    text = plain_text(cell)
    if text.casefold() in _TICKED or labels.get(text) == key:
        return "Y"
    return "" if text.casefold() in _NOT_TICKED else cell


def _split(cell: str, known: Mapping[str, str], between: str) -> list[str]:
    """Split a cell of several answers; a known text may hold the separator itself."""
    parts, rest, sign = [], plain_text(cell), between.strip()
    while rest:
        like = [text for text in known if rest.startswith(text)]
        ends = [text for text in like if _ends(rest[len(text) :], between)]
        text = max(ends, key=len) if ends else rest.partition(sign or between)[0]
        rest = rest[len(text) :].lstrip().removeprefix(sign).lstrip()
        if text.strip():
            parts.append(text.strip())
    return parts


def _ends(rest: str, between: str) -> bool:
    return (
        not rest.strip() or rest.lstrip().startswith(between.strip())
        if between.strip()
        else rest[:1] in {"", " "}
    )


def _parted(cell: str, labels: Mapping[str, str], between: str) -> tuple[set[str], list[str]]:
    """Tell the items of a cell, and the texts that are none."""
    parts = _split(cell, labels, between)
    return {labels[text] for text in parts if text in labels}, [text for text in parts if text not in labels]


def _doubt(ticks: dict[str, str], unknown: str) -> None:
    """Put a text that is no item where it may have been meant: with every item that is not ticked."""
    places = [key for key, tick in ticks.items() if not tick] or list(ticks)[:1]
    ticks.update(dict.fromkeys(places, unknown))
