"""Personal data, kept apart. Belongs here: which columns are personal, and the restricted files they go to.
Does not: anything that is archived."""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from errno import EPERM
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.archive import sync
from orchestration.codebook import Codebook, has_text_headings
from orchestration.collection.row_groups import RowGroups
from orchestration.errors import ArchiveError, CodebookError
from orchestration.identifiers import CompanyKeys

_COLUMNS: dict[str, pa.DataType] = {
    "respondent_id": pa.int64(),
    "row_number": pa.int64(),
    "field": pa.string(),
    "value": pa.string(),
}
SCHEMA = pa.schema(_COLUMNS)
_NAME_COLUMNS: dict[str, pa.DataType] = {
    "company_key": pa.string(),
    "commune_code": pa.string(),
    "name": pa.string(),
}
# What a frame or register calls its companies: a row a name, under the entry whose rows it belongs to.
NAMES = pa.schema(_NAME_COLUMNS)
# The texts that are not mostly distinct: a dictionary of the others would cost and give nothing.
_REPEATED = ("field", "commune_code")
REJECTED_ROW = "rejected row"
# Personal in every survey, named by the codebook or not: who answered, and from where.
ALWAYS_PERSONAL = frozenset({"token", "ipaddr"})
# Goes into the hash of the split: to be raised whenever intake would archive the same original otherwise.
_SPLIT_VERSION = 2
_DRAFT = ".draft-"


def personal_headings(codebook: Codebook) -> set[str]:
    """The columns that never reach the archive.

    Raises:
        CodebookError: a question for a SIREN or SIRET is not marked personal.
    """
    columns = codebook.columns()
    for column in columns.values():
        if column.kind in {"siren", "siret"} and not column.personal:
            raise CodebookError(
                f"question '{column.question}' asks for a {column.kind.upper()} and is not marked personal",
                where=f"codebook of {codebook.edition}",
                expected="personal: true, since the number names a company",
                fix=f"add 'personal: true' to question '{column.question}'",
            )
    personal = {heading for heading, column in columns.items() if column.personal}
    return personal | set(codebook.personal_columns) | ALWAYS_PERSONAL


def split_hash(codebook: Codebook, keys: CompanyKeys, reader: str) -> str:
    """Identify how an original is split: same hash and same original, same archived content."""
    columns = codebook.columns()
    split = {
        "version": _SPLIT_VERSION,
        "reader": reader,
        "personal": sorted(personal_headings(codebook)),
        "free_text": sorted(heading for heading, column in columns.items() if column.is_free_text),
        "headings": {column.vv_heading: heading for heading, column in columns.items()},
        "test_rows": codebook.test_rows.model_dump() if codebook.test_rows else None,
        "keys": keys.fingerprint,
    }
    if has_text_headings(reader):
        # There, texts of the codebook decide what each cell is.
        split["questions"] = [
            question.model_dump(exclude={"asked_when", "comparability"}) for question in codebook.questions
        ]
        split["exports"] = [
            export.model_dump(exclude={"files", "server"})
            for export in codebook.exports
            if export.format == reader
        ]
        split["timezone"] = codebook.timezone
    return hashlib.sha256(json.dumps(split, sort_keys=True).encode()).hexdigest()[:16]


class ContactsFile:
    """What was split off from one archive entry, written as a draft and given its name at the commit.

    Rows are (respondent_id, row_number, field, value), a row a filled personal cell; the raw text of a
    rejected row stands under the field ``rejected row`` without a respondent. Those of a frame or register are
    ``NAMES``.
    """

    def __init__(self, folder: Path, draft: Path, schema: pa.Schema) -> None:
        self._folder, self._draft, self._schema = folder, draft, schema
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        self._file = os.fdopen(descriptor, "wb")
        writer = pq.ParquetWriter(
            self._file,
            schema,
            compression="zstd",
            write_statistics=False,
            use_dictionary=[name for name in _REPEATED if name in schema.names],  # type: ignore[arg-type]  # as in lake
            column_encoding={
                field.name: "DELTA_BINARY_PACKED" for field in schema if pa.types.is_integer(field.type)
            },
        )
        self._groups = RowGroups(writer, schema)

    def add(self, field: str, ids: Any, row_numbers: Any, values: Any) -> None:
        """Write the cells of one field."""
        fields = pa.repeat(pa.scalar(field), len(values))
        self._groups.add(pa.Table.from_arrays([ids, row_numbers, fields, values], schema=SCHEMA))

    def copy(self, rows: pa.Table) -> None:
        """Write rows of this very schema as they are."""
        self._groups.add(rows.cast(self._schema))

    @property
    def rows(self) -> int:
        """How many cells were added."""
        return self._groups.rows

    def close(self) -> None:
        """End the file; nothing can be added then."""
        if self._file.closed:
            return
        self._groups.close()
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()

    def commit(self, stem: str, archived: Sequence[str]) -> None:
        """Name the file after its archive entry, in place of what a killed run left of the same content.

        ``archived`` are the stems of the edition's entries: their files stay.
        """
        for path in self._folder.glob(f"*-{stem.rpartition('-')[2]}.parquet"):
            if path.stem not in archived:
                path.unlink()
        self._draft.rename(self._folder / f"{stem}.parquet")
        sync(self._folder)


def restrict(contacts: Path) -> int:
    """Give the contacts back the rights they must have (folders 0700, files 0600); count what had others.

    Raises:
        ArchiveError: something there belongs to another user, or is a link out of the folder.
    """
    corrected = 0
    paths = [contacts, *sorted(contacts.rglob("*"))] if contacts.is_dir() else []
    for path in paths:
        try:
            if path.is_symlink():
                raise PermissionError(EPERM, "is a link, which may lead anywhere")
            wanted = 0o700 if path.is_dir() else 0o600
            if stat.S_IMODE(path.stat().st_mode) != wanted:
                path.chmod(wanted)
                corrected += 1
        except OSError as problem:
            raise ArchiveError(
                f"its rights cannot be restricted: {problem.strerror}",
                where=str(path),
                expected="folders 0700 and files 0600 of the user that runs this",
                fix="make them this user's, and no links; then run again",
            ) from problem
    return corrected


@contextmanager
def contacts_draft(contacts: Path, feed: str, schema: pa.Schema = SCHEMA) -> Iterator[ContactsFile]:
    """Open a draft in ``contacts/<feed>`` (0700); it is gone afterwards unless it was committed."""
    folder = contacts / feed
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path in (contacts, folder):
            path.chmod(0o700)
        for leftover in folder.glob(f"{_DRAFT}*"):
            leftover.unlink()
        draft = folder / f"{_DRAFT}{os.getpid()}.parquet"
        file = ContactsFile(folder, draft, schema)
    except OSError as problem:
        raise ArchiveError(
            f"cannot be written: {problem.strerror}",
            where=str(folder),
            expected="a folder of this user",
            fix="correct the rights, then run again; nothing was added",
        ) from problem
    try:
        yield file
    finally:
        with suppress(OSError, pa.ArrowException):
            file.close()
        draft.unlink(missing_ok=True)
