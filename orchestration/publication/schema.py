"""The public tables against the data package. Belongs here: whether CSV and Parquet hold what ``datapackage.json``
states. Does not: making the package (pack/data_package.py), or any other check of a release."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb

from orchestration.publication.descriptor import DATA_PACKAGE, key_of
from orchestration.sql_text import literal

# What DuckDB must be able to read a column of the CSV as, by its type in the data package.
_TYPES = {
    "string": "VARCHAR",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "number": "DOUBLE",
    "integer": "BIGINT",
    "any": "VARCHAR",
}


def schema_problems(public: Path) -> tuple[list[str], str]:
    """Every table's CSV and Parquet hold the columns, types, keys and references that the data package states."""
    path = public / DATA_PACKAGE
    if not path.is_file():
        return [], "no data package: the release is older than that"
    package = json.loads(path.read_bytes())
    problems = []
    with duckdb.connect() as connection:
        for resource in package["resources"]:
            try:
                problems += list(_table(connection, public, resource))
            except (duckdb.Error, OSError) as error:
                problems.append(f"{resource['path']} does not read as stated ({str(error).splitlines()[0]})")
        for resource in package["resources"]:
            if not problems:
                problems += list(_references(connection, resource))
    return (
        problems,
        f"{len(package['resources'])} tables as the data package says: columns, types, keys, references",
    )


def _table(connection: duckdb.DuckDBPyConnection, public: Path, resource: dict[str, Any]) -> Iterator[str]:
    """Read the CSV by its stated types and hold it against the Parquet file."""
    name, schema = resource["name"], resource["schema"]
    fields = {field["name"]: _TYPES[field["type"]] for field in schema["fields"]}
    with (public / resource["path"]).open(encoding="utf-8", newline="") as file:
        header = next(csv.reader(file), [])
    if header != list(fields):
        yield f"{resource['path']} has the columns {', '.join(header)}"
        return
    typed = ", ".join(f"{literal(column)}: {literal(kind)}" for column, kind in fields.items())
    connection.execute(
        f'CREATE TABLE "{name}" AS SELECT * FROM read_csv({literal(public / resource["path"])}, header = true, '
        f"auto_detect = false, delim = ',', quote = '\"', escape = '\"', nullstr = '', columns = {{{typed}}})"
    )
    # In a CSV file an empty text and nothing are one.
    cells = ", ".join(
        f"nullif(CAST(\"{column}\" AS VARCHAR), '')" if kind == "VARCHAR" else f'CAST("{column}" AS {kind})'
        for column, kind in fields.items()
    )
    parquet = f"read_parquet({literal(public / f'{name}.parquet')})"
    differing = connection.execute(
        f'SELECT count(*) FROM ((SELECT {cells} FROM "{name}" EXCEPT ALL SELECT {cells} FROM {parquet}) '
        f'UNION ALL (SELECT {cells} FROM {parquet} EXCEPT ALL SELECT {cells} FROM "{name}"))'
    ).fetchone()
    if differing and differing[0]:
        yield f"{resource['path']} and {name}.parquet differ in {differing[0]} rows"
    if key := key_of(schema):
        named = ", ".join(f'"{column}"' for column in key)
        twice = connection.execute(
            f'SELECT count(*) FROM (SELECT {named} FROM "{name}" GROUP BY {named} HAVING count(*) > 1)'
        ).fetchone()
        if twice and twice[0]:
            yield f"{resource['path']} has {twice[0]} keys more than once"


def _references(connection: duckdb.DuckDBPyConnection, resource: dict[str, Any]) -> Iterator[str]:
    for key in resource["schema"].get("foreignKeys", ()):
        columns = key["fields"]
        given = " AND ".join(f'a."{column}" IS NOT NULL' for column in columns)
        same = " AND ".join(
            f'a."{one}" = b."{other}"' for one, other in zip(columns, key["reference"]["fields"], strict=True)
        )
        lost = connection.execute(
            f'SELECT count(*) FROM "{resource["name"]}" AS a ANTI JOIN "{key["reference"]["resource"]}" AS b '
            f"ON {same} WHERE {given}"
        ).fetchone()
        if lost and lost[0]:
            yield f"{resource['path']} has {lost[0]} rows that {key['reference']['resource']} does not know"
