"""From rows of text cells to chunks. Belongs here: numbering, batching and bounding rows of the formats that
are read row by row. Does not: any file format."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa

from orchestration.collection.exports import Chunk, Rejected

_ROWS, _CHARACTERS = 5_000, 8 << 20


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be told apart into cells: why, and its raw text (personal)."""

    reason: str
    text: str


Cells = Sequence[str | None]


def chunked(names: Sequence[str], rows: Iterable[Cells | BadRow]) -> Iterator[Chunk]:
    """Number rows from 1 on and gather them into chunks of bounded size; every row is in one of them."""
    good: list[Cells] = []
    numbers: list[int] = []
    bad: list[Rejected] = []
    size = 0
    for number, row in enumerate(rows, 1):
        fault = row if isinstance(row, BadRow) else _fault(row, len(names))
        if fault is None and not isinstance(row, BadRow):
            good.append(row)
            numbers.append(number)
            size += sum(len(cell) for cell in row if cell)
        elif fault is not None:
            bad.append(Rejected(number, fault.reason, _writable(fault.text)))
            size += len(fault.text)
        if len(good) + len(bad) >= _ROWS or size >= _CHARACTERS:
            yield _chunk(names, good, numbers, bad)
            good, numbers, bad, size = [], [], [], 0
    if good or bad:
        yield _chunk(names, good, numbers, bad)


def _fault(row: Cells, width: int) -> BadRow | None:
    text = "\t".join(cell or "" for cell in row)
    if len(row) != width:
        return BadRow(f"the row has {len(row)} cells, not {width}", text)
    if not text.isascii() and text != _writable(text):
        return BadRow("a cell holds half a character (a lone surrogate)", text)
    return None


def _writable(text: str) -> str:
    """The text with lone surrogates, which UTF-8 cannot hold, written as escapes."""
    return text.encode("utf-8", "backslashreplace").decode()


def _chunk(names: Sequence[str], good: list[Cells], numbers: list[int], bad: list[Rejected]) -> Chunk:
    columns = list(zip(*good, strict=True)) if good else [() for _ in names]
    batch = pa.RecordBatch.from_arrays(
        [pa.array(column, pa.string()) for column in columns], names=list(names)
    )
    return Chunk(batch, pa.array(numbers, pa.int64()), tuple(bad))
