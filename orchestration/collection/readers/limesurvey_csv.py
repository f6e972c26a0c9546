"""LimeSurvey's CSV export. Belongs here: `;`, `,` or tab, every cell quoted. Does not: what the codebook
makes of the headings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv

from orchestration.collection.blocks import CUT_OFF, Piece, delimited, read_rows
from orchestration.collection.exports import Chunk
from orchestration.collection.raw_file import BLOCK, BOM, Window, not_utf8, open_text
from orchestration.collection.text_bytes import bytes_of
from orchestration.errors import ExportError

FIX = (
    "in LimeSurvey open Responses > Export, choose CSV with ';' as separator, 'Question code' headings and "
    "'Answer codes', and put the new file in the inbox unopened (Excel changes it when it saves)"
)
_KIND = "a LimeSurvey CSV export: UTF-8, ';' (or ',' or tab) between the cells, every cell quoted"
_SEPARATORS = (b";", b",", b"\t")
_QUOTED = rb'"[^"]*+(?:""[^"]*+)*+"'
_LINE_END = re.compile(rb"[\r\n]+")
_HEADING = re.compile(rb"(" + _QUOTED + rb")([;,\t]|\r?\n|\Z)?")
_VV_CODES = re.compile(rb"^id\t[A-Za-z0-9_#\t-]+\r?$", re.MULTILINE)
_OPEN_CELL = re.compile(rb"(?:" + _QUOTED + rb'|[^"])*+"[^"]*+(?:""[^"]*+)*+\Z')


class LimeSurveyCsv:
    """One file. An unquoted empty cell (LimeSurvey 5) is null, "not asked"; a quoted one is ""."""

    def __init__(self, path: Path, headings: tuple[str, ...], start: int, separator: bytes) -> None:
        self.headings = headings
        self._path, self._start, self._separator = path, start, separator

    def chunks(self) -> Iterator[Chunk]:
        """Yield the rows: see `Export`."""
        return read_rows(self._path, self._start, CsvGrammar(self.headings, self._separator), FIX)


def open_export(path: Path) -> LimeSurveyCsv:
    """Open a file and read its headings.

    Raises:
        ExportError: the file is not a whole CSV export of LimeSurvey.
    """
    with open_text(path, _KIND, FIX) as file:
        window = Window(file)
        window.fill(BLOCK)
    data = window.data
    start = len(BOM) if data.startswith(BOM) else 0
    cells: list[bytes] = []
    first = _HEADING.match(data, start)
    separator = first[2] if first and first[2] in _SEPARATORS else b";"
    if separator == b"\t" and _VV_CODES.search(data):
        raise ExportError(
            "the file is a VV export: a row of question codes follows the row of texts",
            where=str(path),
            expected=_KIND,
            fix=f"declare 'format: limesurvey_vv' in the codebook; or, for a CSV export: {FIX}",
        )
    position, end = start, separator
    while end == separator:
        match = _HEADING.match(data, position)
        if match is None or match[2] is None or match[2] in set(_SEPARATORS) - {separator}:
            raise _no_headings(path, data, position, first=not cells)
        cells.append(match[1][1:-1].replace(b'""', b'"'))
        position, end = match.end(), match[2]
    try:
        headings = tuple(cell.decode() for cell in cells)
    except UnicodeDecodeError:
        raise not_utf8(path, FIX) from None
    return LimeSurveyCsv(path, headings, position, separator)


def _no_headings(path: Path, data: bytes, position: int, first: bool) -> ExportError:
    """Tell why the heading row cannot be read at ``position``."""
    match = _HEADING.match(data, position)
    separator = data[match.end() : match.end() + 1].decode("ascii", "replace") if match else ""
    line = data[position : position + 200].splitlines()[0] if data[position:] else b""
    if first and match and separator in {"|", ":", " "}:
        problem = f"the cells are separated by '{separator}', not by ';', ',' or tab"
    elif first and not match and line.count(b";") + line.count(b",") + line.count(b"\t") and b'"' not in line:
        problem = (
            "the headings are not quoted: another program has saved this file and may have changed cells"
        )
    elif data.count(b'"', position) == 1 or position >= len(data):
        problem = "the file ends in the middle of the heading row"
    else:
        problem = f"the heading row cannot be read from byte {position} on"
    return ExportError(problem, where=f"{path}, line 1", expected=_KIND, fix=FIX)


class CsvGrammar:
    """Rows of as many cells as there are headings, each cell quoted or empty."""

    def __init__(self, headings: tuple[str, ...], separator: bytes = b";") -> None:
        self._names, self._separator = list(headings), separator
        others = b"{%d}+" % (len(headings) - 1)
        # What follows a closing quote is kept as text, as Arrow keeps it: both ways of reading must agree.
        self._cell = rb"(?:" + _QUOTED + rb'[^"\r\n' + separator + rb"]*+)?+"
        self._row = re.compile(
            self._cell + rb"(?:" + separator + self._cell + rb")" + others + rb"(?:\r?\n|\Z)"
        )
        # LimeSurvey puts `id` first, which tells the beginning of a row from a line inside a cell.
        begins = rb'"[0-9]+"(?:' + separator + rb"|\r?\n)" if headings[0] == "id" else rb'"'
        self._next = re.compile(rb"\n(?=" + begins + rb")")

    def cut(self, data: bytes) -> int:
        """See `Grammar`: the last line end outside quotes."""
        # From quote to quote, so that each byte is looked at once, however the lines lie.
        inside, end = _quotes_in(data) % 2 == 1, len(data)
        while end > 0:
            quote = data.rfind(b'"', 0, end)
            line = data.rfind(b"\n", quote + 1, end)
            if line >= 0 and not inside:
                return line + 1
            inside, end = not inside, quote
        return 0

    def is_whole(self, data: bytes) -> bool:
        """See `Grammar`: without a line end only a quote can end a row (an empty cell may be half a one)."""
        return data.endswith((b"\n", b'"'))

    def parse(self, data: bytes) -> pa.RecordBatch | None:
        """See `Grammar`: Arrow reads, and the quotes are counted.

        Arrow is lenient (a quote inside an unquoted cell, text after a closing quote). Each cell that is not
        null costs two quotes and each quote in it two; every leniency leaves fewer quotes than that. So equal
        counts prove that each cell stands quoted as LimeSurvey writes it.
        """
        batch = delimited(
            data,
            self._names,
            pa.csv.ParseOptions(delimiter=self._separator.decode(), newlines_in_values=True),
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
            null_values=[""],
        )
        if batch is None:
            return None
        cells = sum(len(column) - column.null_count for column in batch.columns)
        inside = sum(_quotes_in(bytes_of(column)[1]) for column in batch.columns)
        return batch if _quotes_in(data) == 2 * (cells + inside) else None

    def sift(self, data: bytes, at_end: bool) -> tuple[list[Piece], int]:
        """See `Grammar`. A bad row ends where the next one seems to begin."""
        pieces: list[Piece] = []
        position, limit = 0, len(data) if at_end else max(len(data) - BLOCK, 1)
        while position < limit:
            if blank := _LINE_END.match(data, position):
                position = blank.end()
                continue
            row = self._row.match(data, position)
            if row and (at_end or row.end() < len(data)):
                piece = Piece(position, row.end())
            else:
                following = self._next.search(data, position)
                if following is None and not at_end:
                    break
                end = following.end() if following else len(data)
                piece = Piece(position, end, self._fault(data[position:end], following is None))
            pieces.append(piece)
            position = piece.end
        return pieces, position

    def _fault(self, text: bytes, last: bool) -> str:
        if last and (not text.endswith(b"\n") or _OPEN_CELL.match(text)):
            return CUT_OFF
        if _OPEN_CELL.match(text):
            return "a quoted cell does not end"
        cells = re.findall(rb"(?:\A|" + self._separator + rb")" + self._cell, text.rstrip(b"\r\n"))
        if b"".join(cells) == text.rstrip(b"\r\n"):
            return f"the row has {len(cells)} cells, not {len(self._names)}"
        return "a cell is not quoted as LimeSurvey quotes"


def _quotes_in(text: Any) -> int:
    return int(np.count_nonzero(np.frombuffer(text, np.uint8) == ord('"')))  # bytes.count takes twice as long
