"""What several test folders share: a clean environment, the shared data, a browser."""

import os
import shutil
from pathlib import Path

import pytest

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
    """The whole-pipeline tests first, so that the short ones fill the time that one worker would wait at the end."""
    items.sort(key=lambda item: item.get_closest_marker("end_to_end") is None)
