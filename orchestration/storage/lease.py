"""One writer at a time. Belongs here: the lease that a command holds while it works. Does not: what would happen
without it, which the index's numbers prevent (store.py)."""

from __future__ import annotations

import json
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta

from orchestration.errors import BusyError
from orchestration.storage.store import Store, StoreError

KEY = "writer.json"
# A machine that dies keeps others waiting for so long; clocks may differ by less.
LASTS, RENEWED = timedelta(minutes=10), timedelta(minutes=2)


@dataclass(frozen=True)
class Lease:
    """Who writes: working folder, host, process and command, since when, and until when it counts unless renewed."""

    owner: str
    host: str
    process: int
    what: str
    since: str
    until: str

    def __str__(self) -> str:
        return f"{self.what} on {self.host}, process {self.process}, since {self.since}"

    @property
    def is_over(self) -> bool:
        """Whether it has not been renewed in time."""
        return datetime.fromisoformat(self.until) < datetime.now(UTC)


def holder(store: Store) -> Lease | None:
    """Who holds the lease, or held it last and died; None where nobody does."""
    data = store.read(KEY)
    return Lease(**json.loads(data)) if data else None


@contextmanager
def lease(store: Store, owner: str, what: str) -> Iterator[None]:
    """Hold the store for one command, and renew the hold until it ends.

    ``owner`` names the working folder, which one process alone can hold: what an earlier command of the same folder
    left when it was killed is taken over at once, another's when its time is over.

    Raises:
        BusyError: another machine writes.
    """
    mine = _lease(owner, what, datetime.now(UTC))
    _take(store, mine)
    ended = threading.Event()
    renewing = threading.Thread(target=_renew, args=(store, mine, ended), name="lease", daemon=True)
    renewing.start()
    try:
        yield
    finally:
        ended.set()
        renewing.join()
        # Without a server it ends by itself.
        with suppress(StoreError):
            if _is_held_by(store, owner):
                store.remove([KEY])


def _lease(owner: str, what: str, since: datetime) -> Lease:
    moment = since.isoformat(timespec="seconds")
    until = (datetime.now(UTC) + LASTS).isoformat(timespec="seconds")
    return Lease(owner, socket.gethostname(), os.getpid(), what, moment, until)


def _take(store: Store, mine: Lease) -> None:
    for _ in range(2):
        try:
            store.create(KEY, _text(mine))
        except FileExistsError:
            there = holder(store)
            if there is not None and there.owner != mine.owner and not there.is_over:
                break
            store.remove([KEY])
        else:
            return
    there = holder(store)
    raise BusyError(
        f"another machine writes ({there or 'it has just started'})",
        where=store.address,
        fix="wait until it ends; if that machine is gone, its hold ends "
        f"{int(LASTS.total_seconds() / 60)} minutes after its last sign of life",
    )


def _renew(store: Store, mine: Lease, ended: threading.Event) -> None:
    while not ended.wait(RENEWED.total_seconds()):
        # A server that is away for a while: the next time, or the push, which tells.
        with suppress(StoreError):
            if not _is_held_by(store, mine.owner):
                return
            store.replace(KEY, _text(_lease(mine.owner, mine.what, datetime.fromisoformat(mine.since))))


def _is_held_by(store: Store, owner: str) -> bool:
    there = holder(store)
    return there is not None and there.owner == owner


def _text(one: Lease) -> bytes:
    return json.dumps(asdict(one), indent=1).encode() + b"\n"
