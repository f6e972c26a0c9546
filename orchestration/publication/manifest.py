"""A release's manifest. Belongs here: what a release says of itself, and how its files are hashed. Does not:
making or moving the files."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from orchestration.errors import ReleaseError
from orchestration.provenance import Input

MANIFEST = "MANIFEST.json"
SCHEMA_VERSION = 1
COVERED = (
    f"Every file but {MANIFEST}, *.duckdb and the bill of materials (*.cdx.json), with the date and number of the "
    "release inside pages and metadata left blank, and of a PDF the hash of what it is made from, which it names: the "
    "same inputs and code give the same content_hash on another day and machine, after the same release."
)

# Where the date or number of a release stands, by the ending of the file: what is replaced, and what stays of it.
_IN_JSON = re.compile(
    rb'("(?:created|datePublished)": "|"dct:issued": \{\s*"@type": "xsd:date",\s*"@value": ")[^"]*'
)
_RELEASE_DATES = {
    ".html": (
        re.compile(rb'(<(?:time class="release-date"|span class="release-number"))[^>]*>[^<]*(?=</)'),
        rb"\1>",
    ),
    ".json": (_IN_JSON, rb"\1"),
    ".jsonld": (_IN_JSON, rb"\1"),
    ".cff": (re.compile(rb"^(date-released: ).*$", re.MULTILINE), rb"\1"),
}
# DuckDB's blocks differ from run to run; the bill of materials tells of a machine, not of the content.
_LEFT_OUT = (".duckdb", ".cdx.json")
# The release date cannot be blanked within a PDF, whose drawing it changes (report/pdf.py).
_PDF_SOURCE = re.compile(rb"source:([0-9a-f]{64})")


@dataclass(frozen=True)
class GateResult:
    """What one gate found, as a release keeps it.

    Args:
        gate: its name.
        run_id: the run it was evaluated in.
        passed: whether all it expects holds.
        subject_hash: hash of what it looked at; of the release gate, the candidate's content hash.
        expectations: how many were demanded; a gate that expects nothing proves nothing.
        failures: how many do not hold.
        rows: row counts, for the next run's gates to compare with.
    """

    gate: str
    run_id: str
    passed: bool
    subject_hash: str
    expectations: int
    failures: int = 0
    rows: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class EditionState:
    """An edition in the release."""

    edition: str
    year: int | None
    status: str | None
    simulated: bool


@dataclass(frozen=True)
class TableState:
    """A table in the release: its size and column names."""

    rows: int
    columns: tuple[str, ...]


@dataclass(frozen=True)
class FileState:
    """A file's sha256, size in bytes, and the hash that counts for the content (null: left out of it)."""

    sha256: str
    bytes: int
    content_sha256: str | None


@dataclass(frozen=True)
class Manifest:
    """All that ``MANIFEST.json`` holds; ``gates`` is empty until the release is published.

    ``id`` is the number that its pages name, null where they name none yet.

    ``embargo_until``: ISO 8601 with an offset; before it, ``public/`` is for the house alone. ``code_parts`` splits
    ``code_version`` into method, reference and the other code. ``engine`` built the marts (``spark 4.1.0``); releases
    made before it was noted have none.
    """

    created_at: str
    run_id: str
    content_hash: str
    fingerprint: str
    code_version: str
    packages: Mapping[str, str]
    inputs: tuple[Input, ...]
    editions: tuple[EditionState, ...]
    tables: Mapping[str, TableState]
    files: Mapping[str, FileState]
    gates: tuple[GateResult, ...] = ()
    id: str | None = None
    embargo_until: str | None = None
    code_parts: Mapping[str, str] = field(default_factory=dict)
    engine: str | None = None
    content_hash_covers: str = COVERED
    schema_version: int = field(default=SCHEMA_VERSION)

    @property
    def simulated_editions(self) -> tuple[str, ...]:
        """The editions made by the simulator."""
        return tuple(edition.edition for edition in self.editions if edition.simulated)

    @property
    def bytes(self) -> int:
        """Size of all files but the manifest."""
        return sum(file.bytes for file in self.files.values())

    def as_json(self) -> dict[str, Any]:
        """The manifest as plain values."""
        return {**asdict(self), "simulated_editions": list(self.simulated_editions)}

    def write(self, folder: Path) -> None:
        """Write ``MANIFEST.json`` in one step, so that a killed run leaves none or a whole one."""
        text = json.dumps(self.as_json(), indent=1, sort_keys=True, ensure_ascii=False)
        fresh = folder / f".{MANIFEST}"
        fresh.write_text(text + "\n", encoding="utf-8")
        fresh.replace(folder / MANIFEST)


_adapter = TypeAdapter(Manifest)


class NewerReleaseError(ReleaseError):
    """A release that a newer version made: sound, for all that this version can tell."""


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a release or a candidate. Raises ReleaseError where it is missing, no manifest, or of a newer
    schema than this version knows."""
    path = folder / MANIFEST
    try:
        if (version := stated_version(folder)) > SCHEMA_VERSION:
            raise NewerReleaseError(
                f"this release has schema {version}: a newer Skills Bank made it",
                where=str(path),
                expected=f"schema {SCHEMA_VERSION} or older",
                fix="use the version of Skills Bank that made it, or a newer one (docs/operations.md, 'Upgrade')",
            )
        return _adapter.validate_json(path.read_bytes())
    except FileNotFoundError:
        raise ReleaseError(
            "there is no manifest, so this is no release",
            where=str(path),
            fix="name one that `skillsbank releases list` shows",
        ) from None
    except (ValidationError, OSError) as error:
        first = str(error).splitlines()[0]
        raise ReleaseError(
            f"the manifest cannot be read ({first})",
            where=str(path),
            fix="roll back to a sound release with `skillsbank releases rollback`",
        ) from error


def stated_version(folder: Path) -> int:
    """The schema version that a release's manifest states, whatever else is in it; 0 where it states none."""
    try:
        return int(json.loads((folder / MANIFEST).read_bytes())["schema_version"])
    except (OSError, ValueError, TypeError, KeyError):
        return 0


def sha256(path: Path) -> str:
    """The sha256 of a file's bytes, 64 hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def hash_file(path: Path) -> FileState:
    """A file's hashes: of its bytes, and of its content, in which a release date is blank."""
    if path.is_symlink():
        return FileState("a link, not a file", 0, None)
    plain = sha256(path)
    content: str | None = plain
    if path.name.endswith(_LEFT_OUT):
        content = None
    elif path.suffix == ".pdf" and (source := _PDF_SOURCE.search(path.read_bytes())):
        content = source[1].decode()
    elif path.suffix in _RELEASE_DATES:
        date, blank = _RELEASE_DATES[path.suffix]
        content = hashlib.sha256(date.sub(blank, path.read_bytes())).hexdigest()
    return FileState(plain, path.stat().st_size, content)


def hash_files(folder: Path) -> dict[str, FileState]:
    """The state of every file of a release folder but its manifest, by relative path, sorted."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file() or path.is_symlink())
    names = ((path.relative_to(folder).as_posix(), path) for path in paths)
    return {name: hash_file(path) for name, path in names if name != MANIFEST}


def content_hash(files: Mapping[str, FileState]) -> str:
    """One hash over the deterministic contents of a release: 64 hex digits."""
    lines = sorted(f"{name}\0{file.content_sha256 or ''}\n" for name, file in files.items())
    return hashlib.sha256("".join(lines).encode()).hexdigest()
