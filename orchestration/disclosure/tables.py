"""Linked tables. Belongs here: the cells of what is published, and their values. Does not: rules or methods.

The *finest cells* are the groups of respondents that no published breakdown separates. A printed cell is a
sum of finest cells, so the 0/1 matrix ``columns`` (finest cells x cells) says everything about how figures
hang together: hierarchies, crossings, totals, differences of two zonings.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy import sparse

from orchestration.disclosure.cells import Breakdown, Key, finest_cells, grids_of
from orchestration.disclosure.relations import relate
from orchestration.disclosure.rules import Bools, Floats, Ints
from orchestration.errors import GateError


@dataclass(frozen=True)
class Count:
    """The figures are numbers of companies: ``n`` and ``weighted_n``."""


@dataclass(frozen=True)
class Share:
    """The figures are shares; the columns hold the respondents that say yes, unweighted and weighted."""

    yes: str = "yes"
    weighted_yes: str = "weighted_yes"


@dataclass(frozen=True)
class Magnitude:
    """The figures are totals. ``total`` and ``largest`` (one company's) are unweighted, as the rules want."""

    total: str
    largest: str
    weighted_total: str


@dataclass(frozen=True, eq=False)
class Measure:
    """One published quantity, additive over finest cells.

    ``atoms``: its value in each finest cell; ``capacity``: a public upper bound there (for a yes count, the
    weighted respondents, since an attacker may know who was asked), or None.
    """

    name: str
    atoms: Floats
    capacity: Floats | None = None


@dataclass(frozen=True, eq=False)
class Members:
    """Who is in which finest cell: one entry a respondent.

    ``answers`` tells whether an answer has changed since an earlier release: a respondent with another one is
    another entry. ``values`` and ``capacities`` are the respondent's part of each measure, shape (respondents,
    measures). ``present`` is False for those of earlier releases alone.
    """

    ids: pa.StringArray
    atoms: Ints
    answers: Floats
    values: Floats
    capacities: Floats
    present: Bools


@dataclass(frozen=True, eq=False)
class Tables:
    """All the cells of one linked system, printed or implied.

    Attributes:
        keys: name of each cell (indicator, domain type, domain), in sorted order, implied cells last.
        rows: every published row and the cell it shows.
        columns: 0/1, shape (finest cells, cells).
        relations: shape (relations, cells); every row times the cells' values is 0.
        printed: False for an implied cell (a crossing part, what a zoning leaves out), which is never shown.
        known: True where the attacker has the value whatever is hidden now (published earlier, unchanged).
        contributors, weighted: respondents, and companies they stand for, of each cell.
        yes, total, largest: what the rules need of a share (yes) or of a magnitude (the other two).
        cost: loss when a cell is hidden (respondents, or the magnitude).
        measures: the quantities to protect.
        atom_contributors: respondents of each finest cell.
        members: respondents one by one, when the source names them.
    """

    keys: tuple[Key, ...]
    rows: Mapping[Key, int]
    columns: sparse.csc_array
    relations: sparse.csr_array
    printed: Bools
    known: Bools
    contributors: Floats
    weighted: Floats
    yes: Floats | None
    total: Floats | None
    largest: Floats | None
    cost: Floats
    measures: tuple[Measure, ...]
    atom_contributors: Ints
    members: Members | None = None

    def value(self, measure: Measure) -> Floats:
        """Value of a measure in each cell."""
        return np.asarray(self.columns.T @ measure.atoms, np.float64)

    def capacity(self, measure: Measure) -> Floats | None:
        """Public upper bound of a measure in each cell, or None."""
        return None if measure.capacity is None else np.asarray(self.columns.T @ measure.capacity, np.float64)


def build(
    finest: pa.Table,
    breakdowns: Sequence[Breakdown],
    figure: Count | Share | Magnitude,
    within: Mapping[str, str] | None = None,
) -> Tables:
    """Make the linked system of all breakdowns from respondents, or from a cube finer than every breakdown.

    Args:
        finest: the breakdowns' columns (strings, null = outside), ``n``, ``weighted_n`` and the figure's
        columns;
            optionally ``contributor``, one company a row, needed to compare with earlier releases.
        breakdowns: the tables published together.
        figure: what they show.
        within: for each column the one it lies in (``{"departement": "region", "territory":
        "departement"}``);
            it may cross its borders.

    Raises:
        GateError: a column is missing or holds no number.
    """
    _check(finest, breakdowns, figure)
    names = sorted({c for b in breakdowns for c in (*b.columns, *(w for w, _ in b.where))})
    values, atom_of_row, codes = finest_cells(finest, names)
    atoms = len(codes)

    def summed(name: str) -> Floats:
        return _sums(atom_of_row, _numbers(finest, name), atoms)

    n, weighted = summed("n"), summed("weighted_n")
    grids, rows = grids_of(breakdowns, names, values, codes)
    cells: list[Ints] = []
    keys: list[Key] = []
    known_rows: dict[Key, int] = {}
    for key in sorted(rows):
        grid, cell = rows[key]
        if grid.index[cell] < 0:
            grid.index[cell] = len(cells)
            cells.append(np.flatnonzero(grid.cell_of_atom == cell))
            keys.append(key)
        known_rows[key] = int(grid.index[cell])
    printed_cells = len(cells)
    implied, relations = relate(grids, cells, within or {})
    keys += [("", kind, f"{keys[a][2]} / {keys[b][2] if b >= 0 else ''}") for kind, a, b in implied]

    counts = [len(c) for c in cells]
    columns = sparse.csc_array(
        (np.ones(sum(counts)), np.concatenate(cells), np.concatenate([[0], np.cumsum(counts)])),
        shape=(atoms, len(cells)),
    )
    contributors = columns.T @ n
    yes = total = largest = None
    weights = _numbers(finest, "weighted_n")
    if isinstance(figure, Share):
        answers = _numbers(finest, figure.yes)
        yes = columns.T @ summed(figure.yes)
        parts = {"yes": _numbers(finest, figure.weighted_yes)}
    elif isinstance(figure, Magnitude):
        answers = _numbers(finest, figure.total)
        total = columns.T @ summed(figure.total)
        biggest = np.full(atoms, -np.inf)
        np.maximum.at(biggest, atom_of_row, _numbers(finest, figure.largest))
        largest = np.array([biggest[c].max() for c in cells])
        parts = {"total": _numbers(finest, figure.weighted_total)}
    else:
        answers = np.ones(finest.num_rows)
        parts = {"n": _numbers(finest, "n"), "weighted_n": weights}
    capacity = weighted if isinstance(figure, Share) else None
    measures = tuple(Measure(name, _sums(atom_of_row, part, atoms), capacity) for name, part in parts.items())
    members = None
    if "contributor" in finest.column_names:
        members = Members(
            _ids(finest),
            atom_of_row.astype(np.int64),
            answers,
            np.column_stack(list(parts.values())),
            np.column_stack([weights] * len(parts)),
            np.ones(finest.num_rows, np.bool_),
        )
    return Tables(
        keys=tuple(keys),
        rows=known_rows,
        columns=columns,
        relations=relations,
        printed=np.arange(len(cells)) < printed_cells,
        known=np.zeros(len(cells), np.bool_),
        contributors=contributors,
        weighted=columns.T @ weighted,
        yes=yes,
        total=total,
        largest=largest,
        cost=contributors if total is None else np.abs(total),
        measures=measures,
        atom_contributors=np.rint(n).astype(np.int64),
        members=members,
    )


def _check(finest: pa.Table, breakdowns: Sequence[Breakdown], figure: Count | Share | Magnitude) -> None:
    needed = {"n", "weighted_n", *(v for v in vars(figure).values())}
    needed |= {c for b in breakdowns for c in (*b.columns, *(w for w, _ in b.where))}
    missing = sorted(needed - set(finest.column_names))
    if missing or not breakdowns or finest.num_rows == 0:
        raise GateError(
            f"columns missing: {', '.join(missing)}" if missing else "there is nothing to publish",
            where="the table of finest cells",
            expected="n, weighted_n, the figure's and the breakdowns' columns, and one row at least",
            fix="make it from the respondents of the edition with all the breakdowns' columns",
        )


def _sums(places: Ints, values: Floats, count: int) -> Floats:
    return np.asarray(np.bincount(places, weights=values, minlength=count), np.float64)


def _ids(finest: pa.Table) -> pa.StringArray:
    ids: Any = finest["contributor"].cast(pa.string()).combine_chunks()
    # As they are when sorted; quicker to see than to count.
    is_rising = pc.all(pc.less(ids[:-1], ids[1:])).as_py()
    repeated = 0 if is_rising else len(ids) - pc.count_distinct(ids, mode="all").as_py()
    if repeated:
        raise GateError(
            f"{repeated} rows repeat a contributor",
            where="the table of finest cells",
            expected="one row a company where column contributor is given",
            fix="keep the retained response of each company only",
        )
    found: pa.StringArray = ids
    return found


def _numbers(table: pa.Table, name: str) -> Floats:
    values = table[name].cast(pa.float64()).to_numpy()
    if not np.isfinite(values).all():
        raise GateError(
            f"column {name} has {int((~np.isfinite(values)).sum())} rows without a number",
            where="the table of finest cells",
            expected="a finite number in every row",
            fix="leave out respondents without an answer, and give weight 1 where an edition has no frame",
        )
    return np.asarray(values, np.float64)
