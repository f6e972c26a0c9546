"""Two stages of work at once. Belongs here: making the next piece while the last one is used. Does not: what
the pieces are."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

_Piece = TypeVar("_Piece")


def ahead(pieces: Iterator[_Piece]) -> Iterator[_Piece]:
    """Yield the pieces while a thread makes the next one, and no more than one: memory stays bounded.

    Arrow's work runs beside other threads; Python's own does not. What making a piece raises is raised here.
    """
    with ThreadPoolExecutor(1) as thread:
        following = thread.submit(_next_of, pieces)
        while found := following.result():
            following = thread.submit(_next_of, pieces)
            yield found[0]


def _next_of(pieces: Iterator[_Piece]) -> tuple[_Piece] | None:
    for piece in pieces:
        return (piece,)
    return None
