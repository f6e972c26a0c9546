"""How long 60 indicators in 566 domains take, with standard errors, beside R's survey package where R is
installed.

python benchmarks/figures.py                  1,000, 100,000 and 1,000,000 respondents python
benchmarks/figures.py 1000 10000

Each size runs in a process of its own, on a Parquet file, so that its peak memory is its own: read, cube,
variances of the calibrated design (region, size and sector: 38 constraints), intervals, flags and the
table of figures. The first call in the process and the best of three are shown. R does what it can of it,
svyby of the same means by 14 regions under the same calibrated design, on the same file; estimates and
standard errors are compared digit by digit.
"""

from __future__ import annotations

import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from orchestration.estimation.arrays import numbers
from orchestration.estimation.calibration import calibrate
from orchestration.estimation.design import CalibratedOn, Design
from orchestration.estimation.figures import estimate
from orchestration.estimation.indicators import ALL, Breakdown, Indicator
from orchestration.estimation.margins import constraints, margin_of

SIZES = (1_000, 100_000, 1_000_000)
INDICATORS = 60
# svyby on the calibrated design takes half a minute at 100,000 respondents.
LARGEST_FOR_R = 100_000
DESIGN = Design("weight", "stratum", "before", tuple(map(CalibratedOn, ("region", "size", "sector"))))
BREAKDOWNS = [
    ALL,
    *(
        Breakdown("_x_".join(columns), columns)
        for columns in (
            ("region",),
            ("size",),
            ("sector",),
            ("territory",),
            ("region", "size"),
            ("region", "sector"),
            ("size", "sector"),
        )
    ),
]
R_SCRIPT = """
suppressMessages(library(survey)); a <- commandArgs(TRUE); d <- read.csv(a[1])
y <- grep("^y", names(d), value=TRUE)
for (v in c("region", "size", "sector")) d[[v]] <- factor(d[[v]])
s <- svydesign(ids=~1, strata=~stratum, weights=~before, data=d)
t <- colSums(model.matrix(~region+size+sector, d) * d$weight)
s <- calibrate(s, ~region+size+sector, t, calfun="raking", epsilon=1e-13, maxit=500)
e <- system.time(r <- svyby(as.formula(paste("~", paste(y, collapse="+"))), ~region, s, svymean))[["elapsed"]]
r <- as.data.frame(r); names(r)[1 + length(y) + seq_along(y)] <- paste0("se.", y)
write.csv(cbind(r, seconds=e), a[2], row.names=FALSE)
"""


def main() -> None:
    """Measure each size and print the table."""
    if sys.argv[1:2] == ["--child"]:
        print(json.dumps(_measure(Path(sys.argv[2]))))
        return
    rscript = shutil.which("Rscript")
    print(f"R: {rscript or 'not installed, its columns stay empty'}")
    headings = {"respondents": 12, "estimates": 11, "first s": 9, "best s": 8, "CPU s": 7, "us/estimate": 13}
    headings |= {"peak MiB": 10, "R s": 8, "R us/est.": 12, "ratio": 8, "difference": 12}
    print("".join(f"{name:>{width}}" for name, width in headings.items()))
    for size in [int(each) for each in sys.argv[1:]] or SIZES:
        with tempfile.TemporaryDirectory(prefix="skillsbank-bench-") as folder:
            path = Path(folder) / "respondents.parquet"
            make(path, size)
            child = subprocess.run(
                [sys.executable, __file__, "--child", str(path)], check=True, capture_output=True, text=True
            )
            found = json.loads(child.stdout)
            line = f"{size:>12,}{found['estimates']:>11,}{found['first']:>9.2f}{found['best']:>8.2f}"
            line += f"{found['processor']:>7.2f}"
            each = found["best"] / found["estimates"] * 1e6
            line += f"{each:>13.1f}{found['peak']:>10,.0f}"
            if rscript and size <= LARGEST_FOR_R:
                seconds, count, difference = _beside_r(path, Path(folder), rscript)
                line += f"{seconds:>8.1f}{seconds / count * 1e6:>12,.0f}"
                line += f"{seconds / count * 1e6 / each:>8,.0f}{difference:>12.1e}"
            print(line, flush=True)


def make(path: Path, respondents: int) -> None:
    """Write ``respondents`` rows with strata, 60 answers and weights raked to a population of ten times
    as many."""
    random = np.random.default_rng(20261124)
    population = _places(random, 2 * respondents)
    table = _places(random, respondents)
    region, size = (np.unique(np.array(table[name]), return_inverse=True)[1] for name in ("region", "size"))
    before = 10 * np.exp(0.2 * np.sin(region) - 0.1 * size)
    counted = (margin_of(population, each.by) for each in DESIGN.margins)
    margins = [
        replace(each, totals={name: 5 * total for name, total in each.totals.items()}) for each in counted
    ]
    problem = constraints(table, margins, minimum=1)
    answers = {
        f"y{number}": pa.array(random.random(respondents) < 0.05 + 0.01 * number + 0.02 * size)
        for number in range(INDICATORS)
    }
    weight = before * calibrate(problem, before).adjustment
    for name, values in {"before": pa.array(before), "weight": pa.array(weight), **answers}.items():
        table = table.append_column(name, values)
    pq.write_table(table, path)


def _places(random: np.random.Generator, companies: int) -> pa.Table:
    """Regions, sizes, sectors and territories; 14 x 3 strata, so that each has respondents even among
    1,000."""
    region = random.choice(14, companies, p=np.r_[np.full(12, 0.075), 0.05, 0.05])
    size = random.choice(6, companies, p=[0.55, 0.18, 0.12, 0.07, 0.05, 0.03])
    sector = random.choice(20, companies)
    territory = np.where(region == 0, 40, np.minimum(region * 3 + random.integers(0, 3, companies) - 3, 40))
    text = {
        "region": (region, "R"),
        "size": (size, "Z"),
        "sector": (sector, "S"),
        "territory": (territory, "T"),
    }
    columns = {
        name: pa.array(np.array([f"{letter}{i:02d}" for i in range(code.max() + 1)])[code])
        for name, (code, letter) in text.items()
    }
    stratum = np.array([f"H{i:02d}" for i in range(42)])[region * 3 + size // 2]
    return pa.table({**columns, "stratum": pa.array(stratum)})


def _estimate(path: Path) -> pa.Table:
    indicators = [Indicator(f"y{number}", f"y{number}") for number in range(INDICATORS)]
    with duckdb.connect() as connection:
        return estimate(
            connection, f"read_parquet('{path}')", DESIGN, indicators, BREAKDOWNS, edition="benchmark"
        )


def _measure(path: Path) -> dict[str, float]:
    times, processor = [], []
    for _ in range(3):
        start, used = time.perf_counter(), time.process_time()
        table = _estimate(path)
        times.append(time.perf_counter() - start)
        processor.append(time.process_time() - used)
    # KiB on Linux, bytes on macOS.
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (
        1024 if sys.platform != "darwin" else 1024**2
    )
    return {
        "first": times[0],
        "best": min(times),
        "processor": min(processor),
        "estimates": table.num_rows,
        "peak": peak,
    }


def _beside_r(path: Path, folder: Path, rscript: str) -> tuple[float, int, float]:
    """(R's seconds, its number of estimates, largest relative difference of estimates and standard
    errors)."""
    table = pq.read_table(path)
    for name in (f"y{number}" for number in range(INDICATORS)):
        place = table.schema.get_field_index(name)
        table = table.set_column(place, name, table[name].cast(pa.int8()))
    pa.csv.write_csv(table, folder / "respondents.csv")
    (folder / "figures.R").write_text(R_SCRIPT)
    subprocess.run(
        [rscript, str(folder / "figures.R"), str(folder / "respondents.csv"), str(folder / "r.csv")],
        check=True,
    )
    theirs = pa.csv.read_csv(folder / "r.csv")
    ours = {
        (row["indicator"], row["domain"]): row
        for row in _estimate(path).to_pylist()
        if row["domain_type"] == "region"
    }
    worst = 0.0
    for number in range(INDICATORS):
        for column, name in ((f"y{number}", "value"), (f"se.y{number}", "se")):
            for region, value in zip(theirs["region"].to_pylist(), numbers(theirs[column]), strict=True):
                worst = max(worst, abs(ours[f"y{number}", region][name] / value - 1))
    return theirs["seconds"][0].as_py(), INDICATORS * theirs.num_rows, worst


if __name__ == "__main__":
    main()
