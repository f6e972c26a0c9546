"""Rows of `quarantine`: what was wrong, where, and why. Belongs here: building them, and where they wait to
be written. Does not: finding what is wrong."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from orchestration.decoding.arrow import Array, Flags, Positions, Schema, Table, pa
from orchestration.lake import SCHEMAS


class Spill:
    """A table that waits on disk, in a nameless file, until its turn to be written: memory stays bounded."""

    def __init__(self, schema: Schema, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - closed with the spill, by chunks()
        self._writer = pa.ipc.new_stream(self._file, schema)
        self._schema = schema
        self.rows = 0

    def add(self, table: Table) -> None:
        """Put rows away."""
        self._writer.write_table(table.cast(self._schema))
        self.rows += table.num_rows

    def chunks(self) -> Iterator[Table]:
        """Give the rows back, once; the file is gone after that."""
        self._writer.close()
        self._file.seek(0)
        with self._file, pa.ipc.open_stream(self._file) as reader:
            for batch in reader:
                yield pa.Table.from_batches([batch])


class Quarantine:
    """The rows that one edition puts in quarantine, and how many for each reason.

    ``edition`` is None for partner files, whose rows tell it each where there is one.
    """

    def __init__(self, edition: str | None, folder: Path) -> None:
        self._edition = edition
        self._spill = Spill(SCHEMAS["quarantine"], folder)
        self.reasons: Counter[str] = Counter()

    def add(
        self,
        reason_code: str,
        reason: str | Array,
        *,
        source: str | Array,
        file: str | Array,
        row_number: Array,
        respondent_id: Array | None = None,
        field: str | None = None,
        value_masked: Array | None = None,
        edition: str | None = None,
    ) -> None:
        """Add one row for each entry of ``row_number``; single texts hold for all of them."""
        n = len(row_number)
        if not n:
            return
        columns = {
            "edition": edition or self._edition,
            "source": source,
            "file": file,
            "row_number": row_number,
            "respondent_id": pa.nulls(n, pa.int64()) if respondent_id is None else respondent_id,
            "field": field,
            "reason_code": reason_code,
            "reason": reason,
            "value_masked": pa.nulls(n, pa.string()) if value_masked is None else value_masked,
        }
        self.reasons[reason_code] += n
        self._spill.add(
            pa.table(
                {
                    name: pa.repeat(pa.scalar(value, pa.string()), n)
                    if value is None or isinstance(value, str)
                    else value
                    for name, value in columns.items()
                }
            )
        )

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return self._spill.rows

    def chunks(self) -> Iterator[Table]:
        """Give the rows, once."""
        return self._spill.chunks()


def at(values: Array, rows: Positions | Flags) -> Array:
    """Take the entries at positions, or where flags are true."""
    return values.filter(pa.array(rows)) if rows.dtype == bool else values.take(pa.array(rows))
