"""LimeSurvey's SPSS export as text. Belongs here: the data file (.dat) with the names, dates and numbers of
its syntax file (.sps) undone, and without the participants that it brings along. Does not: .sav files."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from orchestration.collection.companions import needed
from orchestration.collection.exports import Chunk
from orchestration.collection.raw_file import BOM, not_utf8, open_text
from orchestration.collection.recoding import code_names, participant_columns, undone
from orchestration.collection.text_rows import BadRow, Cells, chunked
from orchestration.errors import ExportError

FIX = (
    "in LimeSurvey open Responses > Export, choose CSV with 'Question code' headings and 'Answer codes'; or "
    "put in both files of the SPSS export, data (.dat) and syntax (.sps)"
)
_DATA, _SYNTAX = "a LimeSurvey SPSS data file (.dat)", "the SPSS syntax file that LimeSurvey writes beside it"
_LARGEST, _LONGEST_ROW = 64 << 20, 16 << 20
_VARIABLE = re.compile(r"^ V(\d+) ([A-Z]+)[\d.]*$", re.MULTILINE)
_RENAMED = re.compile(r"^RENAME VARIABLES \( V(\d+) = (\S+) \)\.", re.MULTILINE)
_LABELLED = re.compile(r'^VALUE LABELS\s+V(\d+)\n((?: .*\n)*? .*"\.)$', re.MULTILINE)
_LABEL = re.compile(r'^ ("?)(.*?)\1 "(.*)"\.?$', re.MULTILINE)
_DATE = re.compile(r"(\d\d)-(\d\d)-(\d{4})( .*)?")


@dataclass(frozen=True, slots=True)
class _Syntax:
    """The variables of a data file, in order: names, which are dates, and what their numbers stood for."""

    names: list[str]
    dates: frozenset[int]
    recoded: Mapping[int, Mapping[str, str]]


class LimeSurveySpss:
    """One data file. Every missing cell is "": SPSS knows one kind of missing only."""

    def __init__(self, path: Path, syntax: _Syntax) -> None:
        participants = participant_columns(syntax.names)
        self._kept = [place for place in range(len(syntax.names)) if place not in participants]
        self.headings = tuple(syntax.names[place] for place in self._kept)
        self._path, self._syntax = path, syntax

    def chunks(self) -> Iterator[Chunk]:
        """Yield the rows: see `Export`."""
        with open_text(self._path, _DATA, FIX) as file:
            yield from chunked(self.headings, self._rows(file))

    def _rows(self, file: BinaryIO) -> Iterator[Cells | BadRow]:
        number = 0
        while line := file.readline(_LONGEST_ROW):
            line = line if number else line.removeprefix(BOM)
            number += 1
            if not line.endswith(b"\n"):
                raise ExportError(
                    "the file ends in the middle of a response, or a row has no end",
                    where=f"{self._path}, row {number}",
                    expected="a line a response",
                    fix=FIX,
                )
            try:
                text = line.decode().rstrip("\r\n")
            except UnicodeDecodeError:
                raise not_utf8(self._path, FIX) from None
            if text:
                yield self._row(text)

    def _row(self, text: str) -> Cells | BadRow:
        width = len(self._syntax.names)
        try:
            cells = next(csv.reader([text], delimiter=",", quotechar="'", doublequote=True, strict=True))
        except csv.Error:
            return BadRow("a cell is not quoted as LimeSurvey quotes", text)
        if len(cells) != width:
            return BadRow(f"the row has {len(cells)} cells, not {width}", text)
        return [self._plain(place, cells[place]) for place in self._kept]

    def _plain(self, place: int, cell: str) -> str:
        if place in self._syntax.dates and (moment := _DATE.fullmatch(cell)):
            day, month, year, clock = moment.groups("")
            return f"{year}-{month}-{day}{clock}"
        return self._syntax.recoded.get(place, {}).get(cell, cell)


def open_export(path: Path) -> LimeSurveySpss:
    """Open a data file and the syntax file beside it.

    Raises:
        ExportError: either is missing or damaged.
    """
    open_text(path, _DATA, FIX).close()
    csv.field_size_limit(_LONGEST_ROW)
    return LimeSurveySpss(path, _syntax(needed(path, "limesurvey_spss")))


def _syntax(path: Path) -> _Syntax:
    with open_text(path, _SYNTAX, FIX) as file:
        content = file.read(_LARGEST)
    try:
        text = content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise not_utf8(path, FIX) from None
    kinds = [kind for _, kind in _VARIABLE.findall(text)]
    names = [name for _, name in _RENAMED.findall(text)]
    places = [int(number) for number, _ in _RENAMED.findall(text)]
    if not names or len(kinds) != len(names) or places != list(range(1, len(names) + 1)):
        raise ExportError(
            f"the syntax file declares {len(kinds)} variables and names {len(names)}",
            where=str(path),
            expected=_SYNTAX,
            fix=FIX,
        )
    recoded = {
        int(number) - 1: undone({value: label for _, value, label in _LABEL.findall(labels)})
        for number, labels in _LABELLED.findall(text)
    }
    dates = frozenset(place for place, kind in enumerate(kinds) if kind.startswith("DATETIME"))
    return _Syntax(code_names(names), dates, recoded)
