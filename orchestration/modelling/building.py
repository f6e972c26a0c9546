"""A build that tells what it makes as it makes it. Belongs here: row counts and first rows beside dbt's events. Does
not: running dbt (dbt.py), or what Dagster shows of it (assets.py)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from orchestration.modelling.dbt import DbtOutcome, Event, cursor, run_dbt
from orchestration.modelling.failures import masked, opened
from orchestration.settings import Engine
from orchestration.sql_text import identifier

PREVIEW_ROWS = 5


@dataclass(frozen=True)
class Made:
    """A table or view that dbt has made: its rows, and of a table the first of them, as text and masked."""

    rows: int
    first: tuple[Mapping[str, str], ...]


def build(
    selection: Sequence[str],
    *,
    tell: Callable[[tuple[Event, Made | None]], None],
    warehouse_file: Path,
    lake: Path,
    target_path: Path,
    engine: Engine,
) -> DbtOutcome:
    """``dbt build`` of a selection; ``tell`` gets each event about a model, seed or test, with what it made.

    It is called from dbt's threads, while dbt goes on; on Spark at the end, since its tables are not in the warehouse
    before. Raises as `run_dbt` does.
    """
    later: list[Event] = []

    def listen(event: Event) -> None:
        if "node_info" not in event["data"]:
            return
        if engine == "spark":
            later.append(event)
        elif _has_made(event):
            with cursor() as connection:
                tell((event, _made(connection, event)))
        else:
            tell((event, None))

    outcome = run_dbt(
        ["build", *selection],
        warehouse_file=warehouse_file,
        lake=lake,
        target_path=target_path,
        on_event=listen,
        engine=engine,
    )
    if later:
        with opened(warehouse_file) as connection:
            for event in later:
                tell((event, _made(connection, event) if _has_made(event) else None))
    return outcome


def _has_made(event: Event) -> bool:
    """Whether it is about a table or view that is there now."""
    return bool(event["data"]["node_info"]["node_status"] == "success")


def _made(connection: duckdb.DuckDBPyConnection, event: Event) -> Made | None:
    node = event["data"]["node_info"]
    table = f"skills_bank.main.{identifier(node['node_name'])}"
    try:
        ((rows,),) = connection.execute(f"SELECT count(*) FROM {table}").fetchall()
        if node["materialized"] == "view":  # showing its rows would compute it once more
            return Made(rows, ())
        found = connection.execute(f"SELECT * FROM {table} LIMIT {PREVIEW_ROWS}")
        names = [column[0] for column in found.description or ()]
        return Made(rows, tuple(dict(zip(names, map(masked, row), strict=True)) for row in found.fetchall()))
    except duckdb.Error:  # a view that can be made and not be read: dbt's tests of it say so
        return None
