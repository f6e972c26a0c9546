"""A server that fails: what is tried again, what is not, and what the user is told."""

import socket
import ssl
import subprocess
import threading
import time

import pytest
from pydantic import SecretStr

from orchestration.collection.limesurvey import Limits, Server
from orchestration.collection.limesurvey.errors import (
    GarbledError,
    LimeSurveyError,
    LoginRefusedError,
    RefusedError,
    TooLargeError,
    UnreachableError,
)
from orchestration.errors import SkillsBankError

from . import server as play
from .server import HTML, LOCK_OUT, SECRET, SURVEY, USER, LimeSurvey, Survey, recorded, recorded_rows

XML = b'<?xml version="1.0"?>\n<methodResponse><fault><value>no</value></fault></methodResponse>'
SAV = b"$FL2@(#) IBM SPSS STATISTICS 64-bit" + bytes(range(256)) * 20
PASSING = {
    "500 with a page": (play.raw(HTML, 500), "HTTP 500 with an HTML page"),
    "503": (play.raw(b"busy", 503), "HTTP 503"),
    "cut": (play.cut, "ended in the middle"),
    "cut without a length": (play.cut_stream, "malformed JSON, or was cut off"),
    "malformed": (play.raw(b'{"id":1, "result": oops', kind="application/json"), "malformed JSON"),
    "hangs": (play.hang, "said nothing for 0.3 s"),
    "trickles": (play.trickle, "not whole after 0.6 s"),
}
LASTING = {
    "empty": (play.raw(b""), "the answer is empty.*RemoteControl switched on"),
    "xml": (play.raw(XML, kind="text/xml"), "speaks XML-RPC.*JSON-RPC"),
    "a page": (play.raw(HTML), "is an HTML page.*SKILLSBANK_LIMESURVEY_URL"),
    "words": (play.raw(b"Hello"), "is no JSON"),
    "404": (play.raw(HTML, 404), "HTTP 404.*SKILLSBANK_LIMESURVEY_URL"),
    "bytes before the JSON": (play.before_json(SAV), "before the JSON.*spsssav"),
    "a warning before the JSON": (play.before_json(b"<br />\n<b>Deprecated</b>: x"), "display_errors"),
    "an error": (play.error("unable to decode malformed json"), "unable to decode malformed json"),
    "another id": (play.raw(b'{"id":0,"result":1,"error":null}'), "to another question"),
    "no id": (play.raw(b'{"result":1}'), "of another form"),
    "deep": (play.raw(b'{"a":' * 100_000), "malformed JSON|another form"),
}


@pytest.fixture
def client(limesurvey, puller):
    with puller.server() as server:
        yield server


@pytest.mark.parametrize("name", PASSING)
def test_what_passes_is_tried_again_with_longer_pauses(client, limesurvey, puller, name):
    fault, _ = PASSING[name]
    limesurvey.faults["get_summary"] = [fault, fault]
    assert client.count(SURVEY) == 224
    assert len(limesurvey.called("get_summary")) == 3
    first, second = puller.pauses
    assert 0.5 < first < second < 3


@pytest.mark.parametrize("name", PASSING)
def test_what_does_not_pass_is_told_after_four_tries(client, limesurvey, name):
    fault, words = PASSING[name]
    limesurvey.faults["get_summary"] = [fault] * 9
    with pytest.raises(UnreachableError, match=words):
        client.count(SURVEY)
    assert len(limesurvey.called("get_summary")) == 4
    assert limesurvey.logins == 1


@pytest.mark.parametrize("name", LASTING)
def test_what_would_come_again_is_told_at_once(client, limesurvey, name):
    fault, words = LASTING[name]
    limesurvey.faults["get_summary"] = [fault] * 9
    with pytest.raises(LimeSurveyError, match=words) as caught:
        client.count(SURVEY)
    if not isinstance(caught.value, UnreachableError):
        assert isinstance(caught.value, GarbledError)
        assert len(limesurvey.called("get_summary")) == 1


@pytest.mark.parametrize("name", [*PASSING, *LASTING])
def test_a_login_is_never_tried_again_whatever_happens(limesurvey, puller, name):
    limesurvey.faults["get_session_key"] = [(PASSING | LASTING)[name][0]] * 9
    with puller.server() as server:
        for _ in range(3):
            with pytest.raises(LoginRefusedError):
                server.count(SURVEY)
    assert limesurvey.logins == 1


def test_a_wrong_password_costs_one_login_however_many_editions_ask(limesurvey, puller):
    puller.secret = "wrong"
    with puller.server() as server:
        for _ in range(5):
            with pytest.raises(
                LoginRefusedError, match=r"refuses the user name or the password.*three failed"
            ):
                server.count(SURVEY)
    assert limesurvey.logins == 1
    assert limesurvey.calls == [("get_session_key", ["wrong", "Authdb"])]


def test_the_lock_out_is_explained_and_not_made_longer(limesurvey, puller):
    limesurvey.failed = 3
    with puller.server() as server, pytest.raises(LoginRefusedError) as caught:
        server.count(SURVEY)
    assert LOCK_OUT in str(caught.value)
    assert "the right password is refused too: wait" in str(caught.value)
    assert limesurvey.logins == 1


def test_a_translated_refusal_of_the_login_is_quoted(limesurvey, puller):
    limesurvey.faults["get_session_key"] = [play.status("Trop de tentatives. Attendez 10 minutes.")]
    with puller.server() as server, pytest.raises(LoginRefusedError, match=r"Trop de tentatives.*locked"):
        server.count(SURVEY)


@pytest.mark.parametrize("key", [None, 7, [], {"status": "OK"}])
def test_a_login_without_a_key_is_no_login(limesurvey, puller, key):
    limesurvey.faults["get_session_key"] = [play.result(key)]
    with puller.server() as server, pytest.raises(LoginRefusedError, match="without a session key"):
        server.count(SURVEY)
    assert limesurvey.logins == 1


@pytest.mark.parametrize("version", [6, 7])
def test_an_expired_key_costs_one_new_login_and_the_call_is_repeated(limesurvey, puller, version):
    limesurvey.surveys[SURVEY] = Survey(recorded_rows(), version=version)
    limesurvey.on_call = lambda method: limesurvey.tick(3000)
    pulled = puller.pull()
    assert pulled.collected.rows == 224
    assert limesurvey.logins > 1
    exports = limesurvey.called("export_responses")
    assert limesurvey.logins - 1 >= len(exports) - len({str(params) for params in exports})
    assert puller.pauses == []


def test_a_key_released_by_someone_else_is_renewed(client, limesurvey):
    client.count(SURVEY)
    limesurvey.keys.clear()
    assert client.count(SURVEY) == 224
    assert limesurvey.logins == 2


def test_a_key_refused_again_at_once_is_told(client, limesurvey):
    limesurvey.faults["get_summary"] = [play.status("Invalid session key")] * 9
    with pytest.raises(RefusedError, match="Invalid session key"):
        client.count(SURVEY)
    assert limesurvey.logins == 2


def test_an_expired_key_of_version_7_is_known_by_its_code_in_any_language(client, limesurvey):
    text = play.status("Clé de session invalide", error_code="INVALID_SESSION_KEY")
    limesurvey.faults["get_summary"] = [text]
    assert client.count(SURVEY) == 224
    assert limesurvey.logins == 2


def test_the_error_code_of_version_7_is_told(client, limesurvey):
    limesurvey.faults["get_summary"] = [play.status("Interdit", error_code="NO_PERMISSION")]
    with pytest.raises(
        RefusedError, match=r"'Interdit' \(error code NO_PERMISSION\).*responses read and export"
    ):
        client.count(SURVEY)


def test_a_status_is_an_error_also_where_the_call_has_http_200(client, limesurvey):
    limesurvey.faults["export_responses"] = [play.status("Something new")]
    with pytest.raises(RefusedError, match="export_responses: the server answers 'Something new'"):
        client.responses(SURVEY, "json", "fr", ["id"], range(1, 9))


@pytest.mark.parametrize("text", ["No Data, could not get max id.", "No Data, survey table does not exist."])
def test_a_status_that_says_nothing_there_is_no_error(client, limesurvey, text):
    limesurvey.faults["export_responses"] = [play.status(text)]
    assert client.responses(SURVEY, "json", "fr", ["id"], range(1, 9)) == b""


def test_a_success_may_carry_a_status(client, limesurvey):
    limesurvey.faults["get_summary"] = [play.result(recorded("get_summary.json") | {"status": "OK"})]
    assert client.count(SURVEY) == 224


def test_a_status_of_success_where_data_was_due_is_an_error(client, limesurvey):
    limesurvey.faults["get_summary"] = [play.result({"status": "OK"})]
    with pytest.raises(GarbledError, match="without a number of responses"):
        client.count(SURVEY)
    limesurvey.faults["get_fieldmap"] = [play.result({"status": "OK"})]
    with pytest.raises(GarbledError, match="lists no fields"):
        client.fieldmap(SURVEY)


def test_an_answer_streamed_without_a_length_is_read(client, limesurvey):
    limesurvey.faults["get_summary"] = [play.streamed]
    assert client.count(SURVEY) == 224


def test_a_byte_order_mark_and_blanks_before_the_json_do_no_harm(client, limesurvey):
    limesurvey.faults["get_summary"] = [play.before_json(b"\xef\xbb\xbf\r\n ")]
    assert client.count(SURVEY) == 224


def test_more_than_the_limit_is_not_read_to_its_end(client, limesurvey, puller):
    limesurvey.faults["get_fieldmap"] = [play.flood]
    started = time.monotonic()
    with pytest.raises(TooLargeError, match="more than 4,194,304 bytes"):
        client.fieldmap(SURVEY)
    assert time.monotonic() - started < 3


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(limesurvey, puller, status):
    with LimeSurvey() as elsewhere:
        limesurvey.faults["*"] = [play.raw(b"", status, location=elsewhere.url)] * 5
        with (
            puller.server() as server,
            pytest.raises(LoginRefusedError, match=r"redirects to 127.0.0.1.*final"),
        ):
            server.count(SURVEY)
        assert elsewhere.calls == []
    assert limesurvey.logins == 1


def test_nobody_listens_there(puller):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        puller.url = f"http://127.0.0.1:{taken.getsockname()[1]}/"
        with puller.server() as server, pytest.raises(LoginRefusedError, match="cannot be reached"):
            server.count(SURVEY)


def test_the_key_is_released_at_the_end_and_after_a_failure(limesurvey, puller):
    limesurvey.faults["export_responses"] = [play.error("broken")]
    with pytest.raises(GarbledError):
        puller.pull()
    assert len(limesurvey.released) == 1
    assert limesurvey.keys == {}


def test_a_release_that_fails_is_no_failure(limesurvey, puller):
    limesurvey.faults["release_session_key"] = [play.hang]
    assert puller.pull().collected.rows == 224


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("survey.example.org", "no address"),
        ("ftp://survey.example.org/", "no address"),
        ("http://survey.example.org/", "in the clear"),
        ("https://user:word@survey.example.org/", "holds a user name"),
    ],
)
def test_an_address_that_would_give_the_password_away_is_refused(url, words):
    with pytest.raises(LimeSurveyError, match=words) as caught:
        Server(url, USER, SecretStr(SECRET))
    assert "word@" not in str(caught.value)


def test_a_certificate_of_nobody_is_refused(tmp_path, limesurvey):
    """A real TLS server with a certificate that no authority signed: nothing is sent to it."""
    pem = tmp_path / "own.pem"
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-keyout",
        pem,
        "-out",
        tmp_path / "c",
    ]
    subprocess.run([*command, "-days", "2", "-subj", "/CN=localhost"], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "c", pem)
    heard = []

    def serve(listener):
        try:
            with context.wrap_socket(listener.accept()[0], server_side=True) as secure:
                heard.append(secure.recv(9))
        except OSError:
            pass

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,))
        thread.start()
        url = f"https://127.0.0.1:{listener.getsockname()[1]}/"
        server = Server(url, USER, SecretStr(SECRET), limits=Limits(2, 2, 2))
        with pytest.raises(LoginRefusedError, match="certificate is not accepted"):
            server.count(SURVEY)
        thread.join()
    assert [part for part in heard if part] == []


def test_every_failure_is_one_that_tells_what_to_do():
    assert issubclass(LimeSurveyError, SkillsBankError)
