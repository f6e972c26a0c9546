"""Sources and licences. Belongs here: the sources that columns name, and the licence that follows for each
column. Does not: which licences a public release may hold (expectations/release.json)."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from orchestration.errors import ReleaseError
from orchestration.settings import PROJECT

SOURCES = PROJECT / "dbt_project" / "seeds" / "sources.csv"
INTERNAL = "internal"
"""What a column is marked with that never leaves the house, whatever its source allows."""


@dataclass(frozen=True)
class Source:
    """Where columns come from: its code, what it is, its licence (SPDX, in small letters), whom to name."""

    source: str
    description: str
    licence: str
    attribution: str


def read_sources(path: Path = SOURCES) -> dict[str, Source]:
    """The known sources by code. Raises ReleaseError where the list cannot be read."""
    names = [field.name for field in fields(Source)]
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return {
                row["source"]: Source(**{name: row[name] for name in names}) for row in csv.DictReader(file)
            }
    except (OSError, KeyError) as error:
        raise ReleaseError(
            f"the list of sources cannot be read ({error})",
            where=str(path),
            expected=f"a CSV file with the columns {', '.join(names)}",
            fix="restore the file: without it no column has a licence, and nothing is published",
        ) from error


def licence_of(source: str, declared: str, sources: Mapping[str, Source]) -> str:
    """The licence of a column, empty where its source is unknown.

    It is the source's, unless the column is marked ``internal``. Another licence declared on the column does
    not lift the source's: both hold (SPDX's ``AND``).
    """
    known = sources.get(source)
    if known is None or not known.licence:
        return ""
    if declared == INTERNAL:
        return INTERNAL
    return known.licence if declared in ("", known.licence) else f"{known.licence} AND {declared}"
