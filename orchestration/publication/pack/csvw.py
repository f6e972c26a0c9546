"""The CSV files described for CSV on the Web (W3C, 2015). Belongs here: ``csv-metadata.json``, where its readers look
for it. Does not: what the tables hold."""

from __future__ import annotations

from typing import Any

from orchestration.publication.dictionary import Table
from orchestration.publication.pack.content import LICENCE_URL, TITLE, Content

FILE = "csv-metadata.json"
_TYPES = {
    "VARCHAR": "string",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "DOUBLE": "double",
    "FLOAT": "float",
    "TINYINT": "integer",
    "SMALLINT": "integer",
    "INTEGER": "integer",
    "BIGINT": "long",
}


def csvw(content: Content) -> dict[str, Any]:
    """A table group: dialect, columns with data types, keys and foreign keys of every public CSV file."""
    return {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": "en"}],
        "dc:title": TITLE["en"],
        "dc:description": content.description("en"),
        "dc:license": {"@id": LICENCE_URL},
        "dialect": {
            "encoding": "utf-8",
            "delimiter": ",",
            "quoteChar": '"',
            "doubleQuote": True,
            "lineTerminators": ["\n"],
            "header": True,
        },
        "tables": [_table(content, table) for table in content.tables],
    }


def _table(content: Content, table: Table) -> dict[str, Any]:
    schema: dict[str, Any] = {
        "columns": [
            {
                "name": column.name,
                "titles": column.name,
                "dc:description": column.description,
                "datatype": _TYPES.get(column.type, "string"),
            }
            for column in table.columns
        ]
    }
    if content.has_whole_key(table):
        schema["primaryKey"] = list(table.key)
    # A reference that may be blank is none to CSVW's validators; the data package has it.
    if keys := [key for key in content.foreign_keys(table) if content.has_whole_columns(table, key.columns)]:
        schema["foreignKeys"] = [
            {
                "columnReference": list(key.columns),
                "reference": {"resource": f"{key.table}.csv", "columnReference": list(key.columns)},
            }
            for key in keys
        ]
    return {
        "url": f"{table.name}.csv",
        "dc:description": " ".join(table.description.split()),
        "tableSchema": schema,
    }
