"""Which column of a tool's export is meant. Belongs here: finding columns by the texts of a codebook, and
counting which were used. Does not: cells."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

from orchestration.codebook import plain_text


class HeadedColumns:
    """The columns of an export by their names, and the faults met while looking for some."""

    def __init__(self, names: Sequence[tuple[str, ...]]) -> None:
        self._shown = [name[0] for name in names]
        self.used: set[int] = set()
        self.faults: list[str] = []
        # By length of the name: the whole heading of one column goes before a part of another's.
        self._by_name: list[dict[str, list[int]]] = []
        for place, texts in enumerate(names):
            for rank, text in enumerate(texts):
                while len(self._by_name) <= rank:
                    self._by_name.append({})
                self._by_name[rank].setdefault(plain_text(text), []).append(place)

    def find(self, texts: Iterable[str]) -> list[int]:
        """Give the columns that have one of these headings: several where each has another of them."""
        found: list[int] = []
        for text in map(plain_text, texts):
            places = next((names[text] for names in self._by_name if text in names), [])
            if len(places) > 1:
                self.faults.append(f"{len(places)} columns are headed '{text}'")
            found += [place for place in places[:1] if place not in found]
        self.used.update(found)
        return found

    def missing(self, what: str, texts: Iterable[str]) -> None:
        """Note that no column is headed by any of these texts."""
        texts = list(texts)
        free = [plain_text(name) for place, name in enumerate(self._shown) if place not in self.used]
        like = [near for text in texts for near in get_close_matches(plain_text(text), free, 1, 0.7)]
        hint = f" (nearest: '{like[0]}')" if like else ""
        headings = " or ".join(f"'{text}'" for text in dict.fromkeys(map(plain_text, texts)))
        self.faults.append(f"no column is headed {headings}, for {what}{hint}")

    def unused(self, known: Iterable[str]) -> list[str]:
        """Give the headings that nothing asked for, without those that are ``known`` to be no questions."""
        texts = {plain_text(text) for text in known}
        return [
            name
            for place, name in enumerate(self._shown)
            if place not in self.used and plain_text(name) not in texts
        ]
