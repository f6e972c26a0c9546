"""Errors of weighting and estimation. Belongs here: the exception types. Does not: the checks that raise
them."""

from __future__ import annotations

from orchestration.errors import SkillsBankError


class EstimationError(SkillsBankError):
    """Weights or figures that cannot be computed as asked."""


class FrameError(EstimationError):
    """A sampling frame, its strata or its response groups that cannot carry weights."""


class MarginError(EstimationError):
    """Population margins that respondents cannot be calibrated to."""


class BoundsError(EstimationError):
    """Bounds on the weight adjustment within which no calibration exists."""


class ConvergenceError(EstimationError):
    """A calibration that did not converge although a solution exists."""
