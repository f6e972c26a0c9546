"""What a free-text answer holds. Belongs here: its parts, refusals, and what is said not to be needed. Does not: which
competences are meant (recogniser.py)."""

from __future__ import annotations

import re
from typing import NamedTuple

from orchestration.plain_text import clean, fold

# Said in place of a need, as folded: refusals, and "we lack nothing".
_NOW = "(?: (?:particuliere?s?|specifiques?|en particulier|a ce jour|pour l instant|actuellement))*"
_NOTHING = re.compile(
    "|".join(
        (
            "",
            "r ?a ?s|n ?/? ?[ad]|nsp|so|x+|0+|nan|nulle?|null|nil|none|non|no|neant|idem|test|unknown",
            "rien(?: de (?:particulier|special))?(?: a (?:signaler|dire|declarer))?",
            "nothing(?: (?:special|in particular))?",
            "(?:je )?(?:ne )?sai[st] pas|(?:i )?(?:do not|don t) know|sans(?: objet| avis| reponse)?",
            f"aucune?s?(?: (?:idee|avis|reponse|competences?|besoins?|manques?|difficultes?))?{_NOW}",
            f"pas d(?:e|) ?(?:besoins?|reponse|manques?|avis|idee|difficultes?){_NOW}",
            "pas concernee?s?|non (?:concernee?s?|applicable|renseignee?s?)|not (?:applicable|concerned)",
            "no (?:answer|comment|idea|needs?|(?:specific|particular) needs?)",
            "(?:nous avons|on a) tout ce qu il (?:nous )?faut",
            "(?:nous avons|on a) toutes les competences(?: (?:necessaires|requises))?",
            "rien ne (?:nous )?manque|il ne (?:nous )?manque rien|we (?:have all we need|lack nothing)",
        )
    )
)
# Cues that what stands in the same part is not needed. "We speak no English" is a need, and has none of these.
_NOT_NEEDED = re.compile(
    r"\b(?:pas (?:du tout |vraiment |plus )?(?:besoin|necessaires?|utiles?|requis(?:es?)?|exigee?s?|demandee?s?"
    r"|prioritaires?|concernee?s? par)|aucun besoin|plus besoin|sans besoin|inutiles?|non (?:requis(?:es?)?|exigee?s?"
    r"|necessaires?|demandee?s?)|ne manquent? pas|pas de (?:besoins?|manques?) (?:en|de|d)|sauf|excepte|hormis"
    r"|not? (?:need(?:ed)?|required|necessary|useful)(?: (?:for|of))?|no longer need(?:ed)?|(?:do not|don t|does not"
    r"|doesn t|need not) need|without need|except(?: for)?)\b"
)
# A list goes on being unneeded: "pas besoin d'anglais, ni d'allemand".
_GOES_ON = re.compile(r"^(?:ni|nor|or|ou|d|de|du|des)\b")
_CONTRAST = re.compile(
    r"\b(?:mais|plut[oô]t|par contre|en revanche|cependant|toutefois|but|rather|however|instead)\b",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"\n|(?<=\w)[.!?…]+(?=\s|$)")
_HARD = re.compile(r"[;|•▪●·✓→]+|,(?!\d)|\s[-–—*/]+\s|^\s*[-–—*>]+\s*|\s\d{1,2}[.)]\s")
_SOFT = re.compile(r"\s+(?:et|and|ou|or|ainsi que|as well as|&|\+)\s+|/", re.IGNORECASE)
_NUMBER = re.compile(r"^\s*\(?\d{1,2}\s*[.)°:-]\s*")
_OF = r"(?:(?:de|en|des|du|d'un|d'une|un|une|sur|pour|of|in|for|with|a|an)\s+|d['’]|:\s*)*"
# How a need is asked for, before it is named: "il nous manque des compétences en ...", "we need training in ...".
_ASKED = re.compile(
    r"^(?:(?:il\s+)?(?:nous|on|me|we|i)\s+(?:\w{1,8}\s+)?"
    r"(?:besoin|manqu\w*|recherch\w+|cherch\w+|need|lack|are missing)"
    rf"|besoins?|manque|need|lack)\s+{_OF}"
    # "Nos besoins : ...", "Priorité : ...", "Surtout ...".
    rf"|^(?:(?:nos\s+|our\s+)?(?:besoins?|priorit[ée]s?|needs?|priorit(?:y|ies))\s*:|surtout|notamment|en\s+priorit[ée]|mainly)\s+{_OF}"
    # "On ne trouve personne en ...", "difficultés à recruter en ...", "il nous faudrait des profils formés en ...".
    rf"|^on\s+ne\s+trouve\s+(?:personne|pas|plus|aucun\s+profil)\s+{_OF}"
    rf"|^(?:des\s+)?difficult[ée]s?\s+(?:à|pour)\s+(?:recruter|trouver)\s+{_OF}"
    rf"|^il\s+(?:nous\s+)?(?:faut|faudrait)\s+(?:des\s+(?:profils?|personnes?|gens|salari[ée]s)\s+)?"
    rf"(?:(?:form|qualifi)[ée]e?s?\s+)?{_OF}"
    r"|^(?:les?\s+)?(?:comp[ée]tences?|connaissances?|formations?|skills?|training|knowledge)\s+"
    r"(?:de\s+|d['’]|en\s+|du\s+|sur\s+|in\s+|of\s+|on\s+|for\s+)",
    re.IGNORECASE,
)
_URGENT = re.compile(r"\s*\((?:tr[èe]s\s+)?urgent\w*\)$", re.IGNORECASE)


class Part(NamedTuple):
    """A part of an answer that names one skill, repaired; ``needed`` is False where it is said not to be.

    ``text`` is what names the skill: without "il nous manque", or "pas besoin" (then folded).
    """

    text: str
    needed: bool


def says_nothing(text: str) -> bool:
    """Whether a text is a refusal (RAS, néant, -, N/A, NULL, 0) or says that nothing is lacking."""
    return _NOTHING.fullmatch(fold(clean(text))) is not None


def parts(answer: str) -> list[Part]:
    """Split an answer at line ends, commas, bullets and sentence ends; refusals and empty parts are left out.

    "Et", "and" and "/" do not split here, since names have them too: see `halves`.
    """
    found: list[Part] = []
    repaired = clean(answer)
    # Before anything is split: "R.A.S." and "n / a" are one refusal.
    if says_nothing(repaired):
        return found
    for sentence in _SENTENCE.split(repaired):
        for side in _CONTRAST.split(sentence):
            needed = True
            for piece in _HARD.split(side):
                text = _NUMBER.sub("", piece).strip(" \t.,:!?-–—*\"'«»“”")
                key = fold(text)
                if _NOTHING.fullmatch(key):
                    continue
                needed = _NOT_NEEDED.search(key) is None and (needed or _GOES_ON.search(key) is None)
                found.append(Part(_asked(text) if needed else _denied(key), needed))
    return [part for part in found if part.text]


def _asked(text: str) -> str:
    text = _URGENT.sub("", text)
    while (rest := _ASKED.sub("", text).strip()) and rest != text:
        text = rest
    return text


def _denied(key: str) -> str:
    return " ".join(_GOES_ON.sub("", _NOT_NEEDED.sub(" ", key).strip()).split())


def halves(text: str) -> list[str]:
    """Split a part at "et", "and", "ou", "or", "&", "+" and "/", for where the whole is no known name."""
    return [half.strip() for half in _SOFT.split(text) if half.strip()]
