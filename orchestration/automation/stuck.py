"""Runs that Dagster believes to be going on, though their process is gone. Belongs here: finding and ending them, and
that they are started once more. Does not: the lock itself (lock.py)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import dagster as dg

from orchestration.automation.lock import refresh_lock
from orchestration.errors import BusyError
from orchestration.settings import Settings

GOING_ON = [dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING]
# A run takes the lock with its first step; loading code and queueing come before that. What needs no lock, such as the
# digest, takes seconds.
_UNTIL_LOCKED = timedelta(minutes=10)
_TOLD = "Its process is gone, as after a kill or a power cut: nobody holds the data folder."
# Tags of a job whose runs the daemon starts once more when their process died or they failed before a step began, but
# not when a step failed (dagster.yaml): it would fail again, or log in once too often. All of it, since a run builds in
# files of its own.
ONCE_MORE = {
    "dagster/max_retries": "1",
    "dagster/retry_strategy": "ALL_STEPS",
    "dagster/retry_on_asset_or_op_failure": "false",
}


def stuck_runs(instance: dg.DagsterInstance, now: datetime, *, but_for: str = "") -> list[dg.RunRecord]:
    """The runs that are long since on record as going on, of any job: also those of "Materialize" in the UI.

    It counts from the last change of state: a run may wait in the queue for hours before it begins.

    They are stuck if, and only if, nobody holds the lock: ask under it. One such run keeps every other one waiting.
    """
    records = instance.get_run_records(dg.RunsFilter(statuses=GOING_ON))
    return [
        record
        for record in records
        if record.dagster_run.run_id != but_for
        and record.update_timestamp.astimezone(UTC) < now - _UNTIL_LOCKED
    ]


def end_stuck_runs(settings: Settings, instance: dg.DagsterInstance, *, but_for: str = "") -> list[str]:
    """Put stuck runs on record as failed, with the reason; returns their ids, none while somebody holds the lock."""
    if not stuck_runs(instance, datetime.now(UTC), but_for=but_for):
        return []
    try:
        with refresh_lock(settings.data, "ending runs whose process is gone"):
            stuck = stuck_runs(instance, datetime.now(UTC), but_for=but_for)
            for record in stuck:
                instance.report_run_failed(record.dagster_run, _TOLD)
    except BusyError:
        return []
    return [record.dagster_run.run_id for record in stuck]


def is_started_again(run: dg.DagsterRun) -> bool:
    """Whether the daemon starts a failed run once more; one of the command line it cannot start, whatever it noted."""
    return run.remote_job_origin is not None and run.tags.get("dagster/will_retry") == "true"
