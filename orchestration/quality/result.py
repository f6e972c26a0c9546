"""What a gate found. Belongs here: the result, its text for the UI and its JSON for the manifest.
Does not: judging."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from itertools import groupby
from typing import Any

from orchestration.quality.masking import Cell

ROWS_SHOWN = 20


@dataclass(frozen=True)
class Failure:
    """One expectation that does not hold, or that could not be evaluated.

    Args:
        expectation: what was expected, in words.
        type: Great Expectations' name of it.
        table: the table it was expected of, such as ``lake.answers``.
        column: the column, several joined by a comma, or None for the table as a whole.
        observed: what was found instead.
        rows: up to 20 offending rows, masked.
    """

    expectation: str
    type: str
    table: str
    column: str | None
    observed: str
    rows: tuple[Mapping[str, Cell], ...] = ()

    def __str__(self) -> str:
        place = f"{self.table}, {self.column}" if self.column else self.table
        return f"{place}: {self.expectation}: {self.observed}"


@dataclass(frozen=True)
class GateResult:
    """The outcome of one gate.

    Args:
        name: the gate.
        subject_sha256: hash over the files that were looked at; ``subject(name, context)`` computes it again.
        expectations: how many were demanded, evaluated or not.
        failures: those that do not hold.
        rows: row counts to hand to the next run's gates as ``previous``.
        seconds: time taken.
    """

    name: str
    subject_sha256: str
    expectations: int
    failures: tuple[Failure, ...]
    rows: Mapping[str, int] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def passed(self) -> bool:
        """True when something was expected and all of it holds."""
        return self.expectations > 0 and not self.failures

    def to_dict(self) -> dict[str, Any]:
        """The result as JSON values; ``from_dict`` reads it."""
        return asdict(self) | {
            "passed": self.passed,
            "failures": [asdict(failure) for failure in self.failures],
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> GateResult:
        """Read what ``to_dict`` gave. Raises KeyError or TypeError for anything else."""
        failures = (Failure(**{**failure, "rows": tuple(failure["rows"])}) for failure in data["failures"])
        return cls(
            name=data["name"],
            subject_sha256=data["subject_sha256"],
            expectations=data["expectations"],
            failures=tuple(failures),
            rows=dict(data["rows"]),
            seconds=data["seconds"],
        )

    def to_markdown(self) -> str:
        """The result for people: a headline, then each failure with its rows; one reason of many is told once."""
        held = self.expectations - len(self.failures)
        headline = (
            f"**{self.name}**: {'passed' if self.passed else 'FAILED'}. "
            f"{held} of {self.expectations} expectations hold ({self.seconds:.1f} s)."
        )
        by_reason = groupby(self.failures, key=lambda failure: failure if failure.rows else failure.observed)
        return "\n\n".join([headline, *(_failure_markdown(list(failures)) for _, failures in by_reason)])


def previous_rows(results: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """The row counts kept in a release's gate results (each a ``to_dict``): the next run's ``previous``."""
    return {name: rows for result in results for name, rows in result.get("rows", {}).items()}


def _failure_markdown(failures: list[Failure]) -> str:
    if len(failures) > 1:
        names = (f"  - {_place(failure)}: {_escape(failure.expectation)}" for failure in failures)
        return "\n".join(
            [f"- **{_escape(failures[0].observed)}**, so {len(failures)} expectations fail:", *names]
        )
    (failure,) = failures
    lines = [
        f"- **{_escape(failure.expectation)}** (`{failure.type}`)",
        f"  - where: {_place(failure)}",
        f"  - observed: {_escape(failure.observed)}",
    ]
    if failure.rows:
        columns = list(failure.rows[0])
        cells = (
            ["" if (cell := row[name]) is None else _escape(str(cell)) for name in columns]
            for row in failure.rows
        )
        lines += ["", _line(map(_escape, columns)), _line(["---"] * len(columns)), *map(_line, cells)]
    return "\n".join(lines)


def _place(failure: Failure) -> str:
    names = (f"`{name.replace('`', '')}`" for name in (failure.table, failure.column) if name)
    return ", column ".join(names)


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _escape(text: str) -> str:
    """Keep a value from closing its table cell or becoming markup."""
    for sign in "\\|<>`*[]":
        text = text.replace(sign, f"\\{sign}")
    return " ".join(text.split())
