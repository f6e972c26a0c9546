"""Rows and DuckDB. Belongs here: small helpers to make a relation of Python rows. Does not: which rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import duckdb
import pyarrow as pa

Columns = Mapping[str, pa.DataType]

TEXT, INTEGER, FLAG, MOMENT = pa.string(), pa.int64(), pa.bool_(), pa.timestamp("s")


def table_of(columns: Columns, rows: Iterable[Mapping[str, Any]]) -> pa.Table:
    """A table of these columns; what a row lacks is null."""
    return pa.Table.from_pylist(list(rows), schema=pa.schema(dict(columns)))


def store(connection: duckdb.DuckDBPyConnection, name: str, table: pa.Table) -> None:
    """Make a table readable as ``name`` (schema and name) on the connection."""
    connection.register("_incoming", table)
    connection.execute(f"CREATE OR REPLACE TABLE {name} AS SELECT * FROM _incoming")
    connection.unregister("_incoming")


def count(connection: duckdb.DuckDBPyConnection, relation: str) -> int:
    """Rows of what stands after FROM."""
    # fetchone would leave the result open, and the connection in use.
    ((rows,),) = connection.execute(f"SELECT count(*) FROM {relation}").fetchall()
    return int(rows)


def column_types(connection: duckdb.DuckDBPyConnection, relation: str) -> dict[str, str]:
    """The columns of what stands after FROM, with their types."""
    return {
        name: kind for name, kind, *_ in connection.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()
    }
