"""When runs start. Belongs here: job, schedule, sensors that start or end runs, the lock's resource. Does not: what a
run does, or who hears of it (alert_definitions.py)."""

import time
from collections.abc import Iterator
from typing import Any

import dagster as dg

from orchestration.automation.alert_definitions import alert_definitions
from orchestration.automation.inbox_watch import inbox_state
from orchestration.automation.lock import refresh_lock
from orchestration.automation.retention_asset import KEY as RETENTION
from orchestration.automation.retention_asset import retention_definitions
from orchestration.automation.stuck import end_stuck_runs
from orchestration.personal_text import hide
from orchestration.settings import Settings

WEEKLY_REFRESH = """Pull every edition and partner file, rebuild the marts, check them, publish a release.

* **Nothing new?** The run ends after `decode` with the later steps skipped, and nothing is published.
* **A gate fails?** Everything downstream stops; the last release stays current; open the red check for the rows.
* **Every Monday at 05:00**, Europe/Paris, and whenever a file settles in `data/inbox/`.
"""


def automation_definitions(settings: Settings) -> dg.Definitions:
    """The jobs with their schedules, the inbox sensor, the alerts and the lock that every run takes."""
    job = dg.define_asset_job(
        "weekly_refresh",
        # Retention keeps its own hours: it must not wait for a refresh that fails.
        selection=dg.AssetSelection.all() - dg.AssetSelection.assets(RETENTION),
        description=WEEKLY_REFRESH,
        executor_def=dg.in_process_executor,
    )
    schedule = dg.ScheduleDefinition(
        name="weekly_refresh_schedule",
        job=job,
        cron_schedule="0 5 * * 1",
        execution_timezone="Europe/Paris",
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Mondays at 05:00 in Paris, summer and winter time alike.",
        tags={"trigger": "schedule"},
    )

    @dg.sensor(
        job=job,
        minimum_interval_seconds=30,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Starts a refresh when files were added to or changed in data/inbox/ and have settled.",
    )
    def inbox_sensor(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        state = inbox_state(settings.inbox, time.time())
        if state is None:
            return dg.SkipReason("A file in the inbox is still being written.")
        digest, files = state
        if not files:
            return dg.SkipReason(f"The inbox {settings.inbox} is empty.")
        if digest == context.cursor:
            return dg.SkipReason("Nothing new in the inbox.")
        request = dg.RunRequest(
            run_key=digest, tags={"trigger": "inbox", "files": hide(", ".join(files))[:250]}
        )
        return dg.SensorResult(run_requests=[request], cursor=digest)

    @dg.sensor(
        minimum_interval_seconds=300,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Puts runs whose process is gone on record as failed: one such run keeps all others waiting.",
    )
    def stuck_run_sensor(context: dg.SensorEvaluationContext) -> dg.SkipReason:
        ended = end_stuck_runs(settings, context.instance)
        return dg.SkipReason(f"Ended: {', '.join(ended)}." if ended else "No run is stuck.")

    @dg.sensor(
        minimum_interval_seconds=60,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Opens public/ of a release when its embargo has ended.",
    )
    def embargo_sensor() -> dg.SkipReason:
        from orchestration.publication.embargo import lift  # noqa: PLC0415 - imports Altair

        opened = lift(settings.releases)
        return dg.SkipReason(f"Opened: {', '.join(opened)}." if opened else "No embargo has ended.")

    @dg.resource(description="One run at a time may write to the data folder.")
    def lock(context: dg.InitResourceContext) -> Iterator[None]:
        assert context.run is not None
        with refresh_lock(settings.data, context.run.run_id):
            yield

    resources: dict[str, Any] = {"refresh_lock": lock}
    own = dg.Definitions(
        jobs=[job],
        schedules=[schedule],
        sensors=[inbox_sensor, stuck_run_sensor, embargo_sensor],
        resources=resources,
        executor=dg.in_process_executor,
    )
    return dg.Definitions.merge(own, alert_definitions(settings, job), retention_definitions(settings))
