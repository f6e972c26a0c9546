"""Domains of estimation. Belongs here: which cells of the cube make up which domain. Does not: any
estimate."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from orchestration.estimation.arrays import NO_CODE, Codes
from orchestration.estimation.indicators import BETWEEN, Breakdown

Keys = Mapping[str, tuple[Codes, list[str]]]


@dataclass(frozen=True)
class Domains:
    """``names`` are (breakdown, domain); ``domain[i]`` contains ``cell[i]``, sorted by domain."""

    names: list[tuple[str, str]]
    domain: Codes
    cell: Codes

    def block(self, start: int, stop: int) -> Domains:
        """The domains from ``start`` up to ``stop``."""
        low, high = np.searchsorted(self.domain, [start, stop])
        return Domains(self.names[start:stop], self.domain[low:high] - start, self.cell[low:high])


def columns_of(breakdowns: Sequence[Breakdown]) -> list[str]:
    """The columns that the cube must keep for these breakdowns."""
    return list(dict.fromkeys(column for breakdown in breakdowns for column in breakdown.columns))


def find(
    keys: Keys, cells: int, breakdowns: Sequence[Breakdown], known: Mapping[str, Iterable[str]] | None = None
) -> Domains:
    """All domains of the breakdowns over the ``cells`` of a cube, in their order and then by label.

    ``keys`` holds the cells' codes and labels by column (`Cube.keys`). ``known`` adds domains that exist
    in the population even where nobody answered, by breakdown.
    """
    names: list[tuple[str, str]] = []
    domain: list[Codes] = []
    cell: list[Codes] = []
    for breakdown in breakdowns:
        member, labels = _members(keys, cells, breakdown)
        every = sorted({*labels, *(known or {}).get(breakdown.name, ())})
        rank = {label: number for number, label in enumerate(every)}
        place = np.array([rank[label] for label in labels], dtype=np.int64)
        for cells_in, code in member:
            domain.append(place[code] + len(names))
            cell.append(cells_in)
        names += [(breakdown.name, label) for label in every]
    domains = np.concatenate(domain) if domain else np.zeros(0, dtype=np.int64)
    cells_ = np.concatenate(cell) if cell else np.zeros(0, dtype=np.int64)
    order = np.lexsort((cells_, domains))
    return Domains(names, domains[order], cells_[order])


def _members(keys: Keys, count: int, breakdown: Breakdown) -> tuple[list[tuple[Codes, Codes]], list[str]]:
    """(cells, code of their domain) and the labels."""
    if not breakdown.columns:
        every = np.arange(count, dtype=np.int64)
        return [(every, np.zeros(count, dtype=np.int64))], [breakdown.name]
    parts = [keys[column] for column in breakdown.columns]
    if breakdown.separator:
        code, texts = parts[0]
        labels = sorted({label for text in texts for label in text.split(breakdown.separator) if label})
        rank = {label: number for number, label in enumerate(labels)}
        members = []
        for number, text in enumerate(texts):
            held = np.flatnonzero(code == number)
            for label in {label for label in text.split(breakdown.separator) if label}:
                members.append((held, np.full(len(held), rank[label], dtype=np.int64)))
        return members, labels
    held = np.flatnonzero(np.all([code != NO_CODE for code, _ in parts], axis=0))
    rows = np.stack([code[held] for code, _ in parts], axis=1)
    kinds, inverse = np.unique(rows, axis=0, return_inverse=True)
    texts = [BETWEEN.join(labels[c] for c, (_, labels) in zip(kind, parts, strict=True)) for kind in kinds]
    return [(held, inverse.ravel().astype(np.int64))], texts
