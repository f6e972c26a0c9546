"""Looking for personal data in tables. Belongs here: counting what matches the patterns, column by column.
Does not: what is allowed where."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

import duckdb
import pyarrow as pa

from orchestration.quality.masking import PATTERNS
from orchestration.quality.relations import INTEGER, TEXT, Columns, column_types, table_of
from orchestration.sql_text import identifier, literal

# The nine digits that begin a SIREN or SIRET have a Luhn sum that is a multiple of ten (ISO/IEC 7812-1).
_SIREN = """CASE WHEN regexp_matches(value, '^([0-9]{9}|[0-9]{14})$') THEN list_sum([
    (d * (2 - i % 2)) // 10 + (d * (2 - i % 2)) % 10
    FOR d, i IN [CAST(c AS INTEGER) FOR c IN string_split(value[:9], '')]
]) % 10 = 0 ELSE false END"""
_OF_NUMBERS = {"sirens": _SIREN}
_OF_TEXT = {
    **_OF_NUMBERS,
    "emails": f"regexp_matches(value, {literal(PATTERNS['e-mail'])})",
    "phones": f"regexp_matches(value, {literal(PATTERNS['phone'])})",
    "company_keys": f"regexp_matches(value, {literal(PATTERNS['company key'])})",
    "ip_addresses": f"regexp_matches(value, {literal(PATTERNS['ip address'])})",
}
_TESTS: Mapping[str, Mapping[str, str]] = {
    "VARCHAR": _OF_TEXT,
    **dict.fromkeys(("BIGINT", "UBIGINT", "HUGEINT"), _OF_NUMBERS),
}
_COLUMNS: Columns = {
    "table_name": TEXT,
    "column_name": TEXT,
    "column_type": TEXT,
    "distinct_values": INTEGER,
    **dict.fromkeys(_OF_TEXT, INTEGER),
    "example": TEXT,
}


def scan_text(
    connection: duckdb.DuckDBPyConnection,
    relations: Iterable[tuple[str, str]],
    *,
    large: Collection[str] = (),
) -> pa.Table:
    """Scan every column of some relations, each a name to show and what stands after FROM.

    Returns one row a column: table_name, column_name, column_type, distinct_values, how many of them are a
    SIREN or SIRET, hold an e-mail address, a phone number, a company key, an IP address, and an example.
    Whole numbers are looked at for SIREN and SIRET alone, other columns not at all. Tables whose names are in ``large``
    are read a column at a time: the distinct values of all their columns need not fit in memory together.
    """
    rows = []
    for table, relation in relations:
        types = column_types(connection, relation)
        found = {
            column: counts
            for tests in (_OF_TEXT, _OF_NUMBERS)
            for columns in _read_together(
                [name for name, kind in types.items() if _TESTS.get(kind) is tests], apart=table in large
            )
            for column, counts in _counts(connection, relation, columns, tests)
        }
        nothing = dict.fromkeys(("distinct_values", *_OF_TEXT), 0)
        rows += [
            {
                "table_name": table,
                "column_name": column,
                "column_type": kind,
                **nothing,
                **found.get(column, {}),
            }
            for column, kind in types.items()
        ]
    return table_of(_COLUMNS, rows)


def _read_together(columns: list[str], *, apart: bool) -> list[list[str]]:
    return [[column] for column in columns] if apart else [columns]


def _counts(
    connection: duckdb.DuckDBPyConnection, relation: str, columns: list[str], tests: Mapping[str, str]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Columns with their counts, in one query, and over distinct values: most columns repeat a few codes."""
    if not columns:
        return
    counts = ", ".join(f"count(*) FILTER (WHERE {test})" for test in tests.values())
    found = connection.execute(
        f"SELECT column_name, count(*), {counts}, min(value) FILTER (WHERE {' OR '.join(tests.values())}) "
        f"FROM ({_distinct(relation, columns)}) GROUP BY column_name"
    ).fetchall()
    for column, *row in found:
        yield column, dict(zip(("distinct_values", *tests, "example"), row, strict=True))


def _distinct(relation: str, columns: Sequence[str]) -> str:
    """(column_name, value): of a single column the distinct values as they are, which takes less memory than texts."""
    if len(columns) == 1:
        (column,) = columns
        name = identifier(column)
        return (
            f"SELECT {literal(column)} AS column_name, CAST(value AS VARCHAR) AS value "
            f"FROM (SELECT DISTINCT {name} AS value FROM {relation} WHERE {name} IS NOT NULL)"
        )
    cast = ", ".join(f"CAST({identifier(column)} AS VARCHAR) AS {identifier(column)}" for column in columns)
    return (
        "SELECT DISTINCT column_name, value FROM "
        f"(UNPIVOT (SELECT {cast} FROM {relation}) ON COLUMNS(*) INTO NAME column_name VALUE value)"
    )
