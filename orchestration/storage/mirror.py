"""A working folder and its store. Belongs here: making the one equal to the other. Does not: who may write (lease.py),
or which command does what (session.py)."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any

from orchestration.archive import sync
from orchestration.publication.numbering import CURRENT, switch
from orchestration.storage.state import ROOMS, Local, State, alone
from orchestration.storage.store import INDEXES, Index, Store, Stored, StoreError

_DRAFTS = ".pulling"
Wanted = Callable[[str, Index], bool]


@dataclass(frozen=True)
class Sent:
    """What a push did: files and bytes sent, objects deleted, and the number of the index that counts now."""

    files: int
    bytes: int
    deleted: int
    index: int


class Mirror:
    """A working folder (0700) with the rooms that a store keeps.

    Args:
        folder: the working folder; made where it is missing.
        store: what it mirrors.
        keys: fingerprint of the secret of the company keys on this machine.
    """

    def __init__(self, folder: Path, store: Store, keys: str = "") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        self._folder, self._store, self._keys = folder, store, keys
        with alone(folder):
            self._state = State.read(folder)
            self._state.write(folder)  # it has its name from the first command on
        self._index: Index | None = None

    @property
    def owner(self) -> str:
        """The name of this working folder, which no other has."""
        return self._state.folder

    def begin(self) -> None:
        """Make the folder equal to the store, for a command that writes.

        What an earlier command did here and could not send stays, and goes with this one's work. Unless another
        machine has written since: then its state counts, and of this one's only the tombstones are kept, so that an
        erasure that did not reach the store is not forgotten (collecting stops until `skillsbank erase` has ended it).
        """
        index = self._store.index()
        with alone(self._folder):
            state = self._state = State.read(self._folder)
            is_ours = index is None or index.number == state.base or index.folder == state.folder
            if index is not None and not (state.unsent and is_ours):
                self._pull(index, kept=self._reopened(index) if state.unsent else frozenset())
            self._index = index
            state.base, state.unsent = index.number if index else 0, True
            state.write(self._folder)

    def read(self, wanted: Wanted) -> None:
        """Bring what a reader wants, and remove releases that are no more; a folder with unsent work stays as it is.

        Raises:
            StoreError: nothing was ever written there.
        """
        for attempt in range(3):
            index = self._store.index()
            if index is None:
                raise StoreError(
                    "nothing lies at this address yet",
                    where=self._store.address,
                    fix="publish a release with `skillsbank refresh`, or correct SKILLSBANK_DATA",
                )
            with alone(self._folder):
                state = self._state = State.read(self._folder)
                if state.unsent:
                    return
                try:
                    self._pull(index, wanted)
                except FileNotFoundError:  # a writer has deleted what this index still lists
                    if attempt < 2:
                        continue
                    raise StoreError(
                        "an object that the index lists is missing",
                        where=self._store.address,
                        fix="restore it from a version of the bucket or a backup",
                    ) from None
                state.write(self._folder)
                return

    def push(self, *, is_last: bool = True) -> Sent:
        """Send what is new or changed, then the index, then delete what it does not list.

        Cut in the middle, the index before counts, and all its objects are there; the next push sends the rest.
        ``is_last`` says that the command has ended.

        Raises:
            LostRaceError: another machine has written since ``begin``.
        """
        with alone(self._folder):
            state, before = self._state, self._index
            files, folders = state.scan(self._folder)
            known = before.files if before else {}
            index = Index(
                number=state.base + 1,
                folder=state.folder,
                keys=self._keys,
                release=_current(self._folder),
                written_at=datetime.now(UTC).isoformat(timespec="seconds"),
                files={path: _stored(path, local, known.get(path)) for path, local in files.items()},
                folders=folders,
            )
            there = self._store.objects()
            sent = self._missing(index, {one.key for one in known.values()}, there)
            if before is None or _content(index) != _content(before):
                self._store.send(sent)
                self._store.commit(index)
                self._index, state.base = index, index.number
            # Also where nothing has changed: what a cut push left, an erased file perhaps, goes now.
            deleted = self._clear(there)
            state.unsent = not is_last
            state.write(self._folder)
            return Sent(len(sent), sum(path.stat().st_size for path in sent.values()), deleted, state.base)

    def _missing(self, index: Index, known: Collection[str], there: Mapping[str, int]) -> dict[str, Path]:
        """The files whose objects are to be sent: those no index has, unless a cut push has sent them."""
        return {
            one.key: self._folder / path
            for path, one in index.files.items()
            if one.key not in known and not (one.key != path and there.get(one.key) == one.bytes)
        }

    def _clear(self, there: Mapping[str, int]) -> int:
        """Delete the objects of our rooms that the index does not list, and the indexes before it."""
        if self._index is None:
            return 0
        listed = {one.key for one in self._index.files.values()}
        old = {
            f"{INDEXES}/{number:08d}.json" for number in self._store.numbers() if number < self._index.number
        }
        doomed = [key for key in there if key.partition("/")[0] in ROOMS and key not in listed]
        self._store.remove([*sorted(old), *doomed])
        return len(doomed)

    def _pull(self, index: Index, wanted: Wanted | None = None, kept: Collection[str] = frozenset()) -> None:
        """Make files, folders and the current link as the index says, all of them or those that are wanted.

        A file gets its name when it is whole and its checksum is right. What the index does not list goes, but
        for what is to be kept: of a reader's folder, releases alone.
        """
        _refuse_strangers(index, self._store)
        rooms = ROOMS if wanted is None else ("releases",)
        here, folders = self._state.scan(self._folder)
        chosen = {path: one for path, one in index.files.items() if wanted is None or wanted(path, index)}
        self._fetch({path: one for path, one in chosen.items() if _differs(here.get(path), one)})
        for path, mode in sorted(index.folders.items()):
            if _room(path) in rooms:
                (self._folder / path).mkdir(parents=True, exist_ok=True)
                (self._folder / path).chmod(mode)
        for path, one in chosen.items():
            (self._folder / path).chmod(one.mode)
        if index.release:
            switch(self._folder / "releases", index.release)
        for path in here.keys() - index.files.keys() - set(kept):
            if _room(path) in rooms:
                (self._folder / path).unlink()
        for path in sorted(folders.keys() - index.folders.keys(), reverse=True):
            if _room(path) in rooms and not any(one.startswith(f"{path}/") for one in kept):
                shutil.rmtree(self._folder / path)

    def _fetch(self, files: Mapping[str, Stored]) -> None:
        """Bring files under drafts' names, check each, and give it its own."""
        drafts = self._folder / _DRAFTS
        shutil.rmtree(drafts, ignore_errors=True)
        drafts.mkdir(mode=0o700)
        try:
            named = {path: drafts / str(number) for number, path in enumerate(files)}
            self._store.fetch({named[path]: one.key for path, one in files.items()})
            for path, one in files.items():
                with named[path].open("rb") as file:
                    if hashlib.file_digest(file, "sha256").hexdigest() != one.sha256:
                        raise StoreError(
                            "the object is damaged: its checksum is not that in the index",
                            where=f"{self._store.address}/{one.key}",
                            fix="restore it from a version of the bucket or a backup; nothing here has changed",
                        )
            for path in files:
                (self._folder / path).parent.mkdir(parents=True, exist_ok=True)
                named[path].replace(self._folder / path)
        finally:
            shutil.rmtree(drafts, ignore_errors=True)

    def _reopened(self, index: Index) -> set[str]:
        """The tombstones that the store lacks, made into erasures that have not ended; before anything else changes, so
        that a kill forgets none."""
        stones = set()
        for path in (self._folder / "archive" / "tombstones").glob("[!.]*.json"):
            name = path.relative_to(self._folder).as_posix()
            if name not in index.files:
                draft = path.with_name(f".draft-{path.name}")
                facts = json.loads(path.read_bytes())
                draft.write_text(
                    json.dumps({**facts, "finished_at": None}, indent=2) + "\n", encoding="utf-8"
                )
                sync(draft)
                draft.replace(path)
                stones.add(name)
        return stones


def _current(folder: Path) -> str | None:
    """The release that the current link names."""
    link = folder / "releases" / CURRENT
    return link.readlink().name if link.is_symlink() else None


def _stored(path: str, local: Local, before: Stored | None) -> Stored:
    """Where a file's content lies, or will lie. No object that an index lists is ever overwritten with another content:
    a release's file has its own path, since it never changes, and every other file its content's hash in the name."""
    if before is not None and before.sha256 == local.sha256:
        key = before.key
    elif _room(path) == "releases" and before is None:
        key = path
    else:
        place = PurePosixPath(path)
        key = str(place.with_name(f"{local.sha256[:16]}-{place.name}"))
    return Stored(key, local.sha256, local.bytes, local.mode)


def _content(index: Index) -> tuple[Any, ...]:
    """What makes two indexes the same state."""
    return index.files, index.folders, index.release


def _differs(here: Local | None, there: Stored) -> bool:
    return here is None or here.sha256 != there.sha256


def _room(path: str) -> str:
    return path.partition("/")[0]


def _refuse_strangers(index: Index, store: Store) -> None:
    """An index that was tampered with leads to no other place of this machine."""
    paths = [PurePosixPath(path) for path in (*index.files, *index.folders)]
    bad = [
        str(path) for path in paths if path.is_absolute() or ".." in path.parts or path.parts[0] not in ROOMS
    ]
    if index.release and f"releases/{index.release}" not in index.folders:
        bad.append(f"the current release {index.release}")
    if bad:
        raise StoreError(
            f"the index lists what is no part of the data: {bad[0]}",
            where=store.address,
            expected=f"paths below {', '.join(ROOMS)}",
            fix="find out who wrote to the bucket; restore the index from one of its versions or a backup",
        )
