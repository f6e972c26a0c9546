"""When the inbox calls for a refresh. Belongs here: what changed in the inbox, and which collected assets it concerns.
Does not: runs (inbox_sensor.py), or reading files (collection/)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath

from orchestration.collection.inbox import FRAME, PARTNERS, REGISTER
from orchestration.collection.partners.contract import Feed

SETTLED_SECONDS = 10.0


def inbox_state(inbox: Path, now: float) -> dict[str, str] | None:
    """The inbox's files by name, each with its size and time of change; None while a file is still being copied in.

    A file counts as settled when it has not changed for ``SETTLED_SECONDS``, so that a half-copied export
    does not start a run that must fail.
    """
    state = {}
    # A link counts as itself: it is set aside, whatever becomes of what it leads to.
    files = (path for path in inbox.rglob("*") if path.is_file() or path.is_symlink())
    for path in sorted(path for path in files if not path.name.startswith(".")):
        facts = path.lstat()
        if now - facts.st_mtime < SETTLED_SECONDS:
            return None
        state[path.relative_to(inbox).as_posix()] = f"{facts.st_size}|{facts.st_mtime_ns}"
    return state


def changed(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """The files that are new or different. One that was taken away changes nothing: it is archived."""
    return [name for name, facts in after.items() if before.get(name) != facts]


def concerned(
    files: Iterable[str], editions: Collection[str], feeds: Sequence[Feed]
) -> set[tuple[str, str]] | None:
    """What the files are of, as (``export``, ``frame`` or ``partner``; edition or table).

    None where one of them has no place: then everything is looked at, so that it is set aside with the reason.
    """
    found: set[tuple[str, str]] = set()
    for name in files:
        folder, *rest = PurePosixPath(name).parts
        if rest and folder in editions:
            found.add(("frame" if PurePosixPath(name).stem == FRAME else "export", folder))
        elif rest and folder == REGISTER:
            found.add(("partner", REGISTER))
        elif rest and folder == PARTNERS:
            tables = {feed.table for feed in feeds if fnmatch(rest[-1].lower(), feed.files.lower())}
            if not tables:
                return None
            found |= {("partner", table) for table in tables}
        else:
            return None
    return found
