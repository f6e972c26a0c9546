"""How many releases are kept. Belongs here: which ones may go, and deleting them. Does not: erasing a person's data
from them (automation/erasure.py)."""

from __future__ import annotations

from pathlib import Path

from orchestration.publication import embargo
from orchestration.publication.outward import published
from orchestration.publication.releases import list_releases, remove


def prune(releases: Path, keep: int) -> list[str]:
    """Delete releases; the ids of those deleted, the newest first.

    Kept are the newest ``keep`` (at least 1), the current one, every one that was ever published outside
    (``outward.published``), and those under an embargo.
    """
    out = published(releases)
    doomed = [
        release
        for release in list_releases(releases)[max(1, keep) :]
        if not release.is_current and release.id not in out and not embargo.is_closed(release)
    ]
    for release in doomed:
        remove(release)
    return [release.id for release in doomed]
