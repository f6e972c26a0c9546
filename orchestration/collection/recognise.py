"""What kind of export a file looks like. Belongs here: telling formats by a file's first bytes, so that a
wrong one can be named. Does not: reading any of them, nor choosing one in place of the codebook."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from pathlib import Path

_HEAD = 1 << 16
_VV_CODES = re.compile(rb"^id\t[A-Za-z0-9_#\t-]+\r?$", re.MULTILINE)
_CSV = re.compile(rb'(?:\xef\xbb\xbf)?"(?:[^"]|"")*"(?:[;,\t]|\r?\n|\Z)')
_JSON = re.compile(rb'(?:\xef\xbb\xbf)?\s*\{\s*"responses"\s*:')
_DAT_CELLS = re.compile(rb"(?:\xef\xbb\xbf)?(?:(?:'(?:[^']|'')*'|[-\d.]*),){3,}")
_Sign = Callable[[bytes, Path], object]
_SIGNS: tuple[tuple[str, _Sign], ...] = (
    ("spss_sav", lambda head, _: head[:4] in {b"$FL2", b"$FL3"}),
    ("limesurvey_json", lambda head, _: _JSON.match(head)),
    ("limesurvey_vv", lambda head, _: b"\t" in head and _VV_CODES.search(head)),
    ("limesurvey_spss", lambda head, path: path.suffix.lower() == ".dat" and _DAT_CELLS.match(head)),
    ("limesurvey_csv", lambda head, _: _CSV.match(head)),
)
_NAMES = {
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
    return f"this is {named(str(found))}; declare 'format: {found}' for it"


def named(export_format: str) -> str:
    """Name a format in words."""
    return _NAMES.get(export_format, export_format)


def _zipped(path: Path) -> str | None:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return None
    if any(name.endswith(".lsr") for name in names):
        return "limesurvey_lsa"
    return "limesurvey_xlsx" if "xl/workbook.xml" in names else None
