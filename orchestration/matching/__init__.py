"""Matching: bringing needs, training offers and opportunities together. Belongs here: reading a release's marts,
ranking (docs/matching.md has the formula), and the recommendations of a company, a territory or an institution.
Does not: estimating needs (orchestration/estimation), printing for the command (orchestration/cli_match.py)."""

from orchestration.matching.model import Match, Profile
from orchestration.matching.recommending import match
from orchestration.matching.showing import write

__all__ = ["Match", "Profile", "match", "write"]
