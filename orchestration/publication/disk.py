"""The disk under a release. Belongs here: syncing, sizes, and telling a full disk. Does not: what is written
on it."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from orchestration.errors import ReleaseError


def sync(path: Path) -> None:
    """Have the kernel put a file's bytes, or a folder's entries, on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_tree(folder: Path) -> None:
    """Sync every file below a folder, then the folders from the deepest up."""
    for root, _, names in os.walk(folder, topdown=False):
        for name in names:
            sync(Path(root) / name)
        sync(Path(root))


def size_of(path: Path) -> int:
    """Bytes of a file, or of all files below a folder; 0 where there is nothing."""
    if path.is_file():
        return path.stat().st_size
    return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())


def readable(size: int) -> str:
    """A size in bytes for people: ``1.4 MB``."""
    number = float(size)
    for unit in ("bytes", "kB", "MB", "GB"):
        if number < 1000:
            return f"{number:.0f} {unit}" if unit == "bytes" else f"{number:.1f} {unit}"
        number /= 1000
    return f"{number:.1f} TB"


def is_disk_full(error: BaseException) -> bool:
    """Whether an error means that no space, or no quota, was left: DuckDB tells it in its text only."""
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return True
    return any(os.strerror(code) in str(error) for code in (errno.ENOSPC, errno.EDQUOT))


@contextmanager
def candidate_or_nothing(
    folder: Path, needed: int, keep: Callable[[], bool] = lambda: False
) -> Iterator[None]:
    """Remove a staged folder if the work on it fails, unless ``keep`` says that it is in use already.

    Args:
        folder: what is being written.
        needed: the least it takes, in bytes, as far as known.
        keep: asked after a failure.

    Raises:
        ReleaseError: the disk was full; the message says how much was needed and how much is free.
    """
    try:
        yield
    except BaseException as error:
        written = size_of(folder)
        if not keep():
            shutil.rmtree(folder, ignore_errors=True)
        if not is_disk_full(error):
            raise
        free = shutil.disk_usage(folder.parent).free
        raise ReleaseError(
            f"the disk is full: a release needs at least {readable(max(needed, written))}, "
            f"{readable(free)} are free; the last release is untouched",
            where=str(folder.parent),
            fix="free some space, or move the data folder with SKILLSBANK_DATA, then start again",
        ) from error
