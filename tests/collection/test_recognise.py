"""A file that is not of the declared format is named with the one it looks like."""

import shutil

import pytest

from orchestration.codebook import Export
from orchestration.collection.inbox import find_exports
from orchestration.collection.readers import formats, open_export
from orchestration.collection.recognise import advice, looks_like
from orchestration.errors import ExportError

KINDS = {
    "rpc/responses_code_short_all_fr.csv": "limesurvey_csv",
    "ui/results_code_short.csv": "limesurvey_csv",
    "ui/results_comma.csv": "limesurvey_csv",
    "ui/results_tab.csv": "limesurvey_csv",
    "rpc/responses_code_short_all_fr.json": "limesurvey_json",
    "rpc/responses_code_short_all_fr.xls": "limesurvey_xlsx",
    "ui/archive.lsa": "limesurvey_lsa",
    "ui/vv_version1.txt": "limesurvey_vv",
    "ui/vv_version2.txt": "limesurvey_vv",
    "ui/spss_v1_data.dat": "limesurvey_spss",
    "ui/spss_v2_data.dat": "limesurvey_spss",
    "ui/results.sav": "spss_sav",
    "ui/participants.csv": None,
    "ui/structure.lss": None,
    "ui/structure.tsv": None,
    "ui/results_R.R": None,
    "rpc/list_surveys.json": None,
    "rpc/page_beyond_the_end.csv": None,
}


@pytest.mark.parametrize(("name", "kind"), KINDS.items())
def test_real_files_look_like_what_they_are(survey, name, kind):
    assert looks_like(survey / name) == kind
    assert kind is None or kind in formats()


@pytest.mark.parametrize("name", ["StarWars.csv", "flying-etiquette.csv"])
def test_real_files_of_surveymonkey(shared, name):
    path = shared / "data" / "survey_exports" / name
    assert looks_like(path) == "surveymonkey"
    assert "declare 'format: surveymonkey'" in advice(path, "limesurvey_csv")


def test_any_quoted_table_is_no_contradiction_for_a_plain_one(survey):
    assert advice(survey / "ui" / "results_comma.csv", "plain") is None
    assert "format: limesurvey_lsa" in advice(survey / "ui" / "archive.lsa", "plain")


def test_a_missing_or_damaged_file_looks_like_nothing(tmp_path):
    assert looks_like(tmp_path / "none") is None
    (tmp_path / "broken.lsa").write_bytes(b"PK\x03\x04 and no more")
    assert looks_like(tmp_path / "broken.lsa") is None


@pytest.mark.parametrize(
    ("name", "declared"),
    [
        ("ui/archive.lsa", "limesurvey_csv"),
        ("ui/archive.lsa", "limesurvey_xlsx"),
        ("rpc/responses_code_short_all_fr.xls", "limesurvey_csv"),
        ("rpc/responses_code_short_all_fr.json", "limesurvey_vv"),
        ("ui/vv_version2.txt", "limesurvey_csv"),
        ("ui/results_code_short.csv", "limesurvey_json"),
        ("ui/results.sav", "limesurvey_spss"),
        ("ui/results_comma.csv", "spss_sav"),
    ],
)
def test_the_refusal_names_the_format_to_declare(survey, name, declared):
    with pytest.raises(ExportError) as refusal:
        open_export(survey / name, declared)
    assert f"declare 'format: {KINDS[name]}'" in refusal.value.fix


def test_what_may_be_of_the_declared_format_is_not_called_another(survey):
    assert advice(survey / "ui" / "results_R.csv", "limesurvey_r") is None
    assert advice(survey / "ui" / "archive.lsa", "limesurvey_lsa") is None


def test_the_inbox_names_files_that_no_pattern_takes_and_keeps_companions(survey, codebook, tmp_path):
    exports = (
        Export(source="spss", files="*data*", format="limesurvey_spss"),
        Export(source="vv", files="*.txt", format="limesurvey_vv"),
    )
    book = codebook.model_copy(update={"exports": exports})
    folder = tmp_path / book.edition
    folder.mkdir()
    for name in ("archive.lsa", "vv_version1.txt", "structure.lss", "spss_v2_data.dat", "results_R.R"):
        shutil.copy(survey / "ui" / name, folder)
    # Newer than the data, and of a name that the pattern takes as well.
    shutil.copy(survey / "ui" / "spss_v2_syntax.sps", folder / "data.sps")
    found = find_exports(book, [tmp_path])
    assert [(source, path.name) for source, path in found.files] == [
        ("spss", "spss_v2_data.dat"),
        ("vv", "vv_version1.txt"),
    ]
    reasons = {one.path.name: one.reason for one in found.set_aside}
    assert reasons.keys() == {"archive.lsa", "results_R.R"}
    assert "is a LimeSurvey .lsa archive (format: limesurvey_lsa)" in reasons["archive.lsa"]
