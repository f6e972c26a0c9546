"""SurveyMonkey's CSV of all responses. Belongs here: its two rows of headings (questions, then answers), its
encoding. Does not: what the codebook makes of them (by_texts.py)."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from orchestration.collection.csv_text import CsvText, open_csv
from orchestration.collection.tools import Tool, ToolExport, in_brackets
from orchestration.errors import ExportError

FIX = (
    "in SurveyMonkey open Analyze results > Save as > Export file > All responses data, choose CSV with expanded "
    "columns and actual answer text, and put in the file unopened; headings in other languages are not known: make "
    "one row of the two and declare the file as 'format: plain'"
)
_KIND = "a SurveyMonkey export: CSV, beginning with the respondents' ids"
_IDS = ("Respondent ID", "RespondentID", "respondent_id")
_TOOL = Tool(
    name="SurveyMonkey",
    meta={
        "id": _IDS,
        "submitdate": ("End Date", "EndDate", "date_modified"),
        "startdate": ("Start Date", "StartDate", "date_created"),
        "ipaddr": ("IP Address", "ip_address"),
    },
    own=(
        *("Collector ID", "CollectorID", "collector_id", "Email Address", "email_address"),
        *("First Name", "first_name", "Last Name", "LastName", "last_name", "Custom Data 1", "custom_1"),
    ),
    item_headings=in_brackets,
    between=", ",
    other=("Other (please specify)",),
    # Only with AM or PM is it certain that the month comes first.
    dates=("%m/%d/%Y %I:%M:%S %p", "%m/%d/%Y %I:%M %p"),
)
# In the second row, under a question whose answer is in the one column.
_ANSWER = {"", "Response", "Open-Ended Response"}


def open_export(path: Path) -> ToolExport:
    """Open a file and read its headings.

    Each column is called ``Question`` or ``Question [answer]``. Older exports are not UTF-8: Windows-1252 is
    read as well, and told as the export's ``encoding``.

    Raises:
        ExportError: the file is no export of SurveyMonkey.
    """
    text = open_csv(path, _KIND, FIX, eight_bit=True)
    rows = text.first_rows(2)
    if not rows or rows[0][0].strip() not in _IDS:
        raise ExportError(
            f"the first heading is none of {', '.join(_IDS)}", where=f"{path}, row 1", expected=_KIND, fix=FIX
        )
    heads, second = rows[0], rows[1] if len(rows) > 1 else []
    # Without an id, the second row is no response: it has the answers' texts.
    two = bool(second) and not second[0].strip() and len(second) == len(heads)
    names = _names(text, heads, second if two else [""] * len(heads))
    return ToolExport(
        path,
        _TOOL,
        names,
        partial(text.rows, len(heads), 2 if two else 1),
        text.encoding.removesuffix("-sig"),
    )


def _names(text: CsvText, questions: list[str], answers: list[str]) -> tuple[tuple[str, ...], ...]:
    names, question = [], ""
    for place, (head, answer) in enumerate(zip(questions, answers, strict=True), 1):
        question = head.strip() or question
        if not head.strip() and not answer.strip():
            raise ExportError(
                f"column {place} has no heading",
                where=f"{text.path}, row 1",
                expected=text.kind,
                fix=text.fix,
            )
        names.append((question if answer.strip() in _ANSWER else f"{question} [{answer.strip()}]",))
    return tuple(names)
