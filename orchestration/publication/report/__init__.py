"""The status report. Belongs here: the pages that people read. Does not: any figure that is not a public
table."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb

from orchestration.publication.report.words import LANGUAGES


def write_report(
    connection: duckdb.DuckDBPyConnection, folder: Path, *, released_on: date, number: str = ""
) -> list[Path]:
    """Write ``report.{fr,en}.{html,pdf}`` from the connected database's ``pub_*`` tables.

    ``number`` is that of the release, for the title page.

    Raises:
        ReleaseError: a public table or column is missing, or holds what the report does not know how to show.
    """
    # Altair and Typst: only the process that draws needs them.
    from orchestration.publication.report.page import compose, file_name, render_page  # noqa: PLC0415
    from orchestration.publication.report.pdf import render_pdf  # noqa: PLC0415
    from orchestration.publication.report.tables import read_tables  # noqa: PLC0415

    tables = read_tables(connection)
    written = []
    for language in LANGUAGES:
        report = compose(tables, language, released_on, number)
        page, document = (folder / file_name(language, kind) for kind in ("html", "pdf"))
        page.write_text(render_page(report), encoding="utf-8")
        document.write_bytes(render_pdf(report))
        written += [page, document]
    return written
