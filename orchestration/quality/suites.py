"""The suites of expectations/. Belongs here: reading and checking the files. Does not: running them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from orchestration.errors import GateError
from orchestration.settings import PROJECT

EXPECTATIONS = PROJECT / "expectations"
STAGES = ("collect", "decode", "model", "estimate", "publish")

_THRESHOLDS = frozenset({"min_value", "max_value", "mostly", "value"})


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", ignored_types=(cached_property,))


class Batch(_Part):
    """What a group of expectations looks at: the rows of one SQL query.

    ``table`` names what the rows stand for, in messages. A query that returns no row fails its expectations,
    unless ``empty`` allows it. ``records_rows``: its columns ``name`` and ``rows`` are kept for the next run.
    """

    query: str
    table: str
    empty: Literal["fails", "allowed"] = "fails"
    records_rows: bool = False


class ExpectationMeta(_Part):
    """What an expectation's ``meta`` says: its batch, the reason of its threshold, whether nulls alone pass.

    Great Expectations calls a column of nulls a success; here it is one only where ``all_null`` allows it.
    """

    batch: str
    notes: str | None = None
    all_null: Literal["fails", "allowed"] = "fails"


class Expectation(_Part):
    """One expectation, in the format of Great Expectations; ``description`` says it in words."""

    type: str
    kwargs: Mapping[str, Any]
    description: str = Field(min_length=1)
    severity: Literal["critical"] = "critical"
    meta: ExpectationMeta

    @model_validator(mode="after")
    def _no_naked_threshold(self) -> Expectation:
        if _THRESHOLDS & self.kwargs.keys() and not self.meta.notes:
            raise ValueError("has a threshold, so meta.notes has to give the value observed and the reason")
        return self

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns it is about."""
        named = [self.kwargs[key] for key in ("column", "column_A", "column_B") if key in self.kwargs]
        return (*named, *self.kwargs.get("column_list", ()))


class SuiteMeta(_Part):
    """What a suite's ``meta`` says: stage, the asset the gate guards, and the batches."""

    great_expectations_version: str
    stage: Literal["collect", "decode", "model", "estimate", "publish"]
    guards: str
    batches: Mapping[str, Batch] = Field(min_length=1)


class Suite(_Part):
    """One gate: a suite in the format of Great Expectations."""

    name: str
    notes: str = Field(min_length=1)
    meta: SuiteMeta
    expectations: tuple[Expectation, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _batches_match(self) -> Suite:
        used = {expectation.meta.batch for expectation in self.expectations}
        if used != set(self.meta.batches):
            odd = ", ".join(sorted(used ^ set(self.meta.batches)))
            raise ValueError(f"has batches without expectations, or expectations without a batch: {odd}")
        return self

    def sql(self, batch: str, folder: Path = EXPECTATIONS) -> str:
        """The query of a batch. Raises GateError where its file is missing."""
        path = folder / self.meta.batches[batch].query
        try:
            return path.read_text(encoding="utf-8")
        except OSError:
            raise GateError(
                f"the query of batch {batch} cannot be read",
                where=str(path),
                fix=f"restore the file, or name another in {self.name}.json",
            ) from None


def load_suite(name: str, folder: Path = EXPECTATIONS) -> Suite:
    """Read ``<folder>/<name>.json``. Raises GateError where it is missing or says what we do not know."""
    path = folder / f"{name}.json"
    try:
        suite = Suite.model_validate_json(path.read_bytes())
    except OSError:
        known = ", ".join(sorted(file.stem for file in folder.glob("*.json"))) or "none"
        raise GateError(f"there is no gate {name}", where=str(path), expected=f"one of {known}") from None
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise GateError(
            f"{place}: {first['msg']}" if place else first["msg"],
            where=str(path),
            fix="read expectations/README.md",
        ) from error
    if suite.name != name:
        raise GateError(f"the suite is named {suite.name}", where=str(path), expected=name)
    return suite


def load_suites(folder: Path = EXPECTATIONS) -> dict[str, Suite]:
    """All suites by name, in the order of the stages. Raises GateError where one cannot be used."""
    suites = [load_suite(path.stem, folder) for path in folder.glob("*.json")]
    return {
        suite.name: suite
        for suite in sorted(suites, key=lambda suite: (STAGES.index(suite.meta.stage), suite.name))
    }


def required_gates(folder: Path = EXPECTATIONS) -> tuple[str, ...]:
    """The gates that a publisher demands: every suite there is, in the order of the stages."""
    return tuple(load_suites(folder))
