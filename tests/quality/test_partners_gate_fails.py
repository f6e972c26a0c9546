"""The gate on partners' tables stops what is wrong with them, and only that."""

from tests.quality.conftest import key


def test_every_fault_is_stopped_and_told(lake, stopped, tmp_path):
    lake.again("training_offers", 0)
    lake["innovation_aid"][0]["company_key"] = "404833048"
    lake["workshop_questions"][1]["question_fr"] = "répondre à anne@exemple.fr"
    lake["quoted_figures"][0]["wording"] = "appeler le 06 39 98 12 34"
    lake["partner_quarantine"].extend(
        {**lake["partner_quarantine"][0], "row_number": number} for number in range(3, 9)
    )
    lake["rncp_sheets"].clear()
    lake.previous["partners:rncp_sheets"] = 120
    faults = {
        "twice": (
            None, "A key stands once in its partner's table", "lake, keys of partners' tables", "rows",
            {"table_name": "training_offers", "rows": 2},
        ),
        "number": (
            None, "A company stands by its key, never by its number", "lake, company keys of partners' tables",
            "is_key", {"table_name": "innovation_aid", "is_key": False},
        ),
        "email": (
            None, "No text of a partner holds an e-mail address", "lake, texts of partners' tables", "has_an_email",
            {"table_name": "workshop_questions", "column_name": "question_fr"},
        ),
        "phone": (
            None, "No text of a partner holds a phone number", "lake, texts of partners' tables", "has_a_phone",
            {"table_name": "quoted_figures", "column_name": "wording"},
        ),
        "lost": (
            None, "Few rows of a partner's file were lost", "lake.partner_quarantine, by table", "lost_share",
            {"table_name": "federation_members", "lost_rows": 7},
        ),
        "gone": (
            None, "What had rows in the last release still has some", "lake, row counts of partners' tables",
            "is_still_there", {"name": "partners:rncp_sheets", "rows": 0},
        ),
    }  # fmt: skip
    told = stopped("decoded_partners", lake.context(tmp_path), faults)
    for secret in ("anne@exemple.fr", "06 39 98 12 34", "404833048", key(1)):
        assert secret not in told


def test_an_empty_table_of_a_partner_that_never_sent_is_let_through(lake, tmp_path):
    from orchestration.quality import run_gate

    lake["rncp_sheets"].clear()
    assert run_gate("decoded_partners", lake.context(tmp_path)).passed
