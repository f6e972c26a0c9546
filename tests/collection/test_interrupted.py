"""A collection that is killed or interrupted: nothing half done is seen, and the next run puts it right."""

import os
import random
import signal
from multiprocessing import get_context
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from orchestration.codebook import load

from ..faults.breaking import die_at_step
from .conftest import CODEBOOK, Place, limesurvey_csv, made_up

CONTEXT = get_context("forkserver")
CONTEXT.set_forkserver_preload(["orchestration.collection.intake", "pytest", __name__])


@pytest.fixture(scope="module")
def export(tmp_path_factory, codebook):
    path = tmp_path_factory.mktemp("inbox") / "responses.csv"
    path.write_bytes(limesurvey_csv(*made_up(codebook, 4000)))
    return path


def _collect(folder: Path, export: Path, started, last_step: int | None = None):
    """Collect; with ``last_step``, the process is gone at that one of its steps on disk (fsync or rename)."""
    place = Place(folder, load(CODEBOOK))
    die_at_step(last_step)
    started.set()
    place.collect(export)
    os._exit(0)


def interrupt(place, export, delay, how):
    started = CONTEXT.Event()
    process = CONTEXT.Process(target=_collect, args=(place.folder, export, started))
    process.start()
    assert started.wait(60)
    process.join(delay)
    if process.is_alive():
        os.kill(process.pid, how)
    process.join(60)


def crash(place, export, last_step):
    """Whether the process ended by itself before that step."""
    started = (
        CONTEXT.Event()
    )  # a name of ours: one that only `args` held would be gone before the child reads it
    process = CONTEXT.Process(target=_collect, args=(place.folder, export, started, last_step))
    process.start()
    process.join(60)
    assert process.exitcode in (0, 9)
    return process.exitcode == 0


def whole(place):
    """Every entry is what it says and has its contacts; how many there are."""
    entries = place.archive.entries()
    for entry in entries:
        place.archive.verify(entry)
        assert pq.read_table(entry.path).num_rows == entry.facts["rows"] == 4000
        assert place.contacts.rows(place.contacts_of(entry)) > 4000
    return len(entries)


def put_right(place, export):
    """The next run leaves one entry with its contacts, and nothing of the dead one."""
    entry = place.collect(export).entry
    assert whole(place) == 1
    assert [path.name for path in place.contacts_of(entry).parent.iterdir()] == [f"{entry.stem}.parquet"]
    assert len(list(entry.path.parent.iterdir())) == 2


def test_gone_at_every_step_on_disk(place, export, tmp_path, codebook):
    for last_step in range(1, 30):
        trial = Place(tmp_path / str(last_step), codebook)
        if crash(trial, export, last_step):
            break
        assert whole(trial) <= 1
        put_right(trial, export)
    assert 6 < last_step < 29


def test_killed_at_any_moment(place, export):
    draw = random.Random(7)
    for _ in range(8):
        interrupt(place, export, draw.uniform(0, 0.12), signal.SIGKILL)
        assert whole(place) <= 1
        for path in place.contacts.folder.rglob("*"):
            assert path.stat().st_mode & 0o077 == 0
    put_right(place, export)


def test_interrupted_from_the_keyboard(place, export):
    for delay in (0.0, 0.03, 0.06, 0.09):
        interrupt(place, export, delay, signal.SIGINT)
        whole(place)
        assert not [path for path in place.folder.rglob("*") if path.name.startswith(".")]


def test_contacts_of_a_run_killed_before_its_commit_are_replaced(place, export):
    entry = place.collect(export).entry
    orphan = place.contacts_of(entry).with_name(f"20200101T000000Z-{entry.stem[-12:]}.parquet")
    place.contacts_of(entry).rename(orphan)
    other = orphan.with_name("20200101T000000Z-000000000000.parquet")
    other.write_bytes(b"of another original")
    for path in entry.path.parent.iterdir():
        path.unlink()
    again = place.collect(export).entry
    assert not orphan.exists()
    assert other.exists()
    assert place.contacts_of(again).exists()
