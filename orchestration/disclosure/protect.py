"""The protection of one system of tables. Belongs here: the order of the methods. Does not: the methods."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from orchestration.disclosure.attack import attack
from orchestration.disclosure.attacker import (
    Room,
    by_finest,
    by_relations,
    demands,
    is_primary,
    reasons_of,
    rooms_of,
    see,
)
from orchestration.disclosure.earlier import Earlier, hidden_before, link, unchanged
from orchestration.disclosure.gauss import eliminate
from orchestration.disclosure.optimal import cheapest
from orchestration.disclosure.polytope import prove
from orchestration.disclosure.refine import show_again
from orchestration.disclosure.repair import repair
from orchestration.disclosure.rules import Bools, Ints, Reason, Rules
from orchestration.disclosure.span import Guards
from orchestration.disclosure.tables import Measure, Tables
from orchestration.errors import GateError

# How much cheaper it is to hide again what the last release hid: patterns should not wander.
_HIDDEN_BEFORE = 0.1
# Repairs between two looks at what is still lacking.
_AT_ONCE = 50


@dataclass(frozen=True, eq=False)
class Protection:
    """Which cells are shown, and why not.

    Attributes:
        tables: the system, with what earlier releases add to it.
        rules: the rules applied.
        pattern: True for the cells that are not shown, shape (cells of the given tables,).
        reasons: :class:`Reason` of each cell, shape as ``pattern``. Internal: some tell what they hide.
        log: what was done, in sentences.
    """

    tables: Tables
    rules: Rules
    pattern: Bools
    reasons: Ints
    log: tuple[str, ...]


def protect(
    tables: Tables,
    rules: Rules | None = None,
    previous: Sequence[Earlier] = (),
    bases: Sequence[Protection] = (),
) -> Protection:
    """Choose the cells to hide so that no attack recovers a secret.

    The last earlier pattern is kept while it hides what must be hidden and stands the attack; where answers
    have come since, cells it no longer needs are shown again. Otherwise a small system gets the cheapest
    pattern (Benders), a large one elimination and repair. The proof is the gate's:
    ``attack`` on what is really published.

    Args:
        tables: all that is published together about one question.
        rules: what is secret; the lawful defaults when left out.
        previous: releases already out, the last one last.
        bases: protection of the numbers of respondents, or of other figures; what they hide is hidden here in the
            same domains, so that indicators cannot be played off against each other.

    Raises:
        GateError: a secret cannot be protected, because everything around it is already known.
    """
    rules = rules or Rules()
    linked = link(tables, previous)
    reasons = reasons_of(linked, rules)
    secret = is_primary(reasons) & ~linked.known
    must = linked.printed & ((reasons != 0) | _hidden_in(linked, bases))
    log = [f"{int((is_primary(reasons) & linked.printed).sum())} cells secret by themselves"]
    lost = int((is_primary(reasons) & linked.known & linked.printed).sum())
    if lost:
        log.append(f"{lost} of them were shown in an earlier release and can no longer be protected")
    size = len(tables.keys)

    def result(hidden: Bools) -> Protection:
        why = reasons.copy()
        why[hidden & (why == 0)] = int(Reason.SECONDARY)
        why[~hidden & linked.printed] = 0
        log.append(f"{int((why == Reason.SECONDARY).sum())} further cells hidden to protect them")
        return Protection(linked, rules, hidden[:size], why[:size], tuple(log))

    rooms = rooms_of(linked, rules, reasons)
    secrets = np.flatnonzero(secret)
    if previous:
        before = hidden_before(linked, previous[-1])
        if not (must & ~before).any() and attack(linked, before, rules).clean:
            log.append("the earlier pattern still holds and is kept")
            if not unchanged(tables, previous[-1]):
                before = _trimmed(linked, rules, before, must, secrets, rooms=rooms)
            return result(before)
        log.append("the earlier pattern no longer holds")
        linked = replace(linked, cost=np.where(before, linked.cost * _HIDDEN_BEFORE, linked.cost))
    if not len(secrets) and not _small_groups(linked, rules):
        return result(must)
    hidden = None
    if linked.printed.sum() <= rules.optimal_cells:
        hidden = cheapest(linked, rules, must, secrets, rooms)
        log.append("cheapest pattern found" if hidden is not None else "no cheapest pattern found in time")
    if hidden is None:
        hidden = _fast(linked, rules, must, secrets, rooms)
    return result(hidden)


def _hidden_in(tables: Tables, bases: Sequence[Protection]) -> Bools:
    """Cells of the domains that one of the bases hides."""
    also = np.zeros(len(tables.keys), np.bool_)
    for base in bases:
        domains = {key[1:] for key, cell in base.tables.rows.items() if base.pattern[cell]}
        also[[cell for key, cell in tables.rows.items() if key[1:] in domains]] = True
    return also


def _small_groups(tables: Tables, rules: Rules) -> bool:
    return bool((tables.atom_contributors < rules.minimum_contributors).any())


def _fast(tables: Tables, rules: Rules, must: Bools, secrets: Ints, rooms: Sequence[Room]) -> Bools:
    """Elimination against exact recovery, repair of intervals, repair on finest cells."""
    guards = Guards(tables.columns[:, secrets], tables.atom_contributors, rules.minimum_contributors)
    dearest = np.argsort(-tables.cost, kind="stable")
    may_show = dearest[(tables.printed & ~tables.known & ~must)[dearest]]
    shown = eliminate(tables.columns, may_show, guards, np.flatnonzero(tables.known))
    hidden = tables.printed & ~shown | must
    hidden = _repaired(tables, rules, hidden, secrets, rooms, finest=False)
    return _repaired(tables, rules, hidden, secrets, rooms, finest=True)


def _trimmed(
    tables: Tables, rules: Rules, hidden: Bools, must: Bools, secrets: Ints, *, rooms: Sequence[Room]
) -> Bools:
    """Show again what need not be hidden, the dearest cells first, and see to the strongest attack."""
    dearest = np.argsort(-tables.cost, kind="stable")
    hidden = show_again(
        tables,
        hidden,
        dearest[(hidden & ~must)[dearest]],
        secrets,
        rooms=rooms,
        guards=Guards(tables.columns[:, secrets], tables.atom_contributors, rules.minimum_contributors),
        programmes=rules.refining_programmes,
    )
    return _repaired(tables, rules, hidden, secrets, rooms, finest=True)


def _repaired(
    tables: Tables, rules: Rules, hidden: Bools, secrets: Ints, rooms: Sequence[Room], *, finest: bool
) -> Bools:
    """Hide more until each secret has its room at one level of attack."""
    hidden = hidden.copy()
    secret = np.isin(np.arange(len(hidden)), secrets)
    for measure, down, up in rooms:
        left: Ints | None = None
        while left is None or len(left):
            if finest:
                polytope, unknown = by_finest(tables, see(tables, hidden, rules, secret), measure), None
            else:
                polytope, unknown = by_relations(tables, hidden, measure)
            needed, at, signs = demands(tables, secrets, down, up, unknown)
            # The smallest needs first: their cheap solutions often serve the larger ones.
            left = np.argsort(needed.needs, kind="stable") if left is None else left
            # What is left undecided costs a repair no more than a proof.
            left = left[~prove(polytope, needed.take(left), "batches").proven]
            for d in left[:_AT_ONCE].tolist():
                need = float(needed.needs[d] * signs[d])
                hidden[_more(tables, hidden, measure, cell=int(at[d]), need=need, finest=finest)] = True
            left = left[_AT_ONCE:]
    return hidden


def _more(tables: Tables, hidden: Bools, measure: Measure, *, cell: int, need: float, finest: bool) -> Ints:
    more = repair(tables, hidden, measure, cell=cell, need=need, finest=finest)
    if more is None:
        raise GateError(
            f"{' '.join(tables.keys[cell])} cannot be protected, even if nothing else were shown",
            where="disclosure control",
            expected="another cell that can be hidden beside it",
            fix="publish a coarser breakdown, or leave the figure's tables out of the release",
        )
    return more
