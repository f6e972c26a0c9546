"""Needs of companies, whatever the route. Belongs here: counting a company once per competence. Does not:
recognising texts, or weights."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

from orchestration.recognition.recogniser import Mapping

Route = Literal["array", "multiple", "ranking", "other", "free_text"]


class Need(NamedTuple):
    """A competence that a company needs in an edition, by one route of the questionnaire."""

    edition: str
    company_key: str
    code: str
    route: Route


class CompanyNeed(NamedTuple):
    """The same, once: with all the routes by which it was said, in the order of `Route`."""

    edition: str
    company_key: str
    code: str
    routes: tuple[Route, ...]


_ORDER: dict[Route, int] = {"array": 0, "multiple": 1, "ranking": 2, "other": 3, "free_text": 4}


def from_mappings(edition: str, company_key: str, route: Route, mappings: Iterable[Mapping]) -> list[Need]:
    """The needs that recognised texts say: accepted ones only."""
    codes = dict.fromkeys(one.code for one in mappings if one.state == "accepted" and one.code is not None)
    return [Need(edition, company_key, code, route) for code in codes]


def once_each(needs: Iterable[Need]) -> list[CompanyNeed]:
    """Count each company once per competence and edition, sorted; so neither order nor repetition matters."""
    routes: dict[tuple[str, str, str], set[Route]] = {}
    for need in needs:
        routes.setdefault((need.edition, need.company_key, need.code), set()).add(need.route)
    return [CompanyNeed(*key, tuple(sorted(routes[key], key=_ORDER.__getitem__))) for key in sorted(routes)]
