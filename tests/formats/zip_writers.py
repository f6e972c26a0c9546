"""Zip files and workbooks. Belongs here: their bytes. Does not: what stands in them (writers.py, tool_writers.py)."""

import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from xml.sax.saxutils import escape


def zipped(parts: Mapping[str, bytes]) -> bytes:
    """A zip file of these parts."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


def unzipped(content: bytes) -> dict[str, bytes]:
    """The parts of a zip file."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


SHEET = "xl/worksheets/sheet1.xml"


_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_KINDS = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_RELATION = (
    '<Relationships xmlns="{}/relationships"><Relationship Id="r1" Type="{}/{}" Target="{}"/></Relationships>'
)
_WORKBOOK = {
    "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_KINDS}.sheet.main+xml"/>'
    f'<Override PartName="/{SHEET}" ContentType="{_KINDS}.worksheet+xml"/></Types>',
    "_rels/.rels": _RELATION.format(_PACKAGE, _OFFICE, "officeDocument", "xl/workbook.xml"),
    "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
    '<sheet name="Sheet" sheetId="1" r:id="r1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": _RELATION.format(_PACKAGE, _OFFICE, "worksheet", "worksheets/sheet1.xml"),
}


def workbook(rows: str) -> bytes:
    """A workbook whose one sheet has these rows, as XML; its texts stand in the cells."""
    content = f'<worksheet xmlns="{_MAIN}"><sheetData>{rows}\n</sheetData></worksheet>'
    return zipped({name: text.encode() for name, text in {**_WORKBOOK, SHEET: content}.items()})


def sheet(rows: Iterable[Sequence[str | float | int]]) -> bytes:
    """A workbook of one sheet."""
    lines = []
    for at, row in enumerate(rows, 1):
        cells = ""
        for place, cell in enumerate(row):
            where = f"{chr(64 + place // 26) if place >= 26 else ''}{chr(65 + place % 26)}{at}"
            if isinstance(cell, str) and cell:
                cells += (
                    f'<c r="{where}" t="inlineStr"><is><t xml:space="preserve">{escape(cell)}</t></is></c>'
                )
            elif not isinstance(cell, str):
                cells += f'<c r="{where}"><v>{cell!r}</v></c>'
        lines.append(f'<row r="{at}">{cells}</row>')
    return workbook("\n".join(lines))
