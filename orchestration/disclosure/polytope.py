"""How far an unknown can move. Belongs here: linear programmes over unknowns. Does not: tables or rules.

The attacker's ignorance is a polytope: changes d of the unknowns with A d = 0 (nothing published moves) and
lower <= d <= upper (no unknown becomes negative or exceeds what is public). A required movement is proven
by one such d, a *certificate*, checked here without trust in the solver. One programme proves many
requirements at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from orchestration.disclosure.rules import Bools, Floats, Ints
from orchestration.disclosure.solver import Programme
from orchestration.errors import GateError

TOLERANCE = 1e-5
Effort = Literal["every", "all_or_none", "batches"]
_SPREAD = 1e3
# Needs this many times larger or smaller do with the same unit.
_ALIKE = 30.0
# Starting a programme costs about as much as solving one with so many unknowns.
_TOGETHER = 500


@dataclass(frozen=True, eq=False)
class Polytope:
    """``equations`` (rows x unknowns) times the change is 0; the change lies in [lower, upper], 0 in it."""

    equations: sparse.csr_array
    lower: Floats
    upper: Floats


@dataclass(frozen=True, eq=False)
class Demands:
    """Required movements.

    ``directions`` (demands x unknowns) times a change must reach ``needs`` (> 0). ``cells`` tells which demands
    are about one cell, up and down: these are never met by one change.
    """

    directions: sparse.csr_array
    needs: Floats
    cells: Ints

    def take(self, chosen: Ints) -> Demands:
        """Some of the demands."""
        return Demands(self.directions[chosen], self.needs[chosen], self.cells[chosen])


@dataclass(eq=False)
class Proof:
    """How far each demand is met.

    ``reached``: share of each need that can be reached, 1 when all of it; ``certificates``: the changes that
    show it; ``shown_by``: the certificate of each demand, -1 without.
    """

    reached: Floats
    shown_by: Ints
    certificates: list[Floats] = field(default_factory=list)
    programmes: int = 0

    @property
    def proven(self) -> Bools:
        """Demands that are met."""
        return self.reached >= 1 - TOLERANCE


def prove(polytope: Polytope, demands: Demands, effort: Effort = "every") -> Proof:
    """Find for each demand how much of its need can be reached, with few programmes.

    ``effort``: decide every demand; or stop at the first that cannot be met (``all_or_none``); or leave
    undecided what programmes for many demands at once do not prove (``batches``).

    Raises:
        GateError: the solver failed; nothing may then count as proven.
    """
    proof = Proof(np.zeros(len(demands.needs)), np.full(len(demands.needs), -1, np.int64))
    for rows, unknowns, wanted in _pieces(polytope, demands):
        part = Polytope(
            polytope.equations[rows][:, unknowns], polytope.lower[unknowns], polytope.upper[unknowns]
        )
        own = demands.take(wanted)
        own = Demands(own.directions[:, unknowns], own.needs, own.cells)
        share = np.zeros(len(wanted))
        tried = np.zeros(len(wanted), np.bool_)
        farthest = _Farthest(part, own)
        turn = stalled = 0
        while (left := np.flatnonzero(~tried & (share < 1 - TOLERANCE))).size:
            single = stalled > 1
            if single and effort == "batches":
                break
            chosen = left[:1] if single else left[_one_side(own.take(left), turn)]
            change = farthest.change(chosen)
            proof.programmes += 1
            turn += 1
            gained = own.directions @ change / own.needs
            new = (gained >= 1 - TOLERANCE) & (share < 1 - TOLERANCE)
            if new.any():
                whole = np.zeros(polytope.equations.shape[1])
                whole[unknowns] = change
                proof.shown_by[wanted[new]] = len(proof.certificates)
                proof.certificates.append(whole)
            share = np.maximum(share, gained)
            stalled = 0 if new.any() and not single else stalled + 1
            if len(chosen) == 1:
                tried[chosen] = True
                if effort == "all_or_none" and share[chosen[0]] < 1 - TOLERANCE:
                    return proof
        proof.reached[wanted] = np.clip(share, 0.0, 1.0)
    return proof


def _one_side(demands: Demands, turn: int) -> Ints:
    """Demands to try together: one a cell, up and down by turns along the cells, so that sums can stand still.

    Only needs of one order of size, or the small ones would drown in the solver's tolerance.
    """
    alike = np.flatnonzero(demands.needs <= _SPREAD * demands.needs.min())
    _, place, count = np.unique(demands.cells[alike], return_inverse=True, return_counts=True)
    up = demands.directions[alike].sum(axis=1) > 0
    chosen: Ints = alike[(count[place] == 1) | (up == ((place + turn) % 2 == 0))]
    return chosen


def _pieces(polytope: Polytope, demands: Demands) -> Iterator[tuple[Ints, Ints, Ints]]:
    """Independent pieces with a demand in them, small ones together: (equations, unknowns, demands)."""
    free = (polytope.upper - polytope.lower > 0).astype(float)
    links = sparse.vstack([polytope.equations, demands.directions]) @ sparse.diags_array(free)
    links.eliminate_zeros()
    if not links.nnz:
        return
    count = links.shape[0]
    graph = sparse.block_array([[None, links], [links.T, None]])
    label = connected_components(graph, directed=False)[1]
    equations = polytope.equations.shape[0]
    pieces = np.unique(label[equations:count])
    sizes = np.bincount(label[count:][free > 0], minlength=label.max() + 1)[pieces]
    # A demand on what cannot move at all is a piece of its own, and stays unmet.
    pieces, sizes = pieces[sizes > 0], sizes[sizes > 0]
    for group in np.split(pieces, np.flatnonzero(np.diff(np.cumsum(sizes) // _TOGETHER)) + 1):
        inside = np.isin(label, group)
        unknowns = np.flatnonzero(inside[count:] & (free > 0))
        yield np.flatnonzero(inside[:equations]), unknowns, np.flatnonzero(inside[equations:count])


class _Farthest:
    """Changes with the greatest sum of shares of needs, for one choice of demands after the other."""

    def __init__(self, polytope: Polytope, demands: Demands) -> None:
        self._polytope, self._demands = polytope, demands
        self._scale = 0.0

    def change(self, chosen: Ints) -> Floats:
        """Change with the greatest sum of shares of the ``chosen`` needs reached, each counted up to 1."""
        needs = self._demands.needs[chosen]
        scale = float(np.median(needs))
        if not self._scale / _ALIKE <= scale <= self._scale * _ALIKE:
            self._programme, self._scale = self._scaled(scale), scale
        size, count = self._demands.directions.shape[1], len(self._demands.needs)
        aims = np.zeros(size + count)
        aims[size + chosen] = -1.0
        found = self._programme.solve(aims)
        if found is None:
            raise GateError(
                f"the solver gave up on a disclosure attack: {self._programme.status}",
                expected="an optimum: the programme is always feasible and bounded",
                fix="check the values of the table for extreme magnitudes",
            )
        change: Floats = np.clip(found[:size] * self._scale, self._polytope.lower, self._polytope.upper)
        moved = np.abs(self._polytope.equations @ change)
        if moved.max(initial=0.0) > TOLERANCE * needs.min():
            # An inexact change proves nothing.
            return np.zeros(size)
        return change

    def _scaled(self, scale: float) -> Programme:
        """The unknowns' changes in units of ``scale``, and beside them the share of each need."""
        rows, count = self._polytope.equations.shape[0], len(self._demands.needs)
        shares = sparse.diags_array(-self._demands.needs / scale)
        parts = [[self._polytope.equations, None]] if rows else []
        return Programme(
            sparse.block_array([*parts, [self._demands.directions, shares]], format="csr"),
            rows=(np.zeros(rows + count), np.append(np.zeros(rows), np.full(count, np.inf))),
            columns=(
                np.append(self._polytope.lower / scale, np.full(count, -np.inf)),
                np.append(self._polytope.upper / scale, np.ones(count)),
            ),
        )
