"""Why a figure is not shown, in words. Belongs here: sentences in French and English. Does not: decisions.

Two audiences. Readers of a release get one sentence for every secret figure: to say that a rate is hidden
because it is 0 % or 100 %, or that a cell is the one with two companies, would tell what is hidden. The
statisticians inside get the exact reasons.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum
from functools import cache
from typing import Any, Literal

import numpy as np
import pyarrow as pa
from scipy import sparse

from orchestration.disclosure.attacker import is_primary
from orchestration.disclosure.cells import Key
from orchestration.disclosure.protect import Protection
from orchestration.disclosure.rules import Reason
from orchestration.errors import GateError

Language = Literal["fr", "en"]


class Flag(StrEnum):
    """State that protection gives a published row; estimation has others (zero, not available ...)."""

    OK = "ok"
    FRAGILE = "fragile"
    UNRELIABLE = "unreliable"
    SECRET = "secret"
    CARRIED_OVER = "carried_over"


PUBLIC_WORDS: dict[Flag, dict[Language, str]] = {
    Flag.OK: {"fr": "Chiffre publié.", "en": "Published figure."},
    Flag.FRAGILE: {
        "fr": "Chiffre fragile : peu d'entreprises ont répondu, ou peu sont d'un côté ; lire l'intervalle.",
        "en": "Fragile figure: few companies answered, or few stand on one side; read the interval.",
    },
    Flag.UNRELIABLE: {
        "fr": "Non montré : trop peu d'entreprises ont répondu pour un chiffre fiable.",
        "en": "Not shown: too few companies answered for a reliable figure.",
    },
    Flag.SECRET: {
        "fr": (
            "Non montré, par secret statistique : seul ou rapproché d'autres chiffres publiés, "
            "ce chiffre pourrait révéler la réponse d'une entreprise."
        ),
        "en": (
            "Not shown, under statistical secrecy: alone or compared with other published figures, "
            "this figure could reveal what one company answered."
        ),
    },
    Flag.CARRIED_OVER: {
        "fr": (
            "Chiffre de la diffusion précédente : trop peu d'entreprises ont répondu depuis "
            "pour le mettre à jour sans révéler leurs réponses."
        ),
        "en": (
            "Figure of the previous release: too few companies have answered since "
            "to update it without revealing their answers."
        ),
    },
}

_INTERNAL: dict[Reason, dict[Language, str]] = {
    Reason.FEW_CONTRIBUTORS: {
        "fr": "moins de {least} entreprises ont répondu",
        "en": "fewer than {least} companies answered",
    },
    Reason.FEW_WEIGHTED: {
        "fr": "les réponses représentent moins de {least} entreprises",
        "en": "the answers stand for fewer than {least} companies",
    },
    Reason.DOMINANCE: {
        "fr": "une entreprise fait au moins {dominance:.0%} du total",
        "en": "one company makes at least {dominance:.0%} of the total",
    },
    Reason.ALL_OR_NONE: {
        "fr": "toutes les entreprises ont donné la même réponse (0 % ou 100 %)",
        "en": "all the companies gave the same answer (0 % or 100 %)",
    },
    Reason.FEW_ON_ONE_SIDE: {
        "fr": "moins de {least} entreprises sont derrière le oui ou derrière le non",
        "en": "fewer than {least} companies stand behind the yes or behind the no",
    },
    Reason.LOW_BASE: {
        "fr": "moins de {shown} entreprises ont répondu : chiffre peu fiable",
        "en": "fewer than {shown} companies answered: unreliable figure",
    },
    Reason.SECONDARY: {
        "fr": "sans quoi un chiffre secret pourrait être retrouvé par différence{others}",
        "en": "otherwise a secret figure could be worked out by subtraction{others}",
    },
}
_FRAME: dict[Language, str] = {"fr": "Non montré : {}.", "en": "Not shown: {}."}
_AND: dict[Language, str] = {"fr": " ; ", "en": "; "}


def flag_of(protection: Protection, cell: int) -> Flag:
    """Public state of a hidden cell.

    A small base comes first, since readers know it from other figures: only so does "secret" not point at the
    cells with one or two companies.
    """
    low = protection.tables.contributors[cell] < protection.rules.shown_base
    return Flag.UNRELIABLE if low else Flag.SECRET


def explain(
    protection: Protection, key: Key, language: Language, label: Callable[[Key], str] | None = None
) -> str:
    """The exact reasons why a row is not shown, in a sentence. For inside use; readers get ``PUBLIC_WORDS``.

    Args:
        protection: the result of ``protect``.
        key: indicator, domain type and domain of the row.
        language: ``fr`` or ``en``.
        label: name of a row; its domain when left out.

    Raises:
        GateError: the row does not belong to the protected tables.
    """
    cell = protection.tables.rows.get(key)
    if cell is None:
        raise GateError(
            f"{' '.join(key)} is no row of these tables",
            expected="one of the rows the protection was computed for",
            fix="explain it with the protection of its own system",
        )
    return _sentence(protection, cell, language, _saved(protection).get(cell, []), label)


def _sentence(
    protection: Protection,
    cell: int,
    language: Language,
    saved: Sequence[Key],
    label: Callable[[Key], str] | None = None,
) -> str:
    if not protection.pattern[cell]:
        return PUBLIC_WORDS[Flag.OK][language]
    names = [label(k) if label else k[2] for k in saved]
    others = f" ({', '.join(names)})" if names else ""
    parts = [
        _INTERNAL[reason][language].format(
            least=protection.rules.minimum_contributors,
            dominance=protection.rules.dominance,
            shown=protection.rules.shown_base,
            others=others,
        )
        for reason in _reasons(int(protection.reasons[cell]))
    ]
    return _FRAME[language].format(_AND[language].join(parts))


@cache
def _reasons(found: int) -> tuple[Reason, ...]:
    """Kept, since taking a flag apart is slow and few of them stand for all figures."""
    return tuple(Reason(found))


def explained(protection: Protection) -> pa.Table:
    """Every row with its exact reasons, for inside use: what a later release needs to know of this one.

    Columns: indicator, domain_type, domain, hidden, reasons (codes joined by ``|``), words_fr, words_en.
    """
    keys = sorted(protection.tables.rows)
    cells = [protection.tables.rows[key] for key in keys]
    columns: dict[str, Any] = {
        name: [key[i] for key in keys] for i, name in enumerate(("indicator", "domain_type", "domain"))
    }
    columns["hidden"] = [bool(protection.pattern[cell]) for cell in cells]
    columns["reasons"] = [
        "|".join(str(reason.name).lower() for reason in _reasons(int(protection.reasons[cell])))
        for cell in cells
    ]
    saved = _saved(protection)
    columns["words_fr"] = [_sentence(protection, cell, "fr", saved.get(cell, [])) for cell in cells]
    columns["words_en"] = [_sentence(protection, cell, "en", saved.get(cell, [])) for cell in cells]
    return pa.table(columns)


def _saved(protection: Protection, most: int = 3) -> dict[int, list[Key]]:
    """For each cell hidden to protect others, secret cells in a sum with it: those it helps to hide."""
    tables, size = protection.tables, len(protection.reasons)
    helping = np.flatnonzero(protection.reasons & int(Reason.SECONDARY))
    secret = np.flatnonzero(is_primary(protection.reasons) & tables.printed[:size])
    in_sum = sparse.csc_array(tables.relations != 0).astype(np.int64)
    together = sparse.csr_array(in_sum[:, helping].T @ in_sum[:, secret])
    together.sort_indices()
    found = {}
    for cell, first, end in zip(helping.tolist(), together.indptr, together.indptr[1:], strict=False):
        others = (int(secret[place]) for place in together.indices[first:end])
        found[cell] = [tables.keys[other] for other in others if other != cell][:most]
    return found
