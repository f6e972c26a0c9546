"""The machine under a deployment. Belongs here: disk, rights to write, clock and packages. Does not: what is stored."""

from __future__ import annotations

import os
import re
import shutil
import time
from datetime import UTC, datetime, timedelta
from importlib import metadata
from pathlib import Path

from packaging.markers import Marker

from orchestration.automation.doctor.finding import Finding, State, found
from orchestration.automation.inbox_watch import SETTLED_SECONDS
from orchestration.publication import clock as embargo_clock
from orchestration.publication.disk import readable, size_of
from orchestration.settings import PROJECT, Settings

# The lake, the candidate database and the staged release lie beside the last ones until a run has ended.
_COPIES = 3
_LEAST_BYTES = 500_000_000
_LEAST_FILES = 10_000
# Two machines that share a disk may differ so much, even with NTP.
_SLACK = timedelta(minutes=5)
_MOMENT = re.compile(r"\d{8}T\d{6}Z")
_PINNED = re.compile(r"(?m)^([A-Za-z0-9._-]+)==([^\s;\\]+)(?:\s*;\s*([^\\\n]+))?")


def disk(settings: Settings, fix: bool) -> Finding:
    """Room for one more refresh: thrice the lake and the current release, and 500 MB at least."""
    settings.data.mkdir(parents=True, exist_ok=True)
    free, facts = shutil.disk_usage(settings.data).free, os.statvfs(settings.data)
    stored = size_of(settings.lake) + size_of((settings.releases / "current").resolve())
    needed = max(_COPIES * stored, _LEAST_BYTES)
    do = "free some space: old releases (`skillsbank erase --past-releases` or by hand), data/warehouse, logs"
    said = f"{readable(free)} are free, a refresh may need {readable(needed)}"
    if free < needed:
        return Finding("disk", State.wrong, said, do)
    # File systems without a table of files (btrfs, overlay) say 0 of 0.
    if facts.f_files and facts.f_favail < _LEAST_FILES:
        return Finding("disk", State.wrong, f"only {facts.f_favail:,} more files can be made", do)
    return Finding(
        "disk", State.ok if free > 2 * needed else State.warning, said, "" if free > 2 * needed else do
    )


def folders(settings: Settings, fix: bool) -> Finding:
    """Every folder that a run writes to can be written to by this user."""
    rooms = [settings.data, *(path for path in sorted(settings.data.glob("*")) if path.is_dir())]
    shut = [
        f"{path} cannot be written to" for path in rooms if not os.access(path, os.R_OK | os.W_OK | os.X_OK)
    ]
    do = "run as the user that owns the data folder, or mount the disk for writing"
    return found("folders", shut, do, fine=f"{len(rooms)} folders can be written to")


def clock(settings: Settings, fix: bool) -> Finding:
    """Nothing stored is younger than now. A file of the inbox that is would keep the sensor waiting for ever."""
    now = datetime.now(UTC)
    latest = now + _SLACK
    ahead = [
        str(path.relative_to(settings.data))
        for path in sorted(settings.archive.glob("*/*/*.json"))
        if (match := _MOMENT.match(path.name))
        and datetime.strptime(match[0], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC) > latest
    ]
    ahead += [path.name for path in sorted(settings.releases.glob("*-W*-*")) if _changed(path) > latest]
    said = [f"{name} is from the future" for name in ahead]
    if doubt := embargo_clock.doubt(settings.releases):
        said.append(doubt)
    if said:
        do = (
            "set the clock right (`timedatectl`). Was it ahead when these were made? Then nothing is lost: later "
            "entries sort after them"
        )
        return found("clock", said, do, fine="")
    waiting = [path for path in sorted(settings.inbox.rglob("*")) if path.is_file()]
    early = [path for path in waiting if _changed(path).timestamp() > time.time() + SETTLED_SECONDS]
    if fix:
        for path in early:
            os.utime(path, follow_symlinks=False)
    problems = [f"inbox/{path.relative_to(settings.inbox)} is dated in the future" for path in early]
    do = "`skillsbank doctor --fix` dates them now; until then the inbox sensor waits for them to settle"
    fine = f"it is {now:%Y-%m-%d %H:%M} UTC, and nothing stored is younger"
    return found("clock", problems, do, fine=fine, mended=fix)


def packages(settings: Settings, fix: bool) -> Finding:
    """What is installed is what requirements.lock pins."""
    differ = []
    pinned = _PINNED.findall((PROJECT / "requirements.lock").read_text(encoding="utf-8"))
    for name, version, marker in pinned:
        if marker and not Marker(marker.strip()).evaluate():
            continue
        try:
            installed = metadata.version(name)
        except metadata.PackageNotFoundError:
            installed = "missing"
        if installed != version:
            differ.append(f"{name} is {installed}, locked is {version}")
    do = "install what the lock says: `make refresh` does, or pip with --require-hashes -r requirements.lock"
    return found("packages", differ, do, fine=f"{len(pinned)} packages as in requirements.lock")


def _changed(path: Path) -> datetime:
    return datetime.fromtimestamp(path.lstat().st_mtime, UTC)
