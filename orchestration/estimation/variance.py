"""Estimates and linearised variances from a cube. Belongs here: the matrix algebra for all domains and
indicators at once, with and without calibration. Does not: SQL (cube), intervals, flags."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import linalg, sparse

from orchestration.estimation.arrays import Codes, Numbers, some
from orchestration.estimation.calibration import independent
from orchestration.estimation.cube import Cube, Key
from orchestration.estimation.design import Design
from orchestration.estimation.domains import Domains
from orchestration.estimation.errors import FrameError
from orchestration.estimation.indicators import Indicator

# A variance below this share of its own largest term is rounding: it is zero.
ROUNDING = 1e-13


@dataclass(frozen=True)
class Sampling:
    """The sampling side of a cube: ``n`` respondents and ``factor`` (1-f) n/(n-1) by stratum, and what
    calibration took out: per stratum sums ``a`` (strata, constraints), ``solve`` = (X'DX)^-1 and ``c`` = sum
    of factor * (w^2 x x' - A A'/n)."""

    n: Numbers
    factor: Numbers
    kept: Codes
    a: Numbers
    solve: Numbers
    c: Numbers

    @property
    def degrees(self) -> int:
        """Degrees of freedom of the design: respondents less strata."""
        return int(self.n.sum()) - int((self.n > 0).sum())


def sampling(cube: Cube, design: Design, sizes: Numbers | None = None) -> Sampling:
    """The sampling side of a cube; ``sizes`` replaces the respondents by stratum where other surveys share
    it.

    Raises FrameError where the correction for a finite population lacks a stratum's size or it is below n.
    """
    strata = len(cube.strata)
    n: Numbers = (
        np.bincount(cube.stratum, cube.get("n"), strata).astype(np.float64) if sizes is None else sizes
    )
    factor = np.divide(n, n - 1, out=np.zeros(strata), where=n > 1)
    if design.population is not None:
        bad = [
            name for name, count in zip(cube.strata, n, strict=True) if design.population.get(name, 0) < count
        ]
        if bad:
            raise FrameError(
                f"no population, or one smaller than the respondents, in {some(bad)}",
                where="finite population correction",
                expected="the number of companies of each stratum of variance",
                fix="sum the frame by stratum of variance",
            )
        factor = factor * (1 - n / np.array([design.population[name] for name in cube.strata]))
    a, gram, c = _margins(cube, factor)
    kept = independent(gram) if len(gram) else np.zeros(0, dtype=np.int64)
    a, gram, c = a[:, kept], gram[np.ix_(kept, kept)], c[np.ix_(kept, kept)]
    per = np.divide(factor, n, out=np.zeros(strata), where=n > 0)
    solve = linalg.inv(gram) if len(gram) else gram
    return Sampling(n, factor, kept, a, solve, c - a.T @ (a * per[:, None]))


def _margins(cube: Cube, factor: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    """Sums of w x by stratum, X'DX, and the sum of factor * w^2 x x'."""
    strata, widths = len(cube.strata), [len(margin.labels) for margin in cube.margins]
    starts = np.concatenate([[0], np.cumsum(widths)]).astype(int)
    a = np.zeros((strata, starts[-1]))
    gram, c = np.zeros((starts[-1], starts[-1])), np.zeros((starts[-1], starts[-1]))
    for i, left in enumerate(cube.margins):
        own = cube.stratum * widths[i] + left.code
        a[:, starts[i] : starts[i + 1]] = np.bincount(
            own, cube.get("w", left.measure), strata * widths[i]
        ).reshape(strata, widths[i])
        for j, right in enumerate(cube.margins):
            both = left.code * widths[j] + right.code
            place = np.s_[starts[i] : starts[i + 1], starts[j] : starts[j + 1]]
            for target, sums in (
                (gram, cube.get("d", left.measure, right.measure)),
                (c, cube.get("v", left.measure, right.measure) * factor[cube.stratum]),
            ):
                target[place] = np.bincount(both, sums, widths[i] * widths[j]).reshape(widths[i], widths[j])
    return a, gram, c


@dataclass(frozen=True)
class Linear:
    """Estimates of a block of domains (rows) by indicator (columns), and their linearised variables as sums.

    u = (y - slope a) / size. ``pair_domain`` and ``pair_stratum`` are the domain and stratum of each
    non-empty pair, ``s`` the sums of w u and ``q`` of factor w^2 u^2 over it; ``b`` (domains, constraints,
    indicators) are the coefficients of u on the calibration variables and ``cross`` the sums of factor w^2 u
    x, centred.
    """

    value: Numbers
    size: Numbers
    slope: Numbers
    pair_domain: Codes
    pair_stratum: Codes
    s: Numbers
    q: Numbers
    b: Numbers
    cross: Numbers
    magnitude: Numbers


def linearise(cube: Cube, domains: Domains, indicators: Sequence[Indicator], plan: Sampling) -> Linear:
    """Estimates and linearised sums of every indicator in every domain."""
    count = len(domains.names)
    totals = np.array([each.kind == "total" for each in indicators], dtype=bool)
    member = membership(cube, domains)
    y = cube.columns("w", (term.y for term in cube.terms))
    a = cube.columns("w", (term.a for term in cube.terms))
    over, under = member @ y, member @ a
    with np.errstate(invalid="ignore", divide="ignore"):
        value = np.where(totals, over, over / under)
    size = np.where(totals, 1.0, np.where(under == 0, np.nan, under))
    slope = np.where(totals, 0.0, value)
    pair_domain, pair_stratum, pairs = _pairs(cube, domains)
    r, n = slope[pair_domain], size[pair_domain]
    s = (pairs @ y - r * (pairs @ a)) / n
    yy = pairs @ cube.gather("v", (term.yy for term in cube.terms))
    ya = pairs @ cube.gather("v", (term.ya for term in cube.terms))
    aa = pairs @ cube.gather("v", (term.aa for term in cube.terms))
    scale = plan.factor[pair_stratum][:, None] / n**2
    q = scale * (yy - 2 * r * ya + r**2 * aa)
    magnitude = _by_domain(scale * (yy + r**2 * aa), pair_domain, count)
    b, cross = _calibrated(cube, domains, plan, slope, size)
    return Linear(value, size, slope, pair_domain, pair_stratum, s, q, b, cross, magnitude)


def membership(cube: Cube, domains: Domains) -> sparse.csr_array:
    """The matrix (domains, cells) that sums the cells of each domain."""
    shape = (len(domains.names), len(cube.sums))
    return sparse.csr_array((np.ones(len(domains.cell)), (domains.domain, domains.cell)), shape)


def _pairs(cube: Cube, domains: Domains) -> tuple[Codes, Codes, sparse.csr_array]:
    """The non-empty (domain, stratum) pairs, sorted by domain, and the matrix (pairs, cells) that sums over
    them."""
    key = domains.domain * len(cube.strata) + cube.stratum[domains.cell]
    found, place = np.unique(key, return_inverse=True)
    matrix = sparse.csr_array(
        (np.ones(len(key)), (place.ravel(), domains.cell)), (len(found), len(cube.sums))
    )
    return found // len(cube.strata), found % len(cube.strata), matrix


def _by_domain(pairs: Numbers, pair_domain: Codes, count: int) -> Numbers:
    """Sums over the pairs of each domain."""
    matrix = sparse.csr_array(
        (np.ones(len(pair_domain)), (pair_domain, np.arange(len(pair_domain)))), (count, len(pair_domain))
    )
    return np.asarray(matrix @ pairs)


def _calibrated(
    cube: Cube, domains: Domains, plan: Sampling, slope: Numbers, size: Numbers
) -> tuple[Numbers, Numbers]:
    """The coefficients B of u on the calibration variables and the sums of factor * w^2 u x.

    B = (X'DX)^-1 X'D u, with D the weights before calibration (docs/methodology.md, 4). Both are linear
    in u, hence in the cube's sums of x y and x a.
    """
    shape = (len(domains.names), 0, slope.shape[1])
    if not len(plan.kept):
        return np.zeros(shape), np.zeros(shape)
    before: list[Numbers] = []
    second: list[Numbers] = []
    weight = plan.factor[cube.stratum][:, None]
    columns = sorted({term.y for term in cube.terms} | {term.a for term in cube.terms})
    y = np.array([columns.index(term.y) for term in cube.terms], dtype=np.int64)
    a = np.array([columns.index(term.a) for term in cube.terms], dtype=np.int64)
    for margin in cube.margins:
        width = len(margin.labels)
        rows = domains.domain * width + margin.code[domains.cell]
        matrix = sparse.csr_array(
            (np.ones(len(rows)), (rows, domains.cell)), (len(domains.names) * width, len(cube.sums))
        )
        keys: list[Key] = [(margin.measure, column) for column in columns]
        for weighted, target in (("d", before), ("v", second)):
            sums = cube.gather(weighted, keys)
            sums = sums * weight if weighted == "v" else sums
            target.append((matrix @ sums).reshape(len(domains.names), width, len(columns)))
    parts = []
    for target in (before, second):
        x = np.concatenate(target, axis=1)[:, plan.kept]
        parts.append((x[:, :, y] - slope[:, None] * x[:, :, a]) / size[:, None])
    return plan.solve @ parts[0], parts[1]


def variance(linear: Linear, plan: Sampling) -> Numbers:
    """The variance of every estimate, shape (domains, indicators); nan where there is no estimate."""
    count = len(linear.value)
    per = (plan.factor / np.maximum(plan.n, 1))[linear.pair_stratum][:, None]
    found = _by_domain(linear.q - per * linear.s**2, linear.pair_domain, count)
    if linear.b.shape[1]:
        found = found - 2 * (centred(linear, plan) * linear.b).sum(axis=1)
        found = found + (linear.b * (plan.c @ linear.b)).sum(axis=1)
    exact: Numbers = np.where(found <= ROUNDING * linear.magnitude, 0.0, found)
    return exact


def centred(linear: Linear, plan: Sampling) -> Numbers:
    """Sums of factor * w^2 u x less their product of stratum means, shape (domains, constraints,
    indicators)."""
    per = (plan.factor / np.maximum(plan.n, 1))[linear.pair_stratum]
    width = plan.a.shape[1]
    rows = (linear.pair_domain[:, None] * width + np.arange(width)).ravel()
    columns = np.repeat(np.arange(len(linear.pair_domain)), width)
    values = (plan.a[linear.pair_stratum] * per[:, None]).ravel()
    matrix = sparse.csr_array((values, (rows, columns)), (len(linear.value) * width, len(linear.pair_domain)))
    centre: Numbers = (matrix @ linear.s).reshape(linear.cross.shape)
    return linear.cross - centre


def satterthwaite(linear: Linear, plan: Sampling) -> Numbers:
    """Degrees of freedom of each variance: V^2 / sum_h V_h^2/(n_h-1), from the strata's own shares of it.

    The shares are taken before calibration, which spreads a variance over more strata: these degrees of
    freedom err on the low side. Where no variance is estimated they are the design's.
    """
    per = (plan.factor / np.maximum(plan.n, 1))[linear.pair_stratum][:, None]
    share = np.maximum(linear.q - per * linear.s**2, 0)
    count = len(linear.value)
    spread = share**2 / np.maximum(plan.n - 1, 1)[linear.pair_stratum][:, None]
    top, below = (
        _by_domain(share, linear.pair_domain, count) ** 2,
        _by_domain(spread, linear.pair_domain, count),
    )
    degrees: Numbers = np.divide(top, below, out=np.full(top.shape, float(plan.degrees)), where=below > 0)
    return degrees


def covariance(
    cube: Cube, domains: Domains, linear: Linear, plan: Sampling, pairs: Sequence[tuple[int, int]]
) -> Numbers:
    """The covariance of two indicators in the same domain, shape (domains, pairs); the cube must hold their
    products (``pairs`` of `cube.build`)."""
    _, _, matrix = _pairs(cube, domains)
    k, m = np.array([pair[0] for pair in pairs]), np.array([pair[1] for pair in pairs])
    y, a = [term.y for term in cube.terms], [term.a for term in cube.terms]
    at = linear.pair_domain
    sums = {
        (p, q): matrix @ cube.gather("v", [(one[i], other[j]) for i, j in pairs])
        for (p, one) in (("y", y), ("a", a))
        for (q, other) in (("y", y), ("a", a))
    }
    r, s = linear.slope[at][:, k], linear.slope[at][:, m]
    product = sums["y", "y"] - s * sums["y", "a"] - r * sums["a", "y"] + r * s * sums["a", "a"]
    product = (
        plan.factor[linear.pair_stratum][:, None] * product / (linear.size[at][:, k] * linear.size[at][:, m])
    )
    per = (plan.factor / np.maximum(plan.n, 1))[linear.pair_stratum][:, None]
    found = _by_domain(product - per * linear.s[:, k] * linear.s[:, m], at, len(linear.value))
    if linear.b.shape[1]:
        centre = centred(linear, plan)
        found = found - (centre[:, :, k] * linear.b[:, :, m]).sum(axis=1)
        found = found - (centre[:, :, m] * linear.b[:, :, k]).sum(axis=1)
        found = found + (linear.b[:, :, k] * (plan.c @ linear.b[:, :, m])).sum(axis=1)
    return found
