"""Dagster's own daemon, under our settings, on runs whose process dies and on runs that fail."""

import subprocess
import sys
import time
from pathlib import Path

import dagster as dg

from orchestration.automation.instance import prepare_home
from orchestration.settings import Settings

JOBS = """
import os
import signal
from pathlib import Path
import dagster as dg
from orchestration.automation.stuck import ONCE_MORE

@dg.op
def die_once():
    if not (marker := Path(__file__).with_name("died")).exists():
        marker.touch()
        os.kill(os.getpid(), signal.SIGKILL)

@dg.op
def log_in():
    raise RuntimeError("the server refuses the user name or the password")

@dg.job(executor_def=dg.in_process_executor, tags=ONCE_MORE)
def weekly_refresh():
    die_once()

@dg.job(executor_def=dg.in_process_executor, tags=ONCE_MORE)
def refused():
    log_in()

definitions = dg.Definitions(jobs=[weekly_refresh, refused])
"""
PROGRAM = Path(sys.executable)


def until(said, what):
    deadline = time.monotonic() + 240
    while not (found := what()):
        assert time.monotonic() < deadline, said
        time.sleep(0.5)
    return found


def test_a_run_whose_process_died_is_started_once_more_and_one_that_failed_is_not(
    tmp_path, clean_environment, monkeypatch
):
    settings = Settings(data=tmp_path / "data")
    monkeypatch.setenv("DAGSTER_HOME", str(prepare_home(settings)))
    (tmp_path / "jobs.py").write_text(JOBS)
    jobs = ["-f", str(tmp_path / "jobs.py")]
    runs = {}
    with dg.DagsterInstance.get() as instance:
        for job in ("refused", "weekly_refresh"):
            launch = [PROGRAM.with_name("dagster"), "job", "launch", *jobs, "-j", job]
            subprocess.run(launch, check=True, capture_output=True, timeout=240)
            (runs[job],) = (one.run_id for one in instance.get_runs(dg.RunsFilter(job_name=job)))
        daemon = subprocess.Popen(
            [PROGRAM.with_name("dagster-daemon"), "run", *jobs],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            until("it did not die", (tmp_path / "died").exists)
            again = until(
                "it was not started again",
                lambda: [one for one in instance.get_runs() if one.parent_run_id == runs["weekly_refresh"]],
            )
            until("it did not go through", lambda: instance.get_run_by_id(again[0].run_id).is_success)
            assert len(instance.get_runs()) == 3
            failed = instance.get_run_by_id(runs["refused"])
            assert failed.status is dg.DagsterRunStatus.FAILURE
            assert failed.tags["dagster/will_retry"] == "false"
        finally:
            daemon.terminate()
            daemon.wait(60)
