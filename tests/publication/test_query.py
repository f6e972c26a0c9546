"""Analysts' queries on the current release."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from orchestration.errors import ReleaseError
from orchestration.publication.query import run_query

EDITIONS = "SELECT edition, year, is_simulated FROM dim_edition ORDER BY edition"


@pytest.fixture(scope="module")
def releases(made, tmp_path_factory) -> Path:
    """One published release, only read here."""
    workshop = made.workshop(tmp_path_factory.mktemp("query"))
    workshop.publish(workshop.candidate())
    return workshop.releases


def ask(releases: Path, capsysbinary: pytest.CaptureFixture[bytes], sql: str, format: str) -> bytes:
    run_query(releases, sql, format)
    return capsysbinary.readouterr().out


def test_a_table_for_the_screen(releases, capsysbinary):
    text = ask(releases, capsysbinary, EDITIONS, "table").decode()
    lines = [line.split() for line in text.splitlines() if line.strip()]
    assert lines[0] == ["edition", "year", "is_simulated"]
    assert lines[2] == ["edition_2012", "2012", "true"]
    numbers = ask(releases, capsysbinary, "SELECT 5 AS number, 'x' AS text", "table").decode()
    assert "\n      5   x" in numbers


def test_a_long_table_says_that_it_is_cut(releases, capsysbinary):
    text = ask(releases, capsysbinary, "SELECT range AS n FROM range(100_000)", "table").decode()
    assert "The first 100 rows" in text
    assert [line.strip() for line in text.splitlines() if line.strip().isdigit()][-1] == "99"
    short = ask(releases, capsysbinary, "SELECT range AS n FROM range(100)", "table").decode()
    assert "The first" not in short


def test_no_control_character_or_markup_reaches_the_terminal(releases, capsysbinary):
    text = ask(releases, capsysbinary, r"SELECT chr(27) || '[31mred' AS a, '[bold]b[/bold]' AS b", "table")
    assert b"\x1b" not in text
    assert b"[bold]b[/bold]" in text


def test_csv(releases, capsysbinary):
    out = ask(releases, capsysbinary, f"{EDITIONS};", "csv").decode()
    assert out == "edition,year,is_simulated\nedition_2012,2012,true\ntour_2019,2019,true\n"
    odd = ask(releases, capsysbinary, "SELECT 'a,\"b\"\nc' AS x, NULL AS y, [1, 2] AS z", "csv").decode()
    assert list(csv.reader(io.StringIO(odd))) == [["x", "y", "z"], ['a,"b"\nc', "", "[1, 2]"]]


def test_json(releases, capsysbinary):
    out = ask(releases, capsysbinary, EDITIONS, "json")
    assert json.loads(out)[1] == {"edition": "tour_2019", "year": 2019, "is_simulated": True}
    out = ask(releases, capsysbinary, "SELECT 'nan'::DOUBLE AS x, DATE '2026-11-23' AS d, 'é' AS t", "json")
    assert json.loads(out, parse_constant=pytest.fail) == [{"x": None, "d": "2026-11-23", "t": "é"}]
    assert json.loads(ask(releases, capsysbinary, "SELECT 1 AS a WHERE false", "json")) == []


def test_parquet_to_a_pipe(releases, capsysbinary):
    out = ask(releases, capsysbinary, "SELECT range AS n FROM range(250_000)", "parquet")
    table = pq.read_table(pa.BufferReader(out))
    assert table.num_rows == 250_000
    assert table.column("n").to_pylist()[-1] == 249_999


@pytest.mark.parametrize("format", ["table", "csv", "json", "parquet"])
def test_a_file_is_written_whole(releases, tmp_path, capsysbinary, format):
    target = tmp_path / "out"
    run_query(releases, EDITIONS, format, target)
    assert b"tour_2019" in target.read_bytes()
    assert capsysbinary.readouterr().out == b""
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_query_that_fails_midway_leaves_the_file_as_it_was(releases, tmp_path):
    target = tmp_path / "out.csv"
    target.write_text("before")
    sql = "SELECT CASE WHEN range < 50000 THEN 1 ELSE error('midway') END AS a FROM range(100_000)"
    with pytest.raises(ReleaseError, match="midway"):
        run_query(releases, sql, "csv", target)
    assert target.read_text() == "before"
    assert [path.name for path in tmp_path.iterdir()] == ["out.csv"]


def test_a_folder_that_is_not_there_is_one_message(releases, tmp_path):
    with pytest.raises(ReleaseError, match=r"out\.csv: it cannot be written \(No such file or directory\)"):
        run_query(releases, EDITIONS, "csv", tmp_path / "no" / "out.csv")


@pytest.mark.parametrize(
    "sql",
    [
        "SHOW TABLES",
        "DESCRIBE dim_edition",
        "SUMMARIZE dim_edition",
        "EXPLAIN SELECT 1",
        "FROM dim_edition",
        "WITH a AS (SELECT 1 AS b) SELECT * FROM a",
        "VALUES (1)",
        "TABLE dim_edition",
    ],
)
def test_every_way_of_reading_is_allowed(releases, capsysbinary, sql):
    assert ask(releases, capsysbinary, sql, "csv").count(b"\n") >= 2


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        ("SELECT 1; SELECT 2", "this is 2 statements"),
        ("", "this is no statement"),
        ("-- nothing", "this is no statement"),
        ("DELETE FROM dim_edition", "a DELETE statement"),
        ("CREATE TABLE a (b INT)", "a CREATE statement"),
        ("INSERT INTO dim_edition (edition) VALUES ('x') RETURNING edition", "a INSERT statement"),
        ("COPY dim_edition TO 'x.csv'", "a COPY statement"),
        ("ATTACH 'x.duckdb'", "a ATTACH statement"),
        ("SET enable_external_access = true", "a SET statement"),
        ("INSTALL httpfs", "a LOAD statement"),
        ("SELEC 1", "Parser Error"),
        ("SELECT * FROM dim_editon", "dim_edition"),
        ("SELECT edition, edition FROM dim_edition", None),
        ("SELECT 1 / 'a'", "Conversion Error"),
    ],
)
def test_anything_else_is_refused_in_one_line(releases, capsysbinary, sql, why):
    if why is None:
        assert ask(releases, capsysbinary, sql, "csv").startswith(b"edition,edition\n")
        return
    with pytest.raises(ReleaseError, match=why) as raised:
        run_query(releases, sql)
    assert "\n" not in str(raised.value)
    assert "^" not in str(raised.value)


@pytest.mark.parametrize("format", ["json", "parquet"])
def test_two_columns_of_one_name_have_no_place_in_an_object(releases, format):
    with pytest.raises(ReleaseError, match="two columns are named a"):
        run_query(releases, "SELECT 1 AS a, 2 AS a", format)


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        ("SELECT * FROM read_text('/etc/hostname')", "no file and no address besides"),
        ("SELECT * FROM read_csv('/etc/passwd')", "no file and no address besides"),
        ("SELECT * FROM glob('/etc/*')", "no file and no address besides"),
        ("SELECT * FROM read_parquet('http://127.0.0.1:9/a.parquet')", "no file and no address besides"),
        ("SELECT * FROM '/etc/passwd'", "Table with name /etc/passwd does not exist"),
    ],
)
def test_nothing_but_the_release_can_be_read(releases, capsysbinary, sql, why):
    with pytest.raises(ReleaseError, match=why):
        run_query(releases, sql, "csv")
    assert capsysbinary.readouterr().out == b""


def test_the_release_itself_cannot_be_changed_through_it(releases):
    database = releases / "current" / "internal" / "skills_bank.duckdb"
    before = database.read_bytes()
    run_query(releases, "SELECT count(*) AS n FROM dim_company", "csv")
    assert database.read_bytes() == before
    assert {path.name for path in database.parent.glob("*.wal")} == set()


def test_a_query_runs_while_another_process_holds_the_release(releases, capsysbinary):
    with duckdb.connect(str(releases / "current" / "internal" / "skills_bank.duckdb"), read_only=True):
        assert ask(releases, capsysbinary, "SELECT 1 AS a", "csv") == b"a\n1\n"


def test_an_unknown_format_and_an_empty_store_are_told(releases, tmp_path):
    with pytest.raises(ReleaseError, match=r"no format xlsx.*one of table, csv, json, parquet"):
        run_query(releases, "SELECT 1", "xlsx")
    with pytest.raises(ReleaseError, match="nothing has been published yet"):
        run_query(tmp_path, "SELECT 1")
