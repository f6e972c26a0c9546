"""Texts of others in files that people open as spreadsheets. Belongs here: what keeps a text in its cell, and from
being calculated. Does not: which texts, or open data, whose CSV files hold each text as it is."""

from __future__ import annotations

import re
from typing import Any, TextIO

# What spreadsheets take for the beginning of a formula (OWASP, CSV injection).
_FORMULA = re.compile(r"[=+\-@\t\r]")


class CsvLines:
    """Where ``csv.writer`` writes with its own line ends, for a file with those of Unix.

    Told to end lines by a line feed, it leaves a carriage return unquoted before Python 3.13, and whatever stands
    behind one begins a row.
    """

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def write(self, line: str) -> int:
        """Take one row."""
        return self._file.write(line.removesuffix("\r\n") + "\n")


def text_cell(sheet: Any, text: str) -> Any:
    """A cell of a workbook that is a text for good, also after somebody edited it; no control characters."""
    # openpyxl takes a third of a second to import, and a CSV file needs none of it.
    from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE  # noqa: PLC0415

    cell = WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub("\ufffd", text))
    cell.data_type = "s"
    # Excel keeps it a text when the cell is edited.
    cell.quotePrefix = looks_calculated(text)
    return cell


def looks_calculated(text: str) -> bool:
    """Whether a spreadsheet would calculate a text, or let it run."""
    return _FORMULA.match(text) is not None


def defused(text: str) -> str:
    """A text for a CSV file that people open in a spreadsheet: an apostrophe in front keeps it a text there."""
    return f"'{text}" if looks_calculated(text) else text
