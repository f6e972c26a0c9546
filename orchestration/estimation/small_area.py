"""Model-based figures for territories. Belongs here: the Fay-Herriot model and its table. Does not:
direct estimates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from orchestration.estimation import intervals
from orchestration.estimation.arrays import Flags, Numbers, column, numbers, some
from orchestration.estimation.errors import ConvergenceError, EstimationError
from orchestration.estimation.figures import SCHEMA
from orchestration.estimation.tables import NUMBER, distinct, filled, where

ITERATIONS = 200
# Areas beyond the coefficients, for the model's variance to be estimable at all.
SPARE_AREAS = 5


@dataclass(frozen=True)
class FayHerriot:
    """A fitted area model: ``coefficients``, the areas' variance ``sigma2``, and by area the weight
    ``gamma`` of its direct estimate, the empirical best predictor ``value`` and its mean squared error
    ``mse``."""

    coefficients: Numbers
    sigma2: float
    gamma: Numbers
    value: Numbers
    mse: Numbers


def fay_herriot(direct: Numbers, variance: Numbers, x: Numbers) -> FayHerriot:
    """Fit direct_i = x_i'b + v_i + e_i, v ~ (0, sigma2), e ~ (0, variance_i), by REML.

    ``direct`` and ``variance`` (areas), nan where an area has no direct estimate; ``x`` (areas,
    covariates) with the constant. An area without a direct estimate gets the synthetic x'b (gamma 0). The
    mean squared error is Prasad and Rao's g1 + g2 + 2 g3 (Datta and Lahiri 2000 for REML; R's
    sae::mseFH). Raises EstimationError for too few areas or covariates that repeat one another,
    ConvergenceError where the scoring does not settle.
    """
    known = np.isfinite(direct) & np.isfinite(variance) & (variance > 0)
    _check(known, x)
    y, psi, z = direct[known], variance[known], x[known]
    sigma2 = _reml(y, psi, z)
    inverse = 1 / (sigma2 + psi)
    spread = np.linalg.inv((z * inverse[:, None]).T @ z)
    coefficients = spread @ (z.T @ (inverse * y))
    synthetic = x @ coefficients
    gamma = np.where(known, sigma2 / (sigma2 + np.where(known, variance, 1.0)), 0.0)
    value = gamma * np.where(known, direct, 0.0) + (1 - gamma) * synthetic
    psi_all = np.where(known, variance, np.inf)
    first = np.where(known, gamma * np.where(known, variance, 0.0), sigma2)
    second = (1 - gamma) ** 2 * np.einsum("ij,jk,ik->i", x, spread, x)
    asymptotic = 2 / (inverse**2).sum()
    third = (
        np.where(known, 1 / (psi_all + sigma2) ** 3 * np.where(known, variance, 0.0) ** 2, 0.0) * asymptotic
    )
    return FayHerriot(coefficients, sigma2, gamma, value, first + second + 2 * third)


def _check(known: Flags, x: Numbers) -> None:
    if known.sum() < x.shape[1] + SPARE_AREAS:
        raise EstimationError(
            f"{int(known.sum())} areas with a direct estimate for {x.shape[1]} coefficients",
            where="Fay-Herriot model",
            expected=f"at least {x.shape[1] + SPARE_AREAS}",
            fix="use fewer covariates, or publish no model-based figures",
        )
    if np.linalg.matrix_rank(x[known]) < x.shape[1]:
        raise EstimationError(
            "covariates that are combinations of others",
            where="Fay-Herriot model",
            expected="covariates that each tell something of their own",
            fix="drop one of them",
        )


def _reml(y: Numbers, psi: Numbers, x: Numbers) -> float:
    """The variance of the areas by Fisher scoring on the restricted likelihood, held at or above 0."""
    sigma2 = float(np.median(psi))
    for _ in range(ITERATIONS):
        inverse = 1 / (sigma2 + psi)
        weighted = x * inverse[:, None]
        p = np.diag(inverse) - weighted @ np.linalg.solve(weighted.T @ x, weighted.T)
        projected = p @ y
        score = -0.5 * np.trace(p) + 0.5 * projected @ projected
        information = 0.5 * (p**2).sum()
        fresh = max(0.0, sigma2 + float(score / information))
        if abs(fresh - sigma2) <= 1e-12 * (sigma2 + float(psi.mean())):
            return fresh
        sigma2 = fresh
    raise ConvergenceError(
        f"the areas' variance did not settle in {ITERATIONS} steps",
        where="Fay-Herriot model",
        expected="a restricted likelihood with a clear maximum",
        fix="check the direct variances, or publish no model-based figures",
    )


def smoothed(value: Numbers, variance: Numbers, kish: Numbers, n: Numbers) -> Numbers:
    """Variances of direct shares smoothed by one generalised variance function, c p(1-p)/Kish size.

    p is the mean share and c makes the smoothed variances of the areas with 5 respondents or more add up
    to their direct ones: a direct variance from 20 answers is too poor to weigh its area by.
    """
    usable = (n >= 5) & np.isfinite(variance) & (kish > 0)
    mean = np.average(value[usable], weights=n[usable])
    shape = np.divide(mean * (1 - mean), kish, out=np.full(len(kish), np.nan), where=kish > 0)
    scale: float = variance[usable].sum() / shape[usable].sum()
    return np.asarray(scale * shape, dtype=np.float64)


def model_based(
    figures: pa.Table, covariates: pa.Table, *, domain_type: str = "territory", level: float = intervals.LEVEL
) -> pa.Table:
    """Model-based figures for the shares of one breakdown, indicator by indicator.

    ``figures`` are direct ones (`figures.estimate`). ``covariates`` has a row an area: ``domain`` and
    numeric columns known for the whole population. Returns rows of `figures.SCHEMA` plus ``gamma`` (the
    weight of the area's own answers), with the method ``fay_herriot`` and the root of the mean squared
    error as ``se``; also for areas of the covariates where nobody answered. An indicator whose model
    cannot be fitted is left out.
    """
    names = [name for name in covariates.column_names if name != "domain"]
    column(covariates, "domain", "covariates")
    areas = distinct(covariates, "domain")
    if len(areas) != covariates.num_rows:
        raise EstimationError(
            f"{covariates.num_rows} rows for {len(areas)} areas",
            where="covariates",
            expected="a row an area",
            fix="sum the covariates by area",
        )
    x = np.column_stack([np.ones(len(areas)), *(numbers(covariates[name]) for name in names)])
    if not np.isfinite(x).all():
        lost = {areas[int(i)] for i in np.flatnonzero(~np.isfinite(x).all(axis=1))}
        raise EstimationError(
            f"covariates missing for {some(sorted(lost))}",
            where="Fay-Herriot model",
            expected="every covariate for every area",
            fix="take covariates from the register or the frame",
        )
    own = where(where(figures, "domain_type", domain_type), "kind", "proportion")
    parts = [_modelled(where(own, "indicator", each), areas, x, level) for each in distinct(own, "indicator")]
    schema = SCHEMA.append(pa.field("gamma", NUMBER))
    return pa.concat_tables([part.cast(schema) for part in parts]) if parts else schema.empty_table()


def _modelled(rows: pa.Table, areas: Sequence[str], x: Numbers, level: float) -> pa.Table:
    place = {domain: number for number, domain in enumerate(distinct(rows, "domain"))}
    unknown = sorted(set(areas) ^ set(place))
    if unknown:
        raise EstimationError(
            f"areas that stand on one side only: {some(unknown)}",
            where="Fay-Herriot model",
            expected="the same areas in the figures and in the covariates",
            fix="give `population` to estimate, so that areas without respondents have a row",
        )
    rows = rows.take(pa.array([place[area] for area in areas]))
    value, se, kish, n = (numbers(rows[name]) for name in ("value", "se", "kish_n", "n"))
    psi = smoothed(value, se**2, kish, n)
    found = fay_herriot(value, psi, x)
    error = np.sqrt(found.mse)
    half = float(intervals.t_quantile(np.inf, level)) * error
    count = len(areas)
    new = {
        "value": filled(np.clip(found.value, 0, 1)),
        "se": filled(error),
        "ci_low": filled(np.clip(found.value - half, 0, 1)),
        "ci_high": filled(np.clip(found.value + half, 0, 1)),
        "cv": filled(error / np.maximum(found.value, 1e-300)),
        "flag": pa.array(["model_based"] * count, pa.string()),
        "reason": pa.array(["model_based"] * count, pa.string()),
        "method": pa.array(["fay_herriot"] * count, pa.string()),
        **{name: filled(np.full(count, np.nan)) for name in ("effective_n", "deff", "degrees")},
    }
    columns = {name: new.get(name, rows[name]) for name in SCHEMA.names}
    return pa.table(columns | {"gamma": filled(found.gamma)})
