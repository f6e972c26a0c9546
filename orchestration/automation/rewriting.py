"""Files without the rows of who was erased. Belongs here: rewriting archive entries, contacts and the lake, and
searching them. Does not: whom to erase, and in which order (erasure.py)."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute
import pyarrow.parquet as pq

from orchestration import lake as tables
from orchestration.archive import Archive, Entry
from orchestration.automation.rewriting_companies import SOURCES, copy_names
from orchestration.automation.rewriting_decisions import named_in
from orchestration.codebook import Codebook
from orchestration.collection.company_files import without_companies
from orchestration.collection.contacts import NAMES, Contacts, ContactsFile
from orchestration.collection.inbox import FRAME, PARTNERS
from orchestration.collection.row_groups import RowGroups, responses_writer
from orchestration.collection.tombstones import ERASED, Numbers, Tombstones, emptied
from orchestration.settings import Settings

pc: Any = pyarrow.compute  # its stubs know too few of the signatures it takes

Respondents = Mapping[str, set[int]]
_OF_PARTNERS = (PARTNERS, FRAME)
_ROWS = 131_072


@dataclass(frozen=True)
class Found:
    """What a search went through, and where it found something."""

    files: int
    cells: int
    places: tuple[str, ...]


def in_archive_and_contacts(
    archive: Archive, contacts: Contacts, codebooks: Sequence[Codebook], erased: Tombstones
) -> Counter[str]:
    """Empty the rows of who was erased in every entry, and remove their contacts; count both.

    An entry's new contacts stand before the new entry counts, and the old ones go once it does: whatever was
    done before a kill, doing it again ends the work.
    """
    _clear(archive, contacts)
    removed: Counter[str] = Counter()
    for entry in archive.entries():
        if entry.source in _OF_PARTNERS:
            rows, names = _partners(archive, entry, contacts, erased)
            removed["archive: rows of frames and registers"] += rows
            removed["contacts: names of companies"] += names
        elif entry.source not in SOURCES:
            rows, cells = _export(archive, entry, contacts, codebooks, erased)
            removed["archive: responses emptied"] += rows
            removed["contacts: cells"] += cells
    archived = {(entry.feed, entry.stem) for entry in archive.entries()}
    for path in sorted(contacts.files()):
        if (path.parent.name, path.stem) not in archived:
            removed["contacts: cells"] += _orphan(path, contacts, erased)
    return removed


def erased_respondents(archive: Archive, codebooks: Sequence[Codebook]) -> dict[str, set[int]]:
    """The respondents whose rows were emptied, by edition."""
    gone: dict[str, set[int]] = {}
    for entry in archive.entries():
        first = _first_id(entry, codebooks)
        if entry.source in _OF_PARTNERS or first is None or not entry.facts.get("erased"):
            continue
        rows = pq.read_table(entry.path, columns=["id", "rejected"])
        ids = pc.drop_null(rows["id"].filter(_is_erased(rows)))
        gone.setdefault(entry.feed, set()).update(int(number) + first for number in ids.to_pylist())
    return gone


def origins_of_erased(archive: Archive) -> set[str]:
    """The names of the originals whose entries had rows of who was erased."""
    return {str(entry.facts["origin"]) for entry in archive.entries() if entry.facts.get("erased")}


def in_lake(lake: Path, erased: Tombstones, gone: Respondents) -> Counter[str]:
    """Remove the rows of who was erased from the lake's tables; count them."""
    removed: Counter[str] = Counter()
    for leftover in [*lake.glob(".*.new"), *lake.glob(".*.old")]:
        shutil.rmtree(leftover)
    # By what lies there: a partner's table has its schema from a contract, which may be gone by now.
    for table in sorted(folder.name for folder in lake.glob("*") if folder.is_dir()):
        found = tables.files(lake, table)
        schema = tables.SCHEMAS[table] if table in tables.SCHEMAS else pq.read_schema(found[0])
        whose = [name for name in ("edition", "respondent_id", "company_key") if name in schema.names]
        if whose in ([], ["edition"]):
            continue
        left = {path: sum(part.num_rows for part in _left(path, erased, gone, whose)) for path in found}
        count = sum(pq.read_metadata(path).num_rows - rows for path, rows in left.items())
        if count:
            parts = [
                (path.parent.name.partition("=")[2] or None, _left(path, erased, gone))
                for path, rows in left.items()
                if rows
            ]
            tables.write(lake, table, parts, schema)
            removed[f"lake: rows of {table}"] += count
    return removed


def search(settings: Settings, erased: Tombstones, gone: Respondents, texts: Sequence[str]) -> Found:
    """Look for who was erased in every cell of archive, contacts, decisions and lake: keys, numbers, addresses,
    respondents.

    ``texts`` are looked for as they are too, in the cells and in the bytes of every other file.
    """
    files = cells = 0
    places = []
    contacts = Contacts.of(settings)
    for root in (settings.archive, settings.contacts, settings.decisions.parent, settings.lake):
        for path in sorted(path for path in root.rglob("*") if path.is_file()):
            files += 1
            found = False
            if path.suffix == ".parquet":
                opened = contacts.open if root == contacts.folder else pq.ParquetFile
                for table in _batches(path, distinct=True, opened=opened):
                    cells += table.num_rows * table.num_columns
                    found = found or _in_table(table, erased, gone, texts)
            else:
                content = path.read_bytes()
                found = any(text.encode() in content for text in texts)
            if path == settings.decisions:
                found = found or bool(named_in(path, erased))
            if found:
                places.append(path.relative_to(settings.data).as_posix())
    return Found(files, cells, tuple(places))


def _in_table(table: pa.Table, erased: Tombstones, gone: Respondents, texts: Sequence[str]) -> bool:
    for column in table.schema:
        if not pa.types.is_dictionary(column.type):
            continue
        parts: Any = table[column.name].chunks
        cells = pa.chunked_array([part.dictionary for part in parts], pa.string())
        tests = [pc.is_in(cells, pa.array(sorted(erased.companies), pa.string()))]
        tests += [pc.match_substring(cells, text, ignore_case=True) for text in texts]
        # Moments and numbers have digits enough to look like anything: they are compared as they are.
        if column.name not in {"submitdate", "startdate", "datestamp", "seed", "id"}:
            tests.append(erased.in_texts(cells))
        if any(pc.any(test).as_py() for test in tests):
            return True
    if {"edition", "respondent_id"} <= set(table.schema.names):
        return pc.any(_of_respondents(table, gone)).as_py() or False
    return False


def _clear(archive: Archive, contacts: Contacts) -> None:
    """Remove what killed runs left: drafts, and files that an entry stands for by now."""
    archive.discard_drafts()
    for leftover in contacts.folder.glob("*/.draft-*"):
        leftover.unlink()
    for entry in archive.entries():
        for stem in archive.discard_replaced(entry):
            contacts.path(entry.feed, stem).unlink(missing_ok=True)


def _partners(archive: Archive, entry: Entry, contacts: Contacts, erased: Tombstones) -> tuple[int, int]:
    """Rewrite one frame's or register's entry and names where they have rows of erased companies; count both."""
    if "company_key" not in pq.read_schema(entry.path).names or not erased.companies:
        return 0, 0
    left = without_companies(pq.read_table(entry.path, columns=["company_key"]), erased).num_rows
    count = int(entry.facts["rows"]) - left
    names = contacts.path_of(entry)
    if not count and not names.is_file():
        return 0, 0

    def write(draft: Path) -> dict[str, int]:
        schema = pq.read_schema(entry.path)
        with pq.ParquetWriter(draft, schema, compression="zstd") as writer:
            groups = RowGroups(writer, schema)
            for table in _batches(entry.path):
                groups.add(without_companies(table, erased))
            groups.close()
        return {"rows": groups.rows, "erased": int(entry.facts.get("erased", 0)) + count}

    with contacts.draft(entry.feed, NAMES) as draft_of_names:
        dropped = copy_names(contacts, names, draft_of_names, erased) if names.is_file() else 0
        draft_of_names.close()

        def commit(stem: str) -> None:
            if names.is_file():
                draft_of_names.commit(stem, [one.stem for one in archive.entries(feed=entry.feed)])

        if count:
            archive.replace(entry, write, before_commit=commit)
            names.unlink(missing_ok=True)
        elif dropped:
            # The entry was rewritten before, and names came back, as from a backup.
            commit(entry.stem)
    return count, dropped


def _export(
    archive: Archive, entry: Entry, contacts: Contacts, codebooks: Sequence[Codebook], erased: Tombstones
) -> tuple[int, int]:
    """Rewrite one export's entry and contacts where they have rows to empty; count rows and cells."""
    people = contacts.path_of(entry)
    first, before, found = _first_id(entry, codebooks), [_numbers([])], []
    for part in _batches(entry.path):
        before.append(_numbers([part["row_number"].filter(_is_erased(part))]))
        found.append(erased.rows(entry.feed, first, part, []))
    nothing = pq.read_schema(entry.path).empty_table()
    for part in _batches(people, opened=contacts.open) if people.is_file() else ():
        found.append(erased.rows(entry.feed, None, nothing, [(part["row_number"], part["value"])]))
    gone = np.unique(np.concatenate([*before, *found]))
    rows = len(gone) - sum(map(len, before))
    count = 0
    for part in _batches(people, opened=contacts.open) if len(gone) and people.is_file() else ():
        count += int(np.isin(_numbers([part["row_number"]]), gone).sum())
    if not rows and not count:
        return 0, 0
    with contacts.draft(entry.feed) as draft_of_people:
        if people.is_file():
            _copy_people(contacts, people, draft_of_people, gone)

        def write(draft: Path) -> dict[str, Any]:
            schema = pq.read_schema(entry.path)
            with responses_writer(draft, schema) as writer:
                groups = RowGroups(writer, schema)
                for part in _batches(entry.path):
                    groups.add(emptied(part, gone))
                groups.close()
            facts: dict[str, Any] = {"erased": len(gone)}
            if "pull" in entry.facts:
                facts["pull"] = {**entry.facts["pull"], "contacts": draft_of_people.rows}
            return facts

        def commit(stem: str) -> None:
            if people.is_file():
                draft_of_people.commit(stem, [one.stem for one in archive.entries(feed=entry.feed)])

        draft_of_people.close()
        fresh = archive.replace(entry, write, before_commit=commit)
        if fresh.stem == entry.stem:
            # The entry was emptied before, and contacts came back, as from a backup.
            commit(entry.stem)
    for stem in archive.discard_replaced(fresh):
        contacts.path(entry.feed, stem).unlink(missing_ok=True)
    return rows, count


def _orphan(path: Path, contacts: Contacts, erased: Tombstones) -> int:
    """Contacts without an entry, which a killed collection left: rows that name who was erased go."""
    if contacts.holds_names(path):
        with contacts.draft(path.parent.name, NAMES) as names:
            dropped = copy_names(contacts, path, names, erased)
            names.close()
            if dropped:
                names.commit(path.stem, [path.stem])
        return dropped
    parts = list(_batches(path, opened=contacts.open))
    if not parts:
        return 0
    nothing = pa.table(
        {"row_number": pa.array([], pa.int64()), "company_key": pa.array([], pa.string()), "id": []}
    )
    gone = erased.rows(
        path.parent.name, None, nothing, [(part["row_number"], part["value"]) for part in parts]
    )
    of_respondents = erased.respondents(path.parent.name)
    ids = [
        part.filter(pc.is_in(part["respondent_id"], pa.array(of_respondents)))["row_number"] for part in parts
    ]
    gone = np.unique(np.concatenate([gone, _numbers(ids)]))
    count = sum(int(np.isin(_numbers([part["row_number"]]), gone).sum()) for part in parts)
    if count:
        with contacts.draft(path.parent.name) as draft:
            _copy_people(contacts, path, draft, gone)
            draft.close()
            draft.commit(path.stem, [path.stem])
    return count


def _copy_people(contacts: Contacts, path: Path, draft: ContactsFile, gone: Numbers) -> None:
    for part in _batches(path, opened=contacts.open):
        left = part.filter(pc.invert(pc.is_in(part["row_number"], pa.array(gone))))
        draft.copy(left)


def _left(
    path: Path, erased: Tombstones, gone: Respondents, columns: Sequence[str] | None = None
) -> Iterator[pa.Table]:
    for table in _batches(path, columns):
        drop = _of_respondents(table, gone)
        if "company_key" in table.schema.names:
            drop = pc.or_(
                drop, pc.is_in(table["company_key"], pa.array(sorted(erased.companies), pa.string()))
            )
        yield table.filter(pc.invert(drop))


def _of_respondents(table: pa.Table, gone: Respondents) -> Any:
    found: Any = pa.array(np.zeros(table.num_rows, np.bool_))
    if {"edition", "respondent_id"} <= set(table.schema.names):
        for edition, ids in gone.items():
            among = pc.is_in(table["respondent_id"], pa.array(sorted(ids), pa.int64()))
            # A row without an edition is no respondent's: without this, it would be dropped as unknown.
            found = pc.or_(found, pc.fill_null(pc.and_(pc.equal(table["edition"], edition), among), False))
    return found


def _batches(
    path: Path,
    columns: Sequence[str] | None = None,
    *,
    distinct: bool = False,
    opened: Callable[..., pq.ParquetFile] = pq.ParquetFile,
) -> Iterator[pa.Table]:
    """The rows of a file; ``distinct`` gives texts as dictionaries, to look at each of them once."""
    texts = []
    if distinct:
        with opened(path) as file:
            texts = [field.name for field in file.schema_arrow if pa.types.is_string(field.type)]
    with opened(path, read_dictionary=texts) as file:
        for batch in file.iter_batches(batch_size=_ROWS, columns=list(columns) if columns else None):
            yield pa.Table.from_batches([batch])


def _is_erased(table: pa.Table) -> Any:
    return pc.fill_null(pc.equal(table["rejected"], ERASED), False)


def _numbers(columns: Any) -> Numbers:
    return np.concatenate(
        [np.empty(0, np.int64), *(np.asarray(pc.drop_null(one), np.int64) for one in columns)]
    )


def _first_id(entry: Entry, codebooks: Sequence[Codebook]) -> int | None:
    """What makes respondents of an entry's ids; None where no codebook knows its source any more."""
    for codebook in codebooks:
        if codebook.edition == entry.feed and entry.source in [export.source for export in codebook.exports]:
            return codebook.first_id(entry.source)
    return None
