"""A disk that is full while collecting and decoding: a real one, of a few megabytes. Publishing has its own test
(tests/publication/test_disk_full.py), and each later stage is in benchmarks/faults.py."""

import errno
import os
import sqlite3

import pyarrow as pa
import pytest

from orchestration import lake
from orchestration.automation.doctor import State, machine
from orchestration.automation.failures import advice
from orchestration.automation.instance import explained
from orchestration.errors import ArchiveError, SkillsBankError
from orchestration.settings import Settings

from ..collection.conftest import Place, limesurvey_csv, made_up
from .breaking import Unavailable, fill, read_only, small_disk


@pytest.fixture
def disk(tmp_path):
    try:
        with small_disk(tmp_path / "disk", 4_000_000) as folder:
            yield folder
    except Unavailable as reason:
        pytest.skip(str(reason))


def test_collecting_adds_all_or_nothing(disk, tmp_path, codebook):
    """At each amount of room, from none to enough: whichever write it is that fails."""
    first, second = tmp_path / "responses.csv", tmp_path / "more.csv"
    first.write_bytes(limesurvey_csv(*made_up(codebook, 300)))
    second.write_bytes(limesurvey_csv(*made_up(codebook, 400, seed=2)))
    place = Place(disk / "data", codebook)
    kept = place.collect(first).entry
    told = []
    for leave in range(0, 4_000_000, 4_096):
        before, filler = place.state(), fill(disk, leave)
        try:
            place.collect(second)
            break
        except ArchiveError as problem:
            told.append(str(problem))
        finally:
            filler.unlink()
        assert place.state() == before
        place.archive.verify(kept)
    assert len(told) > 3
    assert all("No space left" in text and "make room" in text for text in told)
    assert len(place.archive.entries()) == 2
    assert place.archive.damage() == []


def test_a_table_of_the_lake_is_the_old_one_or_the_new_one(disk):
    def rows(number):
        return pa.table(
            {"region_code": [f"{n:02d}" for n in range(number)], "name": [f"{n * n}" for n in range(number)]}
        )

    room = disk / "lake"
    lake.write(room, "regions", [(None, [rows(10)])])
    (old,) = [path.read_bytes() for path in lake.files(room, "regions")]
    filler = fill(disk, 8192)
    with pytest.raises(OSError, match="No space left") as raised:
        lake.write(room, "regions", [(None, [rows(200_000)])])
    assert [path.read_bytes() for path in lake.files(room, "regions")] == [old]
    assert "free some space" in advice(str(raised.value))
    filler.unlink()
    assert lake.write(room, "regions", [(None, [rows(100_000)])]) == 100_000


def test_dagsters_storage_on_a_full_disk_is_one_message(disk):
    """Dagster writes hundreds of events a run; what SQLite says of the disk names neither it nor a remedy."""
    settings = Settings(data=disk / "data")
    settings.data.mkdir()
    opened = sqlite3.connect(settings.data / "runs.db")
    opened.execute("create table runs (body text)")
    fill(disk, 8192)
    with (
        pytest.raises(SkillsBankError, match=r"the disk is full: .*free some space.*then refresh"),
        explained(settings),
    ):
        opened.execute("insert into runs values (zeroblob(20000000))")
    opened.close()


def test_a_record_of_runs_that_is_damaged_or_shut_is_one_message(tmp_path):
    settings, path = Settings(data=tmp_path), tmp_path / "runs.db"
    path.write_bytes(b"SQLite format 3\0" + b"x" * 5000)
    with (
        pytest.raises(SkillsBankError, match=r"Dagster's storage cannot be used.*doctor --fix"),
        explained(settings),
    ):
        sqlite3.connect(path).execute("select * from runs")
    with pytest.raises(SkillsBankError, match=r"cannot be written to.*owns it"), explained(settings):
        sqlite3.connect(tmp_path / "nowhere" / "runs.db")
    with pytest.raises(KeyError), explained(settings):
        raise KeyError("of another kind")


def test_the_doctor_says_how_much_is_needed(disk):
    found = machine.disk(Settings(data=disk / "data"), False)
    assert found.state is State.wrong
    assert "a refresh may need 500.0 MB" in found.said
    assert "old releases" in found.do


def test_the_doctor_names_the_folder_that_cannot_be_written_to(tmp_path):
    for room in ("archive", "lake"):
        (tmp_path / room).mkdir()
    try:
        with read_only(tmp_path / "lake"):
            found = machine.folders(Settings(data=tmp_path), False)
    except Unavailable as reason:
        pytest.skip(str(reason))
    assert (found.state, found.said) == (State.wrong, f"{tmp_path / 'lake'} cannot be written to")
    assert "the user that owns the data folder" in found.do
    assert machine.folders(Settings(data=tmp_path), False).state is State.ok


@pytest.mark.parametrize(
    ("code", "help_"),
    [(errno.EROFS, "make the path above writable"), (errno.ENOSPC, "free some space"), (errno.EIO, "doctor")],
)
def test_a_step_that_a_disk_stops_names_the_path_and_says_what_to_do(code, help_):
    told = advice(str(OSError(code, os.strerror(code), "/srv/bank/lake/answers")))
    assert "/srv/bank/lake/answers" in told
    assert help_ in told.partition("What to do: ")[2]
