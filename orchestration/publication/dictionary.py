"""The data dictionary. Belongs here: dbt's descriptions beside the released columns. Does not: the
descriptions themselves, which stand in the models' YAML files."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from orchestration.errors import ReleaseError
from orchestration.publication.pages import environment

FIELDS = ("table", "column", "type", "description")


@dataclass(frozen=True)
class Description:
    """What dbt knows of one model: its own description and its columns'."""

    text: str
    columns: Mapping[str, str]


@dataclass(frozen=True)
class Column:
    """One released column."""

    name: str
    type: str
    description: str


@dataclass(frozen=True)
class Table:
    """One released table with its columns, in their order."""

    name: str
    description: str
    rows: int
    columns: tuple[Column, ...]


def read_descriptions(dbt_manifest: Path) -> dict[str, Description]:
    """The descriptions of all models in dbt's ``manifest.json``; ReleaseError where it cannot be read."""
    try:
        nodes = json.loads(dbt_manifest.read_text(encoding="utf-8"))["nodes"].values()
        return {
            node["name"]: Description(
                node.get("description") or "",
                {name: column.get("description") or "" for name, column in node.get("columns", {}).items()},
            )
            for node in nodes
            if node["resource_type"] in ("model", "seed")
        }
    except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
        raise ReleaseError(
            f"dbt's manifest cannot be read ({error})",
            where=str(dbt_manifest),
            fix="build the models first: it is written then",
        ) from error


def describe_tables(
    connection: duckdb.DuckDBPyConnection, tables: Iterable[str], descriptions: Mapping[str, Description]
) -> list[Table]:
    """The given tables of the connected database with types from it and texts from dbt."""
    unknown = Description("", {})
    found = []
    for name in sorted(tables):
        text = descriptions.get(name, unknown)
        columns = connection.execute(
            "SELECT column_name, data_type FROM information_schema.columns "
            "WHERE table_catalog = current_database() AND table_name = ? ORDER BY ordinal_position",
            [name],
        ).fetchall()
        (rows,) = connection.execute(f'SELECT count(*) FROM "{name}"').fetchone() or (0,)
        found.append(
            Table(
                name, text.text, rows, tuple(Column(c, kind, text.columns.get(c, "")) for c, kind in columns)
            )
        )
    return found


def write_dictionary(tables: list[Table], folder: Path) -> None:
    """Write ``dictionary.csv`` and ``dictionary.html`` for these tables."""
    with (folder / "dictionary.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(FIELDS)
        for table in tables:
            writer.writerows(
                (table.name, column.name, column.type, column.description) for column in table.columns
            )
    page = environment().get_template("dictionary.html.j2").render(tables=tables)
    (folder / "dictionary.html").write_text(page, encoding="utf-8")
