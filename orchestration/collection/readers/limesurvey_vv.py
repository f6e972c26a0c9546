"""LimeSurvey's VV export. Belongs here: its two heading rows, its quoting, its escapes, "not shown", version
1's field names by the structure beside it. Does not: what the codebook makes of the headings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute
import pyarrow.csv

from orchestration.collection.blocks import CUT_OFF, Piece, delimited, read_rows
from orchestration.collection.companions import companion
from orchestration.collection.exports import Chunk
from orchestration.collection.raw_file import BLOCK, BOM, Window, not_utf8, open_text
from orchestration.collection.survey_structure import code_headings
from orchestration.collection.text_bytes import bytes_of, counted, without_ends
from orchestration.errors import ExportError

pc: Any = pyarrow.compute  # its stubs know too few of the signatures it takes

FIX = (
    "in LimeSurvey open Responses > Export > Export a VV survey file, choose the last VV version, and put "
    "the new file in the inbox unopened (Excel changes it when it saves)"
)
_KIND = "a LimeSurvey VV export: UTF-8, tabs, a row of texts, then a row of question codes"
_CODES = re.compile(rb"^id(?:\t[A-Za-z0-9_#-]+)*\r?$", re.MULTILINE)
# A text as fputcsv quotes it: see `unquoted`; or without quotes.
_TEXT = rb'(?:"(?:[^"\\]++|\\"(?![\t\r\n])|\\|""|"(?![\t\r\n]))*+"|[^"\t\r\n][^\t\r\n]*+)?+'
_OLD_NAME = re.compile(r"\d+X\d+X\d+")
_NOT_SHOWN = "{question_not_shown}"
_ESCAPE = re.compile(r"\{(quote|tab|newline|cr|lbrace)\}")
_ESCAPED = {"quote": '"', "tab": "\t", "newline": "\n", "cr": "\r", "lbrace": "{"}


class LimeSurveyVv:
    """One file. ``{question_not_shown}`` is null, "not asked"; an empty cell is "", left blank."""

    def __init__(self, path: Path, headings: tuple[str, ...], start: int) -> None:
        self.headings = headings
        self._path, self._start = path, start

    def chunks(self) -> Iterator[Chunk]:
        """Yield the rows: see `Export`."""
        return read_rows(self._path, self._start, VvGrammar(self.headings), FIX)


def open_export(path: Path) -> LimeSurveyVv:
    """Open a file and read its row of codes; of the texts before it, only that they are one row.

    Raises:
        ExportError: the file is not a whole VV export of version 2.
    """
    with open_text(path, _KIND, FIX) as file:
        window = Window(file)
        window.fill(BLOCK)
    data = window.data
    # The texts may hold line breaks, the codes cannot: the first line of codes is the second heading row.
    codes = _CODES.search(data)
    if codes is None or data.find(b"\n", codes.start()) < 0:
        try:
            data.decode()
        except UnicodeDecodeError as problem:
            if window.at_end or problem.start < len(data) - 4:
                raise not_utf8(path, FIX) from None
        found = (
            "the file has no row of question codes"
            if b"\t" in data
            else "the cells are not separated by tabs"
        )
        raise ExportError(found, where=str(path), expected=_KIND, fix=FIX)
    headings = tuple(codes[0].decode().rstrip("\r").split("\t"))
    texts = _TEXT + rb"(?:\t" + _TEXT + rb"){%d}+\r?\n" % (len(headings) - 1)
    before = data[: codes.start()].removeprefix(BOM)
    if before and not re.fullmatch(texts, before):
        raise ExportError(
            "something else than one row of texts stands before the row of question codes",
            where=str(path),
            expected=_KIND,
            fix=FIX,
        )
    if any(_OLD_NAME.match(name) for name in headings):
        headings = _by_structure(path, headings)
    return LimeSurveyVv(path, headings, data.index(b"\n", codes.start()) + 1)


def _by_structure(path: Path, names: tuple[str, ...]) -> tuple[str, ...]:
    """Give the code headings of version 1's field names, by the structure (.lss) beside the file.

    Raises:
        ExportError: there is none, or it is another survey's.
    """
    old = next(name for name in names if _OLD_NAME.match(name))

    def refuse(problem: str) -> ExportError:
        return ExportError(
            f"the file is a VV export of version 1: its columns have names like '{old}', which change from "
            f"one survey to the next, and {problem}",
            where=str(path),
            expected="version 2, with question codes, or the survey's structure (.lss) in the same folder",
            fix=FIX,
        )

    structure = companion(path, "limesurvey_vv")
    if structure is None:
        raise refuse("no structure (.lss) that names them lies beside it")
    with structure.open("rb") as file:
        headings = code_headings(file, str(structure))
    if unknown := [name for name in names if _OLD_NAME.match(name) and name not in headings]:
        raise refuse(f"{structure.name} beside it has no question with the field '{unknown[0]}'")
    return tuple(headings.get(name, name) for name in names)


class VvGrammar:
    """Rows are lines: tabs and line breaks inside answers are escaped, so none can stand in a cell."""

    def __init__(self, headings: tuple[str, ...]) -> None:
        self._names = list(headings)

    def cut(self, data: bytes) -> int:
        """See `Grammar`: the last line end."""
        return data.rfind(b"\n") + 1

    def is_whole(self, data: bytes) -> bool:
        """See `Grammar`: without a line end nothing tells whether the last cell is whole."""
        return data.endswith(b"\n")

    def parse(self, data: bytes) -> pa.RecordBatch | None:
        """See `Grammar`."""
        parse = pa.csv.ParseOptions(delimiter="\t", quote_char=False, double_quote=False)
        batch = delimited(data, self._names, parse, strings_can_be_null=True, null_values=[_NOT_SHOWN])
        if batch is None:
            return None
        columns = [_plain(column) for column in batch.columns]
        if any(column is None for column in columns):
            return None
        return pa.RecordBatch.from_arrays(columns, names=self._names)

    def sift(self, data: bytes, at_end: bool) -> tuple[list[Piece], int]:
        """See `Grammar`."""
        pieces: list[Piece] = []
        position, end = 0, len(data) if at_end else self.cut(data)
        while position < end:
            after = data.find(b"\n", position) + 1 or end
            if data[position:after].strip(b"\r\n"):
                pieces.append(Piece(position, after, self._fault(data[position:after])))
            position = after
        return pieces, end

    def _fault(self, line: bytes) -> str | None:
        if not line.endswith(b"\n"):
            return CUT_OFF
        cells = line.rstrip(b"\r\n").decode(errors="replace").split("\t")
        if len(cells) != len(self._names):
            return f"the row has {len(cells)} cells, not {len(self._names)}"
        if any("\r" in cell for cell in cells):
            return "a line break stands in a cell"
        if any(cell.startswith('"') and unquoted(cell) is None for cell in cells):
            return "a quoted cell does not end"
        return None


def unquoted(cell: str) -> str | None:
    r"""Undo PHP's fputcsv for a cell that begins with a quote; None if it is not such a cell.

    fputcsv doubles each quote, but not one after a backslash unless that escape character is switched off.
    The two ways cannot be mixed up: k quotes after a backslash become 2k-1, an odd number, or 2k.
    """
    if len(cell) < 2 or not cell.endswith('"'):
        return None
    for quote in (r'\\"|""', '""'):
        inner = cell[1:-1]
        if '"' not in re.sub(quote, "", inner):
            return re.sub(quote, lambda pair: pair[0] if pair[0][0] == "\\" else '"', inner)
    return None


def _plain(column: Any) -> Any:
    """A column without quoting and escapes, null for "not shown"; None if a cell's quoting is broken."""
    bounds, data = bytes_of(column)
    is_quote, is_brace = data == ord('"'), data == ord("{")
    if not (is_quote.any() or is_brace.any()):
        return column
    quotes, length = counted(bounds, is_quote), np.diff(bounds)
    ends = np.append(is_quote, False)  # so that an empty last cell has a first byte as well
    begins = ends[bounds[:-1]] & (length > 0)
    # Most quoted cells have no quote but the two around them.
    simple = begins & (quotes == 2) & (length > 1) & ends[bounds[1:] - 1]
    hard = (begins & ~simple) | (counted(bounds, is_brace) > 0)
    plain = without_ends(column, simple)
    if not hard.any():
        return plain
    escaped: Any = column.filter(pa.array(hard)).dictionary_encode()
    texts: list[str] = []
    for text in escaped.dictionary.to_pylist():
        cell = unquoted(text) if text.startswith('"') else text
        if cell is None:
            return None
        texts.append(_ESCAPE.sub(lambda escape: _ESCAPED[escape[1]], cell))
    return pc.replace_with_mask(plain, pa.array(hard), pa.array(texts, pa.string()).take(escaped.indices))
