"""What releases are called, and which of them is current. Belongs here: numbers and the link. Does not: what is in
a release."""

from __future__ import annotations

import os
import re
from datetime import datetime
from pathlib import Path

from orchestration.errors import ReleaseError
from orchestration.publication.disk import sync

CURRENT = "current"
_ID = re.compile(r"(\d{4})-W(\d{2})-(\d+)")


def is_id(name: str) -> bool:
    """Whether a folder of that name is a release."""
    return _ID.fullmatch(name) is not None


def next_id(releases: Path, moment: datetime) -> str:
    """The number that a release made at that moment gets, if no other is made meanwhile."""
    return numbered(moment, next_number(releases, moment))


def next_number(releases: Path, moment: datetime) -> int:
    """One more than the last number of the moment's week."""
    year, week, _ = moment.isocalendar()
    taken = [order(name) for name in names(releases)]
    return max((n for y, w, n in taken if (y, w) == (year, week)), default=0) + 1


def numbered(moment: datetime, number: int) -> str:
    """The id of a week's release of that number."""
    year, week, _ = moment.isocalendar()
    return f"{year}-W{week:02d}-{number}"


def names(releases: Path) -> list[str]:
    """The ids of all release folders, the oldest first."""
    return sorted((path.name for path in releases.glob("*") if is_id(path.name)), key=order)


def order(name: str) -> tuple[int, int, int]:
    """Year, week and sequence as numbers: 2026-W09-10 comes after 2026-W09-9."""
    match = _ID.fullmatch(name)
    return (int(match[1]), int(match[2]), int(match[3])) if match else (0, 0, 0)


def linked(releases: Path) -> str | None:
    """The release id that the current link names; None without a link."""
    try:
        return (releases / CURRENT).readlink().name
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ReleaseError(
            "this is not a link", where=str(releases / CURRENT), expected="a symbolic link to a release"
        ) from error


def switch(releases: Path, name: str) -> None:
    """Point ``current`` at a release in one atomic step: a reader meets the old one or the new one."""
    fresh = releases / f".{CURRENT}-{os.getpid()}"
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(name, target_is_directory=True)
    fresh.replace(releases / CURRENT)
    sync(releases)
