"""The project's frame, ready to recognise with."""

from datetime import UTC, datetime

import pytest

from orchestration.frame import load
from orchestration.recognition import Recogniser
from orchestration.settings import PROJECT

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


@pytest.fixture(scope="session")
def scheme():
    return load(PROJECT / "data" / "frame").scheme()


@pytest.fixture(scope="session")
def recogniser(scheme):
    return Recogniser(scheme, {})


@pytest.fixture(scope="session")
def codes(recogniser):
    """The accepted codes of one answer."""

    def of(answer):
        (found,) = recogniser.answers([answer], NOW)
        return [one.code for one in found if one.state == "accepted"]

    return of
