"""One refresh at a time. Belongs here: the lock on a data folder. Does not: what is done while it is held."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from orchestration.errors import BusyError

_held: set[Path] = set()


@contextmanager
def refresh_lock(data: Path, run_id: str, *, shared: bool = False) -> Iterator[None]:
    """Hold the data folder for one run; the kernel lets go when the process ends, however it ends.

    Within a process that holds it already (the command line holds it before the job begins) it is held on.
    Where it is ``shared``, the other processes of this very run may hold it, too: a run whose steps are done in
    processes of their own ends for others when the last of them does.

    Raises:
        BusyError: another process holds it; the message names the run, the process and since when.
    """
    data.mkdir(parents=True, exist_ok=True)
    if data in _held:
        yield
        return
    with (data / "refresh.lock").open("a+") as file:
        if _locked(file, fcntl.LOCK_EX):
            since = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC"
            file.truncate(0)
            file.write(f"run {run_id}, process {os.getpid()}, since {since}\n")
            file.flush()
        elif not shared:
            raise _busy(data, file)
        # Another run may get it while one kind of lock becomes the other: whose it is stands in the file.
        if shared and not (_locked(file, fcntl.LOCK_SH) and _content(file).startswith(f"run {run_id},")):
            raise _busy(data, file)
        _held.add(data)
        try:
            yield
        finally:
            _held.discard(data)


def holder(data: Path) -> str | None:
    """What the process that holds the data folder says of itself; None where nobody holds it."""
    path = data / "refresh.lock"
    if not path.exists():
        return None
    # To lock a file for oneself on NFS takes the right to write; who may only look, looks on a local disk.
    with path.open("r+" if os.access(path, os.W_OK) else "r") as file:
        if _locked(file, fcntl.LOCK_EX):
            return None
        return _content(file) or "a run that has just started"


def _locked(file: TextIO, kind: int) -> bool:
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _content(file: TextIO) -> str:
    file.seek(0)
    return file.read().strip()


def _busy(data: Path, file: TextIO) -> BusyError:
    return BusyError(
        f"another refresh is running ({_content(file) or 'it has just started'})",
        where=str(data),
        fix="wait until it ends, or stop it in the Dagster UI, then start again",
    )
