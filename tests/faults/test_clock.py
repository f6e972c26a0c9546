"""A wall clock that is wrong, for a real program: by years, or by so much that an embargo would end early."""

import dataclasses
import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest

from orchestration.archive import Archive
from orchestration.automation.retention_asset import check_clock
from orchestration.errors import SkillsBankError
from orchestration.publication.releases import list_releases

from ..automation.conftest import make_small
from .breaking import Clock, Unavailable

PUT = """
import sys
from pathlib import Path
from orchestration.archive import Archive
archive = Archive(Path(sys.argv[1]))
print(archive.put("partners", "feed", "txt", lambda path: path.write_text(sys.argv[2]) and None).stem)
"""
LIFT = """
import sys
from pathlib import Path
from orchestration.publication import clock, embargo
from orchestration.publication.releases import list_releases
for _ in sys.stdin:
    opened = embargo.lift(Path(sys.argv[1]))
    # Publishing outside and pruning ask the same.
    assert all(embargo.is_closed(one) for one in list_releases(Path(sys.argv[1]))) != bool(opened)
    print(opened, clock.doubt(Path(sys.argv[1])), flush=True)
"""
DAY, NAME = 86_400, "2026-W47-1"


@pytest.fixture
def clock(tmp_path):
    try:
        return Clock(tmp_path)
    except Unavailable as reason:
        pytest.skip(str(reason))


def test_the_last_file_that_came_stays_the_latest(tmp_path, clock):
    """Archived in the year after next, then at the right time, then two years ago."""
    root, stems = tmp_path / "archive", []
    for days, text in ((800, "first"), (0, "second"), (-730, "third")):
        clock.shift(days * DAY)
        finished = subprocess.run(
            [sys.executable, "-c", PUT, str(root), text],
            env=os.environ | clock.environment, capture_output=True, text=True, check=True,
        )  # fmt: skip
        stems.append(finished.stdout.strip())
        assert Archive(root).latest("partners", "feed").path.read_text() == text
    assert stems == sorted(stems)
    assert int(stems[0][:4]) >= datetime.now(UTC).year + 2, "the clock was wrong"
    assert Archive(root).damage() == []


@dg.op
def nothing():
    pass


@dg.job
def contacts_retention():
    nothing()


def test_a_clock_that_jumped_deletes_nothing_in_its_first_night():
    now = datetime.now(UTC)
    with dg.DagsterInstance.ephemeral() as instance:
        first = instance.create_run_for_job(contacts_retention).run_id
        check_clock(instance, first, now)  # the first night ever
        second = instance.create_run_for_job(contacts_retention).run_id
        check_clock(instance, second, now + timedelta(days=1))
        for days in (-3, 60, 5 * 365):
            with pytest.raises(SkillsBankError, match="set the clock right") as told:
                check_clock(instance, second, now + timedelta(days=days))
            assert "nothing was deleted" in str(told.value)
        # Its process died before it could say so, and Dagster starts it once more.
        again = instance.create_run_for_job(contacts_retention, parent_run_id=second, root_run_id=second)
        with pytest.raises(SkillsBankError, match="nothing was deleted"):
            check_clock(instance, again.run_id, now + timedelta(days=60))


@pytest.fixture
def closed(tmp_path, clean_environment):
    """A release whose embargo ends in three days."""
    releases = make_small(tmp_path).settings.releases
    (release,) = list_releases(releases)
    ends = datetime.now(UTC) + timedelta(days=3)
    dataclasses.replace(release.manifest, embargo_until=ends.isoformat()).write(release.folder)
    (release.folder / "public").chmod(0o700)
    return releases


@pytest.fixture
def lift(closed, clock):
    """Lift what may be lifted, as the sensor does, in one process whose clock is so many days wrong by then."""
    process = subprocess.Popen(
        [sys.executable, "-c", LIFT, str(closed)],
        env=os.environ | clock.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip

    def at(days):
        clock.shift(days * DAY)
        process.stdin.write("\n")
        process.stdin.flush()
        return process.stdout.readline().strip()

    yield at
    process.communicate()


def pass_time(releases, days=0, boot=None):
    """Let the machine have run for so many days more since the looks that are noted, or have been started again."""
    path = releases / ".clock"
    looks = [one and one | {"up": one["up"] - days * DAY} for one in json.loads(path.read_text())]
    path.write_text(json.dumps([one and one | ({"boot": boot} if boot else {}) for one in looks]))


OPENED, KEPT = f"['{NAME}'] None", "[] None"


def test_a_clock_set_ahead_ends_no_embargo_and_one_set_right_again_does_in_time(closed, lift):
    assert lift(0) == KEPT
    for _ in range(2):
        assert lift(4).startswith("[] the clock was set ahead by 4 days, 0:00:00: no embargo ends by it")
    assert lift(0) == KEPT
    pass_time(closed, days=3)
    assert lift(3) == OPENED


def test_a_clock_that_goes_on_ahead_for_a_day_was_wrong_before(closed, lift):
    lift(0)
    assert lift(4).startswith("[] the clock")
    pass_time(closed, days=1)
    assert lift(5) == OPENED


def test_a_machine_that_was_off_for_longer_than_a_week_has_its_clock_doubted_for_a_day(closed, lift):
    lift(0)
    pass_time(closed, boot="another start")
    assert lift(9).startswith("[] the clock was set ahead by 9 days")
    pass_time(closed, days=1)
    assert lift(10) == OPENED


def test_set_back_the_embargo_waits(closed, lift):
    lift(0)
    assert lift(-4) == KEPT
    assert lift(-3).startswith("[] the clock was set ahead by 1 day")
