"""What goes into a candidate, and what must not."""

from __future__ import annotations

import csv
import struct

import duckdb
import pyarrow.parquet as pq
import pytest

from orchestration.errors import ReleaseError
from orchestration.publication.candidate import open_candidate
from orchestration.publication.manifest import MANIFEST
from orchestration.publication.pack import PACK_FILES


@pytest.fixture
def candidate(workshop):
    return workshop.candidate()


def test_every_mart_is_there_in_every_form_and_nothing_else(workshop, candidate):
    declared = {model["name"] for model in workshop.models()}
    public = {name for name in declared if name.startswith("pub_")}
    pages = {"dictionary.csv", "dictionary.html"}
    internal_files = {path.name for path in (candidate.folder / "internal").iterdir()}
    public_files = {path.name for path in (candidate.folder / "public").iterdir()}
    assert internal_files == {
        "skills_bank.duckdb",
        "sbom.cdx.json",
        "lineage.html",
        "dbt_docs.html",
        "public_knowledge",
        *pages,
        *(f"{name}.parquet" for name in declared),
    }
    assert public_files == {
        *pages, *PACK_FILES, "explorer", "quality.fr.html", "quality.en.html",
        "report.fr.html", "report.en.html", "report.fr.pdf", "report.en.pdf",
        *(f"{name}.{ending}" for name in public for ending in ("csv", "parquet")),
    }  # fmt: skip
    with duckdb.connect(str(candidate.database), read_only=True) as connection:
        tables = {name for (name,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
    assert tables == declared
    assert set(candidate.manifest.tables) == declared


def test_all_forms_hold_the_same_rows_in_the_same_order(candidate):
    internal, public = candidate.folder / "internal", candidate.folder / "public"
    with duckdb.connect(str(candidate.database), read_only=True) as connection:
        stored = connection.execute("SELECT * FROM pub_innovation_export").fetchall()
        keys = connection.execute("SELECT company_key FROM dim_company").fetchall()
    for path in (internal / "pub_innovation_export.parquet", public / "pub_innovation_export.parquet"):
        assert [tuple(row.values()) for row in pq.read_table(path).to_pylist()] == stored
    with (public / "pub_innovation_export.csv").open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    assert header == pq.read_schema(public / "pub_innovation_export.parquet").names
    assert [[value or None for value in row] for row in rows] == [
        [None if value is None else str(value) for value in row] for row in stored
    ]
    assert keys == sorted(keys)
    assert len(keys) == 50


def test_the_database_has_the_format_that_every_1x_client_opens(candidate):
    # The storage version stands after checksum and magic; DuckDB 1.0.0 reads 64 and no later one.
    head = candidate.database.read_bytes()[:20]
    assert head[8:12] == b"DUCK"
    assert struct.unpack("<Q", head[12:20]) == (64,)
    with duckdb.connect(str(candidate.database), read_only=True) as connection:
        (constraints,) = connection.execute("SELECT count(*) FROM duckdb_constraints()").fetchone()
    assert constraints == 0  # a key's index is written in a form that 1.0.0 cannot read


def test_descriptions_are_in_the_database_and_the_dictionary(workshop, candidate):
    with duckdb.connect(str(candidate.database), read_only=True) as connection:
        comment = connection.execute(
            "SELECT comment FROM duckdb_columns() WHERE table_name = 'dim_edition' AND column_name = 'status'"
        ).fetchone()[0]
    assert "closed" in comment
    with (candidate.folder / "internal" / "dictionary.csv").open(encoding="utf-8", newline="") as file:
        internal = list(csv.DictReader(file))
    with (candidate.folder / "public" / "dictionary.csv").open(encoding="utf-8", newline="") as file:
        public = list(csv.DictReader(file))
    declared = {(model["name"], column["name"]) for model in workshop.models() for column in model["columns"]}
    assert {(row["table"], row["column"]) for row in internal} == declared
    assert all(row["description"] for row in internal)
    assert {row["table"] for row in public} == {name for name, _ in declared if name.startswith("pub_")}
    page = (candidate.folder / "public" / "dictionary.html").read_text(encoding="utf-8")
    assert "pub_participation" in page
    assert "dim_company" not in page


def test_a_staged_candidate_is_found_again(candidate):
    assert open_candidate(candidate.folder) == candidate


def test_a_table_name_that_is_in_two_schemas_is_refused(workshop):
    workshop.write_warehouse()
    with duckdb.connect(str(workshop.warehouse)) as connection:
        connection.execute("CREATE TABLE main.dim_edition AS SELECT 1 AS edition")
    with pytest.raises(ReleaseError, match="two schemas hold a mart named dim_edition"):
        workshop.build("run-2")
    assert not (workshop.releases / ".candidate-run-2").exists()


def test_a_database_without_marts_is_refused(workshop):
    with duckdb.connect(str(workshop.warehouse)) as connection:
        connection.execute("CREATE TABLE stg_answers (a INTEGER)")
    with pytest.raises(ReleaseError, match="holds no mart"):
        workshop.build()


def test_an_edition_that_does_not_say_whether_it_is_simulated_is_refused(workshop):
    rows = workshop.rows()
    rows["dim_edition"] = [dict(rows["dim_edition"][0], is_simulated=None)]
    with pytest.raises(ReleaseError, match="unknown whether edition_2012 is simulated"):
        workshop.build(rows=rows)


def test_a_missing_dbt_manifest_is_one_message(workshop):
    workshop.dbt_manifest.unlink()
    with pytest.raises(ReleaseError, match="dbt's manifest cannot be read"):
        workshop.build()


def test_a_build_that_is_interrupted_leaves_nothing(workshop, monkeypatch):
    def interrupt(*_args, **_kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr("orchestration.publication.export.write_report", interrupt)
    with pytest.raises(KeyboardInterrupt):
        workshop.build()
    assert list(workshop.releases.iterdir()) == []


def test_what_a_killed_run_left_is_not_mixed_in(workshop):
    folder = workshop.releases / ".candidate-run-1"
    (folder / "public").mkdir(parents=True)
    (folder / "public" / "pub_old.csv").write_text("old")
    (folder / MANIFEST).write_text("half")
    assert "public/pub_old.csv" not in workshop.build().manifest.files
