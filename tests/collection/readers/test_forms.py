"""Google Forms (CSV and sheet) and Microsoft Forms (workbook): texts for headings, several answers in one cell.

Layouts: Google's stamp and `;` between answers as quoted in the repository GeckoRobotics/gecko-sustainability,
components/Form.tsx, the sheet's ', ' in kunalgorithm/surveycovid19, data/data.js; grid rows as `Question [Row]`.
Microsoft's first columns as quoted in the ACL Anthology's script for attachments ("ID,Start time,Completion time,
Email,Name, ..."); answers of several end in `;`, ordered ones too, and each statement of a Likert question heads
a column of its own (support pages of Microsoft Forms).
"""

from datetime import datetime

import openpyxl
import pytest

from orchestration.collection.readers import open_export
from orchestration.collection.recognise import looks_like
from orchestration.errors import ExportError

from .other_tools import codebook, through

NEED = "Quels besoins (plusieurs réponses) ?"
QUESTIONS = """\
  - code: SIREN
    kind: siren
    variable: siren
    personal: true
    label: {fr: "Votre SIREN", en: "SIREN"}
  - code: SIZE
    kind: single
    variable: headcount_band
    values: {A0: "0", A1: 1-9, A2: 10-49}
    answer_labels: {A0: Aucun salarié, A1: ["1 à 9", "1 to 9"], A2: "10 à 49"}
    other: true
    heading: [Effectif, Headcount]
    label: {fr: "Votre effectif", en: "Your headcount"}
  - code: NEEDS
    kind: multiple
    variable: need
    heading: Quels besoins (plusieurs réponses) ?
    items: {EN: english, DA: data, DE: design}
    item_labels: {EN: "Anglais, technique ou non", DA: Données, DE: "Design; maquettes"}
    other: true
    label: {fr: "Besoins", en: "Needs"}
  - code: LEVEL
    kind: array
    variable: importance
    heading: Importance
    items: {EN: english, DA: data}
    item_labels: {EN: Anglais, DA: Données}
    values: {"1": "1", "2": "2", "3": "3"}
    answer_labels: {"1": Peu, "3": Très}
    label: {fr: "Quelle importance ?", en: "How important?"}
  - code: MAIL
    kind: text
    variable: contact_email
    personal: true
    heading: MAIL_HEADING
    label: {fr: "Adresse", en: "Address"}
"""
GOOGLE_HEADINGS = [
    "Horodateur", "Adresse e-mail", "Votre SIREN", "Effectif", "Headcount", NEED, "Importance [Anglais]",
    "Importance [Données]",
]  # fmt: skip
GOOGLE_ROWS = [
    ["2024/07/19 2:10:34 PM GMT+2", "zq1@example.org", "404 833 048", "1 à 9", "",
     "Anglais, technique ou non;Design; maquettes", "Très", "Peu"],
    ["2024/12/01 9:05:00 AM GMT+1", "zq2@example.org", "404833048", "", "1 to 9", "Données;De la patience", "2", ""],
    ["2024/12/01 12:00:00 AM GMT+1", "", "", "Une coopérative", "", "", "", ""],
]  # fmt: skip


def google_book(folder):
    return codebook(folder, "google_forms", QUESTIONS.replace("MAIL_HEADING", "Adresse e-mail"))


def google_csv(path, rows, headings=GOOGLE_HEADINGS):
    """As Forms writes it: every cell quoted, LF, none at the end."""
    lines = [",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in [headings, *rows]]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def workbook(path, rows, more_sheets=()):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    for name in more_sheets:
        book.create_sheet(name)
    book.save(path)
    return path


def google_sheet(path):
    moments = [datetime(2024, 7, 19, 14, 10, 34), datetime(2024, 12, 1, 9, 5), datetime(2024, 12, 1)]
    rows = [
        # The sheet joins by ', ' and holds a SIREN as a number.
        [when, row[1], int(row[2]) if row[2].isdigit() else row[2] or None, *row[3:5],
         row[5].replace("non;", "non, ").replace("Données;", "Données, "), *row[6:]]
        for when, row in zip(moments, GOOGLE_ROWS, strict=True)
    ]  # fmt: skip
    return workbook(path, [GOOGLE_HEADINGS, *rows])


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_google_s_two_downloads_give_the_same_answers(tmp_path, kind):
    path = tmp_path / f"responses.{kind}"
    google_csv(path, GOOGLE_ROWS) if kind == "csv" else google_sheet(path)
    assert looks_like(path) == "google_forms"
    lake = through(tmp_path, google_book(tmp_path), path)
    one, two, three = lake.ids
    assert [str(row["submitted_at"]) for row in lake.respondents] == [
        "2024-07-19 14:10:34", "2024-12-01 09:05:00", "2024-12-01 00:00:00"
    ]  # fmt: skip
    assert all(row["is_complete"] for row in lake.respondents)
    assert lake.respondents[0]["company_key"] == lake.respondents[1]["company_key"] is not None
    assert [lake.value(who, "headcount_band") for who in lake.ids] == ["1-9", "1-9", "other"]
    assert lake.values(three, "headcount_band")["other"] == "Une coopérative"
    assert lake.values(one, "need") == {"english": "yes", "data": "no", "design": "yes", "other": "(blank)"}
    assert lake.values(two, "need") == {
        "english": "no",
        "data": "yes",
        "design": "no",
        "other": "De la patience",
    }
    assert lake.values(one, "importance") == {"english": "3", "data": "1"}
    assert [row["reason_code"] for row in lake.quarantine] == ["duplicate_company"]
    assert b"zq1@example.org" not in lake.everything_but_contacts()
    assert ("MAIL", "zq1@example.org") in lake.contacts


def test_an_id_depends_on_time_and_first_answers_not_on_the_row_or_on_who_it_is(tmp_path):
    first = through(tmp_path / "1", google_book(tmp_path), google_csv(tmp_path / "a.csv", GOOGLE_ROWS)).ids
    turned = [[*row[:2], "", *row[3:]] for row in GOOGLE_ROWS[::-1]]
    assert (
        through(tmp_path / "2", google_book(tmp_path), google_csv(tmp_path / "b.csv", turned)).ids
        == first[::-1]
    )


def test_two_equal_responses_are_two(tmp_path):
    path = google_csv(tmp_path / "a.csv", [GOOGLE_ROWS[0], GOOGLE_ROWS[0]])
    lake = through(tmp_path, google_book(tmp_path), path)
    assert len(set(lake.ids)) == 2
    assert [row["reason_code"] for row in lake.quarantine] == ["duplicate_company"]


def test_an_answer_that_is_no_label_is_told_where_nothing_takes_it(tmp_path):
    questions = QUESTIONS.replace("MAIL_HEADING", "Adresse e-mail").replace(
        '    other: true\n    label: {fr: "Besoins"', '    label: {fr: "Besoins"'
    )
    path = google_csv(tmp_path / "a.csv", GOOGLE_ROWS[:2])
    lake = through(tmp_path, codebook(tmp_path, "google_forms", questions), path)
    two = lake.ids[1]
    assert lake.values(two, "need") == {"english": "(invalid)", "data": "yes", "design": "(invalid)"}
    assert {row["reason_code"] for row in lake.quarantine} == {"duplicate_company", "invalid_value"}


def test_labels_that_the_codebook_lacks_are_refused_with_advice(tmp_path):
    rows = [[*row[:3], "Tres peu", "", "Rien du tout", "Bof", "Bof"] for row in GOOGLE_ROWS]
    questions = QUESTIONS.replace("MAIL_HEADING", "Adresse e-mail").replace("    other: true\n", "")
    with pytest.raises(ExportError, match="none of the codebook's codes or labels") as refusal:
        through(tmp_path, codebook(tmp_path, "google_forms", questions), google_csv(tmp_path / "a.csv", rows))
    assert "answer_labels" in refusal.value.fix


def test_two_columns_of_one_question_text_are_refused(tmp_path):
    path = google_csv(tmp_path / "a.csv", [[*GOOGLE_ROWS[0], "x"]], [*GOOGLE_HEADINGS, "Effectif"])
    with pytest.raises(ExportError, match="2 columns are headed 'Effectif'"):
        through(tmp_path, google_book(tmp_path), path)


MICROSOFT_HEADINGS = [
    "Id", "Start time", "Completion time", "Email", "Name", "Votre SIREN", "Effectif", NEED, "Anglais", "Données",
    "Classez",
]  # fmt: skip
MICROSOFT_ROWS = [
    [1, datetime(2024, 7, 19, 14, 5), datetime(2024, 7, 19, 14, 10, 34), "zq1@example.org", "Zqname", 404833048,
     "1 à 9", "Anglais, technique ou non;Design; maquettes;", "Très", "Peu", "Données;Anglais;Design;"],
    [3, datetime(2024, 7, 20, 8, 0), datetime(2024, 7, 20, 8, 1), "anonymous", None, None, "Mairie",
     "De la patience;Données;", None, None, None],
]  # fmt: skip
ORDER = """\
  - code: ORDER
    kind: ranking
    variable: need_order
    heading: Classez
    slots: 3
    values: {EN: english, DA: data, DE: design}
    answer_labels: {EN: Anglais, DA: Données, DE: Design}
    label: {fr: "Ordre", en: "Order"}
"""


def microsoft_book(folder):
    questions = QUESTIONS.replace("MAIL_HEADING", "Email").replace("[Effectif, Headcount]", "Effectif")
    return codebook(folder, "microsoft_forms", questions + ORDER)


def test_microsoft_forms(tmp_path):
    path = workbook(tmp_path / "responses.xlsx", [MICROSOFT_HEADINGS, *MICROSOFT_ROWS])
    assert looks_like(path) == "microsoft_forms"
    lake = through(tmp_path, microsoft_book(tmp_path), path)
    assert lake.ids == [1, 3]
    assert [str(row["submitted_at"]) for row in lake.respondents] == [
        "2024-07-19 14:10:34",
        "2024-07-20 08:01:00",
    ]
    assert [row["siren_class"] for row in lake.respondents] == ["valid", "empty"]
    assert [lake.value(who, "headcount_band") for who in lake.ids] == ["1-9", "other"]
    assert lake.values(1, "need") == {"english": "yes", "data": "no", "design": "yes", "other": "(blank)"}
    assert lake.values(3, "need") == {
        "english": "no",
        "data": "yes",
        "design": "no",
        "other": "De la patience",
    }
    assert lake.values(1, "importance") == {"english": "3", "data": "1"}
    assert lake.values(1, "need_order") == {"1": "data", "2": "english", "3": "design"}
    assert lake.quarantine == []
    for mark in (b"zq1@example.org", b"Zqname"):
        assert mark not in lake.everything_but_contacts()


def test_microsoft_s_headings_in_another_language_are_refused_and_not_guessed(tmp_path):
    """How Microsoft Forms words them in French is not known here; they are not the English ones."""
    path = workbook(
        tmp_path / "a.xlsx", [["Id", "Heure de début", "Effectif"], [1, "2024-07-19", "De 1 à 9"]]
    )
    with pytest.raises(ExportError, match="do not begin with Id and Start time") as refusal:
        open_export(path, "microsoft_forms")
    assert "other languages are declared as 'format: plain'" in refusal.value.fix


@pytest.mark.parametrize("export_format", ["google_forms", "microsoft_forms"])
def test_other_workbooks_are_refused(tmp_path, export_format):
    path = workbook(tmp_path / "a.xlsx", [["A", "B"], [1, 2]])
    with pytest.raises(ExportError, match="heading"):
        open_export(path, export_format)
    path = workbook(tmp_path / "b.xlsx", [MICROSOFT_HEADINGS], more_sheets=["Feuil2"])
    with pytest.raises(ExportError, match="2 sheets"):
        open_export(path, export_format)
    with pytest.raises(ExportError, match="no such file"):
        open_export(tmp_path / "none.xlsx", export_format)
