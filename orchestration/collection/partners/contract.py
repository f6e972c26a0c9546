"""What a partner promises, typed. Belongs here: the models of contract.yaml, and finding them. Does not: reading a
partner's files."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Literal

import pyarrow as pa
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from orchestration.codebook.loading import read_model
from orchestration.errors import CodebookError, PartnerFileError

FILE = "contract.yaml"
KEY = "company_key"

Kind = Literal[
    "text", "code", "codes", "integer", "decimal", "flag", "day", "commune", "naf", "siren", "siret"
]
Format = Literal["csv", "xlsx"]
Frequency = Literal["week", "month", "quarter", "year"]
DAYS: dict[Frequency, int] = {"week": 7, "month": 31, "quarter": 92, "year": 366}

_ARROW: dict[Kind, pa.DataType] = {
    "integer": pa.int64(), "decimal": pa.float64(), "flag": pa.bool_(), "day": pa.date32(),
}  # fmt: skip


def _regex(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as fault:
        raise ValueError(
            f"'{pattern}' is no regular expression ({fault})", "one of Python's, such as BE\\d\\d"
        ) from None
    return pattern


Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
Text = Annotated[str, StringConstraints(min_length=1)]
Regex = Annotated[str, StringConstraints(min_length=1), AfterValidator(_regex)]
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{12,64}$")]


class _Model(BaseModel):
    """Frozen, and closed to unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Column(_Model):
    """A column of a feed.

    ``headings`` are regular expressions for what a partner may call it, besides its own name: yearly files change
    them. ``optional``: a file may lack it. ``filled``: a row without a right value is no row. ``values`` maps a
    partner's words to ours; ``form`` is what a code looks like.
    """

    name: Name
    kind: Kind = "text"
    headings: tuple[Regex, ...] = ()
    optional: bool = False
    filled: bool = False
    values: dict[Text, Text] | None = None
    form: Regex | None = None
    description: Text

    @property
    def lake_type(self) -> pa.DataType:
        """How the lake holds it."""
        return _ARROW.get(self.kind, pa.string())

    @property
    def is_number_of_company(self) -> bool:
        """Whether the file holds a SIREN or SIRET here, which never goes further."""
        return self.kind in {"siren", "siret"}


class Accepted(_Model):
    """A file that is right although it looks wrong, by the first digits of its sha256."""

    sha256: Digest
    reason: Text


class Feed(_Model):
    """One table that a partner gives.

    A file is found by its name (``files``, as in a shell). ``member`` is the file in a zip, ``sheet`` that of a
    workbook, both regular expressions; one of them, or ``files``, may hold a group: the file's vintage.
    ``missing`` are marks for "not told", which become null and never zero. ``period`` makes the feed grow: a
    period's rows stay until a later file has that period. ``least_share`` of the last good file's rows must be
    there, and no more than ``wrong_share`` of the rows wrong in any column.
    """

    table: Name
    description: Text
    files: Text
    format: Format
    encoding: Literal["utf-8", "cp1252"] = "utf-8"
    separator: Literal[";", ",", "\t", "|"] = ";"
    member: Regex | None = None
    sheet: Regex | None = None
    decimal: Literal[".", ","] = "."
    missing: tuple[Text, ...] = ()
    every: Frequency
    grace_days: int = Field(default=14, ge=0)
    key: tuple[Name, ...] = Field(min_length=1)
    period: Name | None = None
    vintage: Regex | None = None
    # Observed on the simulated deliveries: 1 from one to the next. A fifth lost is a file that was cut off.
    least_share: float = Field(default=0.8, ge=0, le=1)
    # Observed: 0 in our own templates, 1 % of SIREN in lists that people type. One in twenty is another format.
    wrong_share: float = Field(default=0.05, ge=0, le=1)
    ignored: tuple[Regex, ...] = ()
    accepted: tuple[Accepted, ...] = ()
    columns: tuple[Column, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _agrees(self) -> Feed:
        names = [column.name for column in self.columns]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"the column '{name}' of '{self.table}' stands twice", "each column once")
        for name in (*self.key, *([self.period] if self.period else [])):
            if name not in names:
                raise ValueError(f"'{name}' of '{self.table}' is no column", f"one of {', '.join(names)}")
        for column in self.columns:
            if column.is_number_of_company != (column.name == KEY):
                raise ValueError(
                    f"'{column.name}' of '{self.table}' has the kind {column.kind}",
                    f"a SIREN or SIRET, and nothing else, in a column named {KEY}: the lake holds the key",
                )
        return self

    def column(self, name: str) -> Column:
        """The column of a name."""
        return next(column for column in self.columns if column.name == name)

    def must_have(self, column: Column) -> bool:
        """Whether a row without a right value here is no row."""
        return column.filled or column.name in self.key

    def lake_schema(self) -> pa.Schema:
        """The lake's schema of the table."""
        return pa.schema(
            [
                pa.field(column.name, column.lake_type, nullable=not self.must_have(column))
                for column in self.columns
            ]
        )


class Statistics(_Model):
    """What may be published of data that may not: the licence of counts made from it, and the partner's terms."""

    licence: Text
    terms: Text


class Contract(_Model):
    """A partner: who answers for its data here (``owner``, a team), what may be done with it, and its feeds.

    ``statistics``: the partner lets counts be published; they name ``<source>_statistics`` as their source.

    ``source`` is what marts name as a column's source. ``retention_years``: how long older files are kept in the
    archive; the latest always is.
    """

    partner: Name
    title: Text
    source: Name
    publisher: Text
    owner: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]*$")]
    licence: Text
    statistics: Statistics | None = None
    attribution: Text | None = None
    retention_years: int = Field(ge=1)
    retention_reason: Text
    feeds: tuple[Feed, ...] = Field(min_length=1)


def load_all(folder: Path) -> list[Contract]:
    """Read every ``<folder>/<partner>/contract.yaml``, by name of the partner.

    Raises:
        PartnerFileError: one of them is wrong (file, line, key, and what to do), or two have the same table.
    """
    contracts = [_load(path) for path in sorted(folder.glob(f"*/{FILE}"))]
    owners: dict[str, str] = {}
    for contract, feed in feeds_of(contracts):
        other = owners.setdefault(feed.table, contract.partner)
        if other != contract.partner or sum(one.table == feed.table for one in contract.feeds) > 1:
            raise PartnerFileError(
                f"the table '{feed.table}' stands twice, at '{other}' and '{contract.partner}'",
                where=str(folder / contract.partner / FILE),
                expected="each table once",
                fix="rename one of the two",
            )
    return contracts


def feeds_of(contracts: Sequence[Contract]) -> Iterator[tuple[Contract, Feed]]:
    """Every feed with its contract."""
    yield from ((contract, feed) for contract in contracts for feed in contract.feeds)


def schemas(contracts: Sequence[Contract]) -> dict[str, pa.Schema]:
    """The lake's schema of every partner's table."""
    return {feed.table: feed.lake_schema() for _, feed in feeds_of(contracts)}


def _load(path: Path) -> Contract:
    try:
        contract = read_model(path, Contract)
    except CodebookError as fault:
        raise PartnerFileError(
            fault.problem, where=fault.where, expected=fault.expected, fix=fault.fix
        ) from fault
    if contract.partner != path.parent.name:
        raise PartnerFileError(
            f"the partner '{contract.partner}' is not the folder's name '{path.parent.name}'",
            where=str(path),
            expected="a folder named after its partner",
            fix="rename one of the two",
        )
    return contract
