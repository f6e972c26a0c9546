"""Protect: no company recognisable in what is published. Belongs here: the public face of the domain modules.
Does not: Dagster."""

from orchestration.disclosure.attack import AttackReport, Breach, attack
from orchestration.disclosure.cells import Breakdown
from orchestration.disclosure.earlier import Earlier
from orchestration.disclosure.protect import Protection, protect
from orchestration.disclosure.rounding import rounded
from orchestration.disclosure.rules import Reason, Rules
from orchestration.disclosure.show import apply, pattern_of
from orchestration.disclosure.tables import Count, Magnitude, Share, Tables, build
from orchestration.disclosure.words import PUBLIC_WORDS, Flag, explain, explained

__all__ = [
    "PUBLIC_WORDS",
    "AttackReport",
    "Breach",
    "Breakdown",
    "Count",
    "Earlier",
    "Flag",
    "Magnitude",
    "Protection",
    "Reason",
    "Rules",
    "Share",
    "Tables",
    "apply",
    "attack",
    "build",
    "explain",
    "explained",
    "pattern_of",
    "protect",
    "rounded",
]
