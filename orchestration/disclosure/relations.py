"""How cells add up. Belongs here: additive relations between grids of cells. Does not: values or secrecy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy import sparse

from orchestration.disclosure.rules import Ints

Implied = tuple[str, int, int]
# Between a column and the number of a partition of it, where its cells overlap.
LAYER = "#"


@dataclass(eq=False)
class Grid:
    """The cells over one set of columns: a partition of some of the finest cells.

    ``cell_of_atom`` is the grid's cell of each finest cell, -1 outside; ``index`` the number each of its
    cells has in the whole system.
    """

    columns: frozenset[str]
    cell_of_atom: Ints
    codes: dict[tuple[str, ...], int] = field(default_factory=dict)
    index: list[int] = field(default_factory=list)

    @classmethod
    def empty(cls, columns: Sequence[str], atoms: int) -> Grid:
        """A grid without cells yet."""
        return cls(frozenset(columns), np.full(atoms, -1, np.int64))

    def cell(self, code: tuple[str, ...]) -> int:
        """Number of the cell with these values, made when new."""
        if code not in self.codes:
            self.codes[code] = len(self.index)
            self.index.append(-1)
        return self.codes[code]


def relate(
    grids: Sequence[Grid], cells: list[Ints], within: Mapping[str, str]
) -> tuple[list[Implied], sparse.csr_array]:
    """Relations between each grid and the next finer ones; implied cells are appended to ``cells``.

    A cell is the sum of the finer cells inside it, of its parts of those that cross its border, and of the
    rest that the finer grid leaves out; a crossing cell is the sum of its parts. Parts and rests that are
    no printed
    cell become implied cells: never shown, but an attacker can compute them by difference.

    Returns:
        For each implied cell its kind (``part`` or ``rest``), the coarse cell and the crossing cell (or
        -1); and the relations, shape (relations, cells).
    """
    known = {c.tobytes(): i for i, c in reversed(list(enumerate(cells)))}
    implied: list[Implied] = []
    rows: list[dict[int, float]] = []

    def number(atoms: Ints, what: Implied) -> int:
        found = known.setdefault(atoms.tobytes(), len(cells))
        if found == len(cells):
            cells.append(atoms)
            implied.append(what)
        return found

    for coarse, fine in _next_finer(grids, within):
        groups: dict[tuple[int, int], list[int]] = {}
        for atom, pair in enumerate(
            zip(coarse.cell_of_atom.tolist(), fine.cell_of_atom.tolist(), strict=True)
        ):
            groups.setdefault(pair, []).append(atom)
        partners: dict[int, int] = {}
        for _, f in groups:
            partners[f] = partners.get(f, 0) + 1
        sums: dict[int, dict[int, float]] = {}
        splits: dict[int, dict[int, float]] = {}
        for (c, f), members in sorted(groups.items()):
            atoms = np.array(members, np.int64)
            if f < 0 and c >= 0:
                sums.setdefault(c, {})[number(atoms, ("rest", coarse.index[c], -1))] = 1.0
            elif f >= 0 and partners[f] == 1 and c >= 0:
                sums.setdefault(c, {})[fine.index[f]] = 1.0
            elif f >= 0 and partners[f] > 1:
                part = number(atoms, ("part", fine.index[f], coarse.index[c] if c >= 0 else -1))
                splits.setdefault(f, {})[part] = 1.0
                if c >= 0:
                    sums.setdefault(c, {})[part] = 1.0
        rows += [_relation(parts, coarse.index[c]) for c, parts in sums.items()]
        rows += [_relation(parts, fine.index[f]) for f, parts in splits.items()]
    kept = {tuple(sorted(row.items())): row for row in rows if row}
    matrix = sparse.lil_array((len(kept), len(cells)))
    for i, row in enumerate(kept.values()):
        for cell, coefficient in row.items():
            matrix[i, cell] = coefficient
    return implied, sparse.csr_array(matrix)


def _relation(parts: Mapping[int, float], whole: int) -> dict[int, float]:
    """Parts minus whole; empty where the one part is the whole itself."""
    row = dict(parts)
    row[whole] = row.get(whole, 0.0) - 1.0
    return {cell: coefficient for cell, coefficient in row.items() if coefficient}


def _next_finer(grids: Sequence[Grid], within: Mapping[str, str]) -> list[tuple[Grid, Grid]]:
    """Pairs (coarse, fine) with no third grid between them: the others follow by addition."""

    def closure(grid: Grid) -> frozenset[str]:
        found = set(grid.columns)
        for column in grid.columns:
            above = within.get(column.split(LAYER)[0])
            while above is not None and above not in found:
                found.add(above)
                above = within.get(above)
        return frozenset(found)

    ordered = sorted(grids, key=lambda g: (len(closure(g)), len(g.columns), sorted(g.columns)))
    reach = [closure(g) for g in ordered]
    finer = {
        (i, j)
        for i in range(len(ordered))
        for j in range(i + 1, len(ordered))
        if ordered[i].columns <= reach[j]
    }
    direct = [
        (i, j)
        for i, j in sorted(finer)
        if not any((i, k) in finer and (k, j) in finer for k in range(i + 1, j))
    ]
    return [(ordered[i], ordered[j]) for i, j in direct]
