"""Visits of the questionnaire: one row of the export each. Belongs here: when a company came, how far it
went, double and test visits. Does not: what was answered."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from orchestration.simulation.arrays import BoolArray, IntArray, SmallArray
from orchestration.simulation.campaign import Invitations, Plan

_AGAIN_SAME_PERSON, _COLLEAGUE, _TEST = 0.025, 0.012, 0.004
_LEAST_TESTS = 3
_DAY = 86_400

# When the answers have come in: a wave after the mailing and one after each reminder.
_ELAPSED = np.array([0.0, 0.03, 0.10, 0.25, 0.28, 0.36, 0.55, 0.60, 0.68, 1.0])
_CAME_IN = np.array([0.0, 0.10, 0.30, 0.40, 0.52, 0.62, 0.70, 0.80, 0.90, 1.0])


@dataclass(frozen=True)
class Visits:
    """Rows of an export, in order of their start (arrays of one length).

    ``company`` is a position in the chunk. ``last_page`` goes from 0 (welcome page only) to the last page
    of the questionnaire. Moments are seconds of local time since 1970-01-01.
    """

    company: IntArray
    started: IntArray
    ended: IntArray
    last_page: SmallArray
    is_complete: BoolArray
    is_test: BoolArray
    has_token: BoolArray


def visits(
    rng: np.random.Generator, plan: Plan, invitations: Invitations, pages: int, part: tuple[float, float]
) -> Visits:
    """The visits of a chunk, which took place between two ``part``s (0..1) of the campaign's answers."""
    opened = np.flatnonzero(invitations.opened)
    completed = invitations.completed[opened]
    again = opened[completed & (rng.random(len(opened)) < _AGAIN_SAME_PERSON)]
    colleague = opened[rng.random(len(opened)) < _COLLEAGUE]
    tests = int(rng.poisson(_TEST * len(opened))) + (_LEAST_TESTS if part[0] == 0 else 0)
    test = rng.choice(opened, tests) if len(opened) else opened

    company = np.concatenate([opened, again, colleague, test])
    counts = (len(opened), len(again), len(colleague), len(test))
    kind = np.repeat(np.arange(4), counts)
    complete = np.concatenate(
        [completed, rng.random(sum(counts[1:])) < np.repeat([0.15, 0.8, 0.5], counts[1:])]
    )

    # Where visitors leave: mostly the welcome page, the company numbers, the long page on competences.
    leave = np.array([0.2, 0.25, 0.15, 0.1, 0.1, 0.2])[:pages]
    left_at = np.searchsorted(np.cumsum(leave / leave.sum()), rng.random(len(company)))
    left_at = np.maximum(left_at, kind == 3)  # a test shows by the company name, on the first page
    opening, closing = (np.datetime64(day, "s").astype(np.int64) for day in (plan.invited_from, plan.closes))
    position = part[0] + (part[1] - part[0]) * rng.random(len(company))
    moment = opening + np.interp(position, _CAME_IN, _ELAPSED) * (closing - opening)
    # Answers are typed between 8 and 19 o'clock.
    day = np.maximum(moment // _DAY, invitations.day[company])
    started = (day * _DAY + 8 * 3600 + rng.triangular(0, 7_000, 39_600, len(company))).astype(np.int64)
    minutes = rng.lognormal(2.2, 0.45, len(company)) * np.where(complete, 1.0, (left_at + 0.3) / pages)
    order = np.argsort(started, kind="stable")
    return Visits(
        company=company[order],
        started=started[order],
        ended=(started + 20 + 60 * minutes).astype(np.int64)[order],
        last_page=np.where(complete, pages, left_at).astype(np.int8)[order],
        is_complete=complete[order],
        is_test=(kind == 3)[order],
        has_token=((kind < 2) & (rng.random(len(company)) < 0.9))[order],
    )
