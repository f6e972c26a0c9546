"""Second opinions on the variance: R's jackknife with raking redone, and its two-phase design."""

from __future__ import annotations

import numpy as np
import pytest

from orchestration.estimation.arrays import codes, codes_in, numbers
from orchestration.estimation.calibration import calibrate
from orchestration.estimation.errors import FrameError
from orchestration.estimation.margins import Margin, constraints
from orchestration.estimation.second_opinion import jackknife, two_phase

NAMES = ("innov", "export", "needs")


@pytest.fixture(scope="module")
def respondents(golden):
    return golden("sme_respondents.csv")


@pytest.fixture(scope="module")
def expected(golden):
    rows = golden("golden_sme.csv").to_pylist()
    return lambda design, column: [
        next(r[column] for r in rows if r["design"] == design and r["variable"] == name) for name in NAMES
    ]


def means(answers):
    return lambda weights: weights @ answers / weights.sum()


def test_jackknife_is_that_of_r(respondents, expected):
    answers = np.stack([numbers(respondents[name]) for name in NAMES], axis=1)
    found = jackknife(numbers(respondents["w1"]), codes(respondents["vstratum"])[0], means(answers))
    np.testing.assert_allclose(np.sqrt(found), expected("nr_jkn", "se"), rtol=1e-9)


def test_jackknife_with_raking_redone_is_that_of_r(golden, respondents, expected):
    totals = golden("sme_margins.csv").to_pylist()
    margins = [
        Margin(name, {row["level"]: row["N"] for row in totals if row["margin"] == name})
        for name in ("region", "size", "sector_cal")
    ]
    problem = constraints(respondents, margins, minimum=17)
    answers = np.stack([numbers(respondents[name]) for name in NAMES], axis=1)
    found = jackknife(
        numbers(respondents["w1"]),
        codes(respondents["vstratum"])[0],
        means(answers),
        lambda weights: weights * calibrate(problem, weights, tolerance=1e-10).adjustment,
    )
    np.testing.assert_allclose(np.sqrt(found), expected("cal_raking_jkn", "se"), rtol=1e-9)


def test_a_lone_respondent_has_no_jackknife():
    with pytest.raises(FrameError, match="single respondent"):
        jackknife(np.ones(3), np.array([0, 0, 1]), lambda weights: weights[:1])


def test_response_as_a_second_phase_is_that_of_r(golden, respondents, expected):
    sample = golden("sme_sample.csv")
    strata = sorted(set(sample["stratum"].to_pylist()))
    groups = sorted(set(sample["nrcell"].to_pylist()))
    invited = np.bincount(codes_in(sample["stratum"], strata))
    asked = np.bincount(codes_in(sample["nrcell"], groups))
    population = np.zeros(len(strata), dtype=np.int64)
    population[codes_in(sample["stratum"], strata)] = numbers(sample["Nh"]).astype(np.int64)
    stratum, group = codes_in(respondents["stratum"], strata), codes_in(respondents["nrcell"], groups)
    # R takes the unweighted response rate of the group.
    weights = numbers(respondents["w0"]) / (np.bincount(group, minlength=len(groups)) / asked)[group]
    for name, value, se in zip(
        NAMES, expected("twophase_approx", "estimate"), expected("twophase_approx", "se"), strict=True
    ):
        y = numbers(respondents[name])
        mean = weights @ y / weights.sum()
        assert mean == pytest.approx(value, rel=1e-9)
        x = weights * (y - mean) / weights.sum()
        found = two_phase(x, stratum, group, invited=invited, population=population, asked=asked)
        assert np.sqrt(found) == pytest.approx(se, rel=1e-9)
