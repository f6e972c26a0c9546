"""Publishing into a real PostgreSQL: what arrives, who may read what, and readers while the views are switched."""

from __future__ import annotations

import threading
from types import SimpleNamespace

import duckdb
import psycopg
import pytest
from typer.testing import CliRunner

from orchestration.cli import app
from orchestration.errors import ReleaseError
from orchestration.publication import database
from orchestration.publication.outward import publish_into, published

from ..servers import postgresql


@pytest.fixture(scope="module")
def server():
    """The address of a PostgreSQL's superuser, without the database."""
    with postgresql() as address:
        yield address


@pytest.fixture
def address(server):
    """An empty database."""
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS bank WITH (FORCE)")
        connection.execute("CREATE DATABASE bank")
    return f"{server}/bank"


@pytest.fixture
def shop(workshop):
    """A shop with two releases of different content; the second is current."""
    workshop.publish(workshop.candidate())
    workshop.publish(workshop.candidate("run-2", shift=1))
    return workshop


def other_release(path, number, statement):
    """A release with one table, which the statement makes."""
    with duckdb.connect(str(path)) as connection:
        connection.execute(statement)
    return SimpleNamespace(id=f"2027-W0{number}-1", content_hash=str(number) * 64, database=path)


def rows(address, query, role=None):
    with psycopg.connect(address) as connection:
        if role:
            connection.execute(f"SET ROLE {role}")
        return connection.execute(query).fetchall()


def test_every_mart_arrives_as_it_is(shop, address):
    release, loaded = publish_into(shop.releases, address)
    with duckdb.connect(str(release.database), read_only=True) as connection:
        names = [name for (name,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()]
        assert loaded.tables == len(names) > 3
        for name in names:
            expected = connection.execute(f'SELECT * FROM "{name}"').fetchall()
            assert sorted(rows(address, f"SELECT * FROM skills_bank.{name}"), key=repr) == sorted(
                expected, key=repr
            )
    assert release.id in published(shop.releases)


def test_nulls_empty_texts_quotes_and_lines_stay_apart(address, tmp_path):
    release = other_release(
        tmp_path / "marts.duckdb",
        1,
        """CREATE TABLE dim_odd AS SELECT * FROM (VALUES
        (1::BIGINT, NULL::VARCHAR, NULL::DOUBLE, true, DATE '2019-02-28', TIMESTAMP '2019-02-28 23:59:59.5'),
        (2, '', 'nan'::DOUBLE, false, NULL, NULL),
        (3, 'a "b", c\n\\N é', 0.1 + 0.2, NULL, DATE '0001-01-01', NULL)
        ) AS t(i, s, d, b, day, moment)""",
    )
    with duckdb.connect(str(release.database)) as connection:
        expected = connection.execute("FROM dim_odd ORDER BY i").fetchall()
    assert database.publish_to_database(release, address, 1).tables == 1
    assert repr(rows(address, "SELECT * FROM skills_bank.dim_odd ORDER BY i")) == repr(expected)


def test_each_role_reads_its_views_and_nothing_else(shop, address):
    release, _ = publish_into(shop.releases, address)
    analyst, public = database.ANALYST, database.PUBLIC
    assert rows(address, "SELECT count(*) FROM skills_bank.dim_edition", analyst)
    assert rows(address, "SELECT count(*) FROM skills_bank_public.pub_edition", public)
    shown = rows(address, "SELECT viewname FROM pg_views WHERE schemaname = 'skills_bank_public'")
    assert shown
    assert all(name.startswith("pub_") for (name,) in shown)
    for role, refused in (
        (public, "SELECT * FROM skills_bank.dim_edition"),
        (public, f'SELECT * FROM "{release.id}".dim_edition'),
        (analyst, f'SELECT * FROM "{release.id}".dim_edition'),
        (analyst, "SELECT * FROM skills_bank_releases.releases"),
        (analyst, "DELETE FROM skills_bank.dim_edition"),
        (analyst, "CREATE TABLE skills_bank.mine (a int)"),
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            rows(address, refused, role)


def test_readers_never_see_two_releases(shop, address):
    ids = [path.name for path in sorted(shop.releases.iterdir()) if path.name.startswith("20")]
    for each in ids:
        publish_into(shop.releases, address, each)
    query = (
        "SELECT (SELECT sum(respondents) FROM skills_bank.pub_edition), "
        "(SELECT sum(respondents) FROM skills_bank_public.pub_edition)"
    )
    seen, stop = set(), threading.Event()

    def read():
        with psycopg.connect(address, autocommit=True) as connection:
            while not stop.is_set():
                seen.add(connection.execute(query).fetchone())

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for _ in range(10):
        for each in ids:
            _, loaded = publish_into(shop.releases, address, each)
            assert loaded.tables == 0
    stop.set()
    for reader in readers:
        reader.join()
    assert len(seen) == 2
    assert all(one == other for one, other in seen)


def test_going_back_and_keeping_some(shop, address):
    ids = [path.name for path in sorted(shop.releases.iterdir()) if path.name.startswith("20")]
    first, second = ids
    publish_into(shop.releases, address, first)
    publish_into(shop.releases, address, second)
    before = rows(address, "SELECT sum(respondents) FROM skills_bank.pub_edition")
    _, loaded = publish_into(shop.releases, address, first)
    assert loaded == database.Loaded(0, ())
    assert rows(address, "SELECT sum(respondents) FROM skills_bank.pub_edition") != before
    done = CliRunner(env={"SKILLSBANK_DATA": str(shop.releases.parent)}).invoke(
        app, ["publish", "--to", address, "--keep", "1", first]
    )
    assert f"{first}: 0 tables loaded, the views show it; dropped: {second}" in done.output
    assert rows(address, f"SELECT count(*) FROM pg_namespace WHERE nspname = '{second}'") == [(0,)]


def test_what_users_built_on_a_view_stays_and_stands_in_the_way_of_a_change(shop, address, tmp_path):
    publish_into(shop.releases, address)
    rows_of = "SELECT * FROM mine.chart"
    with psycopg.connect(address) as connection:
        connection.execute("CREATE SCHEMA mine")
        connection.execute("CREATE VIEW mine.chart AS SELECT * FROM skills_bank.pub_edition")
    before = rows(address, rows_of)
    ids = [path.name for path in sorted(shop.releases.iterdir()) if path.name.startswith("20")]
    publish_into(shop.releases, address, ids[0])
    assert rows(address, rows_of) != before
    release = other_release(
        tmp_path / "marts.duckdb", 1, "CREATE TABLE pub_edition AS SELECT 1::BIGINT AS other"
    )
    shown = rows(address, rows_of)
    with pytest.raises(ReleaseError, match="cannot drop view"):
        database.publish_to_database(release, address, 3)
    assert rows(address, rows_of) == shown


def test_a_reader_who_does_not_let_go_is_told_of(shop, address, monkeypatch):
    publish_into(shop.releases, address)
    monkeypatch.setattr(database, "_TRIES", 2)
    monkeypatch.setattr(database, "_LOCK_SECONDS", 0.2)
    ids = [path.name for path in sorted(shop.releases.iterdir()) if path.name.startswith("20")]
    before = rows(address, "SELECT sum(respondents) FROM skills_bank.pub_edition")
    with psycopg.connect(address) as reader:
        reader.execute("SELECT * FROM skills_bank.pub_edition")
        with pytest.raises(ReleaseError, match="idle in transaction"):
            publish_into(shop.releases, address, ids[0])
    assert rows(address, "SELECT sum(respondents) FROM skills_bank.pub_edition") == before


def test_refusals(shop, address, tmp_path):
    with psycopg.connect(address, autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(hashtext('skills bank'))")
        with pytest.raises(ReleaseError, match="another release is being published"):
            publish_into(shop.releases, address)
    publish_into(shop.releases, address)
    with psycopg.connect(address) as connection:
        connection.execute("UPDATE skills_bank_releases.releases SET content_hash = 'x'")
    with pytest.raises(ReleaseError, match="there is another release"):
        publish_into(shop.releases, address)
    with pytest.raises(ReleaseError, match="refused the release") as caught:
        publish_into(shop.releases, "postgresql://admin:pass%20word@127.0.0.1:1/bank")
    assert "pass" not in str(caught.value)
    release = other_release(tmp_path / "marts.duckdb", 2, "CREATE TABLE dim_odd AS SELECT [1, 2] AS listed")
    with pytest.raises(ReleaseError, match="no type for"):
        database.publish_to_database(release, address, 3)
