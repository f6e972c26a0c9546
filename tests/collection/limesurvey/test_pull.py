"""What a pull brings: the same as a file, nothing personal that is not needed, in pages of bounded size."""

import json

import pyarrow.parquet as pq
import pytest

from orchestration.collection.contacts import REJECTED_ROW
from orchestration.collection.limesurvey import pages
from orchestration.collection.limesurvey.errors import (
    CountsDifferError,
    GarbledError,
    LimeSurveyError,
    RefusedError,
)
from orchestration.collection.limesurvey.fields import wanted_fields
from orchestration.collection.limesurvey.incremental import ids_of, spans
from orchestration.errors import CodebookError, ExportError

from .server import RECORDED, SURVEY, Survey, export, recorded, recorded_rows, result

from .conftest import Puller, on_server  # isort: skip

NEVER = {"token", "ipaddr", "seed"}


def test_a_pull_is_what_the_same_export_in_a_file_is(puller, place, survey, limesurvey):
    pulled = puller.pull()
    filed = place.collect(survey / "rpc" / "responses_code_short_all_fr.csv")
    left, right = puller.rows(pulled), pq.read_table(filed.entry.path).to_pylist()
    assert len(left) == len(right) == 224
    for ours, theirs in zip(left, right, strict=True):
        # The csv writer makes every line break \n; json keeps them.
        assert {name: normal(cell) for name, cell in ours.items()} == theirs
    contacts = place.contacts.read(place.contacts_of(filed.entry)).to_pylist()
    wanted = sorted(
        (row["respondent_id"], row["row_number"], row["field"], row["value"])
        for row in contacts
        if row["field"] not in NEVER
    )
    assert [(*row[:3], normal(row[3])) for row in puller.people(pulled)] == wanted


def normal(cell):
    if not isinstance(cell, str):
        return cell
    for sign in ("\r\n", "\r", "\u2028", "\v", "\f", "\x85"):
        cell = cell.replace(sign, "\n")
    return cell


def test_the_sidecar_says_what_was_pulled(puller):
    facts = json.loads(puller.pull().collected.entry.path.with_suffix(".parquet.json").read_text())
    assert facts["format"] == "limesurvey_rpc"
    assert facts["origin"] == f"survey {SURVEY} on 127.0.0.1"
    assert len(facts["origin_sha256"]) == 64
    pull = facts["pull"]
    assert pull["server_version"] is None
    assert pull["survey_id"] == SURVEY
    assert (pull["responses_before"], pull["responses_after"], pull["read"]) == (224, 224, 224)
    assert (pull["ids"], pull["vanished"], pull["shrunk"]) == ("1-224", "", "")


def test_token_address_and_seed_never_travel(puller, limesurvey):
    puller.pull()
    assert limesurvey.sent["MAIL"] == 224  # the codebook has it, for the contacts
    assert not NEVER & limesurvey.sent.keys()
    for params in limesurvey.called("export_responses"):
        _, form, language, state, heading, answers, first, last, fields, *_ = params
        assert (language, state, heading, answers) == ("fr", "all", "code", "short")
        assert form in {"csv", "json"}
        assert first >= 1
        assert last >= first
        assert fields


def test_only_calls_of_the_least_privilege_account_are_made(puller, limesurvey):
    puller.pull()
    allowed = {"get_session_key", "get_summary", "get_fieldmap", "export_responses", "release_session_key"}
    assert {method for method, _ in limesurvey.calls} == allowed
    assert limesurvey.logins == 1
    assert len(limesurvey.released) == 1


@pytest.mark.parametrize("version", [3, 5, 6, 7])
def test_every_version_gives_the_same(puller, limesurvey, version):
    reference = puller.rows(puller.pull())
    limesurvey.surveys[SURVEY] = Survey(recorded_rows(), version=version)
    puller.folder = puller.folder / "other"
    assert puller.rows(puller.pull()) == reference


def test_what_was_not_asked_stays_null_where_the_server_tells(puller, limesurvey):
    rows = recorded_rows()
    rows[1]["PARTEXP"] = None
    limesurvey.surveys[SURVEY] = Survey(rows, version=5)
    archived = puller.rows(puller.pull())
    assert (archived[0]["PARTEXP"], archived[0]["NAF"]) == (None, "")


def test_headings_of_the_field_map_are_those_of_the_export(codebook):
    fields = wanted_fields(recorded("get_fieldmap_fr.json"), codebook, "here")
    first = recorded("responses_code_short_all_fr.json")["responses"][0]
    assert list(fields) == [heading for heading in first if heading not in NEVER]
    assert fields["NIVEAU[C03][2]"] == "482617X5X18C03#1"


def test_two_fields_of_one_heading_are_refused(codebook):
    fieldmap = recorded("get_fieldmap_fr.json")
    fieldmap["482617X1X3"]["title"] = "SIREN"
    with pytest.raises(LimeSurveyError, match="'SIREN' of another"):
        wanted_fields(fieldmap, codebook, "here")


@pytest.mark.parametrize("lacking", [{"datestamp"}, {"startdate", "datestamp", "token", "ipaddr", "seed"}])
def test_a_survey_may_lack_own_columns(puller, limesurvey, lacking):
    limesurvey.surveys[SURVEY] = Survey(recorded_rows(), lacking=lacking)
    pulled = puller.pull()
    assert pulled.collected.rows == 224
    assert "datestamp" not in puller.rows(pulled)[0]
    # Without stamps nothing tells what has changed: everything is read again.
    assert puller.pull().read == 224


def test_an_anonymous_survey_is_read_whole_each_time(puller, limesurvey):
    rows = recorded_rows()
    for row in rows.values():
        row |= {"submitdate": row["submitdate"] and "1980-01-01 00:00:00", "datestamp": "1980-01-01 00:00:00"}
        row["startdate"] = "1980-01-01 00:00:00"
    limesurvey.surveys[SURVEY] = Survey(rows)
    puller.pull()
    limesurvey.surveys[SURVEY].rows[5]["RDK"] = "4321"
    pulled = puller.pull()
    assert pulled.read == 224
    assert puller.rows(pulled)[4]["RDK"] == "4321"


@pytest.mark.parametrize("has_table", [True, False])
def test_a_survey_without_responses_or_table_is_empty_and_no_failure(puller, limesurvey, has_table):
    limesurvey.surveys[SURVEY] = Survey(has_table=has_table)
    pulled = puller.pull()
    assert (pulled.collected, pulled.vanished, pulled.lost_share) == (None, (), 0)
    assert not (puller.folder / "archive").exists()


@pytest.mark.parametrize("has_table", [True, False])
def test_all_responses_gone_is_told_and_the_last_state_stays(puller, limesurvey, has_table):
    first = puller.pull()
    limesurvey.surveys[SURVEY] = Survey(has_table=has_table)
    again = puller.pull()
    assert again.collected.entry == first.collected.entry
    assert (len(again.vanished), again.lost_share) == (224, 1)


def test_the_unknown_survey_and_the_missing_right_are_explained(puller, limesurvey):
    limesurvey.permitted.clear()
    with pytest.raises(RefusedError, match=r"No permission.*survey_id.*responses read and export"):
        puller.pull()
    limesurvey.surveys.clear()
    with pytest.raises(RefusedError, match=r"Invalid surveyid.*survey_id"):
        puller.pull()


def test_the_language_must_be_one_of_the_survey(puller, limesurvey):
    puller.codebook = puller.codebook.model_copy(update={"languages": ("de",)})
    with pytest.raises(RefusedError, match=r"Language code not found.*languages"):
        puller.pull()


def test_a_codebook_without_server_is_told(puller, codebook):
    puller.codebook = codebook
    with pytest.raises(CodebookError, match="has no server"):
        puller.pull()


def test_a_question_that_the_codebook_does_not_know_is_told_before_answers_travel(puller, limesurvey):
    limesurvey.surveys[SURVEY].fieldmap["482617X1X6"]["title"] = "APE"
    with pytest.raises(ExportError, match="'APE' is not in the codebook"):
        puller.pull()
    assert not limesurvey.sent["MAIL"]
    assert not list(puller.folder.rglob("*.parquet"))


def test_long_gaps_between_ids_are_no_end(puller, limesurvey):
    rows = {number: recorded_rows()[number % 200 + 1] for number in (1, 7, 90_000, 1_500_000, 2**31 - 1)}
    for number, row in rows.items():
        row["id"] = str(number)
    limesurvey.surveys[SURVEY] = Survey(rows)
    pulled = puller.pull()
    assert [int(row["id"]) for row in puller.rows(pulled)] == list(rows)
    assert len(limesurvey.called("export_responses")) < 30


def test_pages_are_small_and_memory_bounded(puller, limesurvey, monkeypatch):
    monkeypatch.setattr(pages, "RESPONSES_A_PAGE", 50)
    monkeypatch.setattr("orchestration.collection.limesurvey.incremental.RESPONSES_A_PAGE", 50)
    pulled = puller.pull()
    assert pulled.collected.rows == 224
    answers = [params for params in limesurvey.called("export_responses") if params[1] == "json"]
    assert [(params[6], params[7]) for params in answers] == [
        (1, 50), (51, 100), (101, 150), (151, 200), (201, 224)
    ]  # fmt: skip


def test_a_page_over_the_limit_is_asked_for_in_halves(puller, limesurvey):
    whole = puller.rows(puller.pull())
    puller.folder = puller.folder / "other"
    puller.limits = type(puller.limits)(connect=2, silence=2, total=5, size=100_000)
    assert puller.rows(puller.pull()) == whole
    assert limesurvey.logins == 2  # one a run


def test_one_response_over_the_limit_is_told(puller, limesurvey):
    limesurvey.surveys[SURVEY].rows[9]["MANQUE"] = "x" * 200_000
    puller.limits = type(puller.limits)(connect=2, silence=2, total=5, size=100_000)
    with pytest.raises(LimeSurveyError, match="more than 100,000 bytes"):
        puller.pull()
    assert not list(puller.folder.rglob("*.parquet"))


@pytest.mark.parametrize(
    "page",
    [
        b"",
        b"\r\n",
        (RECORDED / "page_beyond_the_end.csv").read_bytes(),
        b'\xef\xbb\xbf"id";"submitdate"\r\n\r\n',
    ],
)
def test_a_csv_page_may_be_empty(page):
    assert pages.parse_csv(page, ["id", "submitdate"], "here").num_rows == 0


@pytest.mark.parametrize("page", [b"", (RECORDED / "page_beyond_the_end.json").read_bytes()])
def test_a_json_page_may_be_empty(page):
    assert pages.parse_json(page, ["id", "submitdate"], "here").num_rows == 0


def test_a_row_of_empties_is_no_response(puller, limesurvey):
    limesurvey.surveys[SURVEY].rows.pop(224)
    listing = b'"id";"submitdate";"datestamp"\r\n"";"";""\r\n\r\n'
    limesurvey.faults["export_responses"] = [None, export(listing)]
    assert puller.pull().collected.rows == 223


def test_a_recorded_csv_page_is_read():
    data = (RECORDED / "page_1_50.csv").read_bytes()
    headings = list(recorded("responses_code_short_all_fr.json")["responses"][0])
    batch = pages.parse_csv(data, headings, "here")
    rows = recorded_rows()
    for ours in batch.to_pylist():
        theirs = {name: str(cell) for name, cell in rows[int(ours["id"])].items()}
        assert ours == {name: normal(cell) for name, cell in theirs.items()}


def test_the_shape_of_3x_as_derived_from_the_export(shared):
    data = (shared / "data/limesurvey/derived/responses_shape_of_3x.json").read_bytes()
    headings = list(recorded("responses_code_short_all_fr.json")["responses"][0])
    flat = (RECORDED / "responses_code_short_all_fr.json").read_bytes()
    assert pages.parse_json(data, headings, "here").equals(pages.parse_json(flat, headings, "here"))


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (export(b'{"responses": [{"id":1'), "malformed JSON"),
        (export(b"[" * 200_000), "malformed JSON"),
        (export(b'{"answers": []}'), "no list of responses"),
        (export(b'{"responses": {"1": 2}}'), "no list of responses"),
        (export(b'{"responses": [7]}'), "no object of columns"),
        (export(b'{"responses": [{"id": 1}]}'), "lacks the column 'submitdate'"),
        (result({"status": "OK"}), "of another form"),
        (result(None), "of another form"),
        (result("é"), "of another form"),
        (result([]), "of another form"),
    ],
)
def test_a_page_of_another_form_is_told_and_nothing_kept(puller, limesurvey, answer, words):
    limesurvey.faults["export_responses"] = [None, None, answer]
    with pytest.raises(GarbledError, match=words):
        puller.pull()
    assert not list(puller.folder.rglob("*.parquet"))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"id": 999}, "other ids than asked for"),
        ({"id": 2}, "one response twice"),
        ({"id": "one"}, "id is no number"),
        ({"RDK": True}, "neither text nor number in the column 'RDK'"),
    ],
)
def test_a_response_that_cannot_be_is_told(puller, limesurvey, change, words):
    rows = [dict(row) for row in recorded("responses_code_short_all_fr.json")["responses"]]
    rows[0] |= change
    limesurvey.faults["export_responses"] = [None, None, export(json.dumps({"responses": rows}).encode())]
    with pytest.raises(GarbledError, match=words):
        puller.pull()


def test_half_a_surrogate_pair_does_not_stop_a_pull():
    data = b'{"responses": [{"id": 1, "RAISON": "a\\ud83d"}]}'
    assert pages.parse_json(data, ["id", "RAISON"], "here").to_pylist() == [{"id": "1", "RAISON": "a?"}]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b'"id";"token"\r\n"1";"a"\r\n', "other columns"),
        (b'"id";"submitdate"\r\n"1";"a";"b"\r\n', "another width"),
        (b'"id";"submitdate"\r\n"1";"2026', "was cut off"),
    ],
)
def test_a_listing_of_another_form_is_told(data, words):
    with pytest.raises(GarbledError, match=words):
        pages.parse_csv(data, ["id", "submitdate"], "here")


def test_a_server_that_gives_fewer_responses_than_it_counts_is_not_believed(puller, limesurvey):
    summary = {"full_responses": 230}
    limesurvey.faults["get_summary"] = [result(summary)] * 4
    with pytest.raises(CountsDifferError, match=r"224 responses were read.*230 before and 230 after"):
        puller.pull()
    assert not list(puller.folder.rglob("*.parquet"))


def test_responses_may_come_and_go_during_a_pull(puller, limesurvey):
    rows = limesurvey.surveys[SURVEY].rows

    def change(survey, form, _):
        if form == "json":
            limesurvey.after_export = lambda *_: None
            for number in range(225, 230):
                rows[number] = rows[1] | {"id": str(number)}

    limesurvey.after_export = change
    assert puller.pull().collected.rows == 224
    assert puller.pull().collected.rows == 229


def test_a_response_deleted_between_listing_and_reading_is_not_there(puller, limesurvey):
    rows = limesurvey.surveys[SURVEY].rows
    limesurvey.after_export = lambda *_: rows.pop(7, None)
    pulled = puller.pull()
    assert pulled.collected.rows == 223
    assert pulled.collected.entry.facts["pull"]["ids"] == "1-6,8-224"


def test_no_row_is_rejected(puller):
    pulled = puller.pull()
    assert pulled.collected.rejected == 0
    assert REJECTED_ROW not in {row[2] for row in puller.people(pulled)}


@pytest.mark.parametrize("text", ["", "5", "1-3", "1-3,7", "1,3,5-9,2147483647"])
def test_spans_of_ids_are_read_as_written(text):
    assert spans(ids_of(text)) == text


def test_many_responses_come_in_pages_of_bounded_size(tmp_path, limesurvey, codebook):
    few = codebook.model_copy(update={"questions": tuple(q for q in codebook.questions if q.code in FEW)})
    survey = Survey(lacking={h for h in Survey().heading.values() if h not in {*FEW, *SHORT}})
    row = dict.fromkeys(survey.heading.values(), "") | {"datestamp": "2026-05-01 10:00:00"}
    survey.rows = {number: row | {"id": number, "SIREN": "404833048"} for number in range(1, 25_001)}
    limesurvey.surveys[SURVEY] = survey
    puller = Puller(tmp_path / "data", limesurvey.url, on_server(few))
    puller.limits = type(puller.limits)()
    assert puller.pull().collected.rows == 25_000
    sizes = {form: [rows for of, rows in limesurvey.pages if of == form] for form in ("csv", "json")}
    assert max(sizes["csv"]) <= pages.IDS_A_LISTING
    assert set(sizes["json"]) == {pages.RESPONSES_A_PAGE}


FEW = {"SIREN", "RAISON", "COMMUNE", "EFFECTIF", "EXPORT"}
SHORT = {"id", "submitdate", "lastpage", "startlanguage", "datestamp"}
