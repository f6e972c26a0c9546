"""Earlier releases. Belongs here: what an attacker remembers of them. Does not: choosing a pattern.

Two releases of one edition share respondents: whoever came between them is the difference of the two. So the
cells shown earlier are added as known sums over the finest cells, split by who was there when.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
from scipy import sparse

from orchestration.disclosure.cells import Key
from orchestration.disclosure.gauss import column_atoms
from orchestration.disclosure.rules import Bools, Floats, Ints
from orchestration.disclosure.span import Guards, Span
from orchestration.disclosure.tables import Measure, Members, Tables
from orchestration.errors import GateError


@dataclass(frozen=True, eq=False)
class Earlier:
    """What releases already out tell of a system.

    Attributes:
        members: whom it is about, in the finest cells of then.
        told: the sums that are known, 0/1, shape (finest cells of then, sums).
        hidden: the rows that the last of these releases hid.
    """

    members: Members
    told: sparse.csc_array
    hidden: frozenset[Key]

    @classmethod
    def of(cls, tables: Tables, pattern: Bools) -> Earlier:
        """A release from its tables, linked with those before it or not, and the cells of them that it hid.

        Raises:
            GateError: the tables do not name their contributors.
        """
        shown = tables.known.copy()
        shown[: len(pattern)] |= tables.printed[: len(pattern)] & ~pattern
        hidden = frozenset(key for key, cell in tables.rows.items() if pattern[cell])
        return cls(named(tables), tables.columns[:, np.flatnonzero(shown)], hidden)


def link(tables: Tables, earlier: Sequence[Earlier]) -> Tables:
    """The tables with what earlier releases showed, as known cells.

    A respondent whose answer is unchanged counts as the same unknown, even if its weight has moved: an
    attacker may know the weights. Cells that the earlier ones determine become ``known`` themselves.

    Raises:
        GateError: one of the tables does not name its contributors.
    """
    for one in earlier:
        tables = _link(tables, one)
    if not earlier:
        return tables
    memory = Span(tables.columns.shape[0], Guards(tables.columns[:, :0]))
    for cell in np.flatnonzero(tables.known).tolist():
        memory.add(column_atoms(tables.columns, cell))
    cells = range(tables.columns.shape[1])
    known = np.array([not memory.residual(column_atoms(tables.columns, c)).any() for c in cells])
    return replace(tables, known=known)


def hidden_before(tables: Tables, earlier: Earlier) -> Bools:
    """Cells of the present tables that the earlier release hid."""
    before = np.zeros(len(tables.keys), np.bool_)
    before[[cell for key, cell in tables.rows.items() if key in earlier.hidden]] = True
    return before


def unchanged(tables: Tables, earlier: Earlier) -> bool:
    """Whether the same respondents gave the same answers then."""
    then = earlier.members
    present = set(
        itertools.compress(zip(then.ids.to_pylist(), then.answers.tolist(), strict=True), then.present)
    )
    now = named(tables)
    return set(zip(now.ids.to_pylist(), now.answers.tolist(), strict=True)) == present


def named(tables: Tables) -> Members:
    """The tables' respondents one by one. Raises GateError where they are not named."""
    if tables.members is None:
        raise GateError(
            "a release cannot be compared with an earlier one without knowing who contributed",
            expected="a column contributor in both tables of finest cells",
            fix="pass the company key, or the respondent, as contributor",
        )
    return tables.members


def _link(tables: Tables, earlier: Earlier) -> Tables:
    now = named(tables)
    members, pairs = _joined(now, earlier.members)
    atoms, members_atoms = np.unique(pairs, axis=0, return_inverse=True)
    members = replace(members, atoms=members_atoms.ravel())
    count = len(atoms)

    def spread(columns: sparse.csc_array, side: int) -> sparse.csc_array:
        """Columns over the old finest cells, over the new ones."""
        there = np.flatnonzero(atoms[:, side] >= 0)
        place = sparse.csr_array(
            (np.ones(len(there)), (there, atoms[there, side])), shape=(count, columns.shape[0])
        )
        return sparse.csc_array(place @ columns)

    present = spread(tables.columns, 0)
    past = spread(earlier.told, 1)
    memory = Span(count, Guards(past[:, :0]))
    added = []
    for c in range(past.shape[1]):
        rank = memory.rank
        memory.add(column_atoms(past, c))
        if memory.rank > rank:
            added.append(c)
    columns = sparse.csc_array(sparse.hstack([present, past[:, added]]))
    columns.sort_indices()
    extra = len(added)
    contributors = np.bincount(members.atoms, minlength=count)

    def summed(values: Floats) -> Floats:
        return np.asarray(np.bincount(members.atoms, weights=values, minlength=count), np.float64)

    def extended(values: Floats | None) -> Floats | None:
        return None if values is None else np.append(values, np.zeros(extra))

    keys = tuple(("", "earlier", str(c)) for c in added)
    return replace(
        tables,
        keys=tables.keys + keys,
        columns=columns,
        relations=sparse.csr_array(
            sparse.hstack([tables.relations, sparse.csr_array((tables.relations.shape[0], extra))])
        ),
        printed=np.append(tables.printed, np.zeros(extra, np.bool_)),
        known=np.append(tables.known, np.ones(extra, np.bool_)),
        contributors=np.append(tables.contributors, np.asarray(contributors @ past[:, added])),
        weighted=np.append(tables.weighted, np.zeros(extra)),
        yes=extended(tables.yes),
        total=extended(tables.total),
        largest=extended(tables.largest),
        cost=np.append(tables.cost, np.zeros(extra)),
        measures=tuple(
            Measure(
                m.name,
                summed(members.values[:, i]),
                None if m.capacity is None else summed(members.capacities[:, i]),
            )
            for i, m in enumerate(tables.measures)
        ),
        atom_contributors=contributors.astype(np.int64),
        members=members,
    )


def _joined(now: Members, then: Members) -> tuple[Members, Ints]:
    """Everybody of both releases, and the finest cell of each in either (-1: not there).

    The old answer of somebody who changed it is another unknown than the new one.
    """
    place = {who: i for i, who in enumerate(zip(now.ids.to_pylist(), now.answers.tolist(), strict=True))}
    them = zip(then.ids.to_pylist(), then.answers.tolist(), strict=True)
    at = np.array([place.get(who, -1) for who in them], np.int64)
    partner = np.full(len(now.ids), -1, np.int64)
    partner[at[at >= 0]] = then.atoms[at >= 0]
    left = np.flatnonzero(at < 0)
    return (
        Members(
            pa.concat_arrays([now.ids, then.ids.take(left)]),
            np.zeros(0, np.int64),
            np.append(now.answers, then.answers[left]),
            np.vstack([now.values, then.values[left]]),
            np.vstack([now.capacities, then.capacities[left]]),
            np.append(now.present, np.zeros(len(left), np.bool_)),
        ),
        np.vstack(
            [
                np.column_stack([now.atoms, partner]),
                np.column_stack([np.full(len(left), -1, np.int64), then.atoms[left]]),
            ]
        ),
    )
