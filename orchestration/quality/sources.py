"""What the suites' SQL can read: archive, codebook, lake, candidate, release, previous and scan.
Belongs here: making those relations in one DuckDB. Does not: what is expected of them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pyarrow as pa

from orchestration import codebook, lake
from orchestration.engine import engine
from orchestration.errors import GateError
from orchestration.quality import release_files
from orchestration.quality.archive_entries import archive_entries, latest_exports
from orchestration.quality.masking import PATTERNS
from orchestration.quality.relations import INTEGER, TEXT, store, table_of
from orchestration.quality.scan import scan_text
from orchestration.sql_text import identifier, literal

_RELEASED = "^(dim|fct|bridge|ind|population|pub)_"
_LARGE = 1_000_000  # rows
_REFERENCE = re.compile(r"\b(archive|codebook|lake|candidate|release|previous|scan)\.([a-z_][a-z0-9_]*)")


@dataclass(frozen=True)
class GateContext:
    """What a gate may look at; a suite that asks for more than is given fails.

    Args:
        archive: the archive folder.
        codebooks: the folder with ``variables.yaml``.
        lake: the lake folder.
        warehouse_file: the candidate DuckDB file, which no one writes to meanwhile.
        release: the folder of a staged release.
        previous: row counts kept by the last release's gates (``previous_rows``); empty before the first.
    """

    archive: Path | None = None
    codebooks: Path | None = None
    lake: Path | None = None
    warehouse_file: Path | None = None
    release: Path | None = None
    previous: Mapping[str, int] = field(default_factory=dict)


def references(sql: str) -> set[tuple[str, str]]:
    """The relations a query reads, as (schema, name); comments do not count."""
    return set(_REFERENCE.findall(re.sub(r"--[^\n]*", "", sql)))


def renamed(sql: str, name_of: Callable[[str, str], str]) -> str:
    """The query with its relations under other names."""
    return _REFERENCE.sub(lambda found: name_of(found[1], found[2]), sql)


def fingerprint(wanted: Iterable[tuple[str, str]], context: GateContext) -> str:
    """The sha256 over the files behind these relations: their names and contents, 64 hex digits."""
    files = {path: root for schema, table in wanted for root, path in _files(schema, table, context)}
    digest = hashlib.sha256()
    for path in sorted(files):
        with path.open("rb") as file:
            content = hashlib.file_digest(file, "sha256").hexdigest()
        digest.update(f"{path.relative_to(files[path]).as_posix()}\0{content}\n".encode())
    return digest.hexdigest()


@contextmanager
def connect() -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB of bounded memory with ``has_email(text)`` and ``has_phone(text)`` for the suites."""
    with engine() as connection:
        for macro, pattern in (("has_email", "e-mail"), ("has_phone", "phone")):
            connection.execute(f"CREATE MACRO {macro}(t) AS regexp_matches(t, {literal(PATTERNS[pattern])})")
        yield connection


def provide(connection: duckdb.DuckDBPyConnection, schema: str, table: str, context: GateContext) -> None:
    """Make ``schema.table`` readable on the connection.

    Raises:
        GateError: the context does not hold it, or there is no relation of that name.
    """
    if schema == "candidate":
        _attach(connection, context)
        return
    connection.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
    if schema == "lake":
        _provide_lake(connection, table, _given(context.lake, schema))
        return
    readers = _readers(connection, schema, context)
    if table not in readers:
        raise GateError(f"there is no {schema}.{table}", expected=f"one of {', '.join(sorted(readers))}")
    store(connection, f"{schema}.{table}", readers[table]())


def _readers(
    connection: duckdb.DuckDBPyConnection, schema: str, context: GateContext
) -> dict[str, Callable[[], pa.Table]]:
    """The relations of a schema, each with what reads it."""
    match schema:
        case "archive":
            return {"entries": lambda: archive_entries(_given(context.archive, schema))}
        case "codebook":
            return {"variables": lambda: _variables(_given(context.codebooks, schema))}
        case "release":
            return {
                table: lambda read=read: read(_given(context.release, schema))  # type: ignore[misc]
                for table, read in release_files.TABLES.items()
            }
        case "scan":
            return {
                "archive": lambda: scan_text(connection, latest_exports(_given(context.archive, "archive"))),
                "candidate": lambda: _scanned(connection, context),
                "public": lambda: scan_text(
                    connection, release_files.public_relations(_given(context.release, "release"))
                ),
            }
    counts = ({"name": counted, "rows": rows} for counted, rows in context.previous.items())
    return {"rows": lambda: table_of({"name": TEXT, "rows": INTEGER}, counts)}


def _provide_lake(connection: duckdb.DuckDBPyConnection, table: str, folder: Path) -> None:
    paths = lake.files(folder, table)
    if not paths:
        raise GateError(
            f"the lake has no table {table}", where=str(folder / table), fix="decode the archive first"
        )
    # One schema a table is the lake's contract, so a file that lacks a column fails here.
    read = f"read_parquet([{', '.join(map(literal, paths))}], hive_partitioning = false)"
    connection.execute(f"CREATE OR REPLACE VIEW lake.{table} AS SELECT * FROM {read}")


def _attach(connection: duckdb.DuckDBPyConnection, context: GateContext) -> None:
    file = _given(context.warehouse_file, "candidate")
    if not file.is_file():
        raise GateError("there is no candidate database", where=str(file), fix="build the models first")
    connection.execute(f"ATTACH IF NOT EXISTS {literal(file)} AS candidate (READ_ONLY)")


def _scanned(connection: duckdb.DuckDBPyConnection, context: GateContext) -> pa.Table:
    """The candidate's tables that a release takes, scanned."""
    _attach(connection, context)
    tables = connection.execute(
        "SELECT table_name, estimated_size > ? FROM duckdb_tables() "
        "WHERE database_name = 'candidate' AND regexp_matches(table_name, ?) ORDER BY table_name",
        [_LARGE, _RELEASED],
    ).fetchall()
    return scan_text(
        connection,
        [(table, f"candidate.{identifier(table)}") for table, _ in tables],
        large=[table for table, is_large in tables if is_large],
    )


def _variables(folder: Path) -> pa.Table:
    """(variable, kind, value_codes) of all canonical variables; kind is code, number, text or date."""
    known = codebook.load_variables(folder / codebook.VARIABLES)
    rows = (
        {
            "variable": variable.name,
            "kind": variable.kind,
            "value_codes": list(variable.values or known.lists.get(variable.values_from or "", ())),
        }
        for variable in known.variables
    )
    return table_of({"variable": TEXT, "kind": TEXT, "value_codes": pa.list_(TEXT)}, rows)


def _files(schema: str, table: str, context: GateContext) -> Iterator[tuple[Path, Path]]:
    """The files behind a relation, each after the folder its name is told from."""
    source = {"scan": "release" if table == "public" else table}.get(schema, schema)
    paths: list[Path] = []
    root = {
        "archive": context.archive,
        "codebook": context.codebooks,
        "lake": context.lake,
        "candidate": context.warehouse_file and context.warehouse_file.parent,
        "release": context.release,
    }.get(source)
    if root is None:
        return
    match source:
        case "archive":
            # A sidecar holds the sha256 of its data.
            paths = list(root.glob("*/*/*.json"))
        case "codebook":
            paths = [root / codebook.VARIABLES]
        case "lake":
            paths = lake.files(root, table)
        case "candidate" if context.warehouse_file:
            paths = [context.warehouse_file]
        case "release":
            paths = release_files.released(root)
    yield from ((root, path) for path in paths if path.is_file())


def _given(path: Path | None, what: str) -> Path:
    if path is None:
        raise GateError(f"no {what} was given to look at")
    return path
