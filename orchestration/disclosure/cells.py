"""Cells of a breakdown. Belongs here: which finest cells make which published cell. Does not: values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from orchestration.disclosure.relations import LAYER, Grid
from orchestration.disclosure.rules import Ints
from orchestration.estimation.arrays import codes as codes_of

Key = tuple[str, str, str]
# As in the figures' tables: between the values of a crossing, and the domain of everybody.
BETWEEN = "|"
ALL = "all"
_LARGEST = np.iinfo(np.int64).max


@dataclass(frozen=True)
class Breakdown:
    """One published table: a figure for each combination of values of ``columns``.

    ``indicators`` are the figures blanked together (a "no" share beside its "yes"); ``where`` restricts the
    base (``(("innovator", "yes"),)`` for a rate among innovators). The domain of a row is the values of
    ``columns``, in that order, joined by ``|``; ``all`` without columns.
    """

    indicators: tuple[str, ...]
    domain_type: str
    columns: tuple[str, ...] = ()
    where: tuple[tuple[str, str], ...] = ()
    separator: str | None = None


def finest_cells(finest: pa.Table, names: Sequence[str]) -> tuple[list[list[str]], Ints, Ints]:
    """Group rows that no column separates.

    Returns:
        The values of each column; the finest cell of each row; the codes of each finest cell, shape (finest
        cells, columns), -1 where the column is null.
    """
    coded = [codes_of(finest[name]) for name in names]
    texts = [labels for _, labels in coded]
    # One number a row, so that rows are sorted by a number and not by a row of them.
    mixed, kinds = np.zeros(finest.num_rows, np.int64), 1
    for codes, labels in coded:
        if kinds * (len(labels) + 1) > _LARGEST:
            unique, mixed = np.unique(mixed, return_inverse=True)
            kinds = len(unique)
        mixed = mixed * (len(labels) + 1) + codes + 1
        kinds *= len(labels) + 1
    _, first, atom_of_row = np.unique(mixed, return_index=True, return_inverse=True)
    finest_codes = (
        np.column_stack([codes[first] for codes, _ in coded]) if coded else np.zeros((1, 0), np.int64)
    )
    return texts, atom_of_row, finest_codes


def grids_of(
    breakdowns: Sequence[Breakdown], names: Sequence[str], values: list[list[str]], codes: Ints
) -> tuple[list[Grid], dict[Key, tuple[Grid, int]]]:
    """The grids of all breakdowns, and the grid cell behind each published row.

    Breakdowns over the same columns share one grid, whatever their indicator or filter.
    """
    grids: dict[frozenset[str], Grid] = {}
    rows: dict[Key, tuple[Grid, int]] = {}
    place = {name: i for i, name in enumerate(names)}
    # The text of each column in each finest cell; of a column that is null there, one that nobody looks at.
    texts = {
        name: np.array([*values[i], ""], dtype=object)[codes[:, i]].tolist() for name, i in place.items()
    }

    for breakdown in breakdowns:
        filters = dict(breakdown.where)
        columns = sorted({*breakdown.columns, *filters})
        inside = (codes[:, [place[c] for c in columns]] >= 0).all(axis=1)
        held = np.flatnonzero(inside).tolist()
        for column, value in filters.items():
            held = [atom for atom in held if texts[column][atom] == value]
        cells: dict[tuple[str, ...], list[int]] = {}
        of_columns = [texts[column] for column in breakdown.columns]
        for atom in held:
            for label in _labels(breakdown, [of[atom] for of in of_columns]):
                cells.setdefault(label, []).append(atom)
        for layer, label, atoms in _layers(breakdown, cells):
            on = sorted({*layer, *filters})
            grid = grids.setdefault(frozenset(on), Grid.empty(on, len(codes)))
            valued = dict(zip(layer, label, strict=True)) | filters
            cell = grid.cell(tuple(valued[c] for c in on))
            grid.cell_of_atom[atoms] = cell
            for indicator in breakdown.indicators:
                rows[indicator, breakdown.domain_type, BETWEEN.join(label) or ALL] = (grid, cell)
    return list(grids.values()), rows


def _labels(breakdown: Breakdown, texts: list[str]) -> list[tuple[str, ...]]:
    if breakdown.separator is None:
        return [tuple(texts)]
    return [(label,) for label in sorted(set(texts[0].split(breakdown.separator))) if label]


def _layers(
    breakdown: Breakdown, cells: dict[tuple[str, ...], list[int]]
) -> Iterator[tuple[tuple[str, ...], tuple[str, ...], list[int]]]:
    """Overlapping cells spread over few partitions by a greedy pass, each with a column of its own."""
    if breakdown.separator is None:
        for label, atoms in sorted(cells.items()):
            yield breakdown.columns, label, atoms
        return
    taken: list[set[int]] = []
    for label, atoms in sorted(cells.items(), key=lambda item: (-len(item[1]), item[0])):
        layer = next((i for i, used in enumerate(taken) if used.isdisjoint(atoms)), len(taken))
        if layer == len(taken):
            taken.append(set())
        taken[layer].update(atoms)
        yield (f"{breakdown.columns[0]}{LAYER}{layer}",), label, atoms
