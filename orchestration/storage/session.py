"""What a command does with object storage. Belongs here: before and after a command that reads or writes. Does not: the
transfer (mirror.py), or what commands there are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from fnmatch import fnmatchcase
from pathlib import Path

from orchestration.automation.lock import refresh_lock
from orchestration.collection import tombstones
from orchestration.identifiers import CompanyKeys
from orchestration.settings import Settings
from orchestration.storage.lease import lease
from orchestration.storage.mirror import Mirror
from orchestration.storage.store import Index, Store, StoreError

_open: dict[Path, Mirror] = {}


@contextmanager
def writing(settings: Settings, what: str) -> Iterator[Mirror | None]:
    """Hold the store for one command: pull before it, push after it. None, and nothing done, where data is a folder.

    What a command did before it failed is sent as well: the archive and an erasure's tombstone count from then on. A
    command that is interrupted sends nothing; the next one does. Within a command that holds the store already (the
    command line does before the job begins) it is held on.

    Raises:
        BusyError: another process here, or another machine, writes.
        StoreError: the store cannot be reached, read or written; what was not sent waits here for the next command.
    """
    if settings.store is None:
        yield None
        return
    if settings.data in _open:
        yield _open[settings.data]
        return
    store = Store(settings.store)
    keys = _fingerprint(settings, store.index())
    mirror = Mirror(settings.data, store, keys)
    with refresh_lock(settings.data, what), lease(store, mirror.owner, what):
        known = _tombstones(settings)
        mirror.begin()
        if not _tombstones(settings) <= known:
            # Somebody was erased on another machine, and what never leaves this one may still hold them.
            from orchestration.automation.erasure import remove_working_files  # noqa: PLC0415 - imports DuckDB

            remove_working_files(settings)
        _open[settings.data] = mirror
        try:
            yield mirror
        except Exception:
            # The command's own error is the one to tell.
            with suppress(StoreError):
                mirror.push()
            raise
        else:
            mirror.push()
        finally:
            del _open[settings.data]


def reading(settings: Settings, *patterns: str) -> None:
    """Bring what a reader wants: the paths that match any of the patterns; ``releases/current/`` in one stands for the
    current release. Nothing is done where data is a folder, or where this very process writes.

    Raises:
        StoreError: the store cannot be reached or read, or is empty.
    """
    if settings.store is None or settings.data in _open:
        return

    def is_wanted(path: str, index: Index) -> bool:
        current = f"releases/{index.release}/"
        return any(
            fnmatchcase(path, pattern.replace("releases/current/", current, 1)) for pattern in patterns
        )

    Mirror(settings.data, Store(settings.store)).read(is_wanted)


def _tombstones(settings: Settings) -> set[str]:
    return {path.name for path in (settings.archive / tombstones.FOLDER).glob("*")}


def _fingerprint(settings: Settings, index: Index | None) -> str:
    """That of the secret of the company keys, which must be the one that the store's data was made with.

    Raises:
        StoreError: there is another secret here, or none: every company would get another key.
    """
    is_here = settings.company_key_secret is not None or (settings.secrets / "company_key").exists()
    if index is None or is_here:
        mine = CompanyKeys.load(settings.company_key_secret, settings.secrets).fingerprint
        if index is None or mine == index.keys:
            return mine
    raise StoreError(
        f"the secret of the company keys that the data in {settings.store} was made with is not here"
        + (", but another one" if is_here else ""),
        where=str(settings.secrets),
        expected=f"the secret with the fingerprint {index.keys}",
        fix="copy the folder `secrets` of the machine that wrote it here (docs/object-storage.md, 'A second machine')",
    )
