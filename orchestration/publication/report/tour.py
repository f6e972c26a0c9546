"""The tour in the report. Belongs here: its stops, who came, what was asked and quoted, what students were offered.
Does not: any figure of the survey."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from orchestration.publication.report.maps import Dot, dots, place_of
from orchestration.publication.report.marks import Chart
from orchestration.publication.report.tables import Stopover, Tables
from orchestration.publication.report.tour_tables import Question, Quote
from orchestration.publication.report.views import Cell, Exhibit, Row, RowGroup, Section, Table, number_cell
from orchestration.publication.report.words import Words

_THEMES = ("skills", "recruitment", "innovation", "export", "training", "funding")
_ASKERS = ("company", "student", "school", "institution", "not_noted")


def tour(tables: Tables, words: Words) -> Section:
    """The stopovers on a map and in a list, attendance, questions raised, and quoted figures with their sources."""
    edition = tables.main.code
    stops = tables.stopovers.get(edition, ())
    if not stops:
        return Section("tour", words("tour"), (words("no_figures"),))
    exhibits = [
        Exhibit(_map(stops, words), _by_region(stops, words)),
        *(Exhibit(table=table) for table in _tables(tables, words)),
        Exhibit(table=_all_stops(stops, words)),
    ]
    paragraphs = (words("tour.text"), *_counted_twice(stops, tables.tour.questions.get(edition, ()), words))
    return Section("tour", words("tour"), paragraphs, tuple(exhibits))


def students(tables: Tables, words: Words) -> Section:
    """Students and apprentices: those who came, what companies offer them, and training by level."""
    edition = tables.main.code
    came = next((each for each in tables.tour.attendance.get(edition, ()) if each.kind == "student"), None)
    asked = [each for each in tables.tour.questions.get(edition, ()) if each.asked_by == "student"]
    paragraphs = [words("students.text")]
    if came and came.attended is not None:
        paragraphs.append(
            words(
                "students.came",
                people=words.count("students.people", came.attended),
                questions=words.count("questions", sum(each.questions for each in asked)),
            )
        )
    exhibits = []
    if tables.tour.opportunities:
        rows = tuple(
            Row(
                words(f"opportunity.{each.kind}"),
                (
                    number_cell(words, each.opportunities),
                    number_cell(words, each.placements)
                    if each.placements is not None
                    else Cell(words("state.few"), kind="few"),
                ),
            )
            for each in tables.tour.opportunities
        )
        columns = (words("students.kind"), words("students.opportunities"), words("students.placements"))
        exhibits.append(Exhibit(table=Table(words("students.table"), columns, (RowGroup("", rows),))))
    if tables.tour.offers_by_level:
        rows = tuple(
            Row(words.get(f"level.{level}", level), (number_cell(words, number),))
            for level, number in tables.tour.offers_by_level.items()
        )
        headings = (words("students.level"), words("training.offers"))
        exhibits.append(Exhibit(table=Table(words("students.levels"), headings, (RowGroup("", rows),))))
    if not exhibits:
        paragraphs = [words("no_figures")]
    return Section("students", words("students"), tuple(paragraphs), tuple(exhibits))


def _counted_twice(stops: Iterable[Stopover], questions: Iterable[Question], words: Words) -> Iterator[str]:
    """Why the hosts' number of questions is not that of the minutes, where they differ."""
    counted, noted = _sum(stop.questions for stop in stops), _sum(each.questions for each in questions)
    if counted is not None and noted is not None and counted != noted:
        yield words(
            "tour.questions.text", counted=words.count("questions", counted), noted=words.number(noted)
        )


def _map(stops: Iterable[Stopover], words: Words) -> Chart:
    placed = [(stop, place_of(stop.territory, stop.commune)) for stop in stops]
    points = [Dot(*place, stop.attendance or 0) for stop, place in placed if place]
    most = max((stop for stop, _ in placed), key=lambda stop: stop.attendance or 0)
    return dots(
        points,
        words,
        name="map-tour",
        title=words("tour.map"),
        description=words(
            "tour.map.desc",
            stops=words.count("stops", len(points)),
            high_label=most.city,
            high=number_cell(words, most.attendance).text,
        ),
    )


def _by_region(stops: Iterable[Stopover], words: Words) -> Table:
    missing = words("state.missing")
    grouped: dict[str, list[Stopover]] = {}
    for stop in stops:
        grouped.setdefault(stop.region or missing, []).append(stop)
    people = {region: _sum(stop.attendance for stop in inside) for region, inside in grouped.items()}
    rows = tuple(
        Row(
            region,
            (
                number_cell(words, len(grouped[region])),
                number_cell(words, people[region]),
                number_cell(words, _sum(stop.questions for stop in grouped[region])),
            ),
        )
        for region in sorted(grouped, key=lambda region: (-(people[region] or 0), region))
    )
    columns = (words("region"), words("tour.stops"), words("tour.attendance"), words("tour.questions"))
    return Table(words("tour.chart"), columns, (RowGroup("", rows),))


def _tables(tables: Tables, words: Words) -> Iterator[Table]:
    edition = tables.main.code
    if attendance := tables.tour.attendance.get(edition):
        rows = tuple(
            Row(
                words(f"attendee.{each.kind}"),
                (number_cell(words, each.registered), number_cell(words, each.attended)),
            )
            for each in attendance
        )
        columns = (words("tour.kind"), words("tour.registered"), words("tour.attended"))
        yield Table(words("tour.who"), columns, (RowGroup("", rows),))
    if questions := tables.tour.questions.get(edition):
        yield _questions(questions, words)
    if quotes := tables.tour.quotes.get(edition):
        rows = tuple(Row(words.quoted(quote.wording), _quote_cells(quote, words)) for quote in quotes)
        headings = tuple(words(f"quotes.{name}") for name in ("wording", "source", "published", "verdict"))
        yield Table(words("quotes"), headings, (RowGroup("", rows),))


def _questions(questions: Iterable[Question], words: Words) -> Table:
    counts = {(each.theme, each.asked_by): each.questions for each in questions}
    askers = [asker for asker in _ASKERS if any(key[1] == asker for key in counts)]
    themes = sorted(
        {theme for theme, _ in counts},
        key=lambda theme: (-sum(counts.get((theme, a), 0) for a in askers), theme),
    )
    rows = tuple(
        Row(
            words(f"theme.{theme}") if theme in _THEMES else theme,
            tuple(
                number_cell(words, number)
                for number in (
                    *(counts.get((theme, asker), 0) for asker in askers),
                    sum(counts.get((theme, a), 0) for a in askers),
                )
            ),
        )
        for theme in themes
    )
    columns = (words("tour.asked_about"), *(words(f"asker.{asker}") for asker in askers), words("all"))
    return Table(words("tour.asked"), columns, (RowGroup("", rows),))


def _quote_cells(quote: Quote, words: Words) -> tuple[Cell, ...]:
    source = ", ".join(
        part for part in (quote.quoted_by, words.date(quote.quoted_on) if quote.quoted_on else "") if part
    )
    published = (
        Cell(words("state.missing"), kind="missing")
        if quote.published is None
        else Cell(
            words.percent(quote.published) if quote.is_share else words.number(quote.published), kind="number"
        )
    )
    return Cell(source), published, Cell(words(f"quotes.{quote.verdict}"))


def _all_stops(stops: Iterable[Stopover], words: Words) -> Table:
    rows = tuple(
        Row(
            stop.city,
            (
                Cell(words.date(stop.held_on)) if stop.held_on else number_cell(words, None),
                Cell(stop.theme[words.language]),
                Cell(stop.host or ""),
                number_cell(words, stop.attendance),
                number_cell(words, stop.questions),
            ),
        )
        for stop in stops
    )
    columns = tuple(
        words(f"tour.{name}") for name in ("city", "day", "theme", "host", "attendance", "questions")
    )
    return Table(words("tour.all"), columns, (RowGroup("", rows),), is_folded=True)


def _sum(numbers: Iterable[int | None]) -> int | None:
    """The sum of the known numbers; None where none is known."""
    known = [number for number in numbers if number is not None]
    return sum(known) if known else None
