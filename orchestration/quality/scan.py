"""Looking for personal data in tables. Belongs here: counting what matches the patterns, column by column.
Does not: what is allowed where."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import duckdb
import pyarrow as pa

from orchestration.quality.masking import PATTERNS
from orchestration.quality.relations import INTEGER, TEXT, Columns, column_types, name, table_of, text

# The nine digits that begin a SIREN or SIRET have a Luhn sum that is a multiple of ten (ISO/IEC 7812-1).
_SIREN = """CASE WHEN regexp_matches(value, '^([0-9]{9}|[0-9]{14})$') THEN list_sum([
    (d * (2 - i % 2)) // 10 + (d * (2 - i % 2)) % 10
    FOR d, i IN [CAST(c AS INTEGER) FOR c IN string_split(value[:9], '')]
]) % 10 = 0 ELSE false END"""
_TESTS = {
    "sirens": _SIREN,
    "emails": f"regexp_matches(value, {text(PATTERNS['e-mail'])})",
    "phones": f"regexp_matches(value, {text(PATTERNS['phone'])})",
    "company_keys": f"regexp_matches(value, {text(PATTERNS['company key'])})",
    "ip_addresses": f"regexp_matches(value, {text(PATTERNS['ip address'])})",
}
_TESTS_OF_TYPE = {
    "VARCHAR": _TESTS,
    **{kind: {"sirens": _SIREN} for kind in ("BIGINT", "UBIGINT", "HUGEINT")},
}
_COLUMNS: Columns = {
    "table_name": TEXT,
    "column_name": TEXT,
    "column_type": TEXT,
    "distinct_values": INTEGER,
    **dict.fromkeys(_TESTS, INTEGER),
    "example": TEXT,
}


def scan_text(connection: duckdb.DuckDBPyConnection, relations: Iterable[tuple[str, str]]) -> pa.Table:
    """Scan every column of some relations, each a name to show and what stands after FROM.

    Returns one row a column: table_name, column_name, column_type, distinct_values, how many of them are a
    SIREN or SIRET, hold an e-mail address, a phone number, a company key, an IP address, and an example.
    Whole numbers are looked at for SIREN and SIRET alone, other columns not at all (distinct_values is null then).
    """
    rows = []
    for table, relation in relations:
        for column, kind in column_types(connection, relation).items():
            place = {"table_name": table, "column_name": column, "column_type": kind}
            tests = _TESTS_OF_TYPE.get(kind)
            found = _count(connection, relation, column, tests) if tests else {}
            rows.append({**place, **dict.fromkeys(_TESTS, 0), **found})
    return table_of(_COLUMNS, rows)


def _count(
    connection: duckdb.DuckDBPyConnection, relation: str, column: str, tests: dict[str, str]
) -> dict[str, Any]:
    """Distinct values only: most columns repeat a few codes, however many rows there are."""
    counts = ", ".join(f"count(*) FILTER (WHERE {test})" for test in tests.values())
    row = connection.execute(
        f"SELECT count(value), {counts}, min(value) FILTER (WHERE {' OR '.join(tests.values())}) "
        f"FROM (SELECT DISTINCT CAST({name(column)} AS VARCHAR) AS value FROM {relation})"
    ).fetchone()
    return dict(zip(("distinct_values", *tests, "example"), row or (), strict=True))
