"""The sampling design. Belongs here: base weights, the strata of variance, the rule that merges small cells,
and what an estimate must know of the design. Does not: non-response, calibration, estimates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from orchestration.estimation.arrays import Codes, Flags, Numbers, some
from orchestration.estimation.errors import FrameError


@dataclass(frozen=True)
class Merge:
    """One line of the log of merged cells: ``cell`` had ``count`` units, fewer than ``minimum``, and is now
    part of ``into``."""

    step: str
    cell: str
    count: int
    minimum: int
    into: str


@dataclass(frozen=True)
class Collapse:
    """The label of each (group, category) after merging, and the log."""

    labels: dict[tuple[str, str], str]
    merges: tuple[Merge, ...]


@dataclass(frozen=True)
class CalibratedOn:
    """A margin the weights were calibrated on, as columns of the respondents: category and measured
    quantity."""

    by: str | None
    measure: str | None = None


@dataclass(frozen=True)
class Design:
    """Where the respondents' table holds what variance needs.

    ``weight`` is the final weight and ``stratum`` the stratum of variance. For calibrated weights ``before``
    is the weight before calibration and ``margins`` what it was calibrated on. ``population`` (companies by
    stratum) asks for the finite population correction. No ``weight`` means a survey without a frame: figures
    among respondents.
    """

    weight: str | None
    stratum: str | None = None
    before: str | None = None
    margins: tuple[CalibratedOn, ...] = ()
    population: Mapping[str, float] | None = None


AMONG_RESPONDENTS = Design(weight=None)


def collapse(
    counts: Mapping[tuple[str, str], int],
    order: Sequence[str],
    minimum: int,
    step: str,
    groups: Sequence[str] = (),
) -> Collapse:
    """Merge neighbouring cells until each has ``minimum`` units.

    ``counts`` holds the units by (group, category), with the empty cells. Inside a group (a region)
    categories are walked along ``order`` (ascending sizes); a cell closes once it has ``minimum`` units, and
    what is left at the end joins the last closed one. A group too small as a whole joins the last cell of the
    group before it (the first of the next, for the first group). Groups stand in the order of ``groups``,
    then those not listed there, by name. Raises FrameError for a category missing
    from ``order`` and where all units together are fewer than ``minimum``.
    """
    unknown = sorted({category for _, category in counts} - set(order))
    if unknown:
        raise FrameError(
            f"categories without a place in the order: {some(unknown)}",
            where=step,
            expected=f"one of {some(order, 30)}",
            fix="list every category in the order along which neighbours are merged",
        )
    bins: list[list[tuple[str, str]]] = []
    small: list[tuple[str, str]] = []
    place = {group: number for number, group in enumerate(groups)}
    for group in sorted({group for group, _ in counts}, key=lambda each: (place.get(each, len(place)), each)):
        cells = [(group, category) for category in order if (group, category) in counts]
        closed, opened = _walk(cells, counts, minimum)
        if closed:
            closed[0] = small + closed[0]
            closed[-1] += opened
            bins, small = bins + closed, []
        elif bins:
            bins[-1] += opened
        else:
            small += opened
            if sum(counts[cell] for cell in small) >= minimum:
                bins, small = [small], []
    if small:
        raise FrameError(
            f"only {sum(counts.values())} units in all",
            where=step,
            expected=f"at least {minimum}",
            fix="no weighting is possible; publish no figure from this survey",
        )
    labels = {cell: _name(members) for members in bins for cell in members}
    merges = tuple(
        Merge(step, "|".join(filter(None, cell)), counts[cell], minimum, labels[cell])
        for members in bins
        if len(members) > 1
        for cell in members
    )
    return Collapse(labels, merges)


def _walk(
    cells: Sequence[tuple[str, str]], counts: Mapping[tuple[str, str], int], minimum: int
) -> tuple[list[list[tuple[str, str]]], list[tuple[str, str]]]:
    """The closed bins of one group, and the cells left over."""
    closed: list[list[tuple[str, str]]] = []
    opened: list[tuple[str, str]] = []
    for cell in cells:
        opened.append(cell)
        if sum(counts[member] for member in opened) >= minimum:
            closed.append(opened)
            opened = []
    return closed, opened


def _name(cells: Sequence[tuple[str, str]]) -> str:
    groups = dict.fromkeys(group for group, _ in cells)
    parts = []
    for group in groups:
        categories = "+".join(category for own, category in cells if own == group)
        parts.append(f"{group}|{categories}" if group else categories)
    return " & ".join(parts)


def base_weights(stratum: Codes, invited: Flags, labels: Sequence[str]) -> Numbers:
    """N_h / n_h for the invited companies of a frame, nan for the others.

    ``stratum`` (frame rows) indexes ``labels``; N_h counts the frame and n_h the invited. Raises FrameError
    for a stratum with companies of which none was invited: nothing speaks for them.
    """
    population = np.bincount(stratum, minlength=len(labels))
    asked = np.bincount(stratum[invited], minlength=len(labels))
    silent = [
        f"{label} ({count} companies)"
        for label, count, n in zip(labels, population, asked, strict=True)
        if count and not n
    ]
    if silent:
        raise FrameError(
            f"no company was invited in {some(silent)}",
            where="sampling frame",
            expected="at least one invited company in each stratum",
            fix="use coarser strata, or leave these companies out of the surveyed population",
        )
    weight = np.full(len(stratum), np.nan)
    weight[invited] = (population / np.maximum(asked, 1))[stratum[invited]]
    return weight
