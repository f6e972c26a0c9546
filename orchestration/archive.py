"""The immutable archive, the only state of the project. Belongs here: how an entry is written, found,
verified and, for erasure and retention alone, replaced or removed. Does not: what is in it, or where it came from."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any

from orchestration.errors import ArchiveError

SCHEMA_VERSION = 1
_TIME = "%Y%m%dT%H%M%SZ"
_STEM = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{12}")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_DRAFT = ".draft-"
_RESTORE = "restore the entry from a backup, or remove the file and its sidecar and collect again"

Write = Callable[[Path], Mapping[str, Any] | None]


class NewerEntryError(ArchiveError):
    """An entry that a newer version wrote: sound, for all that this version can tell."""


@dataclass(frozen=True)
class Entry:
    """One archived file: ``path`` is the file, ``facts`` what its sidecar says.

    ``is_new`` is true only in the answer of the ``put`` that added it.
    """

    source: str
    feed: str
    path: Path
    facts: Mapping[str, Any] = field(repr=False)
    is_new: bool = field(default=False, compare=False)

    @property
    def stem(self) -> str:
        """``<UTC time>-<first 12 of the sha256>``, shared by whatever belongs to this entry."""
        return self.path.name.split(".", 1)[0]

    @property
    def sha256(self) -> str:
        """The digest of the file's bytes, hexadecimal."""
        return str(self.facts["sha256"])

    @property
    def bytes(self) -> int:
        """The size of the file."""
        return int(self.facts["bytes"])

    @property
    def collected_at(self) -> datetime:
        """When it was archived, UTC."""
        return datetime.fromisoformat(self.facts["collected_at"])

    def says(self, **facts: object) -> bool:
        """Whether the sidecar has just these facts among its own."""
        return all(self.facts.get(name) == value for name, value in facts.items())


class Archive:
    """``root/<source>/<feed>/<UTC time>-<first 12 of sha256>.<extension>``, each with a ``.json`` sidecar.

    A feed is an edition or the name of a partner's file; its entries are its states in time, and their names
    sort in time. An entry counts once both files stand under their final names; the sidecar comes last and is
    the commit. One process writes at a time (the refresh lock); any number may read.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(
        self,
        source: str,
        feed: str,
        extension: str,
        write: Write | Path,
        facts: Mapping[str, Any] = MappingProxyType({}),
        *,
        before_commit: Callable[[str], None] | None = None,
    ) -> Entry:
        """Archive what ``write`` writes to the path it is given, or a copy of the file at the path ``write``.

        Args:
            source: the first folder, e.g. ``limesurvey`` or ``partners``.
            feed: the second folder: an edition or the name of a partner's file.
            extension: of the archived file, without the dot.
            write: may return facts that are known only once the file is written.
            facts: for the sidecar, beside source, feed, sha256, bytes, collected_at and schema_version.
            before_commit: called with the entry's stem when it is new, before any of it can be seen.

        Returns:
            The new entry, or the feed's latest where that has the same content: nothing is written then.
            A state that comes back after another is a new entry, so that the latest is what was last seen.

        Raises:
            ArchiveError: the file cannot be written, or the feed's latest entry is damaged.
        """
        folder = self._folder(source, feed)
        with _explained(folder):
            folder.mkdir(parents=True, exist_ok=True)
            for leftover in folder.glob(f"{_DRAFT}*"):
                leftover.unlink()
            draft = folder / f"{_DRAFT}{os.getpid()}.{extension}"
            sidecar_draft = draft.with_name(f"{draft.name}.json")
            try:
                if isinstance(write, Path):
                    shutil.copyfile(write, draft)
                    known = {**facts}
                else:
                    known = {**facts, **(write(draft) or {})}
                digest = _sha256(draft)
                latest = self.latest(source, feed)
                if latest is not None and latest.sha256 == digest:
                    return latest
                moment = datetime.now(UTC).replace(microsecond=0)
                if latest is not None:
                    # Names sort in the order of writing, within one second too, or after a clock set back.
                    moment = max(moment, latest.collected_at + timedelta(seconds=1))
                path = folder / f"{moment.strftime(_TIME)}-{digest[:12]}.{extension}"
                known |= {
                    "source": source,
                    "feed": feed,
                    "sha256": digest,
                    "bytes": draft.stat().st_size,
                    "collected_at": moment.isoformat(),
                    "schema_version": SCHEMA_VERSION,
                }
                sidecar_draft.write_text(_sidecar_text(known))
                entry = Entry(source, feed, path, MappingProxyType(known), is_new=True)
                self._commit(entry, draft, sidecar_draft, before_commit)
                return entry
            finally:
                draft.unlink(missing_ok=True)
                sidecar_draft.unlink(missing_ok=True)

    def replace(
        self,
        entry: Entry,
        write: Write,
        *,
        before_commit: Callable[[str], None] | None = None,
    ) -> Entry:
        """Put other content in the place of an entry's: for erasure alone, else nothing here ever changes.

        The new entry keeps the time and the facts of the old one, but for those that ``write`` returns, and
        says under ``replaces`` which contents it stands for (sha256, the oldest first). A reader sees the
        old one or the new one; killed in between, ``discard_replaced`` ends the work.

        Returns:
            The new entry, or the given one where its content is the same: nothing is written then.

        Raises:
            ArchiveError: the new file cannot be written; the old one stays then.
        """
        folder, extension = entry.path.parent, entry.path.name.split(".", 1)[1]
        draft = folder / f"{_DRAFT}{os.getpid()}.{extension}"
        sidecar_draft = draft.with_name(f"{draft.name}.json")
        with _explained(folder):
            try:
                known = {**entry.facts, **(write(draft) or {})}
                digest = _sha256(draft)
                if digest == entry.sha256:
                    return entry
                path = folder / f"{entry.stem.partition('-')[0]}-{digest[:12]}.{extension}"
                known |= {
                    "sha256": digest,
                    "bytes": draft.stat().st_size,
                    "replaces": [
                        old for old in [*entry.facts.get("replaces", []), entry.sha256] if old != digest
                    ],
                }
                sidecar_draft.write_text(_sidecar_text(known))
                fresh = Entry(entry.source, entry.feed, path, MappingProxyType(known), is_new=True)
                self._commit(fresh, draft, sidecar_draft, before_commit)
            finally:
                draft.unlink(missing_ok=True)
                sidecar_draft.unlink(missing_ok=True)
        self.discard_replaced(fresh)
        return fresh

    def discard_replaced(self, entry: Entry) -> list[str]:
        """Remove the files that an entry replaces, where a killed run left them; give their stems, all of them."""
        stems = [
            f"{entry.stem.partition('-')[0]}-{digest[:12]}" for digest in entry.facts.get("replaces", [])
        ]
        with _explained(entry.path.parent):
            for stem in stems:
                old = entry.path.with_name(f"{stem}.{entry.path.name.split('.', 1)[1]}")
                # The sidecar goes first: what is left then counts no more.
                _sidecar(old).unlink(missing_ok=True)
                old.unlink(missing_ok=True)
            if stems:
                sync(entry.path.parent)
        return stems

    def discard(self, entry: Entry) -> None:
        """Remove an entry for good: for retention alone.

        Raises:
            ArchiveError: it cannot be removed.
        """
        with _explained(entry.path.parent):
            # The sidecar goes first: what is left then counts no more.
            _sidecar(entry.path).unlink(missing_ok=True)
            entry.path.unlink(missing_ok=True)
            sync(entry.path.parent)

    def discard_drafts(self) -> None:
        """Remove what killed runs left half written anywhere. Only the one process that writes may ask for it."""
        for leftover in self.drafts():
            leftover.unlink()

    def entries(self, source: str | None = None, feed: str | None = None) -> list[Entry]:
        """Every entry (of a source, of a feed), oldest first within a feed.

        Raises:
            ArchiveError: an entry's file is missing or not of the size its sidecar says, or the sidecar is
                damaged.
        """
        sidecars = self.root.glob(f"{source or '*'}/{feed or '*'}/*.json")
        found = [self._read(path) for path in sorted(sidecars) if _STEM.match(path.name)]
        return _without_replaced(found)

    def latest(self, source: str, feed: str) -> Entry | None:
        """The newest entry of a feed, or None.

        Raises:
            ArchiveError: as ``entries``, for this entry.
        """
        names = [path for path in self._folder(source, feed).glob("*.json") if _STEM.match(path.name)]
        if not names:
            return None
        moment = max(names).name.partition("-")[0]
        # More than one only where an erasure was killed between the new entry and the removal of the old one.
        newest = [self._read(path) for path in sorted(names) if path.name.startswith(moment)]
        return _without_replaced(newest)[-1]

    def verify(self, entry: Entry) -> None:
        """Read an entry's file again and compare it with its sidecar.

        Raises:
            ArchiveError: the file is missing or its content is not what was archived.
        """
        current = self._read(_sidecar(entry.path))
        with _explained(entry.path):
            digest = _sha256(entry.path)
        if digest != current.sha256 or digest[:12] not in entry.path.name:
            raise ArchiveError(
                "the content is not what was archived",
                where=str(entry.path),
                expected=f"sha256 {current.sha256}, found {digest}",
                fix=_RESTORE,
            )

    def damage(self) -> list[ArchiveError]:
        """What is wrong with any entry, its file read again; nothing is raised for it. For who looks after it."""
        found = []
        for sidecar in sorted(self.root.glob("*/*/*.json")):
            if _STEM.match(sidecar.name):
                try:
                    self.verify(self._read(sidecar))
                except NewerEntryError:
                    continue
                except ArchiveError as problem:
                    found.append(problem)
        return found

    def uncommitted(self) -> list[Path]:
        """Files under an entry's name without a sidecar: a run was killed before its commit, or somebody lost it."""
        files = [path for path in sorted(self.root.glob("*/*/*")) if _STEM.match(path.name)]
        return [path for path in files if path.suffix != ".json" and not _sidecar(path).exists()]

    def drafts(self) -> list[Path]:
        """What killed runs left half written, while no process writes."""
        return sorted(self.root.glob(f"*/*/{_DRAFT}*"))

    def _folder(self, source: str, feed: str) -> Path:
        for name in (source, feed):
            if not _NAME.fullmatch(name):
                raise ArchiveError(
                    f"'{name}' cannot name a folder of the archive",
                    expected="letters, digits, '_', '-' and '.', beginning with a letter or digit",
                    fix="rename the source or feed",
                )
        return self.root / source / feed

    def _read(self, sidecar: Path) -> Entry:
        path = sidecar.with_name(sidecar.name.removesuffix(".json"))
        try:
            facts = json.loads(sidecar.read_bytes())
            version = int(facts.get("schema_version", 1))
            entry = Entry(facts["source"], facts["feed"], path, MappingProxyType(facts))
            size, _, _ = entry.bytes, entry.sha256, entry.collected_at
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as damage:
            raise ArchiveError(
                f"the sidecar cannot be read ({type(damage).__name__})",
                where=str(sidecar),
                expected="JSON with source, feed, sha256, bytes and collected_at",
                fix=_RESTORE,
            ) from damage
        if version > SCHEMA_VERSION:
            raise NewerEntryError(
                f"the entry has schema {version}: a newer Skills Bank wrote it",
                where=str(sidecar),
                expected=f"schema {SCHEMA_VERSION} or older",
                fix="use the version of Skills Bank that wrote it, or a newer one (docs/operations.md, 'Upgrade')",
            )
        found = path.stat().st_size if path.exists() else None
        if found != size:
            raise ArchiveError(
                "the archived file is missing" if found is None else f"the archived file has {found} bytes",
                where=str(path),
                expected=f"{size} bytes, as its sidecar says",
                fix=_RESTORE,
            )
        return entry

    def _commit(
        self, entry: Entry, draft: Path, sidecar_draft: Path, before_commit: Callable[[str], None] | None
    ) -> None:
        for file in (draft, sidecar_draft):
            file.chmod(0o444)
            sync(file)
        if before_commit is not None:
            before_commit(entry.stem)
        self._remove_uncommitted(entry.path.parent, entry.sha256[:12])
        draft.rename(entry.path)
        sidecar_draft.rename(_sidecar(entry.path))
        sync(entry.path.parent)

    @staticmethod
    def _remove_uncommitted(folder: Path, digest: str) -> None:
        """Remove what a run killed between the two renames left of this very content."""
        for path in folder.glob(f"*-{digest}.*"):
            if _STEM.match(path.name) and path.suffix != ".json" and not _sidecar(path).exists():
                path.unlink()


def sync(path: Path) -> None:
    """Make a file's content, or a folder's names, survive a power cut."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _without_replaced(entries: list[Entry]) -> list[Entry]:
    gone = {
        (entry.source, entry.feed, entry.stem.partition("-")[0], digest)
        for entry in entries
        for digest in entry.facts.get("replaces", [])
    }
    if not gone:
        return entries
    return [
        entry
        for entry in entries
        if (entry.source, entry.feed, entry.stem.partition("-")[0], entry.sha256) not in gone
    ]


def _sidecar_text(facts: Mapping[str, Any]) -> str:
    return json.dumps(facts, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _sidecar(path: Path) -> Path:
    return path.with_name(f"{path.name}.json")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _explained(where: Path) -> Iterator[None]:
    try:
        yield
    except OSError as problem:
        raise ArchiveError(
            f"cannot be written or read: {problem.strerror or problem}",
            where=str(where),
            expected="a folder this user can write to, on a disk with room",
            fix="make room or correct the rights, then run again; nothing was added",
        ) from problem
