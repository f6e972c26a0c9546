"""Who is asked and who answers. Belongs here: the stratified draw, the model of non-response. Does not: what
the answers are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from orchestration.simulation.arrays import BoolArray, IntArray, SmallArray
from orchestration.simulation.population import (
    SIZE_CLASSES,
    Activity,
    Companies,
    Population,
)
from orchestration.simulation.streams import stream

MODES = ("email", "post", "phone")
COMPLETES = 0.82
"""Share of the companies that open the questionnaire and reach its end."""
INNOVATORS_REPLY = 1.10
"""How much more readily innovators answer, inside a stratum: design weights cannot correct this."""

# Larger classes are asked more often, being few, and answer more readily; modes and regions differ.
_ASK_BY_SIZE = np.array([0.6, 1.3, 2.4, 3.0])
_REPLY_BY_SIZE = np.array([0.78, 1.0, 1.3, 1.5])
_REPLY_BY_MODE = np.array([1.0, 0.7, 1.4])
_REPLY_BY_REGION = {
    "32": 1.25,
    "28": 1.15,
    "44": 1.1,
    "52": 1.1,
    "11": 0.75,
    "93": 0.85,
    "94": 0.7,
    "06": 0.5,
}
# How often a lasting habit decides, and not the moment: it makes the panel larger than chance would.
_HABIT = 0.6
_LEAST_IN_STRATUM = 5


@dataclass(frozen=True)
class Plan:
    """One edition's design; ``answers`` (complete ones) and ``invitations`` are per respondent asked for."""

    edition: str
    year: int
    answers: float
    invitations: float
    modes: tuple[float, float, float]
    invited_from: str
    closes: str


PLANS = (
    Plan("edition_2012", 2012, 0.6, 6.0, (0.35, 0.55, 0.10), "2012-03-12", "2012-06-29"),
    Plan("tour_2019", 2019, 1.0, 10.5, (0.72, 0.18, 0.10), "2019-06-03", "2019-10-07"),
)
_MOST_INVITED, _MOST_REPLIES = 0.7, 0.9


@dataclass(frozen=True)
class Draw:
    """Companies asked, by chunk and stratum, and the scale of the rates at which they reply."""

    invited: IntArray
    reply_scale: float


@dataclass(frozen=True)
class Invitations:
    """Of a chunk's companies: asked or not, how (position in ``MODES``) and when (days since 1970-01-01), who
    opened the questionnaire, who reached its end (arrays of one length)."""

    invited: BoolArray
    mode: SmallArray
    day: IntArray
    opened: BoolArray
    completed: BoolArray


def strata(companies: Companies, edition: str) -> npt.NDArray[np.int64]:
    """Stratum of each company, region x size class; -1 outside the edition's frame."""
    stratum = companies.region.astype(np.int64) * len(SIZE_CLASSES) + companies.size_class(edition)
    return np.where(companies.active[edition], stratum, -1)


def draw(population: Population, plan: Plan, respondents: int) -> Draw:
    """Allocate the invitations over strata and chunks, and scale response rates to the expected answers.

    Allocation is proportional to N_h times a factor by size, at least 5 and at most N_h. The split over
    chunks is multivariate hypergeometric, so that each stratum is a simple random sample of the whole
    frame.
    """
    count = len(population.places.region_codes) * len(SIZE_CLASSES)
    in_frame = np.zeros((len(population.chunks), count), dtype=np.int64)
    readiness = np.zeros(count)
    for chunk in population.chunks:
        companies = population.companies(chunk)
        activity = population.activity(chunk, plan.edition, companies)
        stratum = strata(companies, plan.edition)
        mode = _modes(population, plan, chunk, len(stratum))
        inside = stratum >= 0
        in_frame[chunk] = np.bincount(stratum[inside], minlength=count)
        weights = _readiness(population, plan.edition, companies, activity, mode)
        readiness += np.bincount(stratum[inside], weights=weights[inside], minlength=count)
    total = in_frame.sum(axis=0)
    wanted = min(plan.invitations * respondents, _MOST_INVITED * total.sum())
    asked = _allocate(total, wanted)
    expected = (asked * readiness / np.maximum(total, 1)).sum()
    return Draw(
        invited=_split(stream(population.seed, f"split {plan.edition}"), in_frame, asked),
        reply_scale=plan.answers * respondents / COMPLETES / expected,
    )


def invite(
    population: Population, plan: Plan, drawn: Draw, *, chunk: int, companies: Companies, activity: Activity
) -> Invitations:
    """Draw the invitations of a chunk and who follows them.

    One lasting random number a company orders each stratum in both editions, so that the samples overlap.
    """
    stratum = strata(companies, plan.edition)
    turn = stream(population.seed, "turn", chunk).random(len(stratum))
    order = np.lexsort((turn, stratum))
    start = np.searchsorted(stratum[order], stratum[order], side="left")
    place = np.empty(len(stratum), dtype=np.int64)
    place[order] = np.arange(len(stratum)) - start
    invited = (stratum >= 0) & (place < drawn.invited[chunk][stratum])

    mode = _modes(population, plan, chunk, len(stratum))
    rate = drawn.reply_scale * _readiness(population, plan.edition, companies, activity, mode)
    rng = stream(population.seed, f"replies {plan.edition}", chunk)
    reluctance = np.where(rng.random(len(stratum)) < _HABIT, companies.reluctance, rng.random(len(stratum)))
    opened = invited & (reluctance < np.minimum(rate, _MOST_REPLIES))
    # Letters leave two days after the e-mails; calls are spread over the first week.
    delay = np.where(mode == 2, rng.integers(0, 5, len(stratum)), 2 * mode)
    return Invitations(
        invited=invited,
        mode=mode,
        day=np.datetime64(plan.invited_from).astype(np.int64) + delay,
        opened=opened,
        completed=opened & (rng.random(len(stratum)) < COMPLETES),
    )


def _modes(population: Population, plan: Plan, chunk: int, count: int) -> SmallArray:
    u = stream(population.seed, f"modes {plan.edition}", chunk).random(count)
    return np.searchsorted(np.cumsum(plan.modes)[:-1], u).astype(np.int8)


def _readiness(
    population: Population, edition: str, companies: Companies, activity: Activity, mode: SmallArray
) -> npt.NDArray[np.float64]:
    by_region = np.array([_REPLY_BY_REGION.get(code, 1.0) for code in population.places.region_codes])
    readiness: npt.NDArray[np.float64] = (
        _REPLY_BY_SIZE[companies.size_class(edition)]
        * by_region[companies.region]
        * _REPLY_BY_MODE[mode]
        * np.where(activity.innovator, INNOVATORS_REPLY, 1.0)
    )
    return readiness


def _allocate(total: IntArray, wanted: float) -> IntArray:
    weight = total * np.tile(_ASK_BY_SIZE, len(total) // len(SIZE_CLASSES))
    low, high = 0.0, wanted / max(weight.min(initial=np.inf, where=weight > 0), 1e-9)
    for _ in range(100):  # bisection: the caps make the sum a monotone, not a linear function of the scale
        scale = (low + high) / 2
        asked = np.clip(np.rint(weight * scale), np.minimum(_LEAST_IN_STRATUM, total), total)
        low, high = (scale, high) if asked.sum() < wanted else (low, scale)
    return np.asarray(asked, dtype=np.int64)


def _split(rng: np.random.Generator, in_frame: IntArray, asked: IntArray) -> IntArray:
    left, remaining, parts = asked.copy(), in_frame.sum(axis=0), []
    for here in in_frame:
        remaining = remaining - here
        part = rng.hypergeometric(here, remaining, left)
        parts.append(part)
        left = left - part
    return np.array(parts)
