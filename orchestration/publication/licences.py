"""Sources and licences. Belongs here: the sources that columns name, partners' among them, and the licence that follows
for each column. Does not: which licences a public release may hold (expectations/release.json)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from orchestration.collection.partners.contract import Contract, load_all
from orchestration.errors import PartnerFileError, ReleaseError
from orchestration.settings import Settings

SOURCES = Path(__file__).with_name("sources.yaml")
INTERNAL = "internal"
"""What a column is marked with that never leaves the house, whatever its source allows; a contract too."""
NOT_PUBLIC = "no-redistribution"
"""The licence of a source whose data may not be passed on."""


class Source(BaseModel):
    """Where columns come from: what it is, its licence (SPDX code in small letters), whom to name."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    description: str = Field(min_length=1)
    licence: str = Field(min_length=1)
    attribution: str = Field(min_length=1)


_LIST = TypeAdapter(dict[str, Source])


def read_sources(path: Path = SOURCES, contracts: Path | None = None) -> dict[str, Source]:
    """The known sources by code: those of the list, and those of the partners' contracts (the settings' folder).

    Raises:
        ReleaseError: the list or a contract cannot be read, or two of them say different things of one source.
    """
    sources = _listed(path)
    try:
        partners = load_all(contracts or Settings().contracts)
    except PartnerFileError as fault:
        raise ReleaseError(
            fault.problem, where=fault.where, expected=fault.expected, fix=fault.fix
        ) from fault
    for contract in partners:
        told = _of(contract)
        if sources.setdefault(contract.source, told) != told:
            raise ReleaseError(
                f"the source '{contract.source}' of the partner '{contract.partner}' is described twice",
                where=str(path),
                expected="one description, licence and attribution of a source",
                fix="name another 'source' in the contract, or say the same in both",
            )
        if contract.statistics:
            sources[f"{contract.source}_statistics"] = Source(
                description=f"Counts made from: {told.description}, by the terms in the partner's contract",
                licence=contract.statistics.licence,
                attribution=f"{told.attribution}, counted by Skills Bank",
            )
    return sources


def _of(contract: Contract) -> Source:
    licence = NOT_PUBLIC if contract.licence == INTERNAL else contract.licence
    named = contract.attribution or contract.publisher[:1].upper() + contract.publisher[1:]
    return Source(description=contract.title, licence=licence, attribution=named)


def _listed(path: Path) -> dict[str, Source]:
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
