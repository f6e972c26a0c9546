"""Telling what went wrong in dbt. Belongs here: one message out of results, with the rows that broke a test.
Does not: running dbt."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from orchestration.errors import GateError, SkillsBankError
from orchestration.modelling import spark
from orchestration.settings import Engine
from orchestration.sql_text import literal

if TYPE_CHECKING:
    from dbt.cli.main import dbtRunnerResult

    from orchestration.modelling.dbt import NodeOutcome

ROWS_SHOWN, TESTS_SHOWN = 20, 5
_KEY_SHOWN, _WIDTH = 8, 40
_OUT_OF_MEMORY = "Out of Memory Error"  # as DuckDB begins the message
_MORE_MEMORY = {
    "expected": "models that build within SKILLSBANK_BUILD_MEMORY",
    "fix": "set it to more (docs/scale.md says how much for how many respondents), then run again",
}
_OTHER_SQL = {
    "expected": "SQL that runs on the lake as it is",
    "fix": "see the compiled SQL in the target folder, and dbt.log",
}
_COMPANY_KEY = re.compile(r"\b[0-9a-f]{32}\b")


class ModelError(SkillsBankError):
    """A model that could not be built."""


def explain(
    answer: dbtRunnerResult,
    nodes: Sequence[NodeOutcome],
    warehouse_file: Path | None = None,
    engine: Engine = "duckdb",
) -> SkillsBankError:
    """The one error of a failed invocation: models that broke, else failed tests, else dbt's complaint."""
    broken = [node for node in nodes if node.status == "error"]
    failed = [node for node in nodes if node.status == "fail"]
    if broken:
        is_short = any(_OUT_OF_MEMORY in (node.message or "") for node in broken)
        return ModelError(
            "; ".join(_plain(node.message) for node in broken[:TESTS_SHOWN]),
            where=", ".join(f"dbt {node.resource_type} {node.name}" for node in broken[:TESTS_SHOWN]),
            **(_MORE_MEMORY if is_short else _OTHER_SQL),
        )
    if failed:
        shown = failed[:TESTS_SHOWN]
        more = f"\n... and {len(failed) - TESTS_SHOWN} more failed tests" if len(failed) > TESTS_SHOWN else ""
        return GateError(
            f"failed, with these rows (at most {ROWS_SHOWN} a test, keys shortened):"
            + "".join(_failed_test(node, warehouse_file, engine) for node in shown)
            + f"{more}\n{len(nodes) - len(failed)} other models and tests passed or were skipped",
            where=f"{len(failed)} dbt test{'s' if len(failed) > 1 else ''}",
            expected="no row that breaks a test",
            fix="correct the rows at their source, or the test where it is wrong",
        )
    return ModelError(
        _plain(str(answer.exception)) if answer.exception else "dbt failed without saying why",
        where="dbt",
        fix="see dbt.log",
    )


def offending_rows(sql: str, warehouse_file: Path, engine: Engine) -> tuple[list[str], list[list[str]]]:
    """The columns and up to 20 rows that a test's SQL finds in a warehouse, as text, keys shortened."""
    columns, rows = spark.rows_of(sql, ROWS_SHOWN) if engine == "spark" else _rows_of(sql, warehouse_file)
    return columns, [[masked(value) for value in row] for row in rows]


@contextmanager
def opened(warehouse_file: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database in memory with the file attached, as the profile does: SQL names the warehouse `skills_bank`."""
    with duckdb.connect() as connection:
        connection.execute(f"attach {literal(warehouse_file)} as skills_bank (read_only)")
        yield connection


def _rows_of(sql: str, warehouse_file: Path) -> tuple[list[str], list[tuple[Any, ...]]]:
    with opened(warehouse_file) as connection:
        found = connection.execute(f"select * from (\n{sql}\n) as offending limit {ROWS_SHOWN}")
        return [column[0] for column in found.description or ()], found.fetchall()


def masked(value: Any) -> str:
    """A cell as it may be shown: no company key longer than eight characters, no long text."""
    text = _COMPANY_KEY.sub(lambda key: key.group()[:_KEY_SHOWN] + "…", "" if value is None else str(value))
    return text if len(text) <= _WIDTH else text[: _WIDTH - 1] + "…"


def _failed_test(node: NodeOutcome, warehouse_file: Path | None, engine: Engine) -> str:
    head = f"\n{node.name}: {node.failures} rows"
    if node.sql is None or warehouse_file is None:
        return head
    columns, rows = offending_rows(node.sql, warehouse_file, engine)
    widths = [max(map(len, cells)) for cells in zip(columns, *rows, strict=True)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in (columns, *rows)
    ]
    beyond = (node.failures or 0) - len(rows)
    return "\n    ".join([head, *lines, *([f"... and {beyond} more"] if beyond > 0 else [])])


def _plain(message: str | None) -> str:
    """dbt's message without its indentation and the echo of file names."""
    lines = [line.strip() for line in (message or "no message").splitlines()]
    return " ".join(line for line in lines if line and not line.startswith("compiled code at"))
