"""Qualtrics's CSV. Belongs here: its three rows of headings (codes, texts, import ids), its time zones. Does not:
what the codebook makes of them (by_texts.py)."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from orchestration.codebook import Complete
from orchestration.collection.csv_text import open_csv
from orchestration.collection.tools import Tool, ToolExport
from orchestration.errors import ExportError

FIX = (
    "in Qualtrics open Data & Analysis > Export & import > Export data, choose CSV, all fields, and put in the "
    "file unopened with its three rows of headings"
)
_KIND = "a Qualtrics export: CSV in UTF-8, with rows of codes, texts and import ids above the responses"


def _headings(question: str, item: str) -> tuple[str, ...]:
    return (f"{question}_{item}", f"{question} - {item}")


_TOOL = Tool(
    name="Qualtrics",
    meta={
        "id": ("ResponseId", "ResponseID"),
        "submitdate": ("EndDate",),
        "startdate": ("StartDate",),
        "datestamp": ("RecordedDate",),
        "startlanguage": ("UserLanguage",),
        "ipaddr": ("IPAddress",),
    },
    own=(
        *(
            "Status",
            "Progress",
            "Duration (in seconds)",
            "Finished",
            "RecipientLastName",
            "RecipientFirstName",
        ),
        *("RecipientEmail", "ExternalReference", "LocationLatitude", "LocationLongitude"),
        *("DistributionChannel", "Q_BallotBoxStuffing", "Q_RecaptchaScore"),
    ),
    item_headings=_headings,
    between=",",
    other=("TEXT",),
    complete_when=Complete.model_validate({"heading": "Finished", "is": ["1", "True", "TRUE"]}),
)


def open_export(path: Path) -> ToolExport:
    """Open a file and read its headings: a column is called by its code, and by its text.

    Raises:
        ExportError: the file is no such export.
    """
    text = open_csv(path, _KIND, FIX, separators=(",", "\t"))
    rows = text.first_rows(3)
    if len(rows) < 3 or len({len(row) for row in rows}) != 1 or (ids := _import_ids(rows[2])) is None:
        raise ExportError(
            "the third row does not hold the import ids that Qualtrics writes",
            where=f"{path}, row 3",
            expected=_KIND,
            fix=FIX,
        )
    codes, texts, _ = rows
    zones = {code: zone for code, found in zip(codes, ids, strict=True) if (zone := found.get("timeZone"))}
    for zone in zones.values():
        _check_zone(path, zone)
    names = tuple(
        (code, label) if label.strip() else (code,) for code, label in zip(codes, texts, strict=True)
    )
    return ToolExport(path, _TOOL, names, partial(text.rows, len(codes), 3), "utf-8", zones)


def _import_ids(cells: list[str]) -> list[dict[str, str]] | None:
    found = []
    for cell in cells:
        try:
            entry = json.loads(cell)
        except (ValueError, RecursionError):
            return None
        if not isinstance(entry, dict) or not isinstance(entry.get("ImportId"), str):
            return None
        found.append({str(key): str(value) for key, value in entry.items()})
    return found


def _check_zone(path: Path, zone: str) -> None:
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        raise ExportError(
            f"'{zone}' is not a time zone",
            where=f"{path}, row 3",
            expected="a name such as Europe/Paris",
            fix=FIX,
        ) from None
