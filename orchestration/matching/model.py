"""What is matched. Belongs here: needs, offers, opportunities, subjects and results, as values. Does not: reading,
ranking or writing them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from orchestration.geodesy import Point, kilometres

SubjectKind = Literal["company", "territory", "institution", "profile"]
Row = dict[str, Any]


@dataclass(frozen=True)
class Area:
    """Where a subject is: points with weights (inhabitants of a territory's communes; one point for others)."""

    points: tuple[tuple[Point, float], ...]

    def kilometres_to(self, place: Point | None) -> float | None:
        """Weighted mean of the distances from the points of the area; None where a place is not known."""
        total = sum(weight for _, weight in self.points)
        if place is None or not total:
            return None
        return sum(weight * kilometres(point, place) for point, weight in self.points) / total


@dataclass(frozen=True)
class Profile:
    """A company that is described, not looked up: ``needs`` are weights by competence; none: those of companies
    like it. It lies in a commune or a territory (code or name), or nowhere that is told."""

    needs: Mapping[str, float] = field(default_factory=dict)
    commune: str | None = None
    territory: str | None = None
    size_class: str | None = None
    sector: str | None = None


@dataclass(frozen=True)
class Subject:
    """Whom recommendations are for. ``domains`` are where its needs are measured, the nearest first; ``given`` are
    needs that were told instead, as weights by competence: then there is no ``edition``."""

    kind: SubjectKind
    code: str
    name: str
    area: Area
    domains: tuple[tuple[str, str], ...]
    edition: str | None
    given: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Need:
    """A competence that is needed, and how much it weighs in a ranking (above 0).

    ``share``, its interval and ``flag`` are those of the published figure, ``measured_in`` its domain; ``passed_over``
    says why a nearer domain was not used. A company's own need has none of them, and ``because`` says what it said.
    """

    competence_code: str
    label_fr: str
    weight: float
    measured_in: str
    share: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    flag: str | None = None
    passed_over: str | None = None
    because: str | None = None


@dataclass(frozen=True)
class Unused:
    """A competence of which no figure could be used, with the flag in each domain."""

    competence_code: str
    label_fr: str
    passed_over: str


@dataclass(frozen=True)
class Needs:
    """The needs of a subject, the heaviest first, and what could not be used."""

    used: tuple[Need, ...]
    unused: tuple[Unused, ...] = ()

    @property
    def weights(self) -> Mapping[str, float]:
        """Weight by competence."""
        return {need.competence_code: need.weight for need in self.used}


@dataclass(frozen=True)
class Place:
    """Where something is taught or done; ``coordinates_of`` as in ``dim_commune``."""

    commune_code: str | None
    commune: str | None
    point: Point | None
    coordinates_of: str | None


@dataclass(frozen=True)
class Offer:
    """A training offer."""

    offer_id: str
    title_fr: str | None
    institution_id: str
    institution: str | None
    competences: frozenset[str]
    is_labelled_ice: bool
    level: str | None
    format: str | None
    language: str | None
    hours: int | None
    seats: int | None
    seats_left: int | None
    starts_on: date | None
    ends_on: date | None
    place: Place


@dataclass(frozen=True)
class Opportunity:
    """What a company offers to students; which company stays unsaid."""

    opportunity_id: str
    opportunity_kind: str
    title_fr: str | None
    competences: frozenset[str]
    level: str | None
    months: int | None
    starts_on: date | None
    is_own: bool
    place: Place


@dataclass(frozen=True)
class Match:
    """Recommendations for one subject: parts by name, each a list of rows that go to any format."""

    subject: Row
    notes: Sequence[str]
    parts: Mapping[str, Sequence[Row]] = field(default_factory=dict)
