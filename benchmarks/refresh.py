"""How long a refresh takes beside dbt alone and beside plain DuckDB, in one run, as ratios; and how it grows.

    python benchmarks/refresh.py              the embedded sample, then 10,000, 100,000 and 1,000,000 respondents
    python benchmarks/refresh.py 10000 20000  the embedded sample, then campaigns of these sizes

Each row is three measurements on the same lake: the whole `skillsbank refresh` (a process of its own, from its start to
its end, on an input it has not seen, with warm disk caches), `dbt build` alone in process (all models, on the estimates
of that refresh; imports not counted, second of two builds), and the statements that dbt sent, sent again by plain
DuckDB on the same number of threads. Peak memory is that of the largest process: gates and dbt share one of their own.
"""

from __future__ import annotations

import json
import math
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

from orchestration.modelling.dbt import NodeOutcome, run_dbt
from orchestration.settings import Settings

SIZES = (10_000, 100_000, 1_000_000)
SKILLSBANK = str(Path(sys.executable).with_name("skillsbank"))
MEBIBYTE = 1024  # ru_maxrss is in KiB on Linux


def main() -> None:
    """Measure the sample, then each size asked for, and print the table."""
    print(f"{'respondents':>12}{'refresh s':>11}{'peak MiB':>10}{'dbt s':>8}{'SQL s':>8}", end="")
    print(f"{'refresh/dbt':>13}{'dbt/SQL':>9}{'growth':>8}")
    before: tuple[int, float] | None = None
    with tempfile.TemporaryDirectory(prefix="skillsbank-bench-") as folder:
        for size in [0, *(map(int, sys.argv[1:]) if sys.argv[1:] else SIZES)]:
            before = _measure(Path(folder) / str(size), size, before)


def _measure(folder: Path, size: int, before: tuple[int, float] | None) -> tuple[int, float]:
    environment = os.environ | {"SKILLSBANK_DATA": str(folder / "data")}
    if size:
        campaign = folder / "campaign"
        skillsbank(environment, "simulate", str(campaign), "--respondents", str(size))
        environment["SKILLSBANK_SAMPLE_FOLDER"] = str(campaign)
    else:
        # Once before, so that the parsed dbt project and the bytecode are there, then as if for the first time.
        skillsbank(environment, "refresh")
        environment["SKILLSBANK_DATA"] = str(folder / "again")
        parsed = Settings(data=folder / "data").dbt_target.relative_to(folder / "data")
        shutil.copytree(folder / "data" / parsed, folder / "again" / parsed)
    refresh, peak = skillsbank(environment, "refresh")
    settings = Settings(data=Path(environment["SKILLSBANK_DATA"]))
    dbt, statements = _dbt_alone(settings, folder)
    sql = _plain_sql(settings, folder, statements)
    count = respondents(settings)
    growth = ""
    if before is not None and count > before[0]:
        growth = f"{math.log(refresh / before[1]) / math.log(count / before[0]):8.2f}"
    print(
        f"{count:>12,}{refresh:>11.1f}{peak:>10,.0f}{dbt:>8.1f}{sql:>8.1f}"
        f"{refresh / dbt:>13.2f}{dbt / sql:>9.2f}{growth}",
        flush=True,
    )
    return count, refresh


def skillsbank(environment: dict[str, str], *arguments: str) -> tuple[float, float]:
    """Run the command; returns wall seconds and peak resident memory in MiB."""
    command = [SKILLSBANK, *arguments]
    started = time.perf_counter()
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    said = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{said}")
    return time.perf_counter() - started, usage.ru_maxrss / MEBIBYTE


def _dbt_alone(settings: Settings, folder: Path) -> tuple[float, list[str]]:
    """Seconds of the second of two builds, and the statements of it in the order in which they ended."""
    (estimates,) = settings.warehouse.glob("*/estimates")
    shutil.copytree(estimates, folder / "estimates")
    for attempt in range(2):
        started = time.perf_counter()
        outcome = run_dbt(
            ["build"],
            warehouse_file=folder / f"dbt-{attempt}.duckdb",
            lake=settings.lake,
            target_path=settings.dbt_target,
        )
        seconds = time.perf_counter() - started
        if outcome.error:
            raise outcome.error
    manifest = json.loads((settings.dbt_target / "manifest.json").read_text())["nodes"]
    return seconds, [
        statement
        for node in outcome.nodes
        if (statement := _statement(node, manifest[node.unique_id]["original_file_path"], settings))
    ]


def _statement(node: NodeOutcome, path: str, settings: Settings) -> str | None:
    """What dbt sent for a node: its DDL for a model, its query for a test; None for a seed (dbt inserts its rows)."""
    if node.resource_type == "model":
        # dbt makes a table under a temporary name and renames it; plain SQL makes it under its own.
        written = (settings.dbt_target / "run" / "skills_bank" / path).read_text()
        return written.replace("__dbt_tmp", "")
    return node.sql if node.resource_type == "test" else None


def _plain_sql(settings: Settings, folder: Path, statements: list[str]) -> float:
    """Seconds for the same statements without dbt, into a file that holds the seeds already."""
    file = folder / "plain.duckdb"
    run_dbt(["seed"], warehouse_file=file, lake=settings.lake, target_path=settings.dbt_target)
    with duckdb.connect() as connection:
        connection.execute(f"attach '{file}' as skills_bank")
        connection.execute("use skills_bank")
        started = time.perf_counter()
        for statement in statements:
            connection.execute(statement)
        connection.execute("checkpoint")
        return time.perf_counter() - started


def respondents(settings: Settings) -> int:
    """The responses of all editions in the lake."""
    files = settings.lake / "respondents" / "*" / "*.parquet"
    ((count,),) = duckdb.sql(f"select count(*) from read_parquet('{files}')").fetchall()
    return int(count)


if __name__ == "__main__":
    main()
