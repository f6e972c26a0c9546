"""What several test folders share: a clean environment, the shared data, dbt's parsed project, a browser."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from orchestration.modelling.dbt import prepare_manifest

REPOSITORY = Path(__file__).resolve().parent.parent
SHARED = REPOSITORY.parent / "shared"


@pytest.fixture(autouse=True, scope="session")
def clean_environment():
    """No setting of the machine's user reaches a test."""
    for name in [name for name in os.environ if name.startswith("SKILLSBANK_")] + ["DAGSTER_HOME"]:
        os.environ.pop(name, None)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real data and reference results, which stays outside the project."""
    if not SHARED.is_dir():
        pytest.skip("the folder of real data (../shared) is not on this machine")
    return SHARED


@contextmanager
def shared_by_workers(tmp_path_factory: pytest.TempPathFactory, name: str) -> Iterator[Path]:
    """A folder for what is made once for all workers: there when a worker before made it, else yet to be made.

    The first worker that needs it makes it within the block; the others wait.
    """
    base = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        base = base.parent
    with (base / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield base / name


@pytest.fixture(scope="session")
def parsed_project(tmp_path_factory: pytest.TempPathFactory, clean_environment: None) -> Path:
    """The dbt project parsed, which takes dbt 6 s: to be copied to where a deployment keeps its own."""
    with shared_by_workers(tmp_path_factory, "parsed") as folder:
        prepare_manifest(target_dir=folder)
    return folder


def installed(path: str | None, otherwise: str) -> str:
    """The path of a program; without it the test is skipped, and fails in CI, which installs what tests need."""
    if path is None:
        if os.environ.get("CI") == "true":
            pytest.fail(otherwise)
        pytest.skip(otherwise)
    return path


@pytest.fixture(scope="session")
def chromium() -> str:
    """Chromium's path; CI installs it, so that its absence there is a failure."""
    return installed(shutil.which("chromium"), "Chromium is not installed (Debian: apt-get install chromium)")


def pytest_collection_modifyitems(items):
    """The whole-pipeline tests first, so that the short ones fill the time that one worker would wait at the end.

    Of them, first a file that makes the release that others share, then those with a refresh of their own: no worker
    waits while another makes it.
    """
    whole = [
        item
        for item in items
        if item.get_closest_marker("end_to_end") and not item.get_closest_marker("long")
    ]
    sharing = list(dict.fromkeys(item.path for item in whole if "first_release" in item.fixturenames))
    order = dict.fromkeys((item.path for item in whole), 1)
    order |= dict.fromkeys(sharing, 2) | dict.fromkeys(sharing[:1], 0)
    items.sort(key=lambda item: order.get(item.path, 3))
