"""Medians: the weighted quantile and Woodruff's interval, by domain."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from orchestration.estimation.design import AMONG_RESPONDENTS, CalibratedOn, Design
from orchestration.estimation.errors import EstimationError
from orchestration.estimation.figures import SCHEMA, estimate
from orchestration.estimation.indicators import ALL, Breakdown, Indicator
from orchestration.estimation.medians import median

PLAIN = Design("weight", "stratum")
CALIBRATED = Design(
    "weight",
    "stratum",
    "before",
    (CalibratedOn("region"), CalibratedOn("size"), CalibratedOn("size", "headcount")),
)
SPENDING = Indicator("spending", "spending", "mean")
BREAKDOWNS = [ALL, Breakdown("region", ("region",)), Breakdown("territory", ("territory",), separator=";")]


def quantile(values, weights, share):
    """The smallest value at which the weight reaches the share, one value after the other."""
    total, reached = weights.sum(), 0.0
    for value in np.unique(values):
        reached += weights[values == value].sum()
        if reached >= share * total * (1 - 1e-9):
            return value
    raise AssertionError


@pytest.mark.parametrize("share", [0.5, 0.25, 0.9])
@pytest.mark.parametrize("design", [PLAIN, CALIBRATED])
def test_medians_and_their_intervals_are_read_from_the_distribution(connection, made_survey, design, share):
    table = made_survey(5)
    connection.register("survey", table)
    found = median(connection, "survey", design, SPENDING, BREAKDOWNS, edition="e", share=share)
    assert found.schema.equals(SCHEMA)
    assert found.num_rows == 1 + 3 + 2
    spending = np.array([np.nan if each is None else each for each in table["spending"].to_pylist()])
    weight = np.array(table["weight"].to_pylist())
    for row in found.to_pylist():
        members = {
            "all": [True] * table.num_rows,
            "region": [each == row["domain"] for each in table["region"].to_pylist()],
            "territory": [row["domain"] in each.split(";") for each in table["territory"].to_pylist()],
        }[row["domain_type"]]
        inside = np.array(members) & ~np.isnan(spending)
        assert row["n"] == inside.sum()
        assert row["value"] == quantile(spending[inside], weight[inside], share)
        assert row["unweighted"] == quantile(spending[inside], np.ones(inside.sum()), share)
        # Woodruff: the interval of the share at or below the median, read back.
        below = Indicator("below", f"spending <= {row['value']!r}")
        breakdown = next(each for each in BREAKDOWNS if each.name == row["domain_type"])
        (shares,) = (
            each
            for each in estimate(connection, "survey", design, [below], [breakdown], edition="e").to_pylist()
            if each["domain"] == row["domain"]
        )
        assert row["ci_low"] == quantile(spending[inside], weight[inside], shares["ci_low"])
        assert row["ci_high"] == quantile(spending[inside], weight[inside], shares["ci_high"])
        assert row["ci_low"] <= row["value"] <= row["ci_high"]
        assert row["se"] == pytest.approx((row["ci_high"] - row["ci_low"]) / (2 * 1.959963984540054))


def test_a_median_counts_ties_by_weight(connection):
    table = pa.table({"weight": [1.0, 1.0, 2.0, 1.0], "stratum": ["s"] * 4, "spending": [1.0, 2.0, 3.0, 3.0]})
    connection.register("survey", table)
    (row,) = median(connection, "survey", PLAIN, SPENDING, [ALL], edition="e").to_pylist()
    assert (row["value"], row["flag"]) == (3.0, "unreliable")
    # Half the weight is reached exactly at 2.
    connection.register("survey", table.set_column(0, "weight", pa.array([1.0, 2.0, 2.0, 1.0])))
    (row,) = median(connection, "survey", PLAIN, SPENDING, [ALL], edition="e").to_pylist()
    assert row["value"] == 2.0


def test_without_a_frame_a_median_has_no_interval(connection, made_survey):
    connection.register("survey", made_survey(5))
    (row,) = median(connection, "survey", AMONG_RESPONDENTS, SPENDING, [ALL], edition="e").to_pylist()
    assert row["value"] == row["unweighted"]
    assert [row[name] for name in ("se", "ci_low", "ci_high", "weighted_n")] == [None] * 4
    assert row["reason"] == "among_respondents"


def test_a_share_has_no_median(connection, made_survey):
    connection.register("survey", made_survey(5))
    with pytest.raises(EstimationError, match="a median is taken of a number"):
        median(connection, "survey", PLAIN, Indicator("share", "exports"), [ALL], edition="e")
