"""Intervals: order, limits, and the capped effective size."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.estimation import intervals, sensitivity

shares = st.floats(0.001, 0.999)
sizes = st.floats(3, 10_000)


@given(shares, sizes)
def test_wilson_holds_the_share_inside_its_bounds(p, n):
    low, high = intervals.wilson(np.array([p]), np.array([n]), 1.96)
    assert 0 <= low[0] < p < high[0] <= 1


@given(shares, sizes)
def test_a_larger_effective_size_gives_a_narrower_interval(p, n):
    narrow, wide = (intervals.wilson_capped(np.array([p]), np.array([size])) for size in (n * 1.5, n))
    assert narrow[1] - narrow[0] < wide[1] - wide[0]


@given(shares, st.floats(0.5, 0.999))
def test_intervals_mirror_the_other_side(p, level):
    p_, se = np.array([p, 1 - p]), np.array([0.03, 0.03])
    for low, high in (
        intervals.wald(p_, se, 20, level),
        intervals.logit(p_, se, 20, level),
        intervals.beta(p_, se, 50, 20, level),
        intervals.wilson_capped(p_, np.array([40.0, 40.0]), level),
    ):
        assert low[0] == pytest.approx(1 - high[1], abs=1e-9)


def test_beta_is_clopper_pearson_for_a_simple_sample():
    # 8 of 20: the exact interval of the textbooks.
    p = np.array([0.4])
    low, high = intervals.beta(p, np.sqrt(p * (1 - p) / 20), 20, 19)
    assert (low[0], high[0]) == (pytest.approx(0.1911901, abs=1e-7), pytest.approx(0.6394574, abs=1e-7))


@given(shares, st.floats(1e-5, 0.1), st.integers(3, 1000), st.floats(1, 1000), st.floats(1, 500))
def test_the_effective_size_is_capped_by_respondents_and_by_kish(p, variance, n, kish, degrees):
    (found,) = intervals.effective_size(
        *(np.array([each]) for each in (p, variance)),
        n=np.array([float(n)]),
        kish=np.array([kish]),
        degrees=np.array([degrees]),
    )
    assert found <= min(n, kish, p * (1 - p) / variance) * (1 + 1e-12)
    assert found > 0


@pytest.mark.parametrize("p", [0.0, 1.0])
def test_all_or_none_rest_on_kish_s_size(p):
    (found,) = intervals.effective_size(
        np.array([p]), np.zeros(1), n=np.array([25.0]), kish=np.array([14.0]), degrees=np.array([3.0])
    )
    assert found == 14
    low, high = intervals.wilson_capped(np.array([p]), np.array([found]))
    assert (low[0], high[0]) == (
        (0.0, pytest.approx(0.2153, abs=1e-4)) if p == 0 else (pytest.approx(0.7847, abs=1e-4), 1.0)
    )


@given(shares)
def test_sensitivity_surrounds_the_share_and_undoes_itself(p):
    low, high = sensitivity.bounds(np.array([p]))
    assert low[0] < p < high[0]
    assert sensitivity.under_ratio(low, 0.8)[0] == pytest.approx(p)
    assert sensitivity.under_ratio(np.array([p]), 1.0)[0] == pytest.approx(p)
