"""`skillsbank codebook show`. Belongs here: a codebook as a table of questions. Does not: printing it."""

from __future__ import annotations

from orchestration.codebook.models import Codebook, Condition, Question

COLUMNS = (
    "code",
    "question_fr",
    "question_en",
    "kind",
    "variable",
    "comparability",
    "asked_when",
    "personal",
)


def questionnaire(codebook: Codebook) -> list[dict[str, str]]:
    """Give a row of COLUMNS a question, in the order of the questionnaire."""
    return [
        {
            "code": question.code,
            "question_fr": question.label.fr,
            "question_en": question.label.en,
            "kind": question.kind,
            "variable": _variable(question),
            "comparability": question.comparability if _variable(question) else "",
            "asked_when": " and ".join(map(condition_text, question.asked_when)),
            "personal": "personal" if question.personal else "",
        }
        for question in codebook.questions
    ]


def _variable(question: Question) -> str:
    return ", ".join((question.scales or {}).values()) or question.variable or ""


def condition_text(condition: Condition) -> str:
    """A condition in words: ``page 3``, ``EXPORT = Y``, ``PARTEXP < 50``."""
    if condition.page is not None:
        return f"page {condition.page}"
    if condition.below is not None:
        return f"{condition.question} < {condition.below:g}"
    return f"{condition.question} = {' or '.join(condition.is_ or ())}"
