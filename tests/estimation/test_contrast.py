"""Two shares against each other: the delta method row by row, and what was quoted."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from orchestration.estimation.contrast import QUOTED_EXPORT_SHARES, SCHEMA, Contrast, contrast
from orchestration.estimation.design import AMONG_RESPONDENTS, CalibratedOn, Design
from orchestration.estimation.indicators import ALL, Breakdown, Indicator

CENTRAL = Contrast(
    "export_by_innovation",
    Indicator("export_rate_among_innovators", "exports", base="innovates"),
    Indicator("export_rate_among_others", "exports", base="NOT innovates"),
    QUOTED_EXPORT_SHARES,
)
PLAIN = Design("weight", "stratum")
CALIBRATED = Design("weight", "stratum", "before", (CalibratedOn("region"), CalibratedOn("size")))


def made(connection, table, design, breakdowns=(ALL,), contrasts=(CENTRAL,)):
    connection.register("survey", table)
    return contrast(connection, "survey", design, contrasts, breakdowns, edition="e")


def parts(table):
    exports = np.array([np.nan if each is None else float(each) for each in table["exports"].to_pylist()])
    innovates = np.array(table["innovates"].to_pylist())
    return exports, (~np.isnan(exports)).astype(float), innovates


@pytest.mark.parametrize("design", [PLAIN, CALIBRATED])
@pytest.mark.parametrize("domain", ["all", "R1"])
def test_difference_ratio_and_odds_ratio_follow_the_delta_method(
    connection, made_survey, by_definition, design, domain
):
    table = made_survey(4)
    exports, known, innovates = parts(table)
    region = np.array(table["region"].to_pylist())
    size = np.array(table["size"].to_pylist())
    inside = np.ones(len(region), bool) if domain == "all" else region == domain
    x = np.stack([region == r for r in ("R0", "R1", "R2")] + [size == "large"], axis=1).astype(float)
    (p, q), v = by_definition(
        table,
        [(exports, known, False, inside & innovates), (exports, known, False, inside & ~innovates)],
        calibrated=x if design is CALIBRATED else (),
    )
    rows = {
        row["statistic"]: row
        for row in made(connection, table, design, [ALL, Breakdown("region", ("region",))]).to_pylist()
        if row["domain"] == domain and row["source"] == "estimated"
    }
    degrees = table.num_rows - 6
    t = stats.t.ppf(0.975, degrees)
    for name, value, gradient, scale in (
        ("difference", p - q, (1, -1), lambda e: e),
        ("ratio", p / q, (1 / p, -1 / q), np.exp),
        ("odds_ratio", p / (1 - p) / (q / (1 - q)), (1 / (p * (1 - p)), -1 / (q * (1 - q))), np.exp),
    ):
        row = rows[name]
        se = np.sqrt(np.array(gradient) @ v @ np.array(gradient))
        centre = value if name == "difference" else np.log(value)
        assert row["value"] == pytest.approx(value, rel=1e-12)
        assert row["se"] == pytest.approx(se, rel=1e-9)
        assert row["ci_low"] == pytest.approx(scale(centre - t * se), rel=1e-9)
        assert row["ci_high"] == pytest.approx(scale(centre + t * se), rel=1e-9)
        assert row["p_value"] == pytest.approx(2 * stats.t.sf(abs(centre) / se, degrees), rel=1e-7)
    assert (rows["difference"]["share"], rows["difference"]["share_against"]) == (
        pytest.approx(p),
        pytest.approx(q),
    )


def test_what_was_quoted_stands_beside_and_is_marked(connection, made_survey):
    table = made(connection, made_survey(4), PLAIN)
    assert table.schema.equals(SCHEMA)
    quoted = {row["statistic"]: row for row in table.to_pylist() if row["source"] == "quoted"}
    assert {name: row["value"] for name, row in quoted.items()} == {
        "difference": pytest.approx(0.45),
        "ratio": pytest.approx(10),
        "odds_ratio": pytest.approx(19),
    }
    for row in quoted.values():
        assert row["flag"] == "quoted"
        assert [row[name] for name in ("n", "se", "ci_low", "ci_high", "p_value")] == [None] * 5


def test_a_share_of_none_has_a_difference_and_no_ratio_interval(connection, made_survey):
    table = made_survey(4)
    never = Contrast("never", Indicator("a", "exports AND FALSE", base="innovates"), CENTRAL.against)
    rows = {row["statistic"]: row for row in made(connection, table, PLAIN, contrasts=[never]).to_pylist()}
    assert rows["difference"]["ci_high"] < 0
    assert rows["ratio"]["value"] == rows["odds_ratio"]["value"] == 0
    assert rows["ratio"]["ci_low"] is rows["odds_ratio"]["se"] is None
    assert rows["ratio"]["reason"] == "one_sided"


def test_without_a_frame_a_contrast_has_no_error(connection, made_survey):
    rows = made(connection, made_survey(4), AMONG_RESPONDENTS).to_pylist()
    estimated = [row for row in rows if row["source"] == "estimated"]
    assert all(row["value"] is not None and row["se"] is row["p_value"] is None for row in estimated)
    assert {row["reason"] for row in estimated} == {"among_respondents"}
