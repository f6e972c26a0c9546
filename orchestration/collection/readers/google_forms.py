"""Google Forms: the responses as CSV, or their sheet as a workbook. Belongs here: its heading row, what separates
several answers. Does not: what the codebook makes of them (by_texts.py)."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial
from pathlib import Path

from orchestration.collection.csv_text import CsvText, open_csv
from orchestration.collection.tables import is_zip, sheet_rows, workbook_headings
from orchestration.collection.tools import Tool, ToolExport, in_brackets
from orchestration.errors import ExportError

FIX = (
    "in Google Forms open Responses > Download responses (.csv), unzip the file and put it in unopened; or in the "
    "sheet of responses File > Download > Microsoft Excel, with that sheet alone"
)
_KIND = "responses of Google Forms: CSV in UTF-8 or one sheet (.xlsx), the time stamp in the first column"
_STAMPS = ("Timestamp", "Horodateur")
_TOOL = Tool(
    name="Google Forms",
    meta={"submitdate": _STAMPS},
    own=("Email Address", "Adresse e-mail", "Username", "Score"),
    item_headings=in_brackets,
    between=";",
    dates=("%Y/%m/%d %I:%M:%S %p",),
)
# Forms itself writes a stamp like this, and ';' between several answers; the sheet has ', '.
_OWN_STAMP = re.compile(r"\d{4}/\d\d/\d\d \d{1,2}:\d\d:\d\d [AP]M\b.*")


def open_export(path: Path) -> ToolExport:
    """Open a file and read its headings, the questions' texts; a row of a grid is ``Question [row]``.

    Raises:
        ExportError: the file does not hold responses of Google Forms.
    """
    if is_zip(path):
        headings = workbook_headings(path, _KIND, FIX)
        tool, rows = replace(_TOOL, between=", "), partial(sheet_rows, path, _KIND, FIX, len(headings))
    else:
        text = open_csv(path, _KIND, FIX, separators=(",",))
        headings = text.first_rows(1)[0] if text.first_rows(1) else []
        tool, rows = replace(_TOOL, between=_between(text)), partial(text.rows, len(headings), 1)
    if not headings or headings[0].strip() not in _STAMPS or not all(name.strip() for name in headings):
        raise ExportError(
            f"the first heading is none of {', '.join(_STAMPS)}, or a heading is empty",
            where=f"{path}, row 1",
            expected=_KIND,
            fix=f"{FIX}; headings in other languages are declared as 'format: plain'",
        )
    return ToolExport(path, tool, tuple((name,) for name in headings), rows)


def _between(text: CsvText) -> str:
    try:
        rows = text.first_rows(2)
    except ExportError:  # told when the rows are read
        return ";"
    return ", " if len(rows) > 1 and not _OWN_STAMP.fullmatch(rows[1][0]) else ";"
