"""A partner's file as rows of text. Belongs here: opening what a contract says (CSV, workbook, in a zip or not) and
telling when it is something else. Does not: columns (headings.py) and cells (cells.py)."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from orchestration.collection.csv_text import open_csv
from orchestration.collection.partners.contract import Feed
from orchestration.collection.raw_file import encoding_of, not_utf8, open_text
from orchestration.collection.text_rows import BadRow, Cells
from orchestration.errors import ExportError, PartnerFileError

_ENCODINGS = {"utf-8": "UTF-8", "cp1252": "Windows-1252, as Excel writes it"}


@dataclass(frozen=True)
class Opened:
    """A file's table: ``part`` is the member of the zip or the sheet that it stands in, "" where it is the file.

    ``rows`` can be gone through once, while the file is open; blank rows are left out.
    """

    headings: list[str]
    rows: Iterator[Cells | BadRow]
    part: str


@contextmanager
def open_table(path: Path, feed: Feed, fix: str) -> Iterator[Opened]:
    """Open the table that a contract describes.

    Args:
        path: the partner's file.
        feed: says what it should be.
        fix: what the user can do when it is not.

    Raises:
        PartnerFileError: it is missing, damaged, in another format, encoding or with another separator, or has
            not the sheet or member; also while its rows are read.
    """
    kind = _kind(feed)
    with tempfile.TemporaryDirectory() as folder:
        local, shown = path, path.name
        try:
            if feed.member is not None:
                local, member = _unpacked(path, feed.member, kind, fix, Path(folder))
                shown = f"{path.name}, {member}"
                with _csv(local, feed, kind, fix, member) as opened:
                    yield opened
            elif feed.format == "csv":
                with _csv(local, feed, kind, fix, "") as opened:
                    yield opened
            else:
                with _sheet(path, feed, kind, fix) as opened:
                    yield opened
        except ExportError as fault:
            where = (fault.where or str(local)).replace(str(local), shown)
            raise PartnerFileError(fault.problem, where=where, expected=fault.expected, fix=fix) from fault


def _kind(feed: Feed) -> str:
    if feed.format == "xlsx":
        return "an Excel workbook (.xlsx)" + (
            f" with a sheet named like '{feed.sheet}'" if feed.sheet else ""
        )
    text = f"CSV in {_ENCODINGS[feed.encoding]}, cells separated by '{feed.separator}'"
    return text if feed.member is None else f"a zip file with a member named like '{feed.member}': {text}"


@contextmanager
def _csv(path: Path, feed: Feed, kind: str, fix: str, part: str) -> Iterator[Opened]:
    _check_encoding(path, feed, kind, fix)
    text = open_csv(path, kind, fix, separators=(feed.separator,), encoding=_python_name(feed))
    headings = next(iter(text.first_rows(1)), [])
    if len(headings) < 2:
        others = [
            sign for sign in (";", ",", "\t", "|") if sign != feed.separator and sign in "".join(headings)
        ]
        found = f"'{others[0]}'" if others else "nothing known here"
        raise ExportError(
            f"the cells are separated by {found}, not by '{feed.separator}'",
            where=f"{path}, row 1",
            expected=kind,
            fix=fix,
        )
    yield Opened(headings, text.rows(len(headings), 1), part)


def _python_name(feed: Feed) -> str:
    return "utf-8-sig" if feed.encoding == "utf-8" else feed.encoding


def _check_encoding(path: Path, feed: Feed, kind: str, fix: str) -> None:
    """Eight-bit text and UTF-8 can each be read as the other without an error: hence a look before."""
    open_text(path, kind, fix).close()
    found = encoding_of(path)
    if feed.encoding == "utf-8" and found != "utf-8":
        told = not_utf8(path, fix)
        raise ExportError(told.problem, where=told.where, expected=kind, fix=fix)
    if feed.encoding != "utf-8" and found == "utf-8" and not _is_ascii(path):
        raise ExportError(
            f"the file is UTF-8, not {_ENCODINGS[feed.encoding]}", where=str(path), expected=kind, fix=fix
        )
    if feed.encoding != "utf-8" and found not in {"utf-8", feed.encoding}:
        raise ExportError(
            f"the file is not {_ENCODINGS[feed.encoding]}", where=str(path), expected=kind, fix=fix
        )


def _is_ascii(path: Path) -> bool:
    with path.open("rb") as file:
        return all(block.isascii() for block in iter(lambda: file.read(1 << 20), b""))


@contextmanager
def _sheet(path: Path, feed: Feed, kind: str, fix: str) -> Iterator[Opened]:
    # openpyxl takes a third of a second to import.
    from orchestration.collection.workbooks import first_row, open_sheet, text_rows  # noqa: PLC0415

    with open_sheet(path, kind, fix, re.compile(feed.sheet) if feed.sheet else None) as sheet:
        headings = ["" if cell is None else str(cell) for cell in first_row(sheet)]
        if not headings:
            raise ExportError("the sheet's first row is empty", where=str(path), expected=kind, fix=fix)
        yield Opened(headings, text_rows(sheet, len(headings)), sheet.title)


def _unpacked(path: Path, member: str, kind: str, fix: str, folder: Path) -> tuple[Path, str]:
    """Write the one member of a zip that a contract names into a folder; the file and the member's name.

    The name is looked for in the zip, not made from the zip's: a member may be dated the day before its zip.
    """
    from orchestration.collection.zip_files import open_zip  # noqa: PLC0415

    with open_zip(path, kind, fix) as archive:
        names = [name for name in archive.namelist() if re.fullmatch(member, name.rpartition("/")[2])]
        if len(names) != 1:
            raise ExportError(
                f"the zip file has {len(names)} members of that name, among {', '.join(archive.namelist()[:10])}",
                where=str(path),
                expected=kind,
                fix=fix,
            )
        target = folder / "member"
        with archive.open(names[0]) as source, target.open("wb") as copy:
            shutil.copyfileobj(source, copy)
        return target, names[0].rpartition("/")[2]
