"""Damaged exports of the formats read row by row: no crash, no hang, no row lost in silence."""

import io
import json
import random
import zipfile
from xml.etree import ElementTree as ET

import openpyxl
import pytest

from orchestration.errors import ExportError

from .conftest import read

VARIANTS = 100
HEADINGS = ["id", "submitdate", "A", "B[x]"]
TEXTS = ["", "RAS", 'dit "oui"', "l'été", "a;b,c", "<b>", "=1+1", "12.5", "x" * 200]


def made_up(draw):
    return [
        [str(number), "2026-05-15 15:27:03", draw.choice(TEXTS), draw.choice(["Y", ""])]
        for number in range(1, 13)
    ]


def as_json(rows):
    return json.dumps({"responses": [dict(zip(HEADINGS, row, strict=True)) for row in rows]}).encode()


def as_spss(rows):
    def cell(text):
        return "'" + text.replace("'", "''") + "'" if text else ""

    return "".join(",".join([row[0], *map(cell, row[1:])]) + "\n" for row in rows).encode()


SYNTAX = " V1 F4\n V2 A30\n V3 A200\n V4 A1.\n" + "".join(
    f"RENAME VARIABLES ( V{place} = {name} ).\n"
    for place, name in enumerate(["id", "submitdate", "A", "B_x"], 1)
)
STRUCTURE = ET.tostring(
    ET.fromstring(
        "<document><LimeSurveyDocType>Survey</LimeSurveyDocType><questions><rows>"
        "<row><qid>1</qid><sid>1</sid><gid>1</gid><type>S</type><title>A</title></row>"
        "<row><qid>2</qid><sid>1</sid><gid>1</gid><type>M</type><title>B</title></row></rows></questions>"
        "<subquestions><rows><row><parent_qid>2</parent_qid><title>x</title><scale_id>0</scale_id></row></rows>"
        "</subquestions></document>"
    )
)


def lsr(rows):
    fields = ["id", "submitdate", "1X1X1", "1X1X2x"]
    root = ET.Element("document")
    responses = ET.SubElement(root, "responses")
    for name in fields:
        ET.SubElement(ET.SubElement(responses, "fields"), "fieldname").text = name
    table = ET.SubElement(responses, "rows")
    for row in rows:
        element = ET.SubElement(table, "row")
        for name, cell in zip(fields, row, strict=True):
            ET.SubElement(element, ("_" if name[0].isdigit() else "") + name).text = cell
    return ET.tostring(root)


def sheet(rows):
    book = openpyxl.Workbook()
    for row in [HEADINGS, *rows]:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def zipped(parts):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


def unzipped(content):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def as_lsa(rows):
    return zipped({"s.lss": STRUCTURE, "s_responses.lsr": lsr(rows), "s_tokens.lst": b"<secret/>"})


def damaged(draw, content):
    """Cut, change, insert, delete or splice bytes."""
    at = draw.randrange(len(content))
    match draw.randrange(5):
        case 0:
            return content[:at]
        case 1:
            changed = bytearray(content)
            for _ in range(draw.randint(1, 12)):
                changed[draw.randrange(len(changed))] = draw.choice(b"\"',;<>/{}[]\n\0\xe9")
            return bytes(changed)
        case 2:
            return (
                content[:at] + draw.choice([b"'", b"\n", b'"', b"<row>", b"},", b"]", b"\xff"]) + content[at:]
            )
        case 3:
            return content[:at] + content[at + draw.randint(1, 40) :]
        case _:
            return content[:at] + content[draw.randrange(len(content)) :]


FORMATS = {
    "limesurvey_json": (as_json, None),
    "limesurvey_spss": (as_spss, None),
    "limesurvey_lsa": (as_lsa, "s_responses.lsr"),
    "limesurvey_xlsx": (sheet, "xl/worksheets/sheet1.xml"),
}


def rows_in(export_format, content):
    """How many rows a damaged file still holds, counted without the reader."""
    if export_format == "limesurvey_json":
        return len(json.loads(content)["responses"])
    if export_format == "limesurvey_spss":
        return sum(line.strip(b"\r") != b"" for line in content.split(b"\n"))
    if export_format == "limesurvey_lsa":
        return len(ET.fromstring(unzipped(content)["s_responses.lsr"]).findall("responses/rows/row"))
    rows = openpyxl.load_workbook(io.BytesIO(content)).active.iter_rows(min_row=2, values_only=True)
    return sum(any(cell is not None for cell in row) for row in rows)


def variant(export_format, number):
    draw = random.Random(f"{export_format} {number}")
    make, part = FORMATS[export_format]
    rows = made_up(draw)
    if number % 10 == 0:  # swapped columns: every row is whole, and stands in another column
        return make([[*row[:2], row[3], row[2]] for row in rows])
    content = make(rows)
    if part is None or draw.random() < 0.4:
        return damaged(draw, content)
    parts = unzipped(content)
    return zipped(parts | {part: damaged(draw, parts[part])})


def outcome(path, export_format, content):
    path.write_bytes(content)
    path.with_suffix(".sps").write_text(SYNTAX)
    try:
        _, rows, rejected = read(path, export_format)
    except ExportError:
        return "refused"
    assert len(rows) + len(rejected) == rows_in(export_format, content)
    return "rejected rows" if rejected else "whole"


@pytest.mark.timeout(20)
@pytest.mark.parametrize("number", range(VARIANTS))
@pytest.mark.parametrize("export_format", FORMATS)
def test_damaged_export(tmp_path, export_format, number):
    outcome(tmp_path / "export.dat", export_format, variant(export_format, number))


@pytest.mark.parametrize("export_format", FORMATS)
def test_the_undamaged_export_is_read_and_damage_is_met(tmp_path, export_format):
    """The test above would prove nothing if every variant were refused, or none damaged."""
    make, _ = FORMATS[export_format]
    assert outcome(tmp_path / "export.dat", export_format, make(made_up(random.Random(1)))) == "whole"
    found = {outcome(tmp_path / "export.dat", export_format, variant(export_format, n)) for n in range(30)}
    assert {"refused", "whole"} <= found
