"""What the report knows of the tour. Belongs here: reading who came, what was asked, quoted and offered to students.
Does not: the stopovers themselves (tables.py), or how any of it looks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

Rows = Callable[[str], list[tuple[Any, ...]]]


@dataclass(frozen=True)
class Attendance:
    """People of one kind at a tour's workshops: registered, and come where somebody counted."""

    kind: str
    registered: int | None
    attended: int | None


@dataclass(frozen=True)
class Question:
    """Questions of one theme by one kind of asker, and how many of them were answered on the spot."""

    theme: str
    asked_by: str
    questions: int
    answered: int


@dataclass(frozen=True)
class Quote:
    """A figure that somebody quoted, beside this release's; shares are from 0 to 1, the rest are counts."""

    quoted_on: date | None
    quoted_by: str
    medium: str
    indicator: str | None
    wording: str
    published: float | None
    verdict: str

    @property
    def is_share(self) -> bool:
        """Whether the published value is a share."""
        return (self.indicator or "").endswith(("_rate", "_share", "_innovators"))


@dataclass(frozen=True)
class Opportunity:
    """What companies offer to students, of one kind: published, and taken (None: too few companies to tell)."""

    kind: str
    opportunities: int
    placements: int | None


@dataclass(frozen=True)
class Tour:
    """Attendance, questions and quotes by edition; opportunities and training offers by level for all."""

    attendance: dict[str, tuple[Attendance, ...]]
    questions: dict[str, tuple[Question, ...]]
    quotes: dict[str, tuple[Quote, ...]]
    opportunities: tuple[Opportunity, ...]
    offers_by_level: dict[str, int]


def read_tour(rows: Rows) -> Tour:
    """Read the tour's public tables; ``rows`` runs a query."""
    attendance: dict[str, list[Attendance]] = {}
    for edition, *counts in rows(
        "SELECT edition, attendee_kind, registered, attended FROM pub_tour_attendance "
        "ORDER BY edition, attended DESC NULLS LAST, attendee_kind"
    ):
        attendance.setdefault(edition, []).append(Attendance(*counts))
    questions: dict[str, list[Question]] = {}
    for edition, *counts in rows(
        "SELECT edition, theme_code, asked_by, questions, answered FROM pub_tour_question ORDER BY ALL"
    ):
        questions.setdefault(edition, []).append(Question(*counts))
    quotes: dict[str, list[Quote]] = {}
    for edition, *quote in rows(
        "SELECT edition, quoted_on, coalesce(quoted_by, ''), medium, measure, coalesce(wording, ''), "
        "published_value, verdict FROM pub_quoted_figure ORDER BY edition, quoted_on, quote_id"
    ):
        quotes.setdefault(edition, []).append(Quote(*quote))
    return Tour(
        {edition: tuple(found) for edition, found in attendance.items()},
        {edition: tuple(found) for edition, found in questions.items()},
        {edition: tuple(found) for edition, found in quotes.items()},
        tuple(
            Opportunity(*row)
            for row in rows(
                "SELECT opportunity_kind, opportunities, placements FROM pub_student_opportunity "
                "ORDER BY opportunities DESC, opportunity_kind"
            )
        ),
        dict(
            rows(
                "SELECT level, count(*) FROM pub_training_offer WHERE level IS NOT NULL GROUP BY level ORDER BY level"
            )
        ),
    )
