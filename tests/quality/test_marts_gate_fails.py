"""The gate of the marts stops spoiled data, and names the expectation, the tables and the rows."""

import hashlib

import pytest

from orchestration.quality import run_gate

KEY = hashlib.sha256(b"company 7").hexdigest()[:32]
EMAIL, SIREN, PHONE = "jane.doe@example.org", "732829320", "06 12 34 56 78"
BANK, FIGURES = "skills_bank", "ind_participation, ind_innovation_export, ind_competence_need"

ROUNDS = (
    {
        "a company twice": (
            "INSERT INTO dim_company FROM (FROM dim_company LIMIT 1)",
            "No key comes twice",
            f"{BANK}, keys",
            "copies",
            {"table_name": "dim_company", "copies": 2},
        ),
        "a null key": (
            "UPDATE fct_competence_need SET competence_code = NULL WHERE respondent_id = 3",
            "No key lacks a part",
            f"{BANK}, keys",
            "is_incomplete",
            {"table_name": "fct_competence_need", "key": "tour_2019 / 3 / ?"},
        ),
        "a need twice": (
            "INSERT INTO fct_competence_need FROM (FROM fct_competence_need WHERE respondent_id = 9 LIMIT 1)",
            "No key comes twice",
            f"{BANK}, keys",
            "copies",
            {"table_name": "fct_competence_need", "copies": 2},
        ),
        "weights lost": (
            "DELETE FROM fct_weight WHERE edition = 'tour_2019' AND respondent_id < 6",
            "The weights of an edition add up to its frame",
            "dim_edition, fct_response, fct_weight",
            "weights_to_population",
            {"edition": "tour_2019", "population": 600, "weights": 540, "weights_to_population": 0.9},
        ),
        "a test retained": (
            "UPDATE fct_response SET is_test = true WHERE respondent_id = 5",
            "No test is retained",
            "fct_response, fct_weight",
            "tests_are_left_out",
            {"edition": "tour_2019", "first_respondent_id": 5},
        ),
        "a size class that is none": (
            "UPDATE dim_company SET size_class = '10 à 49' WHERE company_key = company_key(7)",
            "A company is in one of the four size classes",
            "dim_company",
            "size_class",
            {"size_class": "10 à 49", "company_key": f"{KEY[:8]}…"},
        ),
        "a need that nobody said": (
            "UPDATE fct_competence_need SET is_needed = true WHERE respondent_id = 4",
            "What counts as a need was said",
            "fct_competence_need",
            "needs_were_said",
            {"edition": "tour_2019", "importance": 2, "first_respondent_id": 4},
        ),
        "an importance beyond the scale": (
            "UPDATE fct_competence_need SET importance = 9 WHERE respondent_id = 5",
            "The importance goes from 1 to 5",
            "fct_competence_need",
            "importance",
            {"importance": 9, "first_respondent_id": 5},
        ),
        "a share above 1": (
            "UPDATE ind_innovation_export SET value = 1.5 WHERE domain = '250+' AND edition = 'tour_2019'",
            "A share lies between 0 and 1",
            FIGURES,
            "share",
            {"table_name": "ind_innovation_export", "edition": "tour_2019", "domain": "250+", "value": 1.5},
        ),
        "a figure outside its interval": (
            "UPDATE ind_competence_need SET ci_high = 0.45 WHERE domain = '10-49'",
            "A figure lies within its interval",
            FIGURES,
            "interval_holds_value",
            {"table_name": "ind_competence_need", "domain": "10-49", "ci_high": 0.45},
        ),
        "a figure twice": (
            "INSERT INTO ind_participation FROM (FROM ind_participation LIMIT 1)",
            "A figure comes once",
            FIGURES,
            "copies",
            {"table_name": "ind_participation", "copies": 2},
        ),
        "few respondents, and ok": (
            "UPDATE ind_innovation_export SET n = 9, n_yes = 4 WHERE domain = '250+'",
            "A figure is unreliable exactly when fewer than 10 respondents stand behind it",
            FIGURES,
            "few_are_unreliable",
            {"n": 9, "flag": "ok"},
        ),
        "yes and no not told apart": (
            "UPDATE ind_innovation_export SET n = 200, value = 1, ci_high = 1 WHERE domain = 'all'",
            "The shares of a whole edition are neither nothing nor everything",
            "ind_innovation_export",
            "value",
            {"edition": "tour_2019", "n": 200, "value": 1},
        ),
        "a stopover in another century": (
            "UPDATE dim_stopover SET held_on = DATE '1919-06-04'",
            "A stopover is held in the year of its edition, give or take one",
            "dim_stopover, fct_training_offer",
            "is_near_its_edition",
            {"id": "st-01", "day": "1919-06-04T00:00:00"},
        ),
        "an e-mail in a text": (
            f"UPDATE dim_institution SET name = 'Institut Exemple, {EMAIL}'",
            "No released column holds an e-mail address",
            f"{BANK}, all text",
            "emails",
            {"table_name": "dim_institution", "column_name": "name", "example": "Institut Exemple, [e-mail]"},
        ),
        "a phone number in a text": (
            f"UPDATE dim_stopover SET host = 'accueil {PHONE}'",
            "No released column holds a phone number",
            f"{BANK}, all text",
            "phones",
            {"table_name": "dim_stopover", "column_name": "host", "example": "accueil [phone]"},
        ),
        "a SIREN in a column of text": (
            f"UPDATE dim_company SET naf_code = '{SIREN}' WHERE company_key = company_key(7)",
            "No released column holds a SIREN or SIRET",
            f"{BANK}, all text",
            "sirens",
            {"table_name": "dim_company", "column_name": "naf_code", "example": "[siren or siret]"},
        ),
        "a key in another column": (
            "UPDATE fct_response SET source = company_key",
            "Company keys are in the column company_key alone",
            f"{BANK}, all text",
            "stray_company_keys",
            {"table_name": "fct_response", "column_name": "source"},
        ),
        "a column named after a person's": (
            "ALTER TABLE dim_company ADD COLUMN contact_name VARCHAR",
            "No released column is named after personal data",
            f"{BANK}, all text",
            "has_a_personal_name",
            {"table_name": "dim_company", "column_name": "contact_name"},
        ),
    },
    {
        "an edition without frame": (
            "UPDATE dim_edition SET population = NULL WHERE edition = 'tour_2019'",
            "An edition with a frame has a population, and a part of it that was invited",
            "dim_edition, fct_response, fct_weight",
            "frame_is_counted",
            {"edition": "tour_2019", "population": None},
        ),
        "hardly anybody in the figures": (
            "UPDATE fct_response SET is_in_figures = false WHERE respondent_id >= 30",
            "Most retained complete responses enter the figures",
            "dim_edition, fct_response, fct_weight",
            "in_figures_share",
            {"edition": "tour_2019", "in_figures_share": 0.5},
        ),
        "regions lost": (
            "UPDATE dim_company SET region_code = NULL",
            "The region of nearly all companies of register and frames is known",
            "dim_company",
            "without_region_share",
            {"companies": 200, "without_region_share": 1},
        ),
        "a competence that does not exist": (
            "UPDATE fct_competence_need SET competence_code = 'XYZ-01' WHERE competence_code = 'INT-01'",
            "Nothing refers to a row that is not there",
            f"{BANK}, links",
            "rows",
            {"table_name": "fct_competence_need", "value": "XYZ-01", "rows": 120},
        ),
        "a company in a commune that is no more": (
            "UPDATE dim_company SET commune_code = '01039' WHERE company_key = company_key(7)",
            "Nothing refers to a row that is not there",
            f"{BANK}, links",
            "rows",
            {"table_name": "dim_company", "column_name": "commune_code", "value": "01039", "rows": 1},
        ),
        "a company's SIREN in a column of public bodies": (
            f"UPDATE dim_commune SET epci_code_2021 = '{SIREN}'",
            "No released column holds a SIREN or SIRET",
            f"{BANK}, all text",
            "sirens",
            {"table_name": "dim_commune", "column_name": "epci_code_2021", "example": "[siren or siret]"},
        ),
        "a SIREN in a column of numbers": (
            f"UPDATE fct_response SET answered_items = {SIREN} WHERE respondent_id = 59",
            "No released column holds a SIREN or SIRET",
            f"{BANK}, all text",
            "sirens",
            {"table_name": "fct_response", "column_name": "answered_items"},
        ),
        "a domain that does not exist": (
            "UPDATE ind_innovation_export SET domain = 'Atlantis' WHERE domain = '250+'",
            "A figure is of a domain of dim_domain",
            FIGURES,
            "domain_is_known",
            {"domain": "Atlantis"},
        ),
        "a company retained twice": (
            "UPDATE fct_response SET company_key = company_key(7) "
            "WHERE respondent_id = 8 AND edition = 'tour_2019'",
            "No key comes twice",
            f"{BANK}, keys",
            "copies",
            {"table_name": "fct_response, retained", "key": f"tour_2019 / {KEY[:8]}…"},
        ),
        "a figure that is no number": (
            "UPDATE ind_competence_need SET se = 'nan' WHERE domain = '10-49'",
            "Figures are finite numbers",
            FIGURES,
            "is_not_finite",
            {"table_name": "ind_competence_need", "domain": "10-49"},
        ),
    },
    {
        "a respondent without weight": (
            "DELETE FROM fct_weight WHERE edition = 'tour_2019' AND respondent_id = 6",
            "A response has a weight exactly when it enters the figures of a weighted edition",
            "fct_response, fct_weight",
            "weighted_when_in_figures",
            {"edition": "tour_2019", "rows": 60, "weights": 59},
        ),
        "an empty table": (
            "DELETE FROM dim_competence",
            "No table of the skills bank is empty",
            BANK,
            "rows",
            {"table_name": "dim_competence", "rows": 0},
        ),
        "communes that cannot be found": (
            "UPDATE dim_company SET attributes_source = NULL, region_code = NULL "
            "WHERE company_key > company_key(7)",
            "Most companies that nobody else knows told a commune that can be found",
            "dim_company",
            "told_without_region_share",
            {"companies": 200, "told_without_region_share": 1},
        ),
    },
)


@pytest.mark.parametrize("faults", ROUNDS)
def test_spoiled_marts_are_stopped(faults, marts, tmp_path, stopped):
    marts.faults = [sql for sql, *_ in faults.values()]
    marts.count_before(fct_response__tour_2019=120)
    shown = {"name": "fct_response:tour_2019", "rows": 60, "previous_rows": 120, "ratio": 0.5}
    ratio = (
        None,
        "The number of rows is near that of the last release",
        f"{BANK}, row counts",
        "ratio",
        shown,
    )
    text = stopped("marts", marts.context(tmp_path), faults | {"half the rows of the last release": ratio})
    for secret in (KEY, EMAIL, PHONE, "612345678"):
        assert secret not in text


def test_a_missing_table_fails_what_is_expected_of_it_and_is_told_once(marts, tmp_path):
    marts.faults = ["DROP TABLE dim_stopover"]
    result = run_gate("marts", marts.context(tmp_path))
    failures = [failure for failure in result.failures if failure.table == "dim_stopover, fct_training_offer"]
    assert len(failures) == 4
    assert all("dim_stopover does not exist" in failure.observed for failure in failures)
    markdown = result.to_markdown()
    assert len([failure for failure in result.failures if failure.observed == failures[0].observed]) == 10
    assert markdown.count("dim_stopover does not exist") == 1
    assert all(failure.expectation in markdown for failure in failures)
