"""What the disclosure tests share: the golden survey's respondents and systems, and small invented ones."""

import csv
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pytest

from orchestration.disclosure import Breakdown, Magnitude, Tables, build

# The systems of 03_gauss.R, by the name golden_gauss.csv gives them.
SYSTEMS: dict[str, list[tuple[str, ...]]] = {
    "region*size": [(), ("region",), ("size",), ("region", "size")],
    "region*sector_cal": [(), ("region",), ("sector_cal",), ("region", "sector_cal")],
    "linked region*size+region*sector_cal": [
        (),
        ("region",),
        ("size",),
        ("region", "size"),
        ("sector_cal",),
        ("region", "sector_cal"),
    ],
    "(region+territory)*size": [
        (),
        ("region",),
        ("territory",),
        ("size",),
        ("region", "size"),
        ("territory", "size"),
    ],
    "(region+territory)*size + region*sector_cal + size*sector_cal": [
        (),
        ("region",),
        ("territory",),
        ("size",),
        ("region", "size"),
        ("territory", "size"),
        ("sector_cal",),
        ("region", "sector_cal"),
        ("size", "sector_cal"),
    ],
}


def breakdown(*columns: str, indicator: str = "turnover") -> Breakdown:
    return Breakdown((indicator,), "*".join(columns) or "all", columns)


@pytest.fixture(scope="session")
def golden_folder(shared: Path) -> Path:
    return shared / "golden" / "survey_statistics"


@pytest.fixture(scope="session")
def respondents(golden_folder: Path) -> pa.Table:
    text = ("siren", "region", "size", "sector_cal", "territory")
    options = pa_csv.ConvertOptions(column_types={name: pa.string() for name in text})
    table = pa_csv.read_csv(golden_folder / "sme_respondents.csv", convert_options=options)
    ones = pa.array(np.ones(table.num_rows))
    return pa.table(
        {name: table[name] for name in ("region", "territory", "size", "sector_cal")}
        | {"n": ones, "weighted_n": ones, "contributor": table["siren"]}
        | {"turnover": pa.array(np.round(table["turnover"].to_numpy(), 1))}
        | {"yes": table["export"].cast(pa.float64()), "weighted_yes": table["export"].cast(pa.float64())}
    )


@pytest.fixture(scope="session")
def golden(golden_folder: Path) -> list[dict[str, str]]:
    """The rows of the elimination without singleton rule; a region stands in the territory column there."""
    with (golden_folder / "golden_gauss.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["singleton"] == "none"]
    for row in rows:
        if row["territory"] != "Total" and "-T" not in row["territory"]:
            row["region"], row["territory"] = row["territory"], "Total"
    return rows


def turnover(respondents: pa.Table, system: str) -> Tables:
    return build(
        respondents,
        [breakdown(*columns) for columns in SYSTEMS[system]],
        Magnitude("turnover", "turnover", "turnover"),
        {"territory": "region"},
    )


def people(rows: dict[str, list[str | None]], yes: list[int], weights: list[float] | None = None) -> pa.Table:
    """Respondents one a row, with a share's columns."""
    count = len(yes)
    weight = np.array(weights if weights is not None else [1.0] * count)
    return pa.table(
        {name: pa.array(values, pa.string()) for name, values in rows.items()}
        | {
            "contributor": [f"company {i}" for i in range(count)],
            "n": np.ones(count),
            "weighted_n": weight,
            "yes": np.array(yes, float),
            "weighted_yes": np.array(yes) * weight,
        }
    )
