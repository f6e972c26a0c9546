"""The weekly refresh run once in this process. Belongs here: running the job, its progress lines, its outcome. Does
not: what the stages do."""

from __future__ import annotations

import logging
import os
import uuid
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import dagster as dg

from orchestration.automation.alerts import Alert, send
from orchestration.automation.failures import describe_failure, was_interrupted
from orchestration.automation.instance import prepare_home
from orchestration.automation.lock import refresh_lock
from orchestration.automation.stuck import end_stuck_runs
from orchestration.automation.watch import describe_recovery
from orchestration.errors import SkillsBankError
from orchestration.settings import Settings
from orchestration.storage.session import writing

QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@dataclass(frozen=True)
class Outcome:
    """How a refresh ended: whether it succeeded, and the last words for the user."""

    succeeded: bool
    summary: str


class Progress:
    """Turns Dagster's events into one line a finished step: what, rows, seconds."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._rows: dict[str, int] = defaultdict(int)
        self.release: dict[str, str] = {}

    def __call__(self, entry: dg.EventLogEntry, _cursor: object = None) -> None:
        """Take one event of the run, as Dagster's event listeners are called."""
        event = entry.dagster_event
        if event is None or event.step_key is None:
            return
        if event.is_step_materialization:
            metadata = event.step_materialization_data.materialization.metadata
            if "dagster/row_count" in metadata:
                self._rows[event.step_key] += int(str(metadata["dagster/row_count"].value))
            aside: Any = metadata["set_aside"].value if "set_aside" in metadata else ()
            for line in aside:
                self._say(f"  set aside: {line}")
            if "release" in metadata:
                self.release = {name: str(value.value) for name, value in metadata.items()}
        elif event.event_type is dg.DagsterEventType.STEP_SUCCESS:
            rows = f"{self._rows[event.step_key]:>12,} rows" if event.step_key in self._rows else " " * 17
            self._say(f"{event.step_key:<28}{rows}{event.step_success_data.duration_ms / 1000:9.2f} s")
        elif event.event_type is dg.DagsterEventType.STEP_FAILURE:
            self._say(f"{event.step_key:<28}{'failed':>17}")


def run_refresh(settings: Settings, say: Callable[[str], None]) -> Outcome:
    """Run `weekly_refresh` in this process and tell each stage through ``say``.

    A failure is told to the person on duty as well, where a channel is configured.

    Raises:
        BusyError: another refresh holds the data folder, or the object storage.
        StoreError: the object storage cannot be reached, read or written.
        KeyboardInterrupt: it was stopped; the run is on record as failed.
    """
    _warn_less()
    from orchestration.definitions import build_definitions  # noqa: PLC0415 (definitions import this stage)

    # This process does every step, also where those of queued runs go to workers.
    settings = settings.model_copy(update={"executor": "in_process"})
    os.environ["DAGSTER_HOME"] = str(prepare_home(settings))
    run_id = str(uuid.uuid4())
    progress = Progress(say)
    with (
        writing(settings, f"refresh, run {run_id}"),
        refresh_lock(settings.data, run_id),
        dg.DagsterInstance.get() as instance,
    ):
        end_stuck_runs(settings, instance)
        job = build_definitions(settings).resolve_job_def("weekly_refresh")
        instance.add_event_listener(run_id, progress)
        result = job.execute_in_process(
            instance=instance, run_id=run_id, raise_on_error=False, run_config=QUIET,
            tags={"trigger": "cli"},
        )  # fmt: skip
        if not result.success:
            if was_interrupted(instance, run_id):
                raise KeyboardInterrupt
            alert = describe_failure(instance, run_id, settings)
            return Outcome(False, alert.text() + _sent(alert, settings))
        recovery = describe_recovery(instance, run_id, settings)
    told = _sent(recovery, settings) if recovery else ""
    release = progress.release
    if not release:
        return Outcome(True, f"Nothing has changed since the last release: nothing new to publish.{told}")
    if release["is_new"] == "False":
        return Outcome(
            True, f"The content is that of release {release['release']}: nothing new to publish.{told}"
        )
    return Outcome(True, f"Release: {release['folder']}\nReport:  {release['report']}{told}")


def _warn_less() -> None:
    """Dagster warns of each check that was passed over since nothing has changed, as if something could slip through:
    nothing is published without its checks (publication/evidence.py)."""
    logging.getLogger("dagster._core.execution.plan.active").setLevel(logging.ERROR)


def _sent(alert: Alert, settings: Settings) -> str:
    try:
        channels = send(alert, settings)
    except SkillsBankError as refused:
        return f"\n{refused}"
    return f"\nAlert sent by {' and '.join(channels)}." if channels else ""
