"""Calibration of weights on margins (Deville and Särndal 1992). Belongs here: the distances and the damped
Newton solver. Does not: the margins' checks (margins), why no solution exists (feasibility)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import linalg, sparse, special

from orchestration.estimation.arrays import Codes, Numbers, some
from orchestration.estimation.errors import BoundsError, FrameError, MarginError
from orchestration.estimation.feasibility import explain
from orchestration.estimation.margins import Constraints

Method = Literal["raking", "linear", "logit", "truncated"]
Curve = Callable[[Numbers], Numbers]

TOLERANCE = 1e-12
ITERATIONS = 50
# Rounding stops the last digits: a margin met to this is met, when steps no longer help.
ROUNDING = 1e-9


@dataclass(frozen=True)
class Calibration:
    """The outcome: ``adjustment`` g of each respondent (final weight = g * weight before), ``multipliers`` of
    the constraints, Newton ``iterations``, and the largest relative ``margin_error`` left."""

    adjustment: Numbers
    multipliers: Numbers
    iterations: int
    margin_error: float


def distance(method: Method, bounds: tuple[float, float] | None = None) -> tuple[Curve, Curve]:
    """The adjustment F(u) and its slope F'(u), with F(0) = F'(0) = 1.

    raking exp(u); linear 1+u; truncated 1+u held inside the bounds (L, U); logit Deville and Särndal's case
    6. Raises BoundsError unless 0 <= L < 1 < U for the bounded methods.
    """
    if method == "raking":
        return np.exp, np.exp
    if method == "linear":
        return lambda u: 1 + u, np.ones_like
    if bounds is None or not 0 <= bounds[0] < 1 < bounds[1] < np.inf:
        raise BoundsError(
            f"bounds {bounds} cannot hold an adjustment",
            where=f"calibration {method}",
            expected="two numbers with 0 <= lower < 1 < upper",
            fix="give bounds such as (0.4, 2.5)",
        )
    low, high = bounds
    if method == "truncated":
        return lambda u: np.clip(1 + u, low, high), lambda u: ((1 + u > low) & (1 + u < high)).astype(
            np.float64
        )
    rate = (high - low) / ((1 - low) * (high - 1))
    shift = np.log((1 - low) / (high - 1))

    def share(u: Numbers) -> Numbers:
        return np.asarray(special.expit(rate * u + shift), dtype=np.float64)

    return (
        lambda u: low + (high - low) * share(u),
        lambda u: rate * (high - low) * share(u) * (1 - share(u)),
    )


def calibrate(
    problem: Constraints,
    weights: Numbers,
    method: Method = "raking",
    bounds: tuple[float, float] | None = None,
    *,
    tolerance: float = TOLERANCE,
    iterations: int = ITERATIONS,
) -> Calibration:
    """The adjustments nearest to 1 that make the weighted respondents meet every margin.

    Solves X'(d F(X l)) = T for l by Newton steps, halved while they do not bring the margins closer. Stops
    when the largest relative margin error is within ``tolerance``. Redundant constraints are set aside and
    checked at the end. Raises BoundsError (no solution inside the bounds), MarginError (no solution at all)
    or ConvergenceError.
    """
    if not (np.isfinite(weights).all() and (weights >= 0).all()):
        raise FrameError(
            f"{int((~(weights >= 0)).sum())} weights before calibration are negative or not numbers",
            where=f"calibration {method}",
            expected="a weight for every respondent, 0 to leave it out",
            fix="calibrate respondents only, after the non-response adjustment",
        )
    adjust, slope = distance(method, bounds)
    mass = problem.mass(weights)
    empty = abs(problem.x).T @ mass == 0
    if empty.any():
        raise MarginError(
            f"no weight in {some(problem.names[j] for j in np.flatnonzero(empty))}",
            where=f"calibration {method}",
            expected="weighted respondents in every category",
            fix="merge neighbouring categories (margins.merge_small) or drop this margin",
        )
    scale = problem.scale(mass)
    x, totals = sparse.csr_array(problem.x @ sparse.diags_array(1 / scale)), problem.totals / scale
    kept = independent(_gram(x, mass))
    x_kept, totals_kept = sparse.csr_array(x[:, kept]), totals[kept]
    multipliers = np.zeros(len(kept))
    factor = adjust(x_kept @ multipliers)
    gap = totals_kept - x_kept.T @ (mass * factor)
    done = 0
    while np.abs(gap).max() > tolerance and done < iterations:
        moved = _step(x_kept, mass, (adjust, slope), multipliers, gap=gap, totals=totals_kept)
        if moved is None:
            break
        multipliers, factor, gap = moved
        done += 1
    error = np.abs(problem.totals - problem.reached(mass * factor)) / scale
    if error.max() > max(tolerance, ROUNDING):
        limits = (0.0, np.inf) if method == "raking" else (-np.inf, np.inf) if method == "linear" else bounds
        assert limits is not None
        raise explain(problem, mass, limits, error=error, method=method, iterations=done)
    full = np.zeros(len(scale))
    full[kept] = multipliers / scale[kept]
    return Calibration(factor[problem.pattern], full, done, float(error.max()))


def independent(gram: Numbers) -> Codes:
    """The columns of X that are not combinations of earlier ones, from X'DX, in their order (Cholesky)."""
    size = np.sqrt(np.diag(gram))
    rest = gram / np.outer(size, size)
    kept = []
    for j in range(len(rest)):
        # What the columns kept so far leave unexplained of column j, whose length is 1.
        if rest[j, j] > 1e-10:
            kept.append(j)
            explained = rest[:, j] / np.sqrt(rest[j, j])
            rest = rest - np.outer(explained, explained)
    return np.array(kept, dtype=np.int64)


def _gram(x: sparse.csr_array, weight: Numbers) -> Numbers:
    """X' diag(weight) X. Sparse, since a row of X has one entry a margin."""
    scaled = sparse.csr_array((x.data * np.repeat(weight, np.diff(x.indptr)), x.indices, x.indptr), x.shape)
    return np.asarray((x.T @ scaled).toarray(), dtype=np.float64)


def _solved(hessian: Numbers, gap: Numbers) -> Numbers:
    """The Newton direction; by least squares where every respondent of some category sits at a bound, and the
    Hessian knows nothing of it: the others still move."""
    try:
        factor = linalg.cholesky(hessian, lower=True)
    except linalg.LinAlgError:
        return np.asarray(linalg.lstsq(hessian, gap)[0], dtype=np.float64)
    pivots = np.diag(factor)
    if pivots.min() < 1e-7 * pivots.max():
        return np.asarray(linalg.lstsq(hessian, gap)[0], dtype=np.float64)
    return np.asarray(linalg.cho_solve((factor, True), gap), dtype=np.float64)


def _step(
    x: sparse.csr_array,
    mass: Numbers,
    curves: tuple[Curve, Curve],
    multipliers: Numbers,
    *,
    gap: Numbers,
    totals: Numbers,
) -> tuple[Numbers, Numbers, Numbers] | None:
    """One damped Newton step: (multipliers, adjustments, gap), or None where no step brings the margins
    closer."""
    adjust, slope = curves
    hessian = _gram(x, mass * slope(x @ multipliers))
    direction = _solved(hessian, gap)
    length = 1.0
    with np.errstate(over="ignore", invalid="ignore"):
        while length > 1e-8:
            trial = multipliers + length * direction
            factor = adjust(x @ trial)
            left = totals - x.T @ (mass * factor)
            if np.isfinite(left).all() and left @ left < gap @ gap:
                return trial, factor, left
            length /= 2
    return None
