"""Respondents, what is put in quarantine, and the run over editions and sources."""

from datetime import datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from orchestration import lake as tables
from orchestration.codebook import load
from orchestration.decoding import DecodeInput, decode
from orchestration.errors import ExportError

KEY = "0123456789abcdef" * 2


def only(decoded):
    (row,) = decoded.respondents
    return row


def test_a_complete_response(decoded):
    row = only(
        decoded(
            [
                {
                    "id": "12",
                    "submitdate": "2019-05-15 15:27:03",
                    "startdate": "2019-05-15 15:15:50",
                    "datestamp": "2019-05-15 15:27:03",
                    "lastpage": "6",
                    "startlanguage": "en",
                    "company_key": KEY,
                    "siren_class": "valid",
                    "siret_class": "empty",
                }
            ]
        )
    )
    assert row == {
        "edition": "survey_482617",
        "respondent_id": 12,
        "source": "limesurvey",
        "company_key": KEY,
        "identified_by": "siren",
        "siren_class": "valid",
        "siret_class": "empty",
        "is_test": False,
        "is_complete": True,
        "is_undated": False,
        "started_at": datetime(2019, 5, 15, 15, 15, 50),
        "submitted_at": datetime(2019, 5, 15, 15, 27, 3),
        "last_action_at": datetime(2019, 5, 15, 15, 27, 3),
        "last_page": 6,
        "language": "en",
        "file": "export.csv",
        "row_number": 1,
    }


@pytest.mark.parametrize(
    ("submitted", "is_complete", "is_undated"),
    [
        ("2019-05-15 15:27:03", True, False),
        ("1980-01-01 00:00:00", True, True),
        ("", False, False),
        (None, False, False),
    ],
)
def test_a_response_is_complete_once_it_was_submitted(decoded, submitted, is_complete, is_undated):
    row = only(decoded([{"id": "1", "submitdate": submitted, "datestamp": "1980-01-01 00:00:00"}]))
    assert (row["is_complete"], row["is_undated"]) == (is_complete, is_undated)
    # What an anonymous survey hides is no moment of 1980.
    assert (row["submitted_at"] is None) == (is_undated or not is_complete)
    assert row["last_action_at"] is None


def test_a_survey_without_optional_columns(tmp_path, survey, archive):
    given = archive([{"id": "1", "submitdate": "2019-05-15 15:27:03", "EXPORT": "Y"}])
    table = pq.read_table(given.path).drop_columns(["lastpage", "startlanguage", "startdate", "datestamp"])
    pq.write_table(table, given.path)
    decode([survey], {survey.edition: [given]}, tmp_path / "lake")
    (row,) = pq.read_table(tables.files(tmp_path / "lake", "respondents")[0]).to_pylist()
    assert row["is_complete"]
    assert {row[name] for name in ("last_page", "language", "started_at", "last_action_at")} == {None}


def test_moments_that_are_none(decoded):
    lake = decoded([{"id": "1", "submitdate": "yesterday", "startdate": "2019-02-30 10:00:00"}])
    assert not only(lake)["is_complete"]
    assert lake.reasons() == [("invalid_value", 1, "submitdate"), ("invalid_value", 1, "startdate")]
    assert [row["value_masked"] for row in lake.quarantine] == ["xxxxxxxxx", "9999-99-99 99:99:99"]


def test_every_row_of_the_file_is_a_respondent_or_in_quarantine(decoded):
    lake = decoded(
        [
            {"id": "1", "row_number": 1},
            {"id": None, "rejected": "not as many cells as headings", "row_number": 2},
            {"id": "", "row_number": 3},
            {"id": "eleven", "row_number": 4},
            {"id": "1", "row_number": 5},
            {"id": "2", "row_number": 6},
            {"id": "12345678901", "row_number": 7},
            {"id": "1.5", "row_number": 8},
        ]
    )
    assert [row["row_number"] for row in lake.respondents] == [1, 6]
    assert lake.reasons() == [
        ("rejected_row", 2, None),
        *[("missing_id", row, "id") for row in (3, 4, 7, 8)],
        ("duplicate_id", 5, "id"),
    ]
    assert lake.quarantine[0]["reason"] == "not as many cells as headings"
    assert all(row["file"] == "export.csv" for row in lake.quarantine)
    assert len(lake.answers) == 2 * lake.report.editions["survey_482617"].rows["variables"]


def test_ids_seen_in_an_earlier_batch_are_found_again(decoded):
    identifiers = [5, 9, 3, 10, 9, 11, 5]
    lake = decoded([{"id": str(number)} for number in identifiers], groups=2)
    assert [row["respondent_id"] for row in lake.respondents] == [5, 9, 3, 10, 11]
    assert lake.reasons() == [("duplicate_id", 5, "id"), ("duplicate_id", 7, "id")]


def test_company_numbers_tests_and_companies_that_answered_twice(decoded):
    lake = decoded(
        [
            {
                "id": "1",
                "company_key": KEY,
                "siren_class": "valid_after_normalisation",
                "siret_class": "valid",
            },
            {"id": "2", "siren_class": "luhn_invalid", "siret_class": "bad_format"},
            {"id": "3", "company_key": KEY, "siren_class": "bad_format", "siret_class": "valid"},
            {"id": "4", "is_test": True, "siren_class": "empty", "siret_class": "empty"},
            {"id": "5", "company_key": KEY, "siren_class": "valid", "siret_class": "other_siren"},
        ]
    )
    assert sorted(lake.reasons()) == [
        ("duplicate_company", 3, "company_key"),
        ("duplicate_company", 5, "company_key"),
        ("siren_bad_format", 3, "SIREN"),
        ("siren_luhn_invalid", 2, "SIREN"),
        ("siret_bad_format", 2, "SIRET"),
        ("siret_other_siren", 5, "SIRET"),
        ("test_row", 4, None),
    ]
    assert len(lake.respondents) == 5
    assert [row["is_test"] for row in lake.respondents] == [False, False, False, True, False]


def test_an_invalid_value_is_masked_and_placed(decoded):
    lake = decoded([{"id": "7"}, {"id": "8", "RDK": "12,5 k€ (M. Été)", "EFFECTIF": "E9"}])
    found = {row["field"]: row for row in lake.quarantine}
    assert found["RDK"]["value_masked"] == "99,9 x€ (X. Xxx)".replace("X", "x")
    assert found["RDK"]["reason"] == "the answer is not a number such as 12.5"
    assert "E00, E01, E10, E50, E250" in found["EFFECTIF"]["reason"]
    assert {(row["respondent_id"], row["row_number"]) for row in lake.quarantine} == {(8, 2)}
    invalid = lake.answers[8, "rd_spend_keur", ""]
    assert [invalid[name] for name in ("value_code", "value_number", "value_text", "value_date")] == [
        None
    ] * 4


def test_two_sources_of_one_edition_are_told_apart(tmp_path, survey, archive):
    rows = [{"id": "1", "company_key": KEY}, {"id": "2"}]
    exports = [archive(rows, "limesurvey_vv", name="b"), archive(rows, "limesurvey", name="a")]
    report = decode([survey], {survey.edition: exports}, tmp_path / "lake")
    found = pq.read_table(tables.files(tmp_path / "lake", "respondents")[0]).to_pylist()
    assert [(row["respondent_id"], row["source"], row["file"]) for row in found] == [
        (1, "limesurvey", "a.csv"),
        (2, "limesurvey", "a.csv"),
        (10_000_000_001, "limesurvey_vv", "b.csv"),
        (10_000_000_002, "limesurvey_vv", "b.csv"),
    ]
    assert report.editions[survey.edition].quarantine == {"duplicate_company": 1}


def test_an_edition_without_export_is_left_out_with_a_note(tmp_path, survey, archive, repository):
    other = load(repository / "data" / "codebooks" / "edition_2012.yaml")
    report = decode([other, survey], {survey.edition: [archive([{"id": "1"}])]}, tmp_path / "lake")
    assert list(report.editions) == [survey.edition]
    assert report.notes == ("edition_2012: no export was collected, so the edition is left out",)
    (edition,) = pq.read_table(tables.files(tmp_path / "lake", "editions")).to_pylist()
    assert (edition["edition"], edition["year"], edition["has_frame"]) == ("survey_482617", 2026, False)


def test_an_empty_export_is_an_edition_without_respondents(tmp_path, survey, archive):
    report = decode([survey], {survey.edition: [archive([])]}, tmp_path / "lake")
    assert report.editions[survey.edition].rows == {
        "respondents": 0, "answers": 0, "quarantine": 0, "variables": 77, "editions": 1,
    }  # fmt: skip
    for table in ("respondents", "answers", "quarantine"):
        assert pq.read_table(tables.files(tmp_path / "lake", table)[0]).num_rows == 0


def test_tables_have_the_lakes_schemas(decoded):
    lake = decoded([{"id": "1", "EXPORT": "Y", "RDK": "x"}])
    for table in ("respondents", "answers", "quarantine", "variables", "editions"):
        (path,) = tables.files(lake.lake, table)
        found = pq.ParquetFile(path).schema_arrow
        # Parquet knows no timestamps in seconds.
        expected = [
            pa.field(field.name, pa.timestamp("ms"), field.nullable)
            if pa.types.is_timestamp(field.type)
            else field
            for field in tables.SCHEMAS[table]
        ]
        assert list(found) == expected, table


def test_variables_are_described(decoded):
    rows = {(row["variable"], row["item"]): row for row in decoded([{"id": "1"}]).rows("variables")}
    assert rows["competence_importance", "INN-03"] == {
        "edition": "survey_482617",
        "variable": "competence_importance",
        "item": "INN-03",
        "question": "COMP",
        "heading": "COMP[C02]",
        "kind": "array",
        "comparability": "close",
        "position": rows["competence_importance", "INN-01"]["position"] + 1,
        "answers": "1, 2, 3, 4, 5",
        "label_fr": "Importance de chaque compétence (1 = nulle, 5 = décisive)",
        "label_en": "Importance of each skill (1 = none, 5 = decisive)",
    }
    assert ("siren", "") not in rows


@pytest.fixture
def spoilt(archive):
    """An archived export whose table was changed by a function."""

    def spoil(change) -> DecodeInput:
        given = archive([{"id": "1"}])
        pq.write_table(change(pq.read_table(given.path)), given.path)
        return given

    return spoil


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            lambda table: table.rename_columns(
                ["EFFECTIFS" if name == "EFFECTIF" else name for name in table.column_names]
            ),
            ["'EFFECTIFS' is not in the codebook; nearest in the codebook: 'EFFECTIF'", "codebook check"],
        ),
        (lambda table: table.append_column("SIREN", table.column("NAF")), ["holds personal columns: SIREN"]),
        (lambda table: table.append_column("token", table.column("NAF")), ["holds personal columns: token"]),
        (lambda table: table.append_column("NAF", table.column("NAF")), ["column 'NAF' stands 2 times"]),
        (lambda table: table.drop_columns(["is_test"]), ["column 'is_test' that intake adds is missing"]),
    ],
)
def test_an_archive_that_does_not_match_its_codebook(tmp_path, survey, spoilt, change, words):
    given = spoilt(change)
    with pytest.raises(ExportError) as caught:
        decode([survey], {survey.edition: [given]}, tmp_path / "lake")
    assert str(given.path) in caught.value.where
    for word in words:
        assert word in str(caught.value)


def test_an_archive_that_is_no_parquet(tmp_path, survey):
    path = tmp_path / "broken.parquet"
    path.write_bytes(b"PAR1 and then nothing")
    with pytest.raises(ExportError, match="archived export cannot be read"):
        decode([survey], {survey.edition: [DecodeInput(path, "limesurvey", "x.csv")]}, tmp_path / "lake")


def test_an_unknown_source_or_edition(tmp_path, survey, archive):
    with pytest.raises(ExportError, match="the source 'paper' is not in the codebook"):
        decode([survey], {survey.edition: [archive([], "paper")]}, tmp_path / "lake")
    with pytest.raises(ExportError, match="no codebook for the edition 'tour_2031'"):
        decode([survey], {"tour_2031": [archive([])]}, tmp_path / "lake")


def test_a_failed_decode_leaves_the_lake_as_it_was(tmp_path, survey, archive, spoilt):
    decode([survey], {survey.edition: [archive([{"id": "1"}], name="good")]}, tmp_path / "lake")
    before = {path: path.read_bytes() for path in (tmp_path / "lake").rglob("*.parquet")}
    bad = spoilt(lambda table: table.drop_columns(["NAF"]))
    with pytest.raises(ExportError):
        decode([survey], {survey.edition: [bad]}, tmp_path / "lake")
    after = {
        path: path.read_bytes()
        for path in (tmp_path / "lake").rglob("*.parquet")
        if ".answers.new" not in str(path)
    }
    assert after == before
