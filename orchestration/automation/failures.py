"""What went wrong in a run, told from Dagster's own record. Belongs here: reading a failed run. Does not: sending."""

from __future__ import annotations

import errno
import os
import re
from typing import Any
from urllib.parse import quote

import dagster as dg

from orchestration.automation.alerts import Alert, runbook
from orchestration.automation.stuck import is_started_again
from orchestration.publication.disk import is_disk_full
from orchestration.quality.result import GateResult
from orchestration.settings import Settings

EVENTS = {
    dg.DagsterEventType.STEP_FAILURE,
    dg.DagsterEventType.RUN_FAILURE,
    dg.DagsterEventType.RUN_CANCELED,
    dg.DagsterEventType.ASSET_CHECK_EVALUATION,
}
WEEKLY_REFRESH = "weekly_refresh"
# Sections of the runbook for jobs that are not mended by a refresh.
_OF_JOB = {"contacts_retention": "the-retention-stopped", "weekly_digest": "the-digest-failed"}
_OURS = re.compile(r"orchestration\.[\w.]+: ")
INTERRUPTS = {"KeyboardInterrupt", "DagsterExecutionInterruptedError"}


def describe_failure(instance: dg.DagsterInstance, run_id: str, settings: Settings) -> Alert:
    """The alert of a failed run: every failed gate with its expectations and rows, else every failed step's cause.

    It links to the run, to each failed check, and to the section of the runbook that tells what to do.
    """
    events = [
        entry.dagster_event for entry in instance.all_logs(run_id, of_type=EVENTS) if entry.dagster_event
    ]
    run = instance.get_run_by_id(run_id)
    lines: list[str] = []
    gated_steps: set[str | None] = set()
    told: set[str] = set()
    links = {"Run": run_link(settings, run_id)}
    for event in events:
        if event.event_type is dg.DagsterEventType.ASSET_CHECK_EVALUATION:
            check = event.asset_check_evaluation_data
            if not check.passed and check.severity is dg.AssetCheckSeverity.ERROR:
                gated_steps.add(event.step_key)
                # A gate that guards several assets is one finding.
                if check.check_name not in told:
                    lines += _check_lines(check)
                    links[f"Check {check.check_name}"] = check_link(
                        settings, check.asset_key, check.check_name
                    )
                told.add(check.check_name)
    for event in events:
        if event.event_type is dg.DagsterEventType.STEP_FAILURE and event.step_key not in gated_steps:
            lines.append(f"Step {event.step_key}: {advice(_root_cause(event.step_failure_data.error))}")
        elif event.is_run_failure and not lines:
            lines += _run_lines(event, is_again=run is not None and is_started_again(run))
    if any(event.event_type is dg.DagsterEventType.RUN_CANCELED for event in events):
        lines.append("The run was stopped.")
    lines.append("The last release is untouched.")
    name = run.job_name if run else WEEKLY_REFRESH
    is_step = any(event.event_type is dg.DagsterEventType.STEP_FAILURE for event in events)
    section = _OF_JOB.get(name) or (
        "a-gate-failed" if told else "a-step-failed" if is_step else "a-run-ended-from-outside"
    )
    subject = "The refresh failed" if name == WEEKLY_REFRESH else f"The job {name} failed"
    subject += f": {', '.join(f'gate {one}' for one in sorted(told))}" if told else ""
    return Alert(subject, lines, {**links, "What to do": runbook(settings, section)})


def _run_lines(event: dg.DagsterEvent, *, is_again: bool) -> list[str]:
    """Why a run failed without a step, and what to do; one that was ended from outside has but a message."""
    failure: Any = event.event_specific_data
    error = failure and failure.error
    said = _root_cause(error) if error else event.message or "The run ended without a word."
    if is_again:
        return [said, "What to do: nothing yet, Dagster starts it once more."]
    return [advice(said)] if error else [said, "What to do: start the job again."]


def run_link(settings: Settings, run_id: str) -> str:
    """The run's page in the UI."""
    return f"{settings.ui_url}/runs/{run_id}"


def check_link(settings: Settings, asset: dg.AssetKey, check: str) -> str:
    """The check's page in the UI, under the asset it guards."""
    path = "/".join(quote(part, safe="") for part in asset.path)
    return f"{settings.ui_url}/assets/{path}?view=checks&checkDetail={quote(check, safe='')}"


def was_interrupted(instance: dg.DagsterInstance, run_id: str) -> bool:
    """Whether a step ended by Ctrl-C or a termination signal."""
    return any(
        entry.dagster_event is not None
        and (error := entry.dagster_event.step_failure_data.error) is not None
        and error.cls_name in INTERRUPTS
        for entry in instance.all_logs(run_id, of_type={dg.DagsterEventType.STEP_FAILURE})
    )


def _check_lines(check: dg.AssetCheckEvaluation) -> list[str]:
    """The check and its table, then each failed expectation with its offending rows, masked by the gate."""
    lines = [f"Check {check.check_name} on {check.asset_key.to_user_string()} failed."]
    evidence: Any = check.metadata["evidence"].value if "evidence" in check.metadata else {}
    if "name" not in evidence:  # no suite of expectations: dbt's tests, a partner's file, the attack
        return lines + ([f"- {check.description}"] if check.description else [])
    for failure in GateResult.from_dict(evidence).failures:
        lines.append(f"- {failure}")
        lines += [f"    {dict(row)}" for row in failure.rows]
    return lines


def advice(problem: str) -> str:
    """A message that tells what to do: its own, else what helps with a disk or its rights, else where to look."""
    if "What to do:" in problem:
        return problem
    do = "run `skillsbank doctor`, then refresh; if it comes again, report it with the run's page"
    if is_disk_full(RuntimeError(problem)):
        do = "the disk is full: free some space (`skillsbank doctor` says how much is needed), then refresh"
    elif any(os.strerror(code) in problem for code in (errno.EROFS, errno.EACCES, errno.EPERM)):
        do = "make the path above writable for the user who runs this (rights, owner, mount), then refresh"
    return f"{problem}{'' if problem.endswith('.') else '.'} What to do: {do}."


def _root_cause(error: object) -> str:
    """The message of the project's own error, which says what to do, else of the innermost one; without class path."""
    while not _OURS.match(str(getattr(error, "message", error))) and getattr(error, "cause", None):
        error = error.cause  # type: ignore[attr-defined]
    return _OURS.sub("", str(getattr(error, "message", error)).strip())
