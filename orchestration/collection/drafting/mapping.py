"""A question's answers and items as those of a canonical variable. Belongs here: finding them by code, number and
likeness. Does not: which variable to take (variables.py)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from orchestration.codebook import Variable, Variables
from orchestration.codebook.columns import OTHER
from orchestration.collection.drafting.likeness import best, numbers, slug
from orchestration.collection.drafting.survey import Part, in_both

_LIKE = 0.33
_SIGNS = {"Y": "yes", "N": "no", "U": "uncertain"}


@dataclass(frozen=True, slots=True)
class Canon:
    """The canonical variables, and what their codes are called where that is known (competences)."""

    variables: Variables
    called: Mapping[str, tuple[str, ...]]

    def values(self, variable: Variable) -> tuple[str, ...]:
        """The codes of a variable."""
        return variable.values or self.variables.lists.get(variable.values_from or "", ())

    def items(self, variable: Variable) -> tuple[str, ...]:
        """The items of a variable; its own free text is none."""
        items = variable.items or self.variables.lists.get(variable.items_from or "", ())
        return tuple(item for item in items if item != OTHER)

    def texts(self, code: str) -> list[str]:
        """How a code may be spelled."""
        return [code.replace("_", " "), *self.called.get(code, ())]


def texts_of(part: Part) -> tuple[str, str]:
    """A part's texts, French and English."""
    return in_both(part.texts, part.code)


def values_of(answers: Sequence[Part], variable: Variable, canon: Canon) -> dict[str, str] | None:
    """Canonical values of all answer codes, each value once; None where an answer code finds none."""
    found: dict[str, str] = {}
    free = list(canon.values(variable))

    def take(fits: Callable[[Part, str], bool]) -> None:
        for part in answers:
            fitting = [value for value in free if fits(part, value)] if part.code not in found else []
            if len(fitting) == 1:
                found[part.code] = fitting[0]
                free.remove(fitting[0])

    take(lambda part, value: part.code == value)
    take(lambda part, value: _SIGNS.get(part.code) == value)
    # Bands: "10 to 49 employees" is 10-49.
    take(lambda part, value: any(numbers(text) == numbers(value) != () for text in texts_of(part)))
    take(lambda part, value: best(texts_of(part), canon.texts(value)) >= _LIKE)
    left = [part.code for part in answers if part.code not in found]
    rest = [value for value in free if value != OTHER]
    # The last answer is the last value, where the others have shown that this is the right list.
    if len(left) == len(rest) == 1 and len(answers) > 2:
        found[left.pop()] = rest[0]
    return None if left else {part.code: found[part.code] for part in answers}


def items_of(parts: Sequence[Part], variable: Variable, canon: Canon) -> tuple[dict[str, str], float]:
    """Canonical items of all subquestions, ``x-...`` where there is none; and the share that found one."""
    pairs = [
        (best(texts_of(part), canon.texts(item)), part.code, item)
        for part in parts
        for item in canon.items(variable)
    ]
    found: dict[str, str] = {}
    for score, code, item in sorted(pairs, key=lambda pair: -pair[0]):
        if score >= _LIKE and code not in found and item not in found.values():
            found[code] = item
    if variable.item_pattern:
        for part in parts:
            fitting = (text for text in _guesses(part) if re.fullmatch(variable.item_pattern, text))
            guess = next(fitting, None)
            if guess is not None and guess not in found.values():
                found[part.code] = guess
    return own_items(parts, found), len(found) / len(parts)


def own_items(parts: Sequence[Part], found: Mapping[str, str]) -> dict[str, str]:
    """Items of all subquestions: those found, and ``x-...`` after its English text for each other."""
    items: dict[str, str] = {}
    for part in parts:
        name = f"x-{slug(texts_of(part)[1]) or slug(part.code) or 'item'}"
        taken = {*items.values(), *found.values()}
        number, free = 1, name
        while free in taken:
            number += 1
            free = f"{name}-{number}"
        items[part.code] = found.get(part.code, free)
    return items


def _guesses(part: Part) -> Iterator[str]:
    """How an item of an open pattern may be written: its code, or ``row@column`` of a grid."""
    yield part.code
    for text in texts_of(part):
        row, _, column = text.lower().rpartition(" ")
        yield f"{row}@{column}"
        yield f"{row.rstrip('s')}@{column}"
