"""One questionnaire export into the archive. Belongs here: splitting personal data off, what is derived from
it, and the order in which both become permanent. Does not: reading formats (readers/), decoding answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute

from orchestration.ahead import ahead
from orchestration.archive import Archive, Entry
from orchestration.codebook import IDS_A_SOURCE, Codebook
from orchestration.codebook import Export as Declared
from orchestration.collection.companions import companion
from orchestration.collection.contacts import (
    REJECTED_ROW,
    Contacts,
    ContactsFile,
)
from orchestration.collection.exports import Chunk, Export
from orchestration.collection.headings import check_answers, code_headings
from orchestration.collection.personal import personal_headings, split_hash
from orchestration.collection.raw_file import digest_of
from orchestration.collection.readers import open_declared
from orchestration.collection.row_groups import RowGroups, responses_writer
from orchestration.collection.scrubbing import scrub
from orchestration.collection.tombstones import Numbers, Tombstones, emptied
from orchestration.errors import CodebookError, ExportError
from orchestration.identifiers import CompanyKeys, check_siren, check_siret, siren_of
from orchestration.personal_text import hide

pc: Any = pyarrow.compute  # its stubs know too few of the signatures it takes

_COLUMNS: dict[str, pa.DataType] = {
    "company_key": pa.string(),
    "siren_class": pa.string(),
    "siret_class": pa.string(),
    "is_test": pa.bool_(),
    "row_number": pa.int64(),
    "rejected": pa.string(),
}
DERIVED = pa.schema(_COLUMNS)
_TEXT = pa.scalar(None, pa.string())


@dataclass(frozen=True)
class Collected:
    """What collecting one file came to.

    ``rows`` are all of the original's, ``rejected`` those among them without cells. ``is_new`` is false where
    the archive had this state already; then no file was changed.
    """

    entry: Entry
    is_new: bool
    rows: int
    rejected: int


def collect_export(  # noqa: PLR0917 - six things, each of another type
    path: Path, codebook: Codebook, source: str, archive: Archive, contacts: Contacts, keys: CompanyKeys
) -> Collected:
    """Archive one export of an edition without its personal cells, and put those in the contacts folder.

    Args:
        path: the original, in the format that the codebook gives for ``source``.
        codebook: the edition's.
        source: one of the codebook's ``exports``.
        archive: where the rest goes: ``<source>/<edition>``.
        contacts: where the personal cells go.
        keys: makes the company keys.

    Raises:
        ExportError: the file cannot be read as the codebook says; nothing is added then.
        CodebookError: the codebook has no such source, or leaves a SIREN unprotected.
        ArchiveError: the archive or the contacts cannot be written, or the feed's latest entry is damaged.
    """
    with ThreadPoolExecutor(1) as thread:
        _, declared = declared_export(codebook, source)
        export = open_declared(path, declared, codebook)
        beside = companion(path, declared.format)
        files = [path] if beside is None else [path, beside]
        before = [_state(file) for file in files]
        # Another structure or syntax file gives the same cells another meaning.
        companions = {} if beside is None else {"companion_sha256": digest_of(beside)}
        split = split_hash(codebook, keys, declared.format)
        Tombstones.load(archive.root, keys)  # refuses while an erasure is not ended
        latest = archive.latest(source, codebook.edition)
        # A large file takes its time to digest: with nothing to compare it with, the rows are read meanwhile.
        digesting = thread.submit(digest_of, path)
        if latest is not None and latest.says(
            **({"companion_sha256": None} | companions), origin_sha256=digesting.result(), split=split
        ):
            return Collected(latest, False, int(latest.facts["rows"]), int(latest.facts["rejected"]))

        def unchanged(_: Mapping[str, int]) -> Mapping[str, Any]:
            digest = digesting.result()
            if [_state(file) for file in files] != before:
                raise ExportError(
                    "the file was changed while it was being read",
                    where=str(path),
                    expected="a file that stays as it is",
                    fix="wait until it is copied whole, then run again",
                )
            return {"origin_sha256": digest}

        place = Place(path, codebook, source, archive, contacts, keys)
        facts = {"origin": hide(path.name), **companions, "format": declared.format}
        # Where an export is in an old encoding, that is worth telling: it was found out, not declared.
        encoding = getattr(export, "encoding", "utf-8")
        facts |= {} if encoding == "utf-8" else {"encoding": encoding}
        return archive_export(export, place, facts, unchanged)


@dataclass(frozen=True)
class Place:
    """Where an export comes from (in messages: ``origin``) and goes to; the fields as in collect_export."""

    origin: Path | str
    codebook: Codebook
    source: str
    archive: Archive
    contacts: Contacts
    keys: CompanyKeys


def archive_export(
    export: Export,
    place: Place,
    facts: Mapping[str, Any],
    at_end: Callable[[Mapping[str, int]], Mapping[str, Any]],
) -> Collected:
    """Archive an open export; ``facts`` (origin and format at least) go to the sidecar.

    ``at_end`` is called once every row is read, with the counts: it gives further facts (``origin_sha256``, if it was
    not known before), or raises, and then nothing is added.

    Raises:
        SkillsBankError: as collect_export, and what ``at_end`` raises.
    """
    codebook, source, keys = place.codebook, place.source, place.keys
    position, _ = declared_export(codebook, source)
    known = {
        **facts,
        "edition": codebook.edition,
        "split": split_hash(codebook, keys, str(facts["format"])),
        "keys": keys.fingerprint,
    }
    erased = Tombstones.load(place.archive.root, keys)
    intake = Intake(place.origin, codebook, export, position, keys, erased)
    with place.contacts.draft(codebook.edition) as people:

        def write(draft: Path) -> dict[str, Any]:
            counts = intake.write(draft, people)
            further = at_end({**counts, "contacts": people.rows})
            people.close()
            return {**counts, **further}

        def commit_people(stem: str) -> None:
            # Contacts first: a killed run then leaves contacts without an entry, which the next one replaces,
            # and never an entry without its contacts.
            people.commit(stem, [entry.stem for entry in place.archive.entries(feed=codebook.edition)])

        entry = place.archive.put(
            source, codebook.edition, "parquet", write, known, before_commit=commit_people
        )
    return Collected(entry, entry.is_new, int(entry.facts["rows"]), int(entry.facts["rejected"]))


class Intake:
    """Splits the chunks of one export: cells to archive, cells for the contacts, and what is derived."""

    def __init__(  # noqa: PLR0917 - six things, each of another type
        self,
        origin: Path | str,
        codebook: Codebook,
        export: Export,
        position: int,
        keys: CompanyKeys,
        erased: Tombstones,
    ) -> None:
        self._origin, self._codebook, self._export, self._keys = origin, codebook, export, keys
        self._erased = erased
        self._first_id = position * IDS_A_SOURCE
        self._names = code_headings(export.headings, codebook, origin)
        personal = personal_headings(codebook)
        self._personal = [name for name in self._names if name in personal]
        self._kept = [name for name in self._names if name not in personal]
        self._number = {kind: self._column_of(kind) for kind in ("siren", "siret")}
        if clash := sorted(set(DERIVED.names) & set(self._kept)):
            raise CodebookError(
                f"the question code '{clash[0]}' is a name that the archive uses itself",
                where=f"codebook of {codebook.edition}",
                expected=f"codes other than {', '.join(DERIVED.names)}",
                fix="rename the question in the survey and in the codebook",
            )
        self.schema = pa.schema([*((name, pa.string()) for name in self._kept), *DERIVED])

    def write(self, draft: Path, people: ContactsFile) -> dict[str, int]:
        """Write the archived file and the contacts; count all rows, and those rejected or erased."""
        rejected = erased = 0
        with responses_writer(draft, self.schema) as writer:
            groups = RowGroups(writer, self.schema)
            for chunk, table, gone in ahead(self._split()):
                groups.add(table)
                self._to_contacts(chunk, people, gone)
                rejected += len(chunk.rejected)
                erased += len(gone)
            groups.close()
        return {"rows": groups.rows, "rejected": rejected} | ({"erased": erased} if erased else {})

    def _split(self) -> Iterator[tuple[Chunk, pa.Table, Numbers]]:
        """Each chunk, its rows as they are archived, and who was erased."""
        for chunk in ahead(self._checked()):
            table = self._archived(chunk)
            gone = self._gone(table, chunk)
            yield chunk, emptied(table, gone), gone

    def _gone(self, table: pa.Table, chunk: Chunk) -> Numbers:
        """The rows of a chunk whose people were erased."""
        cells = [(chunk.row_numbers, chunk.rows[name]) for name in self._personal]
        if chunk.rejected:
            numbers = pa.array([row.row_number for row in chunk.rejected], pa.int64())
            cells.append((numbers, pa.array([row.text for row in chunk.rejected], pa.string())))
        return self._erased.rows(self._codebook.edition, self._first_id, table, cells)

    def _checked(self) -> Iterator[Chunk]:
        """The chunks under code headings, once the first coded answers prove the export's options right."""
        judged = False
        for chunk in self._export.chunks():
            rows = chunk.rows.rename_columns(self._names)
            judged = judged or check_answers(rows, self._codebook, self._origin)
            yield Chunk(rows, chunk.row_numbers, chunk.rejected)

    def _archived(self, chunk: Chunk) -> pa.Table:
        rows = chunk.rows
        cells: list[Any] = [
            # Not free text alone: people write into any box, and a row can be shifted by a cell.
            rows[name] if name == "id" else scrub(rows[name])
            for name in self._kept
        ]
        siren, siret = check_siren(self._cells(rows, "siren")), check_siret(self._cells(rows, "siret"))
        by_siret = siren_of(siret.number)
        siret_class = pc.if_else(
            pc.fill_null(pc.not_equal(siren.number, by_siret), False), "other_siren", siret.kind
        )
        derived = [
            self._keys.of(pc.coalesce(siren.number, by_siret)),
            siren.kind,
            siret_class,
            self._is_test(rows),
            chunk.row_numbers,
            pa.nulls(rows.num_rows, pa.string()),
        ]
        table = pa.Table.from_arrays([*cells, *derived], schema=self.schema)
        if not chunk.rejected:
            return table
        bad = pa.table(
            {
                "row_number": pa.array([row.row_number for row in chunk.rejected], pa.int64()),
                "rejected": pa.array([row.reason for row in chunk.rejected], pa.string()),
            }
        )
        table = pa.concat_tables([table, bad], promote_options="default")
        return table.select(self.schema.names).sort_by("row_number").cast(self.schema)

    def _to_contacts(self, chunk: Chunk, people: ContactsFile, gone: Numbers) -> None:
        rows = chunk.rows
        ids = self._respondents(rows["id"])
        left = pc.invert(pc.is_in(chunk.row_numbers, pa.array(gone)))
        for name in self._personal:
            cells = rows[name]
            filled = pc.and_(left, pc.fill_null(pc.not_equal(cells, ""), False))
            if pc.any(filled).as_py():
                people.add(name, ids.filter(filled), chunk.row_numbers.filter(filled), cells.filter(filled))
        if rejected := [row for row in chunk.rejected if row.row_number not in gone]:
            numbers = pa.array([row.row_number for row in rejected], pa.int64())
            texts = pa.array([row.text for row in rejected], pa.string())
            people.add(REJECTED_ROW, pa.nulls(len(rejected), pa.int64()), numbers, texts)

    def _respondents(self, ids: Any) -> pa.Int64Array:
        """The respondent of each row, null where the id is not a number of at most ten digits."""
        good = pc.fill_null(pc.match_substring_regex(ids, "^[0-9]{1,10}$"), False)
        numbers: pa.Int64Array = pc.add(pc.if_else(good, ids, _TEXT).cast(pa.int64()), self._first_id)
        return numbers

    def _is_test(self, rows: pa.RecordBatch) -> pa.BooleanArray:
        rule = self._codebook.test_rows
        if rule is None or rule.question not in self._names:
            return pa.repeat(pa.scalar(False), rows.num_rows)
        encoded: Any = rows[rule.question].dictionary_encode()
        found = [rule.found_in(text) for text in encoded.dictionary.to_pylist()]
        flags: pa.BooleanArray = pc.fill_null(pa.array(found, pa.bool_()).take(encoded.indices), False)
        return flags

    def _cells(self, rows: pa.RecordBatch, kind: str) -> Any:
        name = self._number[kind]
        return pa.nulls(rows.num_rows, pa.string()) if name is None else rows[name]

    def _column_of(self, kind: str) -> str | None:
        """The first column that asks for a SIREN or SIRET."""
        columns = self._codebook.columns().values()
        return next((column.heading for column in columns if column.kind == kind), None)


def declared_export(codebook: Codebook, source: str) -> tuple[int, Declared]:
    """Give a source's position among the codebook's exports, and what it says of it.

    Raises:
        CodebookError: the codebook has no such source.
    """
    for position, export in enumerate(codebook.exports):
        if export.source == source:
            return position, export
    raise CodebookError(
        f"there is no source '{source}'",
        where=f"codebook of {codebook.edition}",
        expected=f"one of {', '.join(export.source for export in codebook.exports)}",
        fix="add it under 'exports'",
    )


def _state(path: Path) -> tuple[int, int, int]:
    facts = path.stat()
    return facts.st_size, facts.st_mtime_ns, facts.st_ino
