"""Which releases are read back: the current one, and what it does not know of."""

from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from orchestration.disclosure.knowledge import NAME, SCHEMA, Files, opened
from orchestration.disclosure.previous import read_previous

PUBLIC = (
    "pub_participation", "pub_innovation_export", "pub_competence_need", "pub_change", "pub_contrast",
    "pub_territory_model",
)  # fmt: skip


def release(
    folder: Path, name: str, *, carries: bool = True, secrecy: bool = True, in_table: bool = False
) -> None:
    """What is read of a release; it tells one sum over a company named like the release, in a file of its own or, as
    older ones, ``in_table`` of its database."""
    database = folder / name / "internal" / "skills_bank.duckdb"
    database.parent.mkdir(parents=True)
    row = {"edition": "e", "system": "export", "number": 0, "company_key": name, "respondent_id": None}
    row |= {"answer": 1.0, "value": 1.0, "weight": 1.0, "is_present": True, "sums": "0"}
    told = pa.Table.from_pylist([row], schema=SCHEMA)
    with duckdb.connect(str(database)) as connection:
        for table in PUBLIC:
            connection.execute(f"CREATE TABLE {table} (family VARCHAR, competence_code VARCHAR)")
        connection.execute("CREATE TABLE dim_edition (edition VARCHAR, year INTEGER, has_frame BOOLEAN)")
        if secrecy:
            connection.execute(
                "CREATE TABLE fct_secrecy AS SELECT 'e' AS edition, 'export' AS system, 'export_rate' AS indicator, "
                "'region' AS domain_type, '32' AS domain, TRUE AS is_hidden"
            )
        if carries and not in_table:
            with opened(database.parent / NAME / "edition=e.parquet") as keep:
                keep(told)
        elif carries:
            connection.register("told", told)
            connection.execute("CREATE TABLE fct_public_knowledge AS SELECT * FROM told")


def read(folder: Path) -> list[str]:
    """The releases whose knowledge is read, in order."""
    previous = read_previous(folder)
    assert previous is not None
    assert previous.hidden["e", "export"] == {("export_rate", "region", "32")}
    return [rows["company_key"][0].as_py() for each in previous.known for rows in each.values()]


def current(folder: Path, name: str) -> None:
    (folder / "current").unlink(missing_ok=True)
    (folder / "current").symlink_to(name)


def test_the_current_release_carries_what_those_before_it_told(tmp_path: Path) -> None:
    release(tmp_path, "2026-W09-9")
    release(tmp_path, "2026-W09-10")
    current(tmp_path, "2026-W09-10")
    assert read(tmp_path) == ["2026-W09-10"]


def test_a_release_that_was_rolled_back_from_counts_before_the_current_one(tmp_path: Path) -> None:
    for name in ("2026-W09-9", "2026-W09-10", "2026-W10-1"):
        release(tmp_path, name)
    current(tmp_path, "2026-W09-9")
    # The newest knows of the one between.
    assert read(tmp_path) == ["2026-W10-1", "2026-W09-9"]


def test_a_release_that_carries_on_in_its_database_is_read(tmp_path: Path) -> None:
    release(tmp_path, "2026-W09-9")
    release(tmp_path, "2026-W09-10", in_table=True)
    current(tmp_path, "2026-W09-10")
    assert read(tmp_path) == ["2026-W09-10"]


def test_files_give_back_what_each_system_told(tmp_path: Path) -> None:
    def rows(system: str, count: int) -> pa.Table:
        row = {
            "edition": "e",
            "system": system,
            "company_key": "a",
            "answer": 1.0,
            "value": 1.0,
            "weight": 1.0,
        }
        numbered = [row | {"number": number, "is_present": True, "sums": "0"} for number in range(count)]
        return pa.Table.from_pylist(numbered, schema=SCHEMA)

    # More rows than Parquet puts into one group.
    given = {"large": rows("large", 1_100_000), "small": rows("small", 3)}
    with opened(tmp_path / "edition=e.parquet") as keep:
        for table in given.values():
            keep(table)
    files = Files(tmp_path)
    assert files.rows == 1_100_003
    assert {system: files["e", system].num_rows for _, system in files} == {"large": 1_100_000, "small": 3}
    assert all(files["e", system].equals(table) for system, table in given.items())


def test_releases_that_carry_nothing_on_are_all_read(tmp_path: Path) -> None:
    release(tmp_path, "2026-W08-1")
    release(tmp_path, "2026-W09-1")
    release(tmp_path, "2026-W09-2", carries=False)
    release(tmp_path, "2026-W09-3", secrecy=False, carries=False)
    release(tmp_path, "2026-W10-1", carries=False)
    current(tmp_path, "2026-W10-1")
    # Those without editions tell nothing; the last one read carries the ones before it.
    assert read(tmp_path) == ["2026-W09-1"]


@pytest.mark.parametrize("secrecy", [True, False])
def test_without_a_release_of_protected_figures_there_is_nothing_before(
    tmp_path: Path, secrecy: bool
) -> None:
    assert read_previous(tmp_path) is None
    release(tmp_path, "2026-W09-1", secrecy=secrecy)
    current(tmp_path, "2026-W09-1")
    assert (read_previous(tmp_path) is None) is not secrecy
