"""Plain tables, by declaration in the codebook: questionnaires on paper keyed into a spreadsheet, and CSV."""

import csv

import openpyxl
import pytest

from orchestration.codebook import Layout
from orchestration.collection.check import check_codebooks
from orchestration.collection.readers import open_export
from orchestration.errors import ExportError
from orchestration.settings import Settings

from .conftest import read
from .other_tools import CODEBOOKS, codebook, through

QUESTIONS = """\
  - code: SIREN
    kind: siren
    variable: siren
    personal: true
    heading: N° SIREN
    label: {fr: "SIREN", en: "SIREN"}
  - code: NAME
    kind: text
    variable: company_name
    personal: true
    heading: Entreprise
    label: {fr: "Nom", en: "Name"}
  - code: EXPORTS
    kind: yes_no
    variable: exports
    heading: Exporte (O/N)
    answer_labels: {Y: [O, o], N: [N, n]}
    label: {fr: "Exporte", en: "Exports"}
  - code: NEEDS
    kind: multiple
    variable: need
    items: {EN: english, DA: data, DE: design}
    item_labels: {EN: Anglais, DA: Données, DE: Design}
    label: {fr: "Besoins", en: "Needs"}
  - code: LEVEL
    kind: array
    variable: importance
    heading: Importance
    items: {EN: english, DA: data}
    item_labels: {EN: anglais, DA: données}
    values: {"1": "1", "2": "2", "3": "3"}
    label: {fr: "Importance", en: "How important"}
  - code: TURNOVER
    kind: number
    variable: turnover
    heading: CA (M€)
    label: {fr: "CA", en: "Turnover figure"}
  - code: FOUNDED
    kind: date
    variable: founded
    heading: Créée le
    label: {fr: "Création", en: "Founding"}
"""
MORE = """\
    columns: {id: N° fiche, submitdate: Saisie le}
    dates: ["%d/%m/%Y", "%d/%m/%Y %H:%M"]
    ignored: [Saisi par]
"""
HEADINGS = [
    "N° fiche", "Saisie le", "Saisi par", "N° SIREN", "Entreprise", "Exporte (O/N)", "Anglais", "Données", "Design",
    "Importance [anglais]", "Importance [données]", "CA (M€)", "Créée le",
]  # fmt: skip
SHEETS = "    layout: {sheet: Réponses, heading_row: 3}\n"
ROWS = [
    [101, "19/07/2024", "Zqkeyer", 5520135, "Zqcompany", "O", "x", None, "X", 1, 3, 12.5, "22/05/1999"],
    [102, "20/07/2024", "Zqkeyer", "404 833 048", None, "n", None, None, None, None, None, "environ 3", None],
    [None] * 13,
    ["103", "", "Zqkeyer", 732829320, None, "?", None, "oui", None, 4, None, None, "31/02/1999"],
]


@pytest.fixture
def sheet(tmp_path):
    """As it is keyed: notes above the headings, another sheet, an empty row, a SIREN without its zeros."""
    book = openpyxl.Workbook()
    book.active.title = "Mode d'emploi"
    table = book.create_sheet("Réponses")
    for row in [["Enquête papier 2024"], [], HEADINGS, *ROWS]:
        table.append(row)
    path = tmp_path / "paper.xlsx"
    book.save(path)
    return path


def as_csv(path, separator=";", encoding="utf-8", rows=ROWS):
    cells = [["" if cell is None else str(cell).replace("12.5", "12,5") for cell in row] for row in rows]
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, delimiter=separator).writerows([HEADINGS, *cells])
    return path


def check_paper(lake, siren="valid"):
    assert lake.ids == [101, 102, 103]
    assert [(str(row["submitted_at"]), row["is_complete"]) for row in lake.respondents] == [
        ("2024-07-19 00:00:00", True),
        ("2024-07-20 00:00:00", True),
        ("None", False),
    ]
    assert [row["siren_class"] for row in lake.respondents] == [siren, "valid_after_normalisation", "valid"]
    assert [lake.value(who, "exports") for who in lake.ids] == ["yes", "no", "(invalid)"]
    assert lake.values(101, "need") == {"english": "yes", "data": "no", "design": "yes"}
    assert set(lake.values(102, "need").values()) == {"(blank)"}
    assert lake.values(103, "need")["data"] == "yes"
    assert lake.values(101, "importance") == {"english": "1", "data": "3"}
    assert lake.values(103, "importance")["english"] == "(invalid)"
    assert [lake.value(who, "turnover") for who in lake.ids] == [12.5, "(invalid)", "(blank)"]
    assert str(lake.value(101, "founded"))[:10] == "1999-05-22"
    assert lake.value(103, "founded") == "(invalid)"
    wrong = [row["field"] for row in lake.quarantine if row["reason_code"] == "invalid_value"]
    assert sorted(wrong) == ["EXPORTS", "FOUNDED", "LEVEL[EN]", "TURNOVER"]
    for mark in (b"Zqkeyer", b"Zqcompany"):
        assert mark not in lake.everything_but_contacts()
    assert ("NAME", "Zqcompany") in lake.contacts


def test_a_spreadsheet_keyed_from_paper(tmp_path, sheet):
    check_paper(through(tmp_path, codebook(tmp_path, "plain", QUESTIONS, MORE + SHEETS), sheet))


@pytest.mark.parametrize("separator", [";", ",", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_the_same_saved_as_csv(tmp_path, separator, encoding):
    """The SIREN's zeros are lost for good there: CSV has no number cells that would prove it."""
    path = as_csv(tmp_path / "paper.csv", separator, encoding)
    book = codebook(tmp_path, "plain", QUESTIONS, MORE + '    layout: {decimal: ","}\n')
    lake = through(tmp_path, book, path)
    check_paper(lake, siren="bad_format")
    assert lake.collected.entry.facts.get("encoding") == ("cp1252" if encoding == "cp1252" else None)


def test_declared_encodings_and_separators(tmp_path):
    book = codebook(
        tmp_path,
        "plain",
        QUESTIONS,
        MORE + '    layout: {encoding: mac_roman, delimiter: "|", decimal: ","}\n',
    )
    check_paper(through(tmp_path, book, as_csv(tmp_path / "a.csv", "|", "mac_roman")), siren="bad_format")
    with pytest.raises(ExportError, match="is not ascii"):
        open_export(tmp_path / "a.csv", "plain", Layout(encoding="ascii"))


def test_rows_without_an_id_and_without_a_time_get_one_from_all_that_is_not_personal(tmp_path):
    more = "    complete_when: {every_row: true}\n    ignored: [N° fiche, Saisie le, Saisi par]\n"
    more += '    dates: "%d/%m/%Y"\n    layout: {decimal: ","}\n'
    book = codebook(tmp_path, "plain", QUESTIONS, more)
    one = through(tmp_path / "1", book, as_csv(tmp_path / "a.csv"))
    two = through(tmp_path / "2", book, as_csv(tmp_path / "b.csv", rows=ROWS[::-1]))
    assert one.ids == two.ids[::-1]
    assert len(set(one.ids)) == 3
    assert all(row["is_complete"] and row["is_undated"] for row in one.respondents)
    other_company = [[*ROWS[0][:3], 404833048, "Zqother", *ROWS[0][5:]]]
    again = through(tmp_path / "3", book, as_csv(tmp_path / "c.csv", rows=other_company))
    assert again.ids == one.ids[:1], "an id must not tell who answered"


def test_a_first_row_that_is_a_response_names_nobody(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(";".join(f"Zq{place}" for place in range(13)) + "\n")
    with pytest.raises(ExportError, match="13 of 13 headings are not in the codebook") as refusal:
        through(tmp_path, codebook(tmp_path, "plain", QUESTIONS, MORE), path)
    assert "Zq" not in str(refusal.value)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"a\n1\n", "not as many cells"),
        (b"a;b,c\n1;2,3\n", "nothing tells which sign"),
        (b"a;;c\n1;2;3\n", "a heading is empty"),
        (b"", "the file is empty"),
        (b"a;b\n1;\x81\x9d\n", "is not UTF-8"),
        ("a;b\n1;2\n".encode("utf-16"), "UTF-16"),
    ],
)
def test_what_is_no_table_is_refused_with_what_to_declare(tmp_path, content, problem):
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    with pytest.raises(ExportError, match=problem) as refusal:
        open_export(path, "plain")
    assert "layout" in refusal.value.fix


def test_a_sheet_that_is_not_there_and_several_that_are(sheet):
    with pytest.raises(ExportError, match="no sheet 'Antworten'"):
        open_export(sheet, "plain", Layout(sheet="Antworten"))
    with pytest.raises(ExportError, match="2 sheets"):
        open_export(sheet, "plain")


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ("2;b", "the row has 2 cells, not 3"),
        ("2;b;c;d", "the row has 4 cells, not 3"),
        ('2;"b;c', "a quote"),
        ('2;"b"x;c', "a quote stands inside a quoted cell"),
        ('2;"b\nb;c', "a quote"),
    ],
)
def test_a_bad_row_costs_no_other(tmp_path, bad, reason):
    path = tmp_path / "a.csv"
    path.write_text(f'i;A;B\n1;"a\nb";c\n{bad}\n3;"a""b";c\n\n;;\n4;d;e;;\n', newline="")
    _, rows, rejected = read(path, "plain")
    assert [row["i"] for row in rows] == ["1", "3", "4"]
    assert rows[0]["A"] == "a\nb"
    assert [row.text for row in rejected] == [bad + "\n"]
    assert rejected[0].reason.startswith(reason)


@pytest.mark.parametrize("end", ['4;"d', "4;d", "4;", '4;"d;e\n'])
def test_a_file_that_is_cut_off_is_refused(tmp_path, end):
    path = tmp_path / "a.csv"
    path.write_text(f"i;A;B\n1;a;b\n3;a;b\n{end}", newline="")
    with pytest.raises(ExportError, match="in the middle of a row"):
        read(path, "plain")


def test_codebook_check_tells_what_does_not_fit(tmp_path, shared):
    settings = Settings(codebooks=CODEBOOKS, data=tmp_path)
    real = shared / "data" / "survey_exports" / "StarWars.csv"
    assert check_codebooks(settings, "star_wars", real) == []
    other = tmp_path / "other.csv"
    other.write_bytes(real.read_bytes().replace(b",Gender,", b",Sex,"))
    (fault,) = check_codebooks(settings, "star_wars", other)
    assert "no column is headed 'Gender', for 'complete_when'" in fault
