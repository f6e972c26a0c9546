"""The open data pack: the public tables in the formats of their users, and what describes them. Belongs here: writing
all of it at once; a format a module. Does not: the tables' CSV and Parquet files (export.py), the report."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import duckdb

from orchestration.publication.candidate import PUBLIC
from orchestration.publication.descriptor import DATA_PACKAGE
from orchestration.publication.dictionary import Table
from orchestration.publication.manifest import GateResult, Manifest
from orchestration.publication.pack import bill_of_materials, catalogues, citation, csvw, data_package
from orchestration.publication.pack.content import WORKBOOK, Content
from orchestration.publication.pack.dbt_docs import write_dbt_docs
from orchestration.publication.pack.gates import write_gates
from orchestration.publication.pack.lineage import write_lineage
from orchestration.publication.pack.revisions import FILE as REVISIONS
from orchestration.publication.pack.revisions import write_revisions
from orchestration.publication.pack.workbook import write_workbook
from orchestration.publication.report.words import LANGUAGES

PACK_FILES = frozenset(
    {
        WORKBOOK, DATA_PACKAGE, csvw.FILE, catalogues.DCAT, catalogues.CROISSANT, citation.LICENCE_FILE,
        citation.CITATION_FILE, REVISIONS,
        *(f"{page}.{language}.html" for page in ("gates", "revisions") for language in LANGUAGES),
    }
)  # fmt: skip
"""The files that the pack adds to ``public/``."""


def write_pack(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    manifest: Manifest,
    tables: list[Table],
    *,
    gates: Iterable[GateResult],
    previous: Path | None,
) -> None:
    """Write the pack into a candidate whose public tables lie there as CSV and Parquet.

    Args:
        connection: on the candidate's database.
        folder: the candidate's.
        manifest: what is known of the release so far: its editions, date, and what it is made from.
        tables: the public tables.
        gates: what the gates that ran before found.
        previous: the folder of the release that this one will replace.

    Raises ReleaseError where a format cannot hold the tables.
    """
    released_on = datetime.fromisoformat(manifest.created_at).date()
    keys = {name for table in tables for name in table.key}
    blank = [
        (table.name, column.name)
        for table in tables
        for column in table.columns
        if column.name in keys
        and connection.execute(
            f'SELECT 1 FROM "{table.name}" WHERE "{column.name}" IS NULL LIMIT 1'
        ).fetchone()
    ]
    content = Content(folder / PUBLIC, tables, manifest.editions, released_on, blank)
    for name, described in (
        (DATA_PACKAGE, data_package.data_package(content)),
        (csvw.FILE, csvw.csvw(content)),
        (catalogues.DCAT, catalogues.dcat(content)),
        (catalogues.CROISSANT, catalogues.croissant(content)),
    ):
        _write(folder / PUBLIC / name, json.dumps(described, indent=1, ensure_ascii=False) + "\n")
    _write(folder / PUBLIC / citation.LICENCE_FILE, citation.licence_note(content))
    _write(folder / PUBLIC / citation.CITATION_FILE, citation.citation(content))
    write_workbook(connection, content)
    write_revisions(connection, content, manifest, previous)
    write_gates(content, gates)


def write_makings(folder: Path, dbt_manifest: Path) -> None:
    """Write into the folder what tells how a release was made: its software, its lineage, and dbt's own page.

    Raises ReleaseError where dbt's manifest cannot be read.
    """
    _write(folder / bill_of_materials.FILE, bill_of_materials.bill_of_materials())
    write_lineage(dbt_manifest, folder)
    write_dbt_docs(dbt_manifest, folder)


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
