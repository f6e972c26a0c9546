"""One partner's file into the archive, or why not. Belongs here: judging a file against its contract and the last good
one, and archiving it without SIREN or personal columns. Does not: finding files (inbox.py), age (age.py)."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute
import pyarrow.parquet as pq

from orchestration.archive import Archive, Entry
from orchestration.collection.company_files import without_companies
from orchestration.collection.inbox import PARTNERS
from orchestration.collection.partners.cells import CLASS, REJECTED, ROW, TEXT, Typed, typed
from orchestration.collection.partners.contract import KEY, Contract, Feed
from orchestration.collection.partners.headings import match
from orchestration.collection.partners.reading import Opened, open_table
from orchestration.collection.raw_file import digest_of
from orchestration.collection.row_groups import ROWS_A_GROUP
from orchestration.collection.scrubbing import scrub
from orchestration.collection.text_rows import chunked
from orchestration.collection.tombstones import Tombstones
from orchestration.collection.web import WebError
from orchestration.errors import PartnerFileError
from orchestration.identifiers import CompanyKeys, check_siren, check_siret, siren_of
from orchestration.personal_text import form_of, hide

pc: Any = pyarrow.compute  # its stubs know too few of the signatures it takes

Source = Path | Callable[[], Path] | None
"""A feed's file, or what fetches it, or None where there is none."""
State = Literal["new", "unchanged", "refused", "absent", "unfetched"]
# Goes into the hash of the contract: to be raised whenever the same file would be archived otherwise.
_VERSION = 2
NO_EARLIER = " There is no earlier version: the table stays empty."
# Of a kind that is free text: codes and numbers have digits enough to look like a phone number.
_FREE = {"text"}


@dataclass(frozen=True)
class Delivery:
    """What came of a feed's file.

    ``entry`` is the last good version, which stays in use whatever came; None before the first. ``problem`` is
    the one message about a file that was refused, or that did not come. ``delivered_at`` is when the last good
    version was last handed in, UTC.
    """

    state: State
    entry: Entry | None = None
    problem: str | None = None
    delivered_at: datetime | None = None
    unknown: tuple[str, ...] = ()

    @property
    def rows(self) -> int:
        """Rows of the last good version."""
        return int(self.entry.facts["rows"]) if self.entry else 0


def deliver(source: Source, contract: Contract, feed: Feed, archive: Archive, keys: CompanyKeys) -> Delivery:
    """Archive a feed's file where it is good; else say why, and give the last good version.

    The archived Parquet has the contract's columns as text under the contract's names, blanks at both ends and
    contacts in free text taken away, ``company_key`` in place of a SIREN or SIRET, and nothing else of the file. A
    row that cannot be told apart into cells has its text instead where all columns are archived as they are; where some
    are left out or hold numbers of companies, only the text's form.

    Raises:
        ArchiveError: the archive cannot be written, or the feed's latest entry is damaged.
        SkillsBankError: an erasure is not ended.
    """
    latest = archive.latest(PARTNERS, feed.table)
    if source is None:
        return Delivery("absent", latest, delivered_at=_handed_in(latest))
    try:
        path = source if isinstance(source, Path) else source()
        return _Judge(path, contract, feed, archive, keys, latest).deliver()
    except PartnerFileError as fault:
        kept = (
            f" The last good version, of {_handed_in(latest):%Y-%m-%d}, stays in use."
            if latest
            else NO_EARLIER
        )
        state: State = "unfetched" if isinstance(fault, WebError) else "refused"
        return Delivery(state, latest, f"{fault}{kept}", _handed_in(latest))


def _handed_in(entry: Entry | None) -> datetime | None:
    if entry is None:
        return None
    told = entry.facts.get("delivered_at")
    return datetime.fromisoformat(told) if told else entry.collected_at


@dataclass(frozen=True)
class _Judge:
    """One file against its contract and the feed's earlier files."""

    path: Path
    contract: Contract
    feed: Feed
    archive: Archive
    keys: CompanyKeys
    latest: Entry | None

    def deliver(self) -> Delivery:
        """Archive the file, or find it there; PartnerFileError where it is not good."""
        origin = digest_of(self.path, PartnerFileError)
        split = _split(self.feed, self.keys)
        erased = Tombstones.load(self.archive.root, self.keys)
        changed = datetime.fromtimestamp(self.path.stat().st_mtime, UTC).replace(microsecond=0)
        known = self._known(origin, split, is_accepted=self._accepted(origin))
        if known is not None:
            at = (
                max(changed, _handed_in(known) or changed)
                if known == self.latest
                else _handed_in(self.latest)
            )
            return Delivery("unchanged", self.latest, delivered_at=at)
        with open_table(self.path, self.feed, self._reshaping()) as opened:
            last = self.latest.facts.get("headings", {}) if self.latest else {}
            matched = match(self.feed, opened.headings, self.path.name, last, self._renaming())
            table = _archived(self.feed, opened, matched.places, self.keys)
        table = without_companies(table, erased)
        checked = typed(self.feed, table)
        if not self._accepted(origin):
            self._plausible(table, checked, origin)
        facts = {
            "edition": None,
            "origin": hide(self.path.name),
            "origin_sha256": origin,
            "format": self.feed.format,
            "split": split,
            "keys": self.keys.fingerprint,
            "rows": table.num_rows,
            "rejected": checked.lost,
            "headings": {name: hide(opened.headings[place]) for name, place in matched.places.items()},
            "dropped": [
                hide(heading)
                for place, heading in enumerate(opened.headings)
                if place not in matched.places.values()
            ],
            "part": opened.part,
            "vintage": self._vintage(opened.part, checked),
            "delivered_at": changed.isoformat(),
        }
        entry = self.archive.put(
            PARTNERS, self.feed.table, "parquet", lambda draft: _write(draft, table), facts
        )
        state: State = "new" if entry.is_new else "unchanged"
        unknown = tuple(hide(heading) for heading in matched.unknown)
        return Delivery(
            state, entry, delivered_at=max(changed, _handed_in(entry) or changed), unknown=unknown
        )

    def _known(self, origin: str, split: str, *, is_accepted: bool) -> Entry | None:
        """The entry of this very file, if there is one; an older delivery sent again is refused."""
        latest = self.latest
        if latest is None or latest.says(origin_sha256=origin):
            return latest if latest is not None and latest.says(split=split) else None
        entries = self.archive.entries(PARTNERS, self.feed.table)
        same = [entry for entry in entries if entry.says(origin_sha256=origin)]
        if same and self.feed.period is not None:
            return same[-1] if same[-1].says(split=split) else None
        if same and not is_accepted:
            raise PartnerFileError(
                f"it is the file of {_handed_in(same[-1]):%Y-%m-%d} again, older than the one in use "
                f"({latest.facts['origin']})",
                where=self.path.name,
                expected="a newer file than the last one",
                fix=self._fix(origin),
            )
        return None

    def _plausible(self, table: pa.Table, checked: Typed, origin: str) -> None:
        """PartnerFileError where so much is missing or wrong that the file is not what it should be."""
        count = table.num_rows
        if not count:
            raise self._refuse("there are no rows below the headings", "at least one row", origin)
        faults = checked.faults
        kinds = faults.group_by(["field", "reason_code"], use_threads=False).aggregate([])
        for field, code in zip(kinds["field"].to_pylist(), kinds["reason_code"].to_pylist(), strict=True):
            which = faults.filter(pc.equal(faults["reason_code"], code))
            which = which.filter(
                pc.is_null(which["field"]) if field is None else pc.equal(which["field"], field)
            )
            share = which.num_rows / count
            # One row of a short list is no pattern.
            if share > self.feed.wrong_share and which.num_rows > 1:
                first = which.slice(0, 1).to_pylist()[0]
                # The cells of a company's number are not kept, right or wrong.
                shown = f"'{first['value'][:40]}'" if first["value"] else "nothing"
                shown = "another number, not shown here" if field == KEY else shown
                column = "" if field is None else f", column '{field}'"
                raise PartnerFileError(
                    f"{which.num_rows} of {count} rows are wrong there ({share:.0%}, at most "
                    f"{self.feed.wrong_share:.0%} may be); {first['reason']}, found {shown}",
                    where=f"{self.path.name}, row {first[ROW]} below the headings{column}",
                    expected=first["reason"].removeprefix("expected "),
                    fix=self._fix(origin),
                )
        here, before = self._comparable(checked)
        if here < self.feed.least_share * before:
            raise self._refuse(
                f"it has {here} rows, {here / before:.0%} of the {before} of the last good file"
                + (f" in the same {self.feed.period}" if self.feed.period else ""),
                f"at least {self.feed.least_share:.0%} of them",
                origin,
            )

    def _comparable(self, checked: Typed) -> tuple[int, int]:
        """Good rows here and in the last good file; of a feed that grows, in the periods that both have."""
        if self.latest is None:
            return checked.rows.num_rows, 0
        last = typed(self.feed, pq.read_table(self.latest.path)).rows
        if self.feed.period is None:
            return checked.rows.num_rows, last.num_rows
        here, there = checked.rows[self.feed.period], last[self.feed.period]
        return (
            pc.sum(pc.is_in(here, pc.unique(there))).as_py() or 0,
            pc.sum(pc.is_in(there, pc.unique(here))).as_py() or 0,
        )

    def _refuse(self, problem: str, expected: str, origin: str) -> PartnerFileError:
        return PartnerFileError(problem, where=self.path.name, expected=expected, fix=self._fix(origin))

    def _accepted(self, origin: str) -> bool:
        return any(origin.startswith(one.sha256) for one in self.feed.accepted)

    def _fix(self, origin: str) -> str:
        return (
            f"ask {self.contract.publisher} for a corrected file; or, if this one is right, put sha256 "
            f"{origin[:12]} with the reason under 'accepted' of '{self.feed.table}' in {self._file}"
        )

    def _renaming(self) -> str:
        return (
            f"ask {self.contract.publisher} for the old heading; or, if it is the same column, add the new one to "
            f"its 'headings' in {self._file}"
        )

    def _reshaping(self) -> str:
        return f"ask {self.contract.publisher} for the file as {self._file} says, or change what that says"

    @property
    def _file(self) -> str:
        return f"partners/{self.contract.partner}/contract.yaml"

    def _vintage(self, part: str, checked: Typed) -> str | None:
        """What time the data is of: told by the name of file, member or sheet, else the latest period."""
        if self.feed.vintage is not None:
            for name in (part, self.path.name):
                if found := re.search(self.feed.vintage, name):
                    return (found[1] if found.re.groups else found[0]).replace("_", "-")
        if self.feed.period is not None:
            latest = pc.max(checked.rows[self.feed.period]).as_py()
            return None if latest is None else str(latest)
        return None


def _archived(feed: Feed, opened: Opened, places: Mapping[str, int], keys: CompanyKeys) -> pa.Table:
    """The file's rows as they are archived: see `deliver`."""
    names = [str(place) for place in range(len(opened.headings))]
    # Where a column stands in such a row, nobody knows: what must stay outside of one stays outside of all.
    is_open = len(places) == len(names) and not any(column.is_number_of_company for column in feed.columns)
    told = hide if is_open else form_of
    parts = []
    for chunk in chunked(names, opened.rows):
        cells: dict[str, Any] = {ROW: chunk.row_numbers}
        for column in feed.columns:
            if column.name not in places:
                continue
            texts = pc.utf8_trim_whitespace(chunk.rows[str(places[column.name])])
            texts = pc.if_else(pc.equal(texts, ""), None, texts)
            if column.is_number_of_company:
                checked = check_siren(texts) if column.kind == "siren" else check_siret(texts)
                number = checked.number if column.kind == "siren" else siren_of(checked.number)
                cells |= {KEY: keys.of(number), CLASS: checked.kind}
            else:
                cells[column.name] = scrub(texts) if column.kind in _FREE else texts
        good = pa.table(cells)
        bad = pa.table(
            {
                ROW: pa.array([row.row_number for row in chunk.rejected], pa.int64()),
                REJECTED: pa.array([row.reason for row in chunk.rejected], pa.string()),
                TEXT: pa.array([told(row.text.strip()) for row in chunk.rejected], pa.string()),
            }
        )
        parts.append(pa.concat_tables([good, bad], promote_options="default").sort_by(ROW))
    if parts:
        return pa.concat_tables(parts, promote_options="default").combine_chunks()
    return pa.table({ROW: pa.array([], pa.int64())} | {name: pa.array([], pa.string()) for name in places})


def _write(draft: Path, table: pa.Table) -> None:
    pq.write_table(table, draft, compression="zstd", row_group_size=ROWS_A_GROUP)


def _split(feed: Feed, keys: CompanyKeys) -> str:
    """Changes when the same file would be archived otherwise: where it stands in the file, and which columns."""
    columns = [(column.name, column.kind, column.headings) for column in feed.columns]
    what = [_VERSION, columns, feed.member, feed.sheet, feed.encoding, feed.separator, keys.fingerprint]
    return hashlib.sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()[:16]
