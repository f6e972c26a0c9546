"""The status report. Belongs here: the pages that people read. Does not: any figure that is not a public
table."""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path

import duckdb

from orchestration.publication.report.page import compose, file_name, render_page
from orchestration.publication.report.pdf import render_pdf
from orchestration.publication.report.tables import read_tables
from orchestration.publication.report.words import LANGUAGES

_NUMBER = 8


def write_report(connection: duckdb.DuckDBPyConnection, folder: Path, *, released_on: date) -> list[Path]:
    """Write ``report.{fr,en}.{html,pdf}`` from the connected database's ``pub_*`` tables.

    The number on the title page is taken from the public CSV files that lie in the folder.

    Raises:
        ReleaseError: a public table or column is missing, or holds what the report does not know how to show.
    """
    tables, number = read_tables(connection), _number(folder)
    written = []
    for language in LANGUAGES:
        report = compose(tables, language, released_on, number)
        page, document = (folder / file_name(language, kind) for kind in ("html", "pdf"))
        page.write_text(render_page(report), encoding="utf-8")
        document.write_bytes(render_pdf(report))
        written += [page, document]
    return written


def _number(folder: Path) -> str:
    """The first digits of a hash over the public tables: the id of a release is given only when it is published, and
    the same figures must give the same pages."""
    digest = hashlib.sha256()
    for path in sorted(folder.glob("pub_*.csv")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:_NUMBER]
