"""The project's own frame, and a copy to change."""

import shutil

import pytest

from orchestration.frame import load
from orchestration.settings import PROJECT

FRAME = PROJECT / "data" / "frame"


@pytest.fixture(scope="session")
def frame():
    return load(FRAME)


@pytest.fixture
def folder(tmp_path):
    return shutil.copytree(FRAME, tmp_path / "frame")
