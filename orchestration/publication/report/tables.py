"""What the report knows. Belongs here: reading the public tables into plain values. Does not: computing a
figure, or saying how one looks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, TypeVar

import duckdb

from orchestration.errors import ReleaseError
from orchestration.publication.report.area_tables import Areas, read_areas
from orchestration.publication.report.figures import MISSING, Figure, read_figure
from orchestration.publication.report.tour_tables import Tour, read_tour

K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True)
class Edition:
    """A questionnaire campaign."""

    code: str
    year: int | None
    title: dict[str, str]
    status: str | None
    simulated: bool
    has_frame: bool
    population: int | None
    invited: int | None
    respondents: int | None


@dataclass(frozen=True)
class Label:
    """A code with its label by language."""

    code: str
    text: dict[str, str]


@dataclass(frozen=True)
class Competence:
    """An entry of the reference frame."""

    code: str
    family: Label
    text: dict[str, str]


@dataclass(frozen=True)
class Indicator:
    """A statistic's label, definition, unit and universe by language."""

    code: str
    text: dict[str, str]
    definition: dict[str, str]
    universe: dict[str, str]


@dataclass(frozen=True)
class Participation:
    """Counted participation of one domain: companies invited, companies that responded, and the rate."""

    invited: int | None
    responded: int | None
    rate: Figure


@dataclass(frozen=True)
class Contrast:
    """Two shares against each other: as ``difference``, ``ratio`` or ``odds_ratio``, estimated or quoted."""

    statistic: str
    is_quoted: bool
    figure: Figure


@dataclass(frozen=True)
class Model:
    """A territory's model-based share, and the weight of its own answers in it."""

    territory: str
    figure: Figure
    gamma: float


@dataclass(frozen=True)
class Stopover:
    """A stop of the tour."""

    city: str
    region: str | None
    held_on: date | None
    theme: dict[str, str]
    host: str | None
    attendance: int | None
    questions: int | None
    commune: str | None
    territory: str | None


@dataclass(frozen=True)
class Offers:
    """Training offers that develop a competence: all of them, and those with the label."""

    offers: int
    labelled: int


@dataclass(frozen=True)
class Tables:
    """Everything the report says, read once for both languages.

    ``participation`` is by (edition, domain type, domain), ``rates`` by (edition, indicator, domain type,
    domain), ``needs`` by (edition, indicator, competence or family), ``changes`` (differences of national shares) by
    (edition, reference edition, indicator, subject or ""), ``models`` by (edition, indicator).
    """

    editions: tuple[Edition, ...]
    domains: dict[str, tuple[Label, ...]]
    competences: tuple[Competence, ...]
    indicators: tuple[Indicator, ...]
    participation: dict[tuple[str, str, str], Participation]
    rates: dict[tuple[str, str, str, str], Figure]
    needs: dict[tuple[str, str, str], Figure]
    changes: dict[tuple[str, str, str, str], Figure]
    contrasts: dict[str, tuple[Contrast, ...]]
    models: dict[tuple[str, str], tuple[Model, ...]]
    stopovers: dict[str, tuple[Stopover, ...]]
    offers: dict[str, Offers]
    offer_totals: Offers
    institutions: int
    files: tuple[str, ...]
    tour: Tour
    areas: Areas

    @cached_property
    def main(self) -> Edition:
        """The edition the report is about: the newest with a published national rate, else the newest."""
        with_figures = {
            key[0] for key, figure in self.rates.items() if key[2] == "all" and figure.value is not None
        }
        return next((e for e in self.editions if e.code in with_figures), self.editions[0])

    def rate(self, edition: str, indicator: str, domain_type: str = "all", domain: str = "all") -> Figure:
        """A national or domain rate; MISSING where there is no such row."""
        return self.rates.get((edition, indicator, domain_type, domain), MISSING)

    def need(self, edition: str, indicator: str, code: str) -> Figure:
        """The national share of a competence or family; MISSING where there is no such row."""
        return self.needs.get((edition, indicator, code), MISSING)


def read_tables(connection: duckdb.DuckDBPyConnection) -> Tables:
    """Read the ``pub_*`` tables of the connected database; no other table is touched.

    Raises:
        ReleaseError: a public table or column is missing, a flag is unknown, or there is no edition.
    """
    try:
        return _read(connection)
    except (duckdb.CatalogException, duckdb.BinderException) as error:
        raise ReleaseError(
            f"the report cannot be written: {str(error).splitlines()[0]}",
            expected="the public tables as dbt_project/models/publishable describes them",
            fix="run `dbt build`, then refresh again",
        ) from error


def _read(connection: duckdb.DuckDBPyConnection) -> Tables:
    def rows(sql: str) -> list[tuple[Any, ...]]:
        return connection.execute(sql).fetchall()

    editions = tuple(
        Edition(code, year, _both(code, fr, en), status, simulated is not False, bool(frame), *counts)
        for code, year, fr, en, status, simulated, frame, *counts in rows(
            "SELECT edition, year, title_fr, title_en, status, is_simulated, has_frame, population, invited, "
            "respondents FROM pub_edition ORDER BY year DESC NULLS LAST, edition DESC"
        )
    )
    if not editions:
        raise ReleaseError("there is no edition to report on", where="pub_edition")
    regions: dict[str, str] = {}
    domains: dict[str, list[Label]] = {}
    for kind, code, fr, en in rows(
        "SELECT domain_type, domain, label_fr, label_en FROM pub_domain "
        "ORDER BY domain_type, position, domain"
    ):
        domains.setdefault(kind, []).append(Label(code, _both(code, fr, en)))
        if kind == "region":
            regions[code] = domains[kind][-1].text["fr"]
    stopovers: dict[str, list[Stopover]] = {}
    for edition, city, region, day, fr, en, *rest in rows(
        "SELECT edition, city, region_code, held_on, theme_fr, theme_en, host, attendance, questions_raised, "
        "commune_code, territory_id "
        "FROM pub_stopover ORDER BY edition, held_on, city, stopover_id"
    ):
        stop = Stopover(city or "", regions.get(region, region), day, _both("", fr, en), *rest)
        stopovers.setdefault(edition, []).append(stop)
    totals = rows(
        "SELECT count(*), count(*) FILTER (WHERE is_labelled_ice), count(DISTINCT institution_id) "
        "FROM pub_training_offer"
    )[0]
    return Tables(
        editions=editions,
        domains={kind: tuple(labels) for kind, labels in domains.items()},
        competences=tuple(
            Competence(code, Label(family, _both(family, family_fr, family_en)), _both(code, fr, en))
            for code, family, family_fr, family_en, fr, en in rows(
                "SELECT competence_code, family, family_label_fr, family_label_en, label_fr, label_en "
                "FROM pub_competence ORDER BY competence_code"
            )
        ),
        indicators=tuple(
            Indicator(code, _both(code, *label), _both("", *definition), _both("", *universe))
            for code, *label, definition, universe in (
                (row[0], row[1], row[2], row[3:5], row[5:7])
                for row in rows(
                    "SELECT indicator, label_fr, label_en, definition_fr, definition_en, universe_fr, "
                    "universe_en FROM pub_indicator ORDER BY indicator"
                )
            )
        ),
        participation={
            (edition, kind, domain): Participation(
                invited, responded, read_figure("pub_participation", *rest)
            )
            for edition, kind, domain, invited, responded, *rest in rows(
                "SELECT edition, domain_type, domain, invited, responded, flag, value, ci_low, ci_high, n, "
                "comparability FROM pub_participation WHERE indicator = 'participation_rate'"
            )
        },
        rates={
            (edition, indicator, kind, domain): read_figure("pub_innovation_export", *rest)
            for edition, indicator, kind, domain, *rest in rows(
                "SELECT edition, indicator, domain_type, domain, flag, value, ci_low, ci_high, n, "
                "comparability, sensitivity_low, sensitivity_high FROM pub_innovation_export"
            )
        },
        needs={
            (edition, indicator, code): read_figure("pub_competence_need", *rest)
            for edition, indicator, code, *rest in rows(
                "SELECT edition, indicator, coalesce(competence_code, family), flag, value, ci_low, ci_high, "
                "n, comparability FROM pub_competence_need WHERE domain_type = 'all'"
            )
        },
        changes={
            (edition, reference, indicator, subject or ""): read_figure("pub_change", *rest)
            for edition, reference, indicator, subject, *rest in rows(
                "SELECT edition, reference_edition, indicator, subject, flag, value, ci_low, ci_high, n, "
                "comparability FROM pub_change WHERE domain_type = 'all'"
            )
        },
        contrasts=_grouped(
            (edition, Contrast(statistic, source == "quoted", read_figure("pub_contrast", *rest)))
            for edition, statistic, source, *rest in rows(
                "SELECT edition, statistic, source, flag, value, ci_low, ci_high, n, comparability "
                "FROM pub_contrast WHERE domain_type = 'all' ORDER BY ALL"
            )
        ),
        models=_grouped(
            ((edition, indicator), Model(territory, read_figure("pub_territory_model", *rest), gamma))
            for edition, indicator, territory, gamma, *rest in rows(
                "SELECT edition, indicator, domain, gamma, flag, value, ci_low, ci_high, n, comparability "
                "FROM pub_territory_model ORDER BY ALL"
            )
        ),
        stopovers={edition: tuple(stops) for edition, stops in stopovers.items()},
        offers={
            code: Offers(offers, labelled)
            for code, offers, labelled in rows(
                "SELECT competence_code, count(*), count(*) FILTER (WHERE is_labelled_ice) "
                "FROM pub_training_offer_competence JOIN pub_training_offer USING (offer_id) GROUP BY 1"
            )
        },
        offer_totals=Offers(totals[0], totals[1]),
        institutions=totals[2],
        files=tuple(
            name
            for (name,) in rows(
                "SELECT table_name FROM information_schema.tables WHERE table_catalog = current_database() "
                "AND starts_with(table_name, 'pub_') ORDER BY 1"
            )
        ),
        tour=read_tour(rows),
        areas=read_areas(rows),
    )


def _both(fallback: str, fr: str | None, en: str | None) -> dict[str, str]:
    """A text in both languages; one language stands in for the other before the code does."""
    # Labels are typed with the straight apostrophe; French is printed with the curved one.
    return {"fr": (fr or en or fallback).replace("'", "’"), "en": en or fr or fallback}


def _grouped(pairs: Iterable[tuple[K, V]]) -> dict[K, tuple[V, ...]]:
    """Values by key, in their order."""
    found: dict[K, list[V]] = {}
    for key, value in pairs:
        found.setdefault(key, []).append(value)
    return {key: tuple(values) for key, values in found.items()}


def ordered_families(competences: Sequence[Competence]) -> tuple[Label, ...]:
    """The families in the order of their first competence."""
    return tuple({competence.family.code: competence.family for competence in competences}.values())
