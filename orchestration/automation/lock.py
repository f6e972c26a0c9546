"""One refresh at a time. Belongs here: the lock on a data folder. Does not: what is done while it is held."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from orchestration.errors import BusyError

_held: set[Path] = set()


@contextmanager
def refresh_lock(data: Path, run_id: str) -> Iterator[None]:
    """Hold the data folder for one run; the kernel lets go when the process ends, however it ends.

    Within a process that holds it already (the command line holds it before the job begins) it is held on.

    Raises:
        BusyError: another process holds it; the message names the run, the process and since when.
    """
    data.mkdir(parents=True, exist_ok=True)
    if data in _held:
        yield
        return
    with (data / "refresh.lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise BusyError(
                f"another refresh is running ({file.read().strip() or 'it has just started'})",
                where=str(data),
                fix="wait until it ends, or stop it in the Dagster UI, then start again",
            ) from None
        file.truncate(0)
        file.write(f"run {run_id}, process {os.getpid()}, since {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC\n")
        file.flush()
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
    with path.open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return file.read().strip() or "a run that has just started"
    return None
