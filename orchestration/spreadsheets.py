"""Texts of others in files that people open as spreadsheets. Belongs here: what keeps a text in its cell, and from
being calculated, and workbooks of such texts. Does not: which texts, or open data, whose CSV files hold each text as it
is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any, TextIO

# What spreadsheets take for the beginning of a formula (OWASP, CSV injection).
_FORMULA = re.compile(r"[=+\-@\t\r]")
# What XML 1.0 cannot hold.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_SOME_TIME = datetime(1980, 1, 1)


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


@contextmanager
def workbook(path: Path, author: str = "") -> Iterator[Workbook]:
    """An Excel workbook (.xlsx) to fill, written at the end: the same bytes for the same content.

    Raises OSError where it cannot be written.
    """
    # They take a while to import, and a CSV file needs none of it.
    from xlsxwriter import Workbook as Book  # noqa: PLC0415
    from xlsxwriter.exceptions import FileCreateError  # noqa: PLC0415

    book = Book(path, {"constant_memory": True})
    book.set_properties({"author": author, "created": _SOME_TIME})
    yield Workbook(book)
    try:
        book.close()
    except FileCreateError as problem:
        raise problem.args[0] from None


class Workbook:
    """Sheets in which every text is a text for good, also after somebody edited it, and without control characters."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self._date = book.add_format({"num_format": "yyyy-mm-dd"})

    def add(
        self, name: str, rows: Iterable[Sequence[Any]], widths: Sequence[int] = (), *, wrap: bool = False
    ) -> None:
        """Add a sheet of texts, numbers, dates, truth values and blanks (None), of which the first row is the headings.

        ``widths`` are those of the columns, in characters; ``wrap`` breaks long texts into lines.
        """
        sheet = self._book.add_worksheet(name)
        sheet.freeze_panes(1, 0)
        for column, width in enumerate(widths):
            sheet.set_column(column, column, width)
        lines = {"text_wrap": True, "valign": "top"} if wrap else {}
        plain, heading = self._book.add_format(lines), self._book.add_format(lines | {"bold": True})
        # Excel keeps it a text when the cell is edited.
        quoted = self._book.add_format(lines | {"quote_prefix": True})
        for number, row in enumerate(rows):
            for column, value in enumerate(row):
                if isinstance(value, str):
                    style = quoted if looks_calculated(value) else plain if number else heading
                    sheet.write_string(number, column, _CONTROL.sub("\ufffd", value), style)
                elif isinstance(value, bool):
                    sheet.write_boolean(number, column, value)
                elif isinstance(value, date):
                    sheet.write_datetime(number, column, value, self._date)
                elif value is not None:
                    sheet.write_number(number, column, value)


def looks_calculated(text: str) -> bool:
    """Whether a spreadsheet would calculate a text, or let it run."""
    return _FORMULA.match(text) is not None


def defused(text: str) -> str:
    """A text for a CSV file that people open in a spreadsheet: an apostrophe in front keeps it a text there."""
    return f"'{text}" if looks_calculated(text) else text
