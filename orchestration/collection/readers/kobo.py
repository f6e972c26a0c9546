"""KoboToolbox's and ODK Central's CSV. Belongs here: headings with groups, several answers in a cell or a column each.
Does not: what the codebook makes of them (by_texts.py)."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from orchestration.collection.csv_text import open_csv
from orchestration.collection.tools import Tool, ToolExport
from orchestration.errors import ExportError

FIX = (
    "in KoboToolbox open Data > Downloads, choose CSV with XML values and headings; in ODK Central download the "
    "submissions as CSV without repeats; put in the file unopened"
)
_KIND = (
    "a CSV of KoboToolbox (with _uuid and _submission_time) or of ODK Central (with KEY and SubmissionDate)"
)


def _headings(question: str, item: str) -> tuple[str, ...]:
    return (f"{question}/{item}", f"{question}_{item}")


_TOOL = Tool(
    name="KoboToolbox or ODK",
    meta={
        "id": ("_id", "_uuid", "KEY"),
        "submitdate": ("_submission_time", "SubmissionDate"),
        "startdate": ("start",),
    },
    own=(
        *(
            "_uuid",
            "_index",
            "_validation_status",
            "_notes",
            "_status",
            "_submitted_by",
            "_tags",
            "__version__",
        ),
        *("end", "today", "deviceid", "username", "phonenumber", "meta/instanceID", "meta/instanceName"),
        *("meta/rootUuid", "_attachments", "_parent_index", "_parent_table_name"),
        *(
            "KEY",
            "meta-instanceID",
            "meta-instanceName",
            "SubmitterID",
            "SubmitterName",
            "AttachmentsPresent",
        ),
        *("AttachmentsExpected", "Status", "ReviewState", "DeviceID", "Edits", "FormVersion"),
    ),
    item_headings=_headings,
    between=" ",
    other=("other",),
    zone="UTC",
)


def open_export(path: Path) -> ToolExport:
    """Open a file and read its headings. ``group/question`` is called ``question`` too where it is the only one.

    A row of HXL tags below the headings is left out.

    Raises:
        ExportError: the file is no such export.
    """
    text = open_csv(path, _KIND, FIX, separators=(";", ","))
    rows = text.first_rows(2)
    headings = rows[0] if rows else []
    is_odk = {"KEY", "SubmissionDate"} <= set(headings)
    if not is_odk and not {"_uuid", "_submission_time"} <= set(headings):
        raise ExportError(
            "the headings are not those of KoboToolbox or ODK",
            where=f"{path}, row 1",
            expected=_KIND,
            fix=FIX,
        )
    tags = [cell for cell in rows[1] if cell] if len(rows) > 1 else []
    skipped = 2 if tags and all(cell.startswith("#") for cell in tags) else 1
    names = tuple(_names(heading, "-" if is_odk else "/") for heading in headings)
    return ToolExport(path, _TOOL, names, partial(text.rows, len(headings), skipped))


def _names(heading: str, between: str) -> tuple[str, ...]:
    """A heading, and shorter ones without its groups."""
    names, rest = [heading], heading
    while between in rest:
        rest = rest.partition(between)[2]
        names.append(rest)
    return tuple(name for name in names if name) or (heading,)
