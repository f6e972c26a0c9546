"""Commands on object storage, between machines: what is sent, what comes, what a cut leaves. Small files, a real S3
server."""

import json
import os
import subprocess
import sys
from dataclasses import replace

import dagster as dg
import pytest
import requests
import s3fs
from botocore.exceptions import EndpointConnectionError
from pydantic import SecretStr

from orchestration.automation.doctor.objects import object_storage
from orchestration.automation.jobs import automation_definitions
from orchestration.errors import BusyError
from orchestration.storage import lease
from orchestration.storage.assets import storage_assets
from orchestration.storage.session import reading, writing
from orchestration.storage.store import LostRaceError, Store, StoreError

from .conftest import ADDRESS, FILES, RELEASE, STAYS

NEXT = "releases/2026-W49-1"
CHANGES = {
    "lake/respondents/tour_2019.parquet": "more respondents",
    "archive/limesurvey/tour_2019/20261130T040000Z-ba9876543210.csv": "more answers",
    f"{NEXT}/MANIFEST.json": "{}",
    f"{NEXT}/internal/skills_bank.duckdb": "more marts",
}
CURRENT = ("releases/current/*",)


def texts(bucket):
    """What every object of the bank holds, by its key."""
    root = ADDRESS.removeprefix("s3://")
    return {path.removeprefix(f"{root}/"): bucket.cat_file(path).decode() for path in bucket.find(root)}


def of(release):
    return {path: text for path, text in (FILES | CHANGES).items() if path.startswith(f"{release}/")}


def refresh(one):
    """What the next refresh changes; the oldest release and delivery go."""
    one.put(CHANGES)
    one.point(NEXT)
    (one.folder / "archive/limesurvey/tour_2019/20261123T040000Z-0123456789ab.csv").unlink()


def refreshed(files):
    kept = {path: text for path, text in files.items() if not path.endswith("0123456789ab.csv")}
    return kept | CHANGES


def test_what_counts_is_in_the_bucket_and_nothing_else(first, bucket):
    there = texts(bucket)
    assert sorted(text for key, text in there.items() if not key.startswith("current/")) == sorted(
        FILES.values()
    )
    assert not any(text in there.values() for text in STAYS.values())
    assert {key for key in there if key.startswith("current/")} == {"current/00000001.json"}
    # A release lies where its path says: other tools can read it there.
    assert there[f"{RELEASE}/internal/skills_bank.duckdb"] == "marts"


def test_a_reader_brings_the_current_release_alone(first, machine):
    reader = machine("reader")
    reading(reader.settings, *CURRENT)
    assert reader.has() == of(RELEASE)
    assert (reader.folder / "releases" / "current" / "public" / "report.fr.html").read_text() == "report"
    assert (reader.mode("."), reader.mode(f"{RELEASE}/public")) == (0o700, 0o700)


def test_a_second_machine_goes_on_where_the_first_was(first, machine, bucket):
    second, before = machine("second"), texts(bucket)
    with writing(second.settings, "look"):
        assert second.has() == FILES
        assert second.mode("contacts") == 0o700
        assert second.mode("contacts/tour_2019/20261123T040000Z-0123456789ab.parquet") == 0o600
    assert texts(bucket) == before
    with writing(second.settings, "refresh"):
        refresh(second)
    with writing(first.settings, "look"):
        assert first.has() == refreshed(FILES) | STAYS
    # What was deleted on one machine is nowhere any more.
    assert "answers" not in texts(bucket).values()


def test_who_was_erased_elsewhere_leaves_the_files_that_stay_on_a_machine(first, machine):
    second, working = (
        machine("second"),
        {"warehouse/run-1/skills_bank.duckdb": "marts", "warehouse/dbt/manifest.json": "{}"},
    )
    first.put(working)
    with writing(first.settings, "look"):
        assert working.items() <= first.has().items()
    with writing(second.settings, "erase"):
        second.put({"archive/tombstones/company-0123.json": "{}"})
    with writing(first.settings, "look"):
        assert "warehouse/run-1/skills_bank.duckdb" not in first.has()
        assert "warehouse/dbt/manifest.json" in first.has()


def test_a_reader_loses_a_release_that_was_removed(first, machine):
    reader = machine("reader")
    reading(reader.settings, *CURRENT)
    with writing(first.settings, "refresh"):
        refresh(first)
        for path in of(RELEASE):
            (first.folder / path).unlink()
    reading(reader.settings, *CURRENT)
    assert {path: text for path, text in reader.has().items() if text} == of(NEXT)


class Cut:
    """A server that is gone after so many writes, seen from s3fs; None lets all pass."""

    def __init__(self, monkeypatch):
        self.left = None
        call = s3fs.S3FileSystem._call_s3

        async def counted(files, method, *arguments, **named):
            if method in {"put_object", "delete_object"} and self.left is not None:
                if self.left == 0:
                    raise EndpointConnectionError(endpoint_url="the server")
                self.left -= 1
            return await call(files, method, *arguments, **named)

        monkeypatch.setattr(s3fs.S3FileSystem, "_call_s3", counted)


def command(one, work, ending=None):
    """A command that does some work, and may end badly."""
    with writing(one.settings, "refresh"):
        work()
        if ending is not None:
            raise ending


def overdue(bucket):
    """Whoever holds the bucket has given no sign of life for too long."""
    key = f"institute/skills-bank/{lease.KEY}"
    hold = json.loads(bucket.cat_file(key)) | {"until": "2026-11-26T00:00:00+00:00"}
    bucket.pipe_file(key, json.dumps(hold).encode())


def test_a_push_cut_anywhere_leaves_one_whole_release_and_the_next_run_ends_it(
    first, machine, bucket, monkeypatch
):
    cut, reader, second, seen, told = Cut(monkeypatch), machine("reader"), machine("second"), [], []
    for writes in range(20):

        def work(writes=writes):
            if writes == 0:
                refresh(first)
            cut.left = writes

        try:
            command(first, work)
        except StoreError as problem:
            told.append(str(problem))
        is_whole, cut.left = bool(cut.left), None
        reading(reader.settings, *CURRENT)
        current = f"releases/{(reader.folder / 'releases' / 'current').readlink()}"
        assert {path: text for path, text in reader.has().items() if path.startswith(current)} == of(current)
        seen.append(current)
        if is_whole:
            break
    assert is_whole
    assert all(f"{ADDRESS}: the server cannot be reached" in one for one in told)
    assert set(seen) == {RELEASE, NEXT}
    assert seen == sorted(seen)
    assert "answers" not in texts(bucket).values()
    with writing(second.settings, "look"):
        assert second.has() == refreshed(FILES)


def test_one_machine_writes_at_a_time(first, machine):
    second = machine("second")
    with (
        writing(first.settings, "refresh, run 1"),
        pytest.raises(BusyError, match=f"{ADDRESS}: another machine writes \\(refresh, run 1 on"),
    ):
        command(second, lambda: None)
    with writing(second.settings, "refresh, run 2"):
        assert second.has() == FILES


def test_a_dead_machines_hold_ends_and_it_overwrites_nothing_when_it_comes_back(first, machine, bucket):
    second, stone = machine("second"), "archive/tombstones/company-0123.json"

    def erase():
        first.put({stone: json.dumps({"kind": "company", "finished_at": "2026-11-26"})})
        # It stands still for longer than its hold lasts: another takes over.
        overdue(bucket)
        command(second, lambda: refresh(second))

    with pytest.raises(LostRaceError, match="another machine has written"):
        command(first, erase)
    with writing(first.settings, "look"):
        # The other's work counts; the erasure is not forgotten, and stops collecting until it is ended.
        kept = {path: text for path, text in first.has().items() if path not in STAYS}
        assert json.loads(kept.pop(stone)) == {"kind": "company", "finished_at": None}
        assert kept == refreshed(FILES)
    with writing(second.settings, "look"):
        assert (second.folder / stone).exists()


def test_a_command_that_fails_sends_what_it_did_and_one_that_is_stopped_does_with_the_next(first, bucket):
    with pytest.raises(RuntimeError):
        command(first, lambda: first.put({"archive/a": "kept"}), RuntimeError())
    assert "kept" in texts(bucket).values()
    with pytest.raises(KeyboardInterrupt):
        command(first, lambda: first.put({"archive/b": "kept as well"}), KeyboardInterrupt())
    reading(first.settings, *CURRENT)
    assert "kept as well" not in texts(bucket).values()
    command(first, lambda: None)
    assert "kept as well" in texts(bucket).values()


def test_another_secret_is_refused_before_anything_is_made(first, machine):
    second = machine("second")
    for secret, said in ((None, "is not here"), ("another secret than that", "another one")):
        settings = second.settings.model_copy(update={"company_key_secret": secret and SecretStr(secret)})
        with pytest.raises(StoreError, match=said), writing(settings, "refresh"):
            pass
    assert not second.folder.exists()


def test_what_goes_wrong_is_one_message(machine, bucket, s3, monkeypatch):
    one = machine("one")

    def told(address=ADDRESS):
        with pytest.raises(StoreError) as problem:
            reading(replace(one, address=address).settings, *CURRENT)
        assert str(problem.value).startswith(f"{address}: ")
        return str(problem.value)

    assert "nothing lies at this address yet" in told()
    assert "there is no such bucket" in told("s3://instituet/skills-bank")
    assert "this is no address of object storage" in told("gopher://institute/bank")
    requests.post(f"{s3['AWS_ENDPOINT_URL']}/moto-api/reset-auth", data=b"0", timeout=10)
    try:
        assert "the access is refused" in told()
    finally:
        requests.post(f"{s3['AWS_ENDPOINT_URL']}/moto-api/reset-auth", data=b"inf", timeout=10)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    s3fs.S3FileSystem.clear_instance_cache()
    assert "the server cannot be reached" in told()
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    s3fs.S3FileSystem.clear_instance_cache()
    assert "the access is refused" in told()


def test_without_the_extra_the_message_names_it(s3):
    program = "import sys; sys.modules['s3fs'] = None; from orchestration.cli import main; main()"
    query = [sys.executable, "-c", program, "query", "select 1"]
    environment = os.environ | s3 | {"SKILLSBANK_DATA": ADDRESS}
    done = subprocess.run(query, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"Error: {ADDRESS}: this address needs a package")
    assert "pip install -e '.[s3]'" in done.stderr


def test_an_index_that_was_tampered_with_leads_nowhere_else(first, machine, bucket):
    key = "institute/skills-bank/current/00000001.json"
    index = json.loads(bucket.cat_file(key))
    for files, said in (
        ({"../stolen": next(iter(index["files"].values()))}, "no part of the data: ../stolen"),
        ({path: one | {"sha256": "0" * 64} for path, one in index["files"].items()}, "the object is damaged"),
    ):
        bucket.pipe_file(key, json.dumps(index | {"files": files}).encode())
        with pytest.raises(StoreError, match=said):
            reading(machine("reader").settings, *CURRENT)
    assert machine("reader").has() == {}


@pytest.mark.parametrize("protocol", ["file", "memory"])
def test_any_protocol_of_fsspec_will_do(machine, tmp_path, protocol):
    address = f"{protocol}://{tmp_path}/bank"
    one, two = replace(machine("one"), address=address), replace(machine("two"), address=address)
    with writing(one.settings, "refresh"):
        one.put(FILES)
        one.point(RELEASE)
        with pytest.raises(BusyError):
            command(two, lambda: None)
    with writing(two.settings, "refresh"):
        assert two.has() == FILES
        refresh(two)
    with writing(one.settings, "look"):
        assert one.has() == refreshed(FILES)


def test_the_doctor_tells_what_waits_and_who_holds(first, machine, bucket, monkeypatch):
    def said():
        found = object_storage(first.settings, False)
        return found.state.value, found.said

    assert said() == ("ok", f"index 1 of {Store(ADDRESS).index().written_at}, current release 2026-W48-1")
    cut = Cut(monkeypatch)

    def work():
        refresh(first)
        cut.left = 0

    with pytest.raises(StoreError):
        command(first, work)
    cut.left = None
    assert said() == ("warning", "what the last command did here was not sent")
    # The hold outlived the server; a command of the same folder takes it over at once, another machine's then.
    overdue(bucket)
    state, found = said()
    assert state == "warning"
    assert "refresh on" in found
    command(first, lambda: None)
    assert said()[0] == "ok"


def test_a_run_of_dagster_pulls_before_and_its_last_step_sends(first, machine, bucket, monkeypatch):
    second, cut = machine("second"), Cut(monkeypatch)

    @dg.asset(required_resource_keys={"refresh_lock"})
    def release():
        if not (second.folder / NEXT).exists():
            assert second.has() == FILES
            refresh(second)
            cut.left = 0

    def run():
        lock = automation_definitions(second.settings).resources["refresh_lock"]
        assets = [release, *storage_assets(second.settings)]
        with dg.DagsterInstance.ephemeral() as instance:
            return dg.materialize(
                assets, instance=instance, resources={"refresh_lock": lock}, raise_on_error=False
            )

    failed = run()
    # What is not sent is not published: the run is red, and readers have the release before.
    assert [event.step_key for event in failed.get_step_failure_events()] == ["stored_release"]
    cut.left = None
    assert Store(ADDRESS).index().release == RELEASE.removeprefix("releases/")
    assert run().success
    assert Store(ADDRESS).index().release == NEXT.removeprefix("releases/")
    command(first, lambda: None)
    assert first.has() == refreshed(FILES) | STAYS
