"""`skillsbank codebook check`: codebooks alone, and beside an export."""

import pytest

from orchestration.collection.check import check_codebooks
from orchestration.errors import CodebookError
from orchestration.settings import Settings

from .conftest import CODEBOOK, limesurvey_csv, limesurvey_vv, made_up


@pytest.fixture
def options():
    return Settings(codebooks=CODEBOOK.parent)


def test_codebooks_without_fault(options):
    assert check_codebooks(options, None, None) == []
    assert check_codebooks(options, "survey_482617", None) == []


def test_unknown_edition_is_a_mismatch(options):
    (fault,) = check_codebooks(options, "tour_1999", None)
    assert "tour_1999.yaml" in fault


def test_an_export_needs_an_edition(options, tmp_path):
    with pytest.raises(CodebookError, match="not said which codebook"):
        check_codebooks(options, None, tmp_path)


@pytest.mark.parametrize("make", [limesurvey_csv, limesurvey_vv])
def test_export_is_read_in_the_format_it_has(options, codebook, tmp_path, make):
    headings, rows = made_up(codebook, 2)
    path = tmp_path / "export"
    path.write_bytes(make(headings, rows))
    assert check_codebooks(options, "survey_482617", path) == []
    path.write_bytes(make(["id", "submitdate", "SIREN"], [["1", "", ""]]))
    mismatches = check_codebooks(options, "survey_482617", path)
    line = CODEBOOK.read_text().splitlines().index("  - code: SIRET") + 1
    assert (
        f"{CODEBOOK.name}, line {line}: column 'SIRET' of the codebook is missing from the export"
        in mismatches
    )
    assert not [line for line in mismatches if "'SIREN'" in line]


def test_export_that_no_reader_takes_is_told_for_each_format(options, tmp_path):
    path = tmp_path / "export.pdf"
    path.write_bytes(b"%PDF-1.7")
    refusals = check_codebooks(options, "survey_482617", path)
    assert len(refusals) == 2
    assert all("PDF" in refusal for refusal in refusals)
