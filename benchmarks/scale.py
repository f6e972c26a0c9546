"""What each stage of a refresh takes as campaigns grow: seconds, processor seconds, peak memory, growth.

    python benchmarks/scale.py --work FOLDER                  10,000, 100,000, 1,000,000 respondents; the register
    python benchmarks/scale.py --work FOLDER 10000 10000000   campaigns of these sizes; the register
    python benchmarks/scale.py --work FOLDER --engine spark 10000   the marts built on Spark

Each campaign is simulated, then refreshed by `skillsbank refresh` in a process of its own on an empty data folder, end
to end. Its steps' lines say where a stage ends; meanwhile the processor time and the memory of the whole process
tree (the run, its second process, Spark's Java machine) are read from /proc once a second: of a page that several
processes share, each holds its part (proportional set size). A run that outgrows ``LIMIT`` is stopped. Spark has the
settings that SPARK_CONF_DIR names. The register is the reading of INSEE's stock files, as in register.py.

What was measured is kept in FOLDER/results.jsonl, a size a line: a second call measures what is missing only, and
writes the table of all that is there into docs/scale.md. To measure a size anew, delete its line.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

import refresh
import register

from orchestration.settings import PROJECT, Engine, Settings

SIZES = (10_000, 100_000, 1_000_000)
LIMIT = 18.0  # GiB
GIB = 2**30
PAGE = "docs/scale.md"
BEGIN, END = "<!-- benchmarks/scale.py: begin -->", "<!-- benchmarks/scale.py: end -->"
# What the steps of a stage begin with; the first that fits.
STAGES = (
    ("collect", ("collect_", "raw__", "gate_collected", "match_companies")),
    ("decode", ("decode", "gate_decoded")),
    ("recognise", ("recognise",)),
    ("build 1", ("build_marts",)),
    ("estimate", ("weights", "figures")),
    ("protect", ("protect",)),
    ("build 2", ("build_figures",)),
    ("gate", ("gate_",)),
    ("publish", ("",)),
)
PARTS = ("archive", "lake", "warehouse", "releases")
ON: Mapping[Engine, str] = {"duckdb": "", "spark": " on Spark"}
_TICKS = os.sysconf("SC_CLK_TCK")
_EVERY = 1.0  # seconds; a look at gigabytes takes a twentieth of one

Result = dict[str, Any]


def main() -> None:
    """Measure what FOLDER does not hold yet, print the table, and write it into the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sizes", nargs="*", type=int, default=SIZES, help="respondents of the larger edition")
    parser.add_argument(
        "--work", type=Path, required=True, metavar="FOLDER", help="files and what was measured"
    )
    parser.add_argument("--engine", choices=get_args(Engine), default="duckdb", help="what builds the marts")
    given = parser.parse_args()
    work: Path = given.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    kept = work / "results.jsonl"
    for size in sorted(given.sizes):
        name = f"{size} respondents{ON[given.engine]}"
        if name not in _read(kept):
            _keep(kept, name, _campaign(work / str(size), size, given.engine))
    if "register" not in _read(kept):
        _keep(kept, "register", _register(work / "register"))
    table = _table(_read(kept))
    print(table)
    page = PROJECT / PAGE
    before, rest = page.read_text(encoding="utf-8").split(BEGIN)
    page.write_text(f"{before}{BEGIN}\n{table}\n{END}{rest.split(END)[1]}", encoding="utf-8")


def _read(kept: Path) -> dict[str, Result]:
    lines = kept.read_text(encoding="utf-8").splitlines() if kept.exists() else []
    return {line["name"]: line for line in map(json.loads, lines)}


def _keep(kept: Path, name: str, result: Result) -> None:
    with kept.open("a", encoding="utf-8") as file:
        file.write(json.dumps({"name": name, "day": datetime.now(UTC).date().isoformat()} | result) + "\n")


def _campaign(folder: Path, size: int, engine: Engine) -> Result:
    campaign = folder / "campaign"
    environment = os.environ | {
        "SKILLSBANK_DATA": str(folder / "data"),
        "SKILLSBANK_SAMPLE_FOLDER": str(campaign),
        "SKILLSBANK_ENGINE": engine,
        "PYTHONUNBUFFERED": "1",
    }
    shutil.rmtree(folder, ignore_errors=True)  # of a run that was stopped
    refresh.skillsbank(environment, "simulate", str(campaign), "--respondents", str(size))
    stages = _watched([refresh.SKILLSBANK, "refresh"], environment)
    settings = Settings(data=folder / "data")
    result = {
        "respondents": refresh.respondents(settings),
        "stages": stages,
        "bytes": {part: _bytes(settings.data / part) for part in PARTS},
    }
    shutil.rmtree(folder)
    return result


def _register(folder: Path) -> Result:
    folder.mkdir(exist_ok=True)
    register.run("make", folder, str(register.ROWS))
    ours = register.run("ours", folder, "parquet")
    shutil.rmtree(folder)
    return {"rows": register.ROWS, "seconds": ours.wall, "cpu": ours.cpu, "peak": ours.peak * 2**20}


def _bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _watched(command: Sequence[str], environment: Mapping[str, str]) -> dict[str, dict[str, float]]:
    """Run a refresh; seconds, processor seconds and peak memory (bytes) of each stage.

    A step begins where the one before it ended: the first also has the start of the process.
    """
    stages: dict[str, dict[str, float]] = {}
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    watch = _Watch(process.pid)
    assert process.stdout is not None
    said = []
    for line in process.stdout:
        said.append(line)
        if line.startswith(("  ", "Release", "Report")) or not line.rstrip().endswith(" s"):
            continue
        stage = next(name for name, starts in STAGES if line.startswith(starts))
        of = stages.setdefault(stage, {"seconds": 0.0, "cpu": 0.0, "peak": 0.0})
        for measure, value in watch.lap().items():
            of[measure] = max(of[measure], value) if measure == "peak" else of[measure] + value
    watch.end()
    if process.wait():
        why = f"; it was stopped, since it held more than {LIMIT} GiB" if watch.is_over else ""
        raise SystemExit(f"{' '.join(command)} failed{why}:\n{''.join(said)}")
    return stages


class _Watch:
    """Looks at a session's processes until it is ended."""

    def __init__(self, session: int) -> None:
        self.is_over = False
        self._session = session
        self._cpu = self._peak = 0.0
        self._began, self._cpu_before = time.monotonic(), 0.0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self._thread.start()

    def lap(self) -> dict[str, float]:
        """What has been used since the last call."""
        self._take()
        now, peak = time.monotonic(), self._peak
        found = {"seconds": now - self._began, "cpu": self._cpu - self._cpu_before, "peak": peak}
        self._began, self._cpu_before, self._peak = now, self._cpu, 0.0
        return found

    def end(self) -> None:
        """Look no longer."""
        self._ended.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._ended.wait(_EVERY):
            self._take()
            if self._peak > LIMIT * GIB and not self.is_over:
                self.is_over = True
                os.killpg(self._session, signal.SIGKILL)

    def _take(self) -> None:
        cpu, kibibytes = 0, 0
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                # The name of the program, in brackets, may have spaces.
                fields = stat.read_text().rpartition(")")[2].split()
                if int(fields[3]) == self._session:
                    cpu += sum(map(int, fields[11:15]))
                    held = stat.with_name("smaps_rollup").read_text().partition("\nPss:")[2]
                    kibibytes += int(held.split(maxsplit=1)[0]) if held else 0
            except OSError:  # ended since
                continue
        self._cpu = max(self._cpu, cpu / _TICKS)
        self._peak = max(self._peak, float(kibibytes * 1024))


def _table(results: Mapping[str, Result]) -> str:
    """The table in Markdown: a row a stage; for each engine three figures a size, and the growth between its two
    largest."""
    engines = {on: _of(results, on) for on in ON.values()}
    campaigns = [each for found in engines.values() for each in found]
    heads = [
        head
        for on, found in engines.items()
        for head in [*(f"{each['respondents']:,}{on}" for each in found), *_where(found, f"growth{on}")]
    ]
    lines = [
        f"Respondents of both editions; a cell has seconds / processor seconds / GiB. 2 cores, {_days(campaigns)}.",
        "",
        f"| stage | {' | '.join(heads)} |",
        f"|---|{'---|' * len(heads)}",
    ]
    for stage in (*(name for name, _ in STAGES), "all"):
        cells: list[str] = []
        for found in engines.values():
            used = [_all(each) if stage == "all" else each["stages"][stage] for each in found]
            cells += [f"{one['seconds']:.1f} / {one['cpu']:.1f} / {one['peak'] / GIB:.2f}" for one in used]
            cells += _where(found, _growth(found, used))
        lines.append(f"| {stage} | {' | '.join(cells)} |")
    for part in PARTS:
        cells = []
        for found in engines.values():
            cells += [f"{each['bytes'][part] / each['respondents']:,.0f}" for each in found]
            cells += _where(found, "")
        lines.append(f"| {part}, bytes a respondent | {' | '.join(cells)} |")
    stock = results["register"]
    lines += [
        "",
        f"INSEE's stock files of {stock['rows']:,} establishments (Parquet) are read in {stock['seconds']:.1f} s / "
        f"{stock['cpu']:.1f} s / {stock['peak'] / GIB:.2f} GiB.",
    ]
    return "\n".join(lines)


def _of(results: Mapping[str, Result], on: str) -> list[Result]:
    """An engine's campaigns, the smallest first."""
    found = (result for name, result in results.items() if name.endswith(f" respondents{on}"))
    return sorted(found, key=lambda result: int(result["respondents"]))


def _all(campaign: Result) -> dict[str, float]:
    stages = campaign["stages"].values()
    added = {measure: sum(stage[measure] for stage in stages) for measure in ("seconds", "cpu")}
    return added | {"peak": max(stage["peak"] for stage in stages)}


def _where(campaigns: Sequence[Result], cell: str) -> list[str]:
    """The cell of a column that is there from two sizes on."""
    return [cell] if len(campaigns) > 1 else []


def _growth(campaigns: Sequence[Result], used: Sequence[Mapping[str, float]]) -> str:
    """The exponent of processor time between the two largest sizes."""
    if len(used) < 2:
        return ""
    larger = campaigns[-1]["respondents"] / campaigns[-2]["respondents"]
    return f"{math.log(used[-1]['cpu'] / used[-2]['cpu']) / math.log(larger):.2f}"


def _days(campaigns: Sequence[Result]) -> str:
    return " and ".join(sorted({each["day"] for each in campaigns}))


if __name__ == "__main__":
    main()
