"""The release store. Belongs here: publishing, listing, verifying and switching releases. Does not: what is
in one, or who may decide to publish."""

from __future__ import annotations

import errno
import shutil
import stat
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from orchestration.errors import ReleaseError
from orchestration.provenance import REMADE, note_remade
from orchestration.publication import clock
from orchestration.publication.candidate import DATABASE, PUBLIC, PUBLIC_PREFIX, Candidate
from orchestration.publication.disk import candidate_or_nothing, sync, sync_tree
from orchestration.publication.evidence import Evidence, check_evidence
from orchestration.publication.explorer.site import EXPLORER
from orchestration.publication.links import link_problems
from orchestration.publication.manifest import MANIFEST, Manifest, NewerReleaseError, read_manifest
from orchestration.publication.numbering import (
    CURRENT,
    is_id,
    linked,
    names,
    next_number,
    numbered,
    order,
    switch,
)
from orchestration.publication.pack import PACK_FILES
from orchestration.publication.schema import schema_problems
from orchestration.publication.soundness import database_problems, file_problems

_REMOVED = ".removed-"
_SHOWN = 20
_PUBLIC_PAGES = PACK_FILES | frozenset(
    {
        "dictionary.csv",
        "dictionary.html",
        "quality.en.html",
        "quality.fr.html",
        "report.en.html",
        "report.en.pdf",
        "report.fr.html",
        "report.fr.pdf",
    }
)
_CLOSED = 0o700


@dataclass(frozen=True)
class Release:
    """A published release: ``folder`` is its own folder, never the ``current`` link, so it stays the same."""

    id: str
    folder: Path
    manifest: Manifest
    is_current: bool

    @property
    def database(self) -> Path:
        """The release's DuckDB file."""
        return self.folder / DATABASE

    @property
    def is_shut(self) -> bool:
        """Whether nobody but its owner may read ``public/``."""
        return _mode(self.folder / PUBLIC) == _CLOSED

    @property
    def created_at(self) -> str:
        """When it was built, UTC, ISO 8601."""
        return self.manifest.created_at

    @property
    def content_hash(self) -> str:
        """Hash over its deterministic contents."""
        return self.manifest.content_hash

    @property
    def rows(self) -> int:
        """Rows of all its tables."""
        return sum(table.rows for table in self.manifest.tables.values())


@dataclass(frozen=True)
class Publication:
    """What ``publish`` did: the release that is current now, and whether it is a new one."""

    release: Release
    is_new: bool


@dataclass(frozen=True)
class Verified:
    """A release found sound: the number and size in bytes of the files checked."""

    id: str
    files: int
    bytes: int


def publish(
    candidate: Candidate,
    releases: Path,
    evidence: Evidence,
    *,
    required: Collection[str],
    embargo_until: datetime | None = None,
) -> Publication:
    """Make a candidate the current release, or change nothing.

    The evidence is checked here again, whatever ran before: a candidate is published only if every gate in
    ``required`` passed in this run, and the release gate saw exactly the files that are about to go out.
    The same content as the current release publishes nothing and removes the candidate, unless that release was damaged
    meanwhile: then its content is published anew. Under an embargo (a moment with
    its zone, in the future) the release is current, but its ``public/`` stays closed to others (``embargo.lift``).

    Raises:
        ReleaseError: evidence missing, failed, of another run or of other files; a candidate that has changed, or whose
            tables or links `releases verify` would refuse; a full disk; a current release of a newer version. The
            current release is untouched then.
    """
    manifest = candidate.manifest
    check_evidence(evidence, required, run_id=manifest.run_id, content_hash=manifest.content_hash)
    if problems := _candidate_problems(candidate):
        raise ReleaseError(
            f"the candidate is not what may be published: {problems[0]}",
            where=str(candidate.folder),
            fix="run the refresh again",
        )
    if before := _has(releases, manifest.content_hash):
        if manifest.fingerprint != before.manifest.fingerprint:
            note_remade(releases, manifest.content_hash, manifest.fingerprint)
        shutil.rmtree(candidate.folder)
        _clean(releases)
        return Publication(before, is_new=False)
    with candidate_or_nothing(candidate.folder, needed=manifest.bytes):
        name = _finish(candidate, releases, evidence, embargo_until)
    with candidate_or_nothing(releases / name, needed=manifest.bytes, keep=lambda: linked(releases) == name):
        switch(releases, name)
    _clean(releases)
    return Publication(_open(releases, name), is_new=True)


def current(releases: Path) -> Release | None:
    """The current release, or None where nothing has been published.

    Readers use this once and then stay in ``folder``: going through the link twice may meet two releases.
    """
    name = linked(releases)
    return _open(releases, name) if name else None


def list_releases(releases: Path) -> list[Release]:
    """All releases that can be read, the newest first; ``unreadable`` has the others. A folder without a manifest, or
    under another name, is not one."""
    return _all(releases)[0]


def unreadable(releases: Path) -> dict[str, ReleaseError]:
    """Releases whose manifest is damaged or of a newer schema, by their id, and why: they stay where they are."""
    return _all(releases)[1]


def open_release(releases: Path, name: str = CURRENT) -> Release:
    """A release by its id, or the current one. Raises ReleaseError where there is none of that name."""
    return _open(releases, (linked(releases) or CURRENT) if name == CURRENT else name)


def show(releases: Path, name: str = CURRENT) -> dict[str, Any]:
    """What a release's manifest says, with its folder and whether it is current, ready for JSON."""
    release = open_release(releases, name)
    place = {"folder": str(release.folder), "is_current": release.is_current}
    return {**release.manifest.as_json(), **place}


def verify(releases: Path, name: str = CURRENT) -> Verified:
    """Check a release: each file's checksum, none missing or unexpected, only public tables in ``public/``,
    the database opens read-only and holds the tables stated, the current link is sane.

    Raises:
        ReleaseError: there is no such release, or it is not sound; the message lists what was found.
    """
    release = open_release(releases, name)
    if problems := [*_link_problems(releases), *_problems(release)]:
        raise unsound(release, problems)
    return Verified(release.id, len(release.manifest.files), release.manifest.bytes)


def rollback(releases: Path, to: str | None = None) -> Release:
    """Switch to an earlier release (default: the one before the current), after verifying it.

    The next refresh publishes again: a rollback gives time to mend data or code, it does not stop the clock.

    Raises:
        ReleaseError: there is no such release, or it is not sound; the current link is untouched then.
    """
    if to is None:
        now = linked(releases)
        older = [r.id for r in list_releases(releases) if now is None or order(r.id) < order(now)]
        if not older:
            raise ReleaseError(
                "there is no earlier release to go back to",
                where=str(releases),
                fix="see `skillsbank releases list`",
            )
        to = older[0]
    release = open_release(releases, to)
    # A broken link is what a rollback mends, so only the release itself is judged.
    if problems := _problems(release):
        raise unsound(release, problems)
    switch(releases, release.id)
    return _open(releases, release.id)


def open_public(release: Release) -> None:
    """Let everybody read ``public/`` who may read the releases."""
    (release.folder / PUBLIC).chmod(_mode(release.folder.parent))


def remove(release: Release) -> None:
    """Delete a release: under another name first, so that nobody meets half of it.

    Raises ReleaseError where it is the current one.
    """
    if release.is_current:
        raise ReleaseError(
            "the current release is never deleted",
            where=str(release.folder),
            fix="make another one current first: `skillsbank releases rollback`",
        )
    doomed = release.folder.with_name(f"{_REMOVED}{release.id}")
    release.folder.rename(doomed)
    shutil.rmtree(doomed)


def _mode(folder: Path) -> int:
    return stat.S_IMODE(folder.stat().st_mode)


def _finish(candidate: Candidate, releases: Path, evidence: Evidence, embargo_until: datetime | None) -> str:
    """Complete the manifest, put everything on the disk and give the candidate its release name."""
    moment = datetime.fromisoformat(candidate.manifest.created_at)
    closed = embargo_until is not None and embargo_until > clock.believed(releases).moment
    manifest = replace(
        candidate.manifest,
        gates=tuple(evidence.results),
        embargo_until=embargo_until.isoformat() if closed and embargo_until else None,
    )
    (candidate.folder / PUBLIC).chmod(_CLOSED if closed else _mode(releases))
    candidate.folder.chmod(_mode(releases))
    number = next_number(releases, moment)
    while True:
        name = numbered(moment, number)
        if candidate.manifest.id not in (None, name):
            raise ReleaseError(
                f"another release was made meanwhile, and this one's pages say that it is {candidate.manifest.id}",
                where=str(releases / name),
                fix="run the refresh again",
            )
        replace(manifest, id=name).write(candidate.folder)
        sync_tree(candidate.folder)
        try:
            candidate.folder.rename(releases / name)
        except OSError as error:
            if error.errno in (errno.ENOTEMPTY, errno.EEXIST):  # Another process took the number.
                number += 1
                continue
            if error.errno == errno.EXDEV:
                raise ReleaseError(
                    "the candidate lies on another disk than the releases",
                    where=str(candidate.folder),
                    expected=f"a folder in {releases}",
                ) from error
            raise
        sync(releases)
        return name


def _clean(releases: Path) -> None:
    """Remove what killed runs left behind."""
    for leftover in (*releases.glob(".candidate-*"), *releases.glob(f"{_REMOVED}*")):
        shutil.rmtree(leftover, ignore_errors=True)
    for note in (f".{CURRENT}", clock.NOTE, REMADE):
        for leftover in releases.glob(f"{note}-*"):
            leftover.unlink(missing_ok=True)


def _open(releases: Path, name: str) -> Release:
    folder = releases / name
    if not is_id(name) or not (folder / MANIFEST).is_file():
        raise _unknown(releases, name)
    return Release(name, folder, read_manifest(folder), is_current=linked(releases) == name)


def _has(releases: Path, content: str) -> Release | None:
    """The current release, if it has this content and is sound: a damaged one must keep nobody from publishing, one of
    a newer version must."""
    try:
        before = current(releases)
    except NewerReleaseError:
        raise
    except ReleaseError:
        return None
    same = before is not None and before.content_hash == content
    return before if before and same and not file_problems(before.folder, before.manifest) else None


def _all(releases: Path) -> tuple[list[Release], dict[str, ReleaseError]]:
    read, unread = [], {}
    for name in reversed(names(releases)):
        if (releases / name / MANIFEST).is_file():
            try:
                read.append(_open(releases, name))
            except ReleaseError as problem:
                unread[name] = problem
    return read, unread


def _unknown(releases: Path, name: str) -> ReleaseError:
    known = ", ".join(names(releases))
    return ReleaseError(
        "nothing has been published yet" if name == CURRENT else f"there is no release {name}",
        where=str(releases),
        expected=f"one of {known}" if known else None,
        fix=None if known else "publish one with `skillsbank refresh`",
    )


def unsound(release: Release, problems: list[str]) -> ReleaseError:
    """The error that lists what is wrong with a release."""
    shown = "; ".join(problems[:_SHOWN]) + (
        f"; and {len(problems) - _SHOWN} more" if len(problems) > _SHOWN else ""
    )
    return ReleaseError(
        f"release {release.id} is not sound: {shown}",
        where=str(release.folder),
        fix="make a sound one current with `skillsbank releases rollback`",
    )


def _problems(release: Release) -> list[str]:
    stated = release.manifest.id
    return [
        *([] if stated == release.id else [f"{MANIFEST} says that this is release {stated}"]),
        *file_problems(release.folder, release.manifest),
        *_public_problems(release.folder),
        *database_problems(release.database, release.manifest),
    ]


def _candidate_problems(candidate: Candidate) -> list[str]:
    """What `releases verify` would find, but for what the gates of secrecy and of the release have looked at."""
    public = candidate.folder / PUBLIC
    return [
        *file_problems(candidate.folder, candidate.manifest),
        *_public_problems(candidate.folder),
        *schema_problems(public)[0],
        *link_problems(public)[0],
    ]


def _public_problems(folder: Path) -> list[str]:
    files = sorted(
        path.relative_to(folder / PUBLIC) for path in (folder / PUBLIC).rglob("*") if path.is_file()
    )
    odd = [
        file
        for file in files
        if file.name not in _PUBLIC_PAGES
        and not file.name.startswith(PUBLIC_PREFIX)
        and file.parts[0] != EXPLORER
    ]
    return [f"{PUBLIC}/{file} is no public table" for file in odd]


def _link_problems(releases: Path) -> list[str]:
    try:
        name = linked(releases)
    except ReleaseError as error:
        return [f"{CURRENT}: {error.problem}"]
    if name is None:
        return [f"{CURRENT} is missing"]
    target = (releases / CURRENT).readlink()
    if target.is_absolute() or len(target.parts) != 1 or not is_id(name):
        return [f"{CURRENT} points out of the releases, to {target}"]
    return (
        []
        if (releases / name / MANIFEST).is_file()
        else [f"{CURRENT} points to {name}, which does not exist"]
    )
