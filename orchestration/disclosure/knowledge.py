"""What is public, carried from release to release. Belongs here: what the latest release and all before it told of a
system, as rows that the next one reads. Does not: what an attacker makes of it (earlier), where they lie (previous).

A release tells sums over respondents. What older releases told beside it is kept as far as it does not follow from it,
so that the rows are bounded by the answers ever given, not by the number of releases.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

import numpy as np
import pyarrow as pa
from scipy import sparse

from orchestration.disclosure.earlier import Earlier, named
from orchestration.disclosure.gauss import column_atoms
from orchestration.disclosure.rules import Bools
from orchestration.disclosure.span import Guards, Span
from orchestration.disclosure.tables import Members, Tables
from orchestration.estimation.tables import COUNT, NUMBER, TEXT, listed, replaced, schema

SCHEMA = schema(
    "edition system number answer value weight is_present sums",
    edition=TEXT,
    system=TEXT,
    number=COUNT,
    company_key=TEXT,
    respondent_id=COUNT,
    answer=NUMBER,
    value=NUMBER,
    weight=NUMBER,
    is_present=pa.bool_(),
    sums=TEXT,
)
# As ``estimation.respondents`` names those without a company key.
_RESPONDENT = re.compile(r"respondent (\d+)")
# Whoever was erased is another unknown in each row.
_NOBODY = "nobody "


def told(edition: str, system: str, tables: Tables, pattern: Bools) -> pa.Table:
    """Rows of ``SCHEMA``: everybody whom the system is or was about, and the sums over them that are public.

    ``tables`` is the system linked with the releases before, ``pattern`` the cells that this one hides. Raises
    GateError where the tables do not name their contributors.
    """
    members = named(tables)
    cells = np.flatnonzero(tables.printed[: len(pattern)] & ~pattern).tolist()
    older = range(len(pattern), len(tables.keys))
    if older:
        span = Span(tables.columns.shape[0], Guards(tables.columns[:, :0]))
        for cell in [*cells, *older]:
            rank = span.rank
            span.add(column_atoms(tables.columns, cell))
            if cell in older and span.rank > rank:
                cells.append(cell)
    sums = sparse.csr_array(tables.columns[:, cells])
    sums.sort_indices()
    texts = np.array(
        [" ".join(map(str, row.tolist())) for row in np.split(sums.indices, sums.indptr[1:-1])], dtype=object
    )
    responses = [_RESPONDENT.fullmatch(name) for name in members.ids]
    keys = [
        None if response or name.startswith(_NOBODY) else name
        for name, response in zip(members.ids, responses, strict=True)
    ]
    columns: dict[str, Any] = {
        "company_key": pa.array(keys, TEXT),
        "respondent_id": pa.array([int(each[1]) if each else None for each in responses], COUNT),
        "answer": members.answers,
        "value": members.values[:, -1],
        "weight": members.capacities[:, -1],
        "is_present": members.present,
        "sums": pa.array(texts[members.atoms], TEXT),
    }
    rows = pa.table(columns)
    # Names before places: the same knowledge is the same table, whatever order it was learned in.
    rows = rows.sort_by([(name, "ascending") for name in rows.column_names])
    for name, values in (("number", np.arange(rows.num_rows)), ("system", system), ("edition", edition)):
        column = pa.array([values] * rows.num_rows, TEXT) if isinstance(values, str) else pa.array(values)
        rows = rows.append_column(name, column)
    return rows.select(SCHEMA.names).cast(SCHEMA)


def recalled(rows: pa.Table, measures: int) -> Earlier:
    """What the rows of one system tell, for ``measures`` measures (2: a count beside its weighted count)."""
    people = zip(*(listed(rows, name) for name in ("company_key", "respondent_id", "number")), strict=True)
    ids = tuple(
        key if key is not None else f"respondent {who}" if who is not None else f"{_NOBODY}{number}"
        for key, who, number in people
    )
    texts, atoms = np.unique(np.array(listed(rows, "sums"), np.str_), return_inverse=True)
    sums = [[int(number) for number in text.split()] for text in texts.tolist()]
    value, weight = (rows[name].to_numpy() for name in ("value", "weight"))
    members = Members(
        ids,
        atoms.astype(np.int64).ravel(),
        rows["answer"].to_numpy(),
        np.column_stack([*[np.ones(len(ids))] * (measures - 1), value]),
        np.column_stack([weight] * measures),
        np.array(listed(rows, "is_present"), np.bool_),
    )
    place = np.repeat(np.arange(len(sums)), [len(each) for each in sums])
    cells = np.array([number for each in sums for number in each], np.int64)
    shape = (len(sums), int(cells.max(initial=-1)) + 1)
    return Earlier(members, sparse.csc_array((np.ones(len(cells)), (place, cells)), shape), frozenset())


def without(rows: pa.Table, erased: Collection[tuple[str | None, str]]) -> pa.Table:
    """The rows without the names of the ``erased``: (None, company key) or (edition, number of a response)."""
    names = zip(*(listed(rows, name) for name in ("edition", "company_key", "respondent_id")), strict=True)
    kept = [
        (None if (None, key) in erased else key, None if (edition, str(response)) in erased else response)
        for edition, key, response in names
    ]
    return replaced(
        rows,
        company_key=pa.array([key for key, _ in kept], TEXT),
        respondent_id=pa.array([response for _, response in kept], COUNT),
    )
