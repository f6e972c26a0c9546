"""Respondents that no number identifies. Belongs here: the keys that reviewers gave them, and what the search by name
and commune came to. Does not: searching, or deciding (collection/companies/)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq

from orchestration.collection.companies import reviews
from orchestration.collection.companies.matches import Outcome
from orchestration.decoding.arrow import Flags, Integers, Strings, flags, pa, pc

_REASONS: dict[Outcome, str] = {
    "candidate": "no usable SIREN or SIRET; a company of like name in the commune waits for review",
    "not_found": "no usable SIREN or SIRET, and no company of like name in the commune",
    "no_name": "no usable SIREN or SIRET, and no company name to search by",
    "no_commune": "no usable SIREN or SIRET, and no commune that can be found",
}


@dataclass(frozen=True)
class CompanyInput:
    """The archived files of one edition, where there are any: reviewers' decisions, and what the search came to."""

    reviews: Path | None = None
    matches: Path | None = None


class Identified:
    """What is known of one edition's respondents beside their numbers."""

    def __init__(self, given: CompanyInput) -> None:
        accepted = reviews.accepted(reviews.read(given.reviews)) if given.reviews else {}
        self._reviewed = pa.array(list(accepted), pa.int64())
        self._keys = pa.array([one.company_key for one in accepted.values()], pa.string())
        empty = pa.table({"respondent_id": pa.array([], pa.int64()), "outcome": pa.array([], pa.string())})
        searched = pq.read_table(given.matches, columns=empty.column_names) if given.matches else empty
        self._searched = searched.combine_chunks()

    def keys(self, respondents: Integers) -> Strings:
        """The company key that a reviewer accepted for each respondent, null where none did."""
        return self._keys.take(pc.index_in(respondents, value_set=self._reviewed))

    def reasons(self, respondents: Integers, left: Flags) -> Iterator[tuple[str, str, Flags]]:
        """Why respondents are unidentified, for those that are ``left``: reason code, reason and which ones."""
        places = pc.index_in(respondents, value_set=self._searched.column("respondent_id").combine_chunks())
        outcomes = self._searched.column("outcome").combine_chunks().take(places)
        for outcome, reason in _REASONS.items():
            yield f"company_{outcome}", reason, left & flags(pc.fill_null(pc.equal(outcomes, outcome), False))
