"""What changed from one release to another. Belongs here: comparing public tables row by row, and what the releases
were made from. Does not: showing it, or keeping a log of it (pack/revisions.py)."""

from __future__ import annotations

import filecmp
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from orchestration.errors import ReleaseError
from orchestration.publication.candidate import PUBLIC, PUBLIC_PREFIX
from orchestration.publication.descriptor import DATA_PACKAGE, read_keys
from orchestration.publication.manifest import Manifest
from orchestration.sql_text import literal

DATA, METHOD, REFERENCE, CODE, PACKAGES = "data", "method", "reference", "code", "packages"
_PARTS = (METHOD, REFERENCE, CODE)


@dataclass(frozen=True)
class Change:
    """One cell that differs: the row by its key, the column, what stood there (None: blank) and what does now."""

    table: str
    key: Mapping[str, str | None]
    column: str
    before: str | None
    after: str | None

    @property
    def difference(self) -> float | None:
        """After minus before; None where one of them is no number."""
        try:
            return float(self.after or "") - float(self.before or "")
        except ValueError:
            return None


@dataclass(frozen=True)
class TableDifference:
    """A table in both releases: rows that came, rows that went, cells that changed in those that stayed."""

    table: str
    added: int
    removed: int
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class Cause:
    """Something that the releases were made from and that differs. ``editions``: those it is about, all if empty."""

    kind: str
    what: str
    editions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Difference:
    """From one release to another: why, and what, table by table; ``only`` are tables that just one of them has."""

    causes: tuple[Cause, ...]
    tables: tuple[TableDifference, ...]
    only: tuple[str, ...]

    def why(self, change: Change) -> str:
        """The kinds of causes that can have moved a cell: inputs of other editions than its own are left out."""
        edition = change.key.get("edition")
        kinds = [c.kind for c in self.causes if not c.editions or edition is None or edition in c.editions]
        return ", ".join(dict.fromkeys(kinds)) or "the release before"


def compare(before: Path, after: Path, old: Manifest, new: Manifest) -> Difference:
    """Compare the public tables of two release folders.

    Rows are matched by the keys that ``datapackage.json`` states, of either release.

    Raises ReleaseError where neither has one.
    """
    keys = {**read_keys(after / PUBLIC), **read_keys(before / PUBLIC)}
    if not keys:
        raise ReleaseError(
            "neither release says what the keys of its tables are",
            where=str(after / PUBLIC / DATA_PACKAGE),
            fix="compare with a release made by this version or a later one",
        )
    tables = [_tables(before), _tables(after)]
    both = sorted(tables[0] & tables[1] & keys.keys())
    return Difference(
        causes(old, new),
        tuple(compare_tables(before / PUBLIC, after / PUBLIC, {name: keys[name] for name in both})),
        tuple(sorted(tables[0] ^ tables[1])),
    )


def compare_tables(before: Path, after: Path, keys: Mapping[str, Sequence[str]]) -> Iterator[TableDifference]:
    """Compare tables, named with the columns of their keys, that lie as Parquet in two folders."""
    with duckdb.connect() as connection:
        for table, key in keys.items():
            old, new = before / f"{table}.parquet", after / f"{table}.parquet"
            if filecmp.cmp(old, new, shallow=False):
                yield TableDifference(table, 0, 0, ())
            else:
                yield _compare(connection, old, new, table, key)


def causes(old: Manifest, new: Manifest) -> tuple[Cause, ...]:
    """What differs in what two releases were made from."""
    editions = {state.edition for state in (*old.editions, *new.editions)}
    gone, come = set(old.inputs) - set(new.inputs), set(new.inputs) - set(old.inputs)
    found = [
        Cause(DATA, f"{source}/{feed}", (feed,) if feed in editions else ())
        for source, feed in sorted({(entry.source, entry.feed) for entry in gone | come})
    ]
    if old.code_parts and new.code_parts:
        found += [
            Cause(part, f"{part} is of another version")
            for part in _PARTS
            if old.code_parts.get(part) != new.code_parts.get(part)
        ]
    elif old.code_version != new.code_version:
        found.append(
            Cause(CODE, "code, method or reference is of another version: one release does not tell which")
        )
    if old.engine and new.engine and old.engine != new.engine:
        found.append(Cause(PACKAGES, f"engine {old.engine} → {new.engine}"))
    found += [
        Cause(PACKAGES, f"{name} {old.packages.get(name, 'absent')} → {new.packages.get(name, 'absent')}")
        for name in sorted({*old.packages, *new.packages})
        if old.packages.get(name) != new.packages.get(name)
    ]
    return tuple(found)


def _tables(folder: Path) -> set[str]:
    return {path.stem for path in (folder / PUBLIC).glob(f"{PUBLIC_PREFIX}*.parquet")}


def _compare(
    connection: duckdb.DuckDBPyConnection, before: Path, after: Path, table: str, key: Sequence[str]
) -> TableDifference:
    old, new = f"read_parquet({literal(before)})", f"read_parquet({literal(after)})"
    columns = [
        [row[0] for row in connection.execute(f"DESCRIBE FROM {one}").fetchall()] for one in (old, new)
    ]
    if not set(key) <= set(columns[0]) & set(columns[1]):
        was, now = (_count(connection, f"SELECT * FROM {one}") for one in (old, new))
        return TableDifference(table, now, was, ())
    same = " AND ".join(f'a."{name}" IS NOT DISTINCT FROM b."{name}"' for name in key)
    compared = [name for name in columns[1] if name in columns[0] and name not in key]
    changes = [
        Change(table, dict(zip(key, values, strict=True)), name, was, now)
        for name in compared
        for *values, was, now in _changed(connection, f"{old} AS a JOIN {new} AS b ON {same}", key, name)
    ]
    return TableDifference(
        table,
        added=_count(connection, f"SELECT 1 FROM {new} AS a ANTI JOIN {old} AS b ON {same}"),
        removed=_count(connection, f"SELECT 1 FROM {old} AS a ANTI JOIN {new} AS b ON {same}"),
        changes=tuple(changes),
    )


def _changed(
    connection: duckdb.DuckDBPyConnection, joined: str, key: Sequence[str], column: str
) -> list[tuple[Any, ...]]:
    """The key's values, the cell before and the cell after, of every row in which it differs."""
    named = ", ".join(f'CAST(a."{name}" AS VARCHAR)' for name in key)
    return connection.execute(
        f'SELECT {named}, CAST(a."{column}" AS VARCHAR), CAST(b."{column}" AS VARCHAR) FROM {joined} '
        f'WHERE a."{column}" IS DISTINCT FROM b."{column}" ORDER BY ALL'
    ).fetchall()


def _count(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    (rows,) = connection.execute(f"SELECT count(*) FROM ({query})").fetchone() or (0,)
    return int(rows)
