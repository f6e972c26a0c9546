"""Steps on many workers: PostgreSQL, Redis, Dagster's daemon and two Celery workers, all real; one is killed."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import uuid
from contextlib import ExitStack, suppress
from pathlib import Path

import dagster as dg
import psycopg
import pytest

from orchestration.automation.lock import holder
from orchestration.settings import Settings

from ..conftest import REPOSITORY
from ..end_to_end.conftest import Deployment, copy_of
from ..faults.safety import check_clean, check_safe, content_hash, state
from ..servers import postgresql, redis

pytestmark = [pytest.mark.end_to_end, pytest.mark.long]

WORKERS = REPOSITORY / "deploy" / "workers"
PARENT = "dagster/parent_run_id"
LONGEST = 1200.0  # seconds of any wait, on a machine that others use too


class Site:
    """A data folder whose runs are queued in PostgreSQL and done by workers, started as the guide says."""

    def __init__(self, data, sample, addresses, resources: ExitStack, logs: Path) -> None:
        self._resources, self._logs = resources, logs
        database, broker = addresses
        self._programs = Path(sys.executable).parent
        home = data / "dagster"
        home.mkdir(exist_ok=True)
        shutil.copy(WORKERS / "dagster.yaml", home)
        self.deployment = Deployment(data, sample | {
            "DAGSTER_HOME": str(home),
            "SKILLSBANK_DAGSTER_DATABASE": database,
            "SKILLSBANK_EXECUTOR": "celery",
            "SKILLSBANK_CELERY_BROKER": f"{broker}/0",
            "SKILLSBANK_CELERY_RESULTS": f"{broker}/1",
            "PATH": f"{self._programs}{os.pathsep}{os.environ['PATH']}",
        })  # fmt: skip
        self.instance = resources.enter_context(dg.DagsterInstance.from_config(str(home)))

    def start(self, name: str, *command: str) -> subprocess.Popen:
        """A program that is ended with the test, with all that it has started."""
        process = subprocess.Popen(
            [self._programs / command[0], *command[1:]], cwd=REPOSITORY, env=self.deployment.environment,
            stdout=(self._logs / f"{name}.log").open("wb"), stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        self._resources.callback(end, process)
        return process

    def start_worker(self, name: str) -> subprocess.Popen:
        return self.start(
            name, "dagster-celery", "worker", "start", "-A", "dagster_celery.app",
            "-y", str(WORKERS / "celery.yaml"), "-n", name, "--", "--concurrency", "1",
        )  # fmt: skip

    def launch(self, **tags: str) -> str:
        run_id = str(uuid.uuid4())
        launcher = self.start(
            "launch", "dagster", "job", "launch", "-w", "workspace.yaml", "-j", "weekly_refresh",
            "--run-id", run_id, "--tags", json.dumps({f"dagster/{name}": value for name, value in tags.items()}),
        )  # fmt: skip
        assert launcher.wait(LONGEST) == 0, self.said()
        return run_id

    def wait(self, what, wanted):
        """Look again and again until ``what()`` is something and ``wanted`` of it."""
        deadline = time.monotonic() + LONGEST
        while not ((found := what()) and wanted(found)):
            assert time.monotonic() < deadline, f"{found}; {self.said()}"
            time.sleep(0.1)
        return found

    def ended(self, run_id: str) -> dg.DagsterRun:
        return self.wait(lambda: self.instance.get_run_by_id(run_id), lambda run: run.is_finished)

    def events(self, run_id: str) -> list[dg.EventLogEntry]:
        return self.instance.all_logs(run_id)

    def workers_of(self, run_id: str) -> dict[str, str]:
        """Who was given each step."""
        told = [entry.dagster_event for entry in self.events(run_id) if entry.dagster_event]
        return {
            event.step_key: event.engine_event_data.metadata["Celery worker"].value.partition("@")[0]
            for event in told
            if event.is_engine_event and "Celery worker" in event.engine_event_data.metadata
        }

    def began(self, run_id: str) -> set[str]:
        kind = dg.DagsterEventType.STEP_START
        return {entry.step_key for entry in self.instance.all_logs(run_id, of_type=kind)}

    def told(self, run_id: str) -> str:
        """All that the run's log says."""
        return "\n".join(f"{one.user_message} {one.dagster_event}" for one in self.events(run_id))

    def said(self) -> str:
        return "\n".join(f"{log.name}: {log.read_text()[-3000:]}" for log in self._logs.glob("*.log"))


def end(process: subprocess.Popen) -> None:
    """Kill a program and all that it has started, as a power cut would."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@pytest.fixture
def sample(tmp_path):
    """The sample without the last response, so that there is something to publish."""
    folder = shutil.copytree(Settings().sample_folder, tmp_path / "sample")
    export = folder / "tour_2019" / "responses.csv"
    export.write_bytes(export.read_bytes().rpartition(b'\r\n"')[0] + b"\r\n\r\n")
    return {"SKILLSBANK_SAMPLE_FOLDER": str(folder)}


@pytest.fixture
def in_one_process(first_release, sample, tmp_path):
    """A copy of the shared deployment that is refreshed by one process, beside the test."""
    original, _ = first_release
    deployment = Deployment(copy_of(original, tmp_path / "one").data, sample)
    refresh = deployment.start("refresh")
    yield deployment, refresh
    refresh.kill()
    refresh.wait()


@pytest.fixture
def site(first_release, sample, tmp_path, monkeypatch):
    original, _ = first_release
    deployment = copy_of(original, tmp_path / "many")
    with ExitStack() as resources:
        address, broker = resources.enter_context(postgresql()), resources.enter_context(redis())
        with psycopg.connect(f"{address}/postgres", autocommit=True) as connection:
            connection.execute("CREATE DATABASE dagster")
        database = f"{address}/dagster".replace("postgresql:", "postgresql+psycopg2:")
        monkeypatch.setenv("SKILLSBANK_DAGSTER_DATABASE", database)
        (tmp_path / "logs").mkdir()
        yield Site(deployment.data, sample, (database, broker), resources, tmp_path / "logs")


@pytest.mark.timeout(3 * LONGEST)
def test_a_worker_is_killed_and_the_run_is_done_again_to_the_same_release(site, in_one_process):
    before = state(site.deployment)
    site.start("daemon", "dagster-daemon", "run", "-w", "workspace.yaml")

    # No worker is alive: nothing is done, and the time limit ends the run.
    forgotten = site.launch(max_runtime="1", max_retries="0")
    assert site.ended(forgotten).status is dg.DagsterRunStatus.FAILURE, site.said()
    assert "Exceeded maximum runtime" in site.told(forgotten)
    assert not site.began(forgotten)
    site.wait(lambda: True, lambda _: holder(site.deployment.data) is None)

    # One of two workers is killed in the middle of a step; until that is noticed, the run goes on.
    workers = {name: site.start_worker(name) for name in ("one", "two")}
    run_id = site.launch()
    site.wait(lambda: site.began(run_id), lambda steps: "decode" in steps)
    given = site.workers_of(run_id)
    assert set(given.values()) == {"one", "two"}
    victim = given["decode"]
    end(workers.pop(victim))
    refused = site.deployment.run("refresh")
    assert refused.returncode == 1
    assert f"another refresh is running (run {run_id}" in refused.stderr
    assert site.ended(run_id).status is dg.DagsterRunStatus.FAILURE
    assert f"worker {victim}@" in site.told(run_id)
    # What was left of the first run in the queue has been refused, but for the step that only looks at names of files.
    assert site.began(forgotten) <= {"raw__set_aside"}
    check_safe(site.deployment, before)

    # Dagster starts it again, and the other worker does it all.
    (again,) = site.wait(lambda: site.instance.get_runs(dg.RunsFilter(tags={PARENT: run_id})), len)
    assert site.ended(again.run_id).status is dg.DagsterRunStatus.SUCCESS, site.said()
    assert set(site.workers_of(again.run_id).values()) == set(workers)
    check_safe(site.deployment, before)
    check_clean(site.deployment)
    limits = {pool.name: pool.limit for pool in site.instance.event_log_storage.get_pool_limits()}
    assert limits["warehouse"] == limits["server_tour"] == 1
    deployment, refresh = in_one_process
    assert refresh.wait(LONGEST) == 0, refresh.stdout.read()
    assert state(site.deployment).current != before.current
    assert content_hash(site.deployment) == content_hash(deployment)
