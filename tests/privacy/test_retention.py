"""Contacts go when their time is up, with a proof, and their rights are put right at every run."""

import json
import shutil
import stat
from datetime import UTC, datetime

import dagster as dg
import pytest

from orchestration.automation.retention import retain
from orchestration.collection.contacts import Contacts, restrict
from orchestration.errors import ArchiveError

from .test_erase import make


@pytest.fixture
def place(tmp_path, codebook):
    place = make(tmp_path, codebook)
    place.collect(decoded=False)
    return place


def run(place, day):
    now = datetime.fromisoformat(day).replace(tzinfo=UTC)
    return retain(Contacts.of(place.settings), place.archive, [place.book], place.data / "logs", now=now)


def test_contacts_stay_until_their_last_day_and_then_go(place):
    folder = place.settings.contacts / "survey_482617"
    cells = len(place.people())
    (kept,) = run(place, "2029-05-14").editions
    assert (kept.files, kept.left, kept.since_what, f"{kept.until:%Y-%m-%d}") == (
        0,
        1,
        "last answer",
        "2029-05-15",
    )
    assert not (place.data / "logs").exists()
    (gone,) = run(place, "2029-05-15").editions
    assert (gone.files, gone.cells) == (1, cells)
    assert list(folder.iterdir()) == []
    notes = [json.loads(line) for line in (place.data / "logs" / "retention.jsonl").read_text().splitlines()]
    assert [note["event"] for note in notes] == ["begun", "deleted"]
    assert notes[1]["cells"] == cells
    before = (place.data / "logs" / "retention.jsonl").read_bytes()
    assert run(place, "2029-05-16").editions[0].files == 0
    assert (place.data / "logs" / "retention.jsonl").read_bytes() == before
    place.verify()


def test_without_dates_the_collection_counts(tmp_path, codebook):
    place = make(tmp_path, codebook)
    undated = place.original.read_bytes().replace(b"2026-05-15 15:27:03", b"1980-01-01 00:00:00")
    place.original.write_bytes(undated)
    entry = place.collect(decoded=False)
    (kept,) = run(place, "2029-01-01").editions
    assert (kept.since, kept.since_what, kept.left) == (entry.collected_at, "last collection", 1)
    assert run(place, "2039-01-01").editions[0].files == 1


def test_a_clock_that_was_wrong_keeps_nothing_for_ever(tmp_path, codebook):
    place = make(tmp_path, codebook)
    place.original.write_bytes(
        place.original.read_bytes().replace(b"2026-05-15 15:27:03", b"2226-05-15 15:27:03")
    )
    entry = place.collect(decoded=False)
    assert run(place, "2027-01-01").editions[0].since == entry.collected_at


def test_contacts_without_a_codebook_are_named(place):
    (place.settings.contacts / "survey_482617").rename(place.settings.contacts / "forgotten")
    done = run(place, "2039-01-01")
    assert (done.editions, done.unknown) == ((), ("forgotten",))
    assert len(list((place.settings.contacts / "forgotten").iterdir())) == 1


def test_rights_are_put_right(place):
    (path,) = (place.settings.contacts / "survey_482617").iterdir()
    path.chmod(0o644)
    path.parent.chmod(0o755)
    assert restrict(place.settings.contacts) == 2
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert restrict(place.settings.contacts) == 0
    (path.parent / "link").symlink_to("/etc/hostname")
    with pytest.raises(ArchiveError, match="is a link"):
        restrict(place.settings.contacts)


def test_the_job_runs_alone_and_gives_its_proof(place, parsed_project):
    from orchestration.definitions import build_definitions

    shutil.copytree(parsed_project, place.settings.dbt_target)
    definitions = build_definitions(place.settings)
    schedule = definitions.resolve_schedule_def("contacts_retention_schedule")
    assert (schedule.cron_schedule, schedule.execution_timezone) == ("30 3 * * *", "Europe/Paris")
    refresh = definitions.resolve_job_def("weekly_refresh")
    assert dg.AssetKey("contacts_retention") not in refresh.asset_layer.selected_asset_keys
    with dg.DagsterInstance.ephemeral() as instance:
        job = definitions.resolve_job_def("contacts_retention")
        result = job.execute_in_process(instance=instance)
        (event,) = result.asset_materializations_for_node("retain_contacts")
    assert event.metadata["files_deleted"].value == 0
    (record,) = (
        event.metadata["editions"].value.records
        if hasattr(event.metadata["editions"].value, "records")
        else event.metadata["editions"].records
    )
    assert record.data["kept until"] == "2029-05-15"
