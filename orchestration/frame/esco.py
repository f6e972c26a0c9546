"""ESCO's own files. Belongs here: reading the skills of the classification, one CSV a language. Does not: the
hierarchy, occupations, or matching."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from orchestration.errors import FrameError
from orchestration.frame.models import LANGUAGES, Concept, ConceptName, Language, Scheme
from orchestration.frame.tables import read_rows

_FILE = re.compile(r"^skills_([a-z]{2})(?:[-_].*)?$")
_NEEDED = ("conceptUri", "preferredLabel", "altLabels")


def read_esco(files: Sequence[Path], version: str) -> Scheme:
    """Read the skills of ESCO: ``skills_fr.csv``, ``skills_en.csv``, as its site offers them for download.

    Concepts are joined by URI, in the order of the files. ESCO keeps withdrawn skills as rows without a label:
    they are left out, and so are hidden labels and descriptions.

    Raises:
        FrameError: a file that is not named so, lacks a column, or has a skill without URI.
    """
    names: dict[str, dict[ConceptName, None]] = {}
    for path in files:
        language = _language(path)
        for row in read_rows(path, _NEEDED):
            cells = row.cells
            if "conceptUri" not in cells:
                raise FrameError(
                    "the skill has no URI",
                    where=f"{path}, line {row.line}",
                    expected="conceptUri filled",
                    fix="download the file again",
                )
            if "preferredLabel" not in cells:
                continue
            others = re.split(r"[\n|]", cells.get("altLabels", ""))
            given = names.setdefault(cells["conceptUri"], {})
            given[ConceptName(language, "label", cells["preferredLabel"])] = None
            for other in filter(None, map(str.strip, others)):
                given[ConceptName(language, "synonym", other)] = None
    return Scheme(f"esco-{version}", tuple(Concept(uri, tuple(given)) for uri, given in names.items()))


def esco_files(folder: Path) -> list[Path]:
    """The files of our languages in a folder of ESCO's downloads; FrameError if there is none."""
    found = [path for language in LANGUAGES for path in sorted(folder.glob(f"skills_{language}*.csv"))]
    if not found:
        raise FrameError(
            "holds no file of ESCO's skills",
            where=str(folder),
            expected=" and ".join(f"skills_{language}.csv" for language in LANGUAGES),
            fix="unpack ESCO's download (CSV, French and English) there",
        )
    return found


def _language(path: Path) -> Language:
    match = _FILE.match(path.stem)
    for language in LANGUAGES:
        if match and match[1] == language:
            return language
    raise FrameError(
        "the name does not tell a language that we use",
        where=str(path),
        expected=f"skills_<language>.csv, with {' or '.join(LANGUAGES)}",
        fix="rename the file",
    )
