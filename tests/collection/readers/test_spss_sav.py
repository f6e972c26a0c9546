"""SPSS files: a sound one reads right; crash, refusal and delay of the child are told in plain words."""

from datetime import datetime

import pandas as pd
import pyreadstat
import pytest

from orchestration.collection.readers import open_export, spss_sav
from orchestration.errors import ExportError

from .conftest import read

LABELS = {"EXPORT": {1: "Oui", 2: "Non"}, "PAYS_DE": {1: "Oui", 0: "Non sélectionné"}, "NOTE": {1: "Faible"}}


def sav(tmp_path, **columns):
    path = tmp_path / "export.sav"
    labels = {name: pairs for name, pairs in LABELS.items() if name in columns}
    pyreadstat.write_sav(pd.DataFrame(columns), str(path), variable_value_labels=labels)
    return path


def test_a_sound_file_reads_right(tmp_path):
    path = sav(
        tmp_path,
        firstname=["Inès", "Noé"],
        id=[1.0, 2.0],
        submitdate=[datetime(2026, 5, 15, 15, 27, 3), None],
        EXPORT=[1.0, 2.0],
        PAYS_DE=[0.0, 1.0],
        NOTE=[1.0, None],
        RDK=[12.5, -3.0],
        MANQUE=['é "x" € ' + "y" * 300, ""],
    )
    headings, rows, _ = read(path, "spss_sav")
    assert headings == ("id", "submitdate", "EXPORT", "PAYS_DE", "NOTE", "RDK", "MANQUE")
    assert [list(row.values()) for row in rows] == [
        ["1", "2026-05-15 15:27:03", "Y", "", "1", "12.5", 'é "x" € ' + "y" * 300],
        ["2", "", "N", "Y", "", "-3", ""],
    ]


def test_numbers_of_other_programs_stay_as_they_are(tmp_path):
    _, rows, _ = read(sav(tmp_path, EXPORT=[1.0, 2.0], firstname=["a", "b"]), "spss_sav")
    assert rows == [{"EXPORT": "1", "firstname": "a"}, {"EXPORT": "2", "firstname": "b"}]


def test_a_crash_of_the_library_is_a_message(survey):
    with pytest.raises(ExportError, match="crashes on this one") as refusal:
        open_export(survey / "ui" / "results.sav", "spss_sav")
    assert ".dat and .sps" in refusal.value.fix


def test_a_file_cut_off_is_refused(tmp_path):
    path = sav(tmp_path, id=[float(number) for number in range(2000)], A=["x" * 50] * 2000)
    path.write_bytes(path.read_bytes()[:-500])
    with pytest.raises(ExportError, match=r"refuses it|ends after"):
        read(path, "spss_sav")


def test_a_file_that_takes_too_long_is_given_up(tmp_path, monkeypatch):
    monkeypatch.setattr(spss_sav, "SECONDS", 0.01)
    with pytest.raises(ExportError, match=r"longer than 0\.01 seconds"):
        open_export(sav(tmp_path, id=[1.0]), "spss_sav")


@pytest.mark.parametrize(("content", "problem"), [(b"", "empty"), (b'"id";"A"', "not an SPSS file")])
def test_other_files_are_refused(tmp_path, content, problem):
    path = tmp_path / "export.sav"
    path.write_bytes(content)
    with pytest.raises(ExportError, match=problem):
        open_export(path, "spss_sav")


def test_the_rpcs_broken_sav_is_refused(survey):
    with pytest.raises(ExportError):
        open_export(survey / "rpc" / "responses_code_short_all_fr.sav.http_body", "spss_sav")
