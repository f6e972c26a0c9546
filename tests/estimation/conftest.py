"""The reference surveys of ../shared, and small surveys made here."""

from __future__ import annotations

from pathlib import Path

import duckdb
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
