"""Tables that may be workbooks. Belongs here: headings and rows of one sheet as tools write them. Does not: cells
(workbooks.py), or text files (csv_text.py)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from orchestration.collection.text_rows import BadRow, Cells
from orchestration.collection.workbooks import first_row, open_sheet, text_rows
from orchestration.errors import ExportError


def is_zip(path: Path) -> bool:
    """Whether a file is a zip file, as workbooks are."""
    try:
        with path.open("rb") as file:
            return file.read(4) == b"PK\x03\x04"
    except OSError:
        return False


def workbook_headings(path: Path, kind: str, fix: str, sheet: str | None = None, row: int = 1) -> list[str]:
    """Give the texts of a sheet's heading row.

    Raises:
        ExportError: the file is no workbook, is damaged or hostile, has no such sheet, or the row is empty or
            has gaps.
    """
    with open_sheet(path, kind, fix, sheet) as cells:
        found = ["" if cell is None else str(cell) for cell in first_row(cells, row)]
    if not found or not all(name.strip() for name in found):
        problem = "a heading is empty" if found else "there is no heading row"
        raise ExportError(problem, where=f"{path}, row {row}", expected=kind, fix=fix)
    return found


def sheet_rows(  # noqa: PLR0917 - as workbook_headings, and the width it found
    path: Path, kind: str, fix: str, width: int, sheet: str | None = None, row: int = 1
) -> Iterator[Cells | BadRow]:
    """Give the rows below a sheet's heading row as texts."""
    with open_sheet(path, kind, fix, sheet) as cells:
        yield from text_rows(cells, width, row)
