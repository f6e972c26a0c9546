"""When runs start. Belongs here: job, schedule, sensors that start or end runs, the lock's resource. Does not: what a
run does, or who hears of it (alert_definitions.py)."""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from orchestration.asset_pages import docs_link, public_link
from orchestration.automation.alert_definitions import RELEASE_AGE, alert_definitions
from orchestration.automation.executors import executor_of
from orchestration.automation.inbox_sensor import inbox_sensor_definition
from orchestration.automation.lock import refresh_lock
from orchestration.automation.retention_asset import KEY as RETENTION
from orchestration.automation.retention_asset import retention_definitions
from orchestration.automation.run_tags import tag_run
from orchestration.automation.stuck import ONCE_MORE, end_stuck_runs
from orchestration.errors import SkillsBankError
from orchestration.second_process import NoSecondProcess, SecondProcess, second_process
from orchestration.settings import Settings
from orchestration.storage.mirror import Mirror
from orchestration.storage.session import writing

WEEKLY_REFRESH = """Pull every edition and partner file, rebuild the marts, check them, publish a release.

1. **Collect** (`collection`): exports, frames and partners' files go to the archive, personal data apart.
2. **Decode** (`decoding`): the archive becomes the lake, typed Parquet tables.
3. **Model** (`staging`, `skills_bank`): texts are recognised, dbt builds the marts in a database of this run.
4. **Figures** (`figures`): weights, estimates, what may leave of them.
5. **Publish** (`publication`): a release is staged, attacked, checked; then it becomes current in one step.

* **When**: every Monday at 05:00, Europe/Paris. A file that settles in `data/inbox/` starts the part of it that depends
  on that file.
* **Nothing new?** The run ends after `decode` with the later steps skipped, and nothing is published.
* **A gate fails?** Everything downstream stops; the last release stays current; open the red check for the rows.
* **Two at once?** The second waits in the queue: one run at a time may write.
* **Tags**: `trigger` (schedule, sensor, manual, cli), `edition`, and `release`, the one current as the run ended.
"""


def automation_definitions(settings: Settings) -> dg.Definitions:
    """The jobs with their schedules, the inbox sensor, the alerts and the lock that every run takes."""
    executor = executor_of(settings)
    # Its steps may then be done in processes of their own, several at once.
    is_spread = settings.executor != "in_process"
    job = dg.define_asset_job(
        "weekly_refresh",
        # Retention keeps its own hours: it must not wait for a refresh that fails.
        # So does the check on the release's age, which must speak when no refresh does.
        selection=dg.AssetSelection.all()
        - dg.AssetSelection.assets(RETENTION)
        - dg.AssetSelection.checks(RELEASE_AGE),
        description=WEEKLY_REFRESH,
        tags=ONCE_MORE,
        metadata={
            "guide": docs_link(settings, "ui.md"),
            "docs": docs_link(settings, "data-engineers.md#what-a-run-does"),
            "runbook": docs_link(settings, "operations.md"),
            "report": public_link(settings, "report.fr.html"),
        },
        executor_def=executor,
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
        minimum_interval_seconds=300,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Puts runs whose process is gone on record as failed, since one such run keeps all others "
        "waiting; those of a job are then started once more.",
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
        from orchestration.publication import clock, embargo  # noqa: PLC0415 - not at every start

        opened, doubt = embargo.lift(settings.releases), clock.doubt(settings.releases)
        said = f"Opened: {', '.join(opened)}." if opened else "No embargo has ended."
        return dg.SkipReason(f"{said} But {doubt}." if doubt else said)

    @dg.resource(description="One run at a time may write to the data folder.")
    def lock(context: dg.InitResourceContext) -> Iterator[Mirror | None]:
        assert context.run is not None
        assert context.instance is not None
        # Before the lock: a run that is refused tells what started it as well.
        tag_run(context.instance, context.run, settings)
        if context.run.is_finished:
            raise SkillsBankError(
                f"run {context.run.run_id} has ended, so this step of it is not done",
                expected="a step that a worker takes while its run goes on",
                fix="nothing, if the run was started again since; else launch weekly_refresh",
            )
        run_id = context.run.run_id
        with (
            writing(settings, f"run {run_id}") as mirror,
            refresh_lock(settings.data, run_id, shared=is_spread),
        ):
            yield mirror

    @dg.resource(
        description="The second process of a run: it builds models, evaluates gates, and does half of what takes long."
    )
    def second(_context: dg.InitResourceContext) -> Iterator[SecondProcess | NoSecondProcess]:
        if is_spread:
            yield NoSecondProcess()
            return
        with second_process() as process:
            yield process

    resources: dict[str, Any] = {"refresh_lock": lock, "second_process": second}
    own = dg.Definitions(
        jobs=[job],
        schedules=[schedule],
        sensors=[inbox_sensor_definition(settings, job), stuck_run_sensor, embargo_sensor],
        resources=resources,
        executor=executor,
    )
    return dg.Definitions.merge(own, alert_definitions(settings, job), retention_definitions(settings))
