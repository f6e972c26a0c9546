"""Earlier releases. Belongs here: what an attacker remembers of them. Does not: choosing a pattern.

Two releases of one edition share respondents: whoever came between them is the difference of the two. So the
cells shown earlier are added as known sums over the finest cells, split by who was there when.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
from scipy import sparse

from orchestration.disclosure.gauss import column_atoms
from orchestration.disclosure.rules import Bools, Floats, Ints
from orchestration.disclosure.span import Guards, Span
from orchestration.disclosure.tables import Measure, Members, Tables
from orchestration.errors import GateError


@dataclass(frozen=True, eq=False)
class Earlier:
    """A release already out: its tables, built the same way, and which of its cells were hidden."""

    tables: Tables
    pattern: Bools

    @classmethod
    def of(cls, tables: Tables, rows: pa.Table) -> Earlier:
        """A release from its tables, built again from its respondents, and its ``explained`` rows.

        A row that is not listed counts as shown.
        """
        names = ("indicator", "domain_type", "domain", "hidden")
        listed = zip(*(rows[name].to_pylist() for name in names), strict=True)
        hidden = {key for *key_, is_hidden in listed if is_hidden for key in [tuple(key_)]}
        pattern = np.zeros(len(tables.keys), np.bool_)
        pattern[[cell for key, cell in tables.rows.items() if key in hidden]] = True
        return cls(tables, pattern)


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
    rows = {key for key, cell in earlier.tables.rows.items() if earlier.pattern[cell]}
    before = np.zeros(len(tables.keys), np.bool_)
    before[[cell for key, cell in tables.rows.items() if key in rows]] = True
    return before


def unchanged(tables: Tables, earlier: Earlier) -> bool:
    """Whether the same respondents gave the same answers then."""
    now, then = tables.members, earlier.tables.members
    if now is None or then is None:
        return False
    return dict(zip(now.ids, now.answers, strict=True)) == dict(zip(then.ids, then.answers, strict=True))


def _link(tables: Tables, earlier: Earlier) -> Tables:
    now, then = tables.members, earlier.tables.members
    if now is None or then is None:
        raise GateError(
            "a release cannot be compared with an earlier one without knowing who contributed",
            expected="a column contributor in both tables of finest cells",
            fix="pass the company key, or the respondent, as contributor",
        )
    members, pairs = _joined(now, then)
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
    shown = np.flatnonzero(
        (earlier.tables.printed & ~earlier.pattern[: len(earlier.tables.printed)]) | earlier.tables.known
    )
    past = spread(earlier.tables.columns[:, shown], 1)
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

    keys = tuple(("", "earlier", "|".join(earlier.tables.keys[shown[c]])) for c in added)
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
    """Everybody of both releases, and the finest cell of each in either (-1: not there)."""
    place = {name: i for i, name in enumerate(now.ids)}
    partner = np.full(len(now.ids), -1, np.int64)
    gone: list[int] = []
    names: list[str] = []
    for i, name in enumerate(then.ids):
        at = place.get(name, -1)
        if at >= 0 and now.answers[at] == then.answers[i]:
            partner[at] = then.atoms[i]
        else:
            gone.append(i)
            # The old answer of somebody who changed it is another unknown than the new one.
            names.append(name if at < 0 else f"{name}\x00{len(names)}")
    left = np.array(gone, np.int64)
    return (
        Members(
            now.ids + tuple(names),
            np.zeros(0, np.int64),
            np.append(now.answers, then.answers[left]),
            np.vstack([now.values, then.values[left]]),
            np.vstack([now.capacities, then.capacities[left]]),
        ),
        np.vstack(
            [
                np.column_stack([now.atoms, partner]),
                np.column_stack([np.full(len(left), -1, np.int64), then.atoms[left]]),
            ]
        ),
    )
