"""From a batch of cells to rows of `answers`. Belongs here: one row a respondent and column, with its state.
Does not: respondents, files, or what a single text means."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from orchestration.codebook import Codebook, Column, Question
from orchestration.decoding.arrow import Array, Flags, Integers, Kind, RecordBatch, Strings, Table, pa
from orchestration.decoding.asked import Asked
from orchestration.decoding.cells import Batch, Cells
from orchestration.decoding.codes import CodeList
from orchestration.decoding.values import ANSWERED, BLANK, INVALID, NOT_ASKED, Meaning, coded, masked, meaning
from orchestration.lake import STATES

# LimeSurvey stores a blank number or date as NULL, so that what tells NULL calls it "not asked" although it
# was.
_NULL_WHEN_BLANK = frozenset({"number", "array_numbers", "date"})
_MULTIPLE = frozenset({"multiple", "multiple_comments"})
# The formats that always tell "not asked" from "left blank"; others do where the server is of version 5.
_TELLS_NOT_ASKED = frozenset({"limesurvey_vv", "limesurvey_lsa"})

_STATES = pa.array(STATES)
_SHAPE = pa.schema(
    [
        ("edition", pa.dictionary(pa.int8(), pa.string())),
        ("respondent_id", pa.int64()),
        ("variable", pa.dictionary(pa.int16(), pa.string())),
        ("item", pa.dictionary(pa.int16(), pa.string())),
        ("state", pa.dictionary(pa.int8(), pa.string())),
        ("value_code", pa.dictionary(pa.int16(), pa.string())),
        ("value_number", pa.float64()),
        ("value_text", pa.string()),
        ("value_date", pa.timestamp("s")),
    ]
)


@dataclass(frozen=True, slots=True)
class Invalid:
    """The cells of one column that are no answers: rows of the batch, their texts, masked, and why."""

    column: Column
    rows: npt.NDArray[np.intp]
    masked: Strings
    expected: str
    reason_code: str


@dataclass(slots=True)
class _Decoded:
    """One column of one batch on its way to rows."""

    column: Column
    cells: Cells
    meaning: Meaning
    state: npt.NDArray[np.int8]
    code: npt.NDArray[np.int16] | None


class _Vocabulary(dict[str, int]):
    """Words numbered in order of appearance, and the Arrow dictionary that spells them."""

    def __init__(self, words: Iterable[str]) -> None:
        super().__init__((word, number) for number, word in enumerate(dict.fromkeys(words)))
        self.words = pa.array(list(self), pa.string())


class AnswerDecoder:
    """Decodes the batches of one edition; all share the same dictionaries, so that Parquet keeps them.

    ``codes`` are the code lists of the variables that have one.
    """

    def __init__(self, codebook: Codebook, codes: Mapping[str, CodeList]) -> None:
        self._code_lists = codes
        by_question: dict[str, list[Column]] = {}
        for column in codebook.columns().values():
            if column.variable is not None and not column.personal:
                by_question.setdefault(column.question, []).append(column)
        self._questions: list[tuple[Question, list[Column]]] = [
            (question, by_question[question.code])
            for question in codebook.questions
            if question.code in by_question
        ]
        self._columns = [column for columns in by_question.values() for column in columns]
        self._edition = pa.array([codebook.edition])
        self._variables = _Vocabulary(str(column.variable) for column in self._columns)
        self._items = _Vocabulary(column.item or "" for column in self._columns)
        self._codes = _Vocabulary(
            value for column in self._columns for value in [*column.values.values(), "yes", "no"]
        )
        self._remembered: dict[str, tuple[Strings, Meaning]] = {}

    @property
    def columns(self) -> list[Column]:
        """The columns that give answers, in order: each gives one row a respondent."""
        return self._columns

    def decode(self, batch: Batch, ids: Integers, file_format: str) -> tuple[Table, list[Invalid]]:
        """Give the batch's rows of `answers`, column after column, and its invalid cells.

        ``ids`` are the respondents' ids, one a row of the batch.
        """
        parts: list[RecordBatch] = []
        invalid: list[Invalid] = []
        conditions = Asked(batch)
        for question, columns in self._questions:
            for decoded in self._question(question, columns, batch, conditions, file_format):
                rows = np.flatnonzero(decoded.state == INVALID)
                if len(rows):
                    texts = decoded.cells.texts.take(pa.array(decoded.cells.position[rows]))
                    means = decoded.meaning
                    invalid.append(
                        Invalid(decoded.column, rows, masked(texts), means.expected, means.reason_code)
                    )
                parts.append(self._rows(decoded, ids))
        return pa.Table.from_batches(parts), invalid

    def _question(
        self, question: Question, columns: list[Column], batch: Batch, conditions: Asked, file_format: str
    ) -> Iterator[_Decoded]:
        decoded = [self._column(column, batch.cells(column.heading)) for column in columns]
        if question.asked_when:
            _replay(conditions.rows(question), decoded, file_format in _TELLS_NOT_ASKED)
        if question.kind in _MULTIPLE:
            self._not_ticked(decoded)
        yield from decoded

    def _column(self, column: Column, cells: Cells) -> _Decoded:
        texts, known = self._remembered.get(column.heading, (None, None))
        if known is None or texts is None or not texts.equals(cells.texts):
            known = meaning(cells.texts, column, self._codes)
            codes = self._code_lists.get(str(column.variable))
            if codes is not None and column.role == "value":
                known = coded(known, codes)
            self._remembered[column.heading] = cells.texts, known
        code = None if known.code is None else cells.pick(known.code)
        return _Decoded(column, cells, known, cells.pick(known.state), code)

    def _not_ticked(self, decoded: list[_Decoded]) -> None:
        """Make the blanks of a question where something is ticked or written an answer: no."""
        used = np.logical_or.reduce(
            [one.state == ANSWERED for one in decoded if one.column.role in {"item", "other"}]
        )
        for one in decoded:
            if one.column.role == "item" and one.code is not None:
                no = used & (one.state == BLANK)
                one.state[no] = ANSWERED
                one.code[no] = self._codes["no"]

    def _rows(self, decoded: _Decoded, ids: Integers) -> RecordBatch:
        column, means, n = decoded.column, decoded.meaning, len(ids)
        position = None
        if means.number is not None or means.text is not None or means.moment is not None:
            # Position -1 is the last entry, the one for null.
            last = len(decoded.cells.texts)
            position = pa.array(np.where(decoded.cells.position < 0, last, decoded.cells.position))
        code = (
            pa.nulls(n, pa.int16()) if decoded.code is None else pa.array(decoded.code, mask=decoded.code < 0)
        )
        return pa.RecordBatch.from_arrays(
            [
                _same(0, n, np.int8, self._edition),
                ids,
                _same(self._variables[str(column.variable)], n, np.int16, self._variables.words),
                _same(self._items[column.item or ""], n, np.int16, self._items.words),
                _spelled(pa.array(decoded.state), _STATES),
                _spelled(code, self._codes.words),
                _taken(means.number, position, n, pa.float64()),
                _taken(means.text, position, n, pa.string()),
                _taken(means.moment, position, n, pa.timestamp("s")),
            ],
            schema=_SHAPE,
        )


def _same(number: int, n: int, kind: type[np.integer[Any]], words: Strings) -> Array:
    return _spelled(pa.array(np.full(n, number, kind)), words)


def _spelled(numbers: Array, words: Strings) -> Array:
    """Put words in the place of their numbers, which are right: they were counted here."""
    return pa.DictionaryArray.from_arrays(numbers, words, safe=False)


def _taken(values: Array | None, position: Array | None, n: int, kind: Kind) -> Array:
    return _nulls(n, kind) if values is None or position is None else values.take(position)


@lru_cache(maxsize=8)
def _nulls(n: int, kind: Kind) -> Array:
    """Give one array of nulls for all the columns of a batch that need it: most do."""
    return pa.nulls(n, kind)


def _replay(was_asked: Flags, decoded: list[_Decoded], format_tells: bool) -> None:
    """Set right, by the question's conditions, what the export's format cannot say."""
    for one in decoded:
        if one.column.kind in _NULL_WHEN_BLANK:
            one.state[(one.state == NOT_ASKED) & was_asked] = BLANK
    if format_tells:
        return
    # Who gave any answer was asked, whatever the conditions say: an answer is never turned away.
    given = np.logical_or.reduce([(one.state != BLANK) & (one.state != NOT_ASKED) for one in decoded])
    for one in decoded:
        one.state[(one.state == BLANK) & ~was_asked & ~given] = NOT_ASKED
