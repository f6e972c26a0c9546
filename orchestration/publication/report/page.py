"""The report's pages. Belongs here: putting the parts of one language together. Does not: reading or drawing
them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from orchestration.publication.pages import environment
from orchestration.publication.report import sections
from orchestration.publication.report.change import change
from orchestration.publication.report.figures import BLANK, MISSING, Figure, State
from orchestration.publication.report.tables import Edition, Tables
from orchestration.publication.report.territories import territories
from orchestration.publication.report.views import (
    Cell,
    Row,
    RowGroup,
    Table,
    number_cell,
    points_cell,
    share_cell,
    state_word,
)
from orchestration.publication.report.words import LANGUAGES, Words

TOP_NEEDS = 3


@dataclass(frozen=True)
class Card:
    """One headline figure: the number, what it counts, and its reserve."""

    number: str
    label: str
    detail: str


def file_name(language: str) -> str:
    """The page's file name; the pages of both languages link to each other by it."""
    return f"report.{language}.html"


def render(tables: Tables, language: str, released_on: date) -> str:
    """The whole page of one language, self-contained."""
    words = Words(language)
    parts = [
        sections.participation(tables, words),
        sections.innovation(tables, words),
        sections.export(tables, words),
        territories(tables, words),
        sections.needs(tables, words),
        sections.tour(tables, words),
        sections.training(tables, words),
        change(tables, words),
    ]
    other = next(code for code in LANGUAGES if code != language)
    return (
        environment()
        .get_template("report.html.j2")
        .render(
            words=words,
            language=language,
            other_language=other,
            other_file=file_name(other),
            main=tables.main,
            main_title=_title(tables.main, words),
            simulated=", ".join(sorted(e.title[language] for e in tables.editions if e.simulated)),
            released_on=released_on,
            released_text=words.date(released_on),
            editions=_editions(tables, words),
            cards=list(_cards(tables, words)),
            findings=list(_findings(tables, words)),
            sections=[part for part in parts if part],
            signs=_signs(words),
            populations=[_population(edition, words) for edition in tables.editions],
            indicators=_indicators(tables, words),
            files=tables.files,
            # The drawings come from our own renderer, which has escaped every label in them.
            inline=Markup,
        )
    )


def _editions(tables: Tables, words: Words) -> Table:
    columns = tuple(
        words(f"editions.{name}") for name in ("edition", "status", "population", "invited", "respondents")
    )
    rows = tuple(
        Row(
            _title(edition, words),
            (
                Cell(words(edition.status))
                if edition.status in ("open", "closed")
                else number_cell(words, None),
                number_cell(words, edition.population),
                number_cell(words, edition.invited),
                number_cell(words, edition.respondents),
            ),
        )
        for edition in tables.editions
    )
    return Table(words("in_this_release"), columns, (RowGroup("", rows),))


def _title(edition: Edition, words: Words) -> str:
    """The edition's title, which says that it is simulated where it is."""
    title, badge = edition.title[words.language], words("simulated.badge")
    return title if not edition.simulated or badge[:6] in title.lower() else f"{title} ({badge})"


def _cards(tables: Tables, words: Words) -> Iterator[Card]:
    edition = tables.main
    counted = tables.participation.get((edition.code, "all", "all"))
    if counted and counted.rate.value is not None:
        detail = words(
            "glance.participation.detail",
            responded=number_cell(words, counted.responded).text,
            invited=number_cell(words, counted.invited).text,
        )
        yield Card(words.percent(counted.rate.value), words("glance.participation"), detail)
    for name in ("innovation", "export"):
        figure = tables.rate(edition.code, f"{name}_rate")
        if figure.value is not None:
            yield Card(
                share_cell(words, figure).text, words(f"glance.{name}"), _reserve(figure, edition, words)
            )
    innovators, others = _contrast(tables)
    if innovators.value is not None and others.value is not None:
        detail = words("glance.contrast.detail", other=share_cell(words, others).text)
        yield Card(share_cell(words, innovators).text, words("glance.contrast"), detail)


def _reserve(figure: Figure, edition: Edition, words: Words) -> str:
    if not edition.has_frame:
        return words("glance.respondents")
    interval = share_cell(words, figure).detail
    if not interval:
        return ""
    text = words("glance.interval", interval=interval)
    return (
        f"{text} {words('glance.bounds', bounds=words.interval(*figure.bounds))}" if figure.bounds else text
    )


def _findings(tables: Tables, words: Words) -> Iterator[str]:
    """What can be said in a sentence; a contrast is claimed only where its interval leaves zero out."""
    edition, language = tables.main.code, words.language
    innovators, others = _contrast(tables)
    found = (each.figure for each in tables.contrasts.get(edition, ()) if not each.is_quoted)
    difference = next(found, MISSING)
    if None not in (innovators.value, others.value, difference.low, difference.high):
        more, less = (difference.low or 0) > 0, (difference.high or 0) < 0
        yield words(
            f"glance.sentence.contrast_{'more' if more else 'less' if less else 'open'}",
            innovators=words.percent(innovators.value or 0),
            innovators_interval=share_cell(words, innovators).detail,
            others=words.percent(others.value or 0),
            others_interval=share_cell(words, others).detail,
            difference=f"{words.signed(difference.value or 0)} {points_cell(words, difference).detail}",
        )
    needed = [
        (figure.value, competence.text[language])
        for competence in tables.competences
        if (figure := tables.need(edition, "need_share", competence.code)).value is not None
    ]
    if needed:
        top = sorted(needed, key=lambda pair: (-pair[0], pair[1]))[:TOP_NEEDS]
        listed = [f"{label} ({words.percent(value)})" for value, label in top]
        yield words("glance.sentence.needs", competences=words.join(listed))
    if stops := tables.stopovers.get(edition):
        yield words(
            "glance.sentence.tour",
            stops=words.count("stops", len(stops)),
            people=words.count("people", sum(stop.attendance or 0 for stop in stops)),
            questions=words.count("questions", sum(stop.questions or 0 for stop in stops)),
        )
    if tables.offer_totals.offers:
        yield words(
            "glance.sentence.offers",
            offers=words.count("offers", tables.offer_totals.offers),
            institutions=words.count("institutions", tables.institutions),
            labelled=words.number(tables.offer_totals.labelled),
        )


def _contrast(tables: Tables) -> tuple[Figure, Figure]:
    """Export among innovators and among the others."""
    edition = tables.main.code
    return (
        tables.rate(edition, "export_rate_among_innovators"),
        tables.rate(edition, "export_rate_among_non_innovators"),
    )


def _signs(words: Words) -> list[tuple[Cell, str]]:
    """The legend: each state of a figure as it looks in the tables, and what it means."""
    blanks = [(Cell(state_word(words, state), kind=state.value), state.value) for state in BLANK]
    marked = [
        (share_cell(words, Figure(state, 0.34, 0.2, 0.52)), state.value)
        for state in (State.FRAGILE, State.CARRIED)
    ]
    return [
        (Cell(words.percent(0), kind="number"), words("method.sign.zero")),
        *((cell, words(f"method.sign.{name}")) for cell, name in (*blanks, *marked)),
    ]


def _population(edition: Edition, words: Words) -> str:
    key = "method.population.frame" if edition.has_frame else "method.population.no_frame"
    counts = {name: getattr(edition, name) for name in ("population", "invited", "respondents")}
    texts = {name: number_cell(words, count).text for name, count in counts.items()}
    return words(key, edition=edition.title[words.language], **texts)


def _indicators(tables: Tables, words: Words) -> Table:
    language = words.language
    columns = tuple(words(f"method.{name}") for name in ("indicator", "definition", "universe"))
    rows = tuple(
        Row(
            indicator.text[language],
            (Cell(indicator.definition[language]), Cell(indicator.universe[language])),
        )
        for indicator in tables.indicators
    )
    return Table(words("method.indicators"), columns, (RowGroup("", rows),))
