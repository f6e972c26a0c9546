"""The gates of the lake stop spoiled data, and name the expectation, the table and the rows."""

from datetime import datetime

import pytest

EMAIL, PHONE = "jane.doe@example.org", "03 22 91 00 00"


RESPONDENTS = "lake.respondents"
RESPONDENTS_ROUNDS = (
    {
        "a respondent twice": (
            lambda w: w.again("respondents", 7),
            "No respondent number comes twice in an edition",
            RESPONDENTS,
            "copies",
            {"edition": "tour_2019", "respondent_id": 7, "copies": 2},
        ),
        "a null key": (
            lambda w: w.put("respondents", 3, respondent_id=None),
            "Every respondent has a number",
            RESPONDENTS,
            "has_number",
            {"row_number": 4},
        ),
        "an edition that does not exist": (
            lambda w: w.put("respondents", 5, edition="tour_2091"),
            "The edition is one of lake.editions",
            RESPONDENTS,
            "edition_is_known",
            {"edition": "tour_2091"},
        ),
        "a SIREN in place of the key": (
            lambda w: w.put("respondents", 0, company_key="732829320"),
            "A company key is 32 hexadecimal characters",
            RESPONDENTS,
            "key_is_well_formed",
            {"respondent_id": 0},
        ),
        "a class that is none": (
            lambda w: w.put("respondents", 0, siren_class="ok"),
            "The SIREN was put into one of the five classes",
            RESPONDENTS,
            "siren_class",
            {"siren_class": "ok"},
        ),
        "a lost company key": (
            lambda w: w.put("respondents", 9, company_key=None),
            "A company key is there exactly when the SIREN or the SIRET is valid, or a reviewer accepted a company",
            RESPONDENTS,
            "key_follows_numbers",
            {"respondent_id": 9, "identified_by": "siren"},
        ),
        "complete without submission": (
            lambda w: w.put("respondents", 2, submitted_at=None),
            "A response is complete exactly when it was submitted",
            RESPONDENTS,
            "complete_means_submitted",
            {"respondent_id": 2},
        ),
        "an edition without respondents": (
            lambda w: w["editions"].append({"edition": "tour_2020"}),
            "Every edition has respondents",
            "lake.respondents, by edition",
            "respondents",
            {"edition": "tour_2020", "respondents": 0},
        ),
        "a company twice in the frame": (
            lambda w: w.again("frame", 11),
            "A company stands in the frame of an edition once",
            "lake.frame",
            "doubles",
            {"edition": "tour_2019", "doubles": 1},
        ),
        "a frame without sizes": (
            lambda w: w.put("frame", 4, headcount_band=None),
            "Every company of a frame has a headcount band: the weights need its size",
            "lake.frame",
            "without_band",
            {"edition": "tour_2019", "without_band": 1},
        ),
        "a value in quarantine that is not masked": (
            lambda w: w.put("quarantine", 0, value_masked="Dupont"),
            "Values in quarantine are masked",
            "lake.quarantine, by reason",
            "value_is_masked",
            {"first_row": 3},
        ),
        "half the respondents of last week": (
            lambda w: w.count_before(**{"lake.respondents__tour_2019": 120}),
            "The number of rows is near that of the last release",
            "lake, row counts",
            "ratio",
            {"name": "lake.respondents:tour_2019", "rows": 60, "previous_rows": 120, "ratio": 0.5},
        ),
    },
    {
        "submitted before it was started": (
            lambda w: w.put("respondents", 2, submitted_at=datetime(2019, 2, 1)),
            "No response is submitted before it was started",
            RESPONDENTS,
            "starts_before_submission",
            {"respondent_id": 2},
        ),
        "SIREN from the wrong column": (
            lambda w: w.every("respondents", company_key=None, identified_by=None, siren_class="bad_format"),
            "Nearly all respondents have a company key",
            "lake.respondents, by edition",
            "without_key_share",
            {"edition": "tour_2019", "without_key_share": 1},
        ),
        "communes of another year": (
            lambda w: w.every("frame", commune_code="99999"),
            "Nearly every commune of a frame is in the reference table",
            "lake.frame",
            "known_commune_share",
            {"unknown_commune": "99999", "known_commune_share": 0},
        ),
        "an edition of last week gone": (
            lambda w: w.count_before(**{"lake.respondents__tour_2018": 7}),
            "What had rows in the last release still has some",
            "lake, row counts",
            "is_still_there",
            {"name": "lake.respondents:tour_2018", "rows": 0},
        ),
    },
    {
        "dates that were not read": (
            lambda w: w.every("respondents", is_complete=False, submitted_at=None),
            "Most responses of an edition are complete",
            "lake.respondents, by edition",
            "complete_share",
            {"edition": "tour_2019", "complete_share": 0},
        ),
    },
)

ANSWERS = "lake.answers"
ANSWERS_ROUNDS = (
    {
        "a value code that is none": (
            lambda w: w.put("answers", 0, value_code="maybe"),
            "A value code is one of its variable's canonical codes",
            ANSWERS,
            "code_is_known",
            {"variable": "exports", "value_code": "maybe", "rows": 1, "first_respondent_id": 0},
        ),
        "a state outside the five": (
            lambda w: w.put("answers", 5, state="skipped"),
            "An answer is answered, refused, blank, not_asked or invalid",
            ANSWERS,
            "state",
            {"state": "skipped", "first_respondent_id": 1},
        ),
        "an answer without variable": (
            lambda w: w.put("answers", 10, variable=None),
            "Every answer has a canonical variable",
            ANSWERS,
            "variable",
            {"first_respondent_id": 2},
        ),
        "an item that the codebook does not have": (
            lambda w: w.put("answers", 3, item="INT-99"),
            "Edition, variable and item are in the edition's codebook",
            ANSWERS,
            "is_in_codebook",
            {"item": "INT-99"},
        ),
        "answered without a value": (
            lambda w: w.put("answers", 15, value_code=None),
            "What is answered has a value",
            ANSWERS,
            "answered_has_a_value",
            {"variable": "exports"},
        ),
        "blank with a value": (
            lambda w: w.put("answers", 20, state="blank"),
            "What is not answered has no value",
            ANSWERS,
            "silence_has_no_value",
            {"state": "blank"},
        ),
        "a number where a code belongs": (
            lambda w: w.put("answers", 25, value_code=None, value_number=1.0),
            "A variable of codes has codes, of numbers numbers, of dates dates, of text text",
            ANSWERS,
            "value_is_of_its_kind",
            {"variable": "exports", "lowest": 1},
        ),
        "a number that is none": (
            lambda w: w.put("answers", 6, value_number=float("nan")),
            "Numbers are finite",
            ANSWERS,
            "not_finite",
            {"variable": "export_share"},
        ),
        "an e-mail in a text": (
            lambda w: w.put("answers", 7, value_text=f"écrire à {EMAIL}"),
            "No text holds an e-mail address",
            ANSWERS,
            "emails",
            {"variable": "missing_skills", "first_respondent_id": 1, "emails": 1},
        ),
        "a phone number in a text": (
            lambda w: w.put("answers", 12, value_text=f"appeler le {PHONE}."),
            "No text holds a phone number",
            ANSWERS,
            "phones",
            {"variable": "missing_skills", "phones": 1},
        ),
        "an answer twice": (
            lambda w: w.again("answers", 21),
            "No respondent has two answers to one item",
            "lake.answers, by item",
            "answered_twice_by",
            {"edition": "tour_2019", "variable": "export_share", "answered_twice_by": 4},
        ),
        "half the answers of last week": (
            lambda w: w.count_before(**{"lake.answers__tour_2019": 600}),
            "The number of rows is near that of the last release",
            "lake, row counts",
            "ratio",
            {"name": "lake.answers:tour_2019", "previous_rows": 600},
        ),
    },
    {
        "shares in another unit": (
            lambda w: w.every(
                "answers", where={"variable": "export_share"}, state="answered", value_number=1250.0
            ),
            "Nearly all export shares lie between 0 and 100, nearly all amounts are not negative",
            ANSWERS,
            "implausible_share",
            {"variable": "export_share", "highest": 1250, "implausible_share": 1},
        ),
        "an answer lost": (
            lambda w: w["answers"].pop(21),
            "Every item has one answer of every respondent of its edition, whatever its state",
            "lake.answers, by item",
            "has_each_respondent_once",
            {"variable": "export_share", "rows": 59, "respondents": 60},
        ),
        "an answer of nobody": (
            lambda w: w.every(
                "answers", where={"variable": "missing_skills", "respondent_id": 5}, respondent_id=99
            ),
            "No answer is of a respondent that is not in lake.respondents",
            "lake.answers, by item",
            "answered_by_unknown",
            {"variable": "missing_skills", "answered_by_unknown": 99},
        ),
        "codes that do not match the export": (
            lambda w: [
                row.update(state="invalid", value_code=None)
                for row in w["answers"]
                if row["variable"] == "exports"
            ],
            "Few of the given answers to an item are invalid",
            "lake.answers, by item",
            "invalid_share",
            {"variable": "exports", "invalid_share": 1},
        ),
    },
)


REGISTER = "lake.register"
REGISTER_ROUNDS = (
    {
        "a company twice": (
            lambda w: w.again("register", 11),
            "A company stands in the register once",
            REGISTER,
            "doubles",
            {"companies": 201, "doubles": 1},
        ),
        "communes of another year": (
            lambda w: [row.update(commune_code="99999") for row in w["register"][:5]],
            "Nearly every head office lies in a commune of the reference table",
            REGISTER,
            "unresolved_commune_share",
            {"companies": 201},
        ),
        "half a file of establishments": (
            lambda w: [row.update(open_establishments=0) for row in w["register"][:9]],
            "Nearly every active company has an open establishment",
            REGISTER,
            "active_without_establishment_share",
            {"companies": 201},
        ),
        "a state of an establishment": (
            lambda w: w.put("register", 20, state="F"),
            "A legal unit is active or has ceased",
            "lake.register, by code",
            "state",
            {"state": "F", "companies": 1},
        ),
        "a band of the questionnaire": (
            lambda w: w.put("register", 21, headcount_band="10-49"),
            "Headcount bands are INSEE's",
            "lake.register, by code",
            "headcount_band",
            {"headcount_band": "10-49"},
        ),
        "a company that is not disclosed": (
            lambda w: w.put("register", 22, diffusion="N"),
            "A company is disclosed in whole or in part: whoever is not disclosed is not in the file",
            "lake.register, by code",
            "diffusion",
            {"diffusion": "N"},
        ),
        "half the companies of last week": (
            lambda w: w.count_before(**{"lake.register": 402}),
            "The number of companies is near that of the last release",
            "lake.register, rows",
            "ratio",
            {"name": "lake.register", "rows": 201, "previous_rows": 402, "ratio": 0.5},
        ),
    },
    {
        "the register gone": (
            lambda w: (w["register"].clear(), w.count_before(**{"lake.register": 30_000})),
            "A register that the last release had is still there",
            "lake.register, rows",
            "is_still_there",
            {"name": "lake.register", "rows": 0},
        ),
    },
)


@pytest.mark.parametrize("faults", REGISTER_ROUNDS)
def test_a_spoiled_register_is_stopped(faults, lake, tmp_path, stopped):
    keys = {row["company_key"] for row in lake["register"]}
    for spoil, *_ in faults.values():
        spoil(lake)
    text = stopped("decoded_register", lake.context(tmp_path), faults)
    assert not any(key in text for key in keys)


@pytest.mark.parametrize("faults", RESPONDENTS_ROUNDS)
def test_spoiled_respondents_are_stopped(faults, lake, tmp_path, stopped):
    for spoil, *_ in faults.values():
        spoil(lake)
    text = stopped("decoded_respondents", lake.context(tmp_path), faults)
    assert "732829320" not in text
    assert not any(row["company_key"] in text for row in lake["frame"] if row["company_key"])


@pytest.mark.parametrize("faults", ANSWERS_ROUNDS)
def test_spoiled_answers_are_stopped(faults, lake, tmp_path, stopped):
    for spoil, *_ in faults.values():
        spoil(lake)
    text = stopped("decoded_answers", lake.context(tmp_path), faults)
    assert EMAIL not in text
    assert PHONE not in text
