"""Errors a user can act on. Belongs here: the exception types. Does not: handling or printing them."""

from __future__ import annotations

from orchestration.personal_text import hide


class SkillsBankError(Exception):
    """A problem that a user can solve, told in one message.

    Messages go to logs and to Dagster's storage, and may quote a heading, a cell or a file's name: whatever looks
    personal in them is hidden.

    Args:
        problem: what is wrong, in one sentence.
        where: the file, and the row, field or line in it.
        expected: what should have stood there.
        fix: what the user can do about it.
    """

    def __init__(
        self, problem: str, *, where: str | None = None, expected: str | None = None, fix: str | None = None
    ) -> None:
        problem = hide(problem)
        where, expected, fix = (text and hide(text) for text in (where, expected, fix))
        self.problem, self.where, self.expected, self.fix = problem, where, expected, fix
        said = f"{where}: {problem}" if where else problem
        parts = [
            said if said.endswith((".", "!", "?")) else f"{said}.",
            f"Expected: {expected}." if expected else None,
            f"What to do: {fix}." if fix else None,
        ]
        super().__init__(" ".join(part for part in parts if part))


class CodebookError(SkillsBankError):
    """A codebook that cannot be used."""


class ExportError(SkillsBankError):
    """A questionnaire export that cannot be read as its codebook says."""


class PartnerFileError(SkillsBankError):
    """A partner file that breaks its contract."""


class ArchiveError(SkillsBankError):
    """An archive entry that is missing, changed or cannot be written."""


class GateError(SkillsBankError):
    """A quality gate that failed, or whose evidence is missing."""


class ReleaseError(SkillsBankError):
    """A release that cannot be written, found, verified or switched to."""


class FrameError(SkillsBankError):
    """A reference frame, or another list of competences, that cannot be used."""


class ReviewError(SkillsBankError):
    """A reviewed spreadsheet or a file of decisions that cannot be taken over."""


class MatchError(SkillsBankError):
    """A company, territory, institution or edition that a release does not know, or knows nothing of."""


class BusyError(SkillsBankError):
    """Another refresh holds the data folder."""
