"""What a match reads. Belongs here: queries on the marts of an open release, as values of model.py. Does not: finding
whom a name means (finding.py), ranking."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import duckdb

from orchestration.geodesy import Point
from orchestration.matching.model import Area, Need, Needs, Offer, Opportunity, Place, Unused

USABLE = ("ok", "fragile")
"""Flags of figures that may be used; any other is told, not used."""

_PLACE = "c.commune_code, c.name, c.latitude, c.longitude, c.coordinates_of"
_PLACE_COLUMNS = 5


def territory_area(connection: duckdb.DuckDBPyConnection, territory_id: str) -> Area:
    """The communes of a territory, weighted by inhabitants; those that no source places are left out."""
    rows = connection.execute(
        "SELECT latitude, longitude, population FROM dim_commune "
        "WHERE territory_id = ? AND latitude IS NOT NULL AND population > 0 ORDER BY commune_code",
        [territory_id],
    ).fetchall()
    return Area(tuple((Point(latitude, longitude), float(people)) for latitude, longitude, people in rows))


def commune_area(connection: duckdb.DuckDBPyConnection, commune_code: str | None) -> Area:
    """One commune; nowhere if it is not known or no source places it."""
    rows = connection.execute(
        "SELECT latitude, longitude FROM dim_commune WHERE commune_code = ? AND latitude IS NOT NULL",
        [commune_code],
    ).fetchall()
    return Area(tuple((Point(*row), 1.0) for row in rows))


def area_needs(
    connection: duckdb.DuckDBPyConnection, edition: str, domains: Sequence[tuple[str, str]]
) -> Needs:
    """The needs of companies of an area: the share of companies that need each competence, as it is published.

    ``domains`` are (domain type, domain), the nearest first: a competence weighs the first share among them that is
    ``ok`` or ``fragile``. One that is hidden or unreliable in all of them is listed as unused.
    """
    rows = connection.execute(
        """SELECT n.competence_code, c.label_fr, n.domain_type, n.domain, n.value, n.ci_low, n.ci_high, n.flag
        FROM pub_competence_need AS n INNER JOIN dim_competence AS c ON n.competence_code = c.competence_code
        WHERE n.edition = ? AND n.indicator = 'need_share'""",
        [edition],
    ).fetchall()
    figures = {(row[0], row[2], row[3]): row for row in rows}
    used, unused = [], []
    for code, label in sorted({row[:2] for row in rows}):
        passed: list[str] = []
        for kind, domain in domains:
            *_, share, low, high, flag = figures.get(
                (code, kind, domain), (None, None, None, "not_available")
            )
            where = kind if kind == "all" else f"{kind} {domain}"
            if flag in USABLE:
                if share > 0:
                    why = ", ".join(passed) or None
                    used.append(Need(code, label, share, where, share, low, high, flag, why))
                break
            passed.append(f"{where}: {flag}")
        else:
            unused.append(Unused(code, label, ", ".join(passed)))
    return Needs(_heaviest_first(used), tuple(unused))


def given_needs(connection: duckdb.DuckDBPyConnection, given: Mapping[str, float]) -> Needs:
    """The needs of a company that is described, with the weights that were told."""
    labels = connection.execute("SELECT competence_code, label_fr FROM dim_competence").fetchall()
    told = [
        Need(code, label, given[code], "profile", because=f"told, weight {given[code]:g}")
        for code, label in labels
        if code in given
    ]
    return Needs(_heaviest_first(told))


def company_needs(connection: duckdb.DuckDBPyConnection, edition: str, company_key: str) -> Needs | None:
    """What a company said it needs, None if it did not answer.

    Needs by any route count, once each. One weighs 1, and 1 more for each of: vital (importance 5), hard to recruit,
    among the priorities.
    """
    answered = connection.execute(
        "SELECT respondent_id FROM fct_response WHERE edition = ? AND company_key = ? AND is_retained",
        [edition, company_key],
    ).fetchone()
    if answered is None:
        return None
    rows = connection.execute(
        """SELECT f.competence_code, c.label_fr, f.is_in_estimates, n.importance = 5, n.is_hard_to_recruit,
            n.priority_rank IS NOT NULL
        FROM fct_company_need AS f
        INNER JOIN dim_competence AS c ON f.competence_code = c.competence_code
        LEFT JOIN fct_competence_need AS n ON f.edition = n.edition AND f.respondent_id = n.respondent_id
            AND f.competence_code = n.competence_code
        WHERE f.edition = ? AND f.respondent_id = ?""",
        [edition, answered[0]],
    ).fetchall()
    used = []
    for code, label, was_asked, *more in rows:
        because = [
            word for word, said in zip(("vital", "hard to recruit", "priority"), more, strict=True) if said
        ]
        why = ", ".join(["needed" if was_asked else "in its own words", *because])
        used.append(Need(code, label, 1.0 + len(because), "company", because=why))
    return Needs(_heaviest_first(used))


def offers(connection: duckdb.DuckDBPyConnection) -> list[Offer]:
    """Every training offer with the competences that it develops."""
    found = connection.execute(
        f"""SELECT {_PLACE}, o.offer_id, o.title_fr, o.institution_id, i.name AS institution,
            coalesce(o.is_labelled_ice, false) AS is_labelled_ice, o.level, o.format, o.language, o.hours, o.seats,
            o.seats_left, o.starts_on, o.ends_on
        FROM fct_training_offer AS o
        LEFT JOIN dim_institution AS i ON o.institution_id = i.institution_id
        LEFT JOIN dim_commune AS c ON o.commune_code = c.commune_code
        ORDER BY o.offer_id"""
    )
    rows = _placed(found)
    taught: dict[str, set[str]] = {}
    for offer_id, code in connection.execute(
        "SELECT offer_id, competence_code FROM bridge_training_offer_competence"
    ).fetchall():
        taught.setdefault(offer_id, set()).add(code)
    return [
        Offer(competences=frozenset(taught.get(facts["offer_id"], ())), place=place, **facts)
        for place, facts in rows
    ]


def opportunities(connection: duckdb.DuckDBPyConnection, company_key: str | None = None) -> list[Opportunity]:
    """Every opportunity for students; ``is_own`` where it is this company's."""
    found = connection.execute(
        f"""SELECT {_PLACE}, o.opportunity_id, o.opportunity_kind, o.title_fr, o.competence_codes, o.level, o.months,
            o.starts_on, coalesce(o.company_key = ?, false) AS is_own
        FROM fct_opportunity AS o LEFT JOIN dim_commune AS c ON o.commune_code = c.commune_code
        ORDER BY o.opportunity_id""",
        [company_key],
    )
    return [
        Opportunity(
            competences=frozenset((facts.pop("competence_codes") or "").split("|")) - {""},
            place=place,
            **facts,
        )
        for place, facts in _placed(found)
    ]


def _placed(found: duckdb.DuckDBPyConnection) -> list[tuple[Place, dict[str, Any]]]:
    """Rows that begin with the columns of ``_PLACE``, as the place and the other columns by name."""
    names = [column[0] for column in found.description or ()][_PLACE_COLUMNS:]
    rows = []
    for row in found.fetchall():
        code, name, latitude, longitude, coordinates_of = row[:_PLACE_COLUMNS]
        point = None if latitude is None else Point(latitude, longitude)
        place = Place(code, name, point, coordinates_of)
        rows.append((place, dict(zip(names, row[_PLACE_COLUMNS:], strict=True))))
    return rows


def _heaviest_first(needs: list[Need]) -> tuple[Need, ...]:
    return tuple(sorted(needs, key=lambda need: (-need.weight, need.competence_code)))
