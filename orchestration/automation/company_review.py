"""Reviewing companies found by name. Belongs here: the list of candidates that are open, and the decision on one, under
the lock. Does not: the search, or how decisions are kept (collection/companies/)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from orchestration import audit
from orchestration.archive import Archive
from orchestration.automation.lock import refresh_lock
from orchestration.codebook import Codebook, load_all
from orchestration.collection.companies import reviews
from orchestration.collection.companies.likeness import Candidate
from orchestration.collection.companies.matches import Matcher, Unidentified
from orchestration.collection.companies.reviews import Decision
from orchestration.collection.companies.words import spelt, split_words, words_of
from orchestration.collection.contacts import Contacts
from orchestration.collection.tombstones import Tombstones
from orchestration.errors import SkillsBankError
from orchestration.identifiers import CompanyKeys
from orchestration.personal_text import hide
from orchestration.settings import Settings

COLUMNS = (
    "response", "source", "said", "said commune", "candidate", "commune", "score", "why", "company key",
)  # fmt: skip
_REVIEWER = re.compile(r"[A-Za-z][A-Za-z0-9.-]{0,15}")
# A shorter word of a name is a word of any reason as well.
_TELLING = 4


@dataclass(frozen=True)
class Review:
    """One edition's candidates that nobody has decided on yet, and ``without``: how many respondents have no number.

    ``impossible`` says why there can be none. The names in ``rows`` are personal data: for the reviewer alone.
    """

    edition: str
    without: int
    rows: tuple[dict[str, str], ...]
    impossible: str | None = None


def review(settings: Settings, edition: str | None = None) -> list[Review]:
    """List what is open in every edition, or in one: a row (``COLUMNS``) for each respondent and candidate.

    A respondent with an accepted company has none open; a refused company is not listed again.

    Raises:
        SkillsBankError: there is no codebook of that edition, or an erasure was begun and not ended.
    """
    archive = _archive(settings)
    books = [book for book in load_all(settings.codebooks) if edition in {None, book.edition}]
    if not books:
        raise _no_edition(settings, str(edition))
    found = [
        _of_edition(Matcher(book, archive, Contacts.of(settings), settings.reference), archive, book)
        for book in books
    ]
    for one in found:
        if one.rows:
            audit.record(settings, "contacts shown", f"companies of {one.edition}", rows=len(one.rows))
    return found


def decide(
    settings: Settings,
    response: str,
    company: str | None,
    decision: Literal["accepted", "refused"],
    *,
    reason: str,
    reviewer: str,
) -> list[Decision]:
    """Archive a decision on a response's candidate; refusing without naming one refuses all that are open.

    An accepted company is taken back by refusing it.

    Args:
        settings: where everything is.
        response: ``<edition>/<respondent_id>``.
        company: the candidate's company key, or how it begins.
        decision: what was decided.
        reason: why, without naming anybody.
        reviewer: initials or a team, no name.

    Raises:
        BusyError: a refresh is running.
        SkillsBankError: there is no such candidate, or several; another company was accepted before; or reason
            or reviewer name somebody.
    """
    edition, _, number = response.rpartition("/")
    book = next((book for book in load_all(settings.codebooks) if book.edition == edition), None)
    if book is None or not number.isascii() or not number.isdigit():
        raise _no_edition(settings, response)
    with refresh_lock(settings.data, "review of companies"):
        archive = _archive(settings)
        before = reviews.decided(archive, edition)
        taken = reviews.accepted(before).get(int(number))
        matcher = Matcher(book, archive, Contacts.of(settings), settings.reference)
        search = None if matcher.impossible else matcher.search()
        found = search.candidates.get(int(number), ()) if search else ()
        names = [one.name for one in found]
        names += (
            [one.name or "" for one in search.respondents if one.respondent_id == int(number)]
            if search
            else []
        )
        _check(reason, reviewer, names)
        pairs = {one.company_key: (one.score, one.why) for one in found}
        if taken is not None:
            pairs[taken.company_key] = taken.score, taken.why
        stand = reviews.standing(before)
        chosen = [
            key
            for key in pairs
            if key.startswith(company or "") and _stands(stand, int(number), key) != decision
        ]
        if decision == "refused" and company is None and taken is not None:
            chosen = [taken.company_key]
        if not chosen or (decision == "accepted" and len(chosen) > 1):
            raise _unclear(response, company, len(chosen))
        if decision == "accepted" and taken is not None:
            raise SkillsBankError(
                "another company was accepted for this response",
                where=response,
                expected="one company a response",
                fix=f"take it back first: skillsbank companies refuse {response} {taken.company_key[:12]}",
            )
        day = datetime.now(UTC).date()
        decisions = [
            Decision(int(number), key, decision, hide(reason), reviewer, day, *pairs[key]) for key in chosen
        ]
        reviews.add(archive, edition, decisions)
        audit.record(
            settings,
            "reviewed",
            f"companies of {edition}",
            decision=decision,
            decisions=len(decisions),
            by=reviewer,
        )
    return decisions


def _archive(settings: Settings) -> Archive:
    archive = Archive(settings.archive)
    # Refuses while an erasure is not ended.
    Tombstones.load(archive.root, CompanyKeys.load(settings.company_key_secret, settings.secrets))
    return archive


def _of_edition(matcher: Matcher, archive: Archive, book: Codebook) -> Review:
    if matcher.impossible:
        return Review(book.edition, 0, (), matcher.impossible)
    search, decisions = matcher.search(), reviews.decided(archive, book.edition)
    accepted, stand = reviews.accepted(decisions), reviews.standing(decisions)
    rows = [
        _row(book.edition, one, candidate)
        for one in search.respondents
        if one.respondent_id not in accepted
        for candidate in search.candidates.get(one.respondent_id, ())
        if (one.respondent_id, candidate.company_key) not in stand
    ]
    return Review(book.edition, len(search.respondents), tuple(rows))


def _row(edition: str, respondent: Unidentified, candidate: Candidate) -> dict[str, str]:
    cells = (
        f"{edition}/{respondent.respondent_id}",
        f"{respondent.source}, row {respondent.row_number}",
        respondent.name or "",
        respondent.commune or "",
        candidate.name,
        candidate.commune_code,
        f"{candidate.score:.2f}",
        candidate.why,
        candidate.company_key[:12],
    )
    return dict(zip(COLUMNS, cells, strict=True))


def _stands(stand: dict[tuple[int, str], Decision], number: int, key: str) -> str | None:
    decision = stand.get((number, key))
    return decision.decision if decision else None


def _check(reason: str, reviewer: str, names: Iterable[str]) -> None:
    """Refuse a reason or reviewer that names somebody: decisions are archived for good."""
    said = set(split_words(spelt(reason)))
    telling = {word for name in names for word in words_of(name) if len(word) >= _TELLING}
    if not reason.strip() or hide(reason) != reason or said & telling:
        raise SkillsBankError(
            "the reason is missing, or names somebody",
            where="--reason",
            expected="what was compared, such as 'same activity and headcount, phone call of 3 June'",
            fix="leave out names, numbers and addresses: the candidate's own are known",
        )
    if not _REVIEWER.fullmatch(reviewer):
        raise SkillsBankError(
            "this is no sign of a reviewer",
            where="--by",
            expected="initials or a team in one word of at most 16 letters, such as AB or survey-team",
        )


def _no_edition(settings: Settings, said: str) -> SkillsBankError:
    editions = ", ".join(
        sorted(path.stem for path in settings.codebooks.glob("*.yaml") if path.stem != "variables")
    )
    return SkillsBankError(
        f"'{said}' names no edition or response",
        expected=f"an edition, one of {editions}, or <edition>/<respondent_id>",
        fix="`skillsbank companies review` lists what is open",
    )


def _unclear(response: str, company: str | None, found: int) -> SkillsBankError:
    return SkillsBankError(
        f"{found or 'no'} candidates of this response are meant by '{company or ''}'",
        where=response,
        expected="the company key of one that is open, or how it begins",
        fix="`skillsbank companies review` lists them",
    )
