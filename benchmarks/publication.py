"""Where the time of a publication goes: all that a release holds, made, judged, published and verified.

    python benchmarks/publication.py            refreshes the embedded sample first, into a temporary folder
    python benchmarks/publication.py DATA       publishes again what the last refresh into the folder DATA built

Each line is wall seconds and processor seconds of this one process, imports not counted; lines that are set in are part
of the one above. On a busy machine the second column is the one to compare.
The report has a page for each of France's 149 industrial territories, in the sample as in any campaign: the target of
60 s for the sample on two cores, and of 300 s with 150 territories, are held against the same total.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from orchestration.disclosure.stage import attack_release
from orchestration.provenance import code_parts, code_version, read_inputs
from orchestration.publication import export, report
from orchestration.publication.candidate import Candidate, candidate_folder
from orchestration.publication.evidence import Evidence
from orchestration.publication.manifest import GateResult
from orchestration.publication.plane import shapes
from orchestration.publication.releases import publish
from orchestration.publication.verification import verify_whole
from orchestration.quality import GateContext, run_gate
from orchestration.settings import Settings

TARGET = 60
Seconds = dict[str, tuple[float, float]]
PARTS = (
    (export, "_export", "tables as database, Parquet and CSV"),
    (export, "write_dictionary", "data dictionary"),
    (export, "write_report", "report, both languages"),
    (report, "compose", "  figures, charts and maps"),
    (report, "render_page", "  HTML"),
    (report, "render_pdf", "  PDF"),
    (export, "write_quality_report", "quality report"),
    (export, "write_explorer", "explorer"),
    (export, "write_pack", "open data pack"),
    (export, "hash_files", "checksums"),
)


def main() -> None:
    """Publish once and print the table."""
    with tempfile.TemporaryDirectory(prefix="skillsbank-bench-") as folder:
        data = Path(sys.argv[1]) if len(sys.argv) > 1 else _refreshed(Path(folder) / "data")
        _measure(Settings(data=data), Path(folder) / "releases")


def _refreshed(data: Path) -> Path:
    command = [sys.executable, "-m", "orchestration.cli", "refresh"]
    done = subprocess.run(
        command, check=False, env=os.environ | {"SKILLSBANK_DATA": str(data)}, capture_output=True, text=True
    )
    if done.returncode:
        raise SystemExit(f"the refresh failed:\n{done.stdout}{done.stderr}")
    return data


def _measure(settings: Settings, releases: Path) -> None:
    warehouse = max(settings.warehouse.glob("*/skills_bank.duckdb"), key=lambda path: path.stat().st_mtime)
    seconds: Seconds = {}
    for module, name, told in PARTS:
        setattr(module, name, _timed(getattr(module, name), told, seconds))
    releases.mkdir()
    with _clock("making the candidate", seconds):
        candidate = export.build_candidate(
            warehouse,
            candidate_folder(releases, "benchmark"),
            knowledge=warehouse.parent / "estimates" / "public_knowledge",
            inputs=read_inputs(settings.lake),
            code=code_version(settings),
            run_id="benchmark",
            code_parts=code_parts(settings),
            dbt_manifest=settings.dbt_target / "manifest.json",
            built_on=settings.engine,
        )
    with _clock("gate: release", seconds):
        gate = run_gate("release", GateContext(release=candidate.folder))
    if gate.failures:
        raise SystemExit(f"the gate stops it: {gate.failures[0]}")
    with _clock("gate: secrecy", seconds):
        attack_release(candidate.database, candidate.folder / "public")
    with _clock("publishing", seconds):
        published = publish(candidate, releases, _evidence(candidate), required=["release"]).release
    _show(seconds, published.manifest.bytes)
    with _clock("verify", seconds):
        verify_whole(releases)
    print(f"{'afterwards, releases verify':<44}{seconds['verify'][0]:>8.1f}{seconds['verify'][1]:>8.1f}")


def _evidence(candidate: Candidate) -> Evidence:
    passed = GateResult("release", "benchmark", True, candidate.content_hash, expectations=1)
    return Evidence("benchmark", (passed,))


def _show(seconds: Seconds, size: int) -> None:
    within = {told for _, _, told in PARTS}
    steps = (
        "making the candidate",
        *(told for _, _, told in PARTS),
        "gate: release",
        "gate: secrecy",
        "publishing",
    )
    wall, busy = (sum(seconds[told][of] for told in seconds if told not in within) for of in (0, 1))
    print(f"{'':<44}{'wall s':>8}{'CPU s':>8}")
    for told in steps:
        print(f"{'  ' * (told in within) + told:<44}{seconds[told][0]:>8.1f}{seconds[told][1]:>8.1f}")
    print(
        f"{'whole':<44}{wall:>8.1f}{busy:>8.1f}   target {TARGET} s: {'met' if wall < TARGET else 'MISSED'}"
    )
    print(
        f"{len(shapes('territories'))} territories, {size / 1e6:.0f} MB, {os.cpu_count()} cores", flush=True
    )


def _timed(function: Callable[..., Any], told: str, seconds: Seconds) -> Callable[..., Any]:
    def timed(*arguments: Any, **named: Any) -> Any:
        with _clock(told, seconds):
            return function(*arguments, **named)

    return timed


@contextmanager
def _clock(told: str, seconds: Seconds) -> Iterator[None]:
    wall, busy = time.perf_counter(), time.process_time()
    yield
    before = seconds.get(told, (0.0, 0.0))
    seconds[told] = before[0] + time.perf_counter() - wall, before[1] + time.process_time() - busy


if __name__ == "__main__":
    main()
