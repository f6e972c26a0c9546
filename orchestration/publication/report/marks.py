"""What a chart shows and what came of it. Belongs here: the values. Does not: the drawing (charts.py), which imports a
renderer."""

from __future__ import annotations

from dataclasses import dataclass

from orchestration.publication.report.figures import Figure


@dataclass(frozen=True)
class Mark:
    """A figure in a chart: its row's label, its series, and what to write where it is blank."""

    label: str
    series: str
    figure: Figure
    blank: str = ""
    group: str = ""


@dataclass(frozen=True)
class Bar:
    """A counted bar: its row's label, its series, its length and the number written beside it."""

    label: str
    series: str
    value: float
    text: str
    group: str = ""


@dataclass(frozen=True)
class Chart:
    """A chart's drawing with the words that stand for it: its title, and what it shows."""

    svg: str
    title: str
    description: str
