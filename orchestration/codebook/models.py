"""What a codebook says, typed. Belongs here: the pydantic models. Does not: files, and checks of
more than one key (rules.py)."""

from __future__ import annotations

import codecs
import re
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from orchestration.codebook.columns import Column, Comparability, Kind, ValueKind, columns_of

# LimeSurvey's ids stay far below this.
IDS_A_SOURCE = 10_000_000_000


class Model(BaseModel):
    """Frozen, and closed to unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"'{name}' is not a time zone", "a name such as Europe/Paris") from None
    return name


def _known_format(name: str) -> str:
    # By their files: a reader belongs to a later stage, which nothing here imports.
    readers = Path(__file__).resolve().parent.parent / "collection" / "readers"
    formats = sorted(file.stem for file in readers.glob("[a-z]*.py"))
    if name not in formats:
        raise ValueError(f"'{name}' is not allowed", f"one of {', '.join(formats)}")
    return name


def _known_encoding(name: str) -> str:
    try:
        codecs.lookup(name)
    except LookupError:
        raise ValueError(f"'{name}' is not an encoding", "a name such as utf-8 or cp1252") from None
    return name


def _date_format(pattern: str) -> str:
    moment = datetime(2019, 3, 31, 14, 5)
    try:
        told = datetime.strptime(moment.strftime(pattern), pattern).date()
    except ValueError:
        told = None
    if told != moment.date():
        raise ValueError(f"'{pattern}' does not tell a day", "a format such as %d/%m/%Y %H:%M")
    return pattern


def _regular_expression(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as problem:
        raise ValueError(f"is not a regular expression: {problem}", "a pattern of Python's re") from None
    return pattern


Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
Heading = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]*(\[[^\[\]]+\])*$")]
Code = Annotated[str, StringConstraints(min_length=1)]


Texts = Annotated[
    tuple[Code, ...],
    BeforeValidator(lambda given: [given] if isinstance(given, str) else given),
    Field(min_length=1),
]


MetaName = Literal["id", "submitdate", "startlanguage", "startdate", "datestamp", "token", "ipaddr"]


class Label(Model):
    """A text in both languages of the project."""

    fr: Code
    en: Code


class Server(Model):
    """The survey on the LimeSurvey server, and how many of its responses were deleted there on purpose."""

    survey_id: Annotated[int, Field(ge=1)]
    deleted: Annotated[int, Field(ge=0)] = 0


class Layout(Model):
    """How a plain table is written: what nothing in the file itself tells for certain.

    ``sheet`` is a workbook's; ``heading_row`` counts from 1, and what stands above it is no response.
    """

    delimiter: Literal[";", ",", "tab", "|"] | None = None
    encoding: Annotated[str, AfterValidator(_known_encoding)] | None = None
    sheet: Code | None = None
    heading_row: Annotated[int, Field(ge=1, le=1000)] = 1
    decimal: Literal[".", ","] = "."


class Complete(Model):
    """Which rows are complete responses, where the submission time does not tell.

    Those with an answer under ``heading`` (one of ``is``, if given), or every row.
    """

    every_row: bool = False
    heading: Texts | None = None
    is_: Annotated[Texts | None, Field(alias="is")] = None

    @model_validator(mode="after")
    def _one_rule(self) -> Complete:
        if self.every_row == (self.heading is not None) or (self.is_ and not self.heading):
            raise ValueError(
                "the rule says too little or too much",
                "{every_row: true}, {heading: X} or {heading: X, is: Y}",
            )
        return self


class Export(Model):
    """Where one source's exports lie in the edition's inbox folder, and how to read them.

    ``server`` names the survey to pull instead where the settings name a LimeSurvey server. The other keys
    are for tools other than LimeSurvey: which heading is which of META_COLUMNS (``columns``), what is no
    question (``ignored``), how dates are written (``dates``: formats of strptime).
    """

    source: Name
    files: Code
    format: Annotated[str, AfterValidator(_known_format)]
    server: Server | None = None
    columns: dict[MetaName, Texts] = {}
    ignored: tuple[Code, ...] = ()
    dates: tuple[Annotated[Code, AfterValidator(_date_format)], ...] = ()
    complete_when: Complete | None = None
    layout: Layout | None = None

    @model_validator(mode="before")
    @classmethod
    def _one_format_is_a_list(cls, data: Any) -> Any:
        if isinstance(data, dict) and isinstance(data.get("dates"), str):
            return data | {"dates": [data["dates"]]}
        return data


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


class Tests(Model):
    """Which responses are tests: those whose answer to ``question`` contains ``matches`` (case ignored)."""

    question: Heading
    matches: Annotated[Code, AfterValidator(_regular_expression)]

    def found_in(self, text: str | None) -> bool:
        """Whether this answer marks a test."""
        return text is not None and _compiled(self.matches).search(text) is not None


class Condition(Model):
    """One condition for a question to be asked: the page reached, or another column's raw answer.

    ``is`` takes one answer code or a list of which any will do; ``below`` compares as a number, and an empty
    answer is not below anything. What was not asked has the answer "".
    """

    page: Annotated[int, Field(ge=0)] | None = None
    question: Heading | None = None
    is_: Annotated[tuple[str, ...] | None, Field(alias="is")] = None
    below: float | None = None

    @model_validator(mode="before")
    @classmethod
    def _one_code_is_a_list(cls, data: Any) -> Any:
        if isinstance(data, dict) and isinstance(data.get("is"), str):
            return data | {"is": [data["is"]]}
        return data

    @model_validator(mode="after")
    def _one_condition(self) -> Condition:
        tests = (self.is_ is not None) + (self.below is not None)
        if (self.page is not None) == (self.question is not None) or tests != (self.question is not None):
            raise ValueError(
                "the condition says too little or too much",
                "{page: N}, {question: X, is: Y}, {question: X, is: [Y, Z]} or {question: X, below: N}",
            )
        return self


class Question(Model):
    """One question of the questionnaire, under the code that heads its columns in the export.

    Tools other than LimeSurvey write texts: ``heading`` is the question's (where it is neither its code nor
    its label), ``item_labels`` and ``answer_labels`` those of its items and answer codes. Each is one text or
    a list of them (languages, spellings). The item ``other`` is the text of an answer that is not listed.
    """

    code: Heading
    kind: Kind
    label: Label
    variable: Name | None = None
    personal: bool = False
    comparability: Comparability = "identical"
    values: dict[Code, Code] | None = None
    items: dict[Code, Code] | None = None
    scales: dict[Literal["1", "2"], Name] | None = None
    slots: Annotated[int, Field(ge=1, le=500)] | None = None
    other: bool = False
    asked_when: tuple[Condition, ...] = ()
    heading: Texts | None = None
    item_labels: dict[Code, Texts] = {}
    answer_labels: dict[Code, Texts] = {}

    @model_validator(mode="before")
    @classmethod
    def _one_condition_is_a_list(cls, data: Any) -> Any:
        if isinstance(data, dict) and isinstance(data.get("asked_when"), dict):
            return data | {"asked_when": [data["asked_when"]]}
        return data


class Codebook(Model):
    """One edition's questionnaire, mapped to canonical variables."""

    edition: Name
    year: Annotated[int, Field(ge=1990, le=2100)]
    title: Label
    status: Literal["open", "closed"]
    simulated: bool
    has_frame: bool
    timezone: Annotated[str, AfterValidator(_known_zone)]
    languages: Annotated[tuple[Code, ...], Field(min_length=1)]
    retention_months: Annotated[int, Field(ge=1)]
    complete_when: Literal["submitted"]
    exports: Annotated[tuple[Export, ...], Field(min_length=1)]
    personal_columns: tuple[str, ...] = ()
    test_rows: Tests | None = None
    questions: Annotated[tuple[Question, ...], Field(min_length=1)]

    def first_id(self, source: str) -> int:
        """Give what is added to LimeSurvey's ids of a source, so that those of two sources never meet.

        ValueError for a source that is not among the exports.
        """
        return [export.source for export in self.exports].index(source) * IDS_A_SOURCE

    def columns(self) -> dict[str, Column]:
        """Give the questionnaire's columns by code heading, in export order, without META_COLUMNS."""
        return {column.heading: column for question in self.questions for column in columns_of(question)}


class Variable(Model):
    """A canonical variable: what every edition's answers to it share.

    ``values`` are its codes (a ``code`` variable only); ``items`` is a list of items or the name of a list in
    ``lists``, ``item_pattern`` a regular expression where items are open (years, countries).
    """

    name: Name
    kind: ValueKind
    label: Label
    values: tuple[Code, ...] | None = None
    values_from: Name | None = None
    items: tuple[Code, ...] | None = None
    items_from: Name | None = None
    item_pattern: Annotated[str, AfterValidator(_regular_expression)] | None = None


class Variables(Model):
    """data/codebooks/variables.yaml: the canonical variables and the lists of codes they share."""

    lists: dict[Name, tuple[Code, ...]]
    variables: Annotated[tuple[Variable, ...], Field(min_length=1)]
