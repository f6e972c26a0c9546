"""How alike two short texts are. Belongs here: words without endings, and slugs. Does not: which texts to compare."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

_EMPTY = frozenset(
    re.findall(
        r"\w+",
        "a an and are at by can did do does for from have how if in is it no non of on or the this to what which "
        "with you your au aux avec avez ce cette combien comment dans de des du elle en est et etes etre il la le "
        "les leur leurs nous ou par pas pour quel quelle quelles quels qui sa ses son sont sur un une vers vos "
        "votre vous y",
    )
)
_STEM = 5


def words(text: str) -> set[str]:
    """The stems of a text's telling words, in ASCII: accents, endings and small words do not count."""
    bare = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    found = re.findall(r"[a-z0-9]+", bare.replace("_", " "))
    return {
        word.rstrip("s")[:_STEM] for word in found if word not in _EMPTY and (len(word) > 1 or word.isdigit())
    }


def likeness(one: str, other: str) -> float:
    """0 (nothing in common) to 1 (the same telling words)."""
    a, b = words(one), words(other)
    return len(a & b) / len(a | b) if a and b else 0.0


def best(ones: Iterable[str], others: Iterable[str]) -> float:
    """The likeness of the two texts that are most alike."""
    against = list(others)
    return max((likeness(one, other) for one in ones for other in against), default=0.0)


def numbers(text: str) -> tuple[int, ...]:
    """The whole numbers in a text: (10, 49) of "10 to 49 employees"."""
    return tuple(int(found) for found in re.findall(r"[0-9]{1,9}", text))


def slug(text: str, longest: int = 40) -> str:
    """A code made of a text: lower-case words joined by hyphens; "" where it has no letter of ASCII."""
    bare = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    joined = "-".join(re.findall(r"[a-z0-9]+", bare))
    return joined if len(joined) <= longest else joined[:longest].rpartition("-")[0] or joined[:longest]
