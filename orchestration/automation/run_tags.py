"""The tags that every run has: trigger, edition, release. Belongs here: what they say. Does not: who starts a run."""

from __future__ import annotations

import dagster as dg

from orchestration.codebook import VARIABLES
from orchestration.provenance import published
from orchestration.settings import Settings

TRIGGER, EDITION, RELEASE = "trigger", "edition", "release"
_BY_EDITION = ("export__", "frame__")


def tag_run(instance: dg.DagsterInstance, run: dg.DagsterRun, settings: Settings) -> None:
    """Tag a run that begins.

    ``trigger`` is what the schedule, the sensor or the command line said, else ``manual``. ``edition`` names the
    editions whose export or frame is collected, all where the run is about no single one. ``release`` is the one that
    is current as the run begins; publishing replaces it.
    """
    current = published(settings.releases) or {}
    tags = {
        TRIGGER: run.tags.get(TRIGGER, "manual"),
        EDITION: ", ".join(_editions(run, settings)) or "none",
        RELEASE: str(current.get("id", "none")),
    }
    instance.add_run_tags(run.run_id, tags)


def _editions(run: dg.DagsterRun, settings: Settings) -> list[str]:
    names = [key.path[-1] for key in run.asset_selection or ()]
    chosen = {name.removeprefix(start) for name in names for start in _BY_EDITION if name.startswith(start)}
    books = (path.stem for path in settings.codebooks.glob("*.yaml") if path.name != VARIABLES)
    return sorted(chosen or books)
