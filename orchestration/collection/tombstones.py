"""Who was erased, so that nothing brings them back. Belongs here: the marks kept of erased companies and people,
recognising them in rows, and what a row becomes. Does not: rewriting what is stored (automation/erasure.py)."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute

from orchestration.archive import sync
from orchestration.codebook import META_COLUMNS
from orchestration.collection.scrubbing import emails_in
from orchestration.errors import SkillsBankError
from orchestration.identifiers import CompanyKeys, check_siren

pc: Any = pyarrow.compute  # its stubs know too few of the signatures it takes

Kind = Literal["company", "e-mail", "respondent"]
Numbers = npt.NDArray[np.int64]
FOLDER = "tombstones"
ERASED = "erased on request: only the number of the response is kept"
_DRAFT = ".draft-"
# LimeSurvey's own columns hold numbers and moments, but for these two.
_NO_TEXT = META_COLUMNS.keys() - {"token", "ipaddr"} | {"row_number", "company_key", "rejected"}
_NINE_DIGITS = r"(?:[0-9][^0-9\pL]*){9}"
_WINDOW = re.compile(r"(?=([0-9]{9}))")
_BETWEEN = re.compile(r"[\W_]+")


@dataclass(frozen=True)
class Tombstone:
    """One erased company, address or respondent: no number or address itself, only its keyed hash."""

    kind: Kind
    mark: str
    edition: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def name(self) -> str:
        """The name of its file, without the ending."""
        return "-".join(part for part in (self.kind, self.edition, self.mark) if part)

    def __str__(self) -> str:
        shown = self.mark if self.kind == "respondent" else f"{self.mark[:8]}…"
        return " ".join(part for part in (self.kind, self.edition, shown) if part)


def company(siren: str, keys: CompanyKeys) -> Tombstone:
    """The tombstone of a company; SkillsBankError where the number is no SIREN."""
    checked = check_siren(pa.array([siren], pa.string()))
    if checked.number[0].as_py() is None:
        raise SkillsBankError(
            f"the SIREN is none ({checked.kind[0].as_py()})",
            where="--siren",
            expected="nine digits with their check digit",
            fix="correct it; for a response without a right SIREN give --respondent EDITION/ID",
        )
    return Tombstone("company", keys.of(checked.number)[0].as_py())


def address(email: str, keys: CompanyKeys) -> Tombstone:
    """The tombstone of an e-mail address; SkillsBankError where it is none."""
    found = emails_in(email)
    if len(found) != 1 or len(found[0]) != len("".join(email.split())):
        raise SkillsBankError(
            "this is no e-mail address", where="--email", expected="one such as name@example.org"
        )
    return Tombstone("e-mail", _address_mark(found, keys)[0])


def respondent(edition: str, number: int) -> Tombstone:
    """The tombstone of one response, by the number that the lake has for it."""
    return Tombstone("respondent", str(number), edition)


class Tombstones:
    """Every company, address and respondent that was erased, and how to recognise them."""

    def __init__(self, stones: Iterable[Tombstone], keys: CompanyKeys) -> None:
        self.stones = tuple(stones)
        self._keys = keys
        self.companies = frozenset(stone.mark for stone in self.stones if stone.kind == "company")
        self._addresses = frozenset(stone.mark for stone in self.stones if stone.kind == "e-mail")

    @classmethod
    def load(cls, archive: Path, keys: CompanyKeys, *, unfinished: bool = False) -> Tombstones:
        """Read the tombstones of an archive.

        Raises:
            SkillsBankError: one is damaged or was made with another secret, or (but for ``unfinished``) an
                erasure has been begun and not ended: nothing may be collected or published then.
        """
        stones = [_read(path) for path in sorted((archive / FOLDER).glob("*.json")) if path.name[0] != "."]
        for stone in stones:
            where = str(archive / FOLDER / f"{stone.name}.json")
            if stone.kind != "respondent" and stone.facts["keys"] != keys.fingerprint:
                raise SkillsBankError(
                    "this tombstone was made with another secret, so whom it stands for cannot be recognised",
                    where=where,
                    expected="the secret of the company keys as it was at the erasure",
                    fix="restore the secret; or remove this file and erase again with the number or address",
                )
            if not unfinished and stone.facts["finished_at"] is None:
                raise SkillsBankError(
                    "an erasure was begun and not ended",
                    where=where,
                    expected="finished_at",
                    fix="run `skillsbank erase` (without options it ends what was begun)",
                )
        return cls(stones, keys)

    def __bool__(self) -> bool:
        return bool(self.stones)

    def respondents(self, edition: str) -> Numbers:
        """The erased respondents of an edition."""
        marks = [
            int(stone.mark) for stone in self.stones if (stone.kind, stone.edition) == ("respondent", edition)
        ]
        return np.array(sorted(marks), np.int64)

    def rows(
        self, edition: str, first_id: int | None, archived: pa.Table, cells: Iterable[tuple[Any, Any]]
    ) -> Numbers:
        """The row numbers of who was erased, ascending.

        A response is a company's by its key, or where its SIREN stands in any text, however it is spaced.

        Args:
            edition: the edition of the export.
            first_id: what makes respondents of its ids; None where that is unknown.
            archived: rows as they are archived.
            cells: what is split off from them: row numbers and texts.
        """
        if not self:
            return np.empty(0, np.int64)
        numbers = archived["row_number"]
        found = [numbers.filter(_among(archived["company_key"], self.companies))]
        if first_id is not None and len(ids := self.respondents(edition)):
            texts = pa.array([str(number - first_id) for number in ids], pa.string())
            found.append(numbers.filter(pc.is_in(pc.utf8_trim_whitespace(archived["id"]), texts)))
        texts_of = [
            (numbers, archived[column.name])
            for column in archived.schema
            if pa.types.is_string(column.type) and column.name not in _NO_TEXT
        ]
        found += [rows.filter(self.in_texts(texts)) for rows, texts in [*texts_of, *cells]]
        return np.unique(np.concatenate([np.asarray(pc.drop_null(rows), np.int64) for rows in found]))

    def in_texts(self, texts: Any) -> Any:
        """Whether each text holds the SIREN (alone or in a SIRET) or the address of somebody erased."""
        texts = texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts
        encoded = texts.dictionary_encode()
        distinct = encoded.dictionary
        found = np.zeros(len(distinct) + 1, np.bool_)
        if self.companies:
            suspect = np.flatnonzero(pc.match_substring_regex(distinct, _NINE_DIGITS))
            bare = [_BETWEEN.sub("", text) for text in distinct.take(pa.array(suspect)).to_pylist()]
            self._mark(
                found, suspect, [_WINDOW.findall(text) for text in bare], self._companies_of, self.companies
            )
        if self._addresses:
            suspect = np.flatnonzero(pc.match_substring(distinct, "@"))
            held = [emails_in(text) for text in distinct.take(pa.array(suspect)).to_pylist()]
            self._mark(found, suspect, held, lambda some: _address_mark(some, self._keys), self._addresses)
        return pa.array(found[np.asarray(encoded.indices.fill_null(len(distinct)))])

    def _companies_of(self, numbers: list[str]) -> list[str | None]:
        marks: list[str | None] = self._keys.of(
            check_siren(pa.array(numbers, pa.string())).number
        ).to_pylist()
        return marks

    @staticmethod
    def _mark(
        found: npt.NDArray[np.bool_],
        suspect: Any,
        held: list[list[str]],
        marks_of: Any,
        erased: frozenset[str],
    ) -> None:
        every = sorted({one for some in held for one in some})
        if not every:
            return
        hits = {one for one, mark in zip(every, marks_of(every), strict=True) if mark in erased}
        for place, some in zip(suspect, held, strict=True):
            found[place] |= not hits.isdisjoint(some)


def emptied(table: pa.Table, gone: Numbers) -> pa.Table:
    """Leave of some archived rows (by row number) the id, the number of the row and the reason."""
    if not len(gone):
        return table
    mask = pc.is_in(table["row_number"], pa.array(gone))
    columns: list[Any] = []
    for column in table.schema:
        cells = table[column.name]
        if column.name == "rejected":
            cells = pc.if_else(mask, ERASED, cells)
        elif column.name == "id":
            # Whatever else stands where the id should is no number of a response.
            is_number = pc.fill_null(pc.match_substring_regex(cells, "^[0-9]{1,10}$"), False)
            cells = pc.if_else(pc.and_not(mask, is_number), pa.scalar(None, column.type), cells)
        elif column.name != "row_number":
            cells = pc.if_else(mask, pa.scalar(None, column.type), cells)
        columns.append(cells)
    return pa.Table.from_arrays(columns, schema=table.schema)


def write(archive: Path, stone: Tombstone, facts: Mapping[str, Any]) -> None:
    """Keep a tombstone, or replace what is said of it; it is there whole or not at all."""
    folder = archive / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / f"{_DRAFT}{os.getpid()}"
    known = {"kind": stone.kind, "mark": stone.mark, "edition": stone.edition, **facts}
    draft.write_text(json.dumps(known, indent=2, sort_keys=True, ensure_ascii=False) + "\n")
    sync(draft)
    draft.rename(folder / f"{stone.name}.json")
    sync(folder)


def read_all(archive: Path) -> Iterator[Tombstone]:
    """Every tombstone, ended or not."""
    for path in sorted((archive / FOLDER).glob("[!.]*.json")):
        yield _read(path)


def _read(path: Path) -> Tombstone:
    try:
        facts = json.loads(path.read_bytes())
        stone = Tombstone(facts["kind"], facts["mark"], facts["edition"], facts)
        _ = facts["keys"], facts["finished_at"], facts["requested_at"]
    except (OSError, ValueError, KeyError, TypeError) as damage:
        raise SkillsBankError(
            f"the tombstone cannot be read ({type(damage).__name__})",
            where=str(path),
            expected="JSON with kind, mark, edition, keys, requested_at and finished_at",
            fix="restore it from a backup",
        ) from damage
    return stone


def _among(values: Any, marks: frozenset[str]) -> Any:
    return pc.is_in(values, pa.array(sorted(marks), pa.string()))


def _address_mark(emails: list[str], keys: CompanyKeys) -> list[str]:
    marks: Any = keys.of(pa.array([f"mailto:{email}" for email in emails], pa.string()))
    return [str(mark) for mark in marks.to_pylist()]
