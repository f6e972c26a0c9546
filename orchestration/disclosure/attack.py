"""The proof. Belongs here: the attacker that must find nothing. Does not: methods that make a pattern.

Four attacks, on everything shown now and before: exact recovery (null space), by anybody or by a company that
knows its own answer; bounds under the additive relations; bounds on the finest cells. A clean report is the
blocking gate of a release.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from orchestration.disclosure.attacker import (
    Room,
    Sight,
    by_finest,
    by_relations,
    demands,
    is_primary,
    reasons_of,
    rooms_of,
    see,
)
from orchestration.disclosure.cells import Key
from orchestration.disclosure.earlier import Earlier, link
from orchestration.disclosure.polytope import Polytope, prove
from orchestration.disclosure.rules import Bools, Ints, Rules
from orchestration.disclosure.tables import Tables
from orchestration.errors import GateError

Means = Literal["shown", "exact", "lone_company", "relations", "finest_cells"]


@dataclass(frozen=True)
class Breach:
    """One thing an attacker learns.

    ``key``: the secret cell, or the smallest printed cell around a company given away; ``by``: what knows it;
    ``measure``, ``direction`` (-1 down, 1 up), ``needed`` and ``reached``: the room it lacks, in the
    measure's unit (empty and 0 for exact recovery).
    """

    means: Means
    key: Key
    by: Key | None = None
    measure: str = ""
    direction: int = 0
    needed: float = 0.0
    reached: float = 0.0

    def __str__(self) -> str:
        name = " ".join(part for part in self.key if part)
        if self.means == "shown":
            return f"{name} is shown although it is secret"
        if self.means == "exact":
            return f"{name} can be computed exactly"
        if self.means == "lone_company":
            who = " ".join(part for part in self.by or () if part)
            return f"{name} can be computed by a company alone in its cell ({who})"
        side = "above" if self.direction > 0 else "below"
        return (
            f"{name}: {self.measure} is known to within {self.reached:.4g} {side}, {self.needed:.4g} needed"
        )


@dataclass(frozen=True)
class AttackReport:
    """What the attacks found: ``breaches`` (none in a release that may leave), and how much was tried."""

    breaches: tuple[Breach, ...]
    cells: int
    hidden: int
    secrets: int
    programmes: int

    @property
    def clean(self) -> bool:
        """True when nothing was found."""
        return not self.breaches

    def require_clean(self) -> None:
        """Stop a release.

        Raises:
            GateError: an attack succeeded; the message lists the first ten breaches.
        """
        if self.breaches:
            shown = "; ".join(str(b) for b in self.breaches[:10])
            raise GateError(
                f"{len(self.breaches)} figures meant to be secret can be recovered: {shown}",
                where="disclosure attack",
                expected=f"none of {self.secrets} secret cells recoverable",
                fix="suppress again with protect() on exactly the tables that are published together",
            )


def attack(
    published: Tables, pattern: Bools, rules: Rules | None = None, previous: Sequence[Earlier] = ()
) -> AttackReport:
    """Attack a pattern with everything that is published.

    Args:
        published: the tables published together, with their true values.
        pattern: True for the cells that are not shown, shape (cells,).
        rules: what is secret.
        previous: releases already out.
    """
    rules = rules or Rules()
    tables = link(published, previous)
    hidden = np.zeros(len(tables.keys), np.bool_)
    hidden[: len(pattern)] = pattern
    reasons = reasons_of(tables, rules)
    secret = is_primary(reasons) & ~tables.known
    breaches = [Breach("shown", tables.keys[c]) for c in np.flatnonzero(secret & tables.printed & ~hidden)]
    secret &= hidden | ~tables.printed
    sight = see(tables, hidden, rules, secret)
    breaches += _exact(tables, sight, rules)
    safe = sight.targets[~sight.span.known_targets]
    programmes = 0
    for need in rooms_of(tables, rules, reasons):
        measure = need[0]
        # A movement of finest cells moves all sums together, so it answers the weaker attack too.
        finest = by_finest(tables, sight, measure)
        found, short, tried = _bounds(tables, safe, need, "finest_cells", finest, unknown=None)
        if len(short):
            relations, unknown = by_relations(tables, hidden, measure)
            weak, also, more = _bounds(tables, short, need, "relations", relations, unknown=unknown)
            already = {tables.keys[c] for c in also}
            found = weak + [b for b in found if b.key not in already]
            tried += more
        breaches += found
        programmes += tried
    return AttackReport(
        tuple(breaches),
        cells=int(tables.printed.sum()),
        hidden=int((hidden & tables.printed).sum()),
        secrets=int(secret.sum()),
        programmes=programmes,
    )


def _exact(tables: Tables, sight: Sight, rules: Rules) -> list[Breach]:
    found = [Breach("exact", tables.keys[c]) for c in sight.targets[sight.span.known_targets]]
    small = sight.span.known_atoms & ~sight.lost_atoms
    small &= tables.atom_contributors < rules.minimum_contributors
    found += [Breach("exact", around(tables, int(a))) for a in np.flatnonzero(small)]
    for first, other, is_target in sight.span.known_to_each_other():
        key = tables.keys[sight.targets[other]] if is_target else around(tables, other)
        found.append(Breach("lone_company", key, by=around(tables, first)))
    return found


def _bounds(
    tables: Tables, cells: Ints, room_of: Room, means: Means, polytope: Polytope, *, unknown: Ints | None
) -> tuple[list[Breach], Ints, int]:
    """What is known too well; the cells concerned; the programmes solved."""
    measure, down, up = room_of
    needed, at, signs = demands(tables, cells, down, up, unknown)
    proof = prove(polytope, needed)
    found = [
        Breach(
            means,
            tables.keys[at[d]],
            measure=measure.name,
            direction=int(signs[d]),
            needed=float(needed.needs[d]),
            reached=float(needed.needs[d] * proof.reached[d]),
        )
        for d in np.flatnonzero(~proof.proven)
    ]
    return found, np.unique(at[~proof.proven]), proof.programmes


def around(tables: Tables, atom: int) -> Key:
    """The smallest printed cell that holds a finest cell."""
    row = tables.columns[[atom], :].toarray().ravel()
    inside = np.flatnonzero((row > 0) & tables.printed)
    if not len(inside):
        return ("", "", "outside every printed cell")
    return tables.keys[inside[np.argmin(tables.contributors[inside])]]
