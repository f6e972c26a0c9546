"""Pulls that read only what is new or changed: equal to full pulls, whatever happens between them."""

import tempfile
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestration.codebook import load
from orchestration.collection.limesurvey import pages, pull

from ..conftest import CODEBOOK
from .conftest import Puller, on_server
from .server import META, SURVEY, LimeSurvey, Survey, recorded_rows

ROWS = recorded_rows()
BOOK = on_server(load(CODEBOOK))
# A shorter questionnaire for the histories: one column of each kind that matters here.
ASKED = ("SIREN", "RAISON", "RDK", "EXPORT", "PARTEXP", "MANQUE", "MAIL")
SHORT = BOOK.model_copy(update={"questions": tuple(q for q in BOOK.questions if q.code in ASKED)})
LACKING = {heading for heading in ROWS[1] if heading not in {*META, *ASKED}}


def change(limesurvey, number, **cells):
    """What a respondent's visit does: answers, and the stamp of this second."""
    limesurvey.surveys[SURVEY].rows[number] |= {**cells, "datestamp": limesurvey.now}


def test_only_new_and_changed_responses_are_read(puller, limesurvey):
    puller.pull()
    rows = limesurvey.surveys[SURVEY].rows
    limesurvey.tick(60)
    change(limesurvey, 60, RDK="77")
    rows[225] = ROWS[3] | {"id": "225", "datestamp": limesurvey.now}
    limesurvey.calls.clear()
    limesurvey.sent.clear()
    pulled = puller.pull()
    # Number 224 or whichever was the last to be touched might have changed within its second: read again.
    assert pulled.read <= 5
    assert limesurvey.sent["MAIL"] == pulled.read
    assert puller.rows(pulled)[59]["RDK"] == "77"
    assert pulled.collected.rows == 225


def test_nothing_new_adds_nothing(puller):
    first = puller.pull()
    again = puller.pull()
    assert again.collected.entry == first.collected.entry
    assert not again.collected.is_new
    assert again.read < 5


def test_an_edit_that_leaves_no_stamp_is_found_by_the_next_full_pull(puller, limesurvey, monkeypatch):
    puller.pull()
    limesurvey.surveys[SURVEY].rows[9]["RDK"] = "4321"
    assert puller.rows(puller.pull())[8]["RDK"] != "4321"
    monkeypatch.setattr(pull, "FULL_EVERY", timedelta(0))
    pulled = puller.pull()
    assert pulled.read == 224
    assert puller.rows(pulled)[8]["RDK"] == "4321"


def test_another_split_of_personal_data_reads_everything_anew(puller, limesurvey):
    puller.pull()
    questions = tuple(
        question.model_copy(update={"personal": True}) if question.code == "COMMUNE" else question
        for question in puller.codebook.questions
    )
    puller.codebook = puller.codebook.model_copy(update={"questions": questions})
    pulled = puller.pull()
    assert pulled.read == 224
    assert "COMMUNE" not in puller.rows(pulled)[0]


@pytest.mark.parametrize("damage", ["deleted", "one cell less"])
def test_contacts_that_were_erased_are_not_guessed(puller, damage):
    first = puller.pull()
    path = puller.contacts.path_of(first.collected.entry)
    table = puller.contacts.read(path)
    path.unlink()
    if damage == "one cell less":
        pq.write_table(table.slice(1), path)
    assert puller.pull().read == 224


def test_a_new_column_on_the_server_reads_everything_anew(puller, limesurvey):
    limesurvey.surveys[SURVEY] = Survey(ROWS, lacking={"startdate"})
    puller.pull()
    limesurvey.surveys[SURVEY] = Survey(ROWS)
    pulled = puller.pull()
    assert pulled.read == 224
    assert puller.rows(pulled)[0]["startdate"]


def test_another_survey_is_not_compared_with_this_one(puller, limesurvey):
    puller.pull()
    limesurvey.surveys[7] = Survey({number: ROWS[number] for number in range(1, 20)})
    limesurvey.permitted.add(7)
    first, *others = puller.codebook.exports
    first = first.model_copy(update={"server": first.server.model_copy(update={"survey_id": 7})})
    puller.codebook = puller.codebook.model_copy(update={"exports": (first, *others)})
    pulled = puller.pull()
    assert (pulled.collected.rows, pulled.vanished) == (19, ())


def test_vanished_responses_are_told_until_someone_accounts_for_them(puller, limesurvey):
    puller.pull()
    for number in (5, 6, 200):
        del limesurvey.surveys[SURVEY].rows[number]
    for _ in range(2):
        pulled = puller.pull()
        assert pulled.vanished == (5, 6, 200)
        assert pulled.lost_share == pytest.approx(3 / 224)
    limesurvey.surveys[SURVEY].rows[225] = ROWS[1] | {"id": "225", "datestamp": limesurvey.now}
    pulled = puller.pull()
    assert (pulled.vanished, pulled.known) == ((5, 6, 200), 225)
    puller.codebook = on_server(BOOK, deleted=3)
    assert puller.pull().lost_share == 0


def test_a_response_that_comes_back_has_not_vanished(puller, limesurvey):
    puller.pull()
    gone = limesurvey.surveys[SURVEY].rows.pop(5)
    assert puller.pull().vanished == (5,)
    limesurvey.surveys[SURVEY].rows[5] = gone
    assert puller.pull().vanished == ()


def test_as_many_gone_as_come_is_seen_too(puller, limesurvey):
    puller.pull()
    del limesurvey.surveys[SURVEY].rows[5]
    limesurvey.surveys[SURVEY].rows[225] = ROWS[1] | {"id": "225", "datestamp": limesurvey.now}
    pulled = puller.pull()
    assert (pulled.collected.rows, pulled.vanished) == (224, (5,))


@pytest.mark.parametrize("cells", [{"RDK": "", "NAF": ""}, {"submitdate": ""}])
def test_a_response_that_shrank_is_told_until_the_state_changes(puller, limesurvey, cells):
    puller.pull()
    limesurvey.tick(60)
    rows = limesurvey.surveys[SURVEY].rows
    number = next(n for n, row in rows.items() if row["RDK"] and row["NAF"] and row["submitdate"])
    change(limesurvey, number, **cells)
    for _ in range(2):
        assert puller.pull().shrunk == (number,)
    limesurvey.tick(60)
    change(limesurvey, number, RDK="1", NAF="62.01Z", submitdate=limesurvey.now)
    assert puller.pull().shrunk == ()


def test_a_pull_that_fails_adds_nothing_and_the_next_one_catches_up(puller, limesurvey):
    puller.pull()
    before = sorted(puller.folder.rglob("*"))
    limesurvey.tick(60)
    change(limesurvey, 60, RDK="77")
    limesurvey.faults["export_responses"] = [None, None, lambda handler, *_: handler.send(b"no")]
    with pytest.raises(Exception, match="no JSON"):
        puller.pull()
    assert [path for path in sorted(puller.folder.rglob("*")) if path.is_file()] == [
        path for path in before if path.is_file()
    ]
    assert puller.rows(puller.pull())[59]["RDK"] == "77"


TEXT = st.sampled_from(["", "a", "tél. 06 12 34 56 78", "moi@example.org", "x" * 40, "é\r\nz"])
VISIT = st.fixed_dictionaries(
    {
        "RDK": st.sampled_from(["", "1", "12.5"]),
        "MANQUE": TEXT,
        "SIREN": st.sampled_from(["", "404833048", "404 833 048", "1"]),
        "MAIL": st.sampled_from(["", "b@example.org"]),
        "RAISON": st.sampled_from(["", "TEST NE PAS TENIR COMPTE", "Essai"]),
        "PARTEXP": st.sampled_from(["", None, "5"]),
    }
)
STEP = st.one_of(
    st.tuples(st.just("new"), VISIT),
    st.tuples(st.just("visit"), st.integers(0, 30), VISIT),
    st.tuples(st.just("complete"), st.integers(0, 30)),
    st.tuples(st.just("reopen"), st.integers(0, 30)),
    st.tuples(st.just("delete"), st.integers(0, 30)),
    st.tuples(st.just("replace"), st.integers(0, 30), VISIT),
    st.tuples(st.just("wait"), st.sampled_from([1, 3600, 86_400])),
    st.just(("pull",)),
    st.tuples(st.just("race"), st.integers(0, 30), VISIT),
)


class History:
    """A survey in the field: every step is what people do there, pulls come between."""

    def __init__(self, limesurvey, version):
        self.server = limesurvey
        self.survey = limesurvey.surveys[SURVEY] = Survey({}, version=version, lacking=LACKING)
        self.last = 0
        for number in range(1, 13):
            self.new({})
            self.server.tick(number)

    def new(self, cells):
        self.last += 1
        row = ROWS[self.last % 200 + 1] | {"id": str(self.last), "datestamp": self.server.now}
        self.survey.rows[self.last] = row | {"submitdate": ""} | cells

    def step(self, step):
        kind, *rest = step
        number = None
        if kind not in {"new", "wait"}:
            numbers = sorted(self.survey.rows)
            number = numbers[rest[0] % len(numbers)] if numbers else None
        if kind == "wait":
            self.server.tick(rest[0])
        elif kind == "new":
            self.new(rest[0])
        elif number is None:
            return
        elif kind == "visit":
            change(self.server, number, **rest[1])
        elif kind == "complete":
            change(self.server, number, submitdate=self.server.now)
        elif kind == "reopen":
            change(self.server, number, submitdate="")
        else:
            del self.survey.rows[number]
            if kind == "replace":
                self.new(rest[1])

    def race(self, place, cells):
        """Right after a response was read, in the same second, it is changed once more."""

        def strike(survey, form, chosen):
            if form == "json" and chosen:
                self.server.after_export = lambda *_: None
                number = int(chosen[place % len(chosen)]["id"])
                change(self.server, number, **cells)

        self.server.after_export = strike


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    history=st.lists(STEP, max_size=12),
    version=st.sampled_from([3, 5, 6, 7]),
    page=st.sampled_from([2, 1000]),
)
def test_incremental_pulls_equal_full_pulls(history, version, page):
    with (
        pytest.MonkeyPatch.context() as patch,
        LimeSurvey() as limesurvey,
        tempfile.TemporaryDirectory() as temp,
    ):
        patch.setattr("orchestration.collection.limesurvey.incremental.RESPONSES_A_PAGE", page)
        patch.setattr(pages, "IDS_A_LISTING", 5)
        patch.setattr("orchestration.collection.limesurvey.incremental._READ_ALONG", page % 3)
        happened = History(limesurvey, version)
        puller = Puller(Path(temp) / "incremental", limesurvey.url, SHORT)
        seen = set()
        for step in [*history, ("pull",)]:
            if step[0] == "race":
                happened.race(step[1], step[2])
            if step[0] not in {"pull", "race"}:
                happened.step(step)
                continue
            pulled = puller.pull()
            seen |= set(happened.survey.rows)
            limesurvey.after_export = lambda *_: None
            assert set(pulled.vanished) == (seen - set(happened.survey.rows))
        full = Puller(Path(temp) / "full", limesurvey.url, SHORT)
        expected, found = full.pull(), puller.pull()
        if not happened.survey.rows:
            assert expected.collected is None
            return
        # The same bytes in the archive, and the same contacts.
        assert found.collected.entry.sha256 == expected.collected.entry.sha256
        assert puller.people(found) == full.people(expected)


def test_the_property_fails_where_stamps_are_believed_to_the_second(monkeypatch):
    """The guard against changes within one second is needed: without it a history is found that differs."""
    from orchestration.collection.limesurvey import incremental

    def careless(listing, earlier, newest):
        return incremental.unchanged(listing, earlier, "9999")

    monkeypatch.setattr(pull, "unchanged", careless)
    with LimeSurvey() as limesurvey, tempfile.TemporaryDirectory() as temp:
        happened = History(limesurvey, 6)
        puller = Puller(Path(temp) / "incremental", limesurvey.url, SHORT)
        change(limesurvey, 3, RDK="1")
        happened.race(2, {"RDK": "2"})
        puller.pull()
        assert puller.rows(puller.pull())[2]["RDK"] == "1"
        monkeypatch.undo()
        assert puller.rows(puller.pull())[2]["RDK"] == "2"


def test_the_archive_of_a_pull_is_plain_text_columns(puller):
    schema = pq.read_schema(puller.pull().collected.entry.path)
    assert {field.type for field in schema if field.name in ROWS[1]} == {pa.string()}
