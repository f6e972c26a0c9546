"""The report's pages. Belongs here: putting the parts of one language together. Does not: reading or drawing
them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from orchestration.publication.licences import NOT_PUBLIC, read_sources
from orchestration.publication.pages import environment
from orchestration.publication.plane import HEIGHT, WIDTH
from orchestration.publication.report import sections
from orchestration.publication.report.change import change
from orchestration.publication.report.figures import BLANK, Figure, State
from orchestration.publication.report.findings import findings
from orchestration.publication.report.maps import base_map
from orchestration.publication.report.tables import Edition, Tables
from orchestration.publication.report.territories import by_region, profiles, territories
from orchestration.publication.report.tour import students, tour
from orchestration.publication.report.views import (
    Cell,
    Exhibit,
    Profile,
    Row,
    RowGroup,
    Section,
    Table,
    number_cell,
    share_cell,
    state_word,
)
from orchestration.publication.report.words import LANGUAGES, Words, french_spacing


@dataclass(frozen=True)
class Card:
    """One headline figure: the number, what it counts, and its reserve."""

    number: str
    label: str
    detail: str


@dataclass(frozen=True)
class Report:
    """One language's report, ready for any rendering: nothing in it is markup but the drawings of the charts.

    ``signs`` are the states of a figure as they look, with what they mean; ``base_map`` is the ground under the place
    of each of the ``profiles``.
    """

    language: str
    title: str
    subtitle: str
    edition: str
    release: str
    released_on: date
    released_text: str
    simulated: str
    cards: tuple[Card, ...]
    findings: tuple[str, ...]
    editions: Table
    sections: tuple[Section, ...]
    profiles: tuple[tuple[str, tuple[Profile, ...]], ...]
    signs: tuple[tuple[Cell, str], ...]
    populations: tuple[str, ...]
    closing: tuple[Section, ...]
    files: tuple[str, ...]
    base_map: str


def file_name(language: str, kind: str = "html") -> str:
    """The report's file name; its languages and kinds link to each other by it."""
    return f"report.{language}.{kind}"


def compose(tables: Tables, language: str, released_on: date, number: str = "") -> Report:
    """All that the report says in one language; ``number`` names the release."""
    words = Words(language)
    parts = [
        tour(tables, words),
        sections.participation(tables, words),
        sections.innovation(tables, words),
        sections.export(tables, words),
        sections.needs(tables, words),
        territories(tables, words),
        sections.training(tables, words),
        students(tables, words),
        change(tables, words),
    ]
    return Report(
        language=language,
        title=words("title"),
        subtitle=words("subtitle"),
        edition=_title(tables.main, words),
        release=words("title_page.release", number=number) if number else "",
        released_on=released_on,
        released_text=words.date(released_on),
        simulated=", ".join(sorted(e.title[language] for e in tables.editions if e.simulated)),
        cards=tuple(_cards(tables, words)),
        findings=tuple(findings(tables, words)),
        editions=_editions(tables, words),
        sections=tuple(part for part in parts if part),
        profiles=tuple((region, tuple(pages)) for region, pages in by_region(profiles(tables, words))),
        signs=tuple(_signs(words)),
        populations=tuple(_population(edition, words) for edition in tables.editions),
        closing=(_indicators(tables, words), _glossary(words), _sources(words)),
        files=tables.files,
        base_map=base_map(),
    )


def render(tables: Tables, language: str, released_on: date) -> str:
    """The whole page of one language, self-contained."""
    return render_page(compose(tables, language, released_on))


def render_page(report: Report) -> str:
    """A report as one HTML page that opens from a memory stick."""
    other = next(code for code in LANGUAGES if code != report.language)
    return (
        environment()
        .get_template("report.html.j2")
        .render(
            report=report,
            words=Words(report.language),
            other_language=other,
            other_file=file_name(other),
            pdf_file=file_name(report.language, "pdf"),
            explorer_file="explorer/index.html" if report.language == "fr" else "explorer/index.en.html",
            width=WIDTH,
            height=HEIGHT,
            # The drawings come from our own renderers, which have escaped every label in them.
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


def _indicators(tables: Tables, words: Words) -> Section:
    language = words.language
    columns = tuple(words(f"method.{name}") for name in ("indicator", "definition", "universe"))
    rows = tuple(
        Row(
            indicator.text[language],
            (Cell(indicator.definition[language]), Cell(indicator.universe[language])),
        )
        for indicator in tables.indicators
    )
    table = Table(words("method.indicators"), columns, (RowGroup("", rows),))
    return Section("indicators", words("method.indicators"), (), (Exhibit(table=table),))


def _glossary(words: Words) -> Section:
    terms = sorted(words("glossary.terms").split(), key=lambda term: words(f"glossary.{term}").casefold())
    rows = tuple(Row(words(f"glossary.{term}"), (Cell(words(f"glossary.{term}.text")),)) for term in terms)
    table = Table(
        words("glossary"), (words("glossary.term"), words("glossary.meaning")), (RowGroup("", rows),)
    )
    return Section("glossary", words("glossary"), (), (Exhibit(table=table),))


def _sources(words: Words) -> Section:
    """The sources that a public table may come from; those that may not be passed on are not among them."""

    # Attributions are typed once for both languages, with the straight apostrophe.
    def polish(text: str) -> str:
        curved = text.replace("'", "’")
        return french_spacing(curved) if words.language == "fr" else curved

    rows = tuple(
        Row(
            words.get(f"source.{code}", source.description),
            (Cell(source.licence), Cell(polish(source.attribution))),
        )
        for code, source in sorted(read_sources().items())
        if source.licence != NOT_PUBLIC
    )
    columns = tuple(words(f"sources.{name}") for name in ("source", "licence", "attribution"))
    table = Table(words("sources"), columns, (RowGroup("", rows),))
    return Section("sources", words("sources"), (words("sources.text"),), (Exhibit(table=table),))
