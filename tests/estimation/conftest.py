"""The reference surveys of ../shared, and small surveys made here."""

from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.csv
import pytest

SHARED = Path(__file__).resolve().parents[3] / "shared"
TEXTS = ("region", "level", "domain", "variable", "strata", "division", "hrg", "ed", "sector_cal", "size")


def _read(path: Path) -> pa.Table:
    if not path.exists():
        pytest.skip(f"the reference file {path.name} is not on this machine (looked in {SHARED})")
    types = {name: pa.string() for name in TEXTS}
    return pa.csv.read_csv(path, convert_options=pa.csv.ConvertOptions(column_types=types))


@pytest.fixture(scope="session")
def golden():
    """A reader of the files of R's results on the simulated survey."""
    return lambda name: _read(SHARED / "golden" / "survey_statistics" / name)


@pytest.fixture(scope="session")
def insee():
    """A reader of the files of INSEE's weighting example."""
    return lambda name: _read(SHARED / "data" / "weighting_insee" / name)


@pytest.fixture(scope="session")
def connection():
    with duckdb.connect() as opened:
        yield opened


@pytest.fixture(scope="session")
def made_survey():
    """A maker of small calibrated-looking surveys: strata, margins, weights, answers with gaps."""

    def make(seed, n=240):
        random = np.random.default_rng(seed)
        region = random.choice(["R0", "R1", "R2"], n)
        size = random.choice(["small", "large"], n, p=[0.7, 0.3])
        before = 5 + 20 * random.random(n)
        innovates = random.random(n) < 0.4
        exports = random.random(n) < np.where(innovates, 0.5, 0.2)
        blank = random.random(n) < 0.05
        return pa.table(
            {
                "company": [f"c{number}" for number in range(n)],
                "region": region,
                "size": size,
                "stratum": np.char.add(np.char.add(region, "|"), size),
                "territory": pa.array(random.choice(["t1", "t2", "t1;t2", ""], n), pa.string()),
                "before": before,
                "weight": before * (0.7 + 0.6 * random.random(n)),
                "headcount": random.integers(1, 300, n).astype(float),
                "innovates": innovates,
                "exports": pa.array(exports, mask=blank),
                "spending": pa.array(random.gamma(2, 50, n), mask=random.random(n) < 0.1),
            }
        )

    return make


@pytest.fixture(scope="session")
def by_definition():
    """Linearised estimates row by row, as docs/methodology.md (4) writes them, to hold the cube against.

    Takes the survey and a list of (y, a, total, inside) and returns the estimates and their covariance
    matrix.
    """

    def compute(table, statistics, *, calibrated=(), population=None):
        data = {name: np.array(table[name].to_pylist()) for name in ("stratum", "weight", "before")}
        w, d = data["weight"], data["before"]
        values, residuals = [], []
        for numerator, denominator, is_total, inside in statistics:
            y, a = np.nan_to_num(numerator) * inside, np.nan_to_num(denominator) * inside
            value = w @ y if is_total else (w @ y) / (w @ a)
            u = y if is_total else (y - value * a) / (w @ a)
            if len(calibrated):
                root = np.sqrt(d)
                u = u - calibrated @ np.linalg.lstsq(calibrated * root[:, None], u * root, rcond=None)[0]
            values.append(value)
            residuals.append(w * u)
        z, covariance = np.stack(residuals, axis=1), 0.0
        for h in np.unique(data["stratum"]):
            rows = z[data["stratum"] == h]
            n = len(rows)
            share = n / population[h] if population else 0
            spread = rows - rows.mean(axis=0)
            covariance = covariance + (1 - share) * n / (n - 1) * spread.T @ spread
        return np.array(values), covariance

    return compute
