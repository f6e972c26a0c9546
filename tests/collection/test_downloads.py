"""Files from a web server that fails: what comes is whole and right, or what was there stays."""

import hashlib
import json
from dataclasses import replace

import pytest

from orchestration.collection.downloads import download
from orchestration.collection.web import PassingError, Patience, WebError

from .web_server import Fault, WebServer

BODY = bytes(range(256)) * 4_000
OTHER = BODY[::-1] + b"more"
SETTING = "SKILLSBANK_REGISTER_UNITS_URL"


@pytest.fixture
def web():
    server = WebServer()
    yield server
    server.close()


class Waits(list):
    """Pauses asked for, none of them made."""

    def __call__(self, seconds):
        self.append(seconds)


@pytest.fixture
def waits():
    return Waits()


@pytest.fixture
def fetch(web, tmp_path, waits):
    patience = Patience(connect=2, silence=0.5, attempts=4, first=2, pause=waits)

    def run(address=None, **changes):
        return download(address or f"{web.url}/stock.zip", tmp_path / "in" / "stock.zip", SETTING,
                        replace(patience, **changes))  # fmt: skip

    return run


def left(tmp_path):
    return sorted(path.name for path in (tmp_path / "in").iterdir())


def test_a_file_is_put_in_place_with_what_it_is(web, fetch, tmp_path):
    web.put("/stock.zip", BODY, Last_Modified="Mon, 02 Nov 2026 06:00:00 GMT")
    got = fetch()
    assert (got.is_new, got.bytes, got.path.read_bytes()) == (True, len(BODY), BODY)
    assert got.sha256 == hashlib.sha256(BODY).hexdigest()
    assert got.last_modified == "Mon, 02 Nov 2026 06:00:00 GMT"
    assert left(tmp_path) == ["stock.zip", "stock.zip.json"]


def test_what_has_not_changed_is_not_sent_again(web, fetch):
    web.put("/stock.zip", BODY)
    first, again = fetch(), fetch()
    assert (first.is_new, again.is_new, again.sha256) == (True, False, first.sha256)
    assert web.requests[1]["If-None-Match"] == '"1"'
    web.put("/stock.zip", OTHER, etag='"2"')
    assert fetch().path.read_bytes() == OTHER


def test_a_file_that_somebody_touched_is_asked_for_whole(web, fetch):
    web.put("/stock.zip", BODY)
    fetch().path.write_bytes(b"edited")
    assert fetch().path.read_bytes() == BODY
    assert "If-None-Match" not in web.requests[1]


def test_a_transfer_cut_in_the_middle_goes_on_where_it_broke(web, fetch, waits, tmp_path):
    web.put("/stock.zip", BODY)
    web.faults.extend([Fault(cut_at=300_000), Fault(cut_at=200_000)])
    assert fetch().path.read_bytes() == BODY
    assert [request.get("Range") for request in web.requests] == [None, "bytes=300000-", "bytes=500000-"]
    assert waits == [2, 4]
    assert left(tmp_path) == ["stock.zip", "stock.zip.json"]


def test_a_later_run_goes_on_too(web, fetch, tmp_path):
    web.put("/stock.zip", BODY)
    web.faults.append(Fault(cut_at=300_000))
    with pytest.raises(PassingError):
        fetch(attempts=1)
    assert left(tmp_path) == ["stock.zip.part", "stock.zip.part.json"]
    assert fetch().path.read_bytes() == BODY
    assert web.requests[1]["Range"] == "bytes=300000-"


def test_a_file_changed_between_the_parts_is_taken_from_its_beginning(web, fetch):
    web.put("/stock.zip", BODY)
    web.faults.append(Fault(cut_at=300_000))
    with pytest.raises(PassingError):
        fetch(attempts=1)
    web.put("/stock.zip", OTHER, etag='"2"')
    assert fetch().path.read_bytes() == OTHER
    assert web.requests[1]["If-Range"] == '"1"'


@pytest.mark.parametrize("etag", [None, 'W/"1"'], ids=["no tag", "weak tag"])
def test_without_a_strong_version_nothing_is_pieced_together(web, fetch, etag):
    web.put("/stock.zip", BODY, etag=etag)
    web.faults.append(Fault(cut_at=300_000))
    assert fetch().path.read_bytes() == BODY
    assert "Range" not in web.requests[1]


def test_a_server_without_ranges_sends_all_of_it_again(web, fetch):
    web.put("/stock.zip", BODY)
    web.ranges = False
    web.faults.append(Fault(cut_at=300_000))
    assert fetch().path.read_bytes() == BODY


def test_another_part_than_asked_for_is_not_used(web, fetch):
    web.put("/stock.zip", BODY)
    web.faults.extend([Fault(cut_at=300_000), Fault(wrong_range=True)])
    assert fetch().path.read_bytes() == BODY
    assert "Range" not in web.requests[2]


def test_a_part_longer_than_the_file_is_thrown_away(web, fetch):
    web.put("/stock.zip", BODY)
    web.faults.append(Fault(cut_at=300_000))
    with pytest.raises(PassingError):
        fetch(attempts=1)
    web.put("/stock.zip", BODY[:1000])
    assert fetch().path.read_bytes() == BODY[:1000]


def test_a_server_that_is_busy_is_asked_again(web, fetch, waits):
    web.put("/stock.zip", BODY)
    web.faults.extend([Fault(503), Fault(429, {"Retry-After": "7"}), Fault(500, {"Retry-After": "9999"})])
    assert fetch().path.read_bytes() == BODY
    assert waits == [2, 7, 120]


def test_a_server_that_hangs_is_not_waited_for(web, fetch, waits):
    web.put("/stock.zip", BODY)
    web.faults.append(Fault(cut_at=100_000, hang=3))
    assert fetch().path.read_bytes() == BODY
    assert waits == [2]


def test_a_server_that_drips_is_not_waited_for(web, fetch, waits):
    web.put("/stock.zip", BODY)
    web.faults.append(Fault(drip=True))
    assert fetch().path.read_bytes() == BODY
    assert waits == [2]
    assert int(web.requests[1]["Range"].removeprefix("bytes=").removesuffix("-")) < 20


def test_what_stays_down_is_told_once_with_the_number_of_attempts(web, fetch, waits):
    url = web.put("/stock.zip", BODY)
    first = fetch()
    web.faults.extend([Fault(503)] * 4)
    with pytest.raises(WebError, match="HTTP 503, 4 times in a row") as caught:
        fetch()
    assert caught.value.where == url
    assert waits == [2, 4, 8]
    assert first.path.read_bytes() == BODY


@pytest.mark.parametrize("name", ["sha256", "sha1"])
def test_a_checksum_is_held_against_the_file(web, fetch, name):
    url = web.put("/stock.zip", BODY)
    right = hashlib.new(name, BODY).hexdigest()
    assert fetch(f"{url}#{name}={right.upper()}").is_new


def test_a_wrong_checksum_keeps_the_old_file(web, fetch, tmp_path):
    url = web.put("/stock.zip", BODY)
    fetch()
    web.put("/stock.zip", OTHER, etag='"2"')
    wrong = "0" * 64
    with pytest.raises(WebError, match="nothing was kept") as caught:
        fetch(f"{url}#sha256={wrong}")
    assert caught.value.expected == wrong
    assert hashlib.sha256(OTHER).hexdigest() in caught.value.problem
    assert (tmp_path / "in" / "stock.zip").read_bytes() == BODY
    assert left(tmp_path) == ["stock.zip", "stock.zip.json"]


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_a_refusal_is_not_asked_for_again(web, fetch, status, waits):
    web.put("/stock.zip", BODY)
    web.faults.append(Fault(status))
    with pytest.raises(WebError, match=f"HTTP {status}"):
        fetch()
    assert waits == []


def test_a_web_page_is_no_file(web, fetch):
    web.put("/stock.zip", b"<html>maintenance</html>", Content_Type="text/html; charset=utf-8")
    with pytest.raises(WebError, match="a web page"):
        fetch()


def test_a_server_that_is_not_there(fetch, waits):
    with pytest.raises(WebError, match="4 times in a row"):
        fetch("http://127.0.0.1:9/stock.zip")
    assert len(waits) == 3


@pytest.mark.parametrize(
    "address", ["http://example.org/x.zip", "ftp://example.org/x", "stock.zip", "https://"]
)
def test_only_addresses_that_can_be_trusted(fetch, address):
    with pytest.raises(WebError, match="no address to read from") as caught:
        fetch(address)
    assert caught.value.where == SETTING


def test_secrets_of_an_address_are_not_told(web, fetch):
    with pytest.raises(WebError) as caught:
        fetch(f"{web.url.replace('//', '//user:zqword@')}/none.zip?token=zqtoken")
    assert "zq" not in str(caught.value)


def test_half_a_word_on_the_file_is_no_word(web, fetch, tmp_path):
    web.put("/stock.zip", BODY)
    said = fetch().path.with_name("stock.zip.json")
    assert json.loads(said.read_text())["bytes"] == len(BODY)
    said.write_text("{")
    assert fetch().is_new
