"""Why a calibration has no solution. Belongs here: the linear programmes that name the margins or bounds at
fault. Does not: the calibration itself."""

from __future__ import annotations

import numpy as np
from scipy import optimize, sparse

from orchestration.estimation.arrays import Numbers, some
from orchestration.estimation.errors import BoundsError, ConvergenceError, EstimationError, MarginError
from orchestration.estimation.margins import Constraints

# A relative miss of a margin beyond the LP solver's own precision.
MISS = 1e-6


def explain(
    problem: Constraints,
    mass: Numbers,
    limits: tuple[float, float],
    *,
    error: Numbers,
    method: str,
    iterations: int,
) -> EstimationError:
    """The error to raise for a calibration that failed.

    ``mass`` is the weight before calibration by pattern, ``limits`` the allowed adjustment, ``error`` the
    relative margin errors reached. A linear programme looks for any adjustment inside the limits: the margins
    it cannot meet are named; where it meets all, Newton's method is at fault.
    """
    missed = _missed(problem, mass, limits)
    if missed and np.isfinite(limits[1]):
        wider = _narrowest(problem, mass, limits)
        return BoundsError(
            f"no calibration exists with adjustments between {limits[0]:g} and {limits[1]:g}: cannot meet "
            f"{some(missed)}",
            where=f"calibration {method}",
            expected="bounds wide enough for the margins",
            fix=f"use bounds {wider}, or merge the categories named"
            if wider
            else "merge the categories named, or take their margin out: no bounds would do",
        )
    if missed:
        return MarginError(
            f"no weights meet the margins together: cannot meet {some(missed)}",
            where=f"calibration {method}",
            expected="margins that describe one population and that its respondents can represent",
            fix="take all margins from one register, and merge the categories named",
        )
    worst = [problem.names[i] for i in np.argsort(error)[::-1][:3]]
    return ConvergenceError(
        f"no convergence in {iterations} steps; margins are off by up to {error.max():.1e}: {some(worst)}",
        where=f"calibration {method}",
        expected="a solution, since one exists inside the limits",
        fix="merge small categories, widen the bounds, or use raking",
    )


def _missed(problem: Constraints, mass: Numbers, limits: tuple[float, float]) -> list[str]:
    """The margins that the best adjustment inside the limits still misses."""
    rows, constraints = problem.x.shape
    scale, table = _scaled(problem, mass)
    slack = sparse.eye_array(constraints)
    found = optimize.linprog(
        np.r_[np.zeros(rows), np.ones(2 * constraints)],
        A_eq=sparse.hstack([table, slack, -slack]),
        b_eq=problem.totals / scale,
        bounds=[(_lower(limits[0]), None if np.isinf(limits[1]) else limits[1])] * rows
        + [(0, None)] * (2 * constraints),
        method="highs",
    )
    over, under = found.x[rows : rows + constraints], found.x[rows + constraints :]
    return [problem.names[j] for j in np.flatnonzero(over + under > MISS)]


def _scaled(problem: Constraints, mass: Numbers) -> tuple[Numbers, sparse.csr_array]:
    """The scale of each constraint, and what an adjustment of each pattern adds to it on that scale."""
    scale = problem.scale(mass)
    return scale, sparse.csr_array((sparse.diags_array(mass) @ problem.x @ sparse.diags_array(1 / scale)).T)


def _lower(lower: float) -> float | None:
    """A linear programme's way to say that there is no lower bound."""
    return None if np.isinf(lower) else lower


def _narrowest(problem: Constraints, mass: Numbers, limits: tuple[float, float]) -> str | None:
    """The narrowest feasible bounds of the same shape, 1 - t(1-L) and 1 + t(U-1), or None where none
    exist."""
    rows = len(mass)
    scale, table = _scaled(problem, mass)
    one = sparse.eye_array(rows)
    found = optimize.linprog(
        np.r_[np.zeros(rows), 1.0],
        A_eq=sparse.hstack([table, np.zeros((len(scale), 1))]),
        b_eq=problem.totals / scale,
        A_ub=sparse.vstack(
            [
                sparse.hstack([one, np.full((rows, 1), -(limits[1] - 1))]),
                sparse.hstack([-one, np.full((rows, 1), -(1 - limits[0]))]),
            ]
        ),
        b_ub=np.r_[np.ones(rows), -np.ones(rows)],
        bounds=[(0, None)] * rows + [(0, None)],
        method="highs",
    )
    if found.status != 0:
        return None
    lower = max(0.0, 1 - found.x[-1] * (1 - limits[0]))
    # Rounded outwards, so that the advice itself is feasible.
    return f"({np.floor(lower * 100) / 100:g}, {np.ceil((1 + found.x[-1] * (limits[1] - 1)) * 100) / 100:g})"
