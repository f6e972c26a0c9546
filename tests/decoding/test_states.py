"""Answer states and values of single questions, from cells to rows of `answers`."""

from datetime import datetime

import pytest

from orchestration.codebook import Codebook


def value(decoded, respondent, variable, item=""):
    row = decoded.answers[respondent, variable, item]
    values = (row["value_code"], row["value_number"], row["value_text"], row["value_date"])
    assert sum(part is not None for part in values) <= 1
    return row["state"], next((part for part in values if part is not None), None)


@pytest.mark.parametrize(
    ("heading", "cell", "answer", "expected"),
    [
        ("EFFECTIF", "E250", ("headcount_band", ""), ("answered", "250+")),
        ("EFFECTIF", "", ("headcount_band", ""), ("blank", None)),
        ("EFFECTIF", None, ("headcount_band", ""), ("not_asked", None)),
        ("EFFECTIF", "E9", ("headcount_band", ""), ("invalid", None)),
        ("EFFECTIF", "e250", ("headcount_band", ""), ("invalid", None)),
        ("CA", "-oth-", ("turnover_band", ""), ("answered", "other")),
        ("CA[other]", "exercice en cours", ("turnover_band", "other"), ("answered", "exercice en cours")),
        ("EXPORT", "Y", ("exports", ""), ("answered", "yes")),
        ("EXPORT", "U", ("exports", ""), ("invalid", None)),
        ("INNO[ORGA]", "U", ("innovation", "organisation"), ("answered", "uncertain")),
        ("COMP[C02]", "5", ("competence_importance", "INN-03"), ("answered", "5")),
        ("COMP[C02]", "6", ("competence_importance", "INN-03"), ("invalid", None)),
        ("NIVEAU[C06][1]", "4", ("competence_level_current", "DIG-01"), ("answered", "4")),
        ("NIVEAU[C06][2]", "1", ("competence_level_wanted", "DIG-01"), ("answered", "1")),
        ("TOP3[2]", "B8", ("support_priority", "2"), ("answered", "shared_job")),
        ("TOP3[2]", "B9", ("support_priority", "2"), ("invalid", None)),
        ("RDK", "12.5", ("rd_spend_keur", ""), ("answered", 12.5)),
        ("RDK", "150.0000000000", ("rd_spend_keur", ""), ("answered", 150.0)),
        ("RDK", "0", ("rd_spend_keur", ""), ("answered", 0.0)),
        ("RDK", " 7 ", ("rd_spend_keur", ""), ("answered", 7.0)),
        ("RDK", "-3", ("rd_spend_keur", ""), ("answered", -3.0)),
        ("RDK", "12,5", ("rd_spend_keur", ""), ("invalid", None)),
        ("RDK", "1e3", ("rd_spend_keur", ""), ("invalid", None)),
        ("RDK", "inf", ("rd_spend_keur", ""), ("invalid", None)),
        ("RDK", "N/A", ("rd_spend_keur", ""), ("refused", "N/A")),
        ("RECRUT[ALT_A27]", "10", ("planned_hires", "apprentice@2027"), ("answered", 10.0)),
        ("DATECREA", "1958-05-22 00:00:00", ("creation_date", ""), ("answered", datetime(1958, 5, 22))),
        ("DATECREA", "1958-05-22", ("creation_date", ""), ("answered", datetime(1958, 5, 22))),
        ("DATECREA", "2019-02-31", ("creation_date", ""), ("invalid", None)),
        ("DATECREA", "22/05/1958", ("creation_date", ""), ("invalid", None)),
        ("DATECREA", "NSP", ("creation_date", ""), ("refused", "NSP")),
        ("COMMUNE", "01004", ("commune_code", ""), ("answered", "01004")),
        ("MANQUE", " \n ", ("missing_skills", ""), ("blank", None)),
        ("MANQUE", "  espaces gardés ", ("missing_skills", ""), ("answered", "  espaces gardés ")),
        (
            "MANQUE",
            "a\r\nb\rc\x0bd\x0ce\x85f\u2028g",
            ("missing_skills", ""),
            ("answered", "a\nb\nc\nd\ne\nf\ng"),
        ),
        ("MANQUE", "=1+1", ("missing_skills", ""), ("answered", "=1+1")),
        (
            "FREIN[F1comment]",
            "Surtout l'allemand",
            ("export_barrier", "language:comment"),
            ("answered", "Surtout l'allemand"),
        ),
        ("FREIN[F1comment]", "RAS", ("export_barrier", "language:comment"), ("refused", "RAS")),
    ],
)
def test_a_cell_gives_its_state_and_value(decoded, heading, cell, answer, expected):
    given = {"id": "1", "EXPORT": "Y", "PARTEXP": "10", heading: cell}
    assert value(decoded([given]), 1, *answer) == expected


@pytest.mark.parametrize(
    "text",
    [
        "RAS", "R.A.S.", "r.a.s", "ras.", "Rien à signaler", "rien", "Néant", "NEANT", "ne\u0301ant",
        "Aucun", "aucune", "Aucun(e)", "N/A", "n.a.", "NA", "NULL", "null", "-", "--", "—", "...", "/", "?",
        "0", " RAS ", "Sans objet", "S.O.", "SO", "s/o", "Non concerné", "non concernée", "ne sait pas",
        "Je ne sais pas", "NSP", "sans réponse", "None", "nothing", "I don't know", "don’t know",
        "not applicable", "\u00a0-\u00a0",
    ],
)  # fmt: skip
def test_ways_to_say_nothing_are_refusals_and_keep_their_text(decoded, text):
    assert value(decoded([{"id": "1", "MANQUE": text}]), 1, "missing_skills") == ("refused", text)


@pytest.mark.parametrize(
    "text",
    ["Rasage", "NASA", "Nantes", "sociologie", "Non", "00", "10", "soudure", "Aucune difficulté à recruter",
     "néant depuis 2012, puis la cybersécurité", "C++", "nul en anglais"],
)  # fmt: skip
def test_words_that_look_like_refusals_and_are_none(decoded, text):
    assert value(decoded([{"id": "1", "MANQUE": text}]), 1, "missing_skills") == ("answered", text)


def test_what_is_not_ticked_is_a_no_where_the_question_was_used(decoded):
    lake = decoded(
        [
            {"id": "1", "DIFF[C01]": "Y"},
            {"id": "2", "DIFF[other]": "la soudure"},
            {"id": "3"},
            {"id": "4", "DIFF[C01]": None, "DIFF[C03]": None},
            {"id": "5", "DIFF[C01]": "X"},
        ]
    )
    item = "hard_to_recruit", "INN-01"
    assert value(lake, 1, *item) == ("answered", "yes")
    assert value(lake, 1, "hard_to_recruit", "MAN-01") == ("answered", "no")
    assert value(lake, 1, "hard_to_recruit", "other") == ("blank", None)
    assert value(lake, 2, *item) == ("answered", "no")
    assert value(lake, 2, "hard_to_recruit", "other") == ("answered", "la soudure")
    assert value(lake, 3, *item) == ("blank", None)
    assert value(lake, 4, *item) == ("not_asked", None)
    assert value(lake, 5, *item) == ("invalid", None)


def test_a_comment_is_no_tick(decoded):
    lake = decoded([{"id": "1", "EXPORT": "Y", "PARTEXP": "10", "FREIN[F1comment]": "cher"}])
    assert lake.state(1, "export_barrier", "language") == "blank"
    assert value(lake, 1, "export_barrier", "language:comment") == ("answered", "cher")


def test_conditions_are_replayed_where_the_format_does_not_tell(decoded):
    lake = decoded(
        [
            {"id": "1", "lastpage": "2", "EXPORT": ""},
            {"id": "2", "lastpage": "6", "EXPORT": "N"},
            {"id": "3", "lastpage": "6", "EXPORT": "Y", "PARTEXP": "49.5"},
            {"id": "4", "lastpage": "6", "EXPORT": "Y", "PARTEXP": "50"},
            {"id": "5", "lastpage": "6", "EXPORT": "Y"},
            {"id": "6", "lastpage": ""},
            {"id": "7", "lastpage": "0"},
        ]
    )
    states = {i: lake.state(i, "exports") for i in range(1, 8)}
    assert states == {1: "not_asked", **dict.fromkeys((2, 3, 4, 5), "answered"), 6: "blank", 7: "not_asked"}
    assert [lake.state(i, "export_share") for i in (1, 2, 3, 5)] == [
        "not_asked",
        "not_asked",
        "answered",
        "blank",
    ]
    assert [lake.state(i, "export_country", "DE") for i in (2, 3)] == ["not_asked", "blank"]
    barrier = "export_barrier", "language"
    assert [lake.state(i, *barrier) for i in (2, 3, 4, 5)] == ["not_asked", "blank", "not_asked", "not_asked"]
    assert lake.state(7, "commune_code") == "not_asked"


def test_an_answer_is_never_turned_away_by_a_condition(decoded):
    lake = decoded([{"id": "1", "lastpage": "1", "EXPORT": "N", "PAYS[DE]": "Y", "PARTEXP": "20"}])
    assert value(lake, 1, "export_country", "DE") == ("answered", "yes")
    assert value(lake, 1, "export_country", "ES") == ("answered", "no")
    assert value(lake, 1, "export_share") == ("answered", 20.0)


def test_vv_tells_itself_save_for_blank_numbers_and_dates(decoded):
    lake = decoded(
        [
            {"id": "1", "lastpage": "6", "EXPORT": "Y", "PARTEXP": None, "RDK": None, "DATECREA": None},
            {"id": "2", "lastpage": "6", "EXPORT": "N", "PARTEXP": None, "COMMUNE": None, "NAF": ""},
            {"id": "3", "lastpage": "1", "RDK": None, "COMP[C01]": ""},
        ],
        source="limesurvey_vv",
    )
    first = 10_000_000_000
    assert [lake.state(first + i, "export_share") for i in (1, 2, 3)] == ["blank", "not_asked", "blank"]
    assert [lake.state(first + i, "rd_spend_keur") for i in (1, 3)] == ["blank", "not_asked"]
    assert lake.state(first + 1, "creation_date") == "blank"
    # Shown and left empty, whatever the last page says: the format knows better than the replay.
    assert lake.state(first + 3, "competence_importance", "INN-01") == "blank"
    assert [lake.state(first + 2, name) for name in ("commune_code", "naf_code")] == ["not_asked", "blank"]


def test_a_condition_may_name_several_answers_and_none(decoded, survey):
    changed = survey.model_dump(by_alias=True)
    question = next(one for one in changed["questions"] if one["code"] == "MANQUE")
    question["asked_when"] = [{"question": "EFFECTIF", "is": ["E50", ""]}]
    lake = decoded(
        [{"id": "1", "EFFECTIF": "E50"}, {"id": "2", "EFFECTIF": ""}, {"id": "3", "EFFECTIF": None},
         {"id": "4", "EFFECTIF": "E10"}],
        codebook=Codebook.model_validate(changed),
    )  # fmt: skip
    states = [lake.state(i, "missing_skills") for i in range(1, 5)]
    assert states == ["blank", "blank", "blank", "not_asked"]
