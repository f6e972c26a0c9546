"""Repair of a pattern. Belongs here: the cheapest further cells to hide for a secret. Not: which secrets."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from orchestration.disclosure.attacker import bounds, unknown_cells
from orchestration.disclosure.rules import Bools, Ints
from orchestration.disclosure.solver import Programme
from orchestration.disclosure.tables import Measure, Tables

# Flows below this share of the need are the solver's noise.
_NOISE = 1e-6


def repair(
    tables: Tables, hidden: Bools, measure: Measure, *, cell: int, need: float, finest: bool
) -> Ints | None:
    """Shown cells to hide so that a secret cell can move by ``need`` (below 0: down).

    The movement is a flow of values between cells; it costs each shown cell it passes through its value a
    unit, and those are hidden (Kelly, Golden and Assad's heuristic on general relations).

    Args:
        tables: the linked system.
        hidden: cells not shown so far.
        measure: the quantity that moves.
        cell: the secret cell.
        need: required movement.
        finest: move finest cells rather than cells under the additive relations.

    Returns:
        The cells to hide, none where it can move already; None where no hiding can help.
    """
    unknown = unknown_cells(tables, hidden)
    shown = np.flatnonzero(tables.printed & ~hidden & ~tables.known)
    value, capacity = tables.value(measure), tables.capacity(measure)
    lower, upper = bounds(value, capacity, measure)
    if finest:
        free_lower, free_upper = bounds(measure.atoms, measure.capacity, measure)
        free = sparse.csr_array(tables.columns[:, shown].T)
        fixed = sparse.csr_array(tables.columns[:, np.flatnonzero(tables.known)].T)
        slack = sparse.eye_array(len(shown), format="csr")
        equations = sparse.block_array(
            [[free, -slack, slack], [fixed, None, None]] if fixed.shape[0] else [[free, -slack, slack]],
            format="csr",
        )
        move = np.asarray(tables.columns[:, [cell]].todense(), np.float64).ravel()
    else:
        free_lower, free_upper = lower[unknown], upper[unknown]
        shown_part = tables.relations[:, shown]
        equations = sparse.hstack([tables.relations[:, unknown], shown_part, -shown_part], format="csr")
        move = (unknown == cell).astype(np.float64)
    count = len(shown)
    flow = np.zeros(len(move) + 2 * count)
    flow[: len(move)] = move
    scale = abs(need)
    price = (tables.cost[shown] + 1.0) / (tables.cost[shown].max(initial=0.0) + 1.0)
    needed = np.append(np.zeros(equations.shape[0]), np.sign(need))
    programme = Programme(
        sparse.vstack([equations, sparse.csr_array(flow[None, :])], format="csr"),
        rows=(needed, needed),
        columns=(
            np.concatenate([free_lower, np.zeros(2 * count)]) / scale,
            np.concatenate([free_upper, upper[shown], -lower[shown]]) / scale,
        ),
    )
    flows = programme.solve(np.concatenate([np.zeros(len(move)), price, price]))
    if flows is None:
        return None
    moved = flows[len(move) :]
    more: Ints = shown[(moved[:count] + moved[count:]) > _NOISE]
    return more
