"""Whether the refresh is well, told from Dagster's record of runs. Belongs here: recovery after a failure, and what is
late. Does not: why a run failed (failures.py), or sending (alerts.py)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import dagster as dg

from orchestration.automation.alerts import Alert, runbook
from orchestration.automation.failures import WEEKLY_REFRESH, check_link, run_link
from orchestration.settings import Settings

# A week and a day: Monday's run may be mended on Tuesday.
OLDEST_SUCCESS = timedelta(days=8)
# The sample takes a minute. A survey server may be asked five times, two minutes apart.
LONGEST_RUN = timedelta(hours=6)
_FINISHED = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]


def describe_recovery(instance: dg.DagsterInstance, run_id: str, settings: Settings) -> Alert | None:
    """The message of the first success after a failure; None after a success, or where nothing came before."""
    records = [
        record
        for record in instance.get_run_records(_runs(_FINISHED), limit=20)
        if record.dagster_run.run_id != run_id
    ]
    failed: list[dg.RunRecord] = []
    for record in records:
        if record.dagster_run.status is dg.DagsterRunStatus.SUCCESS:
            break
        failed.append(record)
    if not any(record.dagster_run.status is dg.DagsterRunStatus.FAILURE for record in failed):
        return None
    since = failed[-1].create_timestamp.astimezone(UTC)
    lines = [f"It had failed {len(failed)} times, first on {since:%Y-%m-%d at %H:%M} UTC."]
    links = {"Run": run_link(settings, run_id), "What to do": runbook(settings, "it-works-again")}
    return Alert("The refresh works again", lines, links)


def refreshed_in_time(instance: dg.DagsterInstance, now: datetime) -> tuple[bool, str]:
    """Whether a refresh has succeeded in the last 8 days, and when the last one did, in a sentence."""
    succeeded = instance.get_run_records(_runs([dg.DagsterRunStatus.SUCCESS]), limit=1)
    if not succeeded:
        return False, "No refresh has ever succeeded."
    at = succeeded[0].create_timestamp.astimezone(UTC)
    return now - at <= OLDEST_SUCCESS, f"The last refresh that succeeded began on {at:%Y-%m-%d at %H:%M} UTC."


def describe_lateness(instance: dg.DagsterInstance, settings: Settings, now: datetime) -> Alert | None:
    """The message about a run that goes on for too long, with its gates that have no result, or about data that
    no refresh has renewed for more than a week; None where all is in time."""
    for record in instance.get_run_records(_runs([dg.DagsterRunStatus.STARTED])):
        began = record.create_timestamp.astimezone(UTC)
        if now - began > LONGEST_RUN:
            return _slow(instance, record.dagster_run.run_id, began, settings)
    started = instance.get_run_records(_runs(), limit=1, ascending=True)
    succeeded = instance.get_run_records(_runs([dg.DagsterRunStatus.SUCCESS]), limit=1)
    last = next(iter([*succeeded, *started]), None)
    if last is None or now - last.create_timestamp.astimezone(UTC) <= OLDEST_SUCCESS:
        return None
    day = f"{last.create_timestamp.astimezone(UTC):%Y-%m-%d}"
    said = (
        f"The last refresh that succeeded was on {day}." if succeeded else f"None has succeeded since {day}."
    )
    lines = [said, "Its gates are late: what is published was not checked against this week's data."]
    return Alert(
        f"No refresh has succeeded since {day}",
        lines,
        {
            "Run": run_link(settings, last.dagster_run.run_id),
            "What to do": runbook(settings, "a-refresh-is-late"),
        },
    )


def _slow(instance: dg.DagsterInstance, run_id: str, began: datetime, settings: Settings) -> Alert:
    waiting = _unevaluated(instance, run_id)
    lines = [f"It began on {began:%Y-%m-%d at %H:%M} UTC and goes on."]
    lines += [f"Gate {key.name} has no result yet." for key in waiting]
    links = {"Run": run_link(settings, run_id)}
    links |= {f"Check {key.name}": check_link(settings, key.asset_key, key.name) for key in waiting}
    links |= {"What to do": runbook(settings, "a-refresh-is-late")}
    return Alert("The refresh takes too long", lines, links)


def _unevaluated(instance: dg.DagsterInstance, run_id: str) -> list[dg.AssetCheckKey]:
    """The gates planned in a run that have no result; a gate on several assets counts once."""
    kinds = {dg.DagsterEventType.ASSET_CHECK_EVALUATION_PLANNED, dg.DagsterEventType.ASSET_CHECK_EVALUATION}
    planned: dict[str, dg.AssetCheckKey] = {}
    for entry in instance.all_logs(run_id, of_type=kinds):
        event = entry.dagster_event
        assert event is not None
        if event.event_type is dg.DagsterEventType.ASSET_CHECK_EVALUATION:
            planned.pop(event.asset_check_evaluation_data.check_name, None)
        elif event.step_key is not None and event.step_key.startswith("gate_"):
            key = event.asset_check_planned_data
            planned.setdefault(key.check_name, dg.AssetCheckKey(key.asset_key, key.check_name))
    return [planned[name] for name in sorted(planned)]


def _runs(statuses: Iterable[dg.DagsterRunStatus] = ()) -> dg.RunsFilter:
    return dg.RunsFilter(job_name=WEEKLY_REFRESH, statuses=list(statuses))
