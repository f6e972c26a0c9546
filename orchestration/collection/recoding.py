"""Numbers in place of answer codes. Belongs here: undoing what LimeSurvey's R and SPSS exports recode, by the
labels they give. Does not: any file format."""

from __future__ import annotations

import re
from collections.abc import Mapping

# What the numbers 1, 2, 3 (or 1, 0) stood for, by LimeSurvey's labels in the project's languages. Lists of
# answers keep their own codes, so that the labels are all there is to go by.
_RECODED: Mapping[tuple[tuple[str, str], ...], tuple[str, ...]] = {
    (("1", "Oui"), ("0", "Non sélectionné")): ("Y", ""),
    (("1", "Yes"), ("0", "Not selected")): ("Y", ""),
    (("1", "Oui"), ("2", "Non")): ("Y", "N"),
    (("1", "Yes"), ("2", "No")): ("Y", "N"),
    (("1", "Oui"), ("2", "Non"), ("3", "Incertain")): ("Y", "N", "U"),
    (("1", "Yes"), ("2", "No"), ("3", "Uncertain")): ("Y", "N", "U"),
    (("1", "Féminin"), ("2", "Masculin")): ("F", "M"),
    (("1", "Female"), ("2", "Male")): ("F", "M"),
    (("1", "Augmenter"), ("2", "Sans changement"), ("3", "Diminuer")): ("I", "S", "D"),
    (("1", "Increase"), ("2", "Same"), ("3", "Decrease")): ("I", "S", "D"),
}
_SCALE = re.compile(r"\]\[([12])\]\Z")  # code headings count the scales from 1, expression codes from 0
# The participant's own columns, which SPSS exports put before the responses' without being asked.
_PARTICIPANT = {
    *("tid", "participant_id", "firstname", "lastname", "email", "emailstatus", "language", "blacklisted"),
    *("sent", "remindersent", "remindercount", "completed", "usesleft", "validfrom", "validuntil", "mpid"),
}


def undone(labels: Mapping[str, str]) -> dict[str, str]:
    """Give the answer code of each number of a column; {} where its values are no recoded ones."""
    codes = _RECODED.get(tuple(labels.items()), ())
    return dict(zip(labels, codes, strict=False))


def participant_columns(names: list[str]) -> set[int]:
    """Where participants' names, e-mails and attributes stand: before `id`, under LimeSurvey's own names."""
    before = names[: names.index("id")] if "id" in names else []
    return {
        place
        for place, name in enumerate(before)
        if name.lower() in _PARTICIPANT or name.lower().startswith("attribute_")
    }


def expression_code(heading: str) -> str:
    """Give a code heading as an expression code: `NIVEAU[C03][2]` becomes `NIVEAU_C03_1`, `CA[other]`
    `CA_other`.
    """
    counted = _SCALE.sub(lambda scale: f"_{int(scale[1]) - 1}", heading)
    return counted.replace("[", "_").replace("]", "")


def code_names(names: list[str]) -> list[str]:
    """Give variable names as expression codes: `NIVEAU_C03#0` becomes `NIVEAU_C03_0`."""
    return [name.replace("#", "_") for name in names]
