"""Which canonical variable a question may be. Belongs here: proposals by likeness, and the declarations of what has
no canonical variable. Does not: kinds of questions (kinds.py), or writing YAML (writing.py)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, count
from typing import Any

from orchestration.codebook import Question, Variable
from orchestration.codebook.columns import OTHER, VALUE_KINDS, YES_NO
from orchestration.collection.drafting.kinds import Entry
from orchestration.collection.drafting.likeness import best
from orchestration.collection.drafting.mapping import Canon, items_of, own_items, values_of
from orchestration.collection.drafting.personal import CANONICAL, SIREN, SIRET, personal_as
from orchestration.collection.drafting.survey import in_both

# A number or text must be this like its variable; coded questions have their codes as evidence too.
_LIKE, _LIKE_CODED = 0.5, 0.3
_CERTAIN = 2.0
_MOST_ITEMS = 0.75
CHECK = "check"
_OWN = "x_"


@dataclass(frozen=True, slots=True)
class Drafted:
    """A codebook entry with its variable; ``notes`` are comments by key."""

    question: Question
    entry: Entry
    notes: Mapping[str, str] = field(default_factory=dict)

    @property
    def names(self) -> set[str]:
        """The variables that it gives."""
        question = self.question
        return {name for name in (question.variable, *(question.scales or {}).values()) if name}


@dataclass(frozen=True, slots=True)
class _Proposal:
    """A variable for an entry, how much speaks for it, and the entry's codes as its own."""

    score: float
    variable: str
    values: dict[str, str] | None = None
    items: dict[str, str] | None = None


def drafted(entries: Sequence[Entry], canon: Canon, edition: str) -> list[Drafted]:
    """Give each entry the canonical variable it is most like, each variable once; else one of the edition's own.

    A variable is only proposed where every answer code finds a canonical value, so that the draft can be
    loaded. A variable of the edition's own is called ``x_<edition>_<code>``.
    """
    proposals = [
        (score, place, made)
        for place, entry in enumerate(entries)
        for score, made in _proposals(entry, canon)
    ]
    chosen: dict[int, Drafted] = {}
    used: set[str] = set()
    for _, place, made in sorted(proposals, key=lambda proposal: (-proposal[0], proposal[1])):
        if place not in chosen and not made.names & used:
            chosen[place] = made
            used |= made.names
    made_own: dict[int, Drafted] = {}
    for place, entry in enumerate(entries):
        if place not in chosen:
            made_own[place] = _own(entry, canon, edition, used)
            used |= made_own[place].names
    return [{**chosen, **made_own}[place] for place in range(len(entries))]


def declarations(made: Iterable[Drafted], canon: Canon) -> list[dict[str, Any]]:
    """What variables.yaml lacks, in its own keys."""
    declared = {variable.name for variable in canon.variables.variables}
    found: list[dict[str, Any]] = []
    for one in made:
        question = one.question
        other = [OTHER] if question.kind == "single" and question.other else []
        for name in sorted(one.names - declared):
            kind = VALUE_KINDS[question.kind]
            told: dict[str, Any] = {"name": name, "kind": kind}
            if kind == "code" and question.values:
                told["values"] = list(dict.fromkeys([*question.values.values(), *other]))
            elif kind == "code":
                told["values_from"] = "yes_no"
            if other:
                told["items"] = other
            found.append(told | {"label": {"fr": question.label.fr, "en": question.label.en}})
    return found


def _proposals(entry: Entry, canon: Canon) -> Iterator[tuple[float, Drafted]]:
    personal = personal_as(entry)
    variables = canon.variables.variables
    if entry.kind == "display":
        return
    if personal is not None:
        if personal in {variable.name for variable in variables}:
            yield _CERTAIN, _made(entry, personal)
    elif entry.kind == "dual_scale":
        scales = [_best_of(entry, canon, list(scale.values())) for scale in entry.scales]
        pairs = ((one, two) for one in scales[0] for two in scales[1] if one.variable != two.variable)
        first, second = next(pairs, (None, None))
        if first and second and (first.values, first.items) == (second.values, second.items):
            names = {"1": first.variable, "2": second.variable}
            yield first.score, _made(entry, None, first.values, first.items, scales=names)
    else:
        for found in _best_of(entry, canon, []):
            yield found.score, _made(entry, found.variable, found.values, found.items)


def _best_of(entry: Entry, canon: Canon, header: list[str]) -> list[_Proposal]:
    """The variables that the entry may be, the most like first."""
    found = [
        proposal
        for variable in canon.variables.variables
        if variable.kind == VALUE_KINDS[entry.kind] and variable.name not in CANONICAL
        if (proposal := _proposal(entry, variable, canon, header)) is not None
    ]
    return sorted(found, key=lambda proposal: -proposal.score)


def _proposal(entry: Entry, variable: Variable, canon: Canon, header: list[str]) -> _Proposal | None:
    """This variable for this entry; None where they are not alike, or an answer code finds no value."""
    allowed = canon.values(variable)
    values = values_of(entry.values, variable, canon) if entry.values else None
    if variable.kind == "code":
        misses_value = entry.kind == "single" and entry.other and OTHER not in allowed
        is_yes_no = set(YES_NO.values()) == set(allowed)
        if (values is None and (bool(entry.values) or not is_yes_no)) or misses_value:
            return None
    takes_items = bool(canon.items(variable) or variable.item_pattern)
    if takes_items != bool(entry.items):
        return None
    spoken = [variable.label.fr, variable.label.en, variable.name.replace("_", " ")]
    heard = [*header, *(f"{text} {head}" for text in _texts(entry) for head in header)] or _texts(entry)
    score, items, share = best(heard, spoken), None, 0.0
    if entry.items:
        items, share = items_of(entry.items, variable, canon)
    if len(entry.items) > 2 and share >= _MOST_ITEMS and canon.items(variable):
        # So many of its items say what it is, whatever the question's words.
        score = max(score, _LIKE_CODED)
    enough = (
        _LIKE
        if variable.kind in {"text", "date"} or (variable.kind == "number" and not items)
        else _LIKE_CODED
    )
    return _Proposal(score + share, variable.name, values, items) if score >= enough else None


def _own(entry: Entry, canon: Canon, edition: str, used: set[str]) -> Drafted:
    """A variable of this edition alone, with the answer codes for values; its name is not among the used."""
    if entry.kind == "display":
        return _made(entry, None)
    code = re.sub(r"[^a-z0-9]+", "_", entry.code.lower()).strip("_")
    first = f"{_OWN}{edition}_{code}"
    # Codes that differ in case or signs only would share a name.
    numbered = (f"{first}_v{number}" for number in count(2))
    name = next(name for name in chain([first], numbered) if not {name, f"{name}_1", f"{name}_2"} & used)
    values = {part.code: part.code for part in entry.values} or None
    items = own_items(entry.items, {}) if entry.items else None
    near = [
        variable.name
        for variable in canon.variables.variables
        if variable.kind == VALUE_KINDS[entry.kind]
        and best(_texts(entry), [variable.label.fr, variable.label.en]) >= _LIKE_CODED
    ]
    note = f"{CHECK}: perhaps {' or '.join(near[:3])}" if near else CHECK
    if entry.kind == "dual_scale":
        return _made(entry, None, values, items, scales={"1": f"{name}_1", "2": f"{name}_2"}, note=note)
    return _made(entry, name, values, items, note=note)


def _made(
    entry: Entry,
    variable: str | None,
    values: dict[str, str] | None = None,
    items: dict[str, str] | None = None,
    *,
    scales: dict[str, str] | None = None,
    note: str = CHECK,
) -> Drafted:
    fr, en = in_both(entry.texts, entry.code)
    name = variable or (scales or {}).get("1", _OWN)
    is_own = name.startswith(_OWN)
    # A short text of which nothing is known (a bare export has no texts) may name somebody.
    unknown = entry.kind == "text" and is_own and not any(entry.texts.values())
    personal = unknown or personal_as(entry) is not None
    question = Question.model_validate(
        {
            "code": entry.code,
            "kind": variable if variable in {SIREN, SIRET} else entry.kind,
            "label": {"fr": fr, "en": en},
            "variable": variable,
            "personal": personal,
            # Nobody has compared the questions' words yet; what only this edition asks has nothing to compare.
            "comparability": "identical" if personal or is_own else "close",
            "values": values,
            "items": items,
            "scales": scales,
            "slots": entry.slots,
            "other": entry.other,
        }
    )
    notes = {"variable": note, "scales": note, "personal": CHECK, "comparability": CHECK}
    return Drafted(question, entry, notes)


def _texts(entry: Entry) -> list[str]:
    return [*in_both(entry.texts, entry.code), re.sub(r"[\W\d_]+", " ", entry.code)]
