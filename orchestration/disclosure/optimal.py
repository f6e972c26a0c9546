"""The cheapest pattern, exactly. Belongs here: Benders' decomposition for small tables. Does not: large ones.

Fischetti and Salazar: a master programme chooses the cells to hide; for each secret and direction an
attacker's programme tells how far the secret can move; where that falls short, its dual prices say what the
master must add. What lone companies or exact sums give away is cut off in the same way: one cell of the
combination must go.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import sparse

from orchestration.disclosure.attacker import Room, Sight, bounds, by_finest, demands, see
from orchestration.disclosure.gauss import column_atoms
from orchestration.disclosure.polytope import TOLERANCE, prove
from orchestration.disclosure.rules import Bools, Floats, Ints, Rules
from orchestration.disclosure.tables import Measure, Tables

_ROUNDS = 100


def cheapest(
    tables: Tables, rules: Rules, must_hide: Bools, secrets: Ints, rooms: Sequence[Room]
) -> Bools | None:
    """The pattern of least cost that leaves each secret its room, the unknowns being the finest cells.

    Args:
        tables: a small linked system.
        rules: for the least number of contributors.
        must_hide: cells hidden in any case.
        secrets: the secret cells.
        rooms: for each measure how far down and up each cell must be able to move.

    Returns:
        The cells to hide, shape (cells,); None where no pattern is found in 100 rounds, or none exists.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp  # noqa: PLC0415 - 0.8 s

    free = np.flatnonzero(tables.printed & ~tables.known & ~must_hide)
    if not len(free):
        return must_hide.copy()
    secret = np.isin(np.arange(len(must_hide)), secrets)
    cuts: list[Floats] = []
    for _ in range(_ROUNDS):
        # Half a respondent a cell more breaks ties towards fewer cells.
        answer = milp(
            tables.cost[free] + 0.5,
            integrality=np.ones(len(free)),
            bounds=Bounds(0, 1),
            constraints=LinearConstraint(np.array(cuts), lb=1.0) if cuts else None,
        )
        if answer.x is None:
            return None
        hidden = must_hide.copy()
        hidden[free[answer.x > 0.5]] = True
        sight = see(tables, hidden, rules, secret)
        new = _exact(tables, sight, free, rules) + _intervals(
            tables, sight, hidden, free, secrets=secrets, rooms=rooms
        )
        if not new:
            return hidden
        if any(not cut.any() for cut in new):
            return None
        cuts += new
    return None


def _intervals(
    tables: Tables, sight: Sight, hidden: Bools, free: Ints, *, secrets: Ints, rooms: Sequence[Room]
) -> list[Floats]:
    """One cut for each secret and direction that cannot move far enough."""
    cuts = []
    for measure, down, up in rooms:
        needed, at, signs = demands(tables, secrets, down, up, None)
        proof = prove(by_finest(tables, sight, measure), needed, "batches")
        for d in np.flatnonzero(~proof.proven).tolist():
            need = float(needed.needs[d] * signs[d])
            cut = _cut(tables, hidden, free, measure, cell=int(at[d]), need=need)
            if cut is not None:
                cuts.append(cut)
    return cuts


def _cut(
    tables: Tables, hidden: Bools, free: Ints, measure: Measure, *, cell: int, need: float
) -> Floats | None:
    """The attacker's programme for one secret; what its dual prices ask for when it falls short, else None.

    A shown cell c is a constraint (its finest cells' changes sum to 0) with price g: hiding it lets that
    sum move in [-value, room above], so the secret moves at most g times that further.
    """
    from scipy.optimize import linprog  # noqa: PLC0415 - 0.8 s

    told = np.flatnonzero((tables.printed & ~hidden) | tables.known)
    lower, upper = bounds(measure.atoms, measure.capacity, measure)
    move = np.asarray(tables.columns[:, [cell]].todense(), np.float64).ravel() * np.sign(need)
    size = abs(need)
    answer = linprog(
        -move,
        A_ub=sparse.csr_array(move[None, :]),
        b_ub=[1.0],
        A_eq=sparse.csr_array(tables.columns[:, told].T),
        b_eq=np.zeros(len(told)),
        bounds=np.column_stack([lower, upper]) / size,
        method="highs",
    )
    if answer.x is None:
        return np.zeros(len(free))
    reached = float(move @ answer.x)
    if reached >= 1 - TOLERANCE:
        return None
    price = np.zeros(len(hidden))
    price[told] = -answer.eqlin.marginals
    below, above = bounds(tables.value(measure), tables.capacity(measure), measure)
    gain = np.where(price > 0, np.minimum(above, 1e12) * price, np.maximum(below, -1e12) * price) / size
    gain[np.abs(price) <= TOLERANCE] = 0.0
    return np.minimum(gain[free] / (1 - reached), 1.0)


def _exact(tables: Tables, sight: Sight, free: Ints, rules: Rules) -> list[Floats]:
    """One cut for each finest cell that can be computed, and for each company that can compute another's."""
    small = sight.span.known_atoms & ~sight.lost_atoms
    small &= tables.atom_contributors < rules.minimum_contributors
    columns = tables.columns[:, sight.basis].toarray()
    rows = len(tables.atom_contributors)
    found: list[tuple[Floats, Floats | None]] = [
        (np.eye(1, rows, a).ravel(), None) for a in np.flatnonzero(small).tolist()
    ]
    for first, other, is_target in sight.span.known_to_each_other():
        aim = np.zeros(rows)
        aim[column_atoms(tables.columns, int(sight.targets[other])) if is_target else [other]] = 1.0
        found.append((aim, np.eye(1, rows, first).ravel()))
    cuts = []
    for aim, own in found:
        given = columns if own is None else np.column_stack([columns, own])
        weights = np.linalg.lstsq(given, aim, rcond=None)[0][: columns.shape[1]]
        used = sight.basis[np.abs(weights) > TOLERANCE]
        cuts.append(np.isin(free, used).astype(np.float64))
    return cuts
