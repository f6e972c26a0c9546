"""Which words mean nearly the same. Belongs here: learning it from competences labelled in two languages. Does not:
scoring texts (vectors.py).

Two labels of one competence say the same in two languages, so words align, and words of one language that share a
translation are near: "teamwork" and "team" both are "équipe". The model is IBM Model 1 (Brown, Della Pietra, Della
Pietra and Mercer, 1993), the way through the other language that of Bannard and Callison-Burch (2005).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from orchestration.frame import Scheme
from orchestration.plain_text import clean, fold
from orchestration.recognition.words import stems

Numbers = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]

_ROUNDS = 8
# Expected counts below this are chance: a word met once aligns with all of its one label's translation.
_CHANCE = 0.3
_TRANSLATION, _PARAPHRASE = 0.05, 0.03  # the least probabilities kept


def learn(scheme: Scheme) -> dict[str, dict[str, float]]:
    """Give for each stem the stems near to it, with the probability (0 to 1) of meaning the same.

    Learns from the French and English labels of a scheme; a small one teaches little: a thousand competences
    and more are wanted, such as ESCO's.
    """
    pairs = []
    for concept in scheme.concepts:
        labels = {name.language: name.text for name in reversed(concept.names) if name.kind == "label"}
        if {"fr", "en"} <= labels.keys():
            pairs.append((stems(fold(clean(labels["en"]))), stems(fold(clean(labels["fr"])))))
    if not pairs:
        return {}
    english, french = (_numbered(pair[side] for pair in pairs) for side in (0, 1))
    to_french, to_english = _translations(pairs, english, french)
    near: dict[str, dict[str, float]] = {}
    _note(near, to_french, english, french, _TRANSLATION)
    _note(near, to_english, french, english, _TRANSLATION)
    _note(near, to_french @ to_english, english, english, _PARAPHRASE)
    _note(near, to_english @ to_french, french, french, _PARAPHRASE)
    return near


def _numbered(texts: Iterable[Sequence[str]]) -> dict[str, int]:
    numbers: dict[str, int] = {}
    for text in texts:
        for word in text:
            numbers.setdefault(word, len(numbers))
    return numbers


def _translations(
    pairs: Sequence[tuple[Sequence[str], Sequence[str]]],
    english: Mapping[str, int],
    french: Mapping[str, int],
) -> tuple[Any, Any]:
    """Both directions' tables, sparse: a row a word, its translations' probabilities without the small ones."""
    links = np.array(
        [
            (label, english[one], french[other])
            for label, pair in enumerate(pairs)
            for one in pair[0]
            for other in pair[1]
        ],
        np.int64,
    )
    label, one, other = links.T
    couples, couple = np.unique(one * len(french) + other, return_inverse=True)
    row, column = couples // len(french), couples % len(french)
    forth = _probabilities(label * len(french) + other, couple, row)
    back = _probabilities(label * len(english) + one, couple, column)
    return (
        _pruned(sp.csr_matrix((forth, (row, column)), shape=(len(english), len(french)))),
        _pruned(sp.csr_matrix((back, (column, row)), shape=(len(french), len(english)))),
    )


def _probabilities(explained: Places, couple: Places, source: Places) -> Numbers:
    """Expectation-maximisation: ``explained`` numbers the target words, each shared out over its couples."""
    _, group = np.unique(explained, return_inverse=True)
    chance = np.ones(len(source))
    for _ in range(_ROUNDS):
        share = chance[couple]
        counts = np.bincount(couple, share / np.bincount(group, share)[group])
        counts = np.maximum(counts - _CHANCE, 1e-9)
        chance = counts / np.bincount(source, counts)[source]
    return chance


def _pruned(table: Any) -> Any:
    table.data[table.data < _TRANSLATION] = 0
    table.eliminate_zeros()
    return table


def _note(
    near: dict[str, dict[str, float]],
    table: Any,
    sources: Mapping[str, int],
    targets: Mapping[str, int],
    least: float,
) -> None:
    target_of = list(targets)
    rows = table.tocsr()
    for source, (first, last) in zip(sources, pairwise(rows.indptr), strict=True):
        for place, chance in zip(rows.indices[first:last], rows.data[first:last], strict=True):
            word = target_of[place]
            if chance >= least and word != source:
                known = near.setdefault(source, {})
                known[word] = max(known.get(word, 0.0), float(chance))
