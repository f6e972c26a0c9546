"""Columns of text cells. Belongs here: vectorised tools that make Arrow columns. Does not: what is asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from orchestration.simulation.arrays import BoolArray, IntArray

# A StringArray; Any, since pyarrow's stubs refuse the mixes of arrays and scalars that its kernels take.
Cells: TypeAlias = Any
"""Text cells: "" = left blank, null = not asked."""


def choose(values: Sequence[str], positions: npt.NDArray[np.integer]) -> Cells:
    """The values at the given positions."""
    return take(pa.array(values, pa.string()), positions)


def take(cells: Cells, positions: npt.NDArray[np.integer]) -> Cells:
    """The cells at the given positions."""
    return cells.take(pa.array(positions))


def pick(rng: np.random.Generator, values: Sequence[str], count: int) -> Cells:
    """``count`` of the values, each as likely."""
    return choose(values, rng.integers(0, len(values), count))


def where(condition: BoolArray, yes: Cells | str, no: Cells | str) -> Cells:
    """``yes`` where the condition holds, else ``no``."""
    return pc.if_else(pa.array(condition), yes, no)


def blank(count: int) -> Cells:
    """Cells left blank."""
    return pa.array(np.repeat("", count), pa.string())


def join(*parts: Cells | str) -> Cells:
    """Parts put one after another."""
    columns: tuple[Any, ...] = (*parts, "")
    return pc.binary_join_element_wise(*columns)


def only(cells: Cells, condition: BoolArray) -> Cells:
    """The cells where the condition holds, else null (not asked)."""
    return pc.if_else(pa.array(condition), cells, pa.scalar(None, cells.type))


def whole(numbers: npt.NDArray[np.integer]) -> Cells:
    """Whole numbers as text."""
    return pa.array(numbers).cast(pa.string())


def padded(numbers: IntArray, width: int) -> Cells:
    """Numbers as text of a fixed width, leading zeros kept."""
    return pc.utf8_lpad(whole(numbers), width, "0")


def moments(seconds: npt.NDArray[np.int64]) -> Cells:
    """Seconds since 1970 as ``YYYY-MM-DD HH:MM:SS``."""
    return pa.array(seconds.astype("datetime64[s]")).cast(pa.string())


def tokens(rng: np.random.Generator, count: int) -> Cells:
    """LimeSurvey access codes: 15 letters and digits, beginning with ``tk``."""
    letters = np.frombuffer(b"23456789abcdefghijkmnpqrstuvwxyz", dtype=np.uint8)
    drawn = letters[rng.integers(0, len(letters), (count, 13))]
    return join("tk", pa.array(drawn.view("S13").ravel()).cast(pa.string()))


def phone_numbers(rng: np.random.Generator, count: int) -> Cells:
    """Phone numbers of the range that ARCEP keeps for works of fiction (06 39 98 00 00 - 06 39 98 99 99)."""
    digits = padded(rng.integers(0, 10_000, count), 4)
    spaced = join(
        "06 39 98 ", pc.utf8_slice_codeunits(digits, 0, 2), " ", pc.utf8_slice_codeunits(digits, 2, 4)
    )
    return where(rng.random(count) < 0.5, spaced, pc.replace_substring(spaced, " ", ""))
