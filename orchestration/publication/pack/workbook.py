"""The tables as one workbook for spreadsheets. Belongs here: sheets and notes. Does not: what is in the
tables, or how a workbook is written (orchestration/spreadsheets.py)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb

from orchestration.errors import ReleaseError
from orchestration.publication.dictionary import Table
from orchestration.publication.pack.content import LICENCE_TITLE, LICENCE_URL, TITLE, WORKBOOK, Content
from orchestration.spreadsheets import workbook

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


def write_workbook(connection: duckdb.DuckDBPyConnection, content: Content) -> Path:
    """Write ``skills_bank.xlsx``: notes, columns, and a sheet for each public table of the connected database.

    Raises ReleaseError where a table has more rows than a sheet.
    """
    path = content.folder / WORKBOOK
    with workbook(path, author=TITLE["en"]) as book:
        book.add("notes", _notes(content), _WIDTHS["notes"], wrap=True)
        book.add("columns", _columns(content), _WIDTHS["columns"], wrap=True)
        for table in content.tables:
            if table.rows >= _SHEET_ROWS:
                raise ReleaseError(
                    f"{table.name} has {table.rows:,} rows and a sheet holds {_SHEET_ROWS - 1:,}",
                    where=str(path),
                    fix="leave it out of the workbook (pack/workbook.py): CSV and Parquet hold all",
                )
            book.add(_sheet(table), _rows(connection, table), [14] * len(table.columns))
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
