"""The lock on a data folder, between real processes."""

import subprocess
import sys

import pytest

from orchestration.automation.lock import refresh_lock
from orchestration.errors import BusyError

HOLD = """
import sys, time
from pathlib import Path
from orchestration.automation.lock import refresh_lock
with refresh_lock(Path(sys.argv[1]), "first-run"):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path):
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()


def test_a_second_refresh_is_told_who_runs(tmp_path, holder):
    with pytest.raises(BusyError, match=f"first-run, process {holder.pid}"), refresh_lock(tmp_path, "second"):
        pass


def test_a_killed_refresh_leaves_no_lock(tmp_path, holder):
    holder.kill()
    holder.wait()
    with refresh_lock(tmp_path, "second"):
        assert "second" in (tmp_path / "refresh.lock").read_text()
