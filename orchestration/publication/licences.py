"""Sources and licences. Belongs here: the sources that columns name, and the licence that follows for each
column. Does not: which licences a public release may hold (expectations/release.json)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from orchestration.errors import ReleaseError

SOURCES = Path(__file__).with_name("sources.yaml")
INTERNAL = "internal"
"""What a column is marked with that never leaves the house, whatever its source allows."""


class Source(BaseModel):
    """Where columns come from: what it is, its licence (SPDX code in small letters), whom to name."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    description: str = Field(min_length=1)
    licence: str = Field(min_length=1)
    attribution: str = Field(min_length=1)


_LIST = TypeAdapter(dict[str, Source])


def read_sources(path: Path = SOURCES) -> dict[str, Source]:
    """The known sources by code. Raises ReleaseError where the list cannot be read."""
    try:
        return _LIST.validate_python(yaml.safe_load(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        first = error.errors()[0]
        fault = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    except (OSError, yaml.YAMLError) as error:
        fault = " ".join(str(error).split())
    raise ReleaseError(
        f"the list of sources cannot be read ({fault})",
        where=str(path),
        expected="description, licence and attribution of each source",
        fix="mend the file: without it no column has a licence, and nothing is published",
    )


def licence_of(source: str, declared: str, sources: Mapping[str, Source]) -> str:
    """The licence of a column, empty where its source is unknown.

    It is the source's, unless the column is marked ``internal``. Another licence declared on the column does
    not lift the source's: both hold (SPDX's ``AND``).
    """
    known = sources.get(source)
    if known is None:
        return ""
    if declared == INTERNAL:
        return INTERNAL
    return known.licence if declared in ("", known.licence) else f"{known.licence} AND {declared}"
