"""Microsoft Forms' workbook of responses. Belongs here: its heading row. Does not: cells (workbooks.py), or what the
codebook makes of them (by_texts.py)."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from orchestration.collection.tables import sheet_rows, workbook_headings
from orchestration.collection.tools import Tool, ToolExport
from orchestration.errors import ExportError

FIX = "in Microsoft Forms open Responses > Open in Excel (or Download a copy), and put in the file unopened"
_KIND = "responses of Microsoft Forms: a workbook (.xlsx) of one sheet, beginning with Id and Start time"
_IDS = ("ID", "Id")


def _headings(question: str, item: str) -> tuple[str, ...]:
    """A statement of a Likert question heads its column alone."""
    return (item,)


_TOOL = Tool(
    name="Microsoft Forms",
    meta={
        "id": _IDS,
        "submitdate": ("Completion time",),
        "startdate": ("Start time",),
        "datestamp": ("Last modified time",),
        "startlanguage": ("Language",),
    },
    own=("Email", "Name", "Total points", "Quiz feedback"),
    item_headings=_headings,
    between=";",
)


def open_export(path: Path) -> ToolExport:
    """Open a workbook and read its headings, the questions' texts.

    Raises:
        ExportError: the file does not hold responses of Microsoft Forms.
    """
    headings = workbook_headings(path, _KIND, FIX)
    if headings[0].strip() not in _IDS or "Start time" not in headings:
        raise ExportError(
            "the headings do not begin with Id and Start time",
            where=f"{path}, row 1",
            expected=_KIND,
            fix=f"{FIX}; headings in other languages are declared as 'format: plain'",
        )
    return ToolExport(
        path, _TOOL, tuple((name,) for name in headings), partial(sheet_rows, path, _KIND, FIX, len(headings))
    )
