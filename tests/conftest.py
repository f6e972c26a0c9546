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


@pytest.fixture(scope="session")
def chromium() -> str:
    """Chromium's path; CI installs it, so that its absence there is a failure."""
    path = shutil.which("chromium")
    if path is None:
        message = "Chromium is not installed (Debian: apt-get install chromium)"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    return path


def pytest_collection_modifyitems(items):
    """The whole-pipeline tests first, so that the short ones fill the time that one worker would wait at the end."""
    items.sort(key=lambda item: item.get_closest_marker("end_to_end") is None)
