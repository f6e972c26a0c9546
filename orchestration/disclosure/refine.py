"""Second thoughts. Belongs here: showing again what need not be hidden. Does not: the first choice."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from orchestration.disclosure.attacker import Room, by_relations, demands
from orchestration.disclosure.gauss import column_atoms
from orchestration.disclosure.polytope import TOLERANCE, prove
from orchestration.disclosure.rules import Bools, Floats, Ints
from orchestration.disclosure.span import Guards, Span
from orchestration.disclosure.tables import Tables


class _Certificates:
    """For one measure, a movement of the cells that meets each demand."""

    def __init__(self, tables: Tables, hidden: Bools, secrets: Ints, room: Room) -> None:
        self.tables, self.secrets = tables, secrets
        self.measure, self.down, self.up = room
        self.programmes = 0
        found = self._prove(hidden, None)
        self.valid = found is not None
        self.moves = np.zeros((0, len(hidden))) if found is None else found

    def _prove(self, hidden: Bools, only: Ints | None) -> Floats | None:
        polytope, unknown = by_relations(self.tables, hidden, self.measure)
        wanted, _, _ = demands(self.tables, self.secrets, self.down, self.up, unknown)
        if only is not None:
            wanted = wanted.take(only)
        proof = prove(polytope, wanted, "all_or_none")
        self.programmes += proof.programmes
        if not proof.proven.all():
            return None
        moves = np.zeros((len(wanted.needs), len(hidden)))
        for demand, certificate in enumerate(proof.shown_by):
            moves[demand, unknown] = proof.certificates[certificate]
        return moves

    def without(self, hidden: Bools, cell: int) -> Floats | None:
        """The movements when the cell is shown too; None where a demand is then not met."""
        used = np.flatnonzero(np.abs(self.moves[:, cell]) > TOLERANCE)
        if not len(used):
            return self.moves
        found = self._prove(hidden, used)
        if found is None:
            return None
        moves = self.moves.copy()
        moves[used] = found
        return moves


def show_again(
    tables: Tables,
    hidden: Bools,
    may_show: Ints,
    secrets: Ints,
    *,
    rooms: Sequence[Room],
    guards: Guards,
    programmes: int,
) -> Bools:
    """Show hidden cells, in order, where no secret loses its room and nothing guarded becomes known.

    Args:
        tables: the linked system.
        hidden: a pattern that protects every secret under the additive relations.
        may_show: the cells to try, the dearest first.
        secrets: the secret cells.
        rooms: for each measure how far down and up each cell must be able to move.
        guards: what must stay exactly unknown.
        programmes: after so many linear programmes the rest is left as it is.

    Returns:
        The smaller pattern.
    """
    if not programmes:
        return hidden
    hidden = hidden.copy()
    span = Span(tables.columns.shape[0], guards)
    for cell in np.flatnonzero((tables.printed & ~hidden) | tables.known).tolist():
        span.add(column_atoms(tables.columns, cell), force=True)
    span.give_up()
    certificates = [_Certificates(tables, hidden, secrets, room) for room in rooms]
    if not all(one.valid for one in certificates):
        return hidden
    for cell in may_show.tolist():
        if sum(one.programmes for one in certificates) > programmes:
            break
        atoms = column_atoms(tables.columns, cell)
        if not span.allows(atoms):
            continue
        trial = hidden.copy()
        trial[cell] = False
        moves = []
        for one in certificates:
            found = one.without(trial, cell)
            if found is None:
                break
            moves.append(found)
        if len(moves) == len(certificates):
            hidden = trial
            span.add(atoms)
            for one, found in zip(certificates, moves, strict=True):
                one.moves = found
    return hidden
