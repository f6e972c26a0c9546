"""What an attacker has to work with. Belongs here: unknowns and constraints. Does not: verdicts.

Two levels. *Relations*: the unknowns are the cells not shown, tied by the additive relations. *Finest*: the
unknowns are the finest cells, each at least 0; stronger, since it knows which finest cells are empty.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from orchestration.disclosure.gauss import column_atoms
from orchestration.disclosure.polytope import TOLERANCE, Demands, Polytope, prove
from orchestration.disclosure.rules import PRIMARY, Bools, Floats, Ints, Reason, Rules, primary_reasons
from orchestration.disclosure.span import OTHER_PRIME, Guards, Span
from orchestration.disclosure.tables import Measure, Tables


def reasons_of(tables: Tables, rules: Rules) -> Ints:
    """Why each cell is not to be shown by itself, as :class:`Reason` integers, shape (cells,)."""
    reasons = primary_reasons(
        rules,
        tables.contributors,
        tables.weighted,
        total=tables.total,
        largest=tables.largest,
        yes=tables.yes,
    )
    few = tables.printed & (tables.contributors < rules.shown_base)
    reasons[few] |= Reason.LOW_BASE
    return reasons


def is_primary(reasons: Ints) -> Bools:
    """Cells that are secret by themselves."""
    primary: Bools = (reasons & int(PRIMARY)) != 0
    return primary


def room(tables: Tables, rules: Rules, reasons: Ints, measure: Measure) -> tuple[Floats, Floats]:
    """How far below and above its value each secret cell must remain possible, in the measure's unit.

    Counts and shares: one respondent's worth, so that nobody can tell whether one company more or less stands
    there. Magnitudes: ``frequency_protection`` of the value where too few contribute, and, where one
    dominates, what its size at the dominance threshold would leave to the others (tau-Argus: x1 / 0.85 -
    X). Never more than the value itself, or than its public bound, allows.
    """
    value, capacity = tables.value(measure), tables.capacity(measure)
    primary = is_primary(reasons) & ~tables.known
    if tables.total is None or tables.largest is None:
        worth = (value if capacity is None else capacity) / np.maximum(tables.contributors, 1)
    else:
        few = (reasons & int(PRIMARY & ~Reason.DOMINANCE)) != 0
        worth = np.where(few, rules.frequency_protection * np.abs(value), 0.0)
        dominated = (reasons & int(Reason.DOMINANCE)) != 0
        unit = np.divide(value, tables.total, out=np.ones_like(value), where=tables.total > 0)
        beyond = (tables.largest / rules.dominance - tables.total) * unit
        worth = np.where(dominated, np.maximum(worth, beyond), worth)
    worth = np.where(primary, np.maximum(worth, 0.0), 0.0)
    down = np.minimum(worth, value) if (measure.atoms >= 0).all() else worth
    up = worth if capacity is None else np.minimum(worth, capacity - value)
    return down, up


Room = tuple[Measure, Floats, Floats]
# Of a need that earlier releases left partly: short of the brim, and nothing of a mere trace.
_ALMOST, _NOTHING = 0.999, 1e-3


@dataclass(frozen=True, eq=False)
class Sight:
    """What is exactly known from the shown cells.

    ``basis``: shown cells that tell all the shown ones; ``span``: their span, with the secrets as its
    targets; ``lost_atoms``: finest cells that earlier releases gave away.
    """

    span: Span
    basis: Ints
    targets: Ints
    lost_atoms: Bools


def see(tables: Tables, hidden: Bools, rules: Rules, secret: Bools) -> Sight:
    """Everything exactly computable from what is shown, or known from before.

    Another prime than the suppression's, so that an unlucky modulus cannot fool both.
    """
    targets = np.flatnonzero(secret)
    guards = Guards(tables.columns[:, targets], tables.atom_contributors, rules.minimum_contributors)
    span = Span(tables.columns.shape[0], guards, OTHER_PRIME)
    sizes = np.diff(tables.columns.indptr)
    basis: list[int] = []

    def look(cells: Ints) -> None:
        for cell in cells[np.argsort(sizes[cells], kind="stable")].tolist():
            before = span.rank
            span.add(column_atoms(tables.columns, cell), force=True)
            if span.rank > before:
                basis.append(cell)

    look(np.flatnonzero(tables.known))
    lost = span.known_atoms
    span.give_up()
    look(np.flatnonzero(tables.printed & ~hidden & ~tables.known))
    return Sight(span, np.array(basis, np.int64), targets, lost)


def rooms_of(tables: Tables, rules: Rules, reasons: Ints) -> list[Room]:
    """For each measure the room below and above that each secret must keep.

    What earlier releases have already taken away is not asked for: hiding more now would not bring it back.
    """
    rooms: list[Room] = []
    lost: Sight | None = None
    for measure in tables.measures:
        down, up = room(tables, rules, reasons, measure)
        if tables.known.any():
            secret = is_primary(reasons) & ~tables.known
            lost = lost or see(tables, tables.printed, rules, secret)
            needed, at, signs = demands(tables, np.flatnonzero(secret), down, up, None)
            reached = prove(by_finest(tables, lost, measure), needed).reached
            left = np.where(reached < 1 - TOLERANCE, reached * _ALMOST, 1.0)
            up[at[signs > 0]] *= np.where(left > _NOTHING, left, 0.0)[signs > 0]
            down[at[signs < 0]] *= np.where(left > _NOTHING, left, 0.0)[signs < 0]
        rooms.append((measure, down, up))
    return rooms


def unknown_cells(tables: Tables, hidden: Bools) -> Ints:
    """Cells whose value nobody is told."""
    return np.flatnonzero((hidden | ~tables.printed) & ~tables.known)


def by_relations(tables: Tables, hidden: Bools, measure: Measure) -> tuple[Polytope, Ints]:
    """Unknown cells under the additive relations, and which cells the unknowns are."""
    unknown = unknown_cells(tables, hidden)
    equations = tables.relations[:, unknown]
    equations = equations[np.diff(equations.indptr) > 0]
    lower, upper = bounds(tables.value(measure)[unknown], _at(tables.capacity(measure), unknown), measure)
    return Polytope(sparse.csr_array(equations), lower, upper), unknown


def by_finest(tables: Tables, sight: Sight, measure: Measure) -> Polytope:
    """Finest cells under everything shown; those already determined cannot move."""
    equations = sparse.csr_array(tables.columns[:, sight.basis].T)
    lower, upper = bounds(measure.atoms, measure.capacity, measure)
    fixed = sight.span.known_atoms
    return Polytope(equations, np.where(fixed, 0.0, lower), np.where(fixed, 0.0, upper))


def demands(
    tables: Tables, cells: Ints, down: Floats, up: Floats, unknowns: Ints | None
) -> tuple[Demands, Ints, Ints]:
    """The movements the cells need, over cells (``unknowns`` given) or over finest cells.

    Returns:
        The demands; the cell of each; its direction, -1 or 1.
    """
    wanted = np.concatenate([cells[up[cells] > 0], cells[down[cells] > 0]])
    signs = np.concatenate([np.ones((up[cells] > 0).sum()), -np.ones((down[cells] > 0).sum())])
    needs = np.where(signs > 0, up[wanted], down[wanted])
    if unknowns is None:
        moves = sparse.csr_array(tables.columns[:, wanted].T)
    else:
        at = np.searchsorted(unknowns, wanted)
        moves = sparse.csr_array(
            (np.ones(len(wanted)), (np.arange(len(wanted)), at)), shape=(len(wanted), len(unknowns))
        )
    return (
        Demands(sparse.csr_array(sparse.diags_array(signs) @ moves), needs, wanted),
        wanted,
        signs.astype(np.int64),
    )


def bounds(value: Floats, capacity: Floats | None, measure: Measure) -> tuple[Floats, Floats]:
    """How far values can go down and up in an attacker's eyes: not below 0, not above what is public."""
    # A magnitude with negative parts tells the attacker nothing about signs.
    lower = -value if (measure.atoms >= 0).all() else np.full(len(value), -np.inf)
    upper = np.full(len(value), np.inf) if capacity is None else capacity - value
    return np.minimum(lower, 0.0), np.maximum(upper, 0.0)


def _at(values: Floats | None, cells: Ints) -> Floats | None:
    return None if values is None else values[cells]
