"""What kind of export a file looks like. Belongs here: telling formats by a file's first bytes, so that a
wrong one can be named. Does not: reading any of them, nor choosing one in place of the codebook."""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

from orchestration.codebook import has_text_headings

_HEAD = 1 << 16
_VV_CODES = re.compile(rb"^id\t[A-Za-z0-9_#\t-]+\r?$", re.MULTILINE)
_CSV = re.compile(rb'(?:\xef\xbb\xbf)?"(?:[^"]|"")*"(?:[;,\t]|\r?\n|\Z)')
_JSON = re.compile(rb'(?:\xef\xbb\xbf)?\s*\{\s*"responses"\s*:')
_DAT_CELLS = re.compile(rb"(?:\xef\xbb\xbf)?(?:(?:'(?:[^']|'')*'|[-\d.]*),){3,}")
# Headings that one tool alone writes, within the first line (Qualtrics: the first rows).
_SURVEYMONKEY = re.compile(rb'(?:\xef\xbb\xbf)?"?(?:Respondent ?ID|respondent_id)"?[,;\t]')
_GOOGLE = re.compile(rb'(?:\xef\xbb\xbf)?"?(?:Timestamp|Horodateur)"?,')
_KOBO = re.compile(rb'[^\r\n]*(?:\b_uuid"?[;,]"?_submission_time\b|\bSubmissionDate\b[^\r\n]*,"?KEY\b)')
_FORMS = (b">Start time<", b">Completion time<")
_STAMP = re.compile(rb"<t[^>]*>(?:Timestamp|Horodateur)</t>")
_Sign = Callable[[bytes, Path], object]
_SIGNS: tuple[tuple[str, _Sign], ...] = (
    ("spss_sav", lambda head, _: head[:4] in {b"$FL2", b"$FL3"}),
    ("limesurvey_json", lambda head, _: _JSON.match(head)),
    ("limesurvey_vv", lambda head, _: b"\t" in head and _VV_CODES.search(head)),
    ("limesurvey_spss", lambda head, path: path.suffix.lower() == ".dat" and _DAT_CELLS.match(head)),
    ("qualtrics", lambda head, _: head.count(b'{""ImportId"":') > 1),
    ("surveymonkey", lambda head, _: _SURVEYMONKEY.match(head)),
    ("google_forms", lambda head, _: _GOOGLE.match(head)),
    ("kobo", lambda head, _: _KOBO.match(head)),
    ("limesurvey_csv", lambda head, _: _CSV.match(head)),
)
# Any quoted text and any workbook look like these, so that they are no contradiction for another tool.
_LOOSE = {"limesurvey_csv", "limesurvey_xlsx"}
_NAMES = {
    "google_forms": "responses of Google Forms",
    "kobo": "an export of KoboToolbox or ODK",
    "microsoft_forms": "responses of Microsoft Forms",
    "qualtrics": "a Qualtrics export",
    "surveymonkey": "a SurveyMonkey export",
    "limesurvey_csv": "a LimeSurvey CSV export",
    "limesurvey_json": "a LimeSurvey JSON export",
    "limesurvey_lsa": "a LimeSurvey .lsa archive",
    "limesurvey_r": "the data file of a LimeSurvey R export",
    "limesurvey_spss": "the data file of a LimeSurvey SPSS export",
    "limesurvey_vv": "a LimeSurvey VV export",
    "limesurvey_xlsx": "an Excel workbook",
    "spss_sav": "an SPSS .sav file",
}


def looks_like(path: Path) -> str | None:
    """Give the format that a file's content looks like, None where nothing tells it for certain."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
        if head.startswith(b"PK\x03\x04"):
            return _zipped(path)
    except OSError:
        return None
    return next((name for name, is_it in _SIGNS if is_it(head, path)), None)


def advice(path: Path, declared: str) -> str | None:
    """Say what a file is where it is not of the format that the codebook declares; None where it may be."""
    found = looks_like(path)
    # An R data file is a CSV file: only its numbers tell.
    if found in {None, declared} or (found, declared) == ("limesurvey_csv", "limesurvey_r"):
        return None
    if found in _LOOSE and has_text_headings(declared):
        return None
    return f"this is {named(str(found))}; declare 'format: {found}' for it"


def named(export_format: str) -> str:
    """Name a format in words."""
    return _NAMES.get(export_format, export_format)


def _zipped(path: Path) -> str | None:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            texts = _first_texts(archive, names)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError):
        return None
    if any(name.endswith(".lsr") for name in names):
        return "limesurvey_lsa"
    if "xl/workbook.xml" not in names:
        return None
    if all(sign in texts for sign in _FORMS):
        return "microsoft_forms"
    return "google_forms" if _STAMP.search(texts) else "limesurvey_xlsx"


def _first_texts(archive: zipfile.ZipFile, names: list[str]) -> bytes:
    """The first bytes of what holds a workbook's texts: of the headings, as a rule."""
    part = next(
        (name for name in ("xl/sharedStrings.xml", "xl/worksheets/sheet1.xml") if name in names), None
    )
    if part is None:
        return b""
    with archive.open(part) as file:
        return file.read(_HEAD)
