"""LimeSurvey's JSON export. Belongs here: both shapes of the list of responses, read one response at a time.
Does not: the RPC answer around it."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from orchestration.collection.exports import Chunk
from orchestration.collection.raw_file import not_utf8
from orchestration.collection.text_rows import BadRow, Cells, chunked
from orchestration.errors import ExportError

FIX = (
    "in LimeSurvey open Responses > Export, choose JSON with 'Question code' headings and 'Answer codes', "
    "and put in the new file"
)
_KIND = 'a LimeSurvey JSON export: {"responses": [...]}'
_BLOCK, _BEGINNING = 1 << 20, 1 << 12
_LONGEST = 32 << 20
_BEGIN = re.compile(r'\ufeff?\s*\{\s*"responses"\s*:\s*\[\s*')
_BLANKS = re.compile(r"\s*")
_END = re.compile(r"\s*\}\s*\Z")


class LimeSurveyJson:
    """One file. A null (LimeSurvey 5) is null, "not asked"; 6.x writes "" for that and for left blank."""

    def __init__(self, path: Path, headings: tuple[str, ...]) -> None:
        self.headings = headings
        self._path = path

    def chunks(self) -> Iterator[Chunk]:
        """Yield the rows: see `Export`."""
        return chunked(self.headings, map(self._row, _responses(self._path)))

    def _row(self, found: tuple[list[tuple[str, Any]] | None, str]) -> Cells | BadRow:
        pairs, text = found
        if pairs is None:
            return BadRow("the response is not an object of columns", text)
        cells = dict(pairs)
        if len(cells) != len(pairs):
            return BadRow("the response has a column twice", text)
        if cells.keys() != set(self.headings):
            return BadRow("the response has other columns than the first", text)
        if any(not isinstance(cell, str | None) for cell in cells.values()):
            return BadRow("a cell is neither text, number nor null", text)
        return [cells[name] for name in self.headings]


def open_export(path: Path) -> LimeSurveyJson:
    """Open a file; its columns are those of the first response.

    Raises:
        ExportError: the file is not a JSON export, or it has no responses.
    """
    pairs, _ = next(_responses(path), (None, ""))
    if not pairs:
        raise ExportError(
            "the file has no responses, and so no columns",
            where=str(path),
            expected=_KIND,
            fix="put in an export with responses",
        )
    return LimeSurveyJson(path, tuple(name for name, _ in pairs))


def _responses(path: Path) -> Iterator[tuple[list[tuple[str, Any]] | None, str]]:
    """Each response as pairs of column and cell (None where it is no object), with its raw text."""
    # Numbers stay as they are written; a nested object shows as a list of pairs.
    decoder = json.JSONDecoder(object_pairs_hook=_Pairs, parse_float=str, parse_int=str, parse_constant=str)
    with _opened(path) as file:
        text = _Text(file, path)
        begin = text.match(_BEGIN)
        if begin is None:
            raise _refusal(path, _what_else(text.rest()))
        text.move_to(begin.end())
        number = 0
        while not text.shows("]"):
            number += 1
            value, end = text.value(decoder, number)
            yield _response(value), text.upto(end)
            text.move_to(end)
            text.skip_blanks()
            more = text.shows(",")
            if more:
                text.move_to(text.place + 1)
                text.skip_blanks()
            # A comma and no response, or a response and no comma: something was lost.
            if more == text.shows("]"):
                raise _refusal(path, f"the file ends, or is damaged, after response {number}")
        text.move_to(text.place + 1)
        text.fill(_LONGEST)
        if not _END.match(text.rest()):
            raise _refusal(path, f"something else than the end of the file follows response {number}")


class _Pairs(list[tuple[str, Any]]):
    """An object's pairs, told apart from a JSON list."""


def _response(value: Any) -> list[tuple[str, Any]] | None:
    """The columns of a response; 3.x wraps each in an object of one key, its id."""
    if isinstance(value, _Pairs) and len(value) == 1 and isinstance(value[0][1], _Pairs):
        value = value[0][1]
    return value if isinstance(value, _Pairs) else None


class _Text:
    """The file's text from ``place`` on, as much as needed."""

    def __init__(self, file: BinaryIO, path: Path) -> None:
        self._file, self._path = file, path
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._data, self._at_end = "", False
        self.place = 0

    def fill(self, size: int) -> None:
        """Hold at least ``size`` characters from the place on, or all that are left."""
        if len(self._data) - self.place >= size or self._at_end:
            return
        parts = [self.rest()]
        held, self.place = len(parts[0]), 0
        while held < size and not self._at_end:
            block = self._file.read(_BLOCK)
            self._at_end = not block
            try:
                parts.append(self._decoder.decode(block, final=self._at_end))
            except UnicodeDecodeError:
                raise not_utf8(self._path, FIX) from None
            held += len(parts[-1])
        self._data = "".join(parts)

    def rest(self) -> str:
        """All the text that is held."""
        return self._data[self.place :]

    def upto(self, end: int) -> str:
        """The text up to an end that `value` gave."""
        return self._data[self.place : end]

    def shows(self, sign: str) -> bool:
        """Whether this sign is the next."""
        return self._data.startswith(sign, self.place)

    def move_to(self, place: int) -> None:
        """Go on from a place."""
        self.place = place

    def match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Match what comes next."""
        self.fill(_BEGINNING)
        return pattern.match(self._data, self.place)

    def skip_blanks(self) -> None:
        """Go past blanks and line ends."""
        while True:
            self.fill(1)
            blanks = _BLANKS.match(self._data, self.place)
            self.place = blanks.end() if blanks else self.place
            if self.place < len(self._data) or self._at_end:
                return

    def value(self, decoder: json.JSONDecoder, number: int) -> tuple[Any, int]:
        """The JSON value that comes next, and the place where it ends."""
        size = 1
        while True:
            self.fill(size)
            try:
                return decoder.raw_decode(self._data, self.place)
            except (json.JSONDecodeError, RecursionError) as problem:
                if self._at_end or size > _LONGEST:
                    raise _refusal(
                        self._path, f"response {number} is cut off or damaged ({type(problem).__name__})"
                    ) from None
            size = 2 * max(len(self._data) - self.place, _BLOCK)


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except FileNotFoundError:
        raise _refusal(path, "there is no such file") from None
    except OSError as problem:
        raise _refusal(path, f"the file cannot be opened ({problem.strerror})") from problem


def _what_else(text: str) -> str:
    if not text.strip():
        return "the file is empty"
    if '"status"' in text[:200]:
        return "the file holds the server's error message in place of responses"
    if '"result"' in text[:200]:
        return "the file holds the server's whole answer; the export is its 'result', decoded from base64"
    return "the file does not begin as a JSON export does"


def _refusal(path: Path, problem: str) -> ExportError:
    return ExportError(problem, where=str(path), expected=_KIND, fix=FIX)
