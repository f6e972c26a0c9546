"""Excel exports: typed cells back to text, lost zeros, formulas, hostile workbooks."""

import zipfile
from datetime import datetime

import openpyxl
import pytest

from orchestration.collection.lost_zeros import Number, repairs
from orchestration.collection.readers import open_export
from orchestration.errors import ExportError

from .conftest import read

SIRENS = ["404833048", "732829320", "055804124", "005880596", "999003817"]
SIRETS = ["73282932000074", "05580412400018", "40483304800022"]


def workbook(tmp_path, *rows):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    path = tmp_path / "export.xlsx"
    book.save(path)
    return path


def test_cells_of_every_type_become_the_text_that_was_answered(tmp_path):
    row = [1, 12.5, "RAS", None, datetime(2026, 5, 15, 15, 27, 3), "=1+1", "0", 1e15, True, -3.0]
    headings = ["id", *"ABCDEFGHI"]
    found, rows, rejected = read(workbook(tmp_path, headings, row), "limesurvey_xlsx")
    assert list(found) == headings
    assert not rejected
    (texts,) = [list(row.values()) for row in rows]
    assert texts == ["1", "12.5", "RAS", "", "2026-05-15 15:27:03", "=1+1", "0", "1" + "0" * 15, "TRUE", "-3"]


def test_an_answer_that_looks_like_a_formula_is_the_answer(survey, tmp_path):
    import json

    lines = (survey / "truth_responses.jsonl").read_text(encoding="utf-8").strip().split("\n")
    given = {str(one["id"]): one["answers"].get("MANQUE") for one in map(json.loads, lines)}
    _, rows, _ = read(survey / "rpc" / "responses_code_short_all_fr.xls", "limesurvey_xlsx")
    formulas = {number for number, text in given.items() if text and text.startswith("=")}
    assert formulas
    assert {row["id"]: row["MANQUE"] for row in rows if row["id"] in formulas} == {
        n: given[n] for n in formulas
    }


def test_lost_zeros_are_restored_where_the_check_digit_proves_them(tmp_path):
    rows = [
        [number, int(siren), int(siret), int(commune), 4]
        for number, (siren, siret, commune) in enumerate(
            zip(SIRENS * 3, (SIRETS * 5)[:15], ["70550", "01004", "2800"] * 5, strict=True), 1
        )
    ]
    rows.append([99, 55804125, 5580412400019, "2A004", 5])  # wrong check digits stay as they are
    path = workbook(tmp_path, ["id", "SIREN", "SIRET", "COMMUNE", "NOTE"], *rows)
    _, found, _ = read(path, "limesurvey_xlsx")
    assert [row["SIREN"] for row in found[:15]] == SIRENS * 3
    assert [row["SIRET"] for row in found[:15]] == (SIRETS * 5)[:15]
    assert [row["COMMUNE"] for row in found[:3]] == ["70550", "01004", "02800"]
    assert list(found[-1].values()) == ["99", "55804125", "5580412400019", "2A004", "5"]
    assert {row["NOTE"] for row in found} == {"4", "5"}


def test_a_file_that_kept_its_zeros_is_not_repaired(tmp_path):
    """A short number in it was typed short."""
    rows = [[number, siren if siren[0] == "0" else int(siren)] for number, siren in enumerate(SIRENS)]
    path = workbook(tmp_path, ["id", "SIREN"], *rows, [9, 55804124])
    _, found, _ = read(path, "limesurvey_xlsx")
    assert [row["SIREN"] for row in found] == [*SIRENS, "55804124"]


@pytest.mark.parametrize(
    "column",
    [
        [Number(text) for text in ("1", "2", "18", "0")],
        [Number(str(number)) for number in range(100_000_000, 100_000_040)],
        ["Jura", "Ain", Number("55804124")],
        [Number("1"), Number("9500"), Number("120000")],
    ],
)
def test_other_numbers_are_left_alone(column):
    (repair,) = repairs([column])
    assert all(repair(cell.text) == cell.text for cell in column if isinstance(cell, Number))


def test_a_row_wider_than_the_headings_is_rejected(tmp_path):
    path = workbook(tmp_path, ["id", "A"], [1, "x"], [2, "y", "too much"], [], [3, "z"])
    _, rows, rejected = read(path, "limesurvey_xlsx")
    assert [row["id"] for row in rows] == ["1", "3"]
    assert [(one.row_number, one.text) for one in rejected] == [(2, "2\ty\ttoo much")]


@pytest.mark.parametrize(
    ("rows", "problem"),
    [([], "no row of headings"), ([["id", None, "A"]], "no row of headings"), ([[1, 2]], "no row")],
)
def test_a_workbook_without_headings_is_refused(tmp_path, rows, problem):
    with pytest.raises(ExportError, match=problem):
        open_export(workbook(tmp_path, *rows), "limesurvey_xlsx")


def replaced(path, part, content):
    """Write the workbook again with another content of one part (a function of the old one)."""
    with zipfile.ZipFile(path) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    parts[part] = content(parts.get(part, b""))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name, data in parts.items():
            new.writestr(name, data)
    return path


SHEET = "xl/worksheets/sheet1.xml"
BOMB = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'


@pytest.mark.parametrize(
    ("part", "content", "problem"),
    [
        (SHEET, lambda old: old.replace(b"<sheetData>", b"<sheetData>" + b" " * (80 << 20)), "zip bomb"),
        (SHEET, lambda old: BOMB + old, "damaged"),
        (SHEET, lambda old: old[:-40], "damaged"),
        ("xl/workbook.xml", lambda old: b"<x/>", "damaged|sheets"),
    ],
)
def test_hostile_and_damaged_workbooks_are_refused(tmp_path, part, content, problem):
    path = replaced(workbook(tmp_path, ["id", "A"], [1, "x"]), part, content)
    with pytest.raises(ExportError, match=problem):
        read(path, "limesurvey_xlsx")


@pytest.mark.parametrize("number", [b"1048576", b"999999999999"])
def test_a_row_number_out_of_all_bounds_costs_no_time(tmp_path, number):
    path = workbook(tmp_path, ["id", "A"], [1, "x"])
    replaced(path, SHEET, lambda old: old.replace(b'<row r="2"', b'<row r="' + number + b'"'))
    headings, rows, _ = read(path, "limesurvey_xlsx")
    assert headings == ("id", "A")
    assert len(rows) <= 1


def test_other_files_are_refused(tmp_path, survey):
    for name, problem in (
        ("ui/archive.lsa", "not an Excel workbook"),
        ("ui/results_code_short.csv", "no zip file"),
    ):
        with pytest.raises(ExportError, match=problem):
            open_export(survey / name, "limesurvey_xlsx")
