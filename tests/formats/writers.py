"""Every format that intake reads, written from a table of cells. Belongs here: the list of them, and
those of LimeSurvey. Does not: what the cells are (questionnaires.py), other tools' formats (tool_writers.py)."""

import html
import json
import re
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from xml.sax.saxutils import escape

import pandas as pd
import pyreadstat

from orchestration.codebook import META_COLUMNS, Codebook, Column

from ..collection.conftest import limesurvey_vv
from . import tool_writers as tools
from .questionnaires import codebook, headings
from .zip_writers import SHEET, sheet, zipped

Row = Mapping[str, str | None]
Files = dict[str, bytes]
_LINE_END = re.compile("\r\n|[\n\r\x0b\x0c\x85\u2028\u2029]")
# What LimeSurvey's R and SPSS exports make of codes.
_RECODED = {"yes_no": {"Y": "1", "N": "2", "": ""}, "multiple": {"Y": "1", "": "0"}}
_RECODED["multiple_comments"] = _RECODED["multiple"]
_LABELS = {"yes_no": {"1": "Yes", "2": "No"}, "multiple": {"1": "Yes", "0": "Not selected"}}
_LABELS["multiple_comments"] = _LABELS["multiple"]


def kept(text: str) -> str:
    """What most formats make of a text."""
    return text


@dataclass(frozen=True)
class Format:
    """One way to write a table.

    ``write`` gives files by name, the export first. ``tells`` says that "not asked" is told from "left blank";
    ``holds`` makes of a text one that the format can hold. ``part`` names the file inside a zip that has the rows;
    ``numbered`` says that responses have numbers of their own.
    """

    export_format: str
    write: Callable[[Codebook, list[Row]], Files]
    tells: bool = False
    holds: Callable[[str], str] = kept
    part: str | None = None
    numbered: bool = True

    def codebook(self, count: int = 1) -> Codebook:
        """The codebook of ``count`` exports of the format."""
        return codebook(self.export_format, count)


def _cells(book: Codebook, rows: list[Row]) -> tuple[list[str], list[list[str | None]]]:
    names = headings(book)
    return names, [[row[name] for name in names] for row in rows]


def _blank(rows: list[list[str | None]]) -> list[list[str]]:
    return [[cell or "" for cell in row] for row in rows]


def _quoted(separator: str, rows: list[list[str | None]]) -> bytes:
    """Lines of cells, each quoted but for null, which LimeSurvey 5 leaves empty."""
    quoted = (
        ['"' + cell.replace('"', '""') + '"' if cell is not None else "" for cell in row] for row in rows
    )
    return "".join(separator.join(row) + "\r\n" for row in quoted).encode("utf-8-sig")


def _csv(separator: str, version_5: bool = False, expression_codes: bool = False):
    def write(book, rows):
        names, cells = _cells(book, rows)
        if expression_codes:
            columns = book.columns()
            names = [columns[name].vv_heading if name in columns else name for name in names]
        return {"export.csv": _quoted(separator, [names, *(cells if version_5 else _blank(cells))])}

    return write


def _vv(version: int):
    def write(book, rows):
        names, cells = _cells(book, rows)
        if version == 2:
            return {"export.txt": limesurvey_vv(names, cells)}
        structure, fields, _ = _structure(book)
        return {"export.txt": limesurvey_vv([fields[name] for name in names], cells), "export.lss": structure}

    return write


_TYPES = {
    **{
        "siren": "S",
        "text": "S",
        "long_text": "T",
        "yes_no": "Y",
        "single": "L",
        "multiple": "M",
        "array": "F",
    },
    **{"multiple_comments": "P", "dual_scale": "1", "array_numbers": ":", "ranking": "R", "number": "N"},
    "date": "D",
}


def _structure(book: Codebook) -> tuple[bytes, dict[str, str], dict[str, str]]:
    """The survey's .lss, and the field name of each heading until LimeSurvey 6 and since 7."""
    old, new = {name: name for name in META_COLUMNS}, {name: name for name in META_COLUMNS}
    tables = {"questions": [], "subquestions": [], "answers": []}
    number = iter(range(1, 1000))
    for question in book.questions:
        qid, six, seven = next(number), {}, {}
        fact = {"qid": qid, "sid": 1, "gid": 1, "type": _TYPES[question.kind], "title": question.code}
        tables["questions"].append(fact | {"other": "Y" if question.other else "N"})
        for item in question.items or {}:
            for scale, code in enumerate(item.split("_")):
                sub = next(number)
                tables["subquestions"].append(
                    {"qid": sub, "parent_qid": qid, "title": code, "scale_id": scale}
                )
                seven[item] = f"{seven[item]}_S{sub}" if scale else f"_S{sub}"
            six[item] = item
        for code in question.values or {}:
            aid = next(number)
            tables["answers"].append({"qid": qid, "aid": aid, "code": code, "scale_id": 0})
            if question.kind == "ranking":
                six[str(len(six) + 1)] = str(len(six) + 1)
                seven[str(len(seven) + 1)] = f"_R{aid}"
        for column in book.columns().values():
            if column.question == question.code:
                key = column.heading[len(question.code) :]
                item, _, scale = key.strip("[]").partition("][")
                ending = f"#{int(scale) - 1}" if scale else ""
                comment = "comment" if column.role == "comment" else ""
                plain = item.removesuffix(comment)
                beside = f"_C{plain}" if plain else ""
                old[column.heading] = f"1X1X{qid}{six.get(plain, plain)}{comment}{ending}"
                new[column.heading] = f"Q{qid}{seven.get(plain, beside)}{comment and '_C'}{comment}{ending}"
    document = "<document><LimeSurveyDocType>Survey</LimeSurveyDocType>"
    for name, table in tables.items():
        inside = "".join(
            "<row>" + "".join(f"<{key}>{value}</{key}>" for key, value in row.items()) + "</row>"
            for row in table
        )
        document += f"<{name}><rows>{inside}</rows></{name}>"
    return (document + "</document>").encode(), old, new


RESPONSES = "survey_1_responses.lsr"


def _lsa(version: int):
    def write(book, rows):
        structure, old, new = _structure(book)
        fields = new if version == 7 else old
        names, cells = _cells(book, rows)
        document = "<document><LimeSurveyDocType>Responses</LimeSurveyDocType><responses><fields>"
        document += "".join(f"<fieldname>{fields[name]}</fieldname>" for name in names) + "</fields><rows>"
        tags = [("_" if fields[name][0].isdigit() else "") + fields[name].replace("#", "-") for name in names]
        for row in cells:
            inside = (
                f"<{tag}>{escape(cell)}</{tag}>" if cell else f"<{tag}/>"
                for tag, cell in zip(tags, row, strict=True)
                if cell is not None
            )
            document += f"<row>{''.join(inside)}</row>\n"
        responses = (document + "</rows></responses></document>").encode()
        return {"export.lsa": zipped({"survey_1.lss": structure, RESPONSES: responses})}

    return write


def _json(version: int):
    def write(book, rows):
        names, cells = _cells(book, rows)
        cells = cells if version == 5 else _blank(cells)
        found = [dict(zip(names, row, strict=True)) for row in cells]
        found = [one | {"id": int(one["id"])} if one["id"].isdecimal() else one for one in found]
        if version == 3:
            found = [{str(one["id"]): one} for one in found]
        return {"export.json": json.dumps({"responses": found}).encode()}

    return write


def _xlsx(book, rows):
    """Numbers are numbers, as LimeSurvey writes them: but for those that begin with a zero."""
    names, cells = _cells(book, rows)
    numbers = {"id", "SIREN", "AMOUNT", "COUNTS[A_B]"}

    def typed(name, cell):
        plain = name in numbers and re.fullmatch(r"-?[1-9]\d{0,14}|0|-?\d{1,9}\.\d{1,4}", cell)
        return (float(cell) if "." in cell else int(cell)) if plain else cell

    typed_rows = [[typed(name, cell) for name, cell in zip(names, row, strict=True)] for row in _blank(cells)]
    return {"export.xlsx": sheet([names, *typed_rows])}


def _variables(book: Codebook) -> list[tuple[str, Column | None, str]]:
    """Heading, column and name of each variable, as R and SPSS syntax files name them."""
    columns = book.columns()
    found = []
    for name in headings(book):
        column = columns.get(name)
        variable = name.replace("[", "_").replace("]", "") if column is None else column.vv_heading
        if column and column.scale:
            variable = f"{variable[:-2]}#{variable[-1]}"
        found.append((name, column, variable))
    return found


def _is_recoded(column: Column | None) -> bool:
    return column is not None and column.kind in _RECODED and column.role not in {"other", "comment"}


def _recoded(column: Column | None, cell: str) -> str:
    return _RECODED[column.kind].get(cell, cell) if _is_recoded(column) else cell


def _r(book, rows):
    variables = _variables(book)
    lines = []
    for place, (_, column, variable) in enumerate(variables, 1):
        if _is_recoded(column):
            levels, labels = zip(*_LABELS[column.kind].items(), strict=True)
            words = ", ".join(f'"{label}"' for label in labels)
            lines.append(
                f"data[, {place}] <- factor(data[, {place}], levels=c({','.join(levels)}),labels=c({words}))"
            )
        lines.append(f'names(data)[{place}] <- "{variable}"')
    cells = [[_recoded(column, row[name] or "") for name, column, _ in variables] for row in rows]
    content = _quoted(";", [[name for name, _, _ in variables], *cells])
    return {"export_data.csv": content, "export_syntax.R": ("\n".join(lines) + "\n").encode()}


def _is_moment(name: str, column: Column | None) -> bool:
    return name in {"submitdate", "startdate", "datestamp"} or (column is not None and column.kind == "date")


def _spss(book, rows):
    variables = _variables(book)
    lines = ["GET DATA", " /VARIABLES="]
    for place, (name, column, _) in enumerate(variables, 1):
        number = _is_recoded(column) or name == "id"
        lines.append(
            f" V{place} {'DATETIME23.2' if _is_moment(name, column) else 'F4' if number else 'A16384'}"
        )
    lines[-1] += "."
    for place, (_, column, variable) in enumerate(variables, 1):
        if _is_recoded(column):
            pairs = "\n".join(f' {value} "{label}"' for value, label in _LABELS[column.kind].items())
            lines.append(f"VALUE LABELS  V{place}\n{pairs}.")
        lines.append(f"RENAME VARIABLES ( V{place} = {variable} ).")
    data = ""
    for row in rows:
        cells = []
        for name, column, _ in variables:
            cell = _recoded(column, row[name] or "")
            if _is_moment(name, column) and re.match(r"\d{4}-\d\d-\d\d", cell):
                cell = f"{cell[8:10]}-{cell[5:7]}-{cell[:4]}{cell[10:]}"
            cells.append(cell if _is_recoded(column) or not cell else "'" + cell.replace("'", "''") + "'")
        data += ",".join(cells) + "\n"
    return {"export_data.dat": data.encode("utf-8-sig"), "export_syntax.sps": "\n".join(lines).encode()}


def spss_text(text: str) -> str:
    """HTML tags and entities are resolved, lines joined, ends trimmed, long texts cut off."""
    plain = re.sub(r"<script.*?</script>|<[^<>]*>", "", text, flags=re.DOTALL)
    return re.sub(_LINE_END, " ", html.unescape(plain).strip(" \t\n\r\0\x0b")).strip(" ")[:16_384]


def _sav(book, rows):
    variables = _variables(book)
    data, labels = {}, {}
    for name, column, variable in variables:
        cells = [_recoded(column, row[name] or "") for row in rows]
        key = variable.replace("#", "_")
        if _is_moment(name, column):
            data[key] = [datetime.fromisoformat(cell) if cell else None for cell in cells]
        elif _is_recoded(column) or name == "id" or (column and column.kind in {"number", "array_numbers"}):
            data[key] = [float(cell) if cell else None for cell in cells]
            labels |= (
                {key: {int(v): label for v, label in _LABELS[column.kind].items()}}
                if _is_recoded(column)
                else {}
            )
        else:
            data[key] = cells
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "written.sav"
        pyreadstat.write_sav(pd.DataFrame(data), str(path), variable_value_labels=labels)
        return {"export.sav": path.read_bytes()}


def sav_text(text: str) -> str:
    """SPSS fills texts up with blanks, and takes them away again."""
    return text.rstrip(" ")


FORMATS: dict[str, Format] = {
    "csv": Format("limesurvey_csv", _csv(";")),
    "csv, commas": Format("limesurvey_csv", _csv(",")),
    "csv, tabs": Format("limesurvey_csv", _csv("\t")),
    "csv, expression codes": Format("limesurvey_csv", _csv(";", expression_codes=True)),
    "csv of version 5": Format("limesurvey_csv", _csv(";", version_5=True)),
    "vv": Format("limesurvey_vv", _vv(2), tells=True),
    "vv version 1": Format("limesurvey_vv", _vv(1), tells=True),
    "json": Format("limesurvey_json", _json(6)),
    "json of version 5": Format("limesurvey_json", _json(5)),
    "json of version 3": Format("limesurvey_json", _json(3)),
    "xlsx": Format("limesurvey_xlsx", _xlsx, part=SHEET),
    "lsa": Format("limesurvey_lsa", _lsa(6), tells=True, part=RESPONSES),
    "lsa of version 7": Format("limesurvey_lsa", _lsa(7), tells=True, part=RESPONSES),
    "R": Format("limesurvey_r", _r),
    "SPSS text": Format("limesurvey_spss", _spss, holds=spss_text),
    "sav": Format("spss_sav", _sav, holds=sav_text),
    "SurveyMonkey": Format("surveymonkey", tools.surveymonkey),
    "Qualtrics": Format("qualtrics", tools.qualtrics),
    "Google Forms": Format("google_forms", tools.google_forms, numbered=False),
    "Microsoft Forms": Format("microsoft_forms", tools.microsoft_forms, part=SHEET),
    "KoboToolbox": Format("kobo", tools.kobo),
    "plain": Format("plain", tools.plain),
    "plain workbook": Format("plain", tools.plain_workbook, part=SHEET),
}
