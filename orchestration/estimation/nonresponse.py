"""Weights for non-response. Belongs here: the adjustment by response groups. Does not: base weights,
calibration."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from orchestration.estimation.arrays import Codes, Flags, Numbers, some
from orchestration.estimation.errors import FrameError


def adjust(weights: Numbers, group: Codes, responded: Flags, labels: Sequence[str]) -> Numbers:
    """w * (sum of w over the asked) / (sum of w over the respondents) of its group; 0 for non-respondents.

    All arrays have a row an asked company; ``group`` indexes ``labels``. This is the weighting-class
    estimator: inside a group, response is taken to be independent of the answers. Raises FrameError naming a
    group without a respondent, and where a weight is not a positive number.
    """
    if not (np.isfinite(weights).all() and (weights > 0).all()):
        raise FrameError(
            f"{int((~(weights > 0)).sum())} base weights are not positive numbers",
            where="non-response adjustment",
            expected="a positive base weight for every asked company",
            fix="check the invited companies of the frame",
        )
    asked = _sums(group, weights, len(labels))
    answered = _sums(group[responded], weights[responded], len(labels))
    silent = [label for label, all_, some_ in zip(labels, asked, answered, strict=True) if all_ and not some_]
    if silent:
        raise FrameError(
            f"nobody answered in response group {some(silent)}",
            where="non-response adjustment",
            expected="at least one respondent in each group",
            fix="merge response groups (design.collapse)",
        )
    ratio = np.divide(asked, answered, out=np.ones(len(labels)), where=answered > 0)
    return np.where(responded, weights * ratio[group], 0.0)


def _sums(group: Codes, values: Numbers, count: int) -> Numbers:
    """Sums by group, correctly rounded, so that they do not depend on the order of the companies."""
    order = np.argsort(group, kind="stable")
    parts = np.split(values[order], np.searchsorted(group[order], np.arange(1, count)))
    return np.array([math.fsum(part) for part in parts])
