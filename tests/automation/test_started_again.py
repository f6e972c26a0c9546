"""Dagster's own daemon, under our settings, on runs whose process dies and on runs that fail."""

import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import dagster as dg

from orchestration.automation import stuck
from orchestration.automation.failures import describe_failure
from orchestration.automation.instance import prepare_home
from orchestration.settings import Settings

JOBS = """
import os
import signal
from pathlib import Path
import dagster as dg
from orchestration.automation.stuck import ONCE_MORE

def first_time(name):
    if (marker := Path(__file__).with_name(name)).exists():
        return False
    marker.touch()
    return True

@dg.op
def nothing():
    pass

@dg.op
def die_once():
    if first_time("died"):
        os.kill(os.getpid(), signal.SIGKILL)

@dg.op
def log_in():
    raise RuntimeError("the server refuses the user name or the password")

@dg.resource
def disk_that_comes(_):
    if first_time("came"):
        raise OSError("the disk is not mounted yet")

@dg.op(required_resource_keys={"disk"})
def write():
    pass

def job_of(op, name, **resources):
    return dg.GraphDefinition(name=name, node_defs=[op]).to_job(
        executor_def=dg.in_process_executor, tags=ONCE_MORE, resource_defs=resources)

OTHERS = [job_of(die_once, "dies"), job_of(log_in, "refused"), job_of(write, "unready", disk=disk_that_comes)]

@dg.sensor(jobs=OTHERS, default_status=dg.DefaultSensorStatus.RUNNING)
def start_others():
    return [dg.RunRequest(run_key=one.name, job_name=one.name) for one in OTHERS]

definitions = dg.Definitions(jobs=[job_of(nothing, "contacts_retention"), *OTHERS], sensors=[start_others])
"""
# Our settings as they are, but for the pause between two looks at the queue.
SOONER = """
run_coordinator:
  module: dagster
  class: QueuedRunCoordinator
  config:
    dequeue_interval_seconds: 1
"""
PROGRAM = Path(sys.executable)
STARTED = ("contacts_retention", "dies", "refused", "unready")


def until(said, what):
    deadline = time.monotonic() + 240
    while not (found := what()):
        assert time.monotonic() < deadline, said
        time.sleep(0.5)
    return found


def test_a_run_that_died_or_never_began_is_started_once_more_and_one_whose_step_failed_is_not(
    tmp_path, clean_environment, monkeypatch
):
    settings = Settings(data=tmp_path / "data")
    home = prepare_home(settings)
    with (home / "dagster.yaml").open("a") as ours:
        ours.write(SOONER)
    monkeypatch.setenv("DAGSTER_HOME", str(home))
    monkeypatch.setattr(stuck, "_UNTIL_LOCKED", timedelta(0))
    (tmp_path / "jobs.py").write_text(JOBS)
    jobs = ["-f", str(tmp_path / "jobs.py")]
    with dg.DagsterInstance.get() as instance:

        def runs(job, **of):
            found = instance.get_runs(dg.RunsFilter(job_name=job, **of))
            return sorted(found, key=lambda run: run.parent_run_id is not None)

        launch = [PROGRAM.with_name("dagster"), "job", "launch", *jobs, "-j", STARTED[0]]
        subprocess.run(launch, check=True, capture_output=True, timeout=240)
        # As a power cut leaves it: on record as going on, and nobody is there who could say that it ended.
        (lost,) = runs(STARTED[0])
        for event in (dg.DagsterEventType.RUN_STARTING, dg.DagsterEventType.RUN_START):
            instance.report_dagster_event(dg.DagsterEvent(event.value, lost.job_name), lost.run_id)
        daemon = subprocess.Popen(
            [PROGRAM.with_name("dagster-daemon"), "run", *jobs],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            until("nothing waits", lambda: len(runs(None, statuses=[dg.DagsterRunStatus.QUEUED])) == 3)
            assert stuck.end_stuck_runs(settings, instance) == [lost.run_id]
            until(
                "not all ended",
                lambda: len(runs(None)) == 7 and all(run.is_finished for run in runs(None)),
            )
        finally:
            daemon.terminate()
            daemon.wait(60)
        ends = {job: [run.is_success for run in runs(job)] for job in STARTED}
        assert ends == {job: [False] if job == "refused" else [False, True] for job in STARTED}
        alerts = {job: describe_failure(instance, runs(job)[0].run_id, settings) for job in STARTED}
    told = {job: alert.lines for job, alert in alerts.items()}
    again = "What to do: nothing yet, Dagster starts it once more."
    assert [job for job in STARTED if again in told[job]] == ["contacts_retention", "dies", "unready"]
    assert alerts["contacts_retention"].links["What to do"].endswith("#the-retention-stopped")
    assert told["unready"][0] == "OSError: the disk is not mounted yet"
    assert "refuses the user name" in told["refused"][0]
