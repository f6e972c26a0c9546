"""How long until the Dagster UI can be used: where loading the code location goes, and the first graph in a browser.

    python benchmarks/startup.py [RUNS]

Each line is the best of RUNS (3) new processes, in wall and processor seconds, with the dbt project parsed before, as
every refresh leaves it. The code location is the server that the webserver starts, from its start until it answers with
its repository. The graph is timed in Chromium with an empty cache, from opening /asset-groups until the group
`publication` stands in the graph; the webserver has loaded the code location before. Aims: 5 s, and 3 s more.
"""

from __future__ import annotations

import os
import resource
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import requests
from playwright.sync_api import sync_playwright

from orchestration.automation.instance import prepare_home
from orchestration.modelling.specs import load_specs
from orchestration.settings import PROJECT, Settings

# Each step in a process of its own, with all that comes before it.
STEPS = {
    "Python": "",
    "Dagster, its server": "import dagster, dagster._grpc.server",
    "the stages' assets": "import orchestration.automation.jobs, orchestration.collection.assets, "
    "orchestration.decoding.assets, orchestration.disclosure.assets, orchestration.estimation.assets, "
    "orchestration.modelling.assets, orchestration.publication.assets, orchestration.quality.checks, "
    "orchestration.recognition.assets",
    "definitions": "from orchestration.definitions import skills_bank; found = skills_bank()",
    "repository": "from dagster._core.remote_representation.external_data import RepositorySnap; "
    "RepositorySnap.from_def(found.get_repository_def())",
}
BIN = Path(sys.executable).parent


def main() -> None:
    """Print the table."""
    runs = int(sys.argv[1]) if sys.argv[1:] else 3
    with tempfile.TemporaryDirectory(prefix="skillsbank-startup-") as folder:
        settings = Settings(data=Path(folder) / "data")
        load_specs(settings.dbt_target)
        variables = os.environ | {
            "SKILLSBANK_DATA": str(settings.data),
            "DAGSTER_HOME": str(prepare_home(settings)),
        }
        print(f"{'':<28}{'wall s':>8}{'more':>8}{'cpu s':>8}{'more':>8}")
        before, code = (0.0, 0.0), ""
        for name, step in STEPS.items():
            code += step + "\n"
            now = _best(runs, lambda code=code: _process(code, variables))
            print(
                f"{name:<28}{now[0]:>8.2f}{now[0] - before[0]:>8.2f}{now[1]:>8.2f}{now[1] - before[1]:>8.2f}",
                flush=True,
            )
            before = now
        server = _best(runs, lambda: _code_server(variables))
        print(f"{'code location (aim 5 s)':<28}{server[0]:>8.2f}{'':>8}{server[1]:>8.2f}", flush=True)
        with _webserver(variables) as address:
            graph = min(_graph(address) for _ in range(runs))
        print(f"{'asset graph (aim 3 s)':<28}{graph:>8.2f}")


def _best(runs: int, measure: Callable[[], tuple[float, float]]) -> tuple[float, float]:
    wall, processor = zip(*(measure() for _ in range(runs)), strict=True)
    return min(wall), min(processor)


def _process(code: str, variables: dict[str, str]) -> tuple[float, float]:
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run([sys.executable, "-c", code], env=variables, check=True, stderr=subprocess.DEVNULL)
    wall, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _code_server(variables: dict[str, str]) -> tuple[float, float]:
    from dagster._grpc.client import DagsterGrpcClient  # noqa: PLC0415 - not to be paid by the first line

    port, before = _free_port(), resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    process = subprocess.Popen(
        [str(BIN / "dagster"), "api", "grpc", "-m", "orchestration.definitions", "-p", str(port)],
        env=variables,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    client = DagsterGrpcClient(host="127.0.0.1", port=port)
    while True:
        try:
            client.list_repositories()
            break
        except Exception:
            if process.poll() is not None:
                raise SystemExit("the code location does not load") from None
            time.sleep(0.02)
    wall = time.perf_counter() - started
    process.terminate()
    process.wait(70)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


@contextmanager
def _webserver(variables: dict[str, str]) -> Iterator[str]:
    port = _free_port()
    process = subprocess.Popen(
        [
            *(str(BIN / "dagster-webserver"), "-w", str(PROJECT / "workspace.yaml")),
            *("-h", "127.0.0.1", "-p", str(port)),
        ],
        env=variables,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        while not _answers(address):
            if process.poll() is not None:
                raise SystemExit("the webserver ended before it answered")
            time.sleep(0.2)
        yield address
    finally:
        process.terminate()
        process.wait(70)


def _answers(address: str) -> bool:
    try:
        return requests.get(f"{address}/server_info", timeout=5).ok
    except requests.RequestException:
        return False


def _graph(address: str) -> float:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1600, "height": 1000})
        started = time.perf_counter()
        page.goto(f"{address}/asset-groups", wait_until="commit")
        # The name stands in the list beside the graph, too.
        page.locator("text=publication >> visible=true").nth(1).wait_for(timeout=60_000)
        seconds = time.perf_counter() - started
        browser.close()
    return seconds


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


if __name__ == "__main__":
    main()
