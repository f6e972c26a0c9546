"""Sampling frames into the archive. Belongs here: what each file may carry, and company keys in place of its SIREN.
Does not: the register (register/), partners' files (partners/), what the cells mean (decoding)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pyarrow as pa
import pyarrow.compute
import pyarrow.parquet as pq

from orchestration.archive import Archive, Entry
from orchestration.collection.companies.known_names import (
    forget_earlier,
    name_columns,
    names_in,
    without_names,
)
from orchestration.collection.contacts import NAMES, Contacts
from orchestration.collection.inbox import FRAME, PARTNERS, PartnerFile
from orchestration.collection.intake import Collected
from orchestration.collection.partner_tables import FIX, TableFile
from orchestration.collection.raw_file import digest_of
from orchestration.collection.row_groups import RowGroups
from orchestration.collection.tombstones import Tombstones
from orchestration.errors import PartnerFileError
from orchestration.identifiers import CompanyKeys, check_siren
from orchestration.lake import SCHEMAS
from orchestration.personal_text import hide

pc: Any = pyarrow.compute  # its stubs know too few of the signatures it takes

_KEY = "company_key"
# Goes into the hash of the split: to be raised whenever the same original would be archived otherwise.
_SPLIT_VERSION = 1


@dataclass(frozen=True)
class Layout:
    """The columns of a table's file: those it must have, and those it may. No other is archived."""

    required: tuple[str, ...]
    optional: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """All of them."""
        return self.required + self.optional


def _lake_columns(table: str, *without: str) -> tuple[str, ...]:
    return tuple(name for name in SCHEMAS[table].names if name not in without)


# Whatever else a file brings (a token, an e-mail address, a name of the register) stays outside.
LAYOUTS: Mapping[str, Layout] = MappingProxyType(
    {
        "frame": Layout(("siren", *_lake_columns("frame", "edition", _KEY))),
    }
)


def collect_partner_file(
    file: PartnerFile, archive: Archive, keys: CompanyKeys, contacts: Contacts | None = None
) -> Collected:
    """Archive a frame as Parquet, with ``company_key`` in place of ``siren``, and no ``siret``.

    Columns keep their names and (from Parquet) their types; cells of a CSV are text, null where empty. It
    goes to ``partners/<table>``, a frame to ``sampling_frame/<edition>``. The sidecar names under ``dropped``
    the columns that were left out. The names of a frame's companies go to ``contacts``;
    without them they are left out as well.

    Raises:
        PartnerFileError: the file cannot be read, lacks a column, or has a SIREN that is none; nothing is
            added then.
        ArchiveError: the archive cannot be written, or the feed's latest entry is damaged.
    """
    layout = LAYOUTS[file.table]
    source, feed = (PARTNERS, file.table) if file.edition is None else (FRAME, file.edition)
    origin = digest_of(file.path, PartnerFileError)
    table = TableFile(file.path)
    names = name_columns(table.names) if contacts is not None and file.table == "frame" else []
    split = _split(layout, keys, names)
    erased = Tombstones.load(archive.root, keys)
    latest = archive.latest(source, feed)
    if latest is not None and latest.says(origin_sha256=origin, split=split):
        return _collected(latest)
    kept = _checked(table, layout, names)
    facts = {
        "edition": file.edition,
        "origin": hide(file.path.name),
        "origin_sha256": origin,
        "format": file.path.suffix.lower().removeprefix("."),
        "split": split,
        "keys": keys.fingerprint,
        "rejected": 0,
        "dropped": [name for name in table.names if name not in layout.names],
    }

    schema = _keyed_schema(table.schema([*kept, *names]))
    archived = without_names(schema, names)
    drafted = contacts.draft(feed, NAMES) if contacts is not None and names else nullcontext()
    with drafted as people:

        def write(draft: Path) -> dict[str, int]:
            with pq.ParquetWriter(draft, archived, compression="zstd") as writer:
                groups = RowGroups(writer, archived)
                before = 0
                for batch in table.batches([*kept, *names]):
                    rows = without_companies(keyed(batch, schema, keys, file.path, before), erased)
                    groups.add(rows.select(archived.names).replace_schema_metadata(archived.metadata))
                    if people is not None:
                        people.copy(names_in(rows, "commune_code"))
                    before += batch.num_rows
                groups.close()
            return {"rows": groups.rows} | ({"erased": before - groups.rows} if before > groups.rows else {})

        def commit(stem: str) -> None:
            if people is not None and contacts is not None:
                people.close()
                people.commit(stem, [entry.stem for entry in archive.entries(feed=feed)])
                forget_earlier(archive, source, feed, stem, contacts)

        return _collected(archive.put(source, feed, "parquet", write, facts, before_commit=commit))


def without_companies(rows: pa.Table, erased: Tombstones) -> pa.Table:
    """Leave out the rows of erased companies."""
    if not erased.companies or _KEY not in rows.schema.names:
        return rows
    return rows.filter(pc.invert(pc.is_in(rows[_KEY], pa.array(sorted(erased.companies), pa.string()))))


def _collected(entry: Entry) -> Collected:
    return Collected(entry, entry.is_new, int(entry.facts["rows"]), int(entry.facts["rejected"]))


def _split(layout: Layout, keys: CompanyKeys, names: Sequence[str]) -> str:
    split = {"version": _SPLIT_VERSION, "columns": layout.names, "keys": keys.fingerprint}
    split |= {"names": names} if names else {}
    return hashlib.sha256(json.dumps(split, sort_keys=True).encode()).hexdigest()[:16]


def _checked(table: TableFile, layout: Layout, names: Sequence[str]) -> list[str]:
    """The columns to archive, in the file's order. A SIRET is left out: it begins with the SIREN."""
    faults = [f"column '{name}' is missing" for name in layout.required if name not in table.names]
    faults += [
        f"column '{name}' stands twice"
        for name in dict.fromkeys((*layout.names, *names))
        if table.names.count(name) > 1
    ]
    if faults:
        raise PartnerFileError(
            "; ".join(faults),
            where=f"{table.path}, headings",
            expected=f"the columns {', '.join(layout.required)}",
            fix=FIX,
        )
    for name in ("siren", "siret"):
        if name in table.names and not _is_text(table.schema([name]).field(0).type):
            raise PartnerFileError(
                f"column '{name}' is not text",
                where=str(table.path),
                expected="text, since a number has lost its leading zeros",
                fix=FIX,
            )
    return [name for name in table.names if name in layout.names and name != "siret"]


def _is_text(kind: pa.DataType) -> bool:
    return pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)


def _keyed_schema(schema: pa.Schema) -> pa.Schema:
    return pa.schema(
        [pa.field(_KEY, pa.string()) if field.name == "siren" else field for field in schema]
    ).remove_metadata()


def keyed(batch: pa.RecordBatch, schema: pa.Schema, keys: CompanyKeys, path: Path, before: int) -> pa.Table:
    """Put the key in the place of the SIREN; ``before`` is the number of rows before these."""
    columns: list[Any] = list(batch.columns)
    if "siren" in batch.schema.names:
        place = batch.schema.names.index("siren")
        checked = check_siren(columns[place].cast(pa.string()))
        wrong = pc.is_null(checked.number)
        if pc.any(wrong).as_py():
            raise PartnerFileError(
                f"{pc.sum(wrong).as_py()} SIREN are none; the first is {checked.kind.filter(wrong)[0]}",
                where=f"{path}, row {before + pc.index(wrong, value=True).as_py() + 1}",
                expected="a SIREN of nine digits with its check digit in every row",
                fix=FIX,
            )
        columns[place] = keys.of(checked.number)
    return pa.Table.from_arrays(columns, schema=schema)
