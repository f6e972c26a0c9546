"""SurveyMonkey: the real export of the Star Wars survey against counts made with the csv module alone, and what its
export page writes beside.

Layout: the real files (FiveThirtyEight, CC BY 4.0), two heading rows, Windows-1252; the columns with dates,
addresses and names are those of an export of all responses today.
"""

import csv
from collections import Counter

import pytest

from orchestration.codebook import load
from orchestration.collection.readers import open_declared, open_export
from orchestration.errors import ExportError

from .conftest import read
from .other_tools import CODEBOOKS, codebook, through


@pytest.fixture(scope="module")
def real(shared):
    return shared / "data" / "survey_exports" / "StarWars.csv"


@pytest.fixture(scope="module")
def rows(real):
    """The responses, read without any of the project's code."""
    with real.open(encoding="cp1252", newline="") as file:
        return list(csv.reader(file))[2:]


@pytest.fixture(scope="module")
def lake(real, tmp_path_factory):
    return through(tmp_path_factory.mktemp("star_wars"), load(CODEBOOKS / "star_wars.yaml"), real)


def states(lake, variable, item=""):
    return Counter(
        row["value_code"] if row["state"] == "answered" else f"({row['state']})"
        for (_, name, part), row in lake.answers.items()
        if (name, part) == (variable, item)
    )


def test_every_response_is_there_under_its_own_id_and_nothing_in_quarantine(lake, rows):
    assert sorted(lake.ids) == sorted(int(row[0]) for row in rows)
    assert len(rows) == lake.collected.rows == 1186
    assert lake.quarantine == []


def test_the_encoding_is_found_and_told(lake, real):
    assert lake.collected.entry.facts["encoding"] == "cp1252"
    assert any("Universe?\u0152\u00e6" in heading for heading in open_export(real, "surveymonkey").headings)


def test_complete_is_who_was_there_at_the_question_that_the_codebook_names(lake, rows):
    complete = {row["respondent_id"] for row in lake.respondents if row["is_complete"]}
    assert complete == {int(row[0]) for row in rows if row[33]}
    assert len(complete) == 1046
    assert all(row["is_undated"] == row["is_complete"] for row in lake.respondents)


def test_yes_and_no(lake, rows):
    words = {"Yes": "yes", "No": "no", "": "(blank)"}
    for variable, column in {"seen_any": 1, "fan": 2}.items():
        assert states(lake, variable) == Counter(words[row[column]] for row in rows)
    assert states(lake, "seen_any") == {"yes": 936, "no": 250}


def test_ticks(lake, rows):
    for film in range(6):
        # Not ticked is no, where another film is ticked.
        expected = Counter("yes" if row[3 + film] else "no" if any(row[3:9]) else "(blank)" for row in rows)
        assert states(lake, "seen", str(film + 1)) == expected
    assert states(lake, "seen", "1")["yes"] == 673


def test_ranks(lake, rows):
    for rank in range(1, 7):
        expected = Counter()
        for row in rows:
            films = [film for film in range(1, 7) if row[8 + film] == str(rank)]
            assert len(films) <= 1
            expected[str(films[0]) if films else "(blank)"] += 1
        assert states(lake, "favourite", str(rank)) == expected
    assert states(lake, "favourite", "1")["5"] == 289


def test_a_scale_of_labels(lake, rows):
    names = {
        "Very favorably": "5", "Somewhat favorably": "4", "Neither favorably nor unfavorably (neutral)": "3",
        "Somewhat unfavorably": "2", "Very unfavorably": "1", "Unfamiliar (N/A)": "unknown", "": "(blank)",
    }  # fmt: skip
    for item, column in {"han_solo": 15, "jar_jar_binks": 26, "c_3p0": 24}.items():
        assert states(lake, "opinion", item) == Counter(names[row[column]] for row in rows)
    assert states(lake, "opinion", "jar_jar_binks")["1"] == 204


def test_labels_become_the_codebook_s_codes(lake, rows):
    names = {"> 60": "60+", "": "(blank)"}
    assert states(lake, "age_band") == Counter(names.get(row[34], row[34]) for row in rows)


def test_the_second_real_file_has_one_heading_row_and_every_row_comes_out(shared):
    path = shared / "data" / "survey_exports" / "flying-etiquette.csv"
    with path.open(encoding="utf-8", newline="") as file:
        expected = list(csv.reader(file))
    headings, found, rejected = read(path, "surveymonkey")
    assert (len(headings), len(found), rejected) == (27, 1040, [])
    assert headings == tuple(expected[0])
    assert [list(row.values()) for row in found] == expected[1:]


TODAY = (
    "Respondent ID,Collector ID,Start Date,End Date,IP Address,Email Address,First Name,Last Name,Custom Data 1,"
    "Votre effectif ?,,Vos besoins ?,,,Vos remarques\r\n"
    ",,,,,,,,,Response,Autre,Anglais,Données,Other (please specify),Open-Ended Response\r\n"
    "118012345678,41,07/19/2024 02:10:34 PM,07/19/2024 02:15:00 PM,192.0.2.7,a@example.org,Zqfirst,Zqlast,,"
    'De 1 à 9,,Anglais,,,"RAS, merci"\r\n'
    "118012345999,41,07/20/2024 12:00:00 AM,07/20/2024 12:01:00 AM,192.0.2.8,,,,,,Une coopérative,,,"
    "De l’anglais,\r\n"
)
QUESTIONS = """\
  - code: SIZE
    kind: single
    variable: headcount_band
    values: {A0: "0", A1: 1-9}
    answer_labels: {A1: De 1 à 9}
    item_labels: {other: Autre}
    other: true
    label: {fr: "Votre effectif ?", en: "Headcount"}
  - code: NEEDS
    kind: multiple
    variable: need
    items: {EN: english, DA: data}
    item_labels: {EN: Anglais, DA: Données}
    other: true
    label: {fr: "Vos besoins ?", en: "Needs"}
  - code: REMARK
    kind: long_text
    variable: remark
    heading: Vos remarques
    label: {fr: "Remarques", en: "Remarks"}
"""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_an_export_of_today_in_any_encoding(tmp_path, encoding):
    path = tmp_path / "responses.csv"
    path.write_bytes(TODAY.encode(encoding))
    lake = through(tmp_path, codebook(tmp_path, "surveymonkey", QUESTIONS), path)
    first, second = lake.ids
    assert all(0 <= number < 10**10 for number in lake.ids), "an id of twelve digits gets a number of ten"
    assert [str(row["submitted_at"]) for row in lake.respondents] == [
        "2024-07-19 14:15:00",
        "2024-07-20 00:01:00",
    ]
    assert (lake.value(first, "headcount_band"), lake.value(second, "headcount_band")) == ("1-9", "other")
    assert lake.values(second, "headcount_band")["other"] == "Une coopérative"
    assert lake.values(first, "need") == {"english": "yes", "data": "no", "other": "(blank)"}
    assert lake.values(second, "need") == {"english": "no", "data": "no", "other": "De l’anglais"}
    assert lake.value(first, "remark") == "RAS, merci"
    assert {name for name, _ in lake.contacts} == {"ipaddr"}
    for mark in (b"Zqfirst", b"Zqlast", b"a@example.org", b"192.0.2."):
        assert mark not in lake.everything_but_contacts()


def test_a_day_that_may_be_a_month_is_refused_until_it_is_declared(tmp_path):
    path = tmp_path / "responses.csv"
    text = TODAY.replace("07/19/2024 02:15:00 PM", "05/07/2024 14:15").replace(
        "07/20/2024 12:01:00 AM", "06/07/2024 00:01"
    )
    path.write_text(
        text.replace("07/19/2024 02:10:34 PM", "").replace("07/20/2024 12:00:00 AM", ""), newline=""
    )
    with pytest.raises(ExportError, match="99/99/9999 99:99") as refusal:
        through(tmp_path, codebook(tmp_path, "surveymonkey", QUESTIONS), path)
    assert "dates:" in refusal.value.fix
    book = codebook(tmp_path, "surveymonkey", QUESTIONS, '    dates: "%d/%m/%Y %H:%M"\n')
    assert str(through(tmp_path, book, path).respondents[0]["submitted_at"]) == "2024-07-05 14:15:00"


def test_texts_that_the_codebook_does_not_know_are_named(tmp_path):
    path = tmp_path / "responses.csv"
    path.write_text(TODAY.replace("Données", "Donnees"), newline="")
    with pytest.raises(ExportError) as refusal:
        open_declared(path, *reversed_book(tmp_path))
    assert "item 'DA' of question 'NEEDS' (nearest: 'Vos besoins ? [Donnees]')" in refusal.value.problem
    assert "column 'Vos besoins ? [Donnees]' is not in the codebook" in refusal.value.problem


def reversed_book(folder):
    book = codebook(folder, "surveymonkey", QUESTIONS)
    return book.exports[0], book


def test_another_file_is_refused(tmp_path):
    path = tmp_path / "responses.csv"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(ExportError, match="the first heading is none of"):
        open_export(path, "surveymonkey")
    path.write_bytes("Respondent ID,é\n1,été à Nîmes\n".encode("cp850"))
    with pytest.raises(ExportError, match="DOS code page"):
        open_export(path, "surveymonkey")


def test_headings_in_another_language_are_refused_and_not_guessed(tmp_path):
    """How SurveyMonkey words them in French is not known here; they are not the English ones."""
    path = tmp_path / "responses.csv"
    path.write_text("ID du répondant,Date de fin,Effectif\n,,Réponse\n1,31/12/2025 10:00:00,De 1 à 9\n")
    with pytest.raises(ExportError, match="the first heading is none of Respondent ID") as refusal:
        open_export(path, "surveymonkey")
    assert "headings in other languages are not known" in refusal.value.fix


def test_a_second_heading_that_is_not_known_is_an_item_and_the_column_then_unknown(tmp_path):
    path = tmp_path / "responses.csv"
    path.write_text("Respondent ID,Effectif\n,Réponse\n1,De 1 à 9\n")
    assert open_export(path, "surveymonkey").headings == ("Respondent ID", "Effectif [Réponse]")
