"""KoboToolbox and ODK Central: groups in headings, several answers in a cell, in columns, or both.

Layouts: KoboToolbox's CSV as its server's own tests expect it (kpi, test_imports_exports.py: every cell quoted, `;`,
HXL tags in a second row, moments with offsets, `_submission_time` in UTC); ODK Central's as its server's tests do
(central-backend, submission CSV with splitSelectMultiples: `group-question`, `question/choice`, KEY).
"""

import pytest

from orchestration.collection.readers import open_export
from orchestration.collection.recognise import looks_like
from orchestration.errors import ExportError

from .other_tools import codebook, through

QUESTIONS = """\
  - code: SIREN
    kind: siren
    variable: siren
    personal: true
    heading: siren
    label: {fr: "SIREN", en: "SIREN"}
  - code: exports
    kind: yes_no
    variable: exports
    answer_labels: {Y: "1", N: "0"}
    label: {fr: "Exporte", en: "Exports"}
  - code: needs
    kind: multiple
    variable: need
    items: {english: english, data: data, design: design}
    label: {fr: "Besoins", en: "Needs"}
  - code: turnover
    kind: number
    variable: turnover
    label: {fr: "CA", en: "Turnover figure"}
  - code: founded
    kind: date
    variable: founded
    label: {fr: "Création", en: "Founding"}
"""
META = [
    "_id",
    "_uuid",
    "_submission_time",
    "_validation_status",
    "_notes",
    "_status",
    "_submitted_by",
    "_tags",
    "_index",
]
ROWS = [
    ["2024-07-19T05:40:39.000-04:00", "2024-07-19T05:41:13.000-04:00", "404833048", "1", "english design",
     "1", "0", "1", "12.5", "1999-05-22", "61", "48583952-1892-4931-8d9c-869e7b49bafb", "2024-07-19T09:41:19", "", "",
     "submitted_via_web", "zquser", "", "1"],
    ["2024-07-19T05:41:14.000-04:00", "2024-07-19T05:41:32.000-04:00", "", "0", "", "", "", "", "", "", "62",
     "317ba7b7-bea4-4a8c-8620-a483c3079c4b", "2024-07-19T09:41:38", "", "", "submitted_via_web", "", "", "2"],
]  # fmt: skip
SPLIT = ["company/needs/english", "company/needs/data", "company/needs/design"]
BOTH = [
    "start", "end", "company/siren", "company/exports", "company/needs", *SPLIT, "company/turnover", "founded", *META
]  # fmt: skip


def without(names, headings, rows):
    keep = [place for place, name in enumerate(headings) if name not in names]
    return [headings[place] for place in keep], [[row[place] for place in keep] for row in rows]


def kobo(path, headings, rows, separator=";"):
    lines = (separator.join('"' + cell.replace('"', '""') + '"' for cell in row) for row in [headings, *rows])
    path.write_text("".join(line + "\r\n" for line in lines), encoding="utf-8", newline="")
    return path


@pytest.mark.parametrize("separator", [";", ","])
@pytest.mark.parametrize("left_out", [[], SPLIT, ["company/needs"]], ids=["both", "one cell", "columns"])
@pytest.mark.parametrize("tags", [False, True], ids=["no tags", "HXL tags"])
def test_every_way_of_exporting_gives_the_same_answers(tmp_path, separator, left_out, tags):
    hxl = [["", "", "#org", "#x", *["#need"] * 4, "", "", *[""] * len(META)]] if tags else []
    headings, rows = without(left_out, BOTH, hxl + ROWS)
    path = kobo(tmp_path / "form.csv", headings, rows, separator)
    assert looks_like(path) == "kobo"
    lake = through(tmp_path, codebook(tmp_path, "kobo", QUESTIONS), path)
    assert lake.ids == [61, 62]
    assert [str(row["submitted_at"]) for row in lake.respondents] == [
        "2024-07-19 11:41:19",
        "2024-07-19 11:41:38",
    ]
    assert str(lake.respondents[0]["started_at"]) == "2024-07-19 11:40:39", (
        "offsets become the edition's time"
    )
    assert [row["siren_class"] for row in lake.respondents] == ["valid", "empty"]
    assert [lake.value(who, "exports") for who in lake.ids] == ["yes", "no"]
    assert lake.values(61, "need") == {"english": "yes", "data": "no", "design": "yes"}
    assert set(lake.values(62, "need").values()) == {"(blank)"}
    assert lake.value(61, "turnover") == 12.5
    assert str(lake.value(61, "founded"))[:10] == "1999-05-22"
    assert lake.quarantine == []
    assert b"zquser" not in lake.everything_but_contacts()


def test_a_label_export_is_read_by_its_labels(tmp_path):
    headings = [
        "Exportez-vous ?",
        "Vos besoins ?",
        "Vos besoins ?/Anglais technique",
        "Vos besoins ?/Données",
        *META,
    ]
    rows = [["Oui", "Anglais technique Données", "1", "1", *ROWS[0][10:]]]
    questions = """\
  - code: exports
    kind: yes_no
    variable: exports
    label: {fr: "Exportez-vous ?", en: "Exports"}
  - code: needs
    kind: multiple
    variable: need
    items: {english: english, data: data}
    item_labels: {english: Anglais technique, data: Données}
    label: {fr: "Vos besoins ?", en: "Needs"}
"""
    book = codebook(tmp_path, "kobo", questions)
    split = through(tmp_path / "1", book, kobo(tmp_path / "a.csv", headings, rows))
    headings, rows = without(headings[2:4], headings, rows)
    joined = through(tmp_path / "2", book, kobo(tmp_path / "b.csv", headings, rows))
    assert split.values(61, "need") == joined.values(61, "need") == {"english": "yes", "data": "yes"}


def test_odk_central(tmp_path):
    text = (
        "SubmissionDate,start,meta-instanceID,company-siren,company-exports,company-needs,company-needs/english,"
        "company-needs/data,company-needs/design,company-turnover,founded,KEY,SubmitterID,SubmitterName,"
        "AttachmentsPresent,AttachmentsExpected,Status,ReviewState,DeviceID,Edits,FormVersion\n"
        "2024-01-31T23:30:00.000Z,2024-02-01T00:29:00.000+01:00,uuid:one,,1,english data,1,1,0,3,,uuid:one,5,Zqname,"
        "0,0,,,,0,1\n"
    )
    path = tmp_path / "form.csv"
    path.write_text(text)
    assert looks_like(path) == "kobo"
    lake = through(tmp_path, codebook(tmp_path, "kobo", QUESTIONS), path)
    (one,) = lake.ids
    assert 0 <= one < 10**10
    assert str(lake.respondents[0]["submitted_at"]) == "2024-02-01 00:30:00"
    assert lake.values(one, "need") == {"english": "yes", "data": "yes", "design": "no"}
    assert b"Zqname" not in lake.everything_but_contacts()


def test_a_question_in_two_groups_is_not_guessed(tmp_path):
    headings, rows = [*BOTH[:3], "other/exports", *BOTH[3:]], [[*row[:3], "1", *row[3:]] for row in ROWS]
    with pytest.raises(ExportError, match="2 columns are headed 'exports'"):
        through(tmp_path, codebook(tmp_path, "kobo", QUESTIONS), kobo(tmp_path / "a.csv", headings, rows))


def test_another_csv_is_refused(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text('"a";"b"\r\n"1";"2"\r\n')
    with pytest.raises(ExportError, match="not those of KoboToolbox"):
        open_export(path, "kobo")
