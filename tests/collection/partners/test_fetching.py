"""A feed's file from a web server that is late, fails or lies: the asset goes on with the last good version, says what
happened in one message, and shows its age."""

import json
import os
import stat
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import dagster as dg
import pytest

from orchestration.collection.partners.assets import feed_assets, feed_key
from orchestration.collection.web import Patience
from orchestration.errors import PartnerFileError
from orchestration.settings import Settings

from ..web_server import Fault, WebServer
from .conftest import CONTRACTS, SAMPLE, read_rows
from .test_assets import put

TABLE, PATH = "vacancies", "/open/offres_cadres.csv"
GOOD = (SAMPLE / "offres_cadres_2019_09.csv").read_bytes()
ROWS = len(read_rows(TABLE, SAMPLE / "offres_cadres_2019_09.csv")) - 1
LATER = GOOD[: GOOD.rstrip().rindex(b"\n") + 1]
"""The next month's file: a row less."""
FEW = b"".join(GOOD.splitlines(keepends=True)[:40])
FIRST = datetime.now(UTC).replace(microsecond=0) - timedelta(days=20)


@pytest.fixture
def web():
    server = WebServer()
    yield server
    server.close()


class Feed:
    """The asset of a feed that has an address on the server; ``waits`` are the pauses asked for, none of them made."""

    def __init__(self, web, data):
        self.web, self.waits = web, []
        self.settings = Settings(data=data, sample=True, partner_urls={TABLE: web.url + PATH})

    def serves(self, content, tag, at=FIRST, **headers):
        told = {"Last_Modified": format_datetime(at, usegmt=True)} if at else {}
        self.web.put(PATH, content, etag=tag, **told, **headers)

    def collect(self, address=None):
        """The metadata, the data version and the checks of one run."""
        patience = Patience(connect=2, silence=0.3, attempts=3, first=2, pause=self.waits.append)
        urls = {TABLE: address} if address else self.settings.model_dump()["partner_urls"]
        settings = Settings(data=self.settings.data, sample=True, partner_urls=urls)
        wanted = [one for one in feed_assets(settings, CONTRACTS, patience) if feed_key(TABLE) in one.keys]
        lock = dg.ResourceDefinition.hardcoded_resource(None)
        result = dg.materialize(wanted, resources={"refresh_lock": lock})
        assert result.success
        (event,) = result.get_asset_materialization_events()
        facts = {name: value.value for name, value in event.materialization.metadata.items()}
        checks = {check.check_name: check for check in result.get_asset_check_evaluations()}
        return facts, event.materialization.tags["dagster/data_version"], checks


@pytest.fixture
def feed(web, tmp_path):
    return Feed(web, tmp_path / "data")


def test_a_file_comes_from_its_address_and_is_asked_for_again_only_if_it_changed(feed):
    feed.serves(GOOD, '"1"')
    facts, version, checks = feed.collect()
    assert (facts["delivery"], facts["dagster/row_count"]) == ("a new version was archived", ROWS)
    assert (facts["origin"], facts["address"]) == ("offres_cadres.csv", feed.web.url + PATH)
    assert (facts["age_days"], facts["delivered_on"]) == (20, f"{FIRST:%Y-%m-%d}")
    assert all(check.passed for check in checks.values())
    same, again, _ = feed.collect()
    assert (same["delivery"], again) == ("the same content as the last good version", version)
    assert feed.web.requests[1]["If-None-Match"] == '"1"'
    feed.serves(LATER, '"2"', FIRST + timedelta(days=19))
    newer, third, _ = feed.collect()
    assert (newer["delivery"], newer["age_days"]) == ("a new version was archived", 1)
    assert (newer["dagster/row_count"], third != version) == (ROWS - 1, True)


def test_what_was_fetched_is_for_this_user_alone(feed):
    feed.serves(GOOD, '"1"')
    feed.collect()
    folder = feed.settings.downloads / "partners" / TABLE
    assert (folder / "offres_cadres.csv").read_bytes() == GOOD
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_transfer_that_breaks_off_goes_on_where_it_broke(feed):
    feed.serves(GOOD, '"1"')
    feed.web.faults.append(Fault(cut_at=5_000))
    facts, _, checks = feed.collect()
    assert facts["dagster/row_count"] == ROWS
    assert checks["good_file"].passed
    assert (feed.web.requests[1]["Range"], feed.waits) == ("bytes=5000-", [2])


@pytest.mark.parametrize(
    ("faults", "words"),
    [
        ([Fault(503)] * 3, "the server answers HTTP 503, 3 times in a row"),
        ([Fault(429, {"Retry-After": "9"})] * 3, "HTTP 429, 3 times in a row"),
        ([Fault(404)], "the server answers HTTP 404"),
        ([Fault(cut_at=1_000, hang=0.5)] * 3, "silent for too long"),
        ([Fault(cut_at=1_000), Fault(503), Fault(503)], "HTTP 503, 3 times in a row"),
    ],
    ids=["down", "busy", "moved", "hangs", "breaks off"],
)
def test_a_server_that_fails_leaves_the_last_good_version(feed, faults, words):
    feed.serves(GOOD, '"1"')
    _, version, _ = feed.collect()
    feed.serves(LATER, '"2"')
    feed.web.faults.extend(faults)
    told(feed, version, words)


def told(feed, version, *words, state="no usable file came from the address, see the check 'good_file'"):
    """The next run goes on with ``version``, and one message has these words."""
    facts, same, checks = feed.collect()
    good = checks["good_file"]
    assert same == version
    assert (facts["delivery"], facts["age_days"], facts["dagster/row_count"]) == (state, 20, ROWS)
    assert (good.passed, good.severity) == (False, dg.AssetCheckSeverity.WARN)
    for word in (*words, "What to do:", f"The last good version, of {FIRST:%Y-%m-%d}, stays in use."):
        assert word in good.description, good.description
    assert facts["set_aside"] == [good.description]
    assert good.metadata["in_use"].value == "offres_cadres.csv"
    assert checks["on_time"].passed


@pytest.mark.parametrize(
    ("content", "headers", "words"),
    [
        (b"<html>login</html>", {"Content_Type": "text/html"}, "the server answers with a web page"),
        (b"", {}, "the file is empty"),
        (FEW, {}, "of the last good file"),
        (GOOD[: len(GOOD) // 3], {}, "the file ends in the middle of a row"),
        (GOOD.replace(b"typeContrat", b"typeDeContrat"), {}, "nearest in the file: 'typeDeContrat'"),
        (b"<html>login</html>", {}, "the file is an HTML or XML file"),
    ],
    ids=["web page", "empty", "shrunk", "cut off", "renamed", "page as a file"],
)
def test_a_server_that_sends_something_else_leaves_the_last_good_version(feed, content, headers, words):
    feed.serves(GOOD, '"1"')
    _, version, _ = feed.collect()
    feed.serves(content, '"2"', **headers)
    is_page = bool(headers)
    state = {} if is_page else {"state": "refused, see the check 'good_file'"}
    told(feed, version, words, **state)


def test_an_older_file_that_a_server_goes_back_to_is_told(feed):
    feed.serves(LATER, '"0"', FIRST - timedelta(days=31))
    feed.collect()
    feed.serves(GOOD, '"1"')
    _, version, _ = feed.collect()
    feed.serves(LATER, '"2"')
    told(feed, version, "older than the one in use", state="refused, see the check 'good_file'")


def test_a_wrong_checksum_leaves_the_last_good_version(feed):
    feed.serves(GOOD, '"1"')
    _, version, _ = feed.collect()
    feed.serves(LATER, '"2"')
    _, same, checks = feed.collect(f"{feed.web.url}{PATH}#sha256={'0' * 64}")
    assert same == version
    assert "nothing was kept" in checks["good_file"].description


def test_a_server_with_nothing_new_gets_late_whatever_its_clock_or_its_tags_say(feed):
    feed.serves(GOOD, '"1"', at=None)
    feed.collect()
    path = feed.settings.downloads / "partners" / TABLE / "offres_cadres.csv"
    long_ago = time.time() - 60 * 86_400
    os.utime(path, (long_ago, long_ago))
    said = path.with_name(f"{path.name}.json")
    said.write_text(json.dumps(json.loads(said.read_text()) | {"changed_ns": path.stat().st_mtime_ns}))
    feed.serves(GOOD, '"other tag, same content"', at=None)
    feed.collect()
    assert path.stat().st_mtime == pytest.approx(long_ago, abs=1)
    feed.serves(LATER, '"3"', at=datetime.now(UTC) + timedelta(days=400))
    facts, _, _ = feed.collect()
    assert facts["age_days"] == 0


def test_a_late_server_warns(feed):
    feed.serves(GOOD, '"1"', FIRST - timedelta(days=40))
    facts, _, checks = feed.collect()
    assert facts["age_days"] == 60
    assert not checks["on_time"].passed
    assert "late: the last good file is 60 days old" in checks["on_time"].description


def test_before_the_first_good_file_the_sample_does_not_stand_in(feed):
    feed.web.faults.append(Fault(404))
    facts, version, checks = feed.collect()
    assert (facts["origin"], version) == ("no file", "none")
    assert "There is no earlier version: the table stays empty." in checks["good_file"].description


def test_a_file_in_the_inbox_comes_first_and_that_is_told(feed):
    (feed.settings.inbox / "partners").mkdir(parents=True)
    put(feed.settings, "offres_cadres_2019_09.csv")
    facts, _, _ = feed.collect()
    assert facts["origin"] == "offres_cadres_2019_09.csv"
    assert facts["address"] == f"not asked, a file lies in the inbox: {feed.web.url}{PATH}"
    assert feed.web.requests == []


def test_a_secret_of_the_address_is_told_nowhere(feed):
    feed.web.faults.append(Fault(404))
    facts, _, checks = feed.collect(f"{feed.web.url}{PATH}?token=zqsecret")
    assert "zqsecret" not in str(facts) + str(checks)
    assert "zqsecret" not in repr(feed.settings)


def test_an_address_of_no_feed_is_told(tmp_path, monkeypatch):
    monkeypatch.setenv("SKILLSBANK_PARTNER_URLS__VACANCY", "https://example.org/x.csv")
    with pytest.raises(PartnerFileError, match="no contract has a table 'vacancy'") as caught:
        feed_assets(Settings(data=tmp_path), CONTRACTS)
    assert caught.value.where == "SKILLSBANK_PARTNER_URLS__VACANCY"
