"""What frames and registers call their companies, kept in the contacts. Belongs here: which columns are names, and
which of them count. Does not: the rest of a frame or register, or comparing names (likeness.py)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute

from orchestration.archive import Archive
from orchestration.collection.contacts import NAMES, Contacts

pc: Any = pyarrow.compute  # its stubs know too few of the signatures it takes

# Of a company, and none of a person: Sirene's nomUniteLegale and prenom1UniteLegale are not read.
SIRENE_NAMES = ("denominationUniteLegale", "sigleUniteLegale", "denominationUsuelle1UniteLegale")
_COLUMNS = ("name", *SIRENE_NAMES)
# Companies that object to being made public have P (or N) here, and [ND] in the place of their name.
_DIFFUSION, _PUBLIC, _UNSAID = "statutDiffusionUniteLegale", "O", "[ND]"


def name_columns(columns: Sequence[str]) -> list[str]:
    """Those of a frame's or register's columns that are names."""
    return [name for name in columns if name in _COLUMNS]


def names_in(rows: pa.Table, commune: str) -> pa.Table:
    """The names in some rows that have ``company_key``, as ``contacts.NAMES``; none of a company that objects.

    ``commune`` is the column of the commune's code.
    """
    if _DIFFUSION in rows.schema.names:
        rows = rows.filter(pc.fill_null(pc.equal(rows[_DIFFUSION].cast(pa.string()), _PUBLIC), True))
    parts = [NAMES.empty_table()]
    for column in name_columns(rows.schema.names):
        name = pc.utf8_trim_whitespace(rows[column].cast(pa.string()))
        cells = [rows["company_key"], rows[commune].cast(pa.string()), name]
        part = pa.Table.from_arrays(cells, schema=NAMES)
        parts.append(part.filter(pc.invert(pc.is_in(name, pa.array([None, "", _UNSAID])))))
    return pa.concat_tables(parts)


def without_names(schema: pa.Schema, names: Sequence[str]) -> pa.Schema:
    """The schema of what is archived. It says which names were split off, so that it is another content."""
    fields = [field for field in schema if field.name not in names]
    return pa.schema(fields, metadata={"names_split_off": ", ".join(names)} if names else None)


def forget_earlier(archive: Archive, source: str, feed: str, stem: str, contacts: Contacts) -> None:
    """Remove the names of a feed's states but for this one: the search looks at no other."""
    for entry in archive.entries(source, feed):
        if entry.stem != stem:
            contacts.path_of(entry).unlink(missing_ok=True)
