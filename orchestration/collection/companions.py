"""Files that explain another. Belongs here: which file beside an export says what its columns and numbers
mean. Does not: reading either."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from orchestration.collection.raw_file import is_itself
from orchestration.errors import ExportError

# By format: how a companion's name ends, and what it is.
COMPANIONS = {
    "limesurvey_spss": (".sps", "the SPSS syntax file"),
    "limesurvey_r": (".r", "the R syntax file"),
    "limesurvey_vv": (".lss", "the survey structure"),
}


def is_companion(path: Path, formats: Iterable[str]) -> bool:
    """Whether a file is of the kind that explains exports of one of these formats."""
    endings = {COMPANIONS[name][0] for name in formats if name in COMPANIONS}
    return path.suffix.lower() in endings and is_itself(path)


def companion(path: Path, export_format: str) -> Path | None:
    """Find the companion of an export in its folder: of the same name, but for the ending and the word `data`
    where the companion has `syntax`, else the only one there; None where there is none, no telling which, or
    no need of one.
    """
    if export_format not in COMPANIONS:
        return None
    ending, _ = COMPANIONS[export_format]
    found = [file for file in path.parent.glob("*") if file.suffix.lower() == ending and is_itself(file)]
    names = {path.stem.lower(), path.stem.lower().replace("data", "syntax")}
    named = [file for file in found if file.stem.lower() in names]
    chosen = named or found
    return chosen[0] if len(chosen) == 1 else None


def needed(path: Path, export_format: str) -> Path:
    """As `companion`.

    Raises:
        ExportError: there is none.
    """
    ending, what = COMPANIONS[export_format]
    found = companion(path, export_format)
    if found is None:
        raise ExportError(
            f"{what} ({ending}) that says what the columns mean does not lie beside the file",
            where=str(path),
            expected=f"both files of the export in one folder, such as {path.stem}{ending}",
            fix=f"put in {what} as well, under the name that LimeSurvey gave it",
        )
    return found
