"""What is usual, learned from past runs. Belongs here: bounds out of a series of numbers. Does not: where the series
comes from (history_checks.py), or what must hold whatever the past says (the gates)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

# Fewer cannot tell usual from odd: five steps from one run to the next.
LEAST_HISTORY = 6
# Iglewicz and Hoaglin (1993), How to Detect and Handle Outliers: a modified z-score above 3.5 is an outlier.
LARGEST_SCORE = 3.5
# Makes the median absolute deviation of normal numbers their standard deviation.
_MAD_TO_SD = 1.4826
# Where nothing ever moved, the spread is 0 and a tenth more or less is still usual: half of the fifth that contracts
# and gates call a file cut off, so that the warning comes before the stop.
LEAST_WIDTH = 0.1


@dataclass(frozen=True)
class Bounds:
    """From where to where a number is usual, both included, and from how many past numbers that was learned."""

    low: float
    high: float
    history: int

    def hold(self, value: float) -> bool:
        """Whether a number is usual."""
        return self.low <= value <= self.high


def usual_count(past: Sequence[float]) -> Bounds | None:
    """Bounds of the next count of rows; None with fewer than six past ones.

    A campaign grows, so the steps are judged, not the level: of log((n+1)/(m+1)) for each count n and the one m before
    it, median and MAD give what is usual, and the last count where that leads to.

    Args:
        past: counts of successful runs, the oldest first, none negative.
    """
    if len(past) < LEAST_HISTORY:
        return None
    logs = [math.log1p(count) for count in past]
    steps = [after - before for before, after in pairwise(logs)]
    centre, width = median(steps), max(_spread(steps), math.log1p(LEAST_WIDTH))
    low, high = (math.expm1(logs[-1] + centre + sign * width) for sign in (-1, 1))
    return Bounds(max(math.floor(low), 0), math.ceil(high), len(past))


def usual_level(past: Sequence[float]) -> Bounds | None:
    """Bounds of the next share or figure, by median and MAD of the past ones; None with fewer than six.

    Args:
        past: values of successful runs, the oldest first, in the figure's own unit.
    """
    if len(past) < LEAST_HISTORY:
        return None
    centre = median(past)
    width = max(_spread(past), LEAST_WIDTH * abs(centre))
    return Bounds(centre - width, centre + width, len(past))


def _spread(values: Sequence[float]) -> float:
    centre = median(values)
    return LARGEST_SCORE * _MAD_TO_SD * median(abs(value - centre) for value in values)
