"""Territories in the report. Belongs here: their model-based shares, labelled so, and the page of each. Does not: the
model, or direct figures."""

from __future__ import annotations

from collections.abc import Iterator

from orchestration.publication.plane import shapes
from orchestration.publication.report.area_tables import Territory
from orchestration.publication.report.figures import MISSING, Figure
from orchestration.publication.report.maps import choropleth, neighbours
from orchestration.publication.report.tables import Competence, Model, Tables
from orchestration.publication.report.views import (
    Cell,
    Exhibit,
    Profile,
    Row,
    RowGroup,
    Section,
    Table,
    describe_intervals,
    mark,
    number_cell,
    share_cell,
)
from orchestration.publication.report.words import Words

_RATES = ("innovation", "export")
TOP_NEEDS = 8


def territories(tables: Tables, words: Words) -> Section | None:
    """Model-based shares of the territories on maps and in a table; None where no model could be fitted."""
    names = {territory.code: territory.name for territory in tables.areas.territories}
    models = {rate: _models(tables, rate) for rate in _RATES}
    codes = sorted(
        {code for found in models.values() for code in found}, key=lambda code: (names.get(code, code), code)
    )
    if not codes:
        return None
    rows = []
    for code in codes:
        cells = []
        for found in models.values():
            model = found.get(code)
            cells.append(share_cell(words, model.figure if model else MISSING))
            cells.append(
                Cell(words.percent(model.gamma), kind="number") if model else number_cell(words, None)
            )
        rows.append(Row(names.get(code, code), tuple(cells)))
    gamma = words("territories.gamma")
    columns = (words("territory"), words("innovation.column"), gamma, words("territories.export"), gamma)
    table = Table(words("territories.table"), columns, (RowGroup("", tuple(rows)),), is_folded=True)
    maps = []
    for rate, found in models.items():
        marks = [
            mark(words, names.get(code, code), "", model.figure) for code, model in sorted(found.items())
        ]
        chart = choropleth(
            {code: model.figure for code, model in found.items()},
            "territories",
            words,
            name=f"map-territories-{rate}",
            title=words(f"territories.map.{rate}"),
            description=describe_intervals(words, marks),
        )
        maps.append(Exhibit(chart))
    return Section(
        "territories", words("territories"), (words("territories.text"),), (*maps, Exhibit(table=table))
    )


def profiles(tables: Tables, words: Words) -> tuple[Profile, ...]:
    """The page of each territory, in the order of their régions and names."""
    models = {rate: _models(tables, rate) for rate in _RATES}
    names = {territory.code: territory.name for territory in tables.areas.territories}
    return tuple(_profile(territory, tables, words, models, names) for territory in tables.areas.territories)


def _models(tables: Tables, rate: str) -> dict[str, Model]:
    return {model.territory: model for model in tables.models.get((tables.main.code, f"{rate}_rate"), ())}


def _profile(
    territory: Territory,
    tables: Tables,
    words: Words,
    models: dict[str, dict[str, Model]],
    names: dict[str, str],
) -> Profile:
    shape = shapes("territories").get(territory.code)
    facts = words(
        "profile.facts",
        region=territory.region,
        communes=words.count("communes", territory.communes or 0),
        people=words.count("inhabitants", territory.population or 0),
    )
    table, is_local = _gap(territory, tables, words)
    offers = tables.areas.offer_totals
    here, around = (
        offers.get(("territory", territory.code), 0),
        offers.get(("region", territory.region_code), 0),
    )
    paragraphs = [
        words(f"profile.needs.{'here' if is_local else 'region' if table else 'none'}"),
        words("profile.offers", here=words.count("offers", here), region=words.count("offers", around)),
    ]
    found = (_key_figures(territory, tables, words, models), table, _nearby(territory, words, models, names))
    return Profile(
        territory.code,
        territory.name,
        territory.region,
        facts,
        tuple(paragraphs),
        tuple(each for each in found if each),
        shape.d if shape else "",
    )


def _key_figures(
    territory: Territory, tables: Tables, words: Words, models: dict[str, dict[str, Model]]
) -> Table:
    """Each rate as its own answers give it, as the model does, and that of the région."""
    rows = []
    for rate in _RATES:
        model = models[rate].get(territory.code)
        direct, region = (
            tables.rate(tables.main.code, f"{rate}_rate", kind, code)
            for kind, code in (("territory", territory.code), ("region", territory.region_code))
        )
        rows.append(
            Row(
                words(f"{rate}.rate"),
                (
                    share_cell(words, direct),
                    share_cell(words, model.figure if model else MISSING),
                    Cell(words.percent(model.gamma), kind="number") if model else number_cell(words, None),
                    share_cell(words, region),
                ),
            )
        )
    columns = ("", *(words(f"profile.{name}") for name in ("direct", "model", "own", "region")))
    return Table(words("profile.figures"), columns, (RowGroup("", tuple(rows)),))


def _gap(territory: Territory, tables: Tables, words: Words) -> tuple[Table | None, bool]:
    """The most needed competences against the offers, and whether the needs are the territory's own.

    Where no need of the territory can be told, those of its région stand in, under that name.
    """
    edition, areas = tables.main.code, tables.areas

    def needed(kind: str, domain: str) -> list[tuple[Competence, Figure]]:
        found = [(c, areas.need(edition, c.code, kind, domain)) for c in tables.competences]
        return [(c, figure) for c, figure in found if figure.value is not None]

    own = needed("territory", territory.code)
    shown = own or needed("region", territory.region_code)
    if not shown:
        return None, False
    shown.sort(key=lambda pair: (-(pair[1].value or 0), pair[0].code))
    rows = tuple(
        Row(
            competence.text[words.language],
            (
                share_cell(words, figure),
                number_cell(words, here),
                number_cell(words, around),
                Cell(words(f"gap.{_verdict(here, around)}")),
            ),
        )
        for competence, figure in shown[:TOP_NEEDS]
        for here, around in (
            (
                areas.offers.get(("territory", territory.code, competence.code), 0),
                areas.offers.get(("region", territory.region_code, competence.code), 0),
            ),
        )
    )
    columns = (
        words("needs.competence"),
        words(f"profile.needed.{'here' if own else 'region'}"),
        words("profile.offers.here"),
        words("profile.offers.region"),
        words("profile.gap"),
    )
    return Table(words("profile.needs"), columns, (RowGroup("", rows),)), bool(own)


def _verdict(here: int, around: int) -> str:
    """Where the nearest offer is: ``here``, in the ``region``, or ``nowhere`` in it."""
    return "here" if here else "region" if around else "nowhere"


def _nearby(
    territory: Territory, words: Words, models: dict[str, dict[str, Model]], names: dict[str, str]
) -> Table | None:
    """The nearest territories with their model-based shares."""
    rows = tuple(
        _neighbour_row(code, distance, words, models, names)
        for code, distance in neighbours(territory.code)
        if code in names
    )
    if not rows:
        return None
    columns = (
        words("territory"),
        words("profile.distance"),
        *(f"{words(f'{rate}.rate')} ({words('profile.modelled')})" for rate in _RATES),
    )
    return Table(words("profile.neighbours"), columns, (RowGroup("", rows),))


def _neighbour_row(
    code: str, distance: int, words: Words, models: dict[str, dict[str, Model]], names: dict[str, str]
) -> Row:
    shares = tuple(
        share_cell(words, model.figure if (model := models[rate].get(code)) else MISSING) for rate in _RATES
    )
    away = (
        Cell(words("km", n=words.number(distance)), kind="number")
        if distance
        else Cell(words("profile.same"))
    )
    return Row(names[code], (away, *shares))


def by_region(found: tuple[Profile, ...]) -> Iterator[tuple[str, list[Profile]]]:
    """The pages under their régions, in order."""
    grouped: dict[str, list[Profile]] = {}
    for profile in found:
        grouped.setdefault(profile.region, []).append(profile)
    yield from grouped.items()
