"""A run's estimates on disk. Belongs here: Parquet files between the two builds of the marts. Does not: what is in
them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq


def write_tables(folder: Path, tables: Mapping[str, pa.Table]) -> None:
    """Write each table as ``<folder>/<name>.parquet``; nobody else reads the folder while its run lasts."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        pq.write_table(table, folder / f"{name}.parquet", compression="zstd")


def read_table(folder: Path, name: str) -> pa.Table:
    """The table of that name."""
    return pq.read_table(folder / f"{name}.parquet")
