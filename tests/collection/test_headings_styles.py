"""Separators and heading styles of CSV exports, and VV files of version 1: read where nothing is guessed."""

import shutil

import pytest

from orchestration.codebook import Export
from orchestration.collection.headings import translated
from orchestration.collection.readers import open_export
from orchestration.errors import ExportError

from .conftest import made_up


@pytest.fixture
def made(codebook):
    return made_up(codebook, 6)


def cells_of(path, export_format="limesurvey_csv"):
    export = open_export(path, export_format)
    return [list(row.values()) for chunk in export.chunks() for row in chunk.rows.to_pylist()]


@pytest.mark.parametrize("separator", [b";", b",", b"\t"])
def test_every_separator_that_limesurvey_offers(tmp_path, made, separator):
    headings, rows = made
    rows = [[cell.replace(";", ",\t;") for cell in row] for row in rows]
    # Between quoted cells only: inside one, a quote is doubled.
    lines = [
        separator.join(b'"' + cell.replace('"', '""').encode() + b'"' for cell in row)
        for row in [headings, *rows]
    ]
    path = tmp_path / "export.csv"
    path.write_bytes(b"\r\n".join(lines) + b"\r\n")
    assert open_export(path, "limesurvey_csv").headings == tuple(headings)
    assert cells_of(path) == rows


@pytest.mark.parametrize("separator", [b",", b"\t"])
def test_a_row_of_another_width_is_rejected_with_every_separator(tmp_path, separator):
    path = tmp_path / "export.csv"
    path.write_bytes(b'"id";"A"\r\n"1";"x"\r\n"2"\r\n"3";"a;b"\r\n'.replace(b'";"', b'"' + separator + b'"'))
    (chunk,) = open_export(path, "limesurvey_csv").chunks()
    assert chunk.rows.to_pydict() == {"id": ["1", "3"], "A": ["x", "a;b"]}
    assert [(bad.row_number, bad.reason) for bad in chunk.rejected] == [(2, "the row has 1 cells, not 2")]


def test_two_separators_in_one_heading_row_are_refused(tmp_path):
    path = tmp_path / "export.csv"
    path.write_bytes(b'"id";"A","B"\r\n"1";"x","y"\r\n')
    with pytest.raises(ExportError, match="heading row cannot be read"):
        open_export(path, "limesurvey_csv")


@pytest.mark.parametrize("between", [". ", " ", ": ", " - "])
def test_codes_before_texts_are_read_where_a_separator_ends_them(codebook, made, between):
    headings, _ = made
    assert translated([f"{name}{between}Chiffre d'affaires [x]" for name in headings], codebook) == headings


@pytest.mark.parametrize(
    "headings",
    [
        ["SIREN. Numéro", "Nouveau. Texte"],  # one is no code: then none is taken for one
        ["SIRENNuméro", "NAFCode"],  # nothing tells where a code ends
        ["Code NAF", "Effectif"],
    ],
)
def test_other_styles_stay_as_they_are(codebook, headings):
    assert translated(headings, codebook) == headings


def test_an_expression_code_of_two_columns_is_not_guessed(codebook):
    first, other, *rest = codebook.questions
    clash = codebook.model_copy(
        update={
            "questions": (
                first,
                other.model_copy(update={"code": "COMP_C01", "kind": "text", "variable": "siren"}),
                *rest,
            )
        }
    )
    assert translated(["COMP_C02"], clash) == ["COMP[C02]"]
    assert translated(["COMP_C01"], clash) == ["COMP_C01"]


def test_vv_version_1_is_read_beside_its_structure_and_like_version_2(survey, tmp_path):
    path = tmp_path / "export.txt"
    shutil.copy(survey / "ui" / "vv_version1.txt", path)
    with pytest.raises(ExportError, match=r"no structure \(\.lss\)"):
        open_export(path, "limesurvey_vv")
    shutil.copy(survey / "ui" / "structure.lss", tmp_path)
    assert open_export(path, "limesurvey_vv").headings[-2:] == ("MAIL", "RDV")
    assert cells_of(path, "limesurvey_vv") == cells_of(survey / "ui" / "vv_version2.txt", "limesurvey_vv")


def test_vv_version_1_beside_another_surveys_structure_is_refused(survey, shared, tmp_path):
    shutil.copy(survey / "ui" / "vv_version1.txt", tmp_path / "export.txt")
    other = shared / "data" / "limesurvey_archives" / "lss" / "limesurvey_survey_88881.lss"
    shutil.copy(other, tmp_path)
    with pytest.raises(ExportError, match="has no question with the field '482617X1X1'"):
        open_export(tmp_path / "export.txt", "limesurvey_vv")


def test_a_changed_companion_is_collected_again(place, survey, tmp_path):
    """The same data under another syntax file means something else."""
    place.codebook = place.codebook.model_copy(
        update={"exports": (Export(source="limesurvey", files="*", format="limesurvey_spss"),)}
    )
    path = tmp_path / "spss_v2_data.dat"
    shutil.copy(survey / "ui" / "spss_v2_data.dat", path)
    syntax = tmp_path / "spss_v2_syntax.sps"
    shutil.copy(survey / "ui" / "spss_v2_syntax.sps", syntax)
    first = place.collect(path)
    assert first.is_new
    assert not place.collect(path).is_new
    syntax.chmod(0o600)
    text = syntax.read_text(encoding="utf-8")
    syntax.write_text(text.replace('V36\n 1 "Oui"\n 2 "Non"', 'V36\n 1 "Yes"\n 2 "No"'), encoding="utf-8")
    assert not place.collect(path).is_new  # other words for the same: nothing new to archive
    syntax.write_text(text.replace("V23 = SIRET", "V23 = NAF").replace("V26 = NAF", "V26 = SIRET"), "utf-8")
    assert place.collect(path).is_new
