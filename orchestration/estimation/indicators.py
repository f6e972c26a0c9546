"""Indicators and breakdowns as data. Belongs here: what is estimated and for whom. Does not: how."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from orchestration.estimation.errors import EstimationError

# From best to worst.
COMPARABILITY = ("identical", "close", "broken")
Kind = Literal["proportion", "mean", "total", "ratio"]


@dataclass(frozen=True)
class Indicator:
    """One statistic, told in SQL over the respondents' table.

    ``value`` is a true/false expression for a proportion, a number for a mean, a total or a ratio's
    numerator; null where the respondent did not answer. ``base`` says whom it is about ("exports" for "among
    exporters"); only respondents for whom it is true count. ``denominator`` belongs to a ratio, of which ``n`` counts
    those whose denominator is not 0, or with ``counts_all`` everybody who answered. ``is_asked`` is false where the
    edition did not put the question.
    """

    name: str
    value: str
    kind: Kind = "proportion"
    base: str = "TRUE"
    denominator: str | None = None
    comparability: str = "identical"
    is_asked: bool = True
    counts_all: bool = False


@dataclass(frozen=True)
class Breakdown:
    """One way to cut the respondents: a domain for each combination of ``columns`` (none: all together).

    A null puts a respondent in no domain. With ``separator`` the one column holds several domains of a
    respondent, such as territories that overlap.
    """

    name: str
    columns: tuple[str, ...] = ()
    separator: str | None = None

    def __post_init__(self) -> None:
        if self.separator and len(self.columns) != 1:
            raise EstimationError(
                f"{len(self.columns)} columns with a separator",
                where=f"breakdown {self.name}",
                expected="one column that lists the domains of a respondent",
                fix="cross overlapping domains with others in the column itself",
            )


ALL = Breakdown("all")
BETWEEN = "|"


def multi_select(question: str, items: Mapping[str, str], base: str = "TRUE") -> list[Indicator]:
    """A question with several answers, both ways: for each item the share of companies that ticked it
    (``<question>:<item>``) and its share of all mentions (``<question>_mentions:<item>``).

    ``items`` gives each item's true/false expression. Shares of companies add up to more than 1, shares of
    mentions to 1; both are about everybody who answered, those included who ticked nothing.
    """
    mentions = " + ".join(f"CAST(({value}) AS INTEGER)" for value in items.values())
    companies = [Indicator(f"{question}:{item}", value, base=base) for item, value in items.items()]
    return companies + [
        Indicator(
            f"{question}_mentions:{item}",
            f"CAST(({value}) AS INTEGER)",
            "ratio",
            base,
            mentions,
            counts_all=True,
        )
        for item, value in items.items()
    ]


def by_headcount(indicator: Indicator, headcount: str) -> Indicator:
    """A proportion of companies turned into the share of the employees who work in such companies."""
    return replace(
        indicator,
        name=f"{indicator.name}_of_headcount",
        kind="ratio",
        value=f"CASE WHEN ({indicator.value}) THEN ({headcount}) WHEN NOT ({indicator.value}) THEN 0 END",
        denominator=f"CASE WHEN ({indicator.value}) IS NOT NULL THEN ({headcount}) END",
    )
