"""From bytes to chunks of rows. Belongs here: reading a file block by block through a grammar and numbering
its rows. Does not: what a row looks like (readers/)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.csv

from orchestration.collection.exports import Chunk, Rejected
from orchestration.collection.raw_file import BLOCK, Window, not_utf8
from orchestration.errors import ExportError

CUT_OFF = "cut off"


@dataclass(frozen=True, slots=True)
class Piece:
    """One row's bytes [start, end) in a block; ``reason`` says why it is no good row, None that it is one."""

    start: int
    end: int
    reason: str | None = None


class Grammar(Protocol):
    """How a format writes rows."""

    def cut(self, data: bytes) -> int:
        """Where the last whole row of ``data`` ends, 0 where none does."""

    def parse(self, data: bytes) -> pa.RecordBatch | None:
        """Read whole rows at full speed; None where they do not prove to be what the format writes."""

    def is_whole(self, data: bytes) -> bool:
        """Whether the end of ``data``, which is the end of the file, can be the end of a row."""

    def sift(self, data: bytes, at_end: bool) -> tuple[list[Piece], int]:
        """Tell good rows from bad ones, one by one, up to a row's end; a last row without end is CUT_OFF."""


def read_rows(path: Path, start: int, grammar: Grammar, fix: str) -> Iterator[Chunk]:
    """Yield a file's rows from byte ``start`` on.

    Blocks that the fast parser proves are taken whole. Only where one does not add up are its rows looked at
    one by one, so that a bad row costs that row and no other.

    Raises:
        ExportError: the file is cut off or not UTF-8; nothing of it should be kept then.
    """
    number = 1
    with path.open("rb") as file:
        window = Window(file, start)
        while window.fill(BLOCK):
            end = len(window.data) if window.at_end else grammar.cut(window.data)
            block = window.data[:end]
            rows = None
            if end and (not window.at_end or grammar.is_whole(block)):
                rows = grammar.parse(block)
            if rows is not None:
                window.drop(end)
                chunk = Chunk(rows, _numbers(range(number, number + rows.num_rows)))
            else:
                chunk = _sifted(path, window, grammar, number, fix)
            number += chunk.rows.num_rows + len(chunk.rejected)
            yield chunk


def delimited(
    data: bytes, names: list[str], parse: pa.csv.ParseOptions, **convert: Any
) -> pa.RecordBatch | None:
    """Read rows of text cells with Arrow, all in one piece; None where it finds rows of another width."""
    if not data.lstrip(b"\r\n"):
        return pa.RecordBatch.from_arrays([pa.array([], pa.string()) for _ in names], names=names)
    source: Any = pa.BufferReader(data)
    try:
        # UTF-8 is proved of all bytes at once: cell by cell, as Arrow does it, takes several times as long.
        one_cell: Any = [None, pa.py_buffer(np.array([0, len(data)], np.int32).data), pa.py_buffer(data)]
        pa.Array.from_buffers(pa.binary(), 1, one_cell).cast(pa.string())
        table = pa.csv.read_csv(
            source,
            # One block is parsed by one thread anyway; other stages of the intake have use for the others.
            pa.csv.ReadOptions(column_names=names, block_size=len(data) + 1, use_threads=False),
            parse,
            pa.csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), check_utf8=False, **convert
            ),
        )
    except pa.ArrowInvalid:
        return None
    # One block, one chunk: combining would copy it.
    (batch,) = table.to_batches()
    return batch


def _sifted(path: Path, window: Window, grammar: Grammar, first: int, fix: str) -> Chunk:
    window.fill(2 * BLOCK)
    data = window.data
    pieces, end = grammar.sift(data, window.at_end)
    try:
        data[:end].decode()
    except UnicodeDecodeError:
        raise not_utf8(path, fix) from None
    if pieces and pieces[-1].reason == CUT_OFF:
        raise ExportError(
            "the file ends in the middle of a response",
            where=f"{path}, row {first + len(pieces) - 1}",
            expected="a last response with all its cells and a line end",
            fix=fix,
        )
    if not end:
        raise ExportError(
            f"no row ends within {len(data):,} bytes",
            where=f"{path}, row {first}, byte {window.offset}",
            expected="a response on each row, as LimeSurvey writes it",
            fix=fix,
        )
    good = [(number, piece) for number, piece in enumerate(pieces, first) if piece.reason is None]
    bad = [(number, piece) for number, piece in enumerate(pieces, first) if piece.reason is not None]
    rows = grammar.parse(b"".join(data[piece.start : piece.end] for _, piece in good))
    if rows is None or rows.num_rows != len(good):
        raise ExportError(
            "the rows cannot be told apart", where=f"{path}, from row {first}", expected="whole rows", fix=fix
        )
    window.drop(end)
    rejected = (Rejected(n, str(p.reason), data[p.start : p.end].decode()) for n, p in bad)
    return Chunk(rows, _numbers(number for number, _ in good), tuple(rejected))


def _numbers(values: Iterator[int] | range) -> pa.Int64Array:
    return pa.array(list(values) if not isinstance(values, range) else values, pa.int64())
