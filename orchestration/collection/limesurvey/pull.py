"""One edition pulled from its server. Belongs here: from a codebook to an archived state of the survey, and
what it lost since the last one. Does not: the calls (client.py), or how an alarm is raised (assets.py)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from orchestration.archive import Archive, Entry
from orchestration.codebook import Codebook
from orchestration.codebook import Server as Declared
from orchestration.collection.contacts import Contacts
from orchestration.collection.intake import Collected, Place, archive_export, declared_export
from orchestration.collection.limesurvey.client import Server
from orchestration.collection.limesurvey.errors import CountsDifferError
from orchestration.collection.limesurvey.fields import wanted_fields
from orchestration.collection.limesurvey.incremental import (
    Earlier,
    Ids,
    PulledExport,
    facts_of,
    ids_of,
    spans,
    unchanged,
)
from orchestration.collection.limesurvey.pages import Listing, Survey, list_responses
from orchestration.collection.personal import personal_headings, split_hash
from orchestration.errors import CodebookError
from orchestration.identifiers import CompanyKeys

FORMAT = "limesurvey_rpc"
# An administrator can edit a response without changing its stamps: what was kept is read again so often.
FULL_EVERY = timedelta(days=28)


@dataclass(frozen=True)
class Pulled:
    """What pulling one edition came to.

    ``collected`` is None where the survey has no response and never had one. ``vanished`` are the ids of all
    responses that an earlier pull had and the server has no more, ``shrunk`` those that lost answers or
    their submission in the latest state; ``read`` is how many responses travelled, ``known`` how many were
    ever seen.
    """

    collected: Collected | None
    vanished: tuple[int, ...]
    shrunk: tuple[int, ...]
    read: int
    known: int
    deleted: int

    @property
    def lost_share(self) -> float:
        """Vanished (beyond those deleted on purpose) and shrunk responses among all ever seen."""
        lost = max(0, len(self.vanished) - self.deleted) + len(self.shrunk)
        return lost / self.known if self.known else 0.0


def pull_edition(  # noqa: PLR0917 - six things, each of another type
    server: Server, codebook: Codebook, source: str, archive: Archive, contacts: Contacts, keys: CompanyKeys
) -> Pulled:
    """Archive the present state of an edition's survey, reading what is new or changed where that is enough.

    The archived state is the one that reading everything gives. The other arguments are as in collect_export.

    Raises:
        LimeSurveyError: the server cannot be asked, or contradicts itself; nothing is added then.
        SkillsBankError: as collect_export.
    """
    _, export = declared_export(codebook, source)
    if export.server is None:
        raise CodebookError(
            f"the source '{source}' has no server",
            where=f"codebook of {codebook.edition}",
            expected="server: {survey_id: 123456}",
            fix="name the survey under 'exports'",
        )
    pull = _Pull(server, codebook, export.server, Place("", codebook, source, archive, contacts, keys))
    try:
        return pull.run()
    except CountsDifferError:
        # Responses come and go while they are listed: a second look settles it, or the server is at fault.
        return pull.run()


class _Pull:
    def __init__(self, server: Server, codebook: Codebook, declared: Declared, place: Place) -> None:
        self._server, self._codebook, self._declared = server, codebook, declared
        self._where = f"survey {declared.survey_id} on {server.host}"
        self._place = Place(self._where, codebook, place.source, place.archive, place.contacts, place.keys)

    def run(self) -> Pulled:
        number = self._declared.survey_id
        last = self._last()
        count = self._server.count(number)
        if not count:
            return self._nothing(last)
        fields = wanted_fields(self._server.fieldmap(number), self._codebook, self._where)
        survey = Survey(self._server, number, self._codebook.languages[0], fields)
        listing = list_responses(survey, count)
        keep = np.zeros(len(listing.ids), np.bool_)
        earlier = self._earlier(last, fields)
        full = last is None or not self._may_keep(last, survey, listing)
        if earlier is not None and last is not None and not full:
            keep = unchanged(listing, earlier, str(facts_of(last)["newest"]))
        export = PulledExport(survey, listing.ids, keep, earlier)
        known = _known(last)
        found: dict[str, Any] = {}

        def at_end(counts: Mapping[str, int]) -> Mapping[str, Any]:
            after = self._check_counts(count, counts["rows"])
            present = np.setdiff1d(listing.ids, export.gone)
            found.update(
                {
                    "server": self._server.host,
                    "server_version": None,  # the least-privilege account may not ask for it
                    "survey_id": number,
                    "responses_before": count,
                    "responses_after": after,
                    "ids": spans(present),
                    "read": export.read,
                    "full_at": _now() if full else facts_of(last)["full_at"] if last else _now(),
                    "newest": listing.newest,
                    "vanished": spans(np.setdiff1d(known, present)),
                    "shrunk": spans(np.unique(np.asarray(export.shrunk, np.int64))),
                    "contacts": counts["contacts"],
                }
            )
            return {"pull": found}

        facts = {"origin": self._where, "origin_sha256": _digest(number, fields, listing), "format": FORMAT}
        collected = archive_export(export, self._place, facts, at_end)
        # A state that was there already keeps its facts, so that an alarm lasts until the state changes.
        pull = facts_of(collected.entry) or found
        vanished = np.setdiff1d(np.union1d(known, ids_of(pull["ids"])), ids_of(pull["ids"]))
        return Pulled(
            collected,
            tuple(vanished.tolist()),
            tuple(ids_of(pull["shrunk"]).tolist()),
            export.read,
            len(vanished) + collected.rows,
            self._declared.deleted,
        )

    def _last(self) -> Entry | None:
        """The feed's latest state, if it is one of this very survey."""
        entry = self._place.archive.latest(self._place.source, self._codebook.edition)
        if entry is None:
            return None
        facts = facts_of(entry)
        is_ours = (facts.get("server"), facts.get("survey_id")) == (
            self._server.host,
            self._declared.survey_id,
        )
        return entry if is_ours else None

    def _earlier(self, last: Entry | None, fields: Mapping[str, str]) -> Earlier | None:
        if last is None:
            return None
        personal = personal_headings(self._codebook)
        return Earlier(last, self._place.contacts, [heading for heading in fields if heading in personal])

    def _may_keep(self, last: Entry, survey: Survey, listing: Listing) -> bool:
        """Whether what the last pull read can stand for what the server has."""
        facts, path = facts_of(last), self._place.contacts.path_of(last)
        personal = personal_headings(self._codebook)
        columns = [heading for heading in survey.fields if heading not in personal]
        return (
            listing.tells_changes
            and last.says(split=split_hash(self._codebook, self._place.keys, FORMAT))
            and datetime.fromisoformat(facts["full_at"]) > datetime.now(UTC) - FULL_EVERY
            and pq.read_schema(last.path).names[: len(columns)] == columns
            and "datestamp" in columns
            # Contacts that were deleted, or lost one cell, cannot give back the rows they belong to.
            and path.is_file()
            and self._place.contacts.rows(path) == facts["contacts"]
        )

    def _check_counts(self, before: int, rows: int) -> int:
        """Compare the responses read with those that the server counts, now and before.

        Raises:
            CountsDifferError: they are fewer or more than both.
        """
        after = self._server.count(self._declared.survey_id) or 0
        if not min(before, after) <= rows <= max(before, after):
            raise CountsDifferError(
                f"{rows} responses were read, and the server counts {before} before and {after} after it",
                where=self._where,
                expected="as many responses as the server counts",
                fix="run again at a quieter hour; if it stays, export a file by hand and compare",
            )
        return after

    def _nothing(self, last: Entry | None) -> Pulled:
        """No response, or no table: the last state stays in the archive, and all of it is gone."""
        if last is None:
            return Pulled(None, (), (), 0, 0, self._declared.deleted)
        known = _known(last)
        collected = Collected(last, False, int(last.facts["rows"]), int(last.facts["rejected"]))
        return Pulled(collected, tuple(known.tolist()), (), 0, len(known), self._declared.deleted)


def _known(last: Entry | None) -> Ids:
    """Every id that a pull of this survey has seen."""
    if last is None:
        return np.empty(0, np.int64)
    facts = facts_of(last)
    return np.union1d(ids_of(facts["ids"]), ids_of(facts["vanished"]))


def _digest(number: int, fields: Mapping[str, str], listing: Listing) -> str:
    """Identify the state of a survey by its fields and the ids and stamps of its responses."""
    digest = hashlib.sha256(f"{number}|{'|'.join(fields)}".encode())
    digest.update(listing.ids.tobytes())
    for name, stamps in listing.stamps.items():
        digest.update(f"|{name}|{'|'.join(stamps.to_pylist())}".encode())
    return digest.hexdigest()


def _now() -> str:
    return datetime.now(UTC).replace(microsecond=0).isoformat()
