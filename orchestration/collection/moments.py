"""Moments as survey tools write them. Belongs here: from their texts to the local time of the edition. Does not:
whether a moment is a submission."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

_ISO = re.compile(r"\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d(\.\d{1,9})?)?)?(Z|[+-]\d\d:?\d\d)?")
_OFFSET = re.compile(r"(.*\S) (?:GMT|UTC)([+\u2212-]\d{1,2})(?::?(\d\d))?")
_ABBREVIATION = re.compile(r"(.*\S) ([A-Z]{2,4})")
# Hours from UTC, where an abbreviation means one zone only.
_ZONES = {"GMT": 0, "UTC": 0, "WET": 0, "WEST": 1, "CET": 1, "CEST": 2, "EET": 2, "EEST": 3}
_ZONES |= {"EST": -5, "EDT": -4, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7}
_CLOCKS = {"AM", "PM"}


def reader_of_moments(formats: Sequence[str], zone: str | None, local: str) -> Callable[[str], str]:
    """Make what turns a text into ``YYYY-MM-DD HH:MM:SS`` in the time zone ``local``.

    A text is ISO 8601 or of one of the ``formats`` (strptime), perhaps with a zone; without one it is in
    ``zone``, or, where that is None, local already. A text that is neither is given back as it is.
    """
    home, own = ZoneInfo(local), ZoneInfo(zone) if zone else None

    @lru_cache(maxsize=4096)
    def read(text: str) -> str:
        moment = _parsed(text.strip(), formats)
        if moment is None:
            return text
        if moment.tzinfo is None and own is not None:
            moment = moment.replace(tzinfo=own)
        if moment.tzinfo is not None:
            try:
                moment = moment.astimezone(home)
            except OverflowError:
                return text
        return moment.replace(tzinfo=None).isoformat(" ", "seconds")

    return read


def is_moment(text: str) -> bool:
    """Whether a text is what `reader_of_moments` makes of one."""
    return re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", text) is not None


def _parsed(text: str, formats: Sequence[str]) -> datetime | None:
    if _ISO.fullmatch(text):
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            return None
    text, zone = _zone(text)
    for pattern in formats:
        try:
            moment = datetime.strptime(text, pattern)
        except ValueError:
            continue
        return moment if zone is None else moment.replace(tzinfo=zone)
    return None


def _zone(text: str) -> tuple[str, tzinfo | None]:
    """Split a zone off the end of a text."""
    if found := _OFFSET.fullmatch(text):
        hours = int(found[2].replace("\u2212", "-"))
        minutes = int(found[3] or 0) * (-1 if hours < 0 else 1)
        if abs(hours) < 24:
            return found[1], timezone(timedelta(hours=hours, minutes=minutes))
    if (found := _ABBREVIATION.fullmatch(text)) and found[2] not in _CLOCKS and found[2] in _ZONES:
        return found[1], timezone(timedelta(hours=_ZONES[found[2]]))
    return text, None
