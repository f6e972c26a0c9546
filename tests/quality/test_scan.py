"""Looking for personal data in tables: the same is found however large they are."""

import duckdb
import pytest

from orchestration.quality.scan import scan_text


@pytest.fixture(scope="module")
def connection():
    with duckdb.connect() as connection:
        connection.execute(
            """CREATE TABLE told AS SELECT * REPLACE (CAST(counted AS BIGINT) AS counted) FROM (VALUES
                ('732829320', 'write to nobody@example.org', 732829320, 1.5),
                ('732829320', '01 02 03 04 05', 12, 2.5),
                (NULL, 'write to nobody@example.org', NULL, NULL),
                ('732829321', '192.168.1.1', 12, 0.5)
            ) AS told(number, words, counted, measured)"""
        )
        connection.execute("CREATE TABLE empty AS FROM told LIMIT 0")
        connection.execute("CREATE TABLE numbers AS SELECT measured FROM told")
        yield connection


@pytest.mark.parametrize("large", [(), ("told", "empty", "numbers")], ids=["together", "apart"])
def test_distinct_values_are_counted_that_look_personal(connection, large):
    names = ["told", "empty", "numbers"]
    found = scan_text(connection, [(name, name) for name in names], large=large).to_pylist()
    rows = {(row["table_name"], row["column_name"]): row for row in found}
    assert [name for table, name in rows if table == "told"] == ["number", "words", "counted", "measured"]
    number, words, counted, measured = (row for (table, _), row in rows.items() if table == "told")
    assert (number["distinct_values"], number["sirens"], number["example"]) == (2, 1, "732829320")
    assert (words["distinct_values"], words["emails"], words["phones"], words["ip_addresses"]) == (3, 1, 1, 1)
    assert (counted["distinct_values"], counted["sirens"], counted["emails"]) == (2, 1, 0)
    assert measured["distinct_values"] == 0, "no text and no whole number"
    assert all(row["distinct_values"] == 0 for (table, _), row in rows.items() if table != "told")
