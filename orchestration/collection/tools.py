"""Survey tools other than LimeSurvey. Belongs here: how a tool's exports are described, and an open one. Does
not: reading them (readers/), or what the codebook makes of them (by_texts.py)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from orchestration.codebook import Complete
from orchestration.collection.exports import Chunk
from orchestration.collection.text_rows import BadRow, Cells, chunked


@dataclass(frozen=True)
class Tool:
    """How a tool heads its columns and writes answers, beyond what the codebook says.

    ``meta`` gives for our META_COLUMNS the headings of the tool's own, the best first; ``own`` is what it
    adds besides, which is no answer and is left out. ``item_headings`` makes of a question's and an item's
    text the headings that the item's column may have. ``between`` separates several answers in one cell.
    ``zone`` is that of the tool's moments, None for the respondents' own.
    """

    name: str
    meta: Mapping[str, tuple[str, ...]]
    own: tuple[str, ...]
    item_headings: Callable[[str, str], tuple[str, ...]]
    between: str
    other: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()
    zone: str | None = None
    complete_when: Complete | None = None


@dataclass(frozen=True)
class ToolExport:
    """An open export of such a tool, as it is: what its columns may be called, and its rows of texts.

    A column's ``names`` go from the whole one to shorter ones: a heading means the column that has it as the
    longest. ``encoding`` is Python's name of it.
    """

    path: Path
    tool: Tool
    names: tuple[tuple[str, ...], ...]
    rows: Callable[[], Iterator[Cells | BadRow]]
    encoding: str = "utf-8"
    zones: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def headings(self) -> tuple[str, ...]:
        """See `Export`: the headings of the file."""
        return tuple(names[0] for names in self.names)

    def chunks(self) -> Iterator[Chunk]:
        """See `Export`: the cells of the file."""
        return chunked(self.headings, self.rows())


def in_brackets(question: str, item: str) -> tuple[str, ...]:
    """Head an item as ``Question [item]``."""
    return (f"{question} [{item}]",)
