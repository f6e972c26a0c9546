"""Every export of survey 482617, whatever its format, gives the answers given, but for what it loses."""

import html
import json
import re
import shutil
from collections import Counter
from datetime import datetime
from functools import partial

import pyarrow.parquet as pq
import pytest

from orchestration.codebook import Export
from orchestration.collection.contacts import Contacts
from orchestration.collection.headings import translated
from orchestration.collection.readers import open_export
from orchestration.errors import ExportError

from .conftest import Real
from .test_survey_482617 import Record, normalised, responses

__all__ = ["responses"]  # a fixture

_LINE_END = "\r\n|[\n\r\x0b\x0c\x85\u2028\u2029]"


def kept(text):
    return normalised(text)


def trimmed(text):
    return normalised(text).strip()


def without_vertical_tabs(text):
    """XML cannot hold them."""
    return normalised(re.sub("[\x0b\x0c]", "", text))


def vertical_tabs_as_blanks(text):
    return normalised(text.replace("\x0b", " "))


def spss(text, longest):
    """HTML tags and entities are resolved, lines joined, ends trimmed, long texts cut off."""
    plain = re.sub(r"<script.*?</script>|<[^<>]*>", "", text, flags=re.DOTALL)
    return re.sub(_LINE_END, " ", html.unescape(plain).strip(" \t\n\r\0\x0b")).strip(" ")[:longest]


# Of each file: format, what must lie beside it, what the format makes of a text, and which responses it has.
EXPORTS = {
    "rpc/responses_code_short_all_fr.csv": ("limesurvey_csv", None, kept, "all"),
    "rpc/responses_code_short_complete_fr.csv": ("limesurvey_csv", None, kept, "completed"),
    "rpc/page_51_100.csv": ("limesurvey_csv", None, kept, range(51, 101)),
    "ui/results_code_short.csv": ("limesurvey_csv", None, kept, "all"),
    "ui/results_comma.csv": ("limesurvey_csv", None, kept, "all"),
    "ui/results_tab.csv": ("limesurvey_csv", None, kept, "all"),
    "ui/results_emcode.csv": ("limesurvey_csv", None, kept, "all"),
    "rpc/responses_code_short_all_fr.json": ("limesurvey_json", None, kept, "all"),
    "derived/responses_shape_of_3x.json": ("limesurvey_json", None, kept, "all"),
    "rpc/responses_code_short_all_fr.xls": ("limesurvey_xlsx", None, vertical_tabs_as_blanks, "all"),
    "ui/vv_version1.txt": ("limesurvey_vv", "ui/structure.lss", trimmed, "all"),
    "ui/vv_version2.txt": ("limesurvey_vv", None, trimmed, "all"),
    "ui/archive.lsa": ("limesurvey_lsa", None, without_vertical_tabs, "all"),
    "ui/results_R.csv": ("limesurvey_r", "ui/results_R.R", kept, "all"),
    "ui/spss_v1_data.dat": ("limesurvey_spss", "ui/spss_v1_syntax.sps", partial(spss, longest=255), "all"),
    "ui/spss_v2_data.dat": ("limesurvey_spss", "ui/spss_v2_syntax.sps", partial(spss, longest=16_384), "all"),
}


def declared(survey, export_format):
    export = Export(source="limesurvey", files="*", format=export_format)
    return survey.model_copy(update={"exports": (export,)})


@pytest.fixture(scope="module", params=list(EXPORTS))
def export(request, shared, survey, tmp_path_factory):
    """One export, collected and decoded, with what its format makes of texts and the ids it should have."""
    export_format, beside, texts, ids = EXPORTS[request.param]
    folder = tmp_path_factory.mktemp("export")
    source = shared / "data" / "limesurvey"
    (folder / "inbox").mkdir()
    path = folder / "inbox" / request.param.replace("/", "_").replace("ui_", "")
    shutil.copy(source / request.param, path)
    if beside:
        shutil.copy(source / beside, path.parent)
    return Real(folder, declared(survey, export_format), "limesurvey", path), texts, ids, folder


class Losing(Record):
    """The generator's record, in the texts that a format leaves."""

    def __init__(self, response, texts):
        super().__init__(response, "limesurvey")
        self._texts, self._raw = texts, response["answers"]

    def answer(self, column):
        states, values = super().answer(column)
        if "value_text" in values:
            values = {"value_text": self._texts(self._raw[column.heading])}
        return states, values


def expected_ids(responses, ids):
    if ids == "completed":
        return {number for number, one in responses.items() if one["meta"]["submitdate"]}
    return set(responses) if ids == "all" else set(responses).intersection(ids)


def test_every_answer_and_state_is_the_one_that_was_given(export, survey, responses):
    real, texts, ids, _ = export
    wanted = expected_ids(responses, ids)
    assert {row["respondent_id"] for row in real.respondents} == wanted
    columns = [column for column in survey.columns().values() if column.variable and not column.personal]
    records = {number: Losing(responses[number], texts) for number in wanted}
    seen = Counter()
    for column in columns:
        for number, record in records.items():
            row = real.answers[number, column.variable, column.item or ""]
            names = ("value_code", "value_number", "value_date", "value_text")
            values = {name: row[name] for name in names if row[name] is not None}
            states, expected = record.answer(column)
            if record.leaks_contacts(column) and expected:
                assert re.search(r"\[(e-mail|phone)\]", values["value_text"])
                values = expected
            assert (row["state"] in states, values) == (True, expected), (column.heading, number)
            seen[row["state"]] += 1
    assert sum(seen.values()) == len(real.answers) == len(wanted) * 77
    assert set(seen) == {"answered", "refused", "blank", "not_asked"}


def test_respondents_and_companies_are_the_same(export, responses):
    real, _, ids, _ = export
    for row in real.respondents:
        meta = responses[row["respondent_id"]]["meta"]
        assert row["submitted_at"] == (meta["submitdate"] and datetime.fromisoformat(meta["submitdate"]))
        assert row["started_at"] == datetime.fromisoformat(meta["startdate"])
        assert (row["language"], row["last_page"]) == (meta["startlanguage"], meta["lastpage"])
    if ids == "all":
        classes = Counter(row["siren_class"] for row in real.respondents)
        assert classes["valid"] == 180
        assert classes["valid_after_normalisation"] == 14
        valid = [row for row in real.respondents if row["siren_class"].startswith("valid")]
        assert len({row["company_key"] for row in valid}) == 176
    assert {row["reason_code"] for row in real.quarantine}.isdisjoint({"invalid_value", "rejected_row"})


def test_personal_answers_are_in_the_contacts_and_participants_nowhere(export, survey, responses, shared):
    real, texts, ids, folder = export
    personal = [column.heading for column in survey.columns().values() if column.personal]
    expected = {
        (number, heading): texts(responses[number]["answers"][heading])
        for number in expected_ids(responses, ids)
        for heading in personal
        if responses[number]["answers"].get(heading)
    }
    found = {key: texts(value) for key, value in real.contacts.items() if key[1] in personal}
    assert found == expected
    # The .lsa and the .dat bring along the people who were invited.
    people = (shared / "data" / "limesurvey" / "ui" / "participants.csv").read_text(encoding="utf-8-sig")
    invited = set(re.findall(r"invite\d+@example\.org", people))
    assert len(invited) > 100
    contacts = Contacts(folder / "contacts", folder / "secrets")
    open_files = [path for room in ("archive", "lake") for path in (folder / room).rglob("*.parquet")]
    tables = [*map(pq.read_table, open_files), *map(contacts.read, contacts.files())]
    cells = {str(cell) for table in tables for row in table.to_pylist() for cell in row.values()}
    assert invited.isdisjoint(cells)


def test_the_nulls_of_version_5_tell_the_states_that_vv_tells(shared, survey, tmp_path, real_export):
    """The JSON of a 5.x server, made from what VV says was not asked."""
    vv = open_export(shared / "data" / "limesurvey" / "ui" / "vv_version2.txt", "limesurvey_vv")
    names = translated(vv.headings, survey)
    cells = [list(row.values()) for chunk in vv.chunks() for row in chunk.rows.to_pylist()]
    path = tmp_path / "export.json"
    path.write_text(json.dumps({"responses": [dict(zip(names, row, strict=True)) for row in cells]}))
    real, told = (
        Real(tmp_path, declared(survey, "limesurvey_json"), "limesurvey", path),
        real_export("limesurvey_vv"),
    )
    states = {key: row["state"] for key, row in real.answers.items()}
    assert states == {(key[0] - told.first_id, *key[1:]): row["state"] for key, row in told.answers.items()}


def test_the_servers_sav_crashes_a_child_and_not_the_run(shared, survey, tmp_path):
    path = shared / "data" / "limesurvey" / "ui" / "results.sav"
    with pytest.raises(ExportError, match="crashes on this one") as refusal:
        Real(tmp_path, declared(survey, "spss_sav"), "limesurvey", path)
    assert "CSV" in refusal.value.fix
    assert not list(tmp_path.rglob("*.parquet"))
