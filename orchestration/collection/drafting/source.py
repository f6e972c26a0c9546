"""Where a draft comes from. Belongs here: choosing between file and server, and naming the edition. Does not: reading
either."""

from __future__ import annotations

import re
from pathlib import Path

from orchestration.collection.drafting.headings import from_export
from orchestration.collection.drafting.server import from_server
from orchestration.collection.drafting.structure import from_structure
from orchestration.collection.drafting.survey import Survey
from orchestration.collection.limesurvey import configured
from orchestration.errors import CodebookError
from orchestration.settings import Settings

_STRUCTURES = frozenset({".lss", ".lsa", ".lsq", ".lsg"})


def read_survey(settings: Settings, file: Path | None, survey: int | None) -> Survey:
    """Read a survey from a structure, an archive or an export, or from the server that the settings name.

    Raises:
        CodebookError: neither or both are given, or no server is configured.
        ExportError: file or server cannot be read.
    """
    if (file is None) == (survey is None):
        raise CodebookError(
            "it is not said what to draft from",
            expected="either a file or --server with the number of a survey",
            fix="skillsbank codebook draft structure.lss, or skillsbank codebook draft --server 482617",
        )
    if file is not None:
        return from_structure(file) if file.suffix.lower() in _STRUCTURES else from_export(file)
    server = configured(settings)
    if server is None or survey is None:
        raise CodebookError(
            "no LimeSurvey server is configured",
            expected="SKILLSBANK_LIMESURVEY_URL, SKILLSBANK_LIMESURVEY_USER and SKILLSBANK_LIMESURVEY_SECRET",
            fix="set them (docs/limesurvey.md), or draft from the survey's structure (.lss)",
        )
    with server:
        return from_server(server, survey)


def edition_of(survey: Survey, file: Path | None) -> str:
    """A name for the edition, where none is given: after the survey's number, else after the file."""
    told = f"survey_{survey.id}" if survey.id else (file.stem if file else "")
    name = re.sub(r"[^a-z0-9]+", "_", told.lower()).strip("_")
    return name if name[:1].isalpha() else f"edition_{name}".rstrip("_")
