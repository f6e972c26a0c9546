"""Excel workbooks that may be hostile. Belongs here: one sheet as a stream, its cells as text, lost zeros put
back. Does not: what headings mean (readers/)."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.worksheet._reader import WorkSheetParser

from orchestration.collection.lost_zeros import Number, repairs
from orchestration.collection.text_rows import BadRow, Cells
from orchestration.collection.zip_files import open_zip
from orchestration.errors import ExportError, SkillsBankError

_LAST_ROW, _LAST_COLUMN = 1_048_576, 16_384
# These are held in memory whole; a sheet is read as a stream.
_LARGEST_TABLE = 256 << 20
_JUDGED = 2_000
_WHOLE = 1 << 53
_Row = list[str | Number | None]


def first_row(sheet: Any, number: int = 1) -> list[Any]:
    """Give the values of a sheet's row, without the empty ones at its end."""
    rows = sheet.iter_rows(min_row=number, max_row=number, max_col=_LAST_COLUMN, values_only=True)
    cells = list(next(rows, ()))
    while cells and cells[-1] is None:
        cells.pop()
    return cells


def text_rows(sheet: Any, width: int, after: int = 1) -> Iterator[Cells | BadRow]:
    """Give the rows below row ``after`` as texts, but for empty ones; formulas as they were typed."""
    rows = (row for row in _rows(sheet, width, after) if isinstance(row, BadRow) or any(row))
    first = list(itertools.islice(rows, _JUDGED))
    columns: list[Sequence[str | Number | None]] = list(
        zip(*(row for row in first if not isinstance(row, BadRow)), strict=True)
    )
    repair = repairs(columns or [()] * width)
    for row in itertools.chain(first, rows):
        if isinstance(row, BadRow):
            yield row
        else:
            yield [_text(cell, repair[place]) for place, cell in enumerate(row)]


def _rows(sheet: Any, width: int, after: int) -> Iterator[_Row | BadRow]:
    """The rows that the sheet holds, below row ``after``.

    By openpyxl's own parser: its ``iter_rows`` makes up the rows between two that are far apart, and leaves out a
    row whose number stood before and cells far to the right.
    """
    book, last = sheet.parent, 0
    with sheet._get_source() as source:
        parser = WorkSheetParser(
            source,
            sheet._shared_strings,
            data_only=book.data_only,
            epoch=book.epoch,
            date_formats=book._date_formats,
            timedelta_formats=book._timedelta_formats,
        )
        for number, found in parser.parse():
            cells: _Row = [None] * width
            fault = None if last < number <= _LAST_ROW else "the row does not follow the one before it"
            for cell in found:
                place, value = cell["column"] - 1, _cell(cell["value"], cell["data_type"])
                if place < width and cells[place] is None:
                    cells[place] = value
                elif value is not None:
                    fault = fault or "the row has more cells than there are headings"
            if fault is not None:
                texts = (_text(_cell(cell["value"], cell["data_type"]), str) for cell in found)
                yield BadRow(fault, "\t".join(texts))
            elif number > after:
                yield cells
            last = max(last, number)


@contextmanager
def open_sheet(path: Path, kind: str, fix: str, name: str | re.Pattern[str] | None = None) -> Iterator[Any]:
    """Open the one sheet of a workbook, or the one named (a pattern: whose whole name matches), as a stream;
    damage met inside the ``with`` too is told as an `ExportError`.

    Raises:
        ExportError: the file is no workbook, is damaged or hostile, or has no such sheet or several.
    """
    with open_zip(path, kind, fix) as archive:
        names = archive.namelist()
        if "xl/workbook.xml" not in names:
            raise ExportError(
                "the zip file is not an Excel workbook", where=str(path), expected=kind, fix=fix
            )
        for part in archive.infolist():
            if "worksheets/" not in part.filename and part.file_size > _LARGEST_TABLE:
                raise ExportError(
                    f"'{part.filename}' holds {part.file_size:,} bytes, more than an export can",
                    where=str(path),
                    expected=kind,
                    fix=fix,
                )
    workbook = None
    try:
        with path.open("rb") as file:
            workbook = openpyxl.load_workbook(file, read_only=True, keep_links=False)
            yield _chosen(path, workbook.worksheets, kind, fix, name)
    except (SkillsBankError, GeneratorExit):
        raise
    except Exception as problem:  # openpyxl lets a damaged workbook end in any error
        raise ExportError(
            f"the workbook is damaged ({type(problem).__name__})", where=str(path), expected=kind, fix=fix
        ) from problem
    finally:
        if workbook is not None:
            workbook.close()


def _chosen(path: Path, sheets: list[Any], kind: str, fix: str, name: str | re.Pattern[str] | None) -> Any:
    if name is not None:
        wanted = re.compile(re.escape(name)) if isinstance(name, str) else name
        titles = ", ".join(f"'{sheet.title}'" for sheet in sheets)
        sheets = [sheet for sheet in sheets if wanted.fullmatch(sheet.title)]
        if not sheets:
            told = name if isinstance(name, str) else name.pattern
            raise ExportError(
                f"the workbook has no sheet '{told}', but {titles}", where=str(path), expected=kind, fix=fix
            )
    if len(sheets) != 1:
        raise ExportError(f"the workbook has {len(sheets)} sheets", where=str(path), expected=kind, fix=fix)
    return sheets[0]


def _cell(value: Any, kind: str) -> str | Number | None:
    """What a cell holds: numbers are kept apart, since they may have lost zeros."""
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
            return text[1:] if kind == "f" and text.startswith("==") else text


def _text(cell: str | Number | None, repair: Callable[[str], str]) -> str:
    return repair(cell.text) if isinstance(cell, Number) else cell or ""
