"""One simulated campaign for all tests of this folder, and ways to read it."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from orchestration.simulation import simulate

REAL = Path(__file__).resolve().parents[3] / "shared" / "data" / "limesurvey"


@pytest.fixture(scope="session")
def campaign(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the default arguments give."""
    folder = tmp_path_factory.mktemp("campaign")
    simulate(folder)
    return folder


@pytest.fixture(scope="session")
def rows_2019(campaign: Path) -> list[dict[str, str]]:
    """Rows of tour_2019, by heading."""
    text = (campaign / "tour_2019" / "responses.csv").read_text("utf-8-sig")
    return [row for row in csv.DictReader(io.StringIO(text, newline=""), delimiter=";") if row["id"]]


@pytest.fixture(scope="session")
def rows_2012(campaign: Path) -> list[dict[str, str]]:
    """Rows of edition_2012 as they stand in the file, by code heading."""
    with (campaign / "edition_2012" / "vvexport.txt").open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file, delimiter="\t")
        next(reader)
        codes = next(reader)
        return [dict(zip(codes, row, strict=True)) for row in reader]


@pytest.fixture(scope="session")
def real() -> Path:
    """Exports of a real LimeSurvey server, where they are."""
    if not REAL.is_dir():
        pytest.skip(f"no real LimeSurvey exports in {REAL}")
    return REAL
