"""Which columns are asked for. Belongs here: code headings out of a survey's field map. Does not: asking."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orchestration.codebook import META_COLUMNS, Codebook
from orchestration.collection.limesurvey.errors import LimeSurveyError
from orchestration.collection.personal import ALWAYS_PERSONAL

STAMPS = ("id", "submitdate", "datestamp")
_DUAL_SCALE = "1"


def wanted_fields(
    fieldmap: Mapping[str, Mapping[str, Any]], codebook: Codebook, where: str
) -> dict[str, str]:
    """Give code heading to field name, for every question and LimeSurvey's own columns that are used.

    Token, address and whatever else ``personal_columns`` names is left out, so that it never travels; so is
    what no codebook knows (the referrer's URL). Field names are taken as they are, never parsed: LimeSurvey 7
    forms them otherwise than 6.

    Raises:
        LimeSurveyError: the map lacks what makes headings, or two fields have one heading.
    """
    personal = ALWAYS_PERSONAL | set(codebook.personal_columns)
    fields: dict[str, str] = {}
    for name, field in fieldmap.items():
        if not field.get("qid"):
            heading = name
            if heading not in META_COLUMNS or heading in personal:
                continue
        else:
            heading = heading_of(field)
        if not heading or heading in fields:
            raise LimeSurveyError(
                f"the field '{name}' has {f'the heading {heading!r} of another' if heading else 'no code'}",
                where=where,
                expected="a code of its own for each question and subquestion",
                fix="correct the codes in the survey",
            )
        fields[heading] = name
    if "id" not in fields or "submitdate" not in fields:
        raise LimeSurveyError(
            "the survey's fields lack 'id' or 'submitdate'",
            where=where,
            expected="the field map of LimeSurvey 3 to 7",
            fix="ask the server's administrator whether a plug-in changes get_fieldmap",
        )
    return fields


def heading_of(field: Mapping[str, Any]) -> str:
    """As export_responses heads a question's column: ``COMP[C01]``, ``CA[other]``, ``NIVEAU[C03][1]``."""
    heading, part = str(field.get("title") or ""), field.get("aid")
    if heading and part not in {None, ""}:
        heading += f"[{part}]"
    if str(field.get("type")) == _DUAL_SCALE:
        # Field maps count the two scales from 0, headings from 1.
        heading += f"[{int(field.get('scale_id') or 0) + 1}]"
    return heading
