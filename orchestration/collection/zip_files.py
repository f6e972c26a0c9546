"""Zip files that may be hostile. Belongs here: opening one, refusing bombs, turning damage into advice. Does
not: what the parts hold (readers/)."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from orchestration.errors import ExportError

_PARTS = 10_000
_LARGEST = 4 << 30
# Deflate reaches 1,032 : 1. A workbook of blank answers reaches about 60 : 1, and small parts cannot harm.
_RATIO, _HARMLESS = 250, 64 << 20
DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    OverflowError,
)


@contextmanager
def open_zip(path: Path, kind: str, fix: str) -> Iterator[zipfile.ZipFile]:
    """Open a zip file; damage met inside the ``with`` is told as an `ExportError` too.

    Python reads no more of a part than its declared size, so that the limits hold for what is declared.

    Raises:
        ExportError: it is missing, no zip file, damaged, or unpacks to far more than an export can be.
    """

    def refuse(problem: str, advice: str = fix) -> ExportError:
        return ExportError(problem, where=str(path), expected=kind, fix=advice)

    try:
        with path.open("rb") as file:
            if not file.read(1):
                raise refuse("the file is empty")
        archive = zipfile.ZipFile(path)
    except FileNotFoundError:
        raise refuse("there is no such file") from None
    except zipfile.BadZipFile:
        raise refuse("the file is no zip file, or it is cut off") from None
    except OSError as problem:
        raise refuse(f"the file cannot be opened ({problem.strerror})", "correct its rights") from problem
    except DAMAGE as problem:
        raise refuse(f"the zip file is damaged ({type(problem).__name__})") from problem
    with archive:
        parts = archive.infolist()
        if len(parts) > _PARTS:
            raise refuse(f"the zip file has {len(parts):,} parts: this is no export")
        for part in parts:
            bomb = part.file_size > _HARMLESS and part.file_size > _RATIO * part.compress_size
            if bomb or part.file_size > _LARGEST:
                raise refuse(
                    f"a part would unpack from {part.compress_size:,} to {part.file_size:,} bytes: this is "
                    "a zip bomb, not an export"
                )
            if part.flag_bits & 1:
                raise refuse("the zip file is protected by a password", "put it in without a password")
        try:
            yield archive
        except DAMAGE as problem:
            raise refuse(f"the zip file is damaged ({type(problem).__name__})") from problem
