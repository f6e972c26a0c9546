"""How old a feed's data is. Belongs here: when the next file is due, and whether it is late. Does not: reading
files, or telling anybody."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from orchestration.collection.partners.contract import DAYS, Feed


@dataclass(frozen=True)
class Age:
    """``days`` since the last good file was handed in (None: there never was one), and ``due`` the last day on
    which the next one is on time."""

    days: int | None
    due: date | None
    is_late: bool


def age(feed: Feed, delivered: date | None, today: date) -> Age:
    """Judge a feed by its frequency: a file is due one period after the last, and late ``grace_days`` later."""
    if delivered is None:
        return Age(None, None, is_late=True)
    due = delivered + timedelta(days=DAYS[feed.every] + feed.grace_days)
    return Age((today - delivered).days, due, is_late=today > due)
