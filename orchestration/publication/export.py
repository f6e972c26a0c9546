"""Filling a release candidate. Belongs here: exporting the marts and writing the pages that go with them.
Does not: judging or publishing it."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path

import duckdb

from orchestration.engine import engine
from orchestration.errors import ReleaseError
from orchestration.provenance import Input, engine_version, fingerprint, package_versions
from orchestration.publication.candidate import (
    DATABASE,
    INTERNAL,
    KNOWLEDGE,
    PUBLIC,
    PUBLIC_PREFIX,
    Candidate,
)
from orchestration.publication.dictionary import (
    Description,
    Table,
    describe_tables,
    read_descriptions,
    read_questions,
    write_dictionary,
)
from orchestration.publication.disk import candidate_or_nothing, size_of
from orchestration.publication.explorer import write_explorer
from orchestration.publication.manifest import (
    MANIFEST,
    EditionState,
    GateResult,
    Manifest,
    TableState,
    content_hash,
    hash_files,
)
from orchestration.publication.numbering import next_id
from orchestration.publication.pack import write_makings, write_pack
from orchestration.publication.quality_report import write_quality_report
from orchestration.publication.report import write_report
from orchestration.second_process import Start
from orchestration.settings import Engine
from orchestration.sql_text import identifier, literal

PREFIXES = ("dim_", "fct_", "bridge_", "ind_", "population_", PUBLIC_PREFIX)
# The oldest format DuckDB 2 writes; every 1.x client opens it as long as no table in it has a key constraint.
_STORAGE = "v1.0.0"


def build_candidate(
    warehouse: Path,
    folder: Path,
    *,
    knowledge: Path,
    inputs: Iterable[Input],
    code: str,
    run_id: str,
    dbt_manifest: Path,
    built_on: Engine,
    created_at: datetime | None = None,
    code_parts: Mapping[str, str] | None = None,
    gates: Iterable[GateResult] = (),
    start: Start = partial,
) -> Candidate:
    """Export the marts of a candidate database into a staged release.

    Args:
        warehouse: the DuckDB file that dbt has built; only the tables named in PREFIXES are taken.
        folder: ``candidate_folder(releases, run_id)``; what a killed run left there is removed.
        knowledge: the folder of what this release and those before it tell, which the next is protected against.
        inputs: the archive entries that went in.
        code: ``provenance.code_version(settings)``.
        dbt_manifest: dbt's ``manifest.json``, for the descriptions.
        built_on: the engine that built the marts.
        created_at: the release date (default: now).
        code_parts: ``provenance.code_parts(settings)``: the code version by what the code is for.
        gates: what the gates that have run found, for the page about them.
        start: where the pages are written while the rest is.

    Raises:
        ReleaseError: no mart, two marts of one name, no word on which edition is simulated, or a full disk.
            The staged folder is gone then.
    """
    moment = (created_at or datetime.now(UTC)).astimezone(UTC)
    descriptions = read_descriptions(dbt_manifest)
    shutil.rmtree(folder, ignore_errors=True)
    previous = (folder.parent / "current").resolve()
    number = next_id(folder.parent, moment)
    needed = max(size_of(warehouse) + size_of(knowledge), size_of(previous))
    entries = tuple(sorted(set(inputs)))
    with candidate_or_nothing(folder, needed):
        folder.mkdir(parents=True, mode=0o700)  # What is staged is nobody's business, an embargo or not.
        (folder / INTERNAL).mkdir()
        (folder / PUBLIC).mkdir()
        shutil.copytree(knowledge, folder / KNOWLEDGE)
        with engine(keeps_order=True) as connection:
            marts = _attach(connection, warehouse, folder / DATABASE)
            # What the pages are made from comes first, so that they are written while the rest is.
            _export(connection, {name: marts[name] for name in marts if _is_public(name)}, folder)
            pages = start(_pages, folder / PUBLIC, moment.date(), number)
            _export(connection, {name: marts[name] for name in marts if not _is_public(name)}, folder)
            tables = _described(connection, marts, descriptions)
            _reopen(connection, folder / DATABASE)
            editions = _editions(connection, warehouse)
            questions = read_questions(connection)
            write_dictionary(tables, questions, folder / INTERNAL)
            public = [table for table in tables if _is_public(table.name)]
            write_dictionary(public, questions, folder / PUBLIC)
            draft = Manifest(
                created_at=moment.isoformat(timespec="seconds"),
                run_id=run_id,
                content_hash="",
                fingerprint=fingerprint(entries, code, built_on),
                code_version=code,
                code_parts=code_parts or {},
                engine=engine_version(built_on),
                packages=package_versions(built_on),
                inputs=entries,
                editions=editions,
                tables={t.name: TableState(t.rows, tuple(c.name for c in t.columns)) for t in tables},
                files={},
                id=number,
            )
            write_pack(
                connection,
                folder,
                draft,
                public,
                gates=gates,
                previous=previous if (previous / MANIFEST).is_file() else None,
            )
            write_quality_report(connection, folder / PUBLIC, released_on=moment.date())
        write_makings(folder / INTERNAL, dbt_manifest)
        pages()
        files = hash_files(folder)
        manifest = replace(draft, files=files, content_hash=content_hash(files))
        manifest.write(folder)
    return Candidate(folder, manifest)


def _attach(connection: duckdb.DuckDBPyConnection, warehouse: Path, database: Path) -> dict[str, str]:
    """The marts of the candidate database, name → schema; the release database, empty, is the one in use."""
    connection.execute(f"ATTACH {literal(warehouse)} AS warehouse (READ_ONLY)")
    connection.execute(f"ATTACH {literal(database)} AS release (STORAGE_VERSION '{_STORAGE}')")
    marts = _marts(connection, warehouse)
    connection.execute("USE release")
    return marts


def _is_public(table: str) -> bool:
    return table.startswith(PUBLIC_PREFIX)


def _export(connection: duckdb.DuckDBPyConnection, marts: Mapping[str, str], folder: Path) -> None:
    """Copy marts, ordered by their columns (keys first), into the release database, Parquet and CSV."""
    for name, schema in marts.items():
        connection.execute(
            f'CREATE TABLE "{name}" AS SELECT * FROM warehouse."{schema}"."{name}" ORDER BY ALL'
        )
        _copy(connection, name, folder / INTERNAL / f"{name}.parquet", "FORMAT parquet, COMPRESSION zstd")
        if _is_public(name):
            _copy(connection, name, folder / PUBLIC / f"{name}.parquet", "FORMAT parquet, COMPRESSION zstd")
            _copy(connection, name, folder / PUBLIC / f"{name}.csv", "FORMAT csv, HEADER")


def _described(
    connection: duckdb.DuckDBPyConnection, marts: Iterable[str], descriptions: Mapping[str, Description]
) -> list[Table]:
    """The release database's tables, which hold their descriptions from now on."""
    tables = describe_tables(connection, marts, descriptions)
    connection.begin()  # one commit for all: each would be synced to the disk
    for table in tables:
        _comment(connection, f'TABLE "{table.name}"', table.description)
        for column in table.columns:
            _comment(connection, f'COLUMN "{table.name}"."{column.name}"', column.description)
    connection.commit()
    return tables


def _reopen(connection: duckdb.DuckDBPyConnection, database: Path) -> None:
    """Have all that was written on the disk, and the release database open for reading."""
    connection.execute("USE memory")
    connection.execute("DETACH release")
    connection.execute(f"ATTACH {literal(database)} AS release (READ_ONLY)")
    connection.execute("USE release")


def _pages(folder: Path, released_on: date, number: str) -> None:
    """Write the pages that tell no more than the public tables, from these as they lie in the folder."""
    with engine(keeps_order=True) as connection:
        for file in sorted(folder.glob("*.parquet")):
            connection.execute(
                f"CREATE VIEW {identifier(file.stem)} AS SELECT * FROM read_parquet({literal(file)})"
            )
        write_report(connection, folder, released_on=released_on, number=number)
        write_explorer(connection, folder, released_on=released_on)


def _marts(connection: duckdb.DuckDBPyConnection, warehouse: Path) -> dict[str, str]:
    """Name → schema of the tables to release, sorted by name."""
    rows = connection.execute(
        "SELECT table_name, table_schema FROM information_schema.tables "
        "WHERE table_catalog = 'warehouse' ORDER BY ALL"
    ).fetchall()
    found = [(name, schema) for name, schema in rows if name.startswith(PREFIXES)]
    names = [name for name, _ in found]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice or not found:
        raise ReleaseError(
            f"two schemas hold a mart named {twice[0]}" if twice else "the candidate database holds no mart",
            where=str(warehouse),
            expected=f"tables named {', '.join(PREFIXES)}..., each once",
            fix="run `dbt build` on this database first",
        )
    return dict(found)


def _editions(connection: duckdb.DuckDBPyConnection, warehouse: Path) -> tuple[EditionState, ...]:
    """The editions in the release: whether they are simulated must be known, or nothing is released."""
    try:
        rows = connection.execute(
            "SELECT edition, year, status, is_simulated FROM dim_edition ORDER BY edition"
        ).fetchall()
    except (duckdb.CatalogException, duckdb.BinderException) as error:
        raise ReleaseError(
            f"the editions cannot be told ({str(error).splitlines()[0]})",
            where=f"{warehouse}, dim_edition",
            expected="a table dim_edition with edition, year, status, is_simulated",
        ) from error
    if unknown := [edition for edition, _, _, simulated in rows if simulated is None]:
        raise ReleaseError(
            f"it is unknown whether {unknown[0]} is simulated",
            where=f"{warehouse}, dim_edition",
            expected="true or false in is_simulated",
            fix="say `simulated: true` or `simulated: false` in its codebook",
        )
    return tuple(EditionState(*row) for row in rows)


def _copy(connection: duckdb.DuckDBPyConnection, table: str, path: Path, options: str) -> None:
    connection.execute(f'COPY "{table}" TO {literal(path)} ({options})')


def _comment(connection: duckdb.DuckDBPyConnection, what: str, comment: str) -> None:
    if comment:
        connection.execute(f"COMMENT ON {what} IS {literal(comment)}")
