"""R's survey package on the simulated survey, to a relative 1e-9: weights, estimates, errors, intervals."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from orchestration.estimation import cube, domains, intervals, variance
from orchestration.estimation.arrays import numbers
from orchestration.estimation.calibration import calibrate
from orchestration.estimation.design import CalibratedOn, Design, collapse
from orchestration.estimation.indicators import Breakdown, Indicator
from orchestration.estimation.margins import Margin, constraints

CLOSE = 1e-9
CALIBRATED = {
    "cal_raking": ("raking", None),
    "cal_linear": ("linear", None),
    "cal_logit": ("logit", (0.3, 3.0)),
    "cal_linb": ("truncated", (0.4, 2.2)),
    "cal_raking_fpc": ("raking", None),
    "rake_ipf": ("raking", None),
}
DESIGNS = ["nr", "nr_fpc", *CALIBRATED]
MARGINS = ("region", "size", "sector_cal")
FLAGS = ("innov", "export", "skill_ai")
NUMERIC = (*FLAGS, "needs", "turnover")
INDICATORS = [
    *(Indicator(name, name, "mean") for name in NUMERIC),
    *(Indicator(name, name, "total") for name in NUMERIC),
    *(Indicator(name, f"{name} = 1") for name in FLAGS),
    Indicator("rdstaff/emp", "rdstaff", "ratio", denominator="emp"),
]
BREAKDOWNS = [
    Breakdown(""),
    *(Breakdown(name, (name,)) for name in ("region", "size", "sector", "territory")),
]


def relative(found, expected):
    """The largest relative difference; where R has rounding noise for a zero, the difference itself."""
    found, expected = np.asarray(found, dtype=float), np.asarray(expected, dtype=float)
    return float(np.max(np.abs(found - expected) / np.where(np.abs(expected) < 1e-15, 1.0, np.abs(expected))))


@pytest.fixture(scope="module")
def respondents(golden):
    table = golden("sme_respondents.csv")
    totals = golden("sme_margins.csv").to_pylist()
    margins = [
        Margin(name, {row["level"]: row["N"] for row in totals if row["margin"] == name}) for name in MARGINS
    ]
    # The reference keeps regions of 17 respondents; our own rule would merge them.
    problem = constraints(table, margins, minimum=17)
    before = numbers(table["w1"])
    table = table.append_column("nr", table["w1"]).append_column("nr_fpc", table["w1"])
    for name, (method, bounds) in CALIBRATED.items():
        weights = before * calibrate(problem, before, method, bounds).adjustment
        table = table.append_column(name, pa.array(weights))
    return table


@pytest.fixture(scope="module", params=DESIGNS)
def survey(request, respondents, connection):
    """(design name, cube, domains, sampling, estimates, variances) from our own weights."""
    name = request.param
    connection.register("sme", respondents)
    pairs = zip(respondents["vstratum"].to_pylist(), respondents["vNh"].to_pylist(), strict=True)
    design = Design(
        name,
        "vstratum",
        before="w1" if name in CALIBRATED else None,
        margins=tuple(map(CalibratedOn, MARGINS)) if name in CALIBRATED else (),
        population=dict(pairs) if name.endswith("fpc") else None,
    )
    made = cube.build(connection, "sme", design, INDICATORS, columns=domains.columns_of(BREAKDOWNS))
    found = domains.find(made.keys, len(made.sums), BREAKDOWNS)
    plan = variance.sampling(made, design)
    linear = variance.linearise(made, found, INDICATORS, plan)
    return name, made, found, plan, linear, variance.variance(linear, plan)


@pytest.fixture(scope="module")
def expected(golden):
    return golden("golden_sme.csv").to_pylist()


def rows_of(expected, survey, estimator, method=None):
    """The reference rows of a design with our (domain, indicator) position of each."""
    name, _, found, *_ = survey
    place = {domain: number for number, domain in enumerate(found.names)}
    kind = {"prop": "proportion"}.get(estimator, estimator)
    column = {each.name: number for number, each in enumerate(INDICATORS) if each.kind == kind}
    rows = [
        row
        for row in expected
        if row["design"] == name
        and row["estimator"] == estimator
        and row["ci_method"] == (method or "wald_t")
    ]
    at = [(place[row["domain"], row["level"] or ""], column[row["variable"]]) for row in rows]
    assert rows
    return rows, tuple(np.array(at).T)


@pytest.mark.parametrize("name", list(CALIBRATED))
def test_calibrated_weights_are_those_of_r(respondents, golden, name):
    weights = golden("golden_sme_weights.csv")
    assert weights["siren"].to_pylist() == respondents["siren"].to_pylist()
    # R's rake() stops on the change of a cell: it leaves 5e-10 itself.
    tolerance = 1e-8 if name == "rake_ipf" else CLOSE
    assert relative(numbers(respondents[name]), numbers(weights[name])) < tolerance


@pytest.mark.parametrize("estimator", ["mean", "total", "ratio"])
def test_estimates_errors_and_wald_intervals_are_those_of_r(survey, expected, estimator):
    name, _, _, plan, linear, squared = survey
    rows, at = rows_of(expected, survey, estimator)
    value, se = linear.value[at], np.sqrt(squared[at])
    assert len(rows) == {"mean": 410, "total": 410, "ratio": 82}[estimator]
    assert {row["df"] for row in rows} == {plan.degrees}
    assert relative(value, [row["estimate"] for row in rows]) < (1e-8 if name == "rake_ipf" else CLOSE)
    if name == "rake_ipf":
        return  # R's rake() has a variance of its own, which we do not follow.
    assert relative(se, [row["se"] for row in rows]) < CLOSE
    low, high = intervals.wald(value, se, plan.degrees)
    # An end that is a small difference of two large numbers is compared on the scale of the interval.
    scale = np.maximum(np.abs(value), 1e-15)
    assert np.max(np.abs(low - [row["ci_low"] for row in rows]) / scale) < CLOSE
    assert np.max(np.abs(high - [row["ci_high"] for row in rows]) / scale) < CLOSE


def test_respondents_in_each_domain_are_those_of_r(survey, expected):
    _, made, found, *_ = survey
    rows, at = rows_of(expected, survey, "mean")
    n = np.bincount(found.domain, made.get("n")[found.cell], len(found.names))
    # For a calibrated subset R counts the rows with a finite probability: the domain's.
    assert n[at[0]].tolist() == [row["n"] for row in rows]


def test_logit_intervals_are_those_of_r(survey, expected):
    name, _, _, plan, linear, squared = survey
    rows, at = rows_of(expected, survey, "prop", "xlogit")
    assert relative(linear.value[at], [row["estimate"] for row in rows]) < (
        1e-8 if name == "rake_ipf" else CLOSE
    )
    if name == "rake_ipf":
        return
    low, high = intervals.logit(linear.value[at], np.sqrt(squared[at]), plan.degrees)
    assert relative(low, [row["ci_low"] for row in rows]) < CLOSE
    assert relative(high, [row["ci_high"] for row in rows]) < CLOSE


def test_beta_intervals_are_those_of_r(survey, expected):
    name, made, found, _, linear, squared = survey
    if name == "rake_ipf":
        pytest.skip("R's rake() has a variance of its own, which we do not follow")
    rows, at = rows_of(expected, survey, "prop", "beta")
    n = np.bincount(found.domain, made.get("n")[found.cell], len(found.names))
    strata = np.bincount(linear.pair_domain, minlength=len(found.names))
    # R takes the degrees of freedom of the subset, but for a calibrated subset still n of the whole file.
    size = np.full(len(n), n[0]) if name in CALIBRATED else n
    low, high = intervals.beta(linear.value[at], np.sqrt(squared[at]), size[at[0]], (n - strata)[at[0]])
    known = np.array([row["ci_low"] is not None for row in rows])
    assert known.mean() > 0.9
    assert relative(low[known], [row["ci_low"] for row in rows if row["ci_low"] is not None]) < CLOSE
    assert relative(high[known], [row["ci_high"] for row in rows if row["ci_high"] is not None]) < CLOSE
    assert np.isnan(low[~known]).all()


def test_wilson_intervals_are_those_of_r(golden):
    table = golden("golden_wilson_45.csv")
    p, v, df = (numbers(table[name]) for name in ("p", "var", "df"))
    low, high = intervals.wilson(p, p * (1 - p) / v, intervals.t_quantile(df))
    assert relative(low, numbers(table["lo"])) < CLOSE
    assert relative(high, numbers(table["hi"])) < CLOSE


def test_strata_of_variance_are_collapsed_as_in_the_reference(golden):
    sample = golden("sme_sample.csv")
    counts, expected = {}, {}
    for region, size, resp, stratum in zip(
        *(sample[name].to_pylist() for name in ("region", "size", "resp", "vstratum")), strict=True
    ):
        counts[region, size] = counts.get((region, size), 0) + resp
        expected[region, size] = stratum
    order = ["00-09", "10-19", "20-49", "50-99", "100-249", "250+"]
    found = collapse(counts, order, 2, "variance")
    assert len(set(found.labels.values())) == 82
    assert sum(count < 2 for count in counts.values()) == 2
    # The same partition under other names.
    assert len({(found.labels[cell], expected[cell]) for cell in counts}) == 82
    assert {merge.count for merge in found.merges if merge.count < 2} == {
        count for count in counts.values() if count < 2
    }
