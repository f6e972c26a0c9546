"""A company's name as words that can be compared. Belongs here: what is left out of a name, and how it is spelt.
Does not: comparing names (likeness.py)."""

from __future__ import annotations

import re
import unicodedata

# Legal forms, and what people write for them or before a name; said or not, they tell no company from another.
_FORMS = frozenset(
    re.findall(
        r"\w+",
        """
        sa sas sasu sarl sarlu eurl eurlu ei eirl sci scm scp scop scic snc scs sca sc sel selarl selas selafa gie
        geie gaec earl scea cuma ste societe soc ets etablissement etablissements etab cie compagnie entreprise
        entreprises anonyme cooperative gmbh ltd plc inc bv nv srl spa
        """,
    )
)
LITTLE = frozenset(re.findall(r"\w+", "a au aux d de des du en et l la le les the of and un une"))
_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "ß": "ss", "ø": "o", "ł": "l"})
# Letters that stand alone, with or without points, are initials: one word.
_INITIALS = re.compile(r"\b[a-z](?:\s*\.\s*|\s+)(?:[a-z](?:\s*\.\s*|\s+))*[a-z]\b(?!')\.?")
_NO_WORD = re.compile(r"[^a-z0-9]+")


def spelt(text: str) -> str:
    """A text in lower case without accents and ligatures."""
    lower = text.lower()
    if lower.isascii():  # most names: nothing is to be taken apart
        return lower
    folded = unicodedata.normalize("NFKD", lower.translate(_LIGATURES).replace("’", "'"))
    return "".join(sign for sign in folded if not unicodedata.combining(sign))


def split_words(text: str) -> list[str]:
    """The words of a text that was ``spelt``."""
    return [word for word in _NO_WORD.split(text) if word]


def words_of(name: str) -> tuple[str, ...]:
    """The words of a company's name: ``spelt``, without legal forms and articles, initials as one word.

    A name that consists of nothing else keeps all its words.
    """
    every = split_words(_INITIALS.sub(lambda found: _NO_WORD.sub("", found[0]) + " ", spelt(name)))
    return tuple(word for word in every if word not in _FORMS and word not in LITTLE) or tuple(every)


def initials_of(words: tuple[str, ...]) -> str:
    """The first letters of a name's words; empty where it has fewer than three."""
    return "".join(word[0] for word in words) if len(words) >= 3 else ""
