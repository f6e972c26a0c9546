"""Confidence intervals. Belongs here: formulas on arrays of estimates. Does not: variances, the choice of
what is published (flags)."""

from __future__ import annotations

import numpy as np
from scipy import special

from orchestration.estimation.arrays import Numbers

Interval = tuple[Numbers, Numbers]
LEVEL = 0.95


def t_quantile(degrees: Numbers | float, level: float = LEVEL) -> Numbers:
    """The two-sided quantile of Student's t.

    By ``scipy.special``: ``scipy.stats`` gives the same, and takes a second to import.
    """
    return np.asarray(special.stdtrit(degrees, (1 + level) / 2), dtype=np.float64)


def p_value(statistic: Numbers, degrees: Numbers | float) -> Numbers:
    """The two-sided p-value of a statistic with Student's distribution."""
    return np.asarray(2 * special.stdtr(degrees, -np.abs(statistic)), dtype=np.float64)


def wald(value: Numbers, se: Numbers, degrees: Numbers | float, level: float = LEVEL) -> Interval:
    """value -+ t se (R's ``confint(..., df)``)."""
    half = t_quantile(degrees, level) * se
    return value - half, value + half


def logit(p: Numbers, se: Numbers, degrees: Numbers | float, level: float = LEVEL) -> Interval:
    """expit(logit p -+ t se/(p(1-p))) (R's ``svyciprop`` xlogit); nan where p is 0 or 1."""
    inside = (p > 0) & (p < 1)
    safe = np.where(inside, p, 0.5)
    centre, half = np.log(safe / (1 - safe)), t_quantile(degrees, level) * se / (safe * (1 - safe))
    low, high = 1 / (1 + np.exp(half - centre)), 1 / (1 + np.exp(-half - centre))
    return np.where(inside, low, np.nan), np.where(inside, high, np.nan)


def beta(
    p: Numbers, se: Numbers, n: Numbers | float, degrees: Numbers | float, level: float = LEVEL
) -> Interval:
    """Korn and Graubard (1998): Clopper-Pearson at the effective size ne = p(1-p)/V (t_{n-1}/t_df)^2 (R's
    beta)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        effective = p * (1 - p) / se**2 * (t_quantile(n - 1, level) / t_quantile(degrees, level)) ** 2
    tail = (1 - level) / 2
    yes, no = effective * p, effective * (1 - p)
    return special.betaincinv(yes, no + 1, tail), special.betaincinv(yes + 1, no, 1 - tail)


def wilson(p: Numbers, effective: Numbers, quantile: Numbers | float) -> Interval:
    """Wilson's score interval at an effective sample size (R 4.5's wilson takes ne = p(1-p)/V and t_df)."""
    square = np.asarray(quantile, dtype=np.float64) ** 2
    centre, half = p + square / (2 * effective), np.sqrt(square * (4 * effective * p * (1 - p) + square))
    width = 1 + square / effective
    return (centre - half / (2 * effective)) / width, (centre + half / (2 * effective)) / width


def effective_size(
    p: Numbers, variance: Numbers, *, n: Numbers, kish: Numbers, degrees: Numbers, level: float = LEVEL
) -> Numbers:
    """The capped effective size of docs/methodology.md (4): ne = min(p(1-p)/V, n) (z/t)^2, and no more
    than Kish's size.

    ``degrees`` are Satterthwaite's, so that a variance resting on few respondents counts for less. Where
    p is 0 or 1, or the variance is 0, Kish's size stands alone: the sample then says nothing about its
    variance.
    """
    known = (p > 0) & (p < 1) & (variance > 0)
    design = np.divide(p * (1 - p), variance, out=np.full(np.shape(p), np.inf), where=known)
    shrink = (t_quantile(np.inf, level) / t_quantile(np.maximum(degrees, 1), level)) ** 2
    return np.where(known, np.minimum(np.minimum(design, n) * shrink, kish), kish)


def wilson_capped(p: Numbers, effective: Numbers, level: float = LEVEL) -> Interval:
    """The default interval of a proportion: Wilson at the capped effective size, with the normal
    quantile.

    In simulated surveys it covered the truth in 95 % or more of the domains of every size, where Wald's
    covered as few as 40 % (benchmarks/coverage.py).
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        low, high = wilson(p, effective, t_quantile(np.inf, level))
    # Exact at the ends, where rounding would leave 1e-17 instead of 0.
    return np.where(p == 0, 0.0, low), np.where(p == 1, 1.0, high)
