"""The report's languages. Belongs here: numbers, dates and sentences as each language writes them. Does not:
what is said about which figure."""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

LANGUAGES = ("fr", "en")
THIN = "\u202f"  # narrow no-break space
_MINUS = "\u2212"
_TEXTS = Path(__file__).parent / "texts"


def french_spacing(text: str) -> str:
    """French typography: a narrow no-break space before ``; : ! ? %`` and inside guillemets."""
    text = re.sub(r"[ \u00a0](?=[;:!?%»])", THIN, text)
    return re.sub(r"«[ \u00a0]", f"«{THIN}", text)


class Words:
    """One language's sentences, numbers and dates."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._texts = _texts(language)

    def __call__(self, key: str, **values: object) -> str:
        """The sentence of that key with its values filled in; KeyError where there is none."""
        return self._texts[key].format(**values)

    def get(self, key: str, fallback: str) -> str:
        """The text of that key, or the fallback where a code is new to the report."""
        return self._texts.get(key, fallback)

    def count(self, key: str, number: int) -> str:
        """A counted noun: ``key.one`` or ``key.other`` with ``{n}``; French counts 0 as singular."""
        one = number < 2 if self.language == "fr" else number == 1
        return self(f"{key}.{'one' if one else 'other'}", n=self.number(number))

    def number(self, value: float, digits: int = 0) -> str:
        """A number with the language's separators: ``12 345,6`` or ``12,345.6``."""
        text = f"{value:,.{digits}f}"
        if float(text.replace(",", "")) == 0:
            text = text.removeprefix("-")
        text = text.replace("-", _MINUS)
        if self.language == "fr":
            return text.replace(",", THIN).replace(".", ",")
        return text

    def percent(self, share: float, digits: int = 0) -> str:
        """A share between 0 and 1 as a percentage."""
        return self.number(100 * share, digits) + (f"{THIN}%" if self.language == "fr" else "%")

    def interval(self, low: float, high: float) -> str:
        """A 95 % interval of shares, in points: ``[50 ; 58]`` or ``[50, 58]``."""
        return self.bracket(self.number(100 * low), self.number(100 * high))

    def quoted(self, text: str) -> str:
        """Words of somebody else, in the language's quotation marks."""
        return f"«{THIN}{text}{THIN}»" if self.language == "fr" else f"“{text}”"

    def span(self, low: str, high: str) -> str:
        """From one number to another: ``20 à 30 %`` or ``20 to 30%``."""
        return f"{low} {'à' if self.language == 'fr' else 'to'} {high}"

    def bracket(self, low: str, high: str) -> str:
        """The two ends of an interval, as texts."""
        separator = f"{THIN};{THIN}" if self.language == "fr" else ", "
        return f"[{low}{separator}{high}]"

    def signed(self, share: float) -> str:
        """A difference of shares in points with its sign."""
        text = self.number(100 * share)
        return text if text.startswith(_MINUS) or text == "0" else f"+{text}"

    def date(self, day: date) -> str:
        """A date in words."""
        first = "1er" if self.language == "fr" and day.day == 1 else str(day.day)
        return f"{first} {self._texts['months'].split()[day.month - 1]} {day.year}"

    def join(self, items: list[str]) -> str:
        """A list in a sentence."""
        return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} {self('and')} {items[-1]}"


@lru_cache
def _texts(language: str) -> dict[str, str]:
    loaded: dict[str, Any] = yaml.safe_load((_TEXTS / f"{language}.yaml").read_text(encoding="utf-8"))
    polish = french_spacing if language == "fr" else str
    return {key: polish(str(text).strip()) for key, text in loaded.items()}
