"""The pack as a Frictionless Data Package. Belongs here: ``datapackage.json`` (Data Package 1, Table Schema 1). Does
not: what the tables hold."""

from __future__ import annotations

from typing import Any

from orchestration.publication.dictionary import Column, Table
from orchestration.publication.pack.content import (
    KEYWORDS,
    LICENCE,
    LICENCE_TITLE,
    LICENCE_URL,
    NAME,
    TITLE,
    Content,
)

DIALECT = {
    "delimiter": ",",
    "lineTerminator": "\n",
    "quoteChar": '"',
    "doubleQuote": True,
    "header": True,
    "skipInitialSpace": False,
    "csvddfVersion": 1.2,
}
_TYPES = {
    "VARCHAR": "string",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "DOUBLE": "number",
    "FLOAT": "number",
    "TINYINT": "integer",
    "SMALLINT": "integer",
    "INTEGER": "integer",
    "BIGINT": "integer",
}


def data_package(content: Content) -> dict[str, Any]:
    """The descriptor: one resource a table, its CSV file with checksum, schema, keys and sources."""
    return {
        "profile": "tabular-data-package",
        "name": NAME,
        "title": TITLE["en"],
        "description": content.description("en"),
        "version": content.version,
        "created": f"{content.released_on.isoformat()}T00:00:00Z",
        "keywords": list(KEYWORDS["en"]),
        "licenses": [{"name": LICENCE, "title": LICENCE_TITLE, "path": LICENCE_URL}],
        "sources": [{"title": source.attribution} for source in content.sources.values()],
        "resources": [_resource(content, table) for table in content.tables],
    }


def _resource(content: Content, table: Table) -> dict[str, Any]:
    file = content.files[f"{table.name}.csv"]
    return {
        "profile": "tabular-data-resource",
        "name": table.name,
        "path": file.name,
        "description": " ".join(table.description.split()),
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "bytes": file.bytes,
        "hash": f"sha256:{file.sha256}",
        "dialect": DIALECT,
        "schema": {
            "fields": [
                _field(column, is_required=content.has_whole_key(table) and column.name in table.key)
                for column in table.columns
            ],
            "missingValues": [""],
            **_key(content, table),
            "foreignKeys": [
                {
                    "fields": list(key.columns),
                    "reference": {"resource": key.table, "fields": list(key.columns)},
                }
                for key in content.foreign_keys(table)
            ],
        },
    }


def _key(content: Content, table: Table) -> dict[str, Any]:
    """A key with a part that may be blank (a family as a whole has no competence) is unique, but no primary key."""
    if not table.key:
        return {}
    return (
        {"primaryKey": list(table.key)} if content.has_whole_key(table) else {"uniqueKeys": [list(table.key)]}
    )


def _field(column: Column, *, is_required: bool) -> dict[str, Any]:
    required = {"constraints": {"required": True}} if is_required else {}
    return {
        "name": column.name,
        "type": _TYPES.get(column.type, "any"),
        "description": column.description,
        **required,
    }
