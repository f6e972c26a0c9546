"""What non-ignorable response would change. Belongs here: the figure under other response ratios. Does
not: repairing it, which no formula does."""

from __future__ import annotations

import numpy as np

from orchestration.estimation.arrays import Numbers

# Response odds of 1.5 took the national coverage from 98 % to 10 % (docs/methodology.md, table 2); these are
# milder.
RATIOS = (0.8, 1.25)


def under_ratio(p: Numbers, theta: float) -> Numbers:
    """p* = (p/theta) / (p/theta + 1 - p): the true share if companies with the trait answer theta times
    as readily.

    theta below 1 (companies with the trait answer less) raises the share, above 1 lowers it.
    """
    return np.asarray((p / theta) / (p / theta + 1 - p), dtype=np.float64)


def bounds(p: Numbers) -> tuple[Numbers, Numbers]:
    """The lower and the upper share over the published response ratios."""
    low, high = max(RATIOS), min(RATIOS)
    return under_ratio(p, low), under_ratio(p, high)
