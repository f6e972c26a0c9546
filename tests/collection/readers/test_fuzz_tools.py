"""Damaged exports of other tools: no crash, no hang, no row lost in silence."""

import csv
import io
import random
import time

import openpyxl
import pyarrow.parquet as pq
import pytest

from orchestration.codebook import Layout
from orchestration.collection.readers import open_declared, open_export
from orchestration.errors import ExportError

from .conftest import read
from .other_tools import codebook, through

VARIANTS = 100
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


def as_sheet(rows):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def damaged(draw, content):
    kind = draw.randrange(5)
    if kind == 0:
        return content[: draw.randrange(len(content))]
    if kind == 1:
        changed = bytearray(content)
        for _ in range(draw.randint(1, 12)):
            changed[draw.randrange(len(changed))] = draw.choice(b'";,\t\r\n\\{}\x00\xff')
        return bytes(changed)
    if kind == 2:
        at = draw.randrange(len(content))
        return (
            content[:at]
            + draw.choice([b'"', b"\n", b"\r\n", b";", b",", b'""', b"\r", b"\xe9"])
            + content[at:]
        )
    if kind == 3:
        at = draw.randrange(len(content))
        return content[:at] + content[at + draw.randint(1, 60) :]
    return content[: draw.randrange(len(content))] + content[draw.randrange(len(content)) :]


@pytest.mark.parametrize("export_format", TOOLS)
def test_a_written_table_is_read_as_it_was(tmp_path, export_format):
    for seed in range(VARIANTS // 4):
        draw = random.Random(seed)
        rows = made_up(export_format, draw)
        path = tmp_path / "a.csv"
        path.write_bytes(as_csv(rows, draw.choice(TOOLS[export_format][2]), draw))
        _, found, rejected = read(path, export_format)
        assert [list(row.values()) for row in found] == rows[len(TOOLS[export_format][0]) :]
        assert rejected == []


@pytest.mark.parametrize("export_format", TOOLS)
def test_damage_never_crashes_hangs_or_loses_a_row(tmp_path, export_format):
    book = codebook(tmp_path, export_format, QUESTIONS, MORE.get(export_format, ""))
    refusals, good = [], 0
    began = time.monotonic()
    for seed in range(VARIANTS):
        draw = random.Random(seed)
        content = damaged(draw, as_csv(made_up(export_format, draw), TOOLS[export_format][2][0], draw))
        path = tmp_path / "a.csv"
        path.write_bytes(content)
        try:
            export = open_declared(path, book.exports[0], book)
            chunks = list(export.chunks())
        except ExportError as problem:
            refusals.append(problem)
            continue
        good += 1
        numbers = [number for chunk in chunks for number in chunk.row_numbers.to_pylist()]
        numbers += [bad.row_number for chunk in chunks for bad in chunk.rejected]
        assert sorted(numbers) == list(range(1, len(numbers) + 1))
        # Every stamp that is left in the responses' part of the file is in some row or some rejected text.
        raw = list(open_export(path, export_format).chunks())
        texts = [cell for chunk in raw for column in chunk.rows.columns for cell in column.to_pylist()]
        texts += [bad.text for chunk in raw for bad in chunk.rejected]
        stamp = b"2024/07/19" if export_format == "google_forms" else STAMP.encode()
        assert sum(text.count(stamp.decode()) for text in texts) == content.count(stamp)
    assert all(refusal.where and refusal.fix for refusal in refusals)
    assert min(good, len(refusals)) > 5
    assert time.monotonic() - began < 30


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


@pytest.mark.parametrize("export_format", ["plain", "google_forms", "microsoft_forms"])
def test_damaged_workbooks_are_refused_or_read(tmp_path, export_format):
    headings = (
        ["Id", "Start time", "Completion time", "A"]
        if export_format == "microsoft_forms"
        else ["Timestamp", "A"]
    )
    path = tmp_path / "a.xlsx"
    refusals = []
    for seed in range(VARIANTS):
        draw = random.Random(seed)
        rows = [[str(number), *[draw.choice(TEXTS) for _ in headings[1:]]] for number in range(ROWS)]
        path.write_bytes(damaged(draw, as_sheet([headings, *rows])))
        try:
            export = open_export(path, export_format, Layout() if export_format == "plain" else None)
            list(export.chunks())
        except ExportError as problem:
            refusals.append(problem)
    assert all(refusal.fix for refusal in refusals)
    assert len(refusals) > VARIANTS // 2


def test_quotes_that_never_end_are_read_in_bounded_time(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("a,b\n" + "1,2\n" * 5 + ('x,"y\n' + "1,2\n" * 50) * 400)
    began = time.monotonic()
    _, rows, rejected = read(path, "plain")
    assert time.monotonic() - began < 20
    assert len(rows) + len(rejected) >= 5 + 400
    assert len(rows) > 400 * 45
