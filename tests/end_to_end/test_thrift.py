"""The marts through a Thrift server, by dbt alone: as docs/engines.md says for a cluster with a metastore."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import duckdb
import pyspark
import pytest
import yaml

from orchestration.modelling.assets import MARTS
from orchestration.settings import PROJECT

from ..conftest import installed
from .spark_marts import same_marts, spark_settings

pytestmark = [pytest.mark.end_to_end, pytest.mark.long, pytest.mark.timeout(900)]

SPARK = Path(pyspark.__file__).parent
SERVER = "org.apache.spark.sql.hive.thriftserver.HiveThriftServer2"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A Thrift server on loopback, its folder and its port."""
    installed(shutil.which("java"), "Java is not installed (Debian: apt-get install openjdk-17-jre-headless)")
    installed(find_spec("pyhive"), "dbt cannot speak Thrift (pip install 'dbt-spark[PyHive]')")
    folder = tmp_path_factory.mktemp("thrift")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = {
        "spark.master": "local[2]",
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        "spark.hadoop.hive.server2.thrift.bind.host": "127.0.0.1",
        "spark.hadoop.hive.server2.thrift.port": str(port),
    }
    log = folder / "server.log"
    process = subprocess.Popen(
        [SPARK / "bin" / "spark-submit", "--class", SERVER, "spark-internal"],
        env=os.environ
        | {"SPARK_CONF_DIR": str(spark_settings(folder, settings)), "SPARK_LOCAL_IP": "127.0.0.1"},
        stdout=log.open("w"),
        stderr=subprocess.STDOUT,
        cwd=folder,  # its metastore lies where it was started
        start_new_session=True,
    )
    try:
        deadline = time.monotonic() + 120
        while "HiveThriftServer2 started" not in log.read_text():
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.2)
        yield folder, port
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def test_dbt_builds_the_same_marts_through_thrift(first_release, server):
    original, _ = first_release
    folder, port = server
    output = {
        "type": "spark", "method": "thrift", "host": "127.0.0.1", "port": port, "schema": "skills_bank", "threads": 4,
        "server_side_parameters": {"spark.sql.timestampType": "TIMESTAMP_NTZ", "spark.sql.session.timeZone": "UTC"},
    }  # fmt: skip
    profiles = {"skills_bank": {"target": "spark", "outputs": {"spark": output}}}
    (folder / "profiles.yml").write_text(yaml.safe_dump(profiles))
    (estimates,) = original.data.glob("warehouse/*/estimates")
    told = {
        "SKILLSBANK_ENGINE": "spark",
        "SKILLSBANK_LAKE": str(original.data / "lake"),
        "SKILLSBANK_ESTIMATES": str(estimates),
        "SKILLSBANK_WAREHOUSE_FILE": str(folder / "unused.duckdb"),
    }
    command = [Path(sys.executable).with_name("dbt"), "build", "--exclude", "resource_type:test"]
    where = [
        "--project-dir",
        PROJECT / "dbt_project",
        "--profiles-dir",
        folder,
        "--target-path",
        folder / "target",
    ]
    built = subprocess.run(
        [*command, *where, "--log-path", folder / "logs"],
        env=os.environ | told,
        capture_output=True,
        text=True,
        cwd=folder,
        check=False,
    )
    assert built.returncode == 0, built.stdout
    database = folder / "marts.duckdb"
    with duckdb.connect(str(database)) as connection:
        for table in (folder / "warehouse" / "skills_bank.db").iterdir():
            if table.name.startswith(MARTS):
                connection.execute(f"create table {table.name} as from read_parquet('{table}/*.parquet')")
    (candidate,) = original.data.glob("warehouse/*/skills_bank.duckdb")
    assert same_marts(candidate, database) > 70
