"""The columns that a codebook expects of an export."""

import csv
from pathlib import Path

import pytest

from orchestration.codebook import META_COLUMNS, check, load

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def survey():
    return load(REPOSITORY / "tests" / "fixtures" / "codebooks" / "survey_482617.yaml")


@pytest.fixture(scope="module")
def tour():
    return load(REPOSITORY / "data" / "codebooks" / "tour_2019.yaml")


def test_headings_are_those_of_the_real_server(survey, shared):
    folder = shared / "data" / "limesurvey"
    with (folder / "rpc" / "responses_code_short_all_fr.csv").open(encoding="utf-8-sig", newline="") as file:
        headings = next(csv.reader(file, delimiter=";"))
    assert [*META_COLUMNS, *survey.columns()] == headings
    assert check(survey, headings) == []
    with (folder / "ui" / "vv_version2.txt").open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file, delimiter="\t")
        next(reader)
        codes = next(reader)
    assert [column.vv_heading for column in survey.columns().values()] == codes[len(META_COLUMNS) :]


@pytest.mark.parametrize(
    ("heading", "variable", "item", "role"),
    [
        ("EFFECTIF", "headcount_band", None, "value"),
        ("CA[other]", "turnover_band", "other", "other"),
        ("INNO[PROC]", "innovation", "process", "item"),
        ("FREIN[F3comment]", "export_barrier", "regulation:comment", "comment"),
        ("NIVEAU[C06][2]", "competence_level_wanted", "DIG-01", "item"),
        ("RECRUT[ALT_A27]", "planned_hires", "apprentice@2027", "item"),
        ("TOP3[8]", "support_priority", "8", "rank"),
    ],
)
def test_each_kind_of_column_knows_its_variable_and_item(survey, heading, variable, item, role):
    column = survey.columns()[heading]
    assert (column.variable, column.item, column.role) == (variable, item, role)


def test_columns_know_who_may_read_them_and_what_is_free_text(survey):
    columns = survey.columns()
    personal = {name for name, column in columns.items() if column.personal}
    assert personal == {"SIREN", "SIRET", "RAISON", "NOM[NOM]", "NOM[FONC]", "MAIL"}
    free = {name for name, column in columns.items() if column.is_free_text}
    assert {"MANQUE", "CA[other]", "FREIN[F1comment]", "COMMUNE"} <= free
    assert not free & {"EFFECTIF", "COMP[C01]", "RDK", "RDV", "SIREN"}


def test_the_value_map_holds_the_code_of_other(tour):
    assert tour.columns()["CA"].values["-oth-"] == "other"
    assert tour.columns()["EXPORT"].values == {"Y": "yes", "N": "no"}


def test_check_lists_every_mismatch_with_the_nearest_name(tour):
    headings = [*META_COLUMNS, *tour.columns()]
    assert check(tour, headings) == []
    assert check(tour, [name for name in headings if name not in {"token", "ipaddr", "seed"}]) == []
    changed = ["EFFECTIFS" if name == "EFFECTIF" else name for name in headings if name not in {"id", "RDK"}]
    assert check(tour, [*changed, "NAF", "XXXXXXXX"]) == [
        "column 'NAF' stands 2 times",
        "column 'EFFECTIFS' is not in the codebook; nearest in the codebook: 'EFFECTIF'",
        "column 'XXXXXXXX' is not in the codebook",
        "column 'id' of the codebook is missing from the export",
        "column 'EFFECTIF' of the codebook is missing from the export",
        "column 'RDK' of the codebook is missing from the export",
    ]


def test_ids_of_two_sources_never_meet(survey):
    assert survey.first_id("limesurvey") == 0
    assert survey.first_id("limesurvey_vv") == 10_000_000_000
    with pytest.raises(ValueError, match="survey"):
        survey.first_id("limesurvey_json")


def test_test_rows_are_found_whatever_their_case(tour):
    assert tour.test_rows.found_in("test ne pas tenir compte (2)")
    assert not tour.test_rows.found_in("Testeurs réunis")
    assert not tour.test_rows.found_in(None)
