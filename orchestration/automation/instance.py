"""Dagster's home. Belongs here: where the instance lives, how it is set up, what ails its storage. Does not: runs."""

from __future__ import annotations

import errno
import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from orchestration.errors import SkillsBankError
from orchestration.publication.disk import is_disk_full, readable
from orchestration.settings import Settings

TEMPLATE = Path(__file__).with_name("dagster.yaml")
_STORAGE = ("history", "storage", "schedules")
_DAMAGED = re.compile("malformed|not a database")
_SHUT = re.compile("readonly|unable to open")
_UNWRITABLE = (errno.EROFS, errno.EACCES, errno.EPERM)
# SQLite calls a full disk an "I/O error" where it cannot even map its index of the write-ahead log.
_NO_ROOM = 1_000_000


def prepare_home(settings: Settings) -> Path:
    """Make DAGSTER_HOME with our instance configuration; one that somebody changed is left alone."""
    home = settings.dagster_home.resolve()
    if settings.store is not None:
        settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    home.mkdir(parents=True, exist_ok=True)
    if not (home / "dagster.yaml").exists():
        shutil.copy(TEMPLATE, home / "dagster.yaml")
    return home


@contextmanager
def explained(settings: Settings) -> Iterator[None]:
    """Tell what keeps Dagster, or this process itself, from writing: a full disk, rights, or a damaged database.

    Raises:
        SkillsBankError: says which, and what to do; the last release is untouched then.
    """
    try:
        yield
    except Exception as problem:
        if (told := _explanation(settings, problem)) is None:
            raise
        raise told from problem


def damaged(home: Path) -> list[Path]:
    """The databases of Dagster's storage that SQLite finds damaged."""
    found = []
    for path in sorted(path for room in _STORAGE for path in (home / room).rglob("*.db")):
        try:
            with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as opened:
                (verdict,) = opened.execute("PRAGMA quick_check(1)").fetchone()
        except sqlite3.DatabaseError as problem:
            # One that is locked, or that this user may not open, need not be damaged.
            verdict = "damaged" if _DAMAGED.search(str(problem)) else "ok"
        if verdict != "ok":
            found.append(path)
    return found


def set_aside(home: Path) -> Path:
    """Move Dagster's storage into a folder of its own, so that it begins anew: the record of runs, and no data."""
    aside = home / f"damaged-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    aside.mkdir()
    for room in _STORAGE:
        if (home / room).exists():
            (home / room).rename(aside / room)
    return aside


def _explanation(settings: Settings, problem: BaseException) -> SkillsBankError | None:
    free = shutil.disk_usage(settings.data).free if settings.data.exists() else _NO_ROOM
    cause: BaseException | None = problem
    while cause is not None:
        database = getattr(cause, "orig", cause)  # SQLAlchemy wraps what SQLite says
        is_database = isinstance(database, sqlite3.DatabaseError)
        if is_disk_full(cause) or (is_database and ("disk is full" in str(database) or free < _NO_ROOM)):
            return SkillsBankError(
                f"the disk is full: {readable(free)} are free; the last release is untouched",
                where=str(settings.data),
                fix="free some space (`skillsbank doctor` says how much is needed), then refresh",
            )
        is_shut = isinstance(cause, OSError) and cause.errno in _UNWRITABLE
        if is_shut or (is_database and _SHUT.search(str(database))):
            return SkillsBankError(
                f"cannot be written to ({database}); the last release is untouched",
                where=str(getattr(cause, "filename", None) or settings.dagster_home),
                expected="a data folder that this user can write to",
                fix="run as the user that owns it, or mount the disk for writing: `skillsbank doctor` names folders",
            )
        if is_database:
            return SkillsBankError(
                f"Dagster's storage cannot be used ({database}); the last release is untouched",
                where=str(settings.dagster_home),
                fix="`skillsbank doctor`, and if it finds a database damaged, `skillsbank doctor --fix`; then refresh",
            )
        cause = cause.__cause__ or cause.__context__
    return None
