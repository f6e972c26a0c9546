"""Runs that go on, or seem to. Belongs here: the lock, and Dagster's record of runs. Does not: files."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from orchestration.automation.doctor.finding import Finding, State, found
from orchestration.automation.instance import damaged, set_aside
from orchestration.automation.lock import holder
from orchestration.settings import Settings

if TYPE_CHECKING:
    import dagster as dg

# The sample takes a minute; hours would be a hundred times its size, or a server that hangs.
LONGEST = timedelta(hours=6)
_SINCE = re.compile(r"since (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) UTC")


def lock(settings: Settings, fix: bool) -> Finding:
    """Nobody holds the data folder for longer than any refresh takes."""
    path = settings.data / "refresh.lock"
    if path.exists() and not os.access(path, os.R_OK | os.W_OK):
        do = f"`chown` it to the user of the pipeline, which runs as user {os.geteuid()} now"
        return Finding("lock", State.wrong, f"{path} belongs to another user, so no refresh can start", do)
    # With --fix this very process holds it, and nobody else can.
    held = None if fix else holder(settings.data)
    if held is None:
        return Finding("lock", State.ok, "nobody holds the data folder; a lock ends with its process")
    since = _SINCE.search(held)
    began = datetime.fromisoformat(since[1]).replace(tzinfo=UTC) if since else datetime.now(UTC)
    if datetime.now(UTC) - began < LONGEST:
        return Finding("lock", State.ok, f"a refresh is running ({held})")
    do = "look at the run in the UI; stop it there, or end its process with `kill`: the last release stays"
    return Finding("lock", State.wrong, f"held for more than {LONGEST.seconds // 3600} hours ({held})", do)


def storage(settings: Settings, fix: bool) -> Finding:
    """Dagster's databases are sound; ``fix`` moves them aside as a whole, and the record of runs begins anew."""
    home = settings.dagster_home
    problems = [f"{path.relative_to(home)} is damaged" for path in damaged(home)]
    if problems and fix:
        problems.append(f"all of it lies in {set_aside(home).name} now")
    do = (
        "stop the services; then restore it from a backup, or `skillsbank doctor --fix` sets it aside: it is the "
        "record of runs, and no data"
    )
    return found("storage", problems, do, fine="Dagster's databases are sound", mended=fix)


def stuck(settings: Settings, fix: bool) -> Finding:
    """Dagster counts no run as going on whose process is gone: it would keep all others waiting."""
    fine = "none is on record as going on without a process"
    if unknown := _unknown(settings):
        return Finding("runs", State.ok, unknown)
    if not fix and holder(settings.data) is not None:
        return Finding("runs", State.ok, "a refresh is running")
    # Slow, and not needed where there is nothing to look at.
    from orchestration.automation.stuck import end_stuck_runs, stuck_runs  # noqa: PLC0415

    with _instance(settings) as instance:
        records = stuck_runs(instance, datetime.now(UTC))
        if fix:
            end_stuck_runs(settings, instance)
    problems = [f"{one.dagster_run.job_name} {one.dagster_run.run_id[:8]} has no process" for one in records]
    do = "`skillsbank doctor --fix` puts them on record as failed; then start the job again"
    return found("runs", problems, do, fine=fine, mended=fix)


def late(settings: Settings, fix: bool) -> Finding:
    """No refresh is late. The alert on it comes from the daemon, which may be what does not run."""
    if unknown := _unknown(settings):
        return Finding("late", State.ok, unknown)
    from orchestration.automation.watch import describe_lateness  # noqa: PLC0415

    with _instance(settings) as instance:
        told = describe_lateness(instance, settings, datetime.now(UTC))
    if told is None:
        return Finding("late", State.ok, "no refresh is late")
    do = "does the daemon run? Look at the last run in the UI, then `skillsbank refresh`"
    return Finding("late", State.warning, told.subject, do)


def _unknown(settings: Settings) -> str:
    """Why Dagster's record of runs has nothing to say; "" where it has."""
    if not (settings.dagster_home / "dagster.yaml").exists():
        return "Dagster has not run here yet"
    return "nobody can tell before the storage is mended" if damaged(settings.dagster_home) else ""


def _instance(settings: Settings) -> dg.DagsterInstance:
    import dagster as dg  # noqa: PLC0415 (slow)

    # The event log's setting in dagster.yaml names it.
    os.environ["DAGSTER_HOME"] = str(settings.dagster_home.resolve())
    return dg.DagsterInstance.get()
