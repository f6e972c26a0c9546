"""LimeSurvey's Excel export (the RPC calls it .xls; it is .xlsx). Belongs here: its headings. Does not: cells
(workbooks.py), or which zeros are missing (lost_zeros.py)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from orchestration.collection.exports import Chunk
from orchestration.collection.text_rows import chunked
from orchestration.collection.workbooks import first_row, open_sheet, text_rows
from orchestration.errors import ExportError

FIX = (
    "in LimeSurvey open Responses > Export, choose Microsoft Excel with 'Question code' headings and 'Answer "
    "codes', and put in the new file unopened; a CSV export loses less"
)
_KIND = "a LimeSurvey Excel export (.xlsx): one sheet, question codes in its first row"


class LimeSurveyXlsx:
    """One file. Every empty cell is "": a workbook cannot tell what was not asked."""

    def __init__(self, path: Path, headings: tuple[str, ...]) -> None:
        self.headings = headings
        self._path = path

    def chunks(self) -> Iterator[Chunk]:
        """Yield the rows: see `Export`."""
        with open_sheet(self._path, _KIND, FIX) as sheet:
            yield from chunked(self.headings, text_rows(sheet, len(self.headings)))


def open_export(path: Path) -> LimeSurveyXlsx:
    """Open a workbook and read its headings.

    Raises:
        ExportError: the file is no workbook, is damaged or hostile, or has no heading row.
    """
    with open_sheet(path, _KIND, FIX) as sheet:
        headings = first_row(sheet)
    if not headings or not all(isinstance(name, str) and name for name in headings):
        raise ExportError(
            "the first row is no row of headings", where=f"{path}, row 1", expected=_KIND, fix=FIX
        )
    return LimeSurveyXlsx(path, tuple(headings))
