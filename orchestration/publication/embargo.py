"""Embargoes. Belongs here: which releases are still closed to readers, and opening them. Does not: closing one, which
publishing does (releases.py)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

from orchestration.publication import clock
from orchestration.publication.releases import Release, list_releases, open_public, open_release


def ends(release: Release) -> datetime | None:
    """When the embargo of a release ends, or ended; None where it has none."""
    stated = release.manifest.embargo_until
    return datetime.fromisoformat(stated) if stated else None


def is_closed(release: Release, now: datetime | None = None) -> bool:
    """Whether a release is still under an embargo."""
    end = ends(release)
    return end is not None and end > (now or clock.believed(release.folder.parent).moment)


def lift(releases: Path, now: datetime | None = None) -> list[str]:
    """Open ``public/`` of every release whose embargo has ended; the ids of those opened. Can be repeated, and is to be
    often: each time tells whether the clock was set ahead since (clock.py)."""
    moment = now or clock.look(releases).moment
    opened = []
    for release in list_releases(releases):
        # Its mode is touched only while it stands as publishing left it: other rights are somebody's decision.
        if release.manifest.embargo_until and not is_closed(release, moment) and release.is_shut:
            open_public(release)
            opened.append(release.id)
    return opened


def lift_now(releases: Path, name: str) -> Release:
    """End the embargo of one release at once: its manifest says when. Raises ReleaseError where there is none."""
    release = open_release(releases, name)
    if is_closed(release):
        moment = clock.believed(releases).moment.isoformat(timespec="seconds")
        replace(release.manifest, embargo_until=moment).write(release.folder)
        open_public(release)
    return open_release(releases, release.id)
