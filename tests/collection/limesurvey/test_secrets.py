"""The password and the session key: in no message, no representation, no log, no frame of a traceback."""

import logging
import pickle
import traceback

import citric
import pytest
import requests

from orchestration.collection.limesurvey.errors import LimeSurveyError
from orchestration.settings import Settings

from . import server as play
from .server import SECRET, SURVEY, USER
from .test_faults import LASTING, PASSING

ECHO = play.status(f"user collector with {SECRET} and key 00000001sessionkeyofthetestszzzz")
ECHO_AT_LOGIN = play.status(f"user collector with {SECRET}")


@pytest.fixture
def log(caplog):
    caplog.set_level(logging.DEBUG)
    for name in ("citric", "urllib3", "requests"):
        logging.getLogger(name).setLevel(logging.DEBUG)
    return caplog


def everything(error) -> str:
    """An error as the most talkative logger would show it: every local of every frame, and all that it was
    raised from, even where Python would leave that out."""
    texts, waiting = [], [error]
    while waiting:
        one = waiting.pop()
        shown = traceback.TracebackException.from_exception(one, capture_locals=True)
        texts += [*shown.format(), repr(one), str(vars(one)), repr(pickle_of(one))]
        waiting += [linked for linked in (one.__cause__, one.__context__) if linked is not None]
    return "".join(texts)


def pickle_of(error):
    try:
        return pickle.dumps(error)
    except (TypeError, AttributeError, pickle.PicklingError):
        return b""


def is_clean(text, limesurvey):
    hidden = [SECRET, "sessionkeyofthetests", *limesurvey.keys]
    return not [word for word in hidden if word in text]


CALLS = {
    "get_session_key": lambda server: server.count(SURVEY),
    "get_summary": lambda server: server.count(SURVEY),
    "get_fieldmap": lambda server: server.fieldmap(SURVEY),
    "export_responses": lambda server: server.responses(SURVEY, "json", "fr", ["id"], range(1, 9)),
}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("name", [*PASSING, *LASTING, "echo"])
def test_no_failure_shows_them(limesurvey, puller, log, name, call):
    echo = ECHO_AT_LOGIN if call == "get_session_key" else ECHO
    fault = echo if name == "echo" else (PASSING | LASTING)[name][0]
    limesurvey.faults[call] = [fault] * 9
    with puller.server() as server:
        with pytest.raises(LimeSurveyError) as caught:
            CALLS[call](server)
        assert is_clean(f"{server!r} {server} {puller.limits!r}", limesurvey)
    # The outer frames are the test's own: it knows the secret.
    caught.value.__traceback__ = without_tests(caught.value.__traceback__)
    assert is_clean(everything(caught.value), limesurvey)
    assert is_clean(log.text, limesurvey)


def test_the_search_finds_what_citric_itself_would_show(limesurvey):
    limesurvey.faults["get_session_key"] = [PASSING["503"][0]]
    with pytest.raises(requests.HTTPError) as caught:
        citric.Client(limesurvey.url, USER, SECRET)
    caught.value.__traceback__ = without_tests(caught.value.__traceback__)
    assert not is_clean(everything(caught.value), limesurvey)


def without_tests(frames):
    while frames is not None and "/tests/" in frames.tb_frame.f_code.co_filename:
        frames = frames.tb_next
    return frames


def test_a_pull_that_succeeds_logs_none_and_archives_none(limesurvey, puller, log):
    pulled = puller.pull()
    assert pulled.collected.rows == 224
    assert "get_summary" in log.text  # citric's own line: it is on
    assert is_clean(log.text, limesurvey)
    for path in puller.folder.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert SECRET.encode() not in data
            assert b"sessionkeyofthetests" not in data


def test_settings_do_not_show_the_secret(monkeypatch):
    monkeypatch.setenv(
        "SKILLSBANK_LIMESURVEY_URL", "https://survey.example.org/index.php/admin/remotecontrol"
    )
    monkeypatch.setenv("SKILLSBANK_LIMESURVEY_USER", "collector")
    monkeypatch.setenv("SKILLSBANK_LIMESURVEY_SECRET", SECRET)
    settings = Settings()
    assert settings.limesurvey_secret.get_secret_value() == SECRET
    assert SECRET not in f"{settings!r} {settings.model_dump()}"
