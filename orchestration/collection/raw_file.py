"""An export as bytes. Belongs here: opening a text file, recognising what is not one or is a link, reading it in
windows, telling encodings. Does not: rows and cells (blocks.py, readers/)."""

from __future__ import annotations

import codecs
import hashlib
from pathlib import Path
from typing import BinaryIO

from orchestration.errors import ExportError, SkillsBankError

BLOCK = 8 << 20
BOM = codecs.BOM_UTF8
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_OTHER_FILES = (
    (b"PK\x03\x04", "an Excel workbook (.xlsx) or another zip file"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook (.xls)"),
    (b"%PDF", "a PDF file"),
    (b"\x1f\x8b", "a gzip file"),
    (b"$FL2", "an SPSS file (.sav)"),
    (b"<", "an HTML or XML file"),
    (b"{", "a JSON file"),
    (b"[", "a JSON file"),
)
_ENCODINGS = {
    "cp1252": "Windows-1252, as Excel writes it",
    "mac_roman": "Mac Roman",
    "cp850": "the DOS code page 850",
}
_FRENCH = frozenset("àâäçéèêëîïôöùûüÿœæÀÂÄÇÉÈÊËÎÏÔÖÙÛÜŒÆ«»’‘“”°€–…")


class Window:
    """The bytes of a file from ``offset`` on, as many as asked for."""

    def __init__(self, file: BinaryIO, offset: int = 0) -> None:
        self._file = file
        self.data, self.offset, self.at_end = b"", offset, False

    def fill(self, size: int) -> bool:
        """Hold at least ``size`` bytes, or all that are left; whether there are any."""
        if len(self.data) < size and not self.at_end:
            # What was left is read again: less than adding megabytes to it.
            self._file.seek(self.offset)
            self.data = self._file.read(size)
            self.at_end = len(self.data) < size
        return bool(self.data)

    def drop(self, count: int) -> None:
        """Forget the first ``count`` bytes; all are gone until the next ``fill``, but at the end of the file."""
        self.data = self.data[count:] if self.at_end else b""
        self.offset += count


def open_text(path: Path, kind: str, fix: str, error: type[SkillsBankError] = ExportError) -> BinaryIO:
    """Open a file that should be UTF-8 text; ``kind`` and ``fix`` say what it should be and where to get it.

    Raises:
        SkillsBankError: (an ``error``) it is missing, empty, or plainly something else (UTF-16, a workbook
        ...).
    """

    def refuse(problem: str, advice: str = fix) -> SkillsBankError:
        return error(problem, where=str(path), expected=kind, fix=advice)

    try:
        file = path.open("rb")
    except FileNotFoundError:
        raise refuse("there is no such file") from None
    except OSError as problem:
        raise refuse(f"the file cannot be opened ({problem.strerror})", "correct its rights") from problem
    head = file.read(4096)
    file.seek(0)
    found = None
    if not head:
        found = "the file is empty"
    elif not head.strip(BOM).strip():
        found = "the file has no heading row: LimeSurvey writes this for a page without responses"
    else:
        start = head.removeprefix(BOM).lstrip().upper()
        found = next((f"the file is {name}" for magic, name in _OTHER_FILES if start.startswith(magic)), None)
        # Without its mark, UTF-16 of Latin letters is half zeros.
        if found is None and (head.startswith(_UTF16) or head.count(0) * 3 > len(head)):
            found = "the file is UTF-16 text, as Excel's 'Unicode text' is"
    if found is not None:
        file.close()
        raise refuse(found)
    return file


def is_itself(path: Path) -> bool:
    """Whether a path is a file and no link: a link put into the inbox would have any file of this user read."""
    return path.is_file() and not path.is_symlink()


def digest_of(path: Path, error: type[SkillsBankError] = ExportError) -> str:
    """Give the sha256 of a file, hexadecimal.

    Raises:
        SkillsBankError: (an ``error``) it is missing or cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as problem:
        missing = isinstance(problem, FileNotFoundError)
        raise error(
            "there is no such file" if missing else f"the file cannot be read ({problem.strerror})",
            where=str(path),
            expected="a file that this user can read",
            fix="put it in again" if missing else "correct its rights",
        ) from problem


def not_utf8(path: Path, fix: str, error: type[SkillsBankError] = ExportError) -> SkillsBankError:
    """Describe the first byte of a file that is not UTF-8: offset, line, and what encoding it looks like."""
    start, line = _first_wrong_byte(path)
    with path.open("rb") as file:
        file.seek(max(0, start - 2000))
        looks_like = _encoding_of(file.read(4000))
        file.seek(start)
        byte = file.read(1)
    return error(
        f"byte {start} is not UTF-8 (0x{byte.hex()}); the file looks like {looks_like}",
        where=f"{path}, line {line}",
        expected="UTF-8, as LimeSurvey exports it",
        fix=fix,
    )


def _first_wrong_byte(path: Path) -> tuple[int, int]:
    """Where a file stops being UTF-8: byte offset and line; its end if it never does."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    offset, lines, block = 0, 1, b"first"
    with path.open("rb") as file:
        while block:
            block = file.read(BLOCK)
            pending = len(decoder.getstate()[0])
            try:
                decoder.decode(block, final=not block)
            except UnicodeDecodeError as problem:
                at = problem.start - pending
                return offset + at, lines + block.count(b"\n", 0, max(at, 0))
            lines += block.count(b"\n")
            offset += len(block)
    return offset, lines


def encoding_of(path: Path) -> str | None:
    """Give the encoding of a text: ``utf-8``, or the eight-bit one in which it is French; None for no telling.

    Raises:
        OSError: it cannot be read.
    """
    start, _ = _first_wrong_byte(path)
    if start >= path.stat().st_size:
        return "utf-8"
    with path.open("rb") as file:
        file.seek(max(0, start - 2000))
        return _likely(file.read(4000))


def _encoding_of(sample: bytes) -> str:
    found = _likely(sample)
    return "no encoding known here: the file is damaged" if found is None else _ENCODINGS[found]


def _likely(sample: bytes) -> str | None:
    """The eight-bit encoding in which most bytes beyond ASCII are French letters and signs."""
    foreign = bytes(byte for byte in sample if byte > 0x7F)
    shares = {
        name: sum(letter in _FRENCH for letter in foreign.decode(name, errors="replace"))
        for name in _ENCODINGS
    }
    best = max(shares, key=lambda name: shares[name])
    return best if shares[best] > len(foreign) / 2 else None
