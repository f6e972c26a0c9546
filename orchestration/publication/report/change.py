"""Change between two editions. Belongs here: which figures may be compared, and how carefully. Does not: the
figures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from orchestration.publication.report.charts import interval_chart
from orchestration.publication.report.figures import MISSING, Figure
from orchestration.publication.report.tables import Edition, Tables
from orchestration.publication.report.views import (
    Cell,
    Exhibit,
    Row,
    RowGroup,
    Section,
    Table,
    describe_intervals,
    mark,
    points_cell,
    share_cell,
)
from orchestration.publication.report.words import Words

_RATES = (
    "innovation_rate",
    "export_rate",
    "export_rate_among_innovators",
    "export_rate_among_non_innovators",
)
_COMPARABLE = {"identical", "close"}


@dataclass(frozen=True)
class Pair:
    """One item in both editions."""

    group: str
    label: str
    before: Figure
    after: Figure
    change: Figure

    @property
    def is_comparable(self) -> bool:
        """Asked in both editions in comparable words, and published in both."""
        return self.change.comparability in _COMPARABLE and None not in (self.change.low, self.change.high)

    @property
    def verdict(self) -> str:
        """``higher`` or ``lower`` where the interval of the difference leaves zero out, else ``unclear``."""
        if (self.change.low or 0) > 0:
            return "higher"
        return "lower" if (self.change.high or 0) < 0 else "unclear"


def earlier_edition(tables: Tables) -> Edition | None:
    """The newest edition before the main one that has published figures."""
    position = tables.editions.index(tables.main)
    with_figures = {key[0] for key, figure in tables.rates.items() if figure.value is not None}
    return next((e for e in tables.editions[position + 1 :] if e.code in with_figures), None)


def change(tables: Tables, words: Words) -> Section | None:
    """The comparable items of the two editions; None where there is no earlier edition."""
    before, after = earlier_edition(tables), tables.main
    if before is None:
        return None
    names = {"before": str(before.year or before.code), "after": str(after.year or after.code)}
    heading = words("change", **names)
    if not (before.has_frame and after.has_frame):
        return Section("change", heading, (words("change.no_frame"),))
    pairs = [pair for pair in _pairs(tables, words, before, after) if not _both_missing(pair)]
    kept = [pair for pair in pairs if pair.is_comparable]
    left_out = len(pairs) - len(kept)
    paragraphs = [words("change.text")]
    if left_out:
        paragraphs.append(words.count("change.left_out", left_out))
    if not kept:
        return Section("change", heading, tuple(paragraphs))
    marks = [
        mark(words, pair.label, names[when], figure, pair.group)
        for pair in kept
        for when, figure in (("before", pair.before), ("after", pair.after))
    ]
    title = words("change.chart", **names)
    chart = interval_chart(
        marks,
        name="chart-change",
        title=title,
        description=describe_intervals(words, marks),
        language=words.language,
    )
    columns = (
        words("change.item"),
        names["before"],
        names["after"],
        words("change.points"),
        words("change.verdict"),
    )
    groups = tuple(
        RowGroup(group, tuple(_row(words, pair) for pair in kept if pair.group == group))
        for group in dict.fromkeys(pair.group for pair in kept)
    )
    return Section("change", heading, tuple(paragraphs), (Exhibit(chart, Table(title, columns, groups)),))


def _pairs(tables: Tables, words: Words, before: Edition, after: Edition) -> Iterator[Pair]:
    language = words.language
    labels = {indicator.code: indicator.text[language] for indicator in tables.indicators}
    for code in _RATES:
        figures = tables.rate(before.code, code), tables.rate(after.code, code)
        difference = tables.changes.get((after.code, before.code, code, ""), MISSING)
        yield Pair("", labels.get(code, code), *figures, difference)
    for code, group in (
        ("need_share", words("needs.needed")),
        ("hard_to_recruit_share", words("needs.hard")),
    ):
        for competence in tables.competences:
            old, new = (tables.need(edition.code, code, competence.code) for edition in (before, after))
            difference = tables.changes.get((after.code, before.code, code, competence.code), MISSING)
            yield Pair(group, competence.text[language], old, new, difference)


def _both_missing(pair: Pair) -> bool:
    return pair.before is MISSING and pair.after is MISSING


def _row(words: Words, pair: Pair) -> Row:
    asked = words(f"change.{pair.change.comparability}")
    return Row(
        pair.label,
        (
            share_cell(words, pair.before),
            share_cell(words, pair.after),
            points_cell(words, pair.change),
            Cell(words(f"change.{pair.verdict}"), asked, f"verdict-{pair.verdict}"),
        ),
    )
