"""The time, as far as it can be believed. Belongs here: telling that the machine's clock was set ahead. Does not: what
must wait then (embargo.py), or what is old enough to be deleted (automation/retention_asset.py)."""

from __future__ import annotations

import json
import os
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from orchestration.archive import sync

NOTE, _BOOT = ".clock", Path("/proc/sys/kernel/random/boot_id")
# What the time service corrects in passing.
_SLACK = timedelta(minutes=5)
# A machine that was off for longer than between two refreshes may have lost its time.
_LONGEST_OFF = timedelta(days=8)
# Whoever is on duty has so long to set a clock right.
_UNTIL_BELIEVED = timedelta(days=1)


@dataclass(frozen=True)
class Look:
    """What the clock said, and beside it the seconds since this start of the machine: nobody can set these."""

    at: datetime
    up: float
    boot: str

    @classmethod
    def now(cls) -> Look:
        """The clock as it is."""
        boot = _BOOT.read_text().strip() if _BOOT.exists() else ""
        # Linux counts the time asleep there; elsewhere a machine that slept may have to wait a day.
        steady = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
        return cls(datetime.now(UTC), time.clock_gettime(steady), boot)

    def latest(self, now: Look) -> datetime:
        """What it may be by now, judged from this look."""
        off = now.boot != self.boot
        return self.at + (_LONGEST_OFF if off else timedelta(seconds=now.up - self.up) + _SLACK)


@dataclass(frozen=True)
class Time:
    """The moment to go by; ``ahead`` is how far the clock is ahead of it, none where the clock is believed."""

    moment: datetime
    ahead: timedelta = timedelta()


def believed(releases: Path) -> Time:
    """The moment it is by the clock, or where that was set ahead since the last ``look``, the moment it can be."""
    return _judge(*_read(releases), Look.now())


def look(releases: Path) -> Time:
    """As ``believed``, and keep this look for the next one.

    A clock that was set ahead is believed once it has gone on for a day: then it had been wrong before, or the machine
    was off for long. Set back, it is believed at once, since an embargo waits longer then.
    """
    trusted, doubted = _read(releases)
    now = Look.now()
    time_now = _judge(trusted, doubted, now)
    if not time_now.ahead:
        _write(releases, now, None)
    elif doubted is None or now.at > doubted.latest(now):
        _write(releases, trusted, now)
    return time_now


def doubt(releases: Path) -> str | None:
    """What to say of a clock that is not believed."""
    ahead = believed(releases).ahead
    if not ahead:
        return None
    days = timedelta(seconds=round(ahead.total_seconds()))
    return f"the clock was set ahead by {days}: no embargo ends by it for a day"


def _judge(trusted: Look | None, doubted: Look | None, now: Look) -> Time:
    if trusted is None or now.at <= trusted.latest(now):
        return Time(now.at)
    if doubted and now.at <= doubted.latest(now) and now.at - doubted.at >= _UNTIL_BELIEVED:
        return Time(now.at)
    passed = timedelta(seconds=now.up - trusted.up) if now.boot == trusted.boot else timedelta()
    return Time(trusted.at + passed, now.at - trusted.at - passed)


def _read(releases: Path) -> tuple[Look | None, Look | None]:
    try:
        noted = json.loads((releases / NOTE).read_text(encoding="utf-8"))
        trusted, doubted = (
            one and Look(datetime.fromisoformat(one["at"]), one["up"], one["boot"]) for one in noted
        )
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None, None  # nothing noted, or damaged: the clock is all there is
    return trusted, doubted


def _write(releases: Path, trusted: Look | None, doubted: Look | None) -> None:
    if not releases.is_dir():
        return
    draft = releases / f"{NOTE}-{os.getpid()}"
    looks = [one and {**asdict(one), "at": one.at.isoformat()} for one in (trusted, doubted)]
    draft.write_text(json.dumps(looks), encoding="utf-8")
    sync(draft)
    draft.replace(releases / NOTE)
