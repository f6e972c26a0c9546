"""Texts as vectors, and the names nearest to them. Belongs here: weights, the sparse product, the best competences.
Does not: exact matches or decisions (recogniser.py).

A text is two unit vectors side by side: letter trigrams (spelling, endings, typing errors) and word stems with the
words near to them (meaning), both by TF-IDF: (1 + ln tf) x (1 + ln((1 + n) / (1 + df))), df counted over names. The
score of a competence is the mean of the two cosines with the best of its names, 0 to 1.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from orchestration.frame import Scheme
from orchestration.plain_text import clean, fold
from orchestration.recognition.words import stem, telling, trigrams

Numbers = npt.NDArray[np.float32]
_QUALIFIER = re.compile(r"\s*\([^()]*\)")
_BATCH = 512
_REMEMBERED = 200_000
# This many names a candidate are looked at first: most competences have fewer.
_NAMES = 16


class Candidate(NamedTuple):
    """A competence that a text may mean, and how alike they are, 0 to 1."""

    code: str
    score: float


class _Features:
    """Numbers of the trigrams, or stems, of words; found once for each word."""

    def __init__(self, is_stems: bool) -> None:
        self._is_stems = is_stems
        self._words: dict[str, tuple[int, ...]] = {}
        self.numbers: dict[str, int] = {}
        self._open = True

    def close(self) -> None:
        """Take no new features: those not known count as -1."""
        self._open = False
        self._words.clear()

    def of(self, words: Sequence[str]) -> list[int]:
        found: list[int] = []
        for word in words:
            known = self._words.get(word)
            if known is None:
                parts = [stem(word)] if self._is_stems else trigrams(word)
                if self._open:
                    known = tuple(self.numbers.setdefault(part, len(self.numbers)) for part in parts)
                else:
                    known = tuple(self.numbers.get(part, -1) for part in parts)
                if len(self._words) >= _REMEMBERED:
                    self._words.clear()
                self._words[word] = known
            found.extend(known)
        return found


class _Block:
    """One kind of features, weighted: from words to unit vectors."""

    def __init__(
        self, is_stems: bool, names: Sequence[Sequence[str]], near: Mapping[str, Mapping[str, float]]
    ) -> None:
        self._features = _Features(is_stems)
        counted = self._counts(names)
        self._features.close()
        frequency = np.bincount(counted.indices, minlength=counted.shape[1])
        self._idf = (1 + np.log((1 + len(names)) / (1 + frequency))).astype(np.float32)
        self._rarest = float(1 + np.log(1 + len(names)))
        self._spread = self._near(near) if is_stems else None
        self.names = self._unit(counted)

    def vectors(self, texts: Sequence[Sequence[str]]) -> Any:
        """A row a text, of length 1 where all of its features are known, else shorter."""
        return self._unit(self._counts(texts))

    def _counts(self, texts: Sequence[Sequence[str]]) -> Any:
        rows = [self._features.of(words) for words in texts]
        starts = np.cumsum([0, *map(len, rows)])
        places = np.fromiter((place for row in rows for place in row), np.int32, int(starts[-1]))
        # Unknown features share a column behind the known ones.
        width = len(self._features.numbers) + 1
        places[places < 0] = width - 1
        table = sp.csr_matrix((np.ones(len(places), np.float32), places, starts), shape=(len(rows), width))
        table.sum_duplicates()
        return table

    def _unit(self, counted: Any) -> Any:
        known = len(self._features.numbers)
        unknown = np.asarray(counted[:, known].todense(), np.float64).ravel()
        table = counted[:, :known].tocsr()
        table.data = (1 + np.log(table.data)) * self._idf[table.indices]
        if self._spread is not None:
            table = (table @ self._spread).tocsr()
        # What no name has is as rare as can be, and lengthens a text: it is then less like any name.
        length = np.sqrt(np.asarray(table.multiply(table).sum(axis=1)).ravel() + self._rarest**2 * unknown)
        length[length == 0] = 1
        return (sp.diags((1 / length).astype(np.float32)) @ table).tocsr()

    def _near(self, near: Mapping[str, Mapping[str, float]]) -> Any:
        numbers = self._features.numbers
        row, column, weight = [], [], []
        for word, place in numbers.items():
            row.append(place)
            column.append(place)
            weight.append(1.0)
            for other, chance in near.get(word, {}).items():
                if other in numbers:
                    row.append(place)
                    column.append(numbers[other])
                    weight.append(chance)
        return sp.csr_matrix(
            (np.array(weight, np.float32), (row, column)), shape=(len(numbers), len(numbers))
        )


class Index:
    """The names of a scheme, ready to be compared with texts.

    ``near`` gives words near to others (`orchestration.recognition.nearby.learn`); none is fine.
    """

    def __init__(self, scheme: Scheme, near: Mapping[str, Mapping[str, float]]) -> None:
        self.codes = tuple(concept.code for concept in scheme.concepts)
        owner: list[int] = []
        names: list[list[str]] = []
        for number, concept in enumerate(scheme.concepts):
            keys: dict[str, None] = {}
            for name in concept.names:
                text = clean(name.text)
                keys[fold(text)] = None
                keys[fold(_QUALIFIER.sub("", text))] = None
            for key in filter(None, keys):
                owner.append(number)
                names.append(telling(key))
        self._owner = np.array(owner, np.int64)
        self._blocks = tuple(_Block(is_stems, names, near) for is_stems in (False, True))
        half = np.float32(0.5)
        self._names = (sp.hstack([block.names for block in self._blocks]).tocsr() * half).T.tocsr()

    def rank(self, folded: Sequence[str], best: int = 10) -> list[list[Candidate]]:
        """Give for each folded text its ``best`` competences, the best first; fewer where fewer are alike."""
        batches = [folded[first : first + _BATCH] for first in range(0, len(folded), _BATCH)]
        # The product lets other threads run: two keep both cores busy.
        with ThreadPoolExecutor(2) as pool:
            ranked = pool.map(lambda batch: self._rank(batch, best), batches)
            return [candidates for batch in ranked for candidates in batch]

    def _rank(self, folded: Sequence[str], best: int) -> list[list[Candidate]]:
        words = [telling(text) for text in folded]
        texts = sp.hstack([block.vectors(words) for block in self._blocks]).tocsr()
        scores = texts @ self._names
        return [
            self._best(scores.indices[first:last], scores.data[first:last], best)
            for first, last in pairwise(scores.indptr)
        ]

    def _best(self, names: npt.NDArray[np.int32], scores: Numbers, best: int) -> list[Candidate]:
        looked_at = min(len(scores), _NAMES * best)
        while True:
            order = (
                np.argpartition(scores, -looked_at)[-looked_at:]
                if looked_at < len(scores)
                else np.arange(len(scores))
            )
            # Ties go to the competence that comes first in the scheme.
            order = order[np.lexsort((names[order], -scores[order]))]
            concepts = self._owner[names[order]]
            _, first = np.unique(concepts, return_index=True)
            if len(first) >= best or looked_at == len(scores):
                first.sort()
                return [
                    Candidate(self.codes[concepts[place]], float(scores[order[place]]))
                    for place in first[:best]
                ]
            looked_at = len(scores)
