"""Partner files as columns of text. Belongs here: reading CSV and Parquet in chunks, and saying where
something is wrong. Does not: what the columns mean (partners.py)."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import pyarrow.csv
import pyarrow.parquet as pq

from orchestration.decoding.arrow import Array, Flags, Strings, pa, pc
from orchestration.errors import PartnerFileError

_ROWS_A_CHUNK = 100_000
_BLOCK = 16 << 20
_SEPARATORS = (";", ",")


@dataclass(frozen=True)
class Chunk:
    """Some rows of a file as text, null where empty; ``first`` is the number of rows before them."""

    first: int
    rows: int
    columns: Mapping[str, Strings]


class PartnerFile:
    """A file of one table, CSV (``;`` or ``,``, UTF-8) or Parquet, whose columns are known."""

    def __init__(self, path: Path, name: str, columns: Sequence[str], may_have_more: bool) -> None:
        self._path, self._name, self._columns, self._more = path, name, columns, may_have_more
        self._is_csv = path.suffix.lower() == ".csv"

    def chunks(self) -> Iterator[Chunk]:
        """Yield the rows; PartnerFileError if the file cannot be read or has not the known columns."""
        try:
            yield from self._csv() if self._is_csv else self._parquet()
        except (OSError, pa.ArrowInvalid) as problem:
            raise self._unreadable(problem) from problem

    def refuse(self, chunk: Chunk, column: str, wrong: Flags, expected: str) -> None:
        """Raise PartnerFileError for the first cell of a chunk that is flagged as wrong, if there is one."""
        if not wrong.any():
            return
        row = int(wrong.argmax())
        text = chunk.columns[column][row].as_py()
        raise PartnerFileError(
            "the cell is empty" if text is None else f"'{text[:40]}' is of the wrong form",
            where=f"{self._name}, {self._place(chunk.first + row)}, column '{column}'",
            expected=expected,
            fix="correct the cell and drop the file again",
        )

    def _csv(self) -> Iterator[Chunk]:
        separator, names = self._header()
        self._check(names)
        reader = pyarrow.csv.open_csv(
            self._path,
            read_options=pyarrow.csv.ReadOptions(use_threads=False, block_size=_BLOCK),
            parse_options=pyarrow.csv.ParseOptions(delimiter=separator, newlines_in_values=True),
            convert_options=pyarrow.csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                include_columns=list(self._columns),
                null_values=[""],
                strings_can_be_null=True,
            ),
        )
        first = 0
        for batch in reader:
            columns = dict(zip(batch.schema.names, batch.columns, strict=True))
            yield Chunk(first, batch.num_rows, columns)
            first += batch.num_rows

    def _parquet(self) -> Iterator[Chunk]:
        with pq.ParquetFile(self._path) as file:
            self._check(file.schema_arrow.names)
            first = 0
            for batch in file.iter_batches(batch_size=_ROWS_A_CHUNK, columns=list(self._columns)):
                columns = {name: _text(batch.column(name)) for name in self._columns}
                yield Chunk(first, batch.num_rows, columns)
                first += batch.num_rows

    def _header(self) -> tuple[str, list[str]]:
        """Read the first line: the separator that gives the most columns, and the columns."""
        with self._path.open("rb") as file:
            line = file.readline()
        try:
            text = line.decode("utf-8-sig").strip("\r\n")
        except UnicodeDecodeError:
            raise self._not_utf8(1) from None
        if not text.strip():
            raise PartnerFileError(
                "the file is empty",
                where=self._name,
                expected=f"a first line with the columns {';'.join(self._columns)}",
                fix="export it again",
            )
        separator = max(_SEPARATORS, key=text.count)
        return separator, next(csv.reader([text], delimiter=separator))

    def _check(self, names: Sequence[str]) -> None:
        missing = [name for name in self._columns if name not in names]
        unknown = [] if self._more else [name for name in dict.fromkeys(names) if name not in self._columns]
        twice = [name for name in dict.fromkeys(names) if list(names).count(name) > 1]
        faults = [f"column '{name}' stands twice" for name in twice]
        for name in unknown:
            like = get_close_matches(name, missing or self._columns, n=1, cutoff=0.6)
            faults.append(f"unknown column '{name}'" + (f" (nearest known: '{like[0]}')" if like else ""))
        for name in missing:
            like = get_close_matches(name, names, n=1, cutoff=0.6) if self._more else []
            faults.append(
                f"column '{name}' is missing" + (f" (nearest in the file: '{like[0]}')" if like else "")
            )
        if faults:
            raise PartnerFileError(
                "; ".join(faults),
                where=f"{self._name}, line 1" if self._is_csv else self._name,
                expected=f"the columns {', '.join(self._columns)}"
                + (", and any others" if self._more else ""),
                fix="rename, add or remove columns so that the file has exactly these",
            )

    def _place(self, row: int) -> str:
        """Say where a row stands: its line in a CSV (cells may hold line ends), its number in Parquet."""
        if not self._is_csv:
            return f"row {row + 1}"
        for number, (line, _) in enumerate(self._lines()):
            if number == row + 1:
                return f"line {line}"
        return f"row {row + 1}"

    def _lines(self) -> Iterator[tuple[int, list[str]]]:
        """Yield the line on which each row begins, and its cells; the header first, blank lines left out."""
        separator, _ = self._header()
        with self._path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, delimiter=separator, strict=True)
            before = 0
            for cells in reader:
                if cells:
                    yield before + 1, cells
                before = reader.line_num

    def _unreadable(self, problem: Exception) -> PartnerFileError:
        """Find out why a file could not be read, going through it line by line."""
        if isinstance(problem, OSError) and problem.strerror:
            return PartnerFileError(
                f"cannot be read ({problem.strerror})",
                where=str(self._path),
                expected="a file that can be read",
                fix="check that it exists and its permissions",
            )
        if not self._is_csv:
            return PartnerFileError(
                f"is not a Parquet file ({problem})",
                where=self._name,
                expected="a file ending in .csv or .parquet, and of that kind",
                fix="export it again",
            )
        with self._path.open("rb") as file:
            for number, text in enumerate(file, 1):
                try:
                    text.decode("utf-8-sig")
                except UnicodeDecodeError:
                    return self._not_utf8(number)
        width, line = len(self._header()[1]), 1
        try:
            for line, cells in self._lines():
                if len(cells) != width:
                    return self._misshapen(line, f"the row has {len(cells)} cells", f"{width} cells")
        except csv.Error as fault:
            return self._misshapen(line + 1, f"the row cannot be told apart ({fault})", "quotes in pairs")
        # What Arrow says of it quotes cells, which have no place in a log.
        return self._misshapen(line, "the rows cannot be told apart", "rows of cells")

    def _misshapen(self, line: int, problem: str, expected: str) -> PartnerFileError:
        return PartnerFileError(
            problem,
            where=f"{self._name}, line {line}",
            expected=expected,
            fix="quote cells that hold separators, quotes or line ends, and drop the file again",
        )

    def _not_utf8(self, line: int) -> PartnerFileError:
        return PartnerFileError(
            "is not UTF-8",
            where=f"{self._name}, line {line}",
            expected="UTF-8 text",
            fix="save it as 'CSV UTF-8' and drop it again",
        )


def _text(values: Array) -> Strings:
    """Turn a Parquet column of any simple type into text, null where empty."""
    if pa.types.is_timestamp(values.type):
        values = values.cast(pa.date32())
    texts = values.cast(pa.string())
    return pc.if_else(pc.equal(texts, ""), None, texts)
