"""Rules of secrecy. Belongs here: which cells must be hidden, and how well. Does not: how to hide them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntFlag

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


class Reason(IntFlag):
    """Why a cell is not shown; several may hold at once. Internal: some of them tell what they hide."""

    SHOWN = 0
    FEW_CONTRIBUTORS = 1
    FEW_WEIGHTED = 2
    DOMINANCE = 4
    ALL_OR_NONE = 8
    FEW_ON_ONE_SIDE = 16
    LOW_BASE = 32
    SECONDARY = 64


PRIMARY = (
    Reason.FEW_CONTRIBUTORS
    | Reason.FEW_WEIGHTED
    | Reason.DOMINANCE
    | Reason.ALL_OR_NONE
    | Reason.FEW_ON_ONE_SIDE
)


@dataclass(frozen=True)
class Rules:
    """What is secret, with the lawful defaults.

    ``minimum_contributors`` companies make a cell, counted on respondents and on weighted companies, and the
    same number stands behind the yes and behind the no of a share (French rule for business statistics: 3).
    No contributor makes ``dominance`` of a magnitude or more (French rule: 85 %).
    ``all_or_none``: a share of 0 % or 100 % tells the answer of each company of the domain.
    ``frequency_protection``: half-width of the interval an attacker must be left with around a magnitude made
    by too few companies, as a share of it (10 %, as tau-Argus does for a frequency rule).
    ``shown_base``, ``reliable_base`` and ``reliable_side`` come from a coverage study on 100,000 simulated
    companies: 95 % intervals hold their level from 30 respondents and 5 on each side, and below 10 are too
    wide to be of use. Rows under ``shown_base`` are not shown; rows between are shown as fragile.
    ``optimal_cells``: up to so many printed cells the cheapest pattern is searched exactly (1 s at 104
    cells, 3 s at 222; the refined pattern had the same cost on both). ``refining_programmes``: how many
    linear programmes may be spent on showing again what an earlier pattern hides and no longer needs (5 to 20 ms
    each). A new pattern gets none: they saved 2 to 7 % of the cost of three tables, 1 hidden cell of 10,563 of the
    sample, for a third of the time.
    """

    minimum_contributors: int = 3
    dominance: float = 0.85
    all_or_none: bool = True
    frequency_protection: float = 0.10
    shown_base: int = 10
    reliable_base: int = 30
    reliable_side: int = 5
    optimal_cells: int = 120
    refining_programmes: int = 30


def primary_reasons(
    rules: Rules,
    contributors: Floats,
    weighted: Floats,
    *,
    total: Floats | None = None,
    largest: Floats | None = None,
    yes: Floats | None = None,
) -> Ints:
    """Reasons (as integers of :class:`Reason`) why each cell is secret by itself; 0 where it is not.

    Args:
        rules: the thresholds.
        contributors: respondents of each cell, shape (cells,).
        weighted: companies each cell stands for, shape (cells,).
        total: magnitude of each cell, in the unit of ``largest``; may be negative.
        largest: largest contribution to it.
        yes: respondents of each cell counted in the numerator of a share.
    """
    reasons = np.zeros(len(contributors), np.int64)
    least = rules.minimum_contributors
    # An empty cell has no company to protect; it is not available rather than secret.
    some = contributors > 0
    reasons[some & (contributors < least)] |= Reason.FEW_CONTRIBUTORS
    reasons[some & (weighted < least)] |= Reason.FEW_WEIGHTED
    if total is not None and largest is not None:
        # The product form also holds for a negative total, where any positive contribution outweighs it.
        reasons[some & (largest > 0) & (largest >= rules.dominance * total)] |= Reason.DOMINANCE
    if yes is not None:
        side = np.minimum(yes, contributors - yes)
        if rules.all_or_none:
            reasons[some & (side == 0)] |= Reason.ALL_OR_NONE
        reasons[some & (side > 0) & (side < least)] |= Reason.FEW_ON_ONE_SIDE
    return reasons


def is_fragile(rules: Rules, contributors: Floats, yes: Floats | None) -> Bools:
    """Cells that may be shown, but with a warning: base or one side under the reliability thresholds."""
    fragile: Bools = contributors < rules.reliable_base
    if yes is not None:
        fragile = fragile | (np.minimum(yes, contributors - yes) < rules.reliable_side)
    return fragile
