"""The status report. Belongs here: the pages that people read. Does not: any figure that is not a public
table."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb

from orchestration.publication.report.page import file_name, render
from orchestration.publication.report.tables import read_tables
from orchestration.publication.report.words import LANGUAGES


def write_report(connection: duckdb.DuckDBPyConnection, folder: Path, *, released_on: date) -> list[Path]:
    """Write ``report.fr.html`` and ``report.en.html`` from the connected database's ``pub_*`` tables.

    Raises:
        ReleaseError: a public table or column is missing, or holds what the report does not know how to show.
    """
    tables = read_tables(connection)
    written = []
    for language in LANGUAGES:
        path = folder / file_name(language)
        path.write_text(render(tables, language, released_on), encoding="utf-8")
        written.append(path)
    return written
