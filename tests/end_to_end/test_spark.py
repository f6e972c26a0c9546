"""The marts on Apache Spark: the whole job in a session, and a build and a gate on a cluster that loses a worker."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pyspark
import pytest

from ..conftest import installed
from .conftest import Deployment, same_secret
from .spark_marts import same_marts, spark_settings

pytestmark = [pytest.mark.end_to_end, pytest.mark.long, pytest.mark.timeout(900)]

DATABASE = "internal/skills_bank.duckdb"
PROGRAM = Path(__file__).with_name("spark_program.py")
SPARK_CLASS = Path(pyspark.__file__).parent / "bin" / "spark-class"
KILLED_AFTER = 90  # models, of some hundred and forty: the staging views, and some tables


@pytest.fixture(scope="module", autouse=True)
def java() -> str:
    return installed(
        shutil.which("java"), "Java is not installed (Debian: apt-get install openjdk-17-jre-headless)"
    )


@pytest.fixture(scope="module")
def refreshed(first_release, tmp_path_factory) -> Deployment:
    """A first refresh on the sample with the marts built on Spark, in a session of one machine."""
    original, _ = first_release
    deployment = same_secret(original, tmp_path_factory.mktemp("spark"))
    settings = spark_settings(tmp_path_factory.mktemp("local"), {"spark.master": "local[2]"})
    deployment = Deployment(deployment.data, {"SKILLSBANK_ENGINE": "spark", "SPARK_CONF_DIR": str(settings)})
    finished = deployment.run("refresh", timeout=850)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return deployment


def test_the_whole_job_publishes_what_it_does_on_duckdb(first_release, refreshed):
    original, _ = first_release
    current = [each.releases / "current" for each in (original, refreshed)]
    assert same_marts(*(folder / DATABASE for folder in current)) > 70
    manifests = [json.loads((folder / "MANIFEST.json").read_text()) for folder in current]
    gates = [
        {gate["gate"]: (gate["passed"], gate["expectations"]) for gate in each["gates"]} for each in manifests
    ]
    assert gates[0] == gates[1]
    assert [each["engine"].split()[0] for each in manifests] == ["duckdb", "spark"]


def test_nothing_is_left_where_the_run_was_started(refreshed):
    assert not [
        name for name in ("spark-warehouse", "metastore_db", "derby.log", "artifacts") if Path(name).exists()
    ]


class Cluster:
    """A standalone cluster on loopback: a master and two workers, each a process of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.processes = folder, []
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.address = f"spark://127.0.0.1:{port}"
        self.master = self._start("Master", "--port", str(port))
        self.workers = [
            self._start(
                "Worker", "--cores", "1", "--memory", "1g", "--work-dir", str(self.work(number)), self.address
            )
            for number in (0, 1)
        ]

    def work(self, number: int) -> Path:
        """Where a worker keeps the logs of its executors."""
        return self.folder / f"worker-{number}"

    def _start(self, what: str, *options: str) -> subprocess.Popen:
        name = f"org.apache.spark.deploy.{what.lower()}.{what}"
        log = (self.folder / f"{what.lower()}-{len(self.processes)}.log").open("w")
        process = subprocess.Popen(
            [str(SPARK_CLASS), name, "--host", "127.0.0.1", "--webui-port", "0", *options],
            env=os.environ | {"SPARK_LOCAL_IP": "127.0.0.1", "SPARK_DAEMON_MEMORY": "512m"},
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=self.folder,
            start_new_session=True,  # so that a worker's executors end with it
        )
        self.processes.append(process)
        return process

    def wait(self) -> None:
        """Until the master has both workers."""
        deadline = time.monotonic() + 120
        while (self.folder / "master-0.log").read_text().count("Registering worker") < 2:
            assert time.monotonic() < deadline, (self.folder / "master-0.log").read_text()
            time.sleep(0.2)

    def kill(self, process: subprocess.Popen) -> None:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    cluster = Cluster(tmp_path_factory.mktemp("cluster"))
    try:
        cluster.wait()
        yield cluster
    finally:
        for process in cluster.processes:
            cluster.kill(process)


@pytest.fixture(scope="module")
def on_cluster(first_release, cluster, tmp_path_factory):
    """The database built on the cluster, of which a worker is killed in the middle; and what the gates said."""
    original, _ = first_release
    folder = tmp_path_factory.mktemp("on-cluster")
    (estimates,) = original.data.glob("warehouse/*/estimates")
    shutil.copytree(estimates, folder / "estimates")
    database = folder / "marts.duckdb"
    settings = spark_settings(folder, {"spark.master": cluster.address, "spark.executor.memory": "768m"})
    program = subprocess.Popen(
        [sys.executable, str(PROGRAM), str(original.data / "lake"), str(database), str(folder / "target")],
        env=os.environ | {"SPARK_CONF_DIR": str(settings), "SPARK_LOCAL_IP": "127.0.0.1"},
        stdout=subprocess.PIPE,
        stderr=(folder / "errors.log").open("w"),
        text=True,
        cwd=folder,
    )
    lines = []
    for line in program.stdout:
        lines.append(line)
        if len([each for each in lines if each.startswith("built ")]) == KILLED_AFTER:
            assert list(cluster.work(0).glob("app-*/*/stderr")), "the worker had an executor at work"
            cluster.kill(cluster.workers[0])
    assert program.wait(timeout=60) == 0, "".join(lines) + (folder / "errors.log").read_text()
    return database, json.loads(lines[-1])


def test_a_build_on_a_cluster_survives_a_killed_worker(first_release, cluster, on_cluster):
    original, _ = first_release
    database, _ = on_cluster
    said = (cluster.folder / "master-0.log").read_text()
    assert re.search(r"Removing worker .*127\.0\.0\.1", said), said
    assert cluster.workers[1].poll() is None
    (candidate,) = original.data.glob("warehouse/*/skills_bank.duckdb")
    assert same_marts(candidate, database) > 70


def test_the_gate_finds_on_spark_frames_what_it_finds_on_pandas(on_cluster):
    _, found = on_cluster
    for results in found.values():
        on_pandas, on_spark = results["pandas"], results["spark"]
        assert on_spark["expectations"] == on_pandas["expectations"] > 50
        assert on_spark["rows"] == on_pandas["rows"]
        assert on_spark["failures"] == on_pandas["failures"]
    assert found["sound"]["spark"]["passed"]
    (failure,) = found["spoilt"]["spark"]["failures"]
    assert (failure["table"], failure["column"]) == ("fct_competence_need", "importance")
    assert failure["rows"][0]["importance"] == 9
