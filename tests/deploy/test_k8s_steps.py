"""A run's steps as Kubernetes jobs, whose pods die or not: Dagster's executor and client, and the few calls of
Kubernetes' API that they make; a pod is a process of this machine."""

import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import dagster as dg
import pytest
import yaml
from dagster._core.definitions.reconstruct import ReconstructableJob
from dagster._core.events import DagsterEventType, RunFailureReason
from dagster._core.execution.retries import auto_reexecution_should_retry_run

from ..conftest import REPOSITORY

PROGRAM = Path(__file__).with_name("k8s_program.py")
JOBS = "/apis/batch/v1/namespaces/default/jobs"


class Cluster(ThreadingHTTPServer):
    """Makes jobs, and says what became of them."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Api)
        self.pods: dict[str, subprocess.Popen] = {}

    def begin(self, job) -> None:
        (container,) = job["spec"]["template"]["spec"]["containers"]
        given = {one["name"]: one["value"] for one in container["env"] if "value" in one}
        programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        self.pods[job["metadata"]["name"]] = subprocess.Popen(
            container["args"], env=os.environ | given | {"PATH": programs}, cwd=REPOSITORY,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def status(self, name: str):
        ended = self.pods[name].poll()
        return {"active": 1} if ended is None else {"succeeded": 1} if ended == 0 else {"failed": 1}


class Api(BaseHTTPRequestHandler):
    def do_POST(self):
        assert self.path == JOBS
        job = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.begin(job)
        self._answer(job)

    def do_GET(self):
        name = self.path.removeprefix(f"{JOBS}/").removesuffix("/status")
        self._answer({"metadata": {"name": name}, "status": self.server.status(name)})

    def _answer(self, said):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(said).encode())

    def log_message(self, *_):
        pass


@pytest.fixture
def cluster():
    with Cluster() as cluster:
        thread = threading.Thread(target=cluster.serve_forever)
        thread.start()
        yield cluster
        cluster.shutdown()
        thread.join()
        for pod in cluster.pods.values():
            pod.wait()


@pytest.fixture
def instance(cluster, tmp_path, monkeypatch):
    """An instance whose steps go to the cluster, as the chart sets it up."""
    home, access = tmp_path / "home", tmp_path / "kubeconfig"
    home.mkdir()
    access.write_text(
        yaml.safe_dump({
            "current-context": "here",
            "contexts": [{"name": "here", "context": {"cluster": "here", "user": "me"}}],
            "clusters": [{"name": "here", "cluster": {"server": f"http://127.0.0.1:{cluster.server_port}"}}],
            "users": [{"name": "me", "user": {}}],
        })
    )  # fmt: skip
    launcher = {
        "service_account_name": "dagster", "instance_config_map": "instance", "dagster_home": str(home),
        "job_image": "skillsbank:1", "load_incluster_config": False, "kubeconfig_file": str(access),
    }  # fmt: skip
    (home / "dagster.yaml").write_text(
        yaml.safe_dump({
            "telemetry": {"enabled": False},
            "run_launcher": {"module": "dagster_k8s", "class": "K8sRunLauncher", "config": launcher},
            "run_retries": {"enabled": True, "max_retries": 1},
        })
    )  # fmt: skip
    monkeypatch.setenv("DAGSTER_HOME", str(home))
    monkeypatch.setenv("SKILLSBANK_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("SKILLSBANK_EXECUTOR", "k8s")
    with dg.DagsterInstance.get() as instance:
        yield instance


@pytest.mark.parametrize(
    ("job", "reason", "again"),
    [("one_dies", RunFailureReason.RUN_EXCEPTION, True), ("one_fails", RunFailureReason.STEP_FAILURE, False)],
)
def test_a_run_is_started_again_if_a_pod_died_and_not_if_a_step_failed(cluster, instance, job, reason, again):
    done = dg.execute_job(ReconstructableJob.for_file(str(PROGRAM), job), instance, raise_on_error=False)
    assert not done.success
    (failed,) = instance.all_logs(done.run_id, of_type=DagsterEventType.RUN_FAILURE)
    assert failed.dagster_event.job_failure_data.failure_reason == reason
    run = instance.get_run_by_id(done.run_id)
    assert auto_reexecution_should_retry_run(instance, run, reason) is again
    events = {(event.step_key, event.event_type_value) for event in done.all_events if event.step_key}
    middle = job.removeprefix("one_")
    assert {("works", "STEP_SUCCESS"), (middle, "STEP_FAILURE")} <= events
    assert len(cluster.pods) == 2, "no pod for what follows"
    if again:
        assert f"{middle} failed health check" in failed.dagster_event.job_failure_data.error.message
