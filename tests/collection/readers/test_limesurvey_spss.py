"""SPSS text exports: names, dates and numbers undone by the syntax file, participants left out."""

import shutil

import pytest

from orchestration.collection.readers import open_export
from orchestration.errors import ExportError

from .conftest import read

VARIABLES = {
    "firstname": "A20",
    "email": "A60",
    "attribute_1": "A20",
    "id": "F4",
    "submitdate": "DATETIME23.2",
    "EXPORT": "F1",
    "INNO_P": "F1",
    "PAYS_DE": "F1",
    "NIVEAU_C1#0": "F1",
    "email2": "A60",
}
LABELS = {
    6: '1 "Oui"\n 2 "Non"',
    7: '1 "Oui"\n 2 "Non"\n 3 "Incertain"',
    8: '1 "Oui"\n 0 "Non sélectionné"',
    9: '1 "Faible"\n 2 "Bon"',
}


def syntax(variables=VARIABLES, labels=LABELS):
    lines = ["GET DATA", " /TYPE=TXT", " /VARIABLES="]
    lines += [f" V{place} {kind}" for place, kind in enumerate(variables.values(), 1)]
    lines[-1] += "."
    for place, pairs in labels.items():
        lines += [f"VALUE LABELS  V{place}", f" {pairs}."]
    lines += [f"RENAME VARIABLES ( V{place} = {name} )." for place, name in enumerate(variables, 1)]
    return "\n".join(lines) + "\n"


@pytest.fixture
def written(tmp_path):
    """Write both files and read: ``written(data)``."""

    def go(data, sps=None):
        path = tmp_path / "survey_1_SPSS_data_file.dat"
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        (tmp_path / "survey_1_SPSS_syntax_file.sps").write_text(sps or syntax(), encoding="utf-8-sig")
        return read(path, "limesurvey_spss")

    return go


def test_what_the_export_recodes_is_undone(written):
    headings, rows, rejected = written(
        "'Inès','i@example.org','x',1,'15-05-2026 15:27:03',1,3,0,1,'c@example.org'\n"
        ",,,2,,2,1,1,2,'l''autre, \"b\"'\n"
    )
    assert headings == ("id", "submitdate", "EXPORT", "INNO_P", "PAYS_DE", "NIVEAU_C1_0", "email2")
    assert not rejected
    assert [list(row.values()) for row in rows] == [
        ["1", "2026-05-15 15:27:03", "Y", "U", "", "1", "c@example.org"],
        ["2", "", "N", "Y", "Y", "2", 'l\'autre, "b"'],
    ]


def test_only_the_participants_own_columns_before_the_id_are_left_out(written):
    variables = {"lastname": "A9", "sector": "A9", "id": "F4", "email": "A9"}
    headings, rows, _ = written("'a','b',1,'c'\n", syntax(variables, {}))
    assert headings == ("sector", "id", "email")
    assert list(rows[0].values()) == ["b", "1", "c"]


def test_bad_rows_cost_no_other(written):
    _, rows, rejected = written(",,,1,,,,,,\n,,,2,,\n,,,3,,,,,,'x\n,,,4,,,,,,\n")
    assert [row["id"] for row in rows] == ["1", "4"]
    assert [(bad.row_number, bad.reason) for bad in rejected] == [
        (2, "the row has 6 cells, not 10"),
        (3, "a cell is not quoted as LimeSurvey quotes"),
    ]


@pytest.mark.parametrize(
    ("data", "sps", "problem"),
    [
        (",,,1,,,,,,\n,,,2", None, "middle of a response"),
        (b",,,1,,,,,,'\xe9'\n", None, "not UTF-8"),
        ("x\n", "nothing", "declares 0 variables"),
        ("x\n", syntax().replace("V3 = ", "V4 = "), "names 10"),
    ],
)
def test_damaged_files_are_refused(written, data, sps, problem):
    with pytest.raises(ExportError, match=problem):
        written(data, sps)


def test_without_its_syntax_file_a_data_file_means_nothing(survey, tmp_path):
    path = tmp_path / "data.dat"
    shutil.copy(survey / "ui" / "spss_v2_data.dat", path)
    with pytest.raises(ExportError, match="syntax file") as refusal:
        open_export(path, "limesurvey_spss")
    assert "data.sps" in refusal.value.expected
    for name in ("a.sps", "b.sps"):  # of two, neither is sure to be its own
        (tmp_path / name).write_text(syntax())
    with pytest.raises(ExportError, match="syntax file"):
        open_export(path, "limesurvey_spss")
