"""Calibration: margins met, bounds kept, weights positive for raking, and each failure told by name."""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from orchestration.estimation import calibration
from orchestration.estimation.calibration import calibrate
from orchestration.estimation.errors import BoundsError, ConvergenceError, FrameError, MarginError
from orchestration.estimation.margins import Margin, constraints, margin_of, merge_small

METHODS = [("raking", None), ("linear", None), ("logit", (0.2, 5.0)), ("truncated", (0.2, 5.0))]


def population(seed, companies=3000):
    """A register with two categories and a headcount, and who answered."""
    random = np.random.default_rng(seed)
    region = random.choice(["R0", "R1", "R2", "R3"], companies)
    size = random.choice(["small", "large"], companies, p=[0.8, 0.2])
    register = pa.table(
        {
            "region": region,
            "size": size,
            "headcount": np.where(size == "large", 100.0, 5.0) * random.gamma(4, 0.25, companies),
        }
    )
    answers = random.random(companies) < np.where(size == "large", 0.3, 0.12)
    return register, register.filter(pa.array(answers))


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), method=st.sampled_from(METHODS), has_measure=st.booleans())
def test_calibrated_weights_hit_the_margins(seed, method, has_measure):
    register, respondents = population(seed)
    margins = [margin_of(register, "region"), margin_of(register, "size")]
    if has_measure:
        margins.append(margin_of(register, "size", "headcount"))
    problem = constraints(respondents, margins, minimum=5)
    before = np.full(respondents.num_rows, register.num_rows / respondents.num_rows)
    before *= np.random.default_rng(seed).uniform(0.7, 1.3, len(before))
    name, bounds = method
    try:
        found = calibrate(problem, before, name, bounds)
    except BoundsError:
        assume(False)
    weights = before * found.adjustment
    assert np.isfinite(weights).all()
    grossed = respondents.append_column("w", pa.array(weights)).append_column(
        "wh", pa.array(weights * np.array(respondents["headcount"].to_pylist()))
    )
    for margin in margins:
        for category, total in margin_of(grossed, margin.by, "wh" if margin.measure else "w").totals.items():
            assert total == pytest.approx(margin.totals[category], rel=1e-9)
    if name == "raking":
        assert (weights > 0).all()
    if bounds:
        assert found.adjustment.min() >= bounds[0] - 1e-12
        assert found.adjustment.max() <= bounds[1] + 1e-12


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10**6), order=st.randoms(use_true_random=False))
def test_the_order_of_respondents_and_margins_changes_no_weight(seed, order):
    register, respondents = population(seed, 1500)
    margins = [margin_of(register, "region"), margin_of(register, "size")]
    rows = list(range(respondents.num_rows))
    order.shuffle(rows)
    before = np.random.default_rng(seed).uniform(5, 15, len(rows))
    first = calibrate(constraints(respondents, margins, 1), before).adjustment
    second = calibrate(constraints(respondents.take(rows), margins[::-1], 1), before[rows]).adjustment
    np.testing.assert_allclose(second, first[rows], rtol=1e-9)


def test_weights_that_meet_the_margins_stay_as_they_are():
    register, _ = population(1)
    problem = constraints(register, [margin_of(register, "region"), margin_of(register, "size")])
    found = calibrate(problem, np.ones(register.num_rows))
    assert found.iterations == 0
    assert (found.adjustment == 1).all()


def test_poststratification_is_the_ratio_of_the_totals():
    register, respondents = population(2)
    margin = margin_of(register, "region")
    before = np.random.default_rng(2).uniform(5, 15, respondents.num_rows)
    region = np.array(respondents["region"].to_pylist())
    expected = np.array([margin.totals[each] / before[region == each].sum() for each in region])
    for method, bounds in METHODS:
        found = calibrate(constraints(respondents, [margin]), before, method, bounds)
        np.testing.assert_allclose(found.adjustment, expected, rtol=1e-10)


@pytest.mark.parametrize("name", ["raking", "linear", "logit", "truncated"])
def test_each_distance_starts_at_one_with_slope_one(name):
    adjust, slope = calibration.distance(name, (0.4, 2.5))
    at, step = np.zeros(1), 1e-6
    assert adjust(at) == pytest.approx(1)
    assert slope(at) == pytest.approx(1)
    u = np.array([-0.3, 0.2, 0.5])
    numeric = (adjust(u + step) - adjust(u - step)) / (2 * step)
    np.testing.assert_allclose(slope(u), numeric, rtol=1e-6)


def test_a_nested_margin_is_redundant_and_does_no_harm():
    register, respondents = population(3)
    zone = {"R0": "east", "R1": "east", "R2": "west", "R3": "west"}
    register, respondents = (
        table.append_column("zone", pa.array([zone[each] for each in table["region"].to_pylist()]))
        for table in (register, respondents)
    )
    coarse = [margin_of(register, "zone")]
    plain = [margin_of(register, "region"), margin_of(register, "size")]
    before = np.full(respondents.num_rows, 8.0)
    first = calibrate(constraints(respondents, plain), before).adjustment
    second = calibrate(constraints(respondents, plain + coarse), before).adjustment
    np.testing.assert_allclose(second, first, rtol=1e-10)


def test_nested_margins_that_contradict_are_named():
    register, respondents = population(3)
    zone = {"R0": "east", "R1": "east", "R2": "west", "R3": "west"}
    respondents = respondents.append_column(
        "zone", pa.array([zone[each] for each in respondents["region"].to_pylist()])
    )
    region = margin_of(register, "region")
    total = sum(region.totals.values())
    wrong = Margin("zone", {"east": total / 2 + 300, "west": total / 2 - 300})
    for method, bounds in METHODS:
        with pytest.raises((MarginError, BoundsError), match=r"cannot meet .*(zone|region)="):
            calibrate(
                constraints(respondents, [region, wrong]), np.full(respondents.num_rows, 8.0), method, bounds
            )


def test_margins_of_different_populations_are_refused():
    register, respondents = population(4)
    region, size = margin_of(register, "region"), margin_of(register, "size")
    size = Margin("size", {**size.totals, "small": size.totals["small"] + 7})
    with pytest.raises(MarginError, match=r"different totals of companies \(region: 3,?000, size: 3,?007\)"):
        constraints(respondents, [region, size])


def test_a_category_without_respondents_is_named():
    register, respondents = population(5)
    rest = respondents.filter(pa.array([each != "R2" for each in respondents["region"].to_pylist()]))
    with pytest.raises(MarginError, match=r"too few respondents in region=R2 \(0\)"):
        constraints(rest, [margin_of(register, "region")], minimum=0)


def test_a_category_with_few_respondents_is_named_with_its_number():
    register, respondents = population(5)
    large = sum(each == "large" for each in respondents["size"].to_pylist())
    with pytest.raises(MarginError, match=rf"size=large \({large}\)"):
        constraints(respondents, [margin_of(register, "size")], minimum=large + 1)
    constraints(respondents, [margin_of(register, "size")], minimum=large)


def test_small_categories_are_merged_with_their_neighbours_and_logged():
    respondents = pa.table({"size": ["a"] * 40 + ["b"] * 10 + ["c"] * 25 + ["d"] * 50 + ["e"] * 5})
    margins = [
        Margin("size", {"a": 400.0, "b": 100.0, "c": 200.0, "d": 300.0, "e": 50.0}),
        Margin("size", {"a": 1.0, "b": 2.0, "c": 3.0, "d": 4.0, "e": 5.0}, "headcount"),
    ]
    merged, table, log = merge_small(margins, respondents, {"size": list("abcde")})
    assert merged[0].totals == {"a": 400.0, "b+c": 300.0, "d+e": 350.0}
    assert merged[1].totals == {"a": 1.0, "b+c": 5.0, "d+e": 9.0}
    assert sorted(set(table["size"].to_pylist())) == ["a", "b+c", "d+e"]
    assert [(merge.cell, merge.count, merge.into) for merge in log] == [
        ("b", 10, "b+c"),
        ("c", 25, "b+c"),
        ("d", 50, "d+e"),
        ("e", 5, "d+e"),
    ]


def test_a_respondent_of_an_unknown_category_is_refused():
    register, respondents = population(6)
    margin = margin_of(register, "region")
    totals = {name: total for name, total in margin.totals.items() if name != "R3"}
    with pytest.raises(MarginError, match="region without a total: R3"):
        constraints(respondents, [Margin("region", totals)])


@pytest.mark.parametrize("total", [0.0, -5.0, float("nan")])
def test_a_total_that_is_no_number_of_companies_is_refused(total):
    register, respondents = population(6)
    totals = {**margin_of(register, "region").totals, "R1": total}
    with pytest.raises(MarginError, match="no usable total for region=R1"):
        constraints(respondents, [Margin("region", totals)])


def test_a_missing_measure_is_refused():
    register, respondents = population(6)
    holed = respondents.set_column(
        2, "headcount", pa.array([None, *respondents["headcount"].to_pylist()[1:]], pa.float64())
    )
    with pytest.raises(MarginError, match="1 respondents have no headcount"):
        constraints(holed, [margin_of(register, None, "headcount")])


@pytest.mark.parametrize("method", ["logit", "truncated"])
def test_infeasible_bounds_are_told_with_bounds_that_would_do(method):
    register, respondents = population(7)
    problem = constraints(respondents, [margin_of(register, "region"), margin_of(register, "size")])
    before = np.full(respondents.num_rows, register.num_rows / respondents.num_rows)
    with pytest.raises(BoundsError, match="size=") as caught:
        calibrate(problem, before, method, (0.99, 1.01))
    advice = re.search(r"\(([\d.]+), ([\d.]+)\)", caught.value.fix or "")
    assert advice
    low, high = float(advice[1]), float(advice[2])
    # The advice holds, with a hair of room for the logit, which never reaches its bounds.
    found = calibrate(problem, before, method, (low - 0.02, high + 0.02))
    assert found.margin_error < 1e-9


@pytest.mark.parametrize("bounds", [None, (1.0, 2.0), (0.5, 1.0), (-0.1, 2.0), (0.5, np.inf)])
def test_bounds_must_hold_one_between_them(bounds):
    register, respondents = population(7)
    problem = constraints(respondents, [margin_of(register, "region")])
    with pytest.raises(BoundsError, match="cannot hold an adjustment"):
        calibrate(problem, np.ones(respondents.num_rows), "logit", bounds)


def test_impossible_margins_are_named():
    """No positive weights meet these: the two large companies of R0 are all of R0."""
    respondents = pa.table(
        {"region": ["R0"] * 5 + ["R1"] * 5, "size": ["large"] * 5 + ["small", "large"] * 2 + ["small"]}
    )
    margins = [Margin("region", {"R0": 60.0, "R1": 40.0}), Margin("size", {"large": 50.0, "small": 50.0})]
    with pytest.raises(MarginError, match="no weights meet the margins together: cannot meet "):
        calibrate(constraints(respondents, margins, 1), np.full(10, 10.0))


def test_too_few_steps_is_no_convergence():
    register, respondents = population(8)
    problem = constraints(respondents, [margin_of(register, "region"), margin_of(register, "size")])
    with pytest.raises(ConvergenceError, match="no convergence in 1 steps"):
        calibrate(problem, np.ones(respondents.num_rows), iterations=1)


@pytest.mark.parametrize("bad", [-1.0, float("nan")])
def test_weights_before_calibration_must_be_weights(bad):
    register, respondents = population(8)
    problem = constraints(respondents, [margin_of(register, "region")])
    weights = np.ones(respondents.num_rows)
    weights[3] = bad
    with pytest.raises(FrameError, match="1 weights before calibration are negative or not numbers"):
        calibrate(problem, weights)


def test_a_category_whose_weights_are_all_zero_is_named():
    register, respondents = population(8)
    problem = constraints(respondents, [margin_of(register, "region")])
    weights = np.array([0.0 if each == "R1" else 1.0 for each in respondents["region"].to_pylist()])
    with pytest.raises(MarginError, match="no weight in region=R1"):
        calibrate(problem, weights)


def test_a_register_with_gaps_gives_no_margin():
    register = pa.table({"region": ["R0", None], "headcount": [1.0, None]})
    with pytest.raises(MarginError, match="1 companies of the register have no region"):
        margin_of(register, "region")
    with pytest.raises(MarginError, match="1 companies of the register have no headcount"):
        margin_of(register, None, "headcount")


def test_no_margin_is_refused():
    with pytest.raises(MarginError, match="no margin"):
        constraints(pa.table({"a": ["b"]}), [])
