"""Reliability of figures. Belongs here: the flag and reason of each row, and their words. Does not:
secrecy, which disclosure adds as the flag ``secret``."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from orchestration.estimation.arrays import Flags, Numbers

Texts = NDArray[np.object_]

# docs/methodology.md, table 1: at n >= 30 Wilson covers 96 % or more even for a rare trait; from 10 to 29 its
# intervals hold but are wide; below 10 they hold and say nothing.
PUBLISHED, RELIABLE, EACH_SIDE = 10, 30, 5
# Eurostat's usual limit for business statistics: a quantity with a larger relative error is not reliable.
LARGEST_CV = 0.3

FLAGS = {
    "ok": ("fiable", "reliable"),
    "fragile": ("fragile", "fragile"),
    "unreliable": ("non fiable, non diffusé", "unreliable, not published"),
    "zero": ("nul", "zero"),
    "not_available": ("non disponible", "not available"),
    "not_applicable": ("sans objet", "not applicable"),
    "model_based": ("estimé par modèle", "model-based"),
    "quoted": ("cité, non estimé", "quoted, not estimated"),
    "secret": ("secret statistique", "secret"),
}
REASONS = {
    "low_n": ("moins de 10 entreprises répondantes", "fewer than 10 companies answered"),
    "below_30": ("moins de 30 entreprises répondantes", "fewer than 30 companies answered"),
    "one_sided": (
        "moins de 5 entreprises d'un côté de la proportion",
        "fewer than 5 companies on one side of the proportion",
    ),
    "high_cv": ("erreur relative supérieure à 30 %", "relative error above 30 %"),
    "no_respondent": ("aucune entreprise n'a répondu", "no company answered"),
    "no_mention": ("rien n'a été cité", "nothing was mentioned"),
    "not_asked": ("question non posée dans cette édition", "not asked in this edition"),
    "broken": ("questions non comparables", "questions that do not compare"),
    "among_respondents": (
        "parmi les répondants : sans base de sondage, rien n'est extrapolé",
        "among respondents: without a frame nothing is grossed up",
    ),
    "model_based": (
        "estimé par un modèle qui emprunte aux autres territoires",
        "estimated by a model that borrows from the other territories",
    ),
    "no_frame": ("pas de total sans base de sondage", "no total without a frame"),
    "outside_population": ("aucune entreprise dans le champ", "no company in the population"),
}


def judge(
    value: Numbers, n: Numbers, n_yes: Numbers, cv: Numbers, *, is_share: Flags, has_frame: bool
) -> tuple[Texts, Texts]:
    """(flag, reason) of each figure, reason None where there is nothing to say.

    In this order: nobody answered, fewer than 10 answered, a value of zero, fewer than 30, fewer than 5
    on one side (``is_share``) or a relative error above 30 % (the others).
    """
    one_sided = is_share & (np.minimum(n_yes, n - n_yes) < EACH_SIDE)
    imprecise = ~is_share & (cv > LARGEST_CV)
    cases = [n == 0, n < PUBLISHED, value == 0, n < RELIABLE, one_sided, imprecise]
    flag = np.select(
        cases, ["not_available", "unreliable", "zero", "fragile", "fragile", "fragile"], "ok"
    ).astype(object)
    quiet = "" if has_frame else "among_respondents"
    reason = np.select(
        cases, ["no_respondent", "low_n", quiet, "below_30", "one_sided", "high_cv"], quiet
    ).astype(object)
    reason[reason == ""] = None
    return flag, reason
