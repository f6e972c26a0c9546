"""Personal data, kept apart. Belongs here: the restricted, encrypted files it goes to. Does not: which columns are
personal (personal.py), anything that is archived, or the keys (contacts_keys.py)."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from errno import EPERM
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from cryptography.fernet import InvalidToken

from orchestration.archive import Entry, sync
from orchestration.collection import contacts_keys
from orchestration.collection.contacts_keys import ContactsKeys, MissingKeyError
from orchestration.collection.row_groups import RowGroups
from orchestration.errors import ArchiveError
from orchestration.settings import Settings

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
_DRAFT = ".draft-"
# How a Parquet file ends: with its footer encrypted, or plain.
_ENCRYPTED, _PLAIN = b"PARE", b"PAR1"
_ROWS = 131_072


class ContactsFile:
    """What was split off from one archive entry, written as a draft and given its name at the commit.

    Rows are (respondent_id, row_number, field, value), a row a filled personal cell; the raw text of a
    rejected row stands under the field ``rejected row`` without a respondent. Those of a frame or register are
    ``NAMES``.
    """

    def __init__(self, folder: Path, draft: Path, schema: pa.Schema, keys: ContactsKeys) -> None:
        self._folder, self._draft, self._schema = folder, draft, schema
        encrypting = keys.encrypting()
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        self._file = os.fdopen(descriptor, "wb")
        writer = pq.ParquetWriter(
            self._file,
            schema,
            compression="zstd",
            write_statistics=False,
            encryption_properties=encrypting,
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
        self.replace(self._folder / f"{stem}.parquet")

    def replace(self, path: Path) -> None:
        """Give the file its name, in place of what is there."""
        self._draft.rename(path)
        sync(self._folder)


@dataclass(frozen=True)
class Protected:
    """How many rights were put right, and how many plain files encrypted."""

    rights: int
    encrypted: int


@dataclass(frozen=True)
class Rotated:
    """The name of the key in use, those retired, and how many files were encrypted anew."""

    key: str
    retired: tuple[str, ...]
    files: int


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


class Contacts:
    """The restricted folder: one folder (0700) an edition or register, and in it a file (0600) an archive entry.

    Files are encrypted by Parquet's own modular encryption, footer and all, so that they are read and written a row
    group at a time. Those of a version before that are read as they are, until ``protect`` encrypts them.
    """

    def __init__(self, folder: Path, secrets: Path) -> None:
        self.folder, self._secrets = folder, secrets

    @classmethod
    def of(cls, settings: Settings) -> Contacts:
        """Those of a deployment."""
        return cls(settings.contacts, settings.secrets)

    def path_of(self, entry: Entry) -> Path:
        """Where what was split off from an entry lies, if there was anything."""
        return self.path(entry.feed, entry.stem)

    def path(self, feed: str, stem: str) -> Path:
        """Where the contacts of a feed's entry lie."""
        return self.folder / feed / f"{stem}.parquet"

    def files(self, feed: str = "*") -> list[Path]:
        """All of them, or those of one feed; no drafts."""
        return sorted(self.folder.glob(f"{feed}/[!.]*.parquet"))

    def open(self, path: Path, **options: Any) -> pq.ParquetFile:
        """Open a file; ``options`` as of ``pq.ParquetFile``.

        Raises:
            MissingKeyError: the key it was encrypted with is missing.
            ArchiveError: it is damaged.
        """
        return self._open(path, contacts_keys.load(self._secrets), options)

    def read(self, path: Path, columns: Sequence[str] | None = None) -> pa.Table:
        """Read a whole file, or some of its columns."""
        with self.open(path) as file:
            return file.read(columns=list(columns) if columns else None)

    def rows(self, path: Path) -> int:
        """How many rows a file has."""
        with self.open(path) as file:
            return int(file.metadata.num_rows)

    def holds_names(self, path: Path) -> bool:
        """Whether a file has the names of a frame's or register's companies."""
        with self.open(path) as file:
            return bool(file.schema_arrow.names == NAMES.names)

    @contextmanager
    def scan(self, path: Path, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatchReader]:
        """Read a file a batch at a time: what DuckDB takes, once, as a table."""
        with self.open(path) as file:
            names = list(columns or file.schema_arrow.names)
            schema = pa.schema([file.schema_arrow.field(name) for name in names])
            batches = file.iter_batches(batch_size=_ROWS, columns=names)
            yield pa.RecordBatchReader.from_batches(schema, batches)

    @contextmanager
    def draft(self, feed: str, schema: pa.Schema = SCHEMA) -> Iterator[ContactsFile]:
        """Open a draft in the folder of a feed; it is gone afterwards unless it was committed.

        Raises:
            ArchiveError: it cannot be written.
            MissingKeyError: there are encrypted files, and no key.
        """
        folder = self.folder / feed
        draft, file = folder / f"{_DRAFT}{os.getpid()}.parquet", None
        try:
            try:
                folder.mkdir(parents=True, exist_ok=True)
                for path in (self.folder, folder):
                    path.chmod(0o700)
                for leftover in folder.glob(f"{_DRAFT}*"):
                    leftover.unlink()
                file = ContactsFile(folder, draft, schema, self._keys())
            except OSError as problem:
                raise ArchiveError(
                    f"cannot be written: {problem.strerror}",
                    where=str(folder),
                    expected="a folder of this user",
                    fix="correct the rights, then run again; nothing was added",
                ) from problem
            yield file
        finally:
            with suppress(OSError, pa.ArrowException):
                if file is not None:
                    file.close()
            # Also where an interrupt came before there was a file to close.
            with suppress(OSError):
                draft.unlink(missing_ok=True)

    def protect(self) -> Protected:
        """Put rights right, and encrypt what a version before encryption left.

        Raises:
            ArchiveError: something there belongs to another user, or is a link out of the folder.
        """
        corrected = restrict(self.folder)
        plain = [path for path in self.files() if _end(path) == _PLAIN]
        for path in plain:
            self._encrypt(path)
        return Protected(corrected, len(plain))

    def rotate(self) -> Rotated:
        """Encrypt every file with a new key, then retire the others. A killed rotation is ended by the next one.

        A new key counts before the first file is written with it, and an old one goes after the last was: whenever
        it is stopped, every file can be read. What was encrypted with a retired key, such as a copy of a deleted file,
        cannot.

        Raises:
            MissingKeyError, ArchiveError: a file cannot be read; every key stays then.
        """
        keys = self._keys()
        # More than one means that a rotation was begun and not ended.
        if len(keys.keys) == 1:
            keys = contacts_keys.add(self._secrets)
        behind = [path for path in self.files() if not self._is_of(path, keys.newest_alone())]
        for path in behind:
            self._encrypt(path)
        for path in self.files():
            self._open(path, keys.newest_alone(), {}).close()
        retired = [name for name in keys.keys if name != keys.newest]
        contacts_keys.retire(self._secrets)
        return Rotated(keys.newest, tuple(retired), len(behind))

    def _keys(self) -> ContactsKeys:
        """The keys to write with; the first is made here, unless files tell that there was one."""
        keys = contacts_keys.load(self._secrets)
        if keys.keys:
            return keys
        if encrypted := [path for path in self.files() if _end(path) == _ENCRYPTED]:
            raise contacts_keys.lost(encrypted[0], self._secrets)
        return contacts_keys.make(self._secrets)

    def _open(self, path: Path, keys: ContactsKeys, options: Mapping[str, Any]) -> pq.ParquetFile:
        decrypting = keys.decrypting() if _end(path) == _ENCRYPTED else None
        try:
            return pq.ParquetFile(path, decryption_properties=decrypting, **options)
        except KeyError as unknown:
            raise contacts_keys.lost(path, self._secrets, str(unknown.args[0])) from None
        except (pa.ArrowException, OSError, InvalidToken) as damage:
            raise ArchiveError(
                f"it is damaged ({type(damage).__name__})",
                where=str(path),
                expected="a Parquet file as this program wrote it",
                fix="restore it from a backup, or move it away: then its edition counts as one without contacts",
            ) from damage

    def _is_of(self, path: Path, keys: ContactsKeys) -> bool:
        """Whether a file is encrypted with one of these keys."""
        try:
            self._open(path, keys, {}).close()
        except MissingKeyError:
            return False
        return _end(path) == _ENCRYPTED

    def _encrypt(self, path: Path) -> None:
        """Write a file anew with the newest key, in its place."""
        with self.open(path) as before, self.draft(path.parent.name, before.schema_arrow) as file:
            for batch in before.iter_batches(batch_size=_ROWS):
                file.copy(pa.Table.from_batches([batch]))
            file.close()
            file.replace(path)


def _end(path: Path) -> bytes:
    """A file's last four bytes."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 4))
        return file.read()
