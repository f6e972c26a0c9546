"""What is public, carried from release to release. Belongs here: what the latest release and all before it told of a
system, as rows in files that the next one reads. Does not: what an attacker makes of it (earlier), where they lie
(previous).

A release tells sums over respondents. What older releases told beside it is kept as far as it does not follow from it,
so that the rows are bounded by the answers ever given, not by the number of releases.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute
import pyarrow.parquet as pq
from scipy import sparse

from orchestration.disclosure.earlier import Earlier, named
from orchestration.disclosure.gauss import column_atoms
from orchestration.disclosure.rules import Bools
from orchestration.disclosure.span import Guards, Span
from orchestration.disclosure.tables import Members, Tables
from orchestration.estimation.arrays import codes
from orchestration.estimation.tables import COUNT, NUMBER, TEXT, listed, replaced, schema

pc: Any = pyarrow.compute  # its stubs know too few of the signatures it takes

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
_RESPONSE = "respondent "
_RESPONDENT = f"^{_RESPONSE}(?P<number>[0-9]+)$"
# Whoever was erased is another unknown in each row.
_NOBODY = "nobody "
NAME = "public_knowledge"
Place = tuple[str, str]


@contextmanager
def opened(path: Path) -> Iterator[Callable[[pa.Table], None]]:
    """A Parquet file that takes rows of ``SCHEMA``, a system's at a time: together they would fill the memory."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with pq.ParquetWriter(path, SCHEMA, compression="zstd") as writer:
        yield lambda rows: writer.write_table(rows.cast(SCHEMA))


class Files(Mapping[Place, pa.Table]):
    """What the files in a folder tell, by edition and system: read when asked for, so that it need not fit in memory.

    No row group of theirs may hold two systems, as in those that ``opened`` writes.
    """

    def __init__(self, folder: Path) -> None:
        self._groups: dict[Place, list[tuple[Path, int]]] = {}
        self.rows = 0
        for path in sorted(folder.glob("*.parquet")):
            metadata = pq.read_metadata(path)
            self.rows += metadata.num_rows
            for number in range(metadata.num_row_groups):
                columns: Any = [metadata.row_group(number).column(place) for place in (0, 1)]
                edition, system = (column.statistics.min for column in columns)
                self._groups.setdefault((edition, system), []).append((path, number))

    def __getitem__(self, place: Place) -> pa.Table:
        return pa.concat_tables(_read(path, number) for path, number in self._groups[place])

    def __iter__(self) -> Iterator[Place]:
        return iter(self._groups)

    def __len__(self) -> int:
        return len(self._groups)


def _read(path: Path, group: int) -> pa.Table:
    with pq.ParquetFile(path) as file:
        return file.read_row_group(group)


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
    # In the order of the texts, so that their places sort as they do.
    texts, places = np.unique(texts, return_inverse=True)
    found = pc.struct_field(pc.extract_regex(members.ids, _RESPONDENT), "number")
    is_named = pc.and_(pc.is_null(found), pc.invert(pc.starts_with(members.ids, _NOBODY)))
    columns: dict[str, Any] = {
        "company_key": pc.if_else(is_named, members.ids, pa.scalar(None, TEXT)),
        "respondent_id": found.cast(COUNT),
        "answer": members.answers,
        "value": members.values[:, -1],
        "weight": members.capacities[:, -1],
        "is_present": members.present,
        "sums": places[members.atoms],
    }
    rows = pa.table(columns)
    # Names before places: the same knowledge is the same table, whatever order it was learned in.
    rows = rows.sort_by([(name, "ascending") for name in rows.column_names])
    rows = replaced(rows, sums=pa.array(texts, TEXT).take(rows["sums"]))
    for name, values in (("number", np.arange(rows.num_rows)), ("system", system), ("edition", edition)):
        column = pa.array([values] * rows.num_rows, TEXT) if isinstance(values, str) else pa.array(values)
        rows = rows.append_column(name, column)
    return rows.select(SCHEMA.names).cast(SCHEMA)


def recalled(rows: pa.Table, measures: int) -> Earlier:
    """What the rows of one system tell, for ``measures`` measures (2: a count beside its weighted count)."""
    numbered = (
        pc.binary_join_element_wise(pa.scalar(prefix), rows[name].cast(TEXT), pa.scalar(""))
        for prefix, name in ((_RESPONSE, "respondent_id"), (_NOBODY, "number"))
    )
    ids: Any = pc.coalesce(rows["company_key"], *numbered).combine_chunks()
    atoms, texts = codes(rows["sums"])
    sums = [[int(number) for number in text.split()] for text in texts]
    value, weight = (rows[name].to_numpy() for name in ("value", "weight"))
    members = Members(
        ids,
        atoms,
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
    companies = pa.array([mark for edition, mark in erased if edition is None], TEXT)
    responses = pa.array([f"{edition} {mark}" for edition, mark in erased if edition is not None], TEXT)
    number = rows["respondent_id"]
    told = pc.binary_join_element_wise(rows["edition"], number.cast(TEXT), pa.scalar(" "))
    return replaced(
        rows,
        company_key=pc.if_else(
            pc.is_in(rows["company_key"], companies), pa.scalar(None, TEXT), rows["company_key"]
        ),
        respondent_id=pc.if_else(pc.is_in(told, responses), pa.scalar(None, COUNT), number),
    )
