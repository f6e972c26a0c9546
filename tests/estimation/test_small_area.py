"""Fay-Herriot: R's results on the published milk data, and what the model does with poor and missing
areas."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from orchestration.estimation.design import Design
from orchestration.estimation.errors import EstimationError
from orchestration.estimation.figures import estimate
from orchestration.estimation.indicators import Breakdown, Indicator
from orchestration.estimation.small_area import fay_herriot, model_based, smoothed

# Milk expenditure in 43 areas (Arora and Lahiri 1997): direct estimate, standard deviation, major area.
MILK = """
1.099 .163 1; 1.075 .080 1; 1.105 .083 1; .628 .109 1; .753 .119 1; .981 .141 1; 1.257 .202 1; 1.095 .127 2;
1.405 .168 2; 1.356 .178 2; .615 .100 2; 1.460 .201 2; 1.338 .148 2; .854 .143 2; 1.176 .149 3; 1.111 .145 3;
1.257 .135 3; 1.430 .172 3; 1.278 .137 3; 1.292 .163 3; 1.002 .125 3; 1.183 .247 3; 1.044 .140 3;
1.267 .171 3;
1.193 .106 3; .791 .121 4; .795 .121 4; .759 .259 4; .796 .106 4; .565 .089 4; .886 .225 4; .952 .205 4;
.807 .119 4; .582 .067 4; .684 .106 4; .787 .126 4; .440 .092 4; .759 .132 4; .770 .100 4; .800 .113 4;
.756 .083 4; .865 .121 4; .640 .129 4
"""
# R sae 1.1, mseFH(yi ~ as.factor(MajorArea), SD^2), REML with its tolerance of 1e-4.
COEFFICIENTS = [0.9681890, 0.1327801, 0.2269462, -0.2413011]
EBLUP = {0: 1.0219703, 1: 1.0476018, 3: 0.7608170, 11: 1.2139456, 21: 1.1923057, 27: 0.7338443, 42: 0.6810870}
MSE = {
    0: 0.013460220,
    1: 0.005372876,
    3: 0.008541740,
    11: 0.016336469,
    21: 0.017243977,
    27: 0.016476912,
    42: 0.009903626,
}


@pytest.fixture(scope="module")
def milk():
    data = np.array([[float(part) for part in row.split()] for row in MILK.split(";")])
    x = np.stack([np.ones(len(data)), *(data[:, 2] == area for area in (2, 3, 4))], axis=1).astype(float)
    return data[:, 0], data[:, 1] ** 2, x


def test_the_milk_data_give_r_s_results(milk):
    found = fay_herriot(*milk)
    assert found.sigma2 == pytest.approx(0.0185503, abs=2e-6)
    np.testing.assert_allclose(found.coefficients, COEFFICIENTS, atol=2e-5)
    for area, value in EBLUP.items():
        assert found.value[area] == pytest.approx(value, abs=5e-6)
        assert found.mse[area] == pytest.approx(MSE[area], abs=5e-6)


def test_the_restricted_likelihood_is_at_its_maximum(milk):
    y, psi, x = milk
    sigma2 = fay_herriot(y, psi, x).sigma2

    def likelihood(s):
        v = 1 / (s + psi)
        information = (x * v[:, None]).T @ x
        beta = np.linalg.solve(information, x.T @ (v * y))
        return -0.5 * (-np.log(v).sum() + np.linalg.slogdet(information)[1] + v @ (y - x @ beta) ** 2)

    step = 1e-5
    assert abs(likelihood(sigma2 + step) - likelihood(sigma2 - step)) / (2 * step) < 1e-3
    assert likelihood(sigma2) > max(likelihood(sigma2 * 0.7), likelihood(sigma2 * 1.4))


def test_a_poor_direct_estimate_counts_for_less(milk):
    y, psi, x = milk
    found = fay_herriot(y, psi, x)
    order = np.argsort(psi)
    assert (np.diff(found.gamma[order]) <= 0).all()
    synthetic = x @ found.coefficients
    np.testing.assert_allclose(found.value, found.gamma * y + (1 - found.gamma) * synthetic)
    assert (found.mse < psi + 1e-9).mean() > 0.9


def test_an_area_without_an_answer_gets_the_synthetic_value(milk):
    y, psi, x = milk
    y, psi = y.copy(), psi.copy()
    y[5], psi[5] = np.nan, np.nan
    found = fay_herriot(y, psi, x)
    assert found.gamma[5] == 0
    assert found.value[5] == pytest.approx(x[5] @ found.coefficients)
    assert found.mse[5] > found.sigma2


def test_areas_without_a_spread_of_their_own_get_the_model_s_line():
    random = np.random.default_rng(0)
    x = np.stack([np.ones(30), random.random(30)], axis=1)
    y = x @ [0.2, 0.3] + 1e-4 * random.standard_normal(30)
    found = fay_herriot(y, np.full(30, 0.01), x)
    assert found.sigma2 == 0
    assert (found.gamma == 0).all()


def test_too_few_areas_and_repeated_covariates_are_refused(milk):
    y, psi, x = milk
    with pytest.raises(EstimationError, match="8 areas with a direct estimate for 4 coefficients"):
        fay_herriot(y[:8], psi[:8], x[:8])
    with pytest.raises(EstimationError, match="combinations of others"):
        fay_herriot(y, psi, np.column_stack([x, x[:, 1] * 2]))


def test_smoothed_variances_add_up_to_the_direct_ones():
    value, kish, n = (
        np.array([0.2, 0.3, 0.4, np.nan]),
        np.array([20.0, 40, 10, np.nan]),
        np.array([25.0, 50, 12, 0]),
    )
    direct = np.array([0.01, 0.004, 0.03, np.nan])
    found = smoothed(value, direct, kish, n)
    assert found[:3].sum() == pytest.approx(0.044)
    np.testing.assert_allclose(found[:3] * kish[:3], found[0] * kish[0])
    assert np.isnan(found[3])


@pytest.fixture(scope="module")
def territories(connection):
    """Thirty territories, one without respondents, whose true shares follow a covariate known for all."""
    random = np.random.default_rng(7)
    names = [f"ti-{number:02d}" for number in range(31)]
    industry = random.random(31)
    truth = 0.15 + 0.4 * industry + random.normal(0, 0.03, 31)
    rows = [
        (name, p) for name, p in zip(names[:30], truth, strict=False) for _ in range(random.integers(8, 35))
    ]
    table = pa.table(
        {
            "territory": [name for name, _ in rows],
            "stratum": [str(number % 4) for number in range(len(rows))],
            "weight": random.uniform(5, 30, len(rows)),
            "yes": [bool(random.random() < p) for _, p in rows],
        }
    )
    connection.register("areas", table)
    figures = estimate(
        connection,
        "areas",
        Design("weight", "stratum"),
        [Indicator("share", "yes")],
        [Breakdown("territory", ("territory",))],
        edition="e",
        population={"territory": dict.fromkeys(names, 100.0)},
    )
    return figures, pa.table({"domain": names, "industry": industry}), truth


def test_model_based_figures_are_labelled_and_nearer_the_truth(territories):
    figures, covariates, truth = territories
    found = model_based(figures, covariates)
    rows = found.to_pylist()
    assert {row["method"] for row in rows} == {"fay_herriot"}
    assert {row["flag"] for row in rows} == {"model_based"}
    assert all(
        0 <= row["gamma"] < 1 and 0 <= row["ci_low"] <= row["value"] <= row["ci_high"] <= 1 for row in rows
    )
    direct = np.array([row["value"] for row in figures.to_pylist()][:30])
    modelled = np.array([row["value"] for row in rows][:30])
    assert ((modelled - truth[:30]) ** 2).mean() < 0.6 * ((direct - truth[:30]) ** 2).mean()
    (silent,) = (row for row in rows if row["domain"] == "ti-30")
    assert (silent["n"], silent["gamma"]) == (0, 0)


def test_areas_must_be_the_same_on_both_sides(territories):
    figures, covariates, _ = territories
    with pytest.raises(EstimationError, match="stand on one side only: ti-00"):
        model_based(figures, covariates.slice(1))
    holed = covariates.set_column(1, "industry", pa.array([None, *covariates["industry"].to_pylist()[1:]]))
    with pytest.raises(EstimationError, match="covariates missing for ti-00"):
        model_based(figures, holed)
    with pytest.raises(EstimationError, match="32 rows for 31 areas"):
        model_based(figures, pa.concat_tables([covariates, covariates.slice(0, 1)]))
