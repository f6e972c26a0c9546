"""Qualtrics: three rows of headings, answers as numbers or as texts, zones of the import ids.

Layout: "Understanding Your Response Dataset" (support pages of Qualtrics: first eleven columns, three rows of
headers), and the rows of headings quoted in the repository davemosk/FinSL-signbank, docs/validation_result_model.md.
"""

import pytest

from orchestration.collection.readers import open_export
from orchestration.errors import ExportError

from .other_tools import codebook, through

CODES = (
    "StartDate,EndDate,Status,IPAddress,Progress,Duration (in seconds),Finished,RecordedDate,ResponseId,"
    "RecipientLastName,RecipientFirstName,RecipientEmail,ExternalReference,LocationLatitude,LocationLongitude,"
    "DistributionChannel,UserLanguage,Q1,Q2_1,Q2_2,Q2_3,Q2_3_TEXT,Q3_1,Q3_2,Q4,Q5_1,Q5_2,Q5_3"
)
TEXTS = (
    "Start Date,End Date,Response Type,IP Address,Progress,Duration (in seconds),Finished,Recorded Date,Response ID,"
    "Recipient Last Name,Recipient First Name,Recipient Email,External Data Reference,Location Latitude,"
    "Location Longitude,Distribution Channel,User Language,Do you export?,Which needs? - English,Which needs? - Data,"
    "Which needs? - Other,Which needs? - Other - Text,How important? - English,How important? - Data,"
    '"Remarks, if any",Rank - English,Rank - Data,Rank - Design'
)
PLAIN_IDS = """
    status ipAddress progress duration finished _recordId recipientLastName recipientFirstName recipientEmail
    externalDataReference locationLatitude locationLongitude distributionChannel userLanguage QID1 QID2_1 QID2_2
    QID2_3 QID2_3_TEXT QID3_1 QID3_2 QID4_TEXT QID5_1 QID5_2 QID5_3
""".split()  # noqa: SIM905
ZONE = '""timeZone"":""America/Denver""'


def import_ids():
    def cell(name, more=""):
        return '"{""ImportId"":""' + name + '""' + more + '}"'

    dated = {name: cell(name, "," + ZONE) for name in ("startDate", "endDate", "recordedDate")}
    rest = [cell(name) for name in PLAIN_IDS]
    return ",".join([dated["startDate"], dated["endDate"], *rest[:5], dated["recordedDate"], *rest[5:]])


def export(numeric):
    done, yes, tick = ("1", "1", "1") if numeric else ("True", "Yes", "English")
    no, other = ("2", "1") if numeric else ("No", "Other")
    low, high = ("1", "3") if numeric else ("Little", "Very")
    undone = "0" if numeric else "False"
    rows = [
        f"2024-07-19 08:00:00,2024-07-19 08:05:00,IP Address,192.0.2.7,100,300,{done},2024-07-19 08:05:01,R_1abc,"
        f'Zqlast,Zqfirst,z@example.org,,48.1,-1.6,email,FR,{yes},{tick},,{other},Zen,{low},{high},"Rien, merci",2,1,3',
        f"2024-07-20 08:00:00,2024-07-20 08:01:00,IP Address,192.0.2.8,40,60,{undone},2024-07-27 08:05:01,R_2def,,,,,,,"
        f"anonymous,EN,{no},,,,,,,,,,",
    ]
    return "\r\n".join([CODES, TEXTS, import_ids(), *rows]) + "\r\n"


QUESTIONS = """\
  - code: EXPORT
    kind: yes_no
    variable: exports
    heading: Q1
    answer_labels: {Y: "1", N: "2"}
    label: {fr: "Exportez-vous ?", en: "Do you export?"}
  - code: NEEDS
    kind: multiple
    variable: need
    heading: Q2
    items: {EN: english, DA: data, XX: x-other}
    item_labels: {EN: ["1", English], DA: ["2", Data], XX: ["3", Other], other: 3_TEXT}
    other: true
    label: {fr: "Quels besoins ?", en: "Which needs?"}
  - code: Q3
    kind: array
    variable: importance
    items: {"1": english, "2": data}
    values: {"1": "1", "2": "2", "3": "3"}
    answer_labels: {"1": Little, "3": Very}
    label: {fr: "Importance ?", en: "How important?"}
  - code: REMARK
    kind: long_text
    variable: remark
    label: {fr: "Remarques", en: "Remarks, if any"}
  - code: Q5
    kind: ranking
    variable: need_order
    slots: 3
    values: {E: english, D: data, G: design}
    answer_labels: {E: "1", D: "2", G: "3"}
    label: {fr: "Rang", en: "Rank"}
"""


@pytest.mark.parametrize("numeric", [True, False], ids=["numeric values", "choice text"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_both_ways_of_exporting_give_the_same_answers(tmp_path, numeric, encoding):
    path = tmp_path / "survey.csv"
    path.write_bytes(export(numeric).encode(encoding))
    lake = through(tmp_path, codebook(tmp_path, "qualtrics", QUESTIONS), path)
    one, two = lake.ids
    assert lake.quarantine == []
    assert [lake.value(who, "exports") for who in lake.ids] == ["yes", "no"]
    assert lake.values(one, "need") == {"english": "yes", "data": "no", "x-other": "yes", "other": "Zen"}
    assert lake.values(one, "importance") == {"english": "1", "data": "3"}
    assert lake.value(one, "remark") == "Rien, merci"
    assert lake.values(one, "need_order") == {"1": "data", "2": "english", "3": "design"}
    assert lake.values(two, "need_order") == {"1": "(blank)", "2": "(blank)", "3": "(blank)"}
    for mark in (b"Zqlast", b"Zqfirst", b"z@example.org", b"192.0.2.", b"R_1abc"):
        assert mark not in lake.everything_but_contacts()


def test_finished_tells_what_is_complete_and_the_import_ids_the_zone(tmp_path):
    path = tmp_path / "survey.csv"
    path.write_text(export(numeric=False), newline="")
    one, two = through(tmp_path, codebook(tmp_path, "qualtrics", QUESTIONS), path).respondents
    assert (one["is_complete"], two["is_complete"]) == (True, False)
    assert str(one["submitted_at"]) == "2024-07-19 16:05:00", "Denver is eight hours behind Paris"
    assert str(two["last_action_at"]) == "2024-07-27 16:05:01"
    assert (one["language"], two["language"]) == ("fr", "en")


def test_ids_are_numbers_made_of_qualtrics_s_own_whatever_the_order_of_rows(tmp_path):
    lines = export(numeric=True).split("\r\n")
    book = codebook(tmp_path, "qualtrics", QUESTIONS)
    ids = []
    for name, rows in {"a": lines[3:5], "b": lines[4:2:-1]}.items():
        path = tmp_path / f"{name}.csv"
        path.write_text("\r\n".join([*lines[:3], *rows, ""]), newline="")
        ids.append(through(tmp_path / name, book, path).ids)
    assert ids[0] == ids[1][::-1]
    assert len(set(ids[0])) == 2
    assert all(0 <= number < 10**10 for number in ids[0])


def test_the_same_response_twice_is_told(tmp_path):
    lines = export(numeric=True).split("\r\n")
    path = tmp_path / "survey.csv"
    path.write_text("\r\n".join([*lines[:4], lines[3], ""]), newline="")
    lake = through(tmp_path, codebook(tmp_path, "qualtrics", QUESTIONS), path)
    assert [(row["reason_code"], row["row_number"]) for row in lake.quarantine] == [("duplicate_id", 2)]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda text: "\r\n".join(text.split("\r\n")[:2] + text.split("\r\n")[3:]), "import ids"),
        (lambda text: text.replace("America/Denver", "America/Denvr"), "'America/Denvr' is not a time zone"),
        (
            lambda text: text.replace("Remarks, if any", 'Remarks"'),
            "headings cannot be read|separates|as many cells",
        ),
        (lambda text: text.split("\r\n")[0], "import ids|as many cells|separates"),
    ],
)
def test_what_is_no_whole_export_is_refused(tmp_path, change, problem):
    path = tmp_path / "survey.csv"
    path.write_text(change(export(numeric=True)), newline="")
    with pytest.raises(ExportError, match=problem) as refusal:
        open_export(path, "qualtrics")
    assert "Export & import" in refusal.value.fix
