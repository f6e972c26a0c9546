"""What the texts of other tools' exports stand for. Belongs here: a codebook's headings and labels, and their
rules. Does not: LimeSurvey's codes, or reading exports."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping

from orchestration.codebook.columns import OTHER, OTHER_CODE, YES_NO, Column, columns_of
from orchestration.codebook.finding import Finding
from orchestration.codebook.models import Codebook, Export, Question
from orchestration.codebook.yaml_text import Place

# The formats of LimeSurvey, whose headings are codes. Every other one needs the texts of the questions.
_BY_CODE = ("limesurvey_", "spss_")
# In both languages of the project; anything else is said in the codebook.
_SAID: Mapping[str, tuple[str, ...]] = {
    "Y": ("Yes", "yes", "YES", "Oui", "oui", "OUI", "TRUE", "True", "true", "VRAI"),
    "N": ("No", "no", "NO", "Non", "non", "NON", "FALSE", "False", "false", "FAUX"),
}
_TOOLS_ONLY = ("columns", "ignored", "dates", "complete_when")


def has_text_headings(export_format: str) -> bool:
    """Whether exports of a format are headed by texts, so that the codebook must say which is which."""
    return not export_format.startswith(_BY_CODE)


def plain_text(text: str) -> str:
    """Give a text as texts are compared: accents composed, blanks of any kind made one."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def headings_of(question: Question) -> tuple[str, ...]:
    """Give the texts that may head a question."""
    return question.heading or (question.code, question.label.fr, question.label.en)


def item_key(question: Question, column: Column) -> str:
    """Name a column within its question: ``C01``, ``other``, ``C01#2`` on the second scale, "" for itself."""
    return column.heading[len(question.code) :].strip("[]").replace("][", "#")


def answers_of(question: Question) -> dict[str, str]:
    """Give the answer code that each text of a question stands for; {} where its answers are no codes."""
    codes: dict[str, str] = {}
    if question.kind == "yes_no":
        codes = {plain_text(text): code for code in YES_NO for text in (code, *_SAID[code])}
    elif question.values:
        codes = {plain_text(code): code for code in question.values}
    for code, texts in question.answer_labels.items():
        codes |= {plain_text(text): code for text in texts}
    return codes


def items_of(question: Question) -> dict[str, str]:
    """Give the item that each text stands for in a cell of several answers."""
    items = {plain_text(code): code for code in question.items or {}}
    for item, texts in question.item_labels.items():
        if item != OTHER:
            items |= {plain_text(text): item for text in texts}
    return items


def label_findings(codebook: Codebook) -> Iterator[Finding]:
    """Yield the faults of headings and labels, and of what exports say of them."""
    headings: dict[str, str] = {}
    for i, question in enumerate(codebook.questions):
        place: Place = ("questions", i)
        keys = {item_key(question, column) for column in columns_of(question)} - {""}
        codes = {*(YES_NO if question.kind == "yes_no" else question.values or ())}
        codes |= {OTHER_CODE} if question.kind == "single" and question.other else set()
        yield from _labels(question.item_labels, (*place, "item_labels"), "item", keys)
        yield from _labels(question.answer_labels, (*place, "answer_labels"), "answer code", codes)
        for text in map(plain_text, question.heading or ()):
            other = headings.setdefault(text, question.code)
            if other != question.code:
                yield Finding(
                    (*place, "heading"),
                    f"'{text}' heads the question '{other}' already",
                    "one question a heading",
                    "correct one of the two",
                )
    for i, export in enumerate(codebook.exports):
        yield from _export(export, ("exports", i))


def _labels(
    labels: Mapping[str, tuple[str, ...]], place: Place, what: str, known: set[str]
) -> Iterator[Finding]:
    seen: dict[str, str] = {}
    for code, texts in labels.items():
        if code not in known:
            yield Finding(
                (*place, code),
                f"there is no {what} '{code}'",
                f"one of {', '.join(sorted(known))}" if known else f"a question with {what}s",
                "correct the code, or declare it",
            )
        for text in map(plain_text, texts):
            other = seen.setdefault(text, code)
            if other != code or (text in known and text != code):
                yield Finding(
                    (*place, code),
                    f"'{text}' stands for two {what}s, '{other if other != code else text}' and '{code}'",
                    "a text for one of them only",
                    "correct one of the two",
                )


def _export(export: Export, place: Place) -> Iterator[Finding]:
    for key in _TOOLS_ONLY:
        if getattr(export, key) and not has_text_headings(export.format):
            yield Finding(
                (*place, key),
                f"'{key}' has no meaning for the format {export.format}",
                "LimeSurvey's own headings, which are known",
                "remove it, or correct the format",
            )
    if export.layout is not None and export.format != "plain":
        yield Finding(
            (*place, "layout"),
            f"'layout' has no meaning for the format {export.format}",
            "the layout that the tool writes",
            "remove it, or declare 'format: plain'",
        )
