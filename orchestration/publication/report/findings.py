"""The summary in findings. Belongs here: which sentence a figure and its interval can carry. Does not: the sentences
(texts/), or any figure.

A claim of more, less, highest or change is made only where the 95 % interval of the difference leaves zero out, or,
where no difference was estimated, where the two intervals do not even touch (which is stricter: Schenker and
Gentleman, 2001).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from orchestration.publication.report.change import earlier_edition
from orchestration.publication.report.figures import MISSING, Figure
from orchestration.publication.report.tables import Tables
from orchestration.publication.report.views import number_cell, points_cell, share_cell
from orchestration.publication.report.words import Words

NUMBER = 10
_TOP = 3
Named = tuple[str, Figure]


def findings(tables: Tables, words: Words) -> list[str]:
    """At most ten sentences, in a fixed order; a figure that is blank makes none."""
    makers = (_participation, _rates, _contrast, _sizes, _needs, _hard, _change, _tour, _offers)
    return [sentence for maker in makers for sentence in maker(tables, words)][:NUMBER]


def direction(figure: Figure) -> str:
    """``more`` or ``less`` where the interval of a difference leaves zero out, else ``open``."""
    if figure.low is None or figure.high is None:
        return "open"
    return "more" if figure.low > 0 else "less" if figure.high < 0 else "open"


def apart(one: Figure, other: Figure) -> bool:
    """Whether two shares' intervals leave a gap between them; False where either has none."""
    if one.low is None or one.high is None or other.low is None or other.high is None:
        return False
    return one.low > other.high or other.low > one.high


def leaders(named: Sequence[Named], number: int = _TOP) -> tuple[list[Named], bool]:
    """The highest shares, and whether the first of them is above every other beyond doubt."""
    shown = sorted(
        (pair for pair in named if pair[1].value is not None),
        key=lambda pair: (-(pair[1].value or 0), pair[0]),
    )
    is_first = len(shown) > 1 and all(apart(shown[0][1], figure) for _, figure in shown[1:])
    return shown[:number], is_first


def _participation(tables: Tables, words: Words) -> Iterator[str]:
    counted = tables.participation.get((tables.main.code, "all", "all"))
    if counted and None not in (counted.rate.value, counted.responded, counted.invited):
        yield words(
            "finding.participation",
            rate=words.percent(counted.rate.value or 0),
            responded=number_cell(words, counted.responded).text,
            invited=number_cell(words, counted.invited).text,
        )


def _rates(tables: Tables, words: Words) -> Iterator[str]:
    for name in ("innovation", "export"):
        figure = tables.rate(tables.main.code, f"{name}_rate")
        if figure.value is None:
            continue
        universe = "frame" if tables.main.has_frame else "respondents"
        yield words(f"finding.{name}.{universe}", share=_share(words, figure))


def _contrast(tables: Tables, words: Words) -> Iterator[str]:
    edition = tables.main.code
    innovators, others = (
        tables.rate(edition, f"export_rate_among_{group}") for group in ("innovators", "non_innovators")
    )
    difference = next(
        (each.figure for each in tables.contrasts.get(edition, ()) if not each.is_quoted), MISSING
    )
    if None in (innovators.value, others.value, difference.value, difference.low, difference.high):
        return
    yield words(
        f"finding.contrast.{direction(difference)}",
        innovators=_share(words, innovators),
        others=_share(words, others),
        difference=f"{words.signed(difference.value or 0)} {points_cell(words, difference).detail}",
    )


def _sizes(tables: Tables, words: Words) -> Iterator[str]:
    labels = tables.domains.get("size_class", ())
    if len(labels) < 2:
        return
    small, large = (
        tables.rate(tables.main.code, "innovation_rate", "size_class", each.code)
        for each in (labels[0], labels[-1])
    )
    if small.value is None or large.value is None:
        return
    claim = "open" if not apart(small, large) else "more" if large.value > small.value else "less"
    yield words(
        f"finding.sizes.{claim}",
        large_label=labels[-1].text[words.language],
        small_label=labels[0].text[words.language],
        large=_share(words, large),
        small=_share(words, small),
    )


def _needs(tables: Tables, words: Words) -> Iterator[str]:
    yield from _ranked("need_share", "needs", tables, words)


def _hard(tables: Tables, words: Words) -> Iterator[str]:
    yield from _ranked("hard_to_recruit_share", "hard", tables, words)


def _ranked(indicator: str, name: str, tables: Tables, words: Words) -> Iterator[str]:
    named = [
        (c.text[words.language], tables.need(tables.main.code, indicator, c.code)) for c in tables.competences
    ]
    top, is_first = leaders(named)
    if not top:
        return
    listed = words.join([f"{label} ({_share(words, figure)})" for label, figure in top])
    yield words(f"finding.{name}.{'first' if is_first else 'among'}", competences=listed, first=top[0][0])


def _change(tables: Tables, words: Words) -> Iterator[str]:
    before, after = earlier_edition(tables), tables.main
    if before is None or not (before.has_frame and after.has_frame):
        return
    difference = tables.changes.get((after.code, before.code, "innovation_rate", ""), MISSING)
    if difference.value is None or difference.comparability not in ("identical", "close"):
        return
    yield words(
        f"finding.change.{direction(difference)}",
        before=before.year or before.code,
        after=after.year or after.code,
        points=f"{words.signed(difference.value)} {points_cell(words, difference).detail}".strip(),
    )


def _tour(tables: Tables, words: Words) -> Iterator[str]:
    stops = tables.stopovers.get(tables.main.code)
    if stops:
        yield words(
            "finding.tour",
            stops=words.count("stops", len(stops)),
            people=words.count("people", sum(stop.attendance or 0 for stop in stops)),
            questions=words.count("questions", sum(stop.questions or 0 for stop in stops)),
        )


def _offers(tables: Tables, words: Words) -> Iterator[str]:
    if tables.offer_totals.offers:
        without = [
            competence.text[words.language]
            for competence in tables.competences
            if competence.code not in tables.offers
            and tables.need(tables.main.code, "need_share", competence.code).value
        ]
        yield words(
            f"finding.offers.{'lacking' if without else 'all'}",
            offers=words.count("offers", tables.offer_totals.offers),
            institutions=words.count("institutions", tables.institutions),
            without=words.join(without[:_TOP]) if without else "",
        )


def _share(words: Words, figure: Figure) -> str:
    cell = share_cell(words, figure)
    return f"{cell.text} {cell.detail}".strip()
