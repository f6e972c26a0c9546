"""`skillsbank codebook check`. Belongs here: codebooks beside the headings of an export. Does not: the rules
of a codebook, or reading answers."""

from __future__ import annotations

from pathlib import Path

from orchestration.codebook import Codebook, check, load, load_all
from orchestration.collection.headings import translated
from orchestration.collection.readers import open_declared
from orchestration.errors import CodebookError, SkillsBankError
from orchestration.settings import Settings


def check_codebooks(settings: Settings, edition: str | None, export: Path | None) -> list[str]:
    """List what is wrong with the codebooks (one edition's, or all), and with one of them beside an export.

    An export is read in each format that the codebook names, and compared as the first that can read it.

    Raises:
        CodebookError: an export is given without an edition.
    """
    if export is not None and edition is None:
        raise CodebookError(
            "it is not said which codebook the export belongs to",
            expected="an edition and an export",
            fix="name the edition: skillsbank codebook check EDITION --export FILE",
        )
    try:
        if edition is None:
            load_all(settings.codebooks)
            return []
        codebook = load(settings.codebooks / f"{edition}.yaml")
    except CodebookError as fault:
        return [str(fault)]
    return [] if export is None else _beside(codebook, export)


def _beside(codebook: Codebook, export: Path) -> list[str]:
    refusals: list[str] = []
    for declared in codebook.exports:
        try:
            headings = open_declared(export, declared, codebook).headings
        except SkillsBankError as refusal:
            refusals.append(str(refusal))
            continue
        return check(codebook, translated(headings, codebook))
    return list(dict.fromkeys(refusals))
