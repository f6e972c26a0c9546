"""The command `skillsbank match`. Belongs here: its arguments and where it prints. Does not: any work of its own,
or other commands (cli.py)."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from orchestration.settings import Settings


class Format(StrEnum):
    """How a match is written."""

    table = "table"
    csv = "csv"
    json = "json"


def match(  # noqa: PLR0917
    territory: Annotated[str | None, typer.Option(help="A territory: its code (ti-3202) or name.")] = None,
    company_key: Annotated[
        str | None, typer.Option(help="A company: its key, or the beginning of it. Internal.")
    ] = None,
    institution: Annotated[str | None, typer.Option(help="An institution: its code or name.")] = None,
    edition: Annotated[
        str | None, typer.Option(help="Whose answers tell the needs; the latest if none.")
    ] = None,
    format: Annotated[Format, typer.Option(help="table (the first rows), csv or json (all).")] = Format.table,
    output: Annotated[Path | None, typer.Option(help="A file to write instead of the screen.")] = None,
) -> None:
    """Recommend training, offers to label and opportunities to a territory, a company or an institution.

    Reads the current release. docs/matching.md has the formula and its limits.
    """
    from orchestration import matching  # noqa: PLC0415
    from orchestration.publication.query import sink  # noqa: PLC0415

    asked = {"territory": territory, "company": company_key, "institution": institution}
    named = [(kind, name) for kind, name in asked.items() if name is not None]
    if len(named) != 1:
        raise typer.BadParameter("name one of --territory, --company-key and --institution")
    ((kind, name),) = named
    found = matching.match(Settings().releases, kind, name, edition)  # type: ignore[arg-type]
    with sink(output) as file:
        matching.write(found, format.value, file)
