"""Which questions ask who somebody is. Belongs here: guesses by code and text, each to be checked. Does not: what
becomes of personal columns (collection/personal.py)."""

from __future__ import annotations

import re

from orchestration.collection.drafting.kinds import Entry
from orchestration.collection.drafting.survey import in_both

SIREN, SIRET = "siren", "siret"
_UPLOAD = "|"
# The canonical variable, or "" for what has none.
_PATTERNS: tuple[tuple[str, str], ...] = (
    (r"\bsiren\b", SIREN),
    (r"\bsiret\b", SIRET),
    (r"\be-?mails?\b|\bmails?\b|\bcourriel|\badresse [ée]lectronique", "contact_email"),
    (
        r"\braison sociale|^raison$|\bcompany'?s? name|\bname of (the|your) (company|firm)|\bd[ée]nomination"
        r"|\bnom de (l.|votre )(entreprise|soci[ée]t[ée]|[ée]tablissement)",
        "company_name",
    ),
    (r"\bt[ée]l\b|\bt[ée]l[ée]phone|\bphone|\bmobile\b|\bportable\b", ""),
    (r"\bpr[ée]noms?\b|\bnoms?\b|\b(full|first|last|your|sur) ?name\b|^name\b", "contact_name"),
    (r"^(fonction|fonc|position|poste|job title)\b", "contact_position"),
    (r"\b(adresse postale|postal address|adresse ip|ip address)\b", ""),
)
CANONICAL = frozenset(name for _, name in _PATTERNS if name)


def personal_as(entry: Entry) -> str | None:
    """Give the canonical variable of a personal question, "" where it has none; None if it is not personal.

    A short text too many is better than one too few: what is marked is kept apart and can be given back.
    """
    if entry.asked.type == _UPLOAD and entry.kind == "text":
        return ""
    if entry.kind in {"text", "number"}:
        part = re.findall(r"[A-Za-z]+", entry.code)[-1:]
        # LimeSurvey's {NAME} quotes another question's answer, and says nothing of this one.
        spoken = [re.sub(r"\{[^{}]*\}", "", text) for text in in_both(entry.texts, "")]
        for text in [*spoken, *part]:
            for pattern, name in _PATTERNS:
                if re.search(pattern, text, re.IGNORECASE) and (
                    entry.kind == "text" or name in {SIREN, SIRET, ""}
                ):
                    return name
    return "" if entry.asked.encrypted and entry.kind != "display" else None
