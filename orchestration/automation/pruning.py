"""Old runs of Dagster. Belongs here: which runs go, with their event logs. Does not: when (retention_asset.py), or any
data of the pipeline."""

from __future__ import annotations

import shutil
from datetime import datetime, timedelta
from pathlib import Path

import dagster as dg

from orchestration.automation.failures import WEEKLY_REFRESH

_AT_A_TIME = 100
_ENDED = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]


def prune_runs(instance: dg.DagsterInstance, now: datetime, *, days: int) -> int:
    """Delete ended runs older than ``days`` with their events and captured output; returns how many.

    The last refresh that succeeded stays, however old: alerts tell from it since when nothing has. What the asset
    catalogue says of an asset (its latest materialization and checks) lies in the index and stays.
    """
    kept = {
        record.dagster_run.run_id
        for record in instance.get_run_records(
            dg.RunsFilter(job_name=WEEKLY_REFRESH, statuses=[dg.DagsterRunStatus.SUCCESS]), limit=1
        )
    }
    old = dg.RunsFilter(statuses=_ENDED, created_before=now - timedelta(days=days))
    deleted = 0
    while True:
        found = instance.get_runs(old, limit=_AT_A_TIME + len(kept))
        doomed = [run.run_id for run in found if run.run_id not in kept]
        for run_id in doomed:
            instance.delete_run(run_id)
            shutil.rmtree(Path(instance.storage_directory()) / run_id, ignore_errors=True)
        deleted += len(doomed)
        if not doomed:
            return deleted
