"""The ranking. Belongs here: the formula, its order, what to combine, what to label; docs/matching.md explains them to
users. Does not: what needs weigh, where they are read, how results are shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from math import fsum, inf

HALVING_KM = 100
"""What is this far away counts half. A choice, not a measurement: a day's return trip by train or road."""

ON_SITE = {"in_person": 1.0, "hybrid": 0.5, "online": 0.0}
"""Share of a training's distance that has to be travelled, by format; a format that is not known counts as on site."""

MEETS = 0.5
"""What one labelled offer on the spot meets of a need. A choice: a second one brings other dates, levels and seats."""

Weights = Mapping[str, float]


@dataclass(frozen=True)
class Candidate:
    """What a ranking sees of an offer or an opportunity: ``kilometres`` is None where its place is not known."""

    code: str
    competences: frozenset[str]
    kilometres: float | None
    on_site: float = 1.0
    is_labelled: bool = False
    starts_on: date | None = None

    @property
    def travel(self) -> float:
        """Kilometres that count: none online, half when hybrid, without end where the place is not known."""
        if self.on_site == 0:
            return 0.0
        return inf if self.kilometres is None else self.kilometres * self.on_site

    @property
    def nearness(self) -> float:
        """From 1 (here, or online) down to 0: half with each ``HALVING_KM`` of travel."""
        return float(2 ** (-self.travel / HALVING_KM))


@dataclass(frozen=True)
class Recommendation:
    """A candidate with what it does for the needs: ``score`` = ``coverage`` x nearness, all from 0 to 1."""

    candidate: Candidate
    covers: tuple[str, ...]
    leaves: tuple[str, ...]
    coverage: float
    score: float


@dataclass(frozen=True)
class Combination:
    """Offers to combine, in the order of their choice, with the needs that each adds, and what nobody teaches."""

    steps: tuple[Recommendation, ...]
    uncovered: tuple[str, ...]


@dataclass(frozen=True)
class LabelGain:
    """What labelling an offer would bring: ``gain`` as a share of all needs, ``closes`` as a share of the gap."""

    candidate: Candidate
    for_needs: tuple[str, ...]
    gain: float
    closes: float


def covered_weight(weights: Weights, competences: Iterable[str]) -> float:
    """Sum of the weights of the needs among some competences; never less with one more of either.

    Summed exactly and rounded once (``fsum``), so that neither order nor rounding can turn two sums round.
    """
    return fsum(weights[code] for code in set(competences) if code in weights)


def rank(weights: Weights, candidates: Iterable[Candidate]) -> list[Recommendation]:
    """The candidates that cover a need, the best first.

    Score: (weight of the needs covered / weight of all needs) x 2 ** (-travel / 100 km). Ties: the larger coverage, the
    shorter travel, the labelled before the others, the earlier start (none last), the code. So one that covers as
    much or more and is as near or nearer never comes after another.
    """
    total = fsum(weights.values())
    found = []
    for candidate in candidates:
        if covers := by_weight(weights, candidate.competences & weights.keys()):
            coverage = covered_weight(weights, covers) / total
            leaves = by_weight(weights, weights.keys() - candidate.competences)
            score = coverage * candidate.nearness
            found.append(Recommendation(candidate, covers, leaves, coverage, score))
    return sorted(found, key=_order)


def combine(
    weights: Weights, candidates: Iterable[Candidate], covered: frozenset[str] = frozenset()
) -> Combination:
    """Choose offers one by one: each time the best of ``rank`` for what is not ``covered`` yet, until none adds.

    Greedy weighted coverage; where distances are alike, any number of steps covers at least 1 - 1/e of what as many
    offers could cover at best (Nemhauser, Wolsey and Fisher 1978). Coverage and score of a step are shares of all
    needs.
    """
    pool, total = list(candidates), fsum(weights.values())
    remaining = {code: weight for code, weight in weights.items() if code not in covered}
    steps = []
    while best := rank(remaining, pool)[:1]:
        (step,) = best
        coverage = covered_weight(remaining, step.covers) / total
        score = coverage * step.candidate.nearness
        steps.append(Recommendation(step.candidate, step.covers, step.leaves, coverage, score))
        remaining = {code: remaining[code] for code in step.leaves}
    return Combination(tuple(steps), by_weight(weights, remaining.keys()))


def label_gains(
    weights: Weights, candidates: Iterable[Candidate], labelled: Iterable[Candidate]
) -> list[LabelGain]:
    """The candidates that would bring something if they were labelled, those that close most of the gap first.

    Each labelled offer for a need meets ``MEETS`` x its nearness of what the others leave unmet; the gap is the weight
    that stays unmet after all of them. The gain of an offer is what the gap would lose by its label. Ties: shorter
    travel, earlier start, code.
    """
    unmet = dict.fromkeys(weights, 1.0)
    # In one order, since a product of fractions depends on it in its last digit.
    for offer in sorted(labelled, key=lambda one: one.code):
        for code in offer.competences & unmet.keys():
            unmet[code] *= 1 - MEETS * offer.nearness
    total = fsum(weights.values())
    gap = {code: weight * unmet[code] for code, weight in weights.items()}
    gains = []
    for candidate in candidates:
        lost = covered_weight(gap, candidate.competences) * MEETS * candidate.nearness
        if lost > 0:
            covers = by_weight(weights, candidate.competences & weights.keys())
            gains.append(LabelGain(candidate, covers, lost / total, lost / fsum(gap.values())))
    return sorted(gains, key=lambda one: (-one.gain, one.candidate.travel, *_last(one.candidate)))


def by_weight(weights: Weights, codes: Iterable[str]) -> tuple[str, ...]:
    """Codes of needs, the heaviest first."""
    return tuple(sorted(codes, key=lambda code: (-weights[code], code)))


def _order(one: Recommendation) -> tuple[object, ...]:
    candidate = one.candidate
    return (-one.score, -one.coverage, candidate.travel, not candidate.is_labelled, *_last(candidate))


def _last(candidate: Candidate) -> tuple[date, str]:
    return candidate.starts_on or date.max, candidate.code
