"""Files made to hang or to fill the memory: each is refused or read, soon, in little memory, and loses no row."""

import io
import json
import subprocess
import sys
import zipfile

import pytest

from orchestration.collection.readers import open_export

from .writers import RESPONSES
from .zip_writers import SHEET, unzipped, workbook, zipped

MEBIBYTES = 600  # pyarrow and openpyxl take 150 of them
SECONDS = 20
# Reads a file in a process of its own, so that its time and memory are its own.
CHILD = """
import json, re, sys, time
from pathlib import Path
from orchestration.collection.readers import open_export
from orchestration.errors import SkillsBankError

began, rows, said = time.process_time(), 0, None
try:
    for chunk in open_export(Path(sys.argv[1]), sys.argv[2]).chunks():
        rows += chunk.rows.num_rows + len(chunk.rejected)
except SkillsBankError as problem:
    said = str(problem)
peak = re.search(r"VmHWM:\\s*(\\d+)", Path("/proc/self/status").read_text())
print(json.dumps([rows, said, time.process_time() - began, int(peak[1]) / 1024]))
"""
BLANKS = " " * (40 << 20)  # less than what is refused unread
HEAD = '<row r="1"><c r="A1" t="inlineStr"><is><t>id</t></is></c></row>'
STRUCTURE = (
    "<document><LimeSurveyDocType>Survey</LimeSurveyDocType><questions><rows><row><qid>1</qid><sid>1</sid>"
    "<gid>1</gid><type>S</type><title>A</title></row></rows></questions></document>"
)
BEFORE = "<document><responses><fields><fieldname>id</fieldname></fields><rows>"
AFTER = "</rows></responses></document>"


def cell(where, text):
    return f'<c r="{where}" t="inlineStr"><is><t>{text}</t></is></c>'


def lsa(responses, structure=STRUCTURE):
    return zipped({"s.lss": structure.encode(), RESPONSES: responses.encode()})


def overlapping():
    """A zip file whose thousand parts are one and the same."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "0" * (60 << 20))
        for number in range(1000):
            twin = zipfile.ZipInfo(f"xl/{number}.xml")
            for name in ("compress_type", "compress_size", "file_size", "CRC", "header_offset"):
                setattr(twin, name, getattr(archive.filelist[0], name))
            archive.filelist.append(twin)
    return out.getvalue()


# The format, the bytes, and how many rows there are: None where the file is refused.
BOMBS = {
    "blanks in a sheet": ("limesurvey_xlsx", lambda: workbook(HEAD + BLANKS), 0),
    "blanks in a cell": (
        "limesurvey_xlsx",
        lambda: workbook(HEAD + f'<row r="2">{cell("A2", BLANKS)}</row>'),
        1,
    ),
    "a last row far below": (
        "limesurvey_xlsx",
        lambda: workbook(HEAD + f'<row r="1048576">{cell("A1048576", "1")}</row>'),
        1,
    ),
    "a row beyond the last": (
        "limesurvey_xlsx",
        lambda: workbook(HEAD + f'<row r="999999999">{cell("A999999999", "1")}</row>'),
        1,
    ),
    "a column far to the right": (
        "limesurvey_xlsx",
        lambda: workbook(HEAD + f'<row r="2">{cell("A2", "1")}{cell("XFD2", "1")}</row>'),
        1,
    ),
    "a heading far to the right": (
        "limesurvey_xlsx",
        lambda: workbook(f'<row r="1">{cell("A1", "id")}{cell("XFD1", "x")}</row>'),
        None,
    ),
    "empty rows": ("limesurvey_xlsx", lambda: workbook(HEAD + "<row/>" * 200_000), 0),
    "a sheet inside a sheet": (
        "limesurvey_xlsx",
        lambda: zipped({**unzipped(workbook(HEAD)), SHEET: b"<a>" * 1_000_000}),
        None,
    ),
    "parts that are one": ("limesurvey_xlsx", overlapping, None),
    "a zip inside a zip": (
        "limesurvey_xlsx",
        lambda: zipped({"a.zip": zipped({"b": bytes(40 << 20)})}),
        None,
    ),
    "four gigabytes": ("limesurvey_lsa", lambda: lsa(BEFORE + " " * (90 << 20) + AFTER), None),
    "blanks among responses": ("limesurvey_lsa", lambda: lsa(BEFORE + BLANKS + AFTER), None),
    "a response of blanks": (
        "limesurvey_lsa",
        lambda: lsa(BEFORE + f"<row><id>{BLANKS}</id></row>" + AFTER),
        None,
    ),
    "a structure of blanks": ("limesurvey_lsa", lambda: lsa(BEFORE + AFTER, STRUCTURE + BLANKS), 0),
    "elements in elements": ("limesurvey_lsa", lambda: lsa(BEFORE + "<a>" * 1_000_000), None),
    "empty responses": ("limesurvey_lsa", lambda: lsa(BEFORE + "<row/>" * 200_000 + AFTER), 200_000),
    "lists in lists": ("limesurvey_json", lambda: b'{"responses":[' + b"[" * 20_000_000, None),
    "a quote that does not end": (
        "limesurvey_csv",
        lambda: b'"id";"A"\r\n"1";"' + b"x\r\n" * 10_000_000,
        None,
    ),
    "a line that does not end": ("limesurvey_vv", lambda: b"id\tA\nid\tA\n" + b"x" * (30 << 20), None),
    "quotes in a plain table": ("plain", lambda: b'id,A\r\n1,"' + b'"",x\r\n' * 5_000_000, None),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_told_or_read_in_little_time_and_memory(tmp_path, name):
    export_format, make, rows = BOMBS[name]
    path = tmp_path / "export"
    path.write_bytes(make())
    command = [sys.executable, "-c", CHILD, str(path), export_format]
    child = subprocess.run(command, capture_output=True, text=True, timeout=5 * SECONDS, check=True)
    found, refusal, seconds, mebibytes = json.loads(child.stdout)
    assert (None if refusal else found) == rows
    assert seconds < SECONDS
    assert mebibytes < MEBIBYTES


def test_rows_out_of_place_and_cells_without_heading_are_told(tmp_path):
    """What openpyxl leaves out in silence: a row number that stood before, cells far to the right, and below."""
    lines = [
        f'<row r="3">{cell("A3", "1")}</row>',
        f'<row r="3">{cell("A3", "2")}</row>',
        f'<row r="4">{cell("A4", "3")}{cell("XFD4", "?")}</row>',
        f'<row r="5">{cell("A5", "4")}{cell("A5", "5")}</row>',
        f'<row r="9999999">{cell("A9999999", "6")}</row>',
    ]
    path = tmp_path / "export.xlsx"
    path.write_bytes(workbook(HEAD + "".join(lines)))
    (chunk,) = open_export(path, "limesurvey_xlsx").chunks()
    assert chunk.rows.to_pylist() == [{"id": "1"}]
    more, order = (
        "the row has more cells than there are headings",
        "the row does not follow the one before it",
    )
    assert [(bad.row_number, bad.reason, bad.text) for bad in chunk.rejected] == [
        (2, order, "2"),
        (3, more, "3\t?"),
        (4, more, "4\t5"),
        (5, order, "6"),
    ]
