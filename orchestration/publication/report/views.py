"""What a page is made of. Belongs here: cells, tables and sections ready to be shown. Does not: which figures
they hold, or their HTML."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from orchestration.publication.report.figures import Figure, State
from orchestration.publication.report.marks import Chart, Mark
from orchestration.publication.report.words import Words


@dataclass(frozen=True)
class Cell:
    """One cell: its text, a smaller second text, its kind (text, number, or the state of a blank figure)."""

    text: str
    detail: str = ""
    kind: str = "text"


@dataclass(frozen=True)
class Row:
    """A row with its heading."""

    heading: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class RowGroup:
    """Rows under a common heading, which may be empty."""

    heading: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Table:
    """A table: the first column holds the rows' headings."""

    caption: str
    columns: tuple[str, ...]
    groups: tuple[RowGroup, ...]
    is_folded: bool = False


@dataclass(frozen=True)
class Exhibit:
    """A chart with the table of its values; either may stand alone."""

    chart: Chart | None = None
    table: Table | None = None


@dataclass(frozen=True)
class Section:
    """A part of the report."""

    id: str
    heading: str
    paragraphs: tuple[str, ...] = ()
    exhibits: tuple[Exhibit, ...] = field(default=())


@dataclass(frozen=True)
class Profile:
    """The page of a territory; ``place`` is its contour as an SVG path, empty where it is not drawn."""

    id: str
    heading: str
    region: str
    facts: str
    paragraphs: tuple[str, ...]
    tables: tuple[Table, ...]
    place: str


def share_cell(words: Words, figure: Figure) -> Cell:
    """A share with its interval, or the word that says why it is blank."""
    if figure.value is None:
        return Cell(state_word(words, figure.state), kind=figure.state.value)
    sign = words(f"{figure.state}.sign") if figure.state in (State.FRAGILE, State.CARRIED) else ""
    has_interval = figure.low is not None and figure.high is not None
    detail = words.interval(figure.low or 0, figure.high or 0) if has_interval else ""
    return Cell(words.percent(figure.value) + sign, detail, "number")


def ratio_cell(words: Words, figure: Figure, quoted: str = "") -> Cell:
    """A ratio with its interval, or the word that says why it is blank; ``quoted`` stands under one that was said."""
    if figure.value is None:
        return Cell(state_word(words, figure.state), kind=figure.state.value)
    ends = (figure.low, figure.high)
    detail = (
        words.bracket(*(words.number(end, 1) for end in ends if end is not None))
        if None not in ends
        else quoted
    )
    return Cell(words.number(figure.value, 1), detail, "number")


def points_cell(words: Words, figure: Figure, quoted: str = "") -> Cell:
    """A difference in points with its interval, or the word that says why it is blank."""
    if figure.value is None:
        return Cell(state_word(words, figure.state), kind=figure.state.value)
    ends = (figure.low, figure.high)
    detail = (
        words.bracket(*(words.signed(end) for end in ends if end is not None)) if None not in ends else quoted
    )
    return Cell(words.signed(figure.value), detail, "number")


def number_cell(words: Words, number: float | None) -> Cell:
    """A count, or the word for a missing one; zero is a number."""
    if number is None:
        return Cell(words("state.missing"), kind=State.MISSING.value)
    return Cell(words.number(number), kind="number")


def state_word(words: Words, state: State) -> str:
    """What stands in place of a blank figure."""
    return words(f"state.{state.value}")


def mark(words: Words, label: str, series: str, figure: Figure, group: str = "") -> Mark:
    """A figure as a chart's mark."""
    return Mark(label, series, figure, state_word(words, figure.state) if figure.value is None else "", group)


def describe_intervals(words: Words, marks: Sequence[Mark]) -> str:
    """The lowest and highest point of a chart, in words, for those who cannot see it."""
    series = {item.series for item in marks}
    shown = [(item.figure.value, item) for item in marks if item.figure.value is not None]
    if not shown:
        return words("desc.nothing")
    low, high = min(shown, key=lambda pair: pair[0]), max(shown, key=lambda pair: pair[0])

    def label(item: Mark) -> str:
        return f"{item.label}, {item.series}" if len(series) > 1 else item.label

    return words(
        "desc.intervals",
        low=words.percent(low[0]),
        low_label=label(low[1]),
        high=words.percent(high[0]),
        high_label=label(high[1]),
    )
