"""The tables as one workbook for spreadsheets. Belongs here: sheets, notes, and the same bytes for the same tables.
Does not: what is in the tables."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, cast
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import duckdb
from openpyxl import Workbook
from openpyxl.cell.cell import ERROR_CODES, ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.writer.excel import ExcelWriter

from orchestration.errors import ReleaseError
from orchestration.publication.dictionary import Table
from orchestration.publication.pack.content import LICENCE_TITLE, LICENCE_URL, TITLE, WORKBOOK, Content
from orchestration.spreadsheets import looks_calculated, text_cell

_ZIP_TIME = (1980, 1, 1, 0, 0, 0)
_NO_TIME = datetime(1980, 1, 1)
_SHEET_NAME, _SHEET_ROWS = 31, 1_048_576
_WIDTHS = {"notes": (26, 100), "columns": (30, 22, 12, 90, 20, 14)}
_NOTES = (
    ("Tables", "One sheet a table, named as its file without `pub_`; `columns` says what each column is."),
    (
        "Blank cells",
        "A blank figure is hidden or unknown, never zero: `flag` and `reason` beside it say why.",
    ),
    (
        "Texts",
        "Every text is stored as text, also where it begins with = + - or @: nothing is calculated here.",
    ),
    ("Numbers", "As published: already rounded. Shares lie between 0 and 1. Codes such as 01 are texts."),
    (
        "Other formats",
        "The same rows are in the CSV and Parquet files; datapackage.json describes them.",
    ),
)


class _TimelessZip(ZipFile):
    """A zip file in which every entry has the same time."""

    def writestr(self, zinfo_or_arcname: str | ZipInfo, data: Any, *_: Any, **__: Any) -> None:
        super().writestr(_entry(str(zinfo_or_arcname)), data)

    def write(self, filename: Any, arcname: Any = None, *_: Any, **__: Any) -> None:
        with Path(filename).open("rb") as source, self.open(_entry(arcname), "w") as target:
            shutil.copyfileobj(source, target)


def _entry(name: str) -> ZipInfo:
    entry = ZipInfo(name, _ZIP_TIME)
    entry.compress_type = ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    return entry


def write_workbook(connection: duckdb.DuckDBPyConnection, content: Content) -> Path:
    """Write ``skills_bank.xlsx``: notes, columns, and a sheet for each public table of the connected database.

    Raises ReleaseError where a table has more rows than a sheet.
    """
    path = content.folder / WORKBOOK
    workbook = Workbook(write_only=True)
    _add(workbook, "notes", _notes(content), _WIDTHS["notes"])
    _add(workbook, "columns", _columns(content), _WIDTHS["columns"])
    for table in content.tables:
        if table.rows >= _SHEET_ROWS:
            raise ReleaseError(
                f"{table.name} has {table.rows:,} rows and a sheet holds {_SHEET_ROWS - 1:,}",
                where=str(path),
                fix="leave it out of the workbook (pack/workbook.py): CSV and Parquet hold all",
            )
        _add(workbook, _sheet(table), _rows(connection, table), [14] * len(table.columns))
    workbook.properties.creator = TITLE["en"]
    workbook.properties.created = workbook.properties.modified = _NO_TIME
    with _TimelessZip(path, "w", ZIP_DEFLATED) as archive:
        ExcelWriter(workbook, archive).save()
    return path


def _sheet(table: Table) -> str:
    return table.name.removeprefix("pub_")[:_SHEET_NAME]


def _notes(content: Content) -> Iterator[tuple[str, ...]]:
    yield TITLE["en"], TITLE["fr"]
    yield "Description", content.description("en")
    yield "Description (fr)", content.description("fr")
    yield "Data version", content.version
    yield "Licence", f"{LICENCE_TITLE}, {LICENCE_URL}"
    yield from _NOTES
    for table in content.tables:
        yield f"Sheet {_sheet(table)}", f"{' '.join(table.description.split())} ({table.rows:,} rows)"
    for code, source in content.sources.items():
        yield f"Source {code}", f"{source.description}. {source.attribution} ({source.licence})"


def _columns(content: Content) -> Iterator[tuple[str, ...]]:
    yield "sheet", "column", "type", "description", "source", "licence"
    for table in content.tables:
        for column in table.columns:
            yield _sheet(table), column.name, column.type, column.description, column.source, column.licence


def _rows(connection: duckdb.DuckDBPyConnection, table: Table) -> Iterator[tuple[Any, ...]]:
    yield tuple(column.name for column in table.columns)
    found = connection.execute(f'SELECT * FROM "{table.name}" ORDER BY ALL')
    while rows := found.fetchmany(10_000):
        yield from rows


def _add(workbook: Workbook, name: str, rows: Iterable[tuple[Any, ...]], widths: Iterable[int]) -> None:
    sheet = cast(Any, workbook.create_sheet(name))
    sheet.freeze_panes = "A2"
    for number, width in enumerate(widths, 1):
        sheet.column_dimensions[get_column_letter(number)].width = width
    wrap = Alignment(wrap_text=True, vertical="top") if name in _WIDTHS else None
    for number, row in enumerate(rows):
        if number == 0 or wrap:
            sheet.append([_styled(sheet, text, bold=number == 0, wrap=wrap) for text in row])
        else:
            sheet.append([_cell(sheet, value) if isinstance(value, str) else value for value in row])


def _styled(sheet: Any, text: str, *, bold: bool, wrap: Alignment | None) -> Any:
    cell = text_cell(sheet, text)
    cell.font = Font(bold=bold)
    if wrap:
        cell.alignment = wrap
    return cell


def _cell(sheet: Any, text: str) -> Any:
    """A text as it is, or, where a spreadsheet would take it for something else, marked as a text for good."""
    odd = looks_calculated(text) or text in ERROR_CODES or ILLEGAL_CHARACTERS_RE.search(text)
    return text_cell(sheet, text) if odd else text
