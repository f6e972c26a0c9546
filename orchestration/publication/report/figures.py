"""One figure of the report. Belongs here: its states, its interval, reading it from a public row. Does not: which
figures there are, or how one looks."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from orchestration.errors import ReleaseError


class State(StrEnum):
    """Why a figure is there or not; each looks different on the page."""

    SHOWN = "shown"
    FRAGILE = "fragile"
    CARRIED = "carried"
    FEW = "few"
    SECRET = "secret"
    MISSING = "missing"
    NONE = "none"


_STATES = {
    "ok": State.SHOWN,
    "zero": State.SHOWN,
    "model_based": State.SHOWN,
    "quoted": State.SHOWN,
    "fragile": State.FRAGILE,
    "carried_over": State.CARRIED,
    "unreliable": State.FEW,
    "secret": State.SECRET,
    "not_available": State.MISSING,
    "not_applicable": State.NONE,
}
# Nothing stands behind these, or nothing of it may be told.
BLANK = (State.FEW, State.SECRET, State.MISSING, State.NONE)


@dataclass(frozen=True)
class Figure:
    """One share between 0 and 1 with its 95 % interval; ``value`` is None where there is nothing to show.

    ``bounds`` is what a national share would be under other response ratios (docs/methodology.md, section 6).
    """

    state: State
    value: float | None = None
    low: float | None = None
    high: float | None = None
    n: int | None = None
    comparability: str | None = None
    bounds: tuple[float, float] | None = None


MISSING = Figure(State.MISSING)


def read_figure(table: str, flag: str, *rest: Any) -> Figure:
    """A public row's figure: its flag, then value, ends of the interval, n, comparability and, maybe, its bounds.

    Raises:
        ReleaseError: the flag is unknown, or a hidden row holds a number.
    """
    try:
        state = _STATES[flag]
    except KeyError:
        raise ReleaseError(
            f"the report does not know the flag `{flag}`",
            where=table,
            expected=f"one of {', '.join(_STATES)}",
            fix="teach orchestration/publication/report/figures.py what to show for it",
        ) from None
    value: float | None
    value, low, high, n, comparability, *bounds = rest
    if state in (State.FEW, State.SECRET):
        # A blank row that still holds a number is a leak upstream: it must not reach a page.
        if any(number is not None for number in (value, low, high, n, *bounds)):
            raise ReleaseError(f"a row marked `{flag}` still holds a figure", where=table)
        return Figure(state, comparability=comparability)
    if value is None:
        return Figure(state if state in BLANK else State.MISSING, comparability=comparability)
    told = (bounds[0], bounds[1]) if bounds and None not in bounds else None
    return Figure(state, value, low, high, n, comparability, told)
