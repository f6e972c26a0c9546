"""Delimited text as tools other than LimeSurvey write it: cells quoted or not. Belongs here: separators, rows
and what is wrong with one. Does not: what headings mean (readers/)."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from orchestration.collection.raw_file import encoding_of, not_utf8, open_text
from orchestration.collection.text_rows import BadRow, Cells
from orchestration.errors import ExportError

SEPARATORS = (",", ";", "\t")
# A row of more signs is a quote that does not end: no answer is that long.
_LONGEST_ROW = 1 << 20
_OPEN_QUOTE = "a quoted cell does not end"


@dataclass(frozen=True)
class CsvText:
    """A text file, its encoding (Python's name) and separator; ``kind`` and ``fix`` are for messages."""

    path: Path
    encoding: str
    separator: str
    kind: str
    fix: str

    def first_rows(self, count: int) -> list[list[str]]:
        """Give the first rows, without blank lines: fewer where the file has fewer.

        Raises:
            ExportError: one of them cannot be told apart into cells.
        """
        found: list[list[str]] = []
        with self._open() as file:
            rows = _Records(file, self.separator)
            while len(found) < count and (record := rows.next()) is not None:
                if isinstance(record.cells, str):
                    raise ExportError(
                        f"the headings cannot be read: {record.cells}",
                        where=f"{self.path}, row {len(found) + 1}",
                        expected=self.kind,
                        fix=self.fix,
                    )
                if record.cells:
                    found.append(record.cells)
        return found

    def rows(self, width: int, after: int) -> Iterator[Cells | BadRow]:
        """Give the rows below row ``after`` (blank lines not counted), but for those without any answer.

        A bad row ends before the first line that is a whole row again, so that it costs no other row.

        Raises:
            ExportError: the file is cut off.
        """
        with self._open() as file:
            records = _Records(file, self.separator)
            number = -after
            while (record := records.next()) is not None:
                cells = record.cells
                if cells == []:
                    continue
                number += 1
                if number <= 0:
                    continue
                if isinstance(cells, list) and len(cells) > width and not any(cells[width:]):
                    cells = cells[:width]  # a spreadsheet wrote empty cells beyond the headings
                if isinstance(cells, list) and len(cells) == width:
                    if any(cells):
                        yield cells
                    continue
                yield self._bad(record, records, width, number)

    def _bad(self, record: _Record, records: _Records, width: int, number: int) -> BadRow:
        text = records.give_back(record, width)
        unfinished = record.cells == _OPEN_QUOTE or not text.endswith(("\n", "\r"))
        if (
            unfinished
            and records.at_end
            and not (isinstance(record.cells, list) and len(record.cells) > width)
        ):
            raise ExportError(
                "the file ends in the middle of a row",
                where=f"{self.path}, row {number}",
                expected="a last row with all its cells",
                fix=self.fix,
            )
        if isinstance(record.cells, str):
            return BadRow(record.cells, text)
        return BadRow(f"the row has {len(record.cells)} cells, not {width}", text)

    def _open(self) -> TextIO:
        return self.path.open(encoding=self.encoding, newline="")


def open_csv(
    path: Path,
    kind: str,
    fix: str,
    *,
    separators: tuple[str, ...] = SEPARATORS,
    encoding: str | None = None,
    eight_bit: bool = False,
    heading_row: int = 1,
) -> CsvText:
    """Open a text file and find its encoding and separator: that of ``separators`` by which ``heading_row``
    and first response have the same number of cells.

    An encoding that is not given is UTF-8, or with ``eight_bit`` also Windows-1252, or Latin-1 where bytes
    are none of Windows-1252.

    Raises:
        ExportError: it is missing, no text, in another encoding, or several separators would do, or none.
    """
    open_text(path, kind, fix).close()
    name = encoding or encoding_of(path)
    if name != "utf-8" and encoding is None:
        if not eight_bit or name != "cp1252":
            raise not_utf8(path, fix)
        name = _western(path)
    elif encoding is not None:
        _decodes(path, encoding, kind, fix)
    csv.field_size_limit(_LONGEST_ROW)
    name = "utf-8-sig" if name in {None, "utf-8"} else str(name)
    texts = [CsvText(path, name, separator, kind, fix) for separator in separators]
    if len(texts) == 1:
        return texts[0]
    likely = [text for text in texts if _agrees(text, heading_row)]
    if len(likely) == 1:
        return likely[0]
    raise ExportError(
        "nothing tells which sign separates the cells"
        if likely
        else "the rows have not as many cells as headings",
        where=f"{path}, row 1",
        expected=kind,
        fix=fix,
    )


def _agrees(text: CsvText, heading_row: int) -> bool:
    try:
        rows = text.first_rows(heading_row + 1)[heading_row - 1 :]
    except ExportError:
        return False
    return bool(rows) and len(rows[0]) > 1 and len({len(row) for row in rows}) == 1


def _western(path: Path) -> str:
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            try:
                block.decode("cp1252")
            except UnicodeDecodeError:
                return "latin-1"
    return "cp1252"


def _decodes(path: Path, encoding: str, kind: str, fix: str) -> None:
    try:
        with path.open(encoding=encoding, newline="") as file:
            while file.read(1 << 20):
                pass
    except (UnicodeError, LookupError) as problem:
        raise ExportError(
            f"the file is not {encoding} ({problem})", where=str(path), expected=kind, fix=fix
        ) from None


@dataclass(frozen=True, slots=True)
class _Record:
    """A row's cells, or what is wrong with it, and the lines it stands on."""

    cells: list[str] | str
    lines: list[str]


class _Records:
    """The rows of a text, one by one; lines can be given back."""

    def __init__(self, file: TextIO, separator: str) -> None:
        self._file, self._separator = file, separator
        self._waiting: deque[str] = deque()

    @property
    def at_end(self) -> bool:
        if not self._waiting and (line := self._file.readline(_LONGEST_ROW)):
            self._waiting.append(line)
        return not self._waiting

    def next(self) -> _Record | None:
        """Give the next row, None at the end."""
        lines: list[str] = []
        try:
            cells = next(self._parse(self._feed(lines)), None)
        except csv.Error as problem:
            ended = "unexpected end" in str(problem)
            return _Record(_OPEN_QUOTE if ended else "a quote stands inside a quoted cell", lines)
        return None if cells is None else _Record(cells, lines)

    def give_back(self, record: _Record, width: int) -> str:
        """Give back the lines of a bad row from the first on that is a whole row by itself; the text of the
        others."""
        lines = record.lines
        for place in range(1, len(lines)):
            if self._is_whole(lines[place], width):
                self._waiting.extendleft(reversed(lines[place:]))
                lines = lines[:place]
                break
        return "".join(lines)

    def _is_whole(self, line: str, width: int) -> bool:
        try:
            return len(next(self._parse(iter([line])), [])) == width
        except csv.Error:
            return False

    def _parse(self, lines: Iterator[str]) -> Iterator[list[str]]:
        return csv.reader(lines, delimiter=self._separator, strict=True)

    def _feed(self, taken: list[str]) -> Iterator[str]:
        size = 0
        while size < _LONGEST_ROW:
            line = self._waiting.popleft() if self._waiting else self._file.readline(_LONGEST_ROW)
            if not line:
                return
            taken.append(line)
            size += len(line)
            yield line
