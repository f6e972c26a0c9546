"""How the answers of a lake divide by state. Belongs here: the shares. Does not: deciding an answer's state
(answers.py), or whether a share is usual (history.py)."""

from __future__ import annotations

from pathlib import Path

import duckdb

from orchestration import lake as tables


def state_shares(lake: Path) -> dict[str, float]:
    """The share (0 to 1) of all answers in each state, as ``share_<state>``; nothing without answers."""
    files = [str(path) for path in tables.files(lake, "answers")]
    if not files:
        return {}
    with duckdb.connect() as connection:
        counted = connection.execute(
            "select state, count(*) from read_parquet(?, hive_partitioning = false) group by state order by state",
            [files],
        ).fetchall()
    total = sum(count for _, count in counted)
    return {f"share_{state}": count / total for state, count in counted}
