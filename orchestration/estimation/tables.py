"""Result tables. Belongs here: their column types, how arrays become columns and rows are picked. Does
not: which columns a table has."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from orchestration.estimation.arrays import Numbers

TEXT, NUMBER, COUNT = pa.string(), pa.float64(), pa.int64()


def schema(required: str, **columns: pa.DataType) -> pa.Schema:
    """A schema whose columns named in ``required`` are never null."""
    keys = required.split()
    return pa.schema([pa.field(name, kind, nullable=name not in keys) for name, kind in columns.items()])


def filled(values: Numbers, kind: pa.DataType = NUMBER) -> Any:
    """Numbers as an Arrow column, nan as null."""
    return pa.array(values, NUMBER, mask=np.isnan(values)).cast(kind)


def where(table: pa.Table, name: str, value: str) -> pa.Table:
    """The rows whose column ``name`` holds ``value``."""
    return table.filter(pc.equal(table[name], pa.scalar(value)))


def distinct(table: pa.Table, name: str) -> list[str]:
    """The texts of a column, each once, in order of appearance."""
    found: list[Any] = pc.unique(table[name]).to_pylist()
    return found


def listed(table: pa.Table, name: str) -> list[Any]:
    """A column as Python values."""
    return table[name].to_pylist()


def replaced(table: pa.Table, **columns: Any) -> pa.Table:
    """The table with these columns in the place of those of the same names."""
    for name, values in columns.items():
        place = table.schema.get_field_index(name)
        kind = table.schema.field(place).type
        array = values if isinstance(values, pa.Array | pa.ChunkedArray) else pa.array(values, kind)
        table = table.set_column(place, pa.field(name, array.type), array)
    return table


def those(table: pa.Table, rows: Iterable[bool]) -> pa.Table:
    """The rows for which ``rows`` says true."""
    return table.filter(pa.array(list(rows), pa.bool_()))
