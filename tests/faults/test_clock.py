"""A wall clock that is wrong by years, for a real program."""

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest

from orchestration.archive import Archive
from orchestration.automation.retention_asset import check_clock
from orchestration.errors import SkillsBankError

from .breaking import Clock, Unavailable

PUT = """
import sys
from pathlib import Path
from orchestration.archive import Archive
archive = Archive(Path(sys.argv[1]))
print(archive.put("partners", "feed", "txt", lambda path: path.write_text(sys.argv[2]) and None).stem)
"""
DAY = 86_400


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
