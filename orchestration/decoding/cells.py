"""The cells of an archived export, batch by batch. Belongs here: reading archived Parquet, distinct texts and
their places. Does not: what a text means."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq

from orchestration.codebook import Codebook, check
from orchestration.decoding.arrow import Array, Flags, Kind, RecordBatch, Strings, flags, pa
from orchestration.errors import ExportError

# Columns beside the questions' that hold few distinct texts.
_CODED_META = ("lastpage", "startlanguage", "siren_class", "siret_class")
# What intake adds to the export's own columns; a row with `rejected` has no cells.
DERIVED = ("company_key", "siren_class", "siret_class", "is_test", "row_number", "rejected")

# Cells worked on at a time: large enough for vectors to pay, small enough to hold several copies.
_CELLS_A_BATCH = 2_000_000

_Scalar = TypeVar("_Scalar", bound=np.generic)


@dataclass(frozen=True)
class DecodeInput:
    """One archived export: its Parquet file, the codebook's source it came from, and the original's name."""

    path: Path
    source: str
    file: str


@dataclass(frozen=True, slots=True)
class Cells:
    """One column of one batch: its texts, and for each row the position of its text (-1 = null, not asked).

    ``texts`` are distinct where the archive holds a dictionary; elsewhere there is one text a row.
    """

    texts: Strings
    position: npt.NDArray[np.int32]

    def pick(self, by_text: npt.NDArray[_Scalar]) -> npt.NDArray[_Scalar]:
        """Spread what was worked out for each text over the rows; its last entry is for null."""
        return by_text[self.position]


@dataclass(frozen=True, slots=True)
class Batch:
    """Some rows of one archived export."""

    rows: RecordBatch

    def cells(self, name: str) -> Cells:
        """Give a column's cells; all null where the export lacks it."""
        if name not in self.rows.schema.names:
            return Cells(pa.array([], pa.string()), np.full(self.rows.num_rows, -1, np.int32))
        column = self.rows.column(name)
        if isinstance(column, pa.DictionaryArray):
            position = column.indices.cast(pa.int32()).fill_null(-1).to_numpy(zero_copy_only=False)
            return Cells(column.dictionary.cast(pa.string()), position)
        position = np.arange(len(column), dtype=np.int32)
        if column.null_count:
            position = np.where(flags(column.is_valid()), position, -1).astype(np.int32)
        return Cells(column.cast(pa.string()).fill_null(""), position)

    def plain(self, name: str, kind: Kind) -> Array:
        """Give a column as it is, cast; all null where the export lacks it."""
        if name not in self.rows.schema.names:
            return pa.nulls(self.rows.num_rows, kind)
        return self.rows.column(name).cast(kind)

    def only(self, wanted: Flags) -> Batch:
        """Keep the rows that are wanted."""
        return self if wanted.all() else Batch(self.rows.filter(pa.array(wanted)))


def batches(export: DecodeInput, codebook: Codebook) -> Iterator[Batch]:
    """Read an archived export in batches of bounded size, after checking its columns against the codebook.

    ExportError if it cannot be read, if columns and codebook do not match, or if a personal column is in it.
    """
    try:
        with pq.ParquetFile(export.path) as file:
            names = file.schema_arrow.names
        _check_columns(export, codebook, names)
        # Texts that are mostly distinct are read plain: a dictionary of them costs and gives nothing.
        columns = codebook.columns()
        coded = [name for name in names if name in columns and columns[name].kind != "long_text"]
        coded += [name for name in _CODED_META if name in names]
        with pq.ParquetFile(export.path, read_dictionary=coded) as file:
            size = max(1_000, _CELLS_A_BATCH // max(1, len(names)))
            for rows in file.iter_batches(batch_size=size, use_threads=False):
                yield Batch(rows)
    except (OSError, pa.ArrowInvalid) as problem:
        raise ExportError(
            f"the archived export cannot be read ({problem})",
            where=str(export.path),
            expected="the Parquet file that intake wrote",
            fix="remove the archive entry and collect its original again",
        ) from problem


def _check_columns(export: DecodeInput, codebook: Codebook, names: list[str]) -> None:
    where = f"{export.path} (from {export.file})"
    personal = {name for name, column in codebook.columns().items() if column.personal}
    personal |= set(codebook.personal_columns)
    if found := sorted(personal.intersection(names)):
        raise ExportError(
            f"the archive holds personal columns: {', '.join(found)}",
            where=where,
            expected="an export whose personal columns were split off at intake",
            fix="remove the archive entry and collect its original again with today's codebook",
        )
    faults = check(codebook, [name for name in names if name not in DERIVED] + sorted(personal))
    faults += [f"column '{name}' that intake adds is missing" for name in DERIVED if name not in names]
    if faults:
        raise ExportError(
            f"does not match the codebook of {codebook.edition}: {'; '.join(faults[:20])}",
            where=where,
            expected="exactly the codebook's columns",
            fix="correct the codebook (skillsbank codebook check lists every mismatch), or export again",
        )
