"""Backup and restore. Belongs here: what cannot be made again, copied with checksums, and brought back. Does not: lake,
warehouse and releases, which a refresh makes from it; or applying erasures (erasure.py)."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from orchestration import audit
from orchestration.archive import Archive, sync
from orchestration.automation.erasure import Proof, Request, erase
from orchestration.automation.lock import refresh_lock
from orchestration.collection.tombstones import FOLDER as TOMBSTONES
from orchestration.errors import SkillsBankError
from orchestration.publication.disk import sync_tree
from orchestration.settings import Settings

MANIFEST = "BACKUP.json"
SCHEMA_VERSION = 1
ROOMS = ("archive", "contacts", "secrets", "decisions", "audit", "logs", "dagster")
_DRAFT = ".draft-"


@dataclass(frozen=True)
class Backup:
    """A backup: its folder, when it was made (ISO 8601, UTC), how many files and bytes it has."""

    folder: Path
    made_at: str
    files: int
    bytes: int


def backup(settings: Settings, into: Path) -> Backup:
    """Copy what cannot be made again into a new folder ``<into>/skills-bank-<UTC time>``, with ``BACKUP.json``.

    That is archive, contacts, secrets, decisions, audit log, other logs and Dagster's storage; its SQLite databases are
    copied through SQLite, so that a running UI does no harm. The folder (0700) is there whole or not at all. It holds
    contacts and the keys to them: it is as confidential as the data folder.

    Raises:
        BusyError: a refresh is running.
        SkillsBankError: the folder lies in the data folder, or cannot be written.
    """
    into = into.resolve()
    if into == settings.data.resolve() or settings.data.resolve() in into.parents:
        raise SkillsBankError(
            "a backup beside the data would be lost with it",
            where=str(into),
            fix="name a folder on another disk",
        )
    with refresh_lock(settings.data, "backup"):
        now = datetime.now(UTC)
        draft, final = into / f"{_DRAFT}{os.getpid()}", into / f"skills-bank-{now:%Y%m%dT%H%M%SZ}"
        try:
            draft.mkdir(parents=True, mode=0o700)
            for room, source in _rooms(settings):
                _copy(source, draft / room)
            facts = {
                "schema_version": SCHEMA_VERSION,
                "made_at": now.isoformat(timespec="seconds"),
                "files": {name: _state(draft / name) for name in sorted(_files(draft))},
            }
            (draft / MANIFEST).write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
            sync_tree(draft)
            draft.rename(final)
            sync(into)
        except OSError as problem:
            raise _unwritten(into, problem) from problem
        finally:
            shutil.rmtree(draft, ignore_errors=True)
        made = verify_backup(final)
        audit.record(settings, "backed up", final.name, files=made.files, bytes=made.bytes)
    return made


def verify_backup(folder: Path) -> Backup:
    """Hold every file of a backup against its checksum.

    Raises:
        SkillsBankError: it is no backup, of a newer version, or a file is missing, changed or was added.
    """
    try:
        facts = json.loads((folder / MANIFEST).read_bytes())
        listed, version, made_at = facts["files"], int(facts["schema_version"]), str(facts["made_at"])
    except (OSError, ValueError, KeyError, TypeError) as damage:
        raise SkillsBankError(
            f"this is no backup ({type(damage).__name__})",
            where=str(folder / MANIFEST),
            expected="a folder that `skillsbank backup` made",
            fix="name another",
        ) from damage
    if version > SCHEMA_VERSION:
        raise SkillsBankError(
            f"this backup has schema {version}",
            where=str(folder),
            expected=f"schema {SCHEMA_VERSION} or older",
            fix="restore it with the version of Skills Bank that made it, or a newer one",
        )
    found = set(_files(folder)) - {MANIFEST}
    # None is ever written, and one that was put in could lead a restore to any file of the machine.
    problems = [f"{name} is a link" for name in sorted(found) if (folder / name).is_symlink()]
    problems += [f"{name} is missing" for name in listed.keys() - found]
    problems += [f"{name} was added" for name in found - listed.keys()]
    problems += [
        f"{name} has changed"
        for name in sorted(found & listed.keys())
        if _state(folder / name) != listed[name]
    ]
    if problems:
        raise SkillsBankError(
            f"the backup is damaged: {'; '.join(sorted(problems)[:5])}",
            where=str(folder),
            expected="the files that its BACKUP.json lists",
            fix="take an older backup",
        )
    return Backup(folder, made_at, len(listed), sum(int(state["bytes"]) for state in listed.values()))


def restore(settings: Settings, folder: Path, *, tombstones: Path | None = None) -> tuple[Backup, Proof]:
    """Bring a backup back into an empty data folder, check it, and apply every erasure again.

    Args:
        settings: where to; archive, contacts, secrets and the like must be empty there, so that nothing is lost.
        folder: what ``backup`` made.
        tombstones: the folder ``archive/tombstones`` of the data that was lost: whoever was erased after the backup is
            erased from it as well.

    Raises:
        BusyError: a refresh is running there.
        SkillsBankError: the backup is damaged; or there is data already.
    """
    found = verify_backup(folder)
    with refresh_lock(settings.data, "restore"):
        rooms = [name for name, room in _rooms(settings) if room.is_dir() and any(room.iterdir())]
        if rooms:
            raise SkillsBankError(
                f"there is data already: {', '.join(rooms)}",
                where=str(settings.data),
                expected="a data folder without any",
                fix="move the folder away, or set SKILLSBANK_DATA to another; nothing was changed",
            )
        draft = settings.data / f".restore-{os.getpid()}"
        try:
            shutil.copytree(folder, draft, symlinks=True)
            verify_backup(draft)
            if tombstones is not None:
                (draft / "archive" / TOMBSTONES).mkdir(parents=True, exist_ok=True)
                for stone in sorted(tombstones.glob("[!.]*.json")):
                    shutil.copyfile(stone, draft / "archive" / TOMBSTONES / stone.name)
            sync_tree(draft)
            for name, room in _rooms(settings):
                if (draft / name).is_dir():
                    room.parent.mkdir(parents=True, exist_ok=True)
                    if room.is_dir():
                        room.rmdir()
                    (draft / name).rename(room)
            sync(settings.data)
        except OSError as problem:
            raise _unwritten(settings.data, problem) from problem
        finally:
            shutil.rmtree(draft, ignore_errors=True)
        if damage := Archive(settings.archive).damage():
            raise damage[0]
        proof = erase(settings, Request())
        audit.record(settings, "restored", folder.name, files=found.files, made_at=found.made_at)
    return found, proof


def _rooms(settings: Settings) -> Iterator[tuple[str, Path]]:
    for name in ROOMS:
        yield name, settings.dagster_home if name == "dagster" else settings.data / name


def _copy(source: Path, target: Path) -> None:
    """Copy a folder with its rights. Write-ahead logs of SQLite go into the copied databases, and stay out."""
    if not source.is_dir():
        return
    target.mkdir(mode=0o700)
    for path in sorted(source.rglob("*")):
        copied = target / path.relative_to(source)
        if path.is_symlink() or path.name.endswith(("-wal", "-shm", "-journal")):
            continue
        if path.is_dir():
            copied.mkdir(exist_ok=True)
        elif path.suffix == ".db":
            with closing(sqlite3.connect(path)) as opened, closing(sqlite3.connect(copied)) as fresh:
                opened.backup(fresh)
        elif path.is_file():
            shutil.copyfile(path, copied)
        else:
            continue
        shutil.copystat(path, copied)
    shutil.copystat(source, target)


def _files(folder: Path) -> Iterator[str]:
    for path in folder.rglob("*"):
        if path.is_file() or path.is_symlink():
            yield path.relative_to(folder).as_posix()


def _state(path: Path) -> dict[str, str | int]:
    with path.open("rb") as file:
        return {"sha256": hashlib.file_digest(file, "sha256").hexdigest(), "bytes": path.stat().st_size}


def _unwritten(where: Path, problem: OSError) -> SkillsBankError:
    return SkillsBankError(
        f"cannot be written or read: {problem.strerror or problem}",
        where=str(where),
        expected="a folder of this user, on a disk with room",
        fix="make room or correct the rights, then run again; nothing was changed",
    )
