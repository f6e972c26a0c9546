"""Recommendations for one subject. Belongs here: putting needs, ranking and places together into the parts of a
match, and the notes that say what they rest on. Does not: queries, the formula, output formats."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from math import isinf
from pathlib import Path
from typing import Any

import duckdb

from orchestration.errors import MatchError
from orchestration.matching.finding import find_company, find_institution, find_profile, find_territory
from orchestration.matching.model import Match, Needs, Offer, Opportunity, Profile, Row, Subject, SubjectKind
from orchestration.matching.ranking import (
    ON_SITE,
    Candidate,
    Recommendation,
    combine,
    label_gains,
    rank,
)
from orchestration.matching.reading import area_needs, company_needs, given_needs, offers, opportunities
from orchestration.publication.query import connect
from orchestration.publication.releases import open_release

_FINDERS: Mapping[SubjectKind, Callable[..., Subject]] = {
    "company": find_company,
    "territory": find_territory,
    "institution": find_institution,
    "profile": find_profile,
}
_COMPANIES = ("company", "profile")


def match(releases: Path, kind: SubjectKind, asked: str | Profile, edition: str | None = None) -> Match:
    """What the current release recommends to a company, a territory, an institution or a described company.

    Args:
        releases: the release store; the current release is opened read-only.
        kind: what ``asked`` names.
        asked: a code or a name; for a company its key, or the beginning of it; for ``profile`` the profile.
        edition: whose answers tell the needs; the latest with figures on needs if none.

    Returns:
        parts ``needs``, ``not_used``, ``offers``, ``combination``, ``uncovered``, ``label_candidates`` (for a territory
        or an institution) and ``opportunities``; docs/matching.md describes their columns.

    Raises:
        MatchError: the release does not know the subject or the edition, or has no need of it to tell.
        ReleaseError: nothing is published.
    """
    release = open_release(releases)
    with connect(release.database) as connection:
        try:
            return recommend(connection, _FINDERS[kind](connection, asked, edition), release.id)
        except (duckdb.BinderException, duckdb.CatalogException) as error:
            raise MatchError(
                "the release lacks a column that a match reads",
                where=release.id,
                expected="a release of this version of Skills Bank",
                fix="run `skillsbank refresh`",
            ) from error


def recommend(connection: duckdb.DuckDBPyConnection, subject: Subject, release: str) -> Match:
    """What an open release recommends to a subject; see ``match``.

    Raises:
        MatchError: it has no need of the subject to tell.
    """
    own = _own_needs(connection, subject)
    needs = own or area_needs(connection, str(subject.edition), subject.domains)
    if not needs.used:
        raise MatchError(
            f"no need of {subject.kind} {subject.code} can be told",
            where=f"edition {subject.edition}",
            expected="at least one competence that it needs, or with a share flagged ok or fragile",
            fix="take another edition with --edition",
        )
    known_offers = {offer.offer_id: offer for offer in offers(connection)}
    known_opportunities = {
        one.opportunity_id: one
        for one in opportunities(connection, subject.code if subject.kind == "company" else None)
    }
    taught = {code: _offer_candidate(offer, subject) for code, offer in known_offers.items()}
    parts = _offer_parts(subject, needs, known_offers, taught)
    parts["opportunities"] = _opportunity_rows(subject, needs, known_offers.values(), known_opportunities)
    (simulated,) = connection.execute(
        "SELECT bool_or(is_simulated) FROM dim_edition WHERE edition = coalesce(?, edition)",
        [subject.edition],
    ).fetchall()[0]
    return Match(
        {
            "kind": subject.kind,
            "code": subject.code,
            "name": subject.name,
            "edition": subject.edition,
            "release": release,
        },
        list(
            _notes(
                subject,
                needs,
                [*known_offers.values(), *known_opportunities.values()],
                answered=own is not None,
                simulated=simulated,
            )
        ),
        parts,
    )


def _own_needs(connection: duckdb.DuckDBPyConnection, subject: Subject) -> Needs | None:
    """What a company said, or what was told of it; None where its needs are those of others."""
    if subject.given:
        return given_needs(connection, subject.given)
    if subject.kind != "company":
        return None
    return company_needs(connection, str(subject.edition), subject.code)


def _offer_parts(
    subject: Subject, needs: Needs, known: dict[str, Offer], taught: dict[str, Candidate]
) -> dict[str, Sequence[Row]]:
    weights = needs.weights
    if subject.kind == "institution":
        own = [taught[code] for code, offer in known.items() if offer.institution_id == subject.code]
        others = [taught[code] for code, offer in known.items() if offer.institution_id != subject.code]
    else:
        own = others = list(taught.values())
    covered = frozenset[str]().union(*(one.competences for one in own))
    # An institution's own offers count as there already: what to combine them with is others'.
    combination = combine(weights, others, covered if subject.kind == "institution" else frozenset())
    labels = {need.competence_code: need.label_fr for need in needs.used}
    parts: dict[str, Sequence[Row]] = {
        "needs": _need_rows(needs, own),
        "not_used": [
            {
                "competence_code": one.competence_code,
                "label_fr": one.label_fr,
                "passed_over": one.passed_over,
            }
            for one in needs.unused
        ],
        "offers": [
            {"rank": place, **_offer_row(one, known), "leaves": list(one.leaves)}
            for place, one in enumerate(rank(weights, own), 1)
        ],
        "combination": [
            {"rank": step, **_offer_row(one, known)} for step, one in enumerate(combination.steps, 1)
        ],
        "uncovered": [
            {"competence_code": code, "label_fr": labels[code], "weight": weights[code]}
            for code in combination.uncovered
        ],
    }
    if subject.kind not in _COMPANIES:
        labelled = [one for one in taught.values() if one.is_labelled]
        gains = label_gains(weights, (one for one in own if not one.is_labelled), labelled)
        parts["label_candidates"] = [
            {
                "rank": place,
                "gain": one.gain,
                "closes": one.closes,
                "covers": list(one.for_needs),
                **_offer_facts(known[one.candidate.code], one.candidate),
            }
            for place, one in enumerate(gains, 1)
        ]
    return parts


def _need_rows(needs: Needs, candidates: Sequence[Candidate]) -> list[Row]:
    rows = []
    for need in needs.used:
        teaching = [one for one in candidates if need.competence_code in one.competences]
        rows.append(
            {
                "competence_code": need.competence_code,
                "label_fr": need.label_fr,
                "weight": need.weight,
                "measured_in": need.measured_in,
                "share": need.share,
                "ci_low": need.ci_low,
                "ci_high": need.ci_high,
                "flag": need.flag,
                "passed_over": need.passed_over,
                "because": need.because,
                "offers": len(teaching),
                "offers_labelled": sum(one.is_labelled for one in teaching),
                "offers_online": sum(one.on_site == 0 for one in teaching),
                "nearest_km": _rounded(
                    min((one.kilometres for one in teaching if one.kilometres is not None), default=None)
                ),
            }
        )
    return rows


def _opportunity_rows(
    subject: Subject, needs: Needs, known_offers: Iterable[Offer], known: dict[str, Opportunity]
) -> list[Row]:
    """Opportunities by the same formula; an institution looks for what its own students learn, all of it alike."""
    weights = needs.weights
    if subject.kind == "institution":
        own = [one.competences for one in known_offers if one.institution_id == subject.code]
        weights = dict.fromkeys(sorted(frozenset[str]().union(*own)), 1.0)
    candidates = [
        Candidate(
            one.opportunity_id,
            one.competences,
            subject.area.kilometres_to(one.place.point),
            starts_on=one.starts_on,
        )
        for one in known.values()
    ]
    rows = []
    for place, found in enumerate(rank(weights, candidates), 1):
        one = known[found.candidate.code]
        row = {
            "rank": place,
            "score": found.score,
            "coverage": found.coverage,
            "covers": list(found.covers),
            "opportunity_id": one.opportunity_id,
            "opportunity_kind": one.opportunity_kind,
            "title_fr": one.title_fr,
            "level": one.level,
            "months": one.months,
            "starts_on": one.starts_on,
            "commune": one.place.commune,
            "distance_km": _rounded(found.candidate.kilometres),
        }
        rows.append(row | {"is_own": one.is_own} if subject.kind == "company" else row)
    return rows


def _offer_candidate(offer: Offer, subject: Subject) -> Candidate:
    return Candidate(
        offer.offer_id,
        offer.competences,
        subject.area.kilometres_to(offer.place.point),
        ON_SITE.get(offer.format or "", 1.0),
        offer.is_labelled_ice,
        offer.starts_on,
    )


def _offer_row(found: Recommendation, known: dict[str, Offer]) -> Row:
    facts = _offer_facts(known[found.candidate.code], found.candidate)
    return {
        "score": found.score,
        "coverage": found.coverage,
        "covers": list(found.covers),
        **facts,
    }


def _offer_facts(offer: Offer, candidate: Candidate) -> Row:
    return {
        "offer_id": offer.offer_id,
        "title_fr": offer.title_fr,
        "institution": offer.institution,
        "commune": offer.place.commune,
        "distance_km": _rounded(candidate.kilometres),
        "travel_km": _rounded(candidate.travel),
        "format": offer.format,
        "level": offer.level,
        "language": offer.language,
        "hours": offer.hours,
        "starts_on": offer.starts_on,
        "ends_on": offer.ends_on,
        "is_labelled_ice": offer.is_labelled_ice,
        "seats": offer.seats,
        "seats_left": offer.seats_left,
    }


def _notes(
    subject: Subject,
    needs: Needs,
    places: Sequence[Offer | Opportunity],
    *,
    answered: bool,
    simulated: bool,
) -> Iterable[str]:
    if simulated:
        yield "Simulated data: invented companies and people."
    if subject.given:
        yield "Needs are those that were told, each with its weight; nothing of them is kept."
    elif answered:
        yield "Internal: what one company answered must not leave the house."
    elif subject.kind == "company":
        yield (
            f"The company did not answer {subject.edition}: the needs are those of companies of its area. "
            "Internal: a company key must not leave the house."
        )
    if not answered:
        told = _counted(need.measured_in for need in needs.used)
        if subject.kind == "profile":
            yield "No needs were told: they are those of companies like it."
        yield f"Needs are published shares of companies, of the nearest domain with a usable figure: {told}."
        if passed := _counted(need.passed_over for need in needs.used if need.passed_over):
            yield f"Figures of nearer domains that are not used: {passed}."
        fragile = sum(need.flag == "fragile" for need in needs.used)
        if fragile:
            yield f"{fragile} of the figures used are fragile: read them with their intervals."
        if needs.unused:
            yield f"{len(needs.unused)} competences are not used: no figure of them is usable anywhere."
    yield _place_note(subject, places)
    yield "Opportunities are partners' data: they must not be passed on outside the house."


def _counted(texts: Iterable[str]) -> str:
    return ", ".join(f"{count} in {text}" for text, count in Counter(texts).items())


def _place_note(subject: Subject, places: Sequence[Offer | Opportunity]) -> str:
    if not subject.area.points:
        return "The place of the subject is not known: no distance is told, and only online training counts as near."
    coarse = sum(one.place.coordinates_of == "epci" for one in places)
    unknown = sum(one.place.point is None for one in places)
    mean = ", as the mean over its inhabitants" if subject.kind == "territory" else ""
    return (
        f"Kilometres are as the crow flies between communes{mean}; {coarse} of {len(places)} offers and "
        f"opportunities lie in small communes, placed at the centre of their intercommunal body, and "
        f"{unknown} at no known place."
    )


def _rounded(kilometres: float | None) -> Any:
    return None if kilometres is None or isinf(kilometres) else round(kilometres, 1)
