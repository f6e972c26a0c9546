"""LimeSurvey's Excel export (the RPC calls it .xls; it is .xlsx). Belongs here: workbook cells as the text
that was answered. Does not: which zeros are missing (lost_zeros.py)."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import openpyxl

from orchestration.collection.exports import Chunk
from orchestration.collection.lost_zeros import Number, repairs
from orchestration.collection.text_rows import BadRow, Cells, chunked
from orchestration.collection.zip_files import open_zip
from orchestration.errors import ExportError

FIX = (
    "in LimeSurvey open Responses > Export, choose Microsoft Excel with 'Question code' headings and 'Answer "
    "codes', and put in the new file unopened; a CSV export loses less"
)
_KIND = "a LimeSurvey Excel export (.xlsx): one sheet, question codes in its first row"
_LAST_ROW, _LAST_COLUMN = 1_048_576, 16_384
# These are held in memory whole; a sheet is read as a stream.
_LARGEST_TABLE = 256 << 20
_JUDGED = 2_000
_WHOLE = 1 << 53
_Row = list[str | Number | None]


class LimeSurveyXlsx:
    """One file. Every empty cell is "": a workbook cannot tell what was not asked."""

    def __init__(self, path: Path, headings: tuple[str, ...]) -> None:
        self.headings = headings
        self._path = path

    def chunks(self) -> Iterator[Chunk]:
        """Yield the rows: see `Export`."""
        with _sheet(self._path) as sheet:
            yield from chunked(self.headings, self._rows(sheet))

    def _rows(self, sheet: Any) -> Iterator[Cells | BadRow]:
        width = len(self.headings)
        cells = sheet.iter_rows(min_row=1, max_row=_LAST_ROW, max_col=width + 1)
        next(cells, None)
        rows = (row for row in map(_row, cells) if any(cell is not None for cell in row))
        first = list(itertools.islice(rows, _JUDGED))
        columns: list[Sequence[str | Number | None]] = list(zip(*first, strict=True))
        repair = repairs(columns[:width] or [()] * width)
        for row in itertools.chain(first, rows):
            texts = [_text(cell, repair[place] if place < width else str) for place, cell in enumerate(row)]
            if row[width] is None:
                yield texts[:width]
            else:
                yield BadRow("the row has more cells than there are headings", "\t".join(texts))


def open_export(path: Path) -> LimeSurveyXlsx:
    """Open a workbook and read its headings.

    Raises:
        ExportError: the file is no workbook, is damaged or hostile, or has no heading row.
    """
    with _sheet(path) as sheet:
        first = next(sheet.iter_rows(min_row=1, max_row=1, max_col=_LAST_COLUMN, values_only=True), ())
    headings = list(first)
    while headings and headings[-1] is None:
        headings.pop()
    if not headings or not all(isinstance(name, str) and name for name in headings):
        raise ExportError(
            "the first row is no row of headings", where=f"{path}, row 1", expected=_KIND, fix=FIX
        )
    return LimeSurveyXlsx(path, tuple(headings))


@contextmanager
def _sheet(path: Path) -> Iterator[Any]:
    """The one sheet of a workbook, as a stream."""
    with open_zip(path, _KIND, FIX) as archive:
        names = archive.namelist()
        if "xl/workbook.xml" not in names:
            raise ExportError(
                "the zip file is not an Excel workbook", where=str(path), expected=_KIND, fix=FIX
            )
        for part in archive.infolist():
            if "worksheets/" not in part.filename and part.file_size > _LARGEST_TABLE:
                raise ExportError(
                    f"'{part.filename}' holds {part.file_size:,} bytes, more than an export can",
                    where=str(path),
                    expected=_KIND,
                    fix=FIX,
                )
    workbook = None
    try:
        with path.open("rb") as file:
            workbook = openpyxl.load_workbook(file, read_only=True, keep_links=False)
            yield _only(path, workbook.worksheets)
    except (ExportError, GeneratorExit):
        raise
    except Exception as problem:  # openpyxl lets a damaged workbook end in any error
        raise ExportError(
            f"the workbook is damaged ({type(problem).__name__})", where=str(path), expected=_KIND, fix=FIX
        ) from problem
    finally:
        if workbook is not None:
            workbook.close()


def _only(path: Path, sheets: list[Any]) -> Any:
    if len(sheets) != 1:
        raise ExportError(f"the workbook has {len(sheets)} sheets", where=str(path), expected=_KIND, fix=FIX)
    return sheets[0]


def _row(cells: tuple[Any, ...]) -> _Row:
    return [_cell(cell) for cell in cells]


def _cell(cell: Any) -> str | Number | None:
    """What a cell holds: numbers are kept apart, since they may have lost zeros."""
    value = cell.value
    match value:
        case None:
            return None
        case bool():
            return str(value).upper()
        case int():
            return Number(str(value))
        case float():
            whole = value.is_integer() and abs(value) < _WHOLE
            return Number(str(int(value)) if whole else repr(value))
        case datetime() | date() | time():
            return value.isoformat(" ", "seconds") if isinstance(value, datetime) else value.isoformat()
        case _:
            text = str(value)
            # LimeSurvey writes an answer that begins with '=' as a formula, and openpyxl adds another '='.
            return text[1:] if cell.data_type == "f" and text.startswith("==") else text


def _text(cell: str | Number | None, repair: Callable[[str], str]) -> str:
    return repair(cell.text) if isinstance(cell, Number) else cell or ""
