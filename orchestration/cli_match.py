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


_PROFILE = "A company that is described"
_HEAVIEST = 100


def match(  # noqa: PLR0917
    territory: Annotated[
        str | None,
        typer.Option(help="A territory: its code (ti-3202) or name; or where a described company is."),
    ] = None,
    company_key: Annotated[
        str | None, typer.Option(help="A company: its key, or the beginning of it. Internal.")
    ] = None,
    institution: Annotated[str | None, typer.Option(help="An institution: its code or name.")] = None,
    need: Annotated[
        list[str] | None,
        typer.Option(
            metavar="CODE[=WEIGHT]",
            help="What it needs: a competence's code or label, with a weight if not 1; repeat for several. "
            "None: the needs of companies like it.",
            rich_help_panel=_PROFILE,
        ),
    ] = None,
    commune: Annotated[
        str | None, typer.Option(help="Where it is: the commune's code or name.", rich_help_panel=_PROFILE)
    ] = None,
    size_class: Annotated[
        str | None,
        typer.Option(help="Its size class, such as 10-49, where no need is told.", rich_help_panel=_PROFILE),
    ] = None,
    sector: Annotated[
        str | None,
        typer.Option(help="Its sector (B, C, D, E), where no need is told.", rich_help_panel=_PROFILE),
    ] = None,
    edition: Annotated[
        str | None, typer.Option(help="Whose answers tell the needs; the latest if none.")
    ] = None,
    format: Annotated[Format, typer.Option(help="table (the first rows), csv or json (all).")] = Format.table,
    output: Annotated[Path | None, typer.Option(help="A file to write instead of the screen.")] = None,
) -> None:
    """Recommend training, offers to label and opportunities to a territory, a company or an institution.

    A company without a key is described by its needs, its commune or territory, its size class and its sector. Reads
    the current release. docs/matching.md has the formula and its limits.
    """
    from orchestration import matching  # noqa: PLC0415
    from orchestration.matching.model import Profile, SubjectKind  # noqa: PLC0415
    from orchestration.publication.query import sink  # noqa: PLC0415

    asked: dict[SubjectKind, str | Profile | None] = {
        "territory": territory,
        "company": company_key,
        "institution": institution,
    }
    if need or any(one is not None for one in (commune, size_class, sector)):
        if commune is not None and territory is not None:
            raise typer.BadParameter("a company is in one place: give --commune or --territory")
        if need and edition is not None:
            raise typer.BadParameter("needs that are told with --need come from no edition")
        told = dict(_need(one) for one in need or ())
        asked |= {"territory": None, "profile": Profile(told, commune, territory, size_class, sector)}
    named = [(kind, name) for kind, name in asked.items() if name is not None]
    if len(named) != 1:
        raise typer.BadParameter(
            "name one of --territory, --company-key and --institution, or describe a company (--need, --commune, "
            "--size-class, --sector)"
        )
    ((kind, name),) = named
    found = matching.match(Settings().releases, kind, name, edition)
    with sink(output) as file:
        matching.write(found, format.value, file)


def _need(text: str) -> tuple[str, float]:
    """A code or label, and the weight behind its last ``=``; 1 where there is none."""
    name, sign, weight = text.rpartition("=")
    if not sign:
        return text, 1.0
    try:
        number = float(weight)
    except ValueError:
        number = 0.0
    if not 0 < number <= _HEAVIEST:
        raise typer.BadParameter(
            f"'{weight}' is no weight: a number above 0, up to {_HEAVIEST}", param_hint="--need"
        )
    return name, number
