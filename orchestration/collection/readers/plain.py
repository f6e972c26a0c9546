"""Any table of responses, as its codebook declares it. Belongs here: CSV or one sheet, a heading row where the
codebook says. Does not: what the codebook makes of the headings (by_texts.py)."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from orchestration.codebook import Layout
from orchestration.collection.csv_text import SEPARATORS, open_csv
from orchestration.collection.tables import is_zip, sheet_rows, workbook_headings
from orchestration.collection.tools import Tool, ToolExport
from orchestration.errors import ExportError

_KIND = "a table with one row of headings and a response a row: CSV or one sheet of a workbook (.xlsx)"
_FIX = "declare 'layout' of the export in the codebook: delimiter, encoding, sheet, heading_row"


def _headings(question: str, item: str) -> tuple[str, ...]:
    return (f"{question} [{item}]", f"{question}/{item}", f"{question}_{item}", item)


_TOOL = Tool(name="a plain table", meta={}, own=(), item_headings=_headings, between=";")


def open_export(path: Path, layout: Layout | None = None) -> ToolExport:
    """Open a file and read its headings.

    What the layout leaves open is read off the file: UTF-8 or Windows-1252, and the separator by which headings
    and first response have the same number of cells.

    Raises:
        ExportError: the file is no such table, a heading is empty, or nothing tells its separator.
    """
    layout = layout or Layout()
    row = layout.heading_row
    if is_zip(path):
        headings = workbook_headings(path, _KIND, _FIX, layout.sheet, row)
        rows, encoding = partial(sheet_rows, path, _KIND, _FIX, len(headings), layout.sheet, row), "utf-8"
    else:
        given = {"tab": "\t"}.get(layout.delimiter or "", layout.delimiter)
        text = open_csv(
            path,
            _KIND,
            _FIX,
            separators=(given,) if given else SEPARATORS,
            encoding=layout.encoding,
            eight_bit=True,
            heading_row=row,
        )
        found = text.first_rows(row)
        headings = found[row - 1] if len(found) == row else []
        while headings and not headings[-1].strip():
            headings.pop()
        rows, encoding = partial(text.rows, len(headings), row), text.encoding.removesuffix("-sig")
    if not headings or not all(name.strip() for name in headings):
        problem = "a heading is empty" if headings else "there is no heading row"
        raise ExportError(problem, where=f"{path}, row {row}", expected=_KIND, fix=_FIX)
    return ToolExport(path, _TOOL, tuple((name,) for name in headings), rows, encoding)
