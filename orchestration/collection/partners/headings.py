"""Which heading is which column. Belongs here: matching a file's headings with a contract, and naming what was
renamed. Does not: cells."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from orchestration.collection.partners.contract import Column, Feed
from orchestration.errors import PartnerFileError

# Observed: 'Montant' and 'Montant (EUR)' are 0.70 alike, 'seats' and 'seat' 0.89, unrelated headings below 0.5.
_ALIKE = 0.6


@dataclass(frozen=True)
class Matched:
    """``places`` are the positions of columns in the file, by name; ``unknown`` the headings of no column."""

    places: Mapping[str, int]
    unknown: tuple[str, ...]


def match(feed: Feed, headings: Sequence[str], where: str, last: Mapping[str, str], advice: str) -> Matched:
    """Find each column's heading; capitals and blanks do not matter.

    Args:
        feed: the contract's.
        headings: of the file.
        where: names the file in messages.
        last: each column's heading in the last good file; empty before the first.
        advice: what to do about a column that is not there.

    Raises:
        PartnerFileError: a column that must be there is not, or stands twice; or an optional one was renamed.
    """
    plain = [_plain(heading) for heading in headings]
    found = {
        column.name: [place for place, heading in enumerate(plain) if _is(column, heading)]
        for column in feed.columns
    }
    taken = {place for places in found.values() for place in places}
    ignored = [re.compile(pattern, re.IGNORECASE) for pattern in feed.ignored]
    unknown = [
        heading
        for place, heading in enumerate(plain)
        if heading and place not in taken and not any(pattern.fullmatch(heading) for pattern in ignored)
    ]
    faults = []
    for column in feed.columns:
        places = found[column.name]
        if len(places) > 1:
            faults.append(f"column '{column.name}' stands twice ({', '.join(plain[one] for one in places)})")
        elif not places:
            known = [last[column.name]] if column.name in last else _spellings(column)
            like = _nearest(known, unknown)
            if not column.optional or like:
                faults.append(
                    f"column '{column.name}' (known as '{known[0]}') is missing"
                    + (f"; nearest in the file: '{like}'" if like else "")
                )
    if faults:
        raise PartnerFileError(
            "; ".join(faults),
            where=f"{where}, headings",
            expected=f"the columns {', '.join(column.name for column in feed.columns if not column.optional)}",
            fix=advice,
        )
    return Matched({name: places[0] for name, places in found.items() if places}, tuple(unknown))


def _plain(heading: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", heading).split())


def _is(column: Column, heading: str) -> bool:
    return any(
        re.fullmatch(pattern, heading, re.IGNORECASE)
        for pattern in (re.escape(column.name), *column.headings)
    )


def _spellings(column: Column) -> list[str]:
    """What a column is called, readably: patterns without their signs."""
    told = [re.sub(r"\\d|\[0-9\]", "0", pattern) for pattern in column.headings]
    return [re.sub(r"\\(.)", r"\1", text) for text in told] or [column.name]


def _nearest(known: Sequence[str], unknown: Sequence[str]) -> str | None:
    by_lower = {heading.lower(): heading for heading in unknown}
    for spelling in known:
        if like := get_close_matches(spelling.lower(), by_lower, n=1, cutoff=_ALIKE):
            return by_lower[like[0]]
    return None
