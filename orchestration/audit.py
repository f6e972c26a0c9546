"""Who did what that matters. Belongs here: the audit log, its chain, and checking it. Does not: what is logged when,
or anything personal."""

from __future__ import annotations

import fcntl
import getpass
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Literal

from orchestration.errors import SkillsBankError
from orchestration.personal_text import hide
from orchestration.settings import Settings

Action = Literal[
    "published",
    "published outside",
    "embargo lifted",
    "rolled back",
    "erased",
    "reviewed",
    "contacts shown",
    "contacts exported",
    "texts shown",
    "backed up",
    "restored",
    "rotated keys",
]
LOG = "audit.jsonl"
_HEAD = "head"
_START = "0" * 64


@dataclass(frozen=True)
class Record:
    """One line of the log. ``hash`` covers the line and, through ``previous``, every line before it."""

    at: str
    actor: str
    action: str
    subject: str
    details: Mapping[str, Any]
    previous: str
    hash: str


@dataclass(frozen=True)
class Chain:
    """A log found whole: how many records, and the hash of the last, which stands for all of them."""

    records: int
    head: str


def actor(settings: Settings) -> str:
    """Who acts: ``SKILLSBANK_ACTOR``, else the operating system's user."""
    return hide(settings.actor or getpass.getuser())


def record(settings: Settings, action: Action, subject: str, **details: str | int) -> Record:
    """Append one record and put it on the disk. Subject and details name no person and no company.

    The log is hash chained, and its last hash lies in a file of its own: a line changed, left out or cut off shows in
    ``verify``. Who can write the folder can also forge the whole chain; hence the hash goes out in the weekly digest.

    Raises:
        SkillsBankError: it cannot be written, or its end is not what the last record left.
    """
    folder = settings.audit
    try:
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        with _locked(folder / LOG) as file:
            previous = _end(folder, _whole(file))
            facts = {
                "at": datetime.now(UTC).isoformat(timespec="seconds"),
                "actor": actor(settings),
                "action": action,
                "subject": hide(subject),
                "details": {key: hide(one) if isinstance(one, str) else one for key, one in details.items()},
                "previous": previous,
            }
            made = Record(**facts, hash=_hash(facts))  # type: ignore[arg-type]  # facts are its very fields
            os.write(file.fileno(), _line({**facts, "hash": made.hash}).encode())
            os.fsync(file.fileno())
            _write_head(folder, made.hash)
    except OSError as problem:
        raise SkillsBankError(
            f"'{action}: {subject}' was done and could not be logged: {problem.strerror}",
            where=str(folder / LOG),
            expected="a file of this user, on a disk with room",
            fix="correct it, and write down by hand what was done",
        ) from problem
    return made


def read(settings: Settings) -> list[Record]:
    """Every record, the oldest first. Raises SkillsBankError where a line is none."""
    path = settings.audit / LOG
    if not path.exists():
        return []
    records = []
    text = path.read_text(encoding="utf-8")
    for number, line in enumerate(text[: text.rfind("\n") + 1].splitlines(), 1):
        try:
            records.append(Record(**json.loads(line)))
        except (ValueError, TypeError) as damage:
            raise _broken(path, number, "this line is no record") from damage
    return records


def verify(settings: Settings) -> Chain:
    """Check that no record was changed, left out, put in or cut off at the end.

    Raises:
        SkillsBankError: one was; the message names the first line at fault.
    """
    path, last = settings.audit / LOG, _START
    records = read(settings)
    for number, one in enumerate(records, 1):
        facts = {name: value for name, value in vars(one).items() if name != "hash"}
        if one.previous != last:
            raise _broken(path, number, "a record before it is missing, or was put in")
        if _hash(facts) != one.hash:
            raise _broken(path, number, "it was changed")
        last = one.hash
    # A kill between the line and the head leaves the head one record behind.
    if _head(settings.audit) not in {last, *(one.previous for one in records[-1:])}:
        raise _broken(path, len(records) + 1, "records are missing at the end")
    return Chain(len(records), last)


def _end(folder: Path, text: str) -> str:
    """The hash that the next record follows; a line cut by a full disk or a kill stops the log."""
    if not text:
        if (head := _head(folder)) != _START:
            raise _broken(folder / LOG, 1, f"the log is empty, and its head is {head[:12]}")
        return _START
    try:
        return str(json.loads(text.splitlines()[-1])["hash"])
    except (ValueError, KeyError, TypeError) as damage:
        raise _broken(folder / LOG, text.count("\n"), "the last line is no record") from damage


def _whole(file: IO[str]) -> str:
    """The log's lines; what a power cut or a full disk left of a last one is cut off: it was never a record."""
    text = file.read()
    lines = text[: text.rfind("\n") + 1]
    if lines != text:
        os.ftruncate(file.fileno(), len(lines.encode()))
    return lines


@contextmanager
def _locked(path: Path) -> Iterator[IO[str]]:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "r+", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file


def _head(folder: Path) -> str:
    path = folder / _HEAD
    return path.read_text().strip() if path.exists() else _START


def _write_head(folder: Path, value: str) -> None:
    draft = folder / f".{_HEAD}"
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(value + "\n")
        file.flush()
        os.fsync(file.fileno())
    draft.replace(folder / _HEAD)


def _hash(facts: Mapping[str, Any]) -> str:
    return hashlib.sha256(_line(facts).encode()).hexdigest()


def _line(facts: Mapping[str, Any]) -> str:
    return json.dumps(facts, sort_keys=True, ensure_ascii=False, separators=(",", ":")) + "\n"


def _broken(path: Path, number: int, what: str) -> SkillsBankError:
    return SkillsBankError(
        f"the audit log was tampered with, or damaged: {what}",
        where=f"{path}, line {number}",
        expected="a chain in which each record has the hash of the one before",
        fix="compare with a backup and with the hashes in the weekly digests; keep this file as evidence",
    )
