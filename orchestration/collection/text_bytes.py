"""Columns of texts, byte by byte. Belongs here: counting and cutting bytes in all cells at once, which is several times
as fast as a pattern. Does not: what the bytes stand for (readers/, scrubbing.py)."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute

pc: Any = pyarrow.compute  # its stubs know too few of the signatures it takes

Bytes = npt.NDArray[np.uint8]
Counts = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]


def bytes_of(texts: Any) -> tuple[Counts, Bytes]:
    """Give where each cell begins and the last one ends (n + 1 places), and the bytes of all cells."""
    _, places, data = texts.buffers()
    if data is None or not len(texts):
        return np.zeros(len(texts) + 1, np.int32), np.empty(0, np.uint8)
    bounds = np.frombuffer(places, np.int32)[texts.offset : texts.offset + len(texts) + 1]
    return bounds - bounds[0], np.frombuffer(data, np.uint8)[bounds[0] : bounds[-1]]


def counted(bounds: Counts, wanted: Flags) -> Counts:
    """Count in each cell the bytes that are wanted."""
    before = np.zeros(len(wanted) + 1, np.int32)
    np.cumsum(wanted, out=before[1:])
    counts: Counts = np.diff(before[bounds])
    return counts


def without_ends(texts: Any, which: Flags) -> pa.StringArray:
    """Cut off the first and the last byte of some cells, which must be ASCII and two."""
    bounds, data = bytes_of(texts)
    kept = np.ones(len(data), np.bool_)
    kept[bounds[:-1][which]] = kept[bounds[1:][which] - 1] = False
    shorter = bounds.copy()
    shorter[1:] -= 2 * np.cumsum(which, dtype=np.int32)
    buffers: Any = [pa.py_buffer(part.data) for part in (shorter, data[kept])]
    cut: Any = pa.StringArray.from_buffers(len(texts), *buffers)
    plain: pa.StringArray = pc.if_else(texts.is_valid(), cut, None) if texts.null_count else cut
    return plain
