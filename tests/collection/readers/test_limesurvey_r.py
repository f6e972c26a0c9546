"""R exports: numbers undone by the syntax file beside the data."""

import shutil

import pytest

from orchestration.collection.readers import open_export
from orchestration.errors import ExportError

from .conftest import read


def syntax(*columns):
    lines = []
    for place, (name, levels, labels) in enumerate(columns, 1):
        if levels:
            lines.append(f"data[, {place}] <- factor(data[, {place}], levels=c({levels}),labels=c({labels}))")
        lines.append(f'names(data)[{place}] <- "{name}"')
    return "\n".join(lines) + "\n"


R = syntax(
    ("id", "", ""),
    ("EXPORT", "1,2", '"Yes", "No"'),
    ("PAYS_DE", "1,0", '"Yes", "Not selected"'),
    ("NIVEAU_C1#0", "1,2", '"Weak", "It\\"s good"'),
    ("CA", '"A1","A2"', '"Yes", "No"'),
)
CSV = b'"id";"EXPORT";"PAYS[DE]";"NIVEAU[C1][1]";"CA"\r\n"1";"2";"0";"1";"A1"\r\n"2";;"1";"2";""\r\n'


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "survey_R_data_file.csv").write_bytes(CSV)
    (tmp_path / "survey_R_syntax_file.R").write_text(R)
    return tmp_path


def test_what_the_export_recodes_is_undone(folder):
    _, rows, _ = read(folder / "survey_R_data_file.csv", "limesurvey_r")
    assert [list(row.values()) for row in rows] == [["1", "N", "", "1", "A1"], ["2", "", "Y", "2", ""]]


def test_another_surveys_syntax_file_is_refused(folder):
    (folder / "survey_R_syntax_file.R").write_text(R.replace("EXPORT", "OTHER"))
    with pytest.raises(ExportError, match="does not name the columns of the data file"):
        open_export(folder / "survey_R_data_file.csv", "limesurvey_r")


def test_without_its_syntax_file_the_numbers_mean_nothing(survey, tmp_path):
    shutil.copy(survey / "ui" / "results_R.csv", tmp_path)
    with pytest.raises(ExportError, match="R syntax file"):
        open_export(tmp_path / "results_R.csv", "limesurvey_r")
