"""The lock on a data folder, between real processes."""

import subprocess
import sys
from contextlib import contextmanager

import pytest

from orchestration.automation.lock import holder as who_holds
from orchestration.automation.lock import refresh_lock
from orchestration.errors import BusyError

HOLD = """
import sys, time
from pathlib import Path
from orchestration.automation.lock import refresh_lock
with refresh_lock(Path(sys.argv[1]), "first-run", shared=sys.argv[2:] == ["shared"]):
    print("held", flush=True)
    time.sleep(60)
"""


@contextmanager
def holding(*arguments):
    """Another process that holds a data folder."""
    process = subprocess.Popen([sys.executable, "-c", HOLD, *arguments], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout.readline() == "held\n"
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def holder(tmp_path):
    with holding(str(tmp_path)) as process:
        yield process


def test_a_second_refresh_is_told_who_runs(tmp_path, holder):
    with pytest.raises(BusyError, match=f"first-run, process {holder.pid}"), refresh_lock(tmp_path, "second"):
        pass


def test_a_killed_refresh_leaves_no_lock(tmp_path, holder):
    holder.kill()
    holder.wait()
    with refresh_lock(tmp_path, "second"):
        assert "second" in (tmp_path / "refresh.lock").read_text()


def test_the_processes_of_one_run_share_it_until_the_last_of_them_ends(tmp_path):
    with holding(str(tmp_path), "shared") as launcher:
        with pytest.raises(BusyError, match="first-run"), refresh_lock(tmp_path, "second", shared=True):
            pass
        with refresh_lock(tmp_path, "first-run", shared=True):
            launcher.kill()
            launcher.wait()
            assert f"first-run, process {launcher.pid}" in who_holds(tmp_path)
            refused = subprocess.run(
                [sys.executable, "-c", HOLD.replace("first-run", "third"), str(tmp_path), "shared"],
                capture_output=True, text=True, timeout=60, check=False,
            )  # fmt: skip
            assert "another refresh is running (run first-run" in refused.stderr
    assert who_holds(tmp_path) is None
    with refresh_lock(tmp_path, "second"):
        assert "second" in (tmp_path / "refresh.lock").read_text()


def test_a_run_that_does_not_share_is_not_joined(tmp_path, holder):
    with pytest.raises(BusyError, match="first-run"), refresh_lock(tmp_path, "first-run", shared=True):
        pass
