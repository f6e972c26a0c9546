"""Erasing one company's or person's data. Belongs here: the order of work, and the proof. Does not: recognising
who was erased (collection/tombstones.py), or rewriting single files (automation/rewriting.py)."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from orchestration import audit
from orchestration.archive import Archive
from orchestration.automation.lock import refresh_lock
from orchestration.automation.originals import originals_with
from orchestration.automation.rewriting import (
    Found,
    Respondents,
    erased_respondents,
    in_archive_and_contacts,
    in_lake,
    origins_of_erased,
    search,
)
from orchestration.automation.rewriting_companies import in_companies, reviewed_respondents
from orchestration.automation.rewriting_decisions import in_decisions, said_by_erased_alone
from orchestration.codebook import Codebook, load_all
from orchestration.collection import tombstones
from orchestration.collection.contacts import Contacts
from orchestration.collection.tombstones import Tombstone, Tombstones
from orchestration.errors import SkillsBankError
from orchestration.identifiers import CompanyKeys
from orchestration.publication.candidate import KNOWLEDGE
from orchestration.publication.releases import Release, list_releases
from orchestration.settings import Settings
from orchestration.sql_text import identifier, literal


@dataclass(frozen=True)
class Request:
    """Whom to erase: any of a SIREN, an e-mail address, and a response as ``<edition>/<respondent_id>``."""

    siren: str | None = None
    email: str | None = None
    respondent: str | None = None

    def stones(self, keys: CompanyKeys, codebooks: Sequence[Codebook]) -> list[Tombstone]:
        """The tombstones that it asks for; SkillsBankError where it names nobody."""
        found = []
        if self.siren:
            found.append(tombstones.company(self.siren, keys))
        if self.email:
            found.append(tombstones.address(self.email, keys))
        if self.respondent:
            edition, _, number = self.respondent.rpartition("/")
            editions = [book.edition for book in codebooks]
            if edition not in editions or not number.isascii() or not number.isdigit():
                raise SkillsBankError(
                    f"'{self.respondent}' names no response",
                    where="--respondent",
                    expected=f"<edition>/<respondent_id>, the edition one of {', '.join(editions)}",
                    fix="look the number up: skillsbank query 'select edition, respondent_id from fct_response'",
                )
            found.append(tombstones.respondent(edition, int(number)))
        return found


@dataclass(frozen=True)
class Proof:
    """What an erasure did and found afterwards.

    ``removed`` counts by place and kind; ``searched`` the files and cells of the search that found nothing;
    ``originals`` are files outside our reach that still hold the data; ``releases`` the ids of those that do,
    ``current`` the current one if it is among them.
    """

    stones: tuple[Tombstone, ...]
    removed: Mapping[str, int]
    searched: Found
    originals: tuple[Path, ...] = ()
    releases: tuple[str, ...] = ()
    current: str | None = None
    removed_releases: tuple[str, ...] = field(default=())

    def lines(self) -> list[str]:
        """The proof in words, without any number or address that was asked for."""
        lines = [
            f"Erased: {', '.join(str(stone) for stone in self.stones) or 'nobody (there is no tombstone)'}."
        ]
        lines += [f"  removed  {count:>8,}  {what}" for what, count in sorted(self.removed.items()) if count]
        lines += [] if any(self.removed.values()) else ["  removed         0  nothing was left of them"]
        lines.append(
            f"  search   {self.searched.files:>8,}  files of archive, contacts, decisions and lake, "
            f"{self.searched.cells:,} cells: nothing found"
        )
        if self.removed_releases:
            lines.append(f"Earlier releases removed: {', '.join(self.removed_releases)}.")
        if self.current:
            lines.append(
                f"The current release {self.current} still holds the pseudonymised rows: run `skillsbank refresh`, "
                "which publishes one without them."
            )
        if earlier := [name for name in self.releases if name != self.current]:
            lines.append(
                f"Earlier releases still hold the pseudonymised rows in internal/: {', '.join(earlier)}. They are "
                "sealed and stay as they are; `skillsbank erase --past-releases` removes them whole."
            )
        lines += [f"An original still holds the data, remove it yourself: {path}" for path in self.originals]
        return lines


def erase(settings: Settings, request: Request, *, past_releases: bool = False) -> Proof:
    """Remove somebody's data from archive, contacts, decisions, lake and warehouse, and keep it from coming back.

    First the tombstone is written, unfinished: from then on nothing is collected until the work is done. Every
    step can be repeated, so that a killed erasure is ended by the next call, with the same request or with
    none. A request of nobody applies all tombstones again, as after restoring a backup.

    Args:
        settings: where everything is.
        request: whom to erase.
        past_releases: remove every release that still holds data of anybody erased, but for the current one.

    Raises:
        BusyError: a refresh is running.
        SkillsBankError: the request names nobody; or something was found after all, and the erasure is not
            marked as ended then.
    """
    keys = CompanyKeys.load(settings.company_key_secret, settings.secrets)
    codebooks = load_all(settings.codebooks)
    wanted = request.stones(keys, codebooks)
    archive = Archive(settings.archive)
    with refresh_lock(settings.data, "erasure"):
        wanted += reviewed_respondents(archive, wanted)
        begun = [
            stone.name for stone in tombstones.read_all(archive.root) if stone.facts["finished_at"] is None
        ]
        for stone in wanted:
            _begin(archive.root, stone, keys)
        erased = Tombstones.load(archive.root, keys, unfinished=True)
        removed: Counter[str] = Counter()
        removed.update(in_archive_and_contacts(archive, Contacts.of(settings), codebooks, erased))
        gone = erased_respondents(archive, codebooks)
        removed.update(in_companies(archive, erased, gone))
        # Before the lake, which alone tells whose wording a decision is on.
        removed.update(
            in_decisions(settings.decisions, said_by_erased_alone(settings.lake, erased, gone), erased)
        )
        removed.update(in_lake(settings.lake, erased, gone))
        removed.update(remove_working_files(settings))
        searched = search(settings, erased, gone, [text for text in (request.siren, request.email) if text])
        if searched.places:
            raise SkillsBankError(
                f"data of somebody erased is still in {len(searched.places)} places",
                where=", ".join(searched.places[:5]),
                expected="nothing in archive, contacts, decisions and lake",
                fix="run the same command again; if this comes back, report it",
            )
        holding = [one for one in list_releases(settings.releases) if _holds(one, erased, gone)]
        doomed = [one for one in holding if past_releases and not one.is_current]
        for release in doomed:
            _remove(release)
        for stone in erased.stones:
            if stone in wanted or stone.name in begun:
                facts = {**stone.facts, "finished_at": _now(), "removed": _summed(stone.facts, removed)}
                tombstones.write(archive.root, stone, _own(facts))
        # Kinds and counts alone: a mark would tell whose data it was to whoever has the secret.
        asked_for = ", ".join(sorted(stone.kind for stone in wanted)) or "every tombstone again"
        audit.record(settings, "erased", asked_for, removed=removed.total(), releases_removed=len(doomed))
    origins = origins_of_erased(archive)
    return Proof(
        stones=tuple(stone for stone in erased.stones if stone in wanted) if wanted else erased.stones,
        removed=removed,
        searched=searched,
        originals=tuple(originals_with(settings, request.siren, request.email, origins)),
        releases=tuple(release.id for release in holding if release not in doomed),
        current=next((release.id for release in holding if release.is_current), None),
        removed_releases=tuple(release.id for release in doomed),
    )


def _begin(archive: Path, stone: Tombstone, keys: CompanyKeys) -> None:
    known = next((one for one in tombstones.read_all(archive) if one == stone), None)
    facts = _own(known.facts) if known else {"requested_at": _now(), "keys": keys.fingerprint, "removed": {}}
    tombstones.write(archive, stone, {**facts, "finished_at": None})


def _own(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if name not in {"kind", "mark", "edition"}}


def _summed(facts: Mapping[str, Any], removed: Mapping[str, int]) -> dict[str, int]:
    total = Counter(facts.get("removed", {}))
    total.update(removed)
    return {what: count for what, count in sorted(total.items()) if count}


def remove_working_files(settings: Settings) -> dict[str, int]:
    """Remove candidates of earlier runs: databases and staged releases that no one needs any more."""
    candidates = [path.parent for path in settings.warehouse.glob("*/skills_bank.duckdb")]
    candidates += [path for path in settings.releases.glob(".candidate-*") if path.is_dir()]
    for folder in candidates:
        shutil.rmtree(folder)
    return {"warehouse: candidate databases": len(candidates)}


def _holds(release: Release, erased: Tombstones, gone: Respondents) -> bool:
    """Whether a release's database, or what it carries on of those before it, has a row of anybody erased."""
    with duckdb.connect(str(release.database), read_only=True) as connection:
        columns: dict[str, set[str]] = {}
        for table, column in connection.execute(
            "SELECT table_name, column_name FROM information_schema.columns"
        ).fetchall():
            columns.setdefault(identifier(table), set()).add(column)
        told = release.folder / KNOWLEDGE
        if told.is_dir():
            files = f"read_parquet({literal(told / '*.parquet')})"
            columns[files] = {"edition", "company_key", "respondent_id"}
        for table, names in columns.items():
            tests: list[tuple[str, list[Any]]] = []
            if "company_key" in names and erased.companies:
                tests.append(("list_contains(?, company_key)", [sorted(erased.companies)]))
            if {"edition", "respondent_id"} <= names:
                test = "(edition = ? AND list_contains(?, respondent_id))"
                tests += [(test, [edition, sorted(ids)]) for edition, ids in gone.items() if ids]
            for test, values in tests:
                if connection.execute(f"SELECT 1 FROM {table} WHERE {test} LIMIT 1", values).fetchone():
                    return True
    return False


def _remove(release: Release) -> None:
    """Remove a release in one step: under this name, the next publication clears away what a kill leaves."""
    doomed = release.folder.with_name(f".candidate-erased-{release.id}")
    release.folder.rename(doomed)
    shutil.rmtree(doomed)


def _now() -> str:
    return datetime.now(UTC).replace(microsecond=0).isoformat()
