"""The commune that people wrote. Belongs here: from a code or a postal line to codes of the reference table. Does
not: where the text comes from."""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path

from orchestration.collection.companies.words import LITTLE, spelt, split_words

# Paris, Lyon and Marseille are one commune each to the reference table, and districts to Sirene.
_DISTRICTS = (("75056", 75101, 75120), ("69123", 69381, 69389), ("13055", 13201, 13216))
_SPELLINGS = {"st": "saint", "ste": "sainte", "s": "sur"}
_NO_NAME = LITTLE | {"cedex", "e", "er", "eme", "arrondissement", "france", "f"}


def whole_commune(code: str) -> str:
    """The commune's code, for that of a district of Paris, Lyon or Marseille too."""
    if code.isascii() and code.isdigit():
        for commune, first, last in _DISTRICTS:
            if first <= int(code) <= last:
                return commune
    return code


class Communes:
    """The communes of the reference table, by code and by name."""

    def __init__(self, reference: Path) -> None:
        self._codes: set[str] = set()
        self._by_name: dict[tuple[str, ...], set[str]] = defaultdict(set)
        with (reference / "communes.csv").open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                code = whole_commune(row["commune_code"])
                self._codes.add(code)
                self._by_name[_name(row["name"])].add(code)

    def codes(self, text: str) -> frozenset[str]:
        """Every commune that a text may mean: a code (80021), a name (Dole), a postal line (39100 DOLE CEDEX 2).

        Several communes share a name; the département in a postal code tells most of them apart. None where
        the text is neither: a postal code alone names no commune.
        """
        code = whole_commune(text.strip().upper())
        if code in self._codes:
            return frozenset({code})
        found = self._by_name.get(_name(text), set())
        postal = next((word for word in split_words(spelt(text)) if len(word) == 5 and word.isdigit()), None)
        return frozenset(code for code in found if postal is None or _postal(code) == postal[:2])


def _name(text: str) -> tuple[str, ...]:
    """The words of a commune's name, whatever else stands in a postal line."""
    words = (word for word in split_words(spelt(text)) if not any(sign.isdigit() for sign in word))
    return tuple(_SPELLINGS.get(word, word) for word in words if word not in _NO_NAME)


def _postal(code: str) -> str:
    """How the postal codes of a commune begin; those of Corsica, nearly all, as those of its old département."""
    return "20" if code[:2] in {"2A", "2B"} else code[:2]
