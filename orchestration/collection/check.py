"""`skillsbank codebook check`. Belongs here: which codebook to hold beside which structure and export. Does not: the
rules of a codebook, or the comparison itself (comparing.py)."""

from __future__ import annotations

from pathlib import Path

from orchestration.codebook import Codebook, load, load_all
from orchestration.collection.comparing import beside_data, beside_structure
from orchestration.collection.drafting import from_structure
from orchestration.collection.readers import open_declared
from orchestration.errors import CodebookError, SkillsBankError
from orchestration.settings import Settings


def check_codebooks(
    settings: Settings, edition: str | None, export: Path | None, structure: Path | None = None
) -> list[str]:
    """List what is wrong with the codebooks (one edition's, or all), and with one of them beside its survey.

    ``structure`` is an .lss file or .lsa archive, ``export`` the data. An export is read as each source that the
    codebook names, and compared as the first that can read it. Each mismatch names its line of the codebook.

    Raises:
        CodebookError: an export or structure is given without an edition.
    """
    if edition is None:
        if export is not None or structure is not None:
            raise CodebookError(
                "it is not said which codebook the file belongs to",
                expected="an edition and a file",
                fix="name the edition: skillsbank codebook check EDITION --structure FILE --export FILE",
            )
        try:
            load_all(settings.codebooks)
        except CodebookError as fault:
            return [str(fault)]
        return []
    path = settings.codebooks / f"{edition}.yaml"
    try:
        codebook = load(path)
    except CodebookError as fault:
        return [str(fault)]
    found: list[str] = []
    if structure is not None:
        try:
            found += beside_structure(codebook, path, from_structure(structure))
        except SkillsBankError as refusal:
            found.append(str(refusal))
    return found + ([] if export is None else _beside_export(codebook, path, export))


def _beside_export(codebook: Codebook, path: Path, export: Path) -> list[str]:
    refusals: list[str] = []
    for declared in codebook.exports:
        try:
            return beside_data(codebook, path, open_declared(export, declared, codebook))
        except SkillsBankError as refusal:
            refusals.append(str(refusal))
    return list(dict.fromkeys(refusals))
