"""Parquet written in even row groups. Belongs here: gathering small tables before they are written. Does not:
what the rows are."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

ROWS_A_GROUP = 131_072
# Columns of hardly two equal cells: a dictionary of them costs and gives nothing.
_DISTINCT = frozenset({"id", "submitdate", "startdate", "datestamp", "company_key", "row_number"})


def responses_writer(path: Path, schema: pa.Schema) -> pq.ParquetWriter:
    """What writes responses into the archive; nothing looks rows up there, so statistics would be for nobody."""
    return pq.ParquetWriter(
        path,
        schema,
        compression="zstd",
        write_statistics=False,
        use_dictionary=[name for name in schema.names if name not in _DISTINCT],  # type: ignore[arg-type]  # as in lake
        column_encoding={name: "DELTA_BINARY_PACKED" for name in ("row_number",) if name in schema.names},
    )


class RowGroups:
    """Writes tables of one schema so that the file's bytes depend on its rows, not on how they came in."""

    def __init__(self, writer: pq.ParquetWriter, schema: pa.Schema) -> None:
        self._writer, self._schema = writer, schema
        self._waiting: list[pa.Table] = []
        self._rows = 0
        self.rows = 0

    def add(self, table: pa.Table) -> None:
        """Take rows, and write a group when there are enough for one."""
        self._waiting.append(table)
        self._rows += table.num_rows
        self.rows += table.num_rows
        if self._rows >= ROWS_A_GROUP:
            self._write(self._rows - self._rows % ROWS_A_GROUP)

    def close(self) -> None:
        """Write what is left and end the file."""
        if self._rows:
            self._write(self._rows)
        self._writer.close()

    def _write(self, rows: int) -> None:
        table = pa.concat_tables(self._waiting)
        self._writer.write_table(table.slice(0, rows), row_group_size=ROWS_A_GROUP)
        self._waiting = [table.slice(rows)]
        self._rows -= rows
