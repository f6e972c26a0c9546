"""Tables as tools other than LimeSurvey write them. Belongs here: headings, labels, several answers in a cell. Does
not: LimeSurvey's formats (writers.py)."""

import csv
import io
import json
from collections.abc import Callable, Mapping
from datetime import datetime

from orchestration.codebook import Codebook

from .zip_writers import sheet

Row = Mapping[str, str | None]


def _said(book: Codebook, row: Row) -> dict[str, str]:
    """The cells under question and item codes, answer codes as their labels."""
    labels = {question.code: question.answer_labels for question in book.questions}
    cells = {}
    for name, column in book.columns().items():
        cell = row[name] or ""
        cells[name] = labels[column.question].get(cell, (cell,))[0]
    return cells


def _ticks(row: Row, ticked: tuple[str, str], blank: str = "") -> list[str]:
    places = zip(("NEEDS[EN]", "NEEDS[DA]"), ticked, strict=True)
    return [text if row[name] == "Y" else blank for name, text in places]


def _tool(first: Callable[[Row], list[str]], needs: Callable[[Row], list[str]]):
    """Rows as a tool writes them: its own columns, the answers in order, and of NEEDS what ``needs`` gives."""

    def rows_of(book, rows):
        for row in rows:
            said = _said(book, row)
            before = [said[name] for name in ("SIREN", "NAME", "EXPORTS", "SIZE")]
            yield [*first(row), *before, *needs(row), *(said[name] for name in ("AMOUNT", "SINCE", "REMARK"))]

    return rows_of


BEFORE, AFTER = ["SIREN", "NAME", "EXPORTS", "SIZE"], ["AMOUNT", "SINCE", "REMARK"]
_BOTH = ("English", "Data")


def _lines(heads: list[list[str]], rows, separator=",", name="export.csv"):
    def write(book, given):
        out = io.StringIO()
        csv.writer(out, delimiter=separator, lineterminator="\r\n").writerows([*heads, *rows(book, given)])
        return {name: out.getvalue().encode()}

    return write


def _joined(end: str):
    return lambda row: [";".join(filter(None, _ticks(row, _BOTH))) + (end if any(_ticks(row, _BOTH)) else "")]


def _stamp(row: Row) -> str:
    moment = datetime.fromisoformat(row["submitdate"] or "")
    return f"{moment:%Y/%m/%d} {moment.hour % 12 or 12}:{moment:%M:%S %p} GMT+0"


_SENT = ["id", "submitdate"]
_SURVEYMONKEY = [
    ["Respondent ID", "End Date", *BEFORE, "NEEDS", "", *AFTER],
    ["", "", *["Response"] * 4, *_BOTH, *["Response"] * 3],
]
_QUALTRICS = ["ResponseId", "EndDate", "Finished", *BEFORE, "NEEDS_English", "NEEDS_Data", *AFTER]
_KOBO = ["_id", "_uuid", "_submission_time", *(f"g/{name}" for name in BEFORE)]
_KOBO += ["g/NEEDS/English", "g/NEEDS/Data", *(f"g/{name}" for name in AFTER)]
_PLAIN = ["No", "Sent", *BEFORE, "NEEDS [English]", "NEEDS [Data]", *AFTER]
_MICROSOFT = ["Id", "Start time", "Completion time", *BEFORE, "NEEDS", *AFTER]


def _sent(row: Row) -> list[str]:
    return [row[name] or "" for name in _SENT]


def _answers_as_ticks(row: Row) -> list[str]:
    return _ticks(row, _BOTH)


def _book(heading: list[str], rows):
    return lambda book, given: {"export.xlsx": sheet([heading, *rows(book, given)])}


surveymonkey = _lines(_SURVEYMONKEY, _tool(_sent, _answers_as_ticks))
qualtrics = _lines(
    [_QUALTRICS, _QUALTRICS, [json.dumps({"ImportId": f"QID{at}"}) for at, _ in enumerate(_QUALTRICS)]],
    _tool(lambda row: [*_sent(row), "1"], lambda row: _ticks(row, ("1", "1"))),
)
google_forms = _lines(
    [["Timestamp", *BEFORE, "NEEDS", *AFTER]], _tool(lambda row: [_stamp(row)], _joined(""))
)
microsoft_forms = _book(
    _MICROSOFT, _tool(lambda row: [row["id"] or "", "", row["submitdate"] or ""], _joined(";"))
)
kobo = _lines(
    [_KOBO],
    _tool(
        lambda row: [row["id"] or "", f"uuid-{row['id']}", row["submitdate"] or ""],
        lambda row: _ticks(row, ("1", "1"), "0"),
    ),
    ";",
)
plain = _lines([_PLAIN], _tool(_sent, _answers_as_ticks), ";")
plain_workbook = _book(_PLAIN, _tool(_sent, _answers_as_ticks))
