"""What is estimated. Belongs here: the indicators over the respondents' table, the breakdowns, and which
indicator is cut how. Does not: how they are computed, or what may leave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from orchestration.estimation.indicators import (
    ALL,
    COMPARABILITY,
    Breakdown,
    Indicator,
    by_headcount,
    multi_select,
)

BETWEEN_STOPS = ";"
ONE_WAY = (
    ALL,
    Breakdown("region", ("region",)),
    Breakdown("size_class", ("size_class",)),
    Breakdown("sector", ("sector",)),
    Breakdown("territory", ("territory",)),
    Breakdown("stopover", ("stopover",), BETWEEN_STOPS),
)
# Crossings of calibration margins: their populations are known.
TWO_WAY = (
    Breakdown("region_size_class", ("region", "size_class")),
    Breakdown("region_sector", ("region", "sector")),
    Breakdown("size_class_sector", ("size_class", "sector")),
)
BREAKDOWNS = (*ONE_WAY, *TWO_WAY)
COARSE = tuple(each for each in ONE_WAY if each.name in ("all", "region", "size_class", "sector"))
# Where each zoning lies; it may cross the border.
WITHIN = {"territory": "region", "stopover": "region"}

NEED, HARD, FAMILY = "need_share", "hard_to_recruit_share", "family_need_share"
IMPORTANCE, PRIORITY, EXPRESSED = "importance_mean", "priority_share", "expressed_need_share"
NEED_MENTIONS, HARD_MENTIONS = "need_mention_share", "hard_to_recruit_mention_share"
SUBJECT = ":"

_INNOVATION, _EXPORT = ("innovation",), ("innovation", "exports")
_NEEDS = ("competence_importance", "competence_need", "hard_to_recruit", "competence_priority")
_HARD = ("hard_to_recruit",)
_IMPORTANCE, _PRIORITY = ("competence_importance",), ("competence_priority",)


@dataclass(frozen=True)
class Asked:
    """What an edition asks: the comparability of each variable, the competences of its lists of needs and of
    difficulties, the family of each competence, and those that past codes were split or ended into (``broken``);
    those that it has ``rated`` or ``ranked``, and those ``named`` as needs by whatever question, an open one too."""

    comparability: Mapping[str, str]
    needs: tuple[str, ...]
    hard: tuple[str, ...]
    families: Mapping[str, str]
    broken: frozenset[str] = frozenset()
    rated: tuple[str, ...] = ()
    ranked: tuple[str, ...] = ()
    named: tuple[str, ...] = ()

    def compares(self, variables: Sequence[str], best: str = "identical") -> str:
        """The worst comparability of the variables that the edition asks, at best ``best``."""
        found = [self.comparability[name] for name in variables if name in self.comparability]
        return max([best, *found], key=COMPARABILITY.index)


def business(asked: Asked) -> list[Indicator]:
    """Innovation and export: shares of companies and of employees, numbers, means and totals."""
    innovation = Indicator("innovation_rate", "is_innovator")
    export = Indicator("export_rate", "exports")
    listed = [
        (innovation, _INNOVATION),
        (export, ("exports",)),
        (Indicator("export_rate_among_innovators", "exports", base="is_innovator"), _EXPORT),
        (Indicator("export_rate_among_non_innovators", "exports", base="NOT is_innovator"), _EXPORT),
        (Indicator("innovating_companies", "CAST(is_innovator AS INTEGER)", "total"), _INNOVATION),
        (Indicator("exporting_companies", "CAST(exports AS INTEGER)", "total"), ("exports",)),
        (by_headcount(innovation, "headcount"), _INNOVATION),
        (by_headcount(export, "headcount"), ("exports",)),
        (Indicator("export_share_mean", "export_share", "mean", base="exports"), ("export_share",)),
        (Indicator("rd_spend_mean", "rd_spend_keur", "mean"), ("rd_spend_keur",)),
        (Indicator("rd_spend_total", "rd_spend_keur", "total"), ("rd_spend_keur",)),
    ]
    return [
        replace(
            indicator,
            comparability=asked.compares(variables),
            is_asked=all(name in asked.comparability for name in variables),
        )
        for indicator, variables in listed
    ]


def median_of_spending(asked: Asked) -> list[Indicator]:
    """The number of which the median is taken, where the edition asks for it."""
    if "rd_spend_keur" not in asked.comparability:
        return []
    return [
        Indicator("rd_spend_median", "rd_spend_keur", "mean", comparability=asked.compares(["rd_spend_keur"]))
    ]


def competences(asked: Asked) -> list[Indicator]:
    """Needs and difficulties to recruit, competence by competence and by family: shares of companies."""

    # Editions ask for needs in different words, so a need is never better than close.
    def recoded(*codes: str, best: str = "close") -> str:
        return "broken" if asked.broken.intersection(codes) else best

    needs = [
        Indicator(
            f"{NEED}{SUBJECT}{code}", need_column(code), comparability=asked.compares(_NEEDS, recoded(code))
        )
        for code in asked.needs
    ]
    hard = [
        Indicator(
            f"{HARD}{SUBJECT}{code}",
            hard_column(code),
            comparability=asked.compares(_HARD, recoded(code, best="identical")),
        )
        for code in asked.hard
    ]
    families = [
        Indicator(
            f"{FAMILY}{SUBJECT}{name}",
            family_column(name),
            comparability=asked.compares(
                _NEEDS, recoded(*(code for code in asked.needs if asked.families[code] == name))
            ),
        )
        for name in dict.fromkeys(asked.families[code] for code in asked.needs)
    ]
    return needs + hard + families


def priorities(asked: Asked) -> list[Indicator]:
    """How important competences are, of those that rate them; and who has them among the first three, of those that
    rank any."""

    def best(code: str) -> str:
        return "broken" if code in asked.broken else "identical"

    rated = [
        Indicator(
            f"{IMPORTANCE}{SUBJECT}{code}",
            importance_column(code),
            "mean",
            comparability=asked.compares(_IMPORTANCE, best(code)),
        )
        for code in asked.rated
    ]
    return rated + [
        Indicator(
            f"{PRIORITY}{SUBJECT}{code}",
            priority_column(code),
            comparability=asked.compares(_PRIORITY, best(code)),
        )
        for code in asked.ranked
    ]


def expressed(asked: Asked) -> list[Indicator]:
    """Needs by whatever question: closed ones, "other", or in a company's own words.

    What is expressed depends on what an edition lists beside its open question: never compared with another one.
    """
    return [
        Indicator(f"{EXPRESSED}{SUBJECT}{code}", expressed_column(code), comparability="broken")
        for code in asked.named
    ]


def mentions(asked: Asked) -> list[Indicator]:
    """The same questions as shares of all mentions: each competence among all that were named."""
    found = []
    for name, codes, column, variables, best in (
        (NEED_MENTIONS, asked.needs, need_column, _NEEDS, "close"),
        (HARD_MENTIONS, asked.hard, hard_column, _HARD, "identical"),
    ):
        # Who says nothing of a competence does not mention it.
        items = {code: f"coalesce({column(code)}, false)" for code in codes}
        if not items:
            continue
        anything = " OR ".join(f"{column(code)} IS NOT NULL" for code in codes)
        both = multi_select(name, items, base=anything)
        found += [
            replace(
                each,
                name=each.name.replace(f"{name}_mentions", name),
                comparability=asked.compares(variables, best),
            )
            for each in both
            if each.kind == "ratio"
        ]
    return found


def compared(asked: Asked, other: Asked) -> list[Indicator]:
    """The shares of an edition that may be held against those of another one: a family only where both editions
    ask about the same competences of it."""
    shares = [each for each in business(asked) if each.is_asked and each.kind == "proportion"]

    def held(each: Asked) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for code in each.needs:
            found.setdefault(f"{FAMILY}{SUBJECT}{each.families[code]}", []).append(code)
        return found

    own, others = held(asked), held(other)
    return shares + [each for each in competences(asked) if own.get(each.name) == others.get(each.name)]


def need_column(code: str) -> str:
    """The respondents' column that tells whether they need a competence."""
    return f'"need {code}"'


def hard_column(code: str) -> str:
    """The respondents' column that tells whether they find a competence hard to recruit."""
    return f'"hard {code}"'


def importance_column(code: str) -> str:
    """The respondents' column with the importance that they give a competence, 1 to 5."""
    return f'"importance {code}"'


def priority_column(code: str) -> str:
    """The respondents' column that tells whether they rank a competence among their first three needs."""
    return f'"priority {code}"'


def expressed_column(code: str) -> str:
    """The respondents' column that tells whether they express a need by whatever question."""
    return f'"expressed {code}"'


def family_column(family: str) -> str:
    """The respondents' column that tells whether they need a competence of a family."""
    return f'"family {family}"'
