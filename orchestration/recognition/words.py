"""Words for comparing. Belongs here: small words, light stemming, letter trigrams, in French and English. Does not:
weights or vectors (vectors.py)."""

from __future__ import annotations

import re
from functools import lru_cache

SMALL = frozenset(
    re.findall(
        r"\w+",
        "a an and or the of for in on to with by at from as is are be your our you we their its this that into "
        "le la les l d un une des de du et ou a au aux en dans pour par sur avec nos notre vos votre son sa ses "
        "leur leurs ce cette ces qui que qu se s n ne y est sont plus "
        "ability knowledge skill skills experience competence competences connaissance connaissances",
    )
)
"""Words that tell nothing about which competence is meant, as folded."""

# Endings of both languages, the longest first; a word is cut once, and keeps four letters.
_ENDINGS = tuple(
    sorted(
        re.findall(
            r"\w+",
            "ations ation ings ing ions ion ements ement ments ment ers er ors or eurs eur ies ied ed es ives ive als "
            "al aux ly ir re s e y",
        ),
        key=len,
        reverse=True,
    )
)
_LEFT = 4


def telling(folded: str) -> list[str]:
    """The telling words of a folded text; all of them where none is."""
    words = folded.split()
    return [word for word in words if word not in SMALL] or words


@lru_cache(maxsize=200_000)
def stem(word: str) -> str:
    """Cut a folded word's ending: ``brevets`` and ``brevet``, ``planning`` and ``plan`` meet more often."""
    for ending in _ENDINGS:
        if len(word) - len(ending) >= _LEFT and word.endswith(ending):
            return word[: -len(ending)]
    return word


def stems(folded: str) -> list[str]:
    """The stems of a folded text's telling words."""
    return [stem(word) for word in telling(folded)]


def trigrams(word: str) -> list[str]:
    """The letter trigrams of a word with its two ends."""
    ended = f" {word} "
    return [ended[place : place + 3] for place in range(len(ended) - 2)]
