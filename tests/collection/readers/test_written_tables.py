"""Tables of other tools, with all separators, line ends and ways to quote; and with rows that are none."""

import csv
import io
import random
import time

import pyarrow.parquet as pq
import pytest

from .conftest import read
from .other_tools import codebook, through

ROWS = 12
TEXTS = ["", "RAS", 'dit "oui"', "l'été", "a;b,c", "deux\nlignes", "=1+1", "12,5", "x" * 200]
QUESTIONS = """\
  - code: EXPORTS
    kind: yes_no
    variable: exports
    label: {fr: "Exporte", en: "Exports or not"}
  - code: NEEDS
    kind: multiple
    variable: need
    heading: Needs
    items: {EN: english, DA: data}
    item_labels: {EN: English, DA: Data}
    label: {fr: "Besoins", en: "Which needs"}
  - code: REMARK
    kind: long_text
    variable: remark
    heading: Remark
    label: {fr: "Remarque", en: "What else"}
"""
STAMP = "2024-07-19 08:00:00"
IDS = '{"ImportId":"%s"}'
# Of each format: its rows of headings, what stands before the four answers, and the separators it may have.
TOOLS = {
    "surveymonkey": (
        [["Respondent ID", "End Date", "Exports or not", "Needs", "", "Remark"],
         ["", "", "Response", "English", "Data", "Response"]],
        lambda n: [str(n), STAMP], ",;\t",
    ),
    "qualtrics": (
        [["ResponseId", "EndDate", "EXPORTS", "Needs_English", "Needs_Data", "Remark"],
         ["Response ID", "End Date", "a", "b", "c", "d"],
         [IDS % name for name in ("_recordId", "endDate", "QID1", "QID2_1", "QID2_2", "QID3_TEXT")]],
        lambda n: [f"R_{n}", STAMP], ",",
    ),
    "google_forms": (
        [["Timestamp", "Score", "Exporte", "Needs", None, "Remark"]],
        lambda n: [f"2024/07/19 8:00:{n:02} AM GMT+2", ""], ",",
    ),
    "kobo": (
        [["_uuid", "_submission_time", "g/EXPORTS", "g/Needs/English", "g/Needs/Data", "Remark"]],
        lambda n: [f"uuid-{n}", STAMP], ";,",
    ),
    "plain": (
        [["id", "date", "EXPORTS", "English", "Data", "Remark"]],
        lambda n: [str(n), STAMP], ",;\t",
    ),
}  # fmt: skip
MORE = {"plain": "    columns: {id: id, submitdate: date}\n"}


def made_up(export_format, draw):
    """Rows of an export: headings first, then ROWS responses."""
    headings, first, _ = TOOLS[export_format]
    width = [place for place, name in enumerate(headings[0]) if name is not None]
    rows = list(headings)
    for number in range(1, ROWS + 1):
        ticks = [draw.choice(["", "1"]), draw.choice(["", "1"])]
        joined = ";".join(text for text, tick in zip(["English", "Data"], ticks, strict=True) if tick)
        cells = [*first(number), draw.choice(["Yes", "No", ""])]
        rows.append([*cells, *([joined, None] if None in headings[0] else ticks), draw.choice(TEXTS)])
    return [[row[place] for place in width] for row in rows]


def as_csv(rows, separator, draw):
    out = io.StringIO()
    quoting = draw.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
    csv.writer(
        out, delimiter=separator, quoting=quoting, lineterminator=draw.choice(["\n", "\r\n"])
    ).writerows(rows)
    return out.getvalue().encode()


@pytest.mark.parametrize("export_format", TOOLS)
def test_a_written_table_is_read_as_it_was(tmp_path, export_format):
    for seed in range(25):
        draw = random.Random(seed)
        rows = made_up(export_format, draw)
        path = tmp_path / "a.csv"
        path.write_bytes(as_csv(rows, draw.choice(TOOLS[export_format][2]), draw))
        _, found, rejected = read(path, export_format)
        assert [list(row.values()) for row in found] == rows[len(TOOLS[export_format][0]) :]
        assert rejected == []


def test_a_bad_row_goes_to_quarantine_and_its_text_to_the_contacts_alone(tmp_path):
    book = codebook(tmp_path, "plain", QUESTIONS, MORE["plain"])
    path = tmp_path / "a.csv"
    rows = made_up("plain", random.Random(1))
    lines = [",".join([*row[:-1], "ok" if number else row[-1]]) for number, row in enumerate(rows)]
    path.write_text("\n".join([*lines[:5], "5,Zqname,Yes", *lines[5:], ""]))
    lake = through(tmp_path, book, path)
    assert (lake.collected.rows, lake.collected.rejected, len(lake.ids)) == (ROWS + 1, 1, ROWS)
    assert [(row["reason_code"], row["row_number"]) for row in lake.quarantine] == [("rejected_row", 5)]
    assert [value for name, value in lake.contacts if name == "rejected row"] == ["5,Zqname,Yes\n"]
    assert b"Zqname" not in lake.everything_but_contacts()
    archived = pq.ParquetFile(lake.collected.entry.path).read()
    assert archived.num_rows == ROWS + 1


def test_quotes_that_never_end_are_read_in_bounded_time(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("a,b\n" + "1,2\n" * 5 + ('x,"y\n' + "1,2\n" * 50) * 400)
    began = time.monotonic()
    _, rows, rejected = read(path, "plain")
    assert time.monotonic() - began < 20
    assert len(rows) + len(rejected) >= 5 + 400
    assert len(rows) > 400 * 45
