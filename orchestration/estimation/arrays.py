"""Columns as arrays. Belongs here: turning Arrow columns into codes and numbers. Does not: any statistics."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from orchestration.estimation.errors import EstimationError

Column: TypeAlias = "pa.ChunkedArray[Any]"
Numbers = NDArray[np.float64]
Codes = NDArray[np.int64]
Flags = NDArray[np.bool_]

NO_CODE = -1


def column(table: pa.Table, name: str, what: str) -> Column:
    """A column by name; EstimationError naming the table (``what``) and the columns it has, where absent."""
    if name not in table.column_names:
        raise EstimationError(
            f"there is no column {name!r}",
            where=what,
            expected=f"one of {', '.join(table.column_names)}",
            fix="give the name of a column of this table",
        )
    return table.column(name)


def codes(values: Column) -> tuple[Codes, list[str]]:
    """Texts as (codes, labels): labels sorted, code ``NO_CODE`` for null, so that results ignore row
    order."""
    if pa.types.is_dictionary(values.type):
        encoded: Any = values.unify_dictionaries().combine_chunks()
    else:
        encoded = values.cast(pa.string()).combine_chunks().dictionary_encode()
    held: list[str] = encoded.dictionary.cast(pa.string()).to_pylist()
    indices = encoded.indices.fill_null(len(held)).to_numpy(zero_copy_only=False).astype(np.int64)
    # A dictionary may hold texts that no row has.
    used = np.bincount(indices, minlength=len(held) + 1)[:-1] > 0
    labels = sorted(label for label, is_used in zip(held, used, strict=True) if is_used)
    rank = {label: number for number, label in enumerate(labels)}
    position = np.array([rank.get(label, NO_CODE) for label in held] + [NO_CODE], dtype=np.int64)
    return position[indices], labels


def codes_in(values: Column, labels: Iterable[str]) -> Codes:
    """Texts as positions in ``labels``; ``NO_CODE`` for null and for any text not among them."""
    own, seen = codes(values)
    rank = {label: number for number, label in enumerate(labels)}
    position = np.array([rank.get(label, NO_CODE) for label in seen] + [NO_CODE], dtype=np.int64)
    return position[own]


def numbers(values: Column) -> Numbers:
    """Numbers as float64, null as nan."""
    return values.cast(pa.float64()).to_numpy().astype(np.float64, copy=False)


def some(labels: Iterable[str], limit: int = 8) -> str:
    """The first labels of a list, for a message."""
    found = list(labels)
    shown = ", ".join(found[:limit])
    return f"{shown} and {len(found) - limit} more" if len(found) > limit else shown
