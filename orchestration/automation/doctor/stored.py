"""What a deployment stores. Belongs here: secrets, rights, leftovers, archive, schemas and the current release. Does
not: the machine (machine.py), or runs (runs.py)."""

from __future__ import annotations

import json
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from orchestration import audit, lake
from orchestration.archive import SCHEMA_VERSION, Archive, Entry
from orchestration.automation.doctor.finding import Finding, State, found
from orchestration.automation.lock import holder
from orchestration.collection.contacts import Contacts, restrict
from orchestration.errors import ArchiveError, ReleaseError, SkillsBankError
from orchestration.identifiers import CompanyKeys
from orchestration.publication import manifest, releases
from orchestration.publication.numbering import CURRENT
from orchestration.settings import Settings

_BACKUP = "restore it from a backup (docs/operations.md, 'Restore')"


def secrets(settings: Settings, fix: bool) -> Finding:
    """The secret of the company keys is that of the archive, and the keys of the contacts open all of them."""
    path = settings.secrets / "company_key"
    made_with = {str(entry.facts["keys"]) for entry in _sound(settings) if "keys" in entry.facts}
    if settings.company_key_secret is None and not path.exists():
        if made_with:
            said = f"{path} is missing, and with another every company would get another key"
            return Finding("secrets", State.wrong, said, _BACKUP)
        return Finding("secrets", State.ok, "none yet: the first refresh makes them")
    keys = CompanyKeys.load(settings.company_key_secret, settings.secrets)
    others = made_with - {keys.fingerprint}
    problems = list(_unreadable(Contacts.of(settings)))
    problems += [
        f"archived files were made with another secret ({other}, not {keys.fingerprint})" for other in others
    ]
    return found(
        "secrets",
        problems,
        _BACKUP,
        fine="the secret is that of the archive, and all contacts can be read",
    )


def rights(settings: Settings, fix: bool) -> Finding:
    """Contacts and secrets are for their owner alone: folders 0700, files 0600, no links."""
    rooms = [room for room in (settings.contacts, settings.secrets, settings.audit) if room.exists()]
    paths = [path for room in rooms for path in [room, *sorted(room.rglob("*"))]]
    open_ones = [
        f"{path.relative_to(settings.data)} is {'a link' if path.is_symlink() else f'{_mode(path):04o}'}"
        for path in paths
        if path.is_symlink() or _mode(path) != (0o700 if path.is_dir() else 0o600)
    ]
    if fix:
        for room in rooms:
            restrict(room)
    do = "`skillsbank doctor --fix`; if they were open for long, ask who could read them"
    return found(
        "rights", open_ones, do, fine=f"{len(paths)} files and folders for their owner alone", mended=fix
    )


def leftovers(settings: Settings, fix: bool) -> Finding:
    """No half-written files of killed runs, which hold room; each run clears the most of them itself."""
    if not fix and (held := holder(settings.data)) is not None:
        return Finding("leftovers", State.ok, f"not looked at while a refresh writes ({held})")
    left = list(_temporary(settings))
    if fix:
        for path in left:
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    problems = [str(path.relative_to(settings.data)) for path in left]
    said = [f"left by a killed run: {name}" for name in problems]
    do = "`skillsbank doctor --fix` removes them: none was ever part of archive, lake or release"
    return found("leftovers", said, do, fine="no half-written files", mended=fix)


def archive(settings: Settings, fix: bool) -> Finding:
    """Every archived file is what its sidecar says, by its sha256; none lost its sidecar."""
    room = Archive(settings.archive)
    problems = [f"{_inside(settings, error)}: {error.problem}" for error in room.damage()]
    problems += [f"{path.relative_to(settings.data)} has no sidecar" for path in room.uncommitted()]
    do = (
        f"{_BACKUP}; a file without a sidecar was never committed, or lost it: collect its original again, then "
        "move it away"
    )
    return found("archive", problems, do, fine="every entry is what was archived")


def schemas(settings: Settings, fix: bool) -> Finding:
    """What is stored was written by this version, or by one that this version can read."""
    problems = list(_newer_entries(settings.archive))
    for release in sorted(settings.releases.glob("*-W*-*")):
        if (version := manifest.stated_version(release)) > manifest.SCHEMA_VERSION:
            problems.append(f"release {release.name} has schema {version}")
    if problems:
        do = "a newer Skills Bank wrote it: install that version again (docs/operations.md, 'Upgrade')"
        return found("schemas", problems, do, fine="")
    other = [f"lake/{table} has other columns" for table in _other_tables(settings.lake)]
    if other:
        do = "nothing: the next refresh writes the lake anew, since the code has changed"
        return Finding("schemas", State.warning, "; ".join(other[:3]), do)
    return Finding("schemas", State.ok, "archive, lake and releases are of this version")


def current_release(settings: Settings, fix: bool) -> Finding:
    """The current link leads to a sound release; ``fix`` makes the newest sound one current, and deletes none."""
    name, room = "current release", settings.releases
    if not (room / CURRENT).is_symlink() and not any(room.glob("*-W*-*")):
        return Finding(name, State.ok, "nothing has been published yet")
    try:
        verified = releases.verify(room)
        return Finding(name, State.ok, f"{verified.id}: {verified.files} files as its manifest says")
    except ReleaseError as problem:
        said = problem.problem
    if fix and (sound := _newest_sound(room)) is not None:
        audit.record(settings, "rolled back", sound, why="doctor --fix")
        return Finding(name, State.mended, f"{said}. {sound} is current now")
    do = "`skillsbank doctor --fix` makes the newest sound release current; then `skillsbank refresh`"
    return Finding(name, State.wrong, said, do)


def _newest_sound(room: Path) -> str | None:
    for path in sorted(room.glob(f"*-W*-*/{manifest.MANIFEST}"), key=lambda one: -one.stat().st_mtime_ns):
        try:
            return releases.rollback(room, path.parent.name).id
        except ReleaseError:
            continue
    return None


def _unreadable(contacts: Contacts) -> Iterator[str]:
    """What is wrong with files of the contacts: no key, damaged."""
    for path in contacts.files():
        try:
            contacts.open(path).close()
        except SkillsBankError as problem:
            yield f"contacts/{path.parent.name}/{path.name}: {problem.problem}"


def _temporary(settings: Settings) -> Iterator[Path]:
    yield from Archive(settings.archive).drafts()
    yield from settings.archive.glob("tombstones/.draft-*")
    yield from settings.contacts.glob("*/.draft-*")
    yield from settings.lake.glob(".*.new")
    yield from settings.lake.glob(".*.old")
    yield from settings.releases.glob(".candidate-*")
    yield from settings.releases.glob(f".{CURRENT}-*")
    yield from settings.secrets.glob(".*.*")


def _sound(settings: Settings) -> list[Entry]:
    """The archive's entries; none where one is damaged, which the check of the archive tells."""
    try:
        return Archive(settings.archive).entries()
    except ArchiveError:
        return []


def _newer_entries(room: Path) -> Iterator[str]:
    for sidecar in sorted(room.glob("*/*/*.json")):
        try:
            version = int(json.loads(sidecar.read_bytes()).get("schema_version", 1))
        except (OSError, ValueError, TypeError, AttributeError):
            continue  # damaged, which the check of the archive tells
        if version > SCHEMA_VERSION:
            yield f"{sidecar.name} has schema {version}"


def _other_tables(room: Path) -> Iterator[str]:
    for table, schema in lake.SCHEMAS.items():
        for path in lake.files(room, table):
            try:
                names = pq.read_schema(path).names
            except (OSError, pa.ArrowException):
                names = []
            if names != schema.names:
                yield table
                break


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def _inside(settings: Settings, error: SkillsBankError) -> str:
    return str(error.where or "").removeprefix(f"{settings.data}/")
