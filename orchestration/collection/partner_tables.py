"""Large company files as columns. Belongs here: reading CSV and Parquet as they are, in batches, and what makes one
unreadable. Does not: which columns there should be (company_files.py)."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from orchestration.collection.raw_file import BLOCK, BOM, not_utf8, open_text
from orchestration.errors import PartnerFileError

FIX = "correct the file at its source and put it in again"
_CSV = "CSV in UTF-8 with ';' and one heading row, or Parquet"
_SEPARATORS = (";", ",", "\t")


class TableFile:
    """A CSV file, whose cells are text and null where empty, or a Parquet file, whose columns keep their
    types."""

    def __init__(self, path: Path) -> None:
        """Read the headings.

        Raises:
            PartnerFileError: the file is missing, empty, or neither CSV nor Parquet.
        """
        self.path = path
        self._is_csv = path.suffix.lower() == ".csv"
        self._separator = ";"
        if self._is_csv:
            self.names = self._headings()
        else:
            with self._explained():
                self._schema = pq.read_schema(path)
            self.names = list(self._schema.names)

    def schema(self, names: Sequence[str]) -> pa.Schema:
        """The types of some of the columns."""
        if self._is_csv:
            return pa.schema([(name, pa.string()) for name in names])
        return pa.schema([self._schema.field(name) for name in names])

    def batches(self, names: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """Yield these columns of all rows.

        Raises:
            PartnerFileError: rows of another width, a quote that does not end, not UTF-8, a damaged file.
        """
        with self._explained():
            if self._is_csv:
                yield from self._csv(names)
            else:
                with pq.ParquetFile(self.path) as file:
                    yield from file.iter_batches(columns=list(names))

    def _headings(self) -> list[str]:
        with open_text(self.path, _CSV, FIX, PartnerFileError) as file:
            line = file.readline().removeprefix(BOM)
            quotes = line.count(b'"')
            while block := file.read(BLOCK):
                quotes += block.count(b'"')
        if quotes % 2:
            raise PartnerFileError(
                "a quoted cell does not end", where=str(self.path), expected="quotes in pairs", fix=FIX
            )
        try:
            text = line.decode().rstrip("\r\n")
        except UnicodeDecodeError:
            raise not_utf8(self.path, FIX, PartnerFileError) from None
        self._separator = max(_SEPARATORS, key=text.count)
        return next(csv.reader([text], delimiter=self._separator))

    def _csv(self, names: Sequence[str]) -> Iterator[pa.RecordBatch]:
        misfits: list[Any] = []

        def skip(row: Any) -> Literal["skip"]:
            misfits.append(row)
            return "skip"

        yield from pa.csv.open_csv(
            self.path,
            pa.csv.ReadOptions(use_threads=False, block_size=BLOCK),
            pa.csv.ParseOptions(delimiter=self._separator, newlines_in_values=True, invalid_row_handler=skip),
            pa.csv.ConvertOptions(
                column_types=dict.fromkeys(self.names, pa.string()),
                include_columns=list(names),
                null_values=[""],
                strings_can_be_null=True,
            ),
        )
        if misfits:
            first = misfits[0]
            raise PartnerFileError(
                f"{len(misfits)} rows have another number of cells than the heading row; the first has "
                f"{first.actual_columns}, not {first.expected_columns}",
                where=f"{self.path}, row {first.number} with the headings as row 1",
                expected="as many cells in each row; a cell with separators, quotes or line ends in quotes",
                fix=FIX,
            )

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError:
            raise self._refuse("there is no such file") from None
        except pa.ArrowInvalid as problem:
            if self._is_csv and "UTF8" in str(problem):
                raise not_utf8(self.path, FIX, PartnerFileError) from None
            # What Arrow says of a CSV quotes its cells, which have no place in a log.
            reason = "its rows cannot be told apart" if self._is_csv else str(problem).splitlines()[0][:200]
            raise self._refuse(f"the file cannot be read ({reason})") from None
        except OSError as problem:
            raise self._refuse(f"the file cannot be read ({problem})") from problem

    def _refuse(self, problem: str) -> PartnerFileError:
        return PartnerFileError(problem, where=str(self.path), expected=_CSV, fix=FIX)
