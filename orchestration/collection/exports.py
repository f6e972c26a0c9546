"""What every reader gives: an export as columns of text. Belongs here: the interface between readers and
intake. Does not: any file format (readers/), or what becomes of the rows (intake.py)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that cannot be told apart into cells: its number, the reason, and its raw text (personal)."""

    row_number: int
    reason: str
    text: str


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some rows of an export, in the order of the file.

    ``rows`` has one string column a heading: null where the format says that the question was not asked, ""
    where it was left blank or the format cannot tell. ``row_numbers`` are theirs, counted from 1 after the
    headings and shared with ``rejected``: together they number every row of the file once.
    """

    rows: pa.RecordBatch
    row_numbers: pa.Int64Array
    rejected: tuple[Rejected, ...] = ()


class Export(Protocol):
    """An open export. A reader is a module of readers/ with ``open_export(path) -> Export``."""

    headings: tuple[str, ...]
    """As the file has them: code headings, or expression-manager codes (``CA_other`` for ``CA[other]``)."""

    def chunks(self) -> Iterator[Chunk]:
        """Yield the rows with bounded memory.

        Raises:
            ExportError: the file as a whole cannot be trusted (cut off, not UTF-8, changed while being read).
        """
