"""How fast a LimeSurvey export becomes lake tables, beside pandas' and DuckDB's plain read of the same file.

    python benchmarks/decode.py                100,000 and 1,000,000 responses, CSV and VV
    python benchmarks/decode.py 20000          other sizes

The exports have 90 columns: the simulated tour_2019 (79), and answers of one of its arrays again under other codes.
Each row is one process, so that peak memory is its own; seconds are without the time to start Python and to import.

- intake: from the file to the archive: read and proved, personal columns split off to the contacts, free text
  scrubbed, company keys made, both written as Parquet and synced to disk.
- decode: from the archive to the lake: respondents, answers (long), variables, quarantine.
- both: one after the other in one process; the ratios are those of this row.
- pandas: `read_csv` as it comes; DuckDB: `read_csv` as it comes, into a table in memory, on all cores.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from orchestration.collection.contacts import Contacts

# Each process imports only what it measures, and the one that starts them nothing: a process' peak memory (ru_maxrss)
# counts what the one that started it had.
# ruff: noqa: PLC0415

SIZES = (100_000, 1_000_000)
COLUMNS = 90
FORMATS = {"csv": ("limesurvey_csv", ";", 0), "vv": ("limesurvey_vv", "\t", 1)}
KIBIBYTES = 1024  # ru_maxrss is in KiB on Linux
EDITION, SOURCE = "tour_2019", "limesurvey"


def main() -> None:
    """Make the exports of each size, measure each reader on them, and print the table."""
    print(f"{'responses':>10} {'file':<4}{'MB':>6}  {'':<8}{'wall s':>8}{'CPU s':>8}{'rows/s':>11}", end="")
    print(f"{'peak MiB':>10}{'/DuckDB':>9}{'CPU/DuckDB':>12}{'/pandas':>9}")
    for size in map(int, sys.argv[1:]) if sys.argv[1:] else SIZES:
        with tempfile.TemporaryDirectory(prefix="skillsbank-bench-") as folder:
            _child("make", folder, size)
            for kind in FORMATS:
                _compare(Path(folder), kind, size)


def _compare(folder: Path, kind: str, size: int) -> None:
    found = {step: _child(step, folder, kind) for step in ("intake", "decode", "both", "pandas", "duckdb")}
    megabytes = _export(folder, kind).stat().st_size / 1e6
    duckdb, pandas = found["duckdb"], found["pandas"]
    for step, one in found.items():
        print(
            f"{size:>10,} {kind:<4}{megabytes:>6,.0f}  {step:<8}{one['wall']:>8.2f}{one['cpu']:>8.2f}", end=""
        )
        print(
            f"{size / one['wall']:>11,.0f}{one['peak']:>10,.0f}{one['wall'] / duckdb['wall']:>9.2f}", end=""
        )
        print(f"{one['cpu'] / duckdb['cpu']:>12.2f}{one['wall'] / pandas['wall']:>9.2f}", flush=True)


def _child(*arguments: object) -> dict[str, float]:
    """Run one step in a process of its own: its wall and CPU seconds and its peak memory in MiB."""
    command = [sys.executable, __file__, "--step", *map(str, arguments)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    said = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{said}")
    return {**json.loads(said.splitlines()[-1]), "peak": usage.ru_maxrss / KIBIBYTES}


def _timed(work: Callable[[], Any]) -> None:
    wall, cpu = time.perf_counter(), time.process_time()
    result = work()
    print(json.dumps({"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}))
    del result  # freed after the clock has stopped, for each reader alike


def _export(folder: Path, kind: str) -> Path:
    return folder / f"export.{kind}"


def _step(step: str, folder: Path, what: str) -> None:
    if step == "make":
        _make(folder, int(what))
        print("{}")
        return
    _, separator, above = FORMATS[what]
    path = _export(folder, what)
    if step == "pandas":
        import pandas as pd

        _timed(lambda: pd.read_csv(path, sep=separator, skiprows=above, low_memory=False))
    elif step == "duckdb":
        import duckdb

        read = f"from read_csv('{path}', delim = '{separator}', skip = {above}, header = true)"
        with duckdb.connect() as connection:
            _timed(lambda: connection.execute(f"create table responses as {read}"))
    else:
        _timed(_ours(step, folder, what))


def _ours(step: str, folder: Path, kind: str) -> Callable[[], Any]:
    """The project's own steps, as its assets call them."""
    from orchestration.archive import Archive
    from orchestration.collection.intake import collect_export
    from orchestration.decoding import DecodeInput, decode
    from orchestration.identifiers import CompanyKeys

    codebook, path = _codebook(kind), _export(folder, kind)
    data = folder / f"{kind}-{'both' if step == 'both' else 'apart'}"
    archive, keys = Archive(data / "archive"), CompanyKeys(b"the secret of a benchmark")

    def intake() -> None:
        collect_export(path, codebook, SOURCE, archive, Contacts(data / "contacts", data / "secrets"), keys)

    def to_lake() -> None:
        entry = archive.latest(SOURCE, EDITION)
        assert entry is not None
        exports = {EDITION: [DecodeInput(entry.path, SOURCE, path.name)]}
        report = decode([codebook], exports, data / "lake")
        # Every response is there: a reader that leaves some out would be fast.
        assert report.rows("respondents") == entry.facts["rows"] > 0

    steps = {"intake": [intake], "decode": [to_lake], "both": [intake, to_lake]}[step]
    return lambda: [each() for each in steps]


def _codebook(kind: str) -> Any:
    """The simulated edition's codebook with as many columns more as the export has, in the format of the file."""
    from orchestration.codebook import load
    from orchestration.settings import PROJECT

    codebook = load(PROJECT / "data" / "codebooks" / f"{EDITION}.yaml")
    array = next(question for question in codebook.questions if question.code == "COMP")
    items = dict(list((array.items or {}).items())[: len(_more(codebook))])
    again = array.model_copy(update={"code": "MORE", "variable": "more", "items": items})
    export = codebook.exports[0].model_copy(update={"format": FORMATS[kind][0]})
    return codebook.model_copy(update={"exports": (export,), "questions": (*codebook.questions, again)})


def _more(codebook: Any) -> list[str]:
    """Which columns stand in the export again."""
    from orchestration.codebook import META_COLUMNS

    array = [name for name in codebook.columns() if name.startswith("COMP[")]
    return array[: COLUMNS - len(META_COLUMNS) - len(codebook.columns())]


def _make(folder: Path, size: int) -> None:
    """Write the two exports: the simulated responses, and what was not asked in those that were left."""
    import pyarrow as pa
    import pyarrow.compute

    from orchestration.codebook import load
    from orchestration.collection.readers import open_export
    from orchestration.settings import PROJECT
    from orchestration.simulation import limesurvey
    from orchestration.simulation.simulate import simulate

    pc: Any = pyarrow.compute
    simulate(folder / "campaign", respondents=size)
    export = open_export(folder / "campaign" / EDITION / "responses.csv", "limesurvey_csv")
    more = _more(load(PROJECT / "data" / "codebooks" / f"{EDITION}.yaml"))
    names = [*export.headings, *(name.replace("COMP", "MORE") for name in more)]
    assert len(names) == COLUMNS
    codes = {name.replace("[", "_").replace("]", ""): name for name in names}
    left = size
    with _export(folder, "csv").open("wb") as csv, _export(folder, "vv").open("wb") as vv:
        csv.write(limesurvey.csv_header(names))
        vv.write(limesurvey.vv_header(codes))
        for chunk in export.chunks():
            rows = chunk.rows.slice(0, left)
            cells = [*rows.columns, *(rows[name] for name in more)]
            csv.write(limesurvey.csv_rows(cells))
            was_left = pc.equal(rows["submitdate"], "")
            not_asked = [pc.and_(was_left, pc.equal(cell, "")) for cell in cells]
            empty = pa.scalar(None, pa.string())
            told = [pc.if_else(no, empty, cell) for no, cell in zip(not_asked, cells, strict=True)]
            vv.write(limesurvey.vv_rows(told))
            left -= rows.num_rows
        csv.write(limesurvey.CSV_END)
    assert not left


if __name__ == "__main__":
    if sys.argv[1:2] == ["--step"]:
        _step(sys.argv[2], Path(sys.argv[3]), sys.argv[4])
    else:
        main()
