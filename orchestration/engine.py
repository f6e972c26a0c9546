"""A DuckDB of bounded memory. Belongs here: opening one, for work of any size. Does not: what is asked of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory

import duckdb

# DuckDB's buffers end here and spill to disk; on its own it would take four fifths of the machine.
MEMORY = "1GB"


@contextmanager
def engine(*, keeps_order: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB in memory that spills to a folder of its own, and fetches no extension.

    ``keeps_order``: rows stay in the order in which they were put in, which costs memory.
    """
    with TemporaryDirectory(prefix="skillsbank-duckdb-") as spill:
        config: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": MEMORY,
            "temp_directory": spill,
            "preserve_insertion_order": keeps_order,
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
        }
        with duckdb.connect(config=config) as connection:
            yield connection
