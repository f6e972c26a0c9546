"""Files as partners send them: CSV, Excel workbooks, zip files. Belongs here: the same rows give the same bytes, on any
machine. Does not: what is in them."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from xml.sax.saxutils import escape, quoteattr

Rows = Sequence[Sequence[object]]
"""Cells by row, the headings first: texts, numbers, dates, None for an empty cell."""

_TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml."
_SPREADSHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
# Number format 14 is a date in the reader's own language; style 1 stands for it.
_STYLES = (
    f'{_HEAD}<styleSheet xmlns="{_SPREADSHEET}"><fonts count="1"><font/></fonts>'
    '<fills count="1"><fill><patternFill patternType="none"/></fill></fills>'
    '<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="2"><xf/>'
    '<xf numFmtId="14" applyNumberFormat="1"/></cellXfs><cellStyles count="1">'
    '<cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)
_EPOCH = date(1899, 12, 30)


def csv_file(rows: Rows, *, separator: str = ";", encoding: str = "utf-8", line_end: str = "\r\n") -> bytes:
    """A CSV file; cells with separators, quotes or line breaks stand in quotes."""
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=separator, lineterminator=line_end).writerows(rows)
    return text.getvalue().encode(encoding)


def zip_file(members: Mapping[str, bytes]) -> bytes:
    """A zip file, not compressed: compressing gives other bytes with another version of zlib."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_STORED) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return whole.getvalue()


def workbook(sheets: Mapping[str, Rows]) -> bytes:
    """An Excel workbook (.xlsx, ECMA-376) of some sheets, by name."""
    numbers = range(1, len(sheets) + 1)
    texts: dict[str, int] = {}
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPES}sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_TYPES}styles+xml"/>'
        f'<Override PartName="/xl/sharedStrings.xml" ContentType="{_TYPES}sharedStrings+xml"/>'
        + "".join(
            f'<Override PartName="/xl/worksheets/sheet{number}.xml" ContentType="{_TYPES}worksheet+xml"/>'
            for number in numbers
        )
        + "</Types>",
        "_rels/.rels": _links([("officeDocument", "xl/workbook.xml")]),
        "xl/workbook.xml": f'<workbook xmlns="{_SPREADSHEET}" xmlns:r="{_RELATIONS}"><sheets>'
        + "".join(
            f'<sheet name={quoteattr(name)} sheetId="{number}" r:id="rId{number}"/>'
            for number, name in zip(numbers, sheets, strict=True)
        )
        + "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": _links(
            [
                *(("worksheet", f"worksheets/sheet{number}.xml") for number in numbers),
                ("styles", "styles.xml"),
                ("sharedStrings", "sharedStrings.xml"),
            ]
        ),
        "xl/styles.xml": _STYLES.removeprefix(_HEAD),
    }
    for number, rows in zip(numbers, sheets.values(), strict=True):
        lines = "".join(f"<row>{''.join(_cell(value, texts) for value in row)}</row>" for row in rows)
        parts[f"xl/worksheets/sheet{number}.xml"] = (
            f'<worksheet xmlns="{_SPREADSHEET}"><sheetData>{lines}</sheetData></worksheet>'
        )
    shared = "".join(f'<si><t xml:space="preserve">{escape(text)}</t></si>' for text in texts)
    parts["xl/sharedStrings.xml"] = f'<sst xmlns="{_SPREADSHEET}">{shared}</sst>'
    return zip_file({name: f"{_HEAD}{text}".encode() for name, text in parts.items()})


def _links(targets: Iterable[tuple[str, str]]) -> str:
    links = "".join(
        f'<Relationship Id="rId{number}" Type="{_RELATIONS}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(targets, 1)
    )
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{links}</Relationships>'


def _cell(value: object, texts: dict[str, int]) -> str:
    """A cell; a text is its place among the workbook's ``texts``, as Excel keeps them."""
    match value:
        case None:
            return "<c/>"
        case date():
            return f'<c s="1"><v>{(value - _EPOCH).days}</v></c>'
        case int() | float():
            return f"<c><v>{value}</v></c>"
    return f'<c t="s"><v>{texts.setdefault(str(value), len(texts))}</v></c>'
