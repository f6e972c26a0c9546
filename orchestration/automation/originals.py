"""Originals in the inbox that still hold what was erased. Belongs here: finding them. Does not: changing them,
which is for the people who put them there."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Collection, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from orchestration.collection.zip_files import DAMAGE, open_zip
from orchestration.errors import SkillsBankError
from orchestration.personal_text import hide
from orchestration.settings import Settings

_BLOCK = 8 << 20
_LONGEST = 4096
# What people put between the digits of a SIREN, in UTF-8 and in Latin-1.
_BETWEEN = rb"[\s.\-\xa0\xc2\xe2\x80\x89\xaf]{0,6}"


def originals_with(
    settings: Settings, siren: str | None, email: str | None, origins: Collection[str]
) -> Iterator[Path]:
    """The files of the inbox and the downloads (and of the sample, where it is collected) that hold a SIREN or an
    address, or that rows of somebody erased were collected from (``origins``: their names)."""
    patterns = [pattern for pattern in (_number(siren), _address(email)) if pattern]
    for root in [settings.inbox, settings.downloads, *([settings.sample_folder] if settings.sample else [])]:
        for path in sorted(path for path in root.rglob("*") if path.is_file()):
            if hide(path.name) in origins or any(_found(path, pattern) for pattern in patterns):
                yield path


def _number(siren: str | None) -> re.Pattern[bytes] | None:
    digits = re.sub(r"\D", "", siren or "")
    return re.compile(_BETWEEN.join(digit.encode() for digit in digits)) if digits else None


def _address(email: str | None) -> re.Pattern[bytes] | None:
    return re.compile(re.escape("".join(email.split()).encode()), re.IGNORECASE) if email else None


def _found(path: Path, pattern: re.Pattern[bytes]) -> bool:
    if path.suffix.lower() == ".parquet":
        return _in_parquet(path, pattern)
    if zipfile.is_zipfile(path):
        try:
            with open_zip(path, "", "") as archive:
                for part in archive.namelist():
                    with archive.open(part) as file:
                        if _in_blocks(iter(lambda file=file: file.read(_BLOCK), b""), pattern):  # type: ignore[misc]
                            return True
        except (SkillsBankError, *DAMAGE):
            # What cannot be unpacked is named all the same: it may hold anything.
            return True
        return False
    with path.open("rb") as file:
        return _in_blocks(iter(lambda: file.read(_BLOCK), b""), pattern)


def _in_blocks(blocks: Iterator[bytes], pattern: re.Pattern[bytes]) -> bool:
    tail = b""
    for block in blocks:
        if pattern.search(tail + block):
            return True
        tail = block[-_LONGEST:]
    return False


def _in_parquet(path: Path, pattern: re.Pattern[bytes]) -> bool:
    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches():
                for column in batch.columns:
                    if pa.types.is_string(column.type) or pa.types.is_integer(column.type):
                        texts = pc.unique(column.cast(pa.string())).to_pylist()
                        if pattern.search("\n".join(text for text in texts if text).encode()):
                            return True
    except (OSError, pa.ArrowException):
        return True
    return False
