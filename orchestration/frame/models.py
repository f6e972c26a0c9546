"""What a reference frame is made of. Belongs here: shapes and the form of each field. Does not: files, or rules
that look at several rows (rules.py)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints

Language = Literal["fr", "en"]
LANGUAGES: tuple[Language, ...] = ("fr", "en")
NameKind = Literal["label", "synonym", "acronym", "example"]
Relation = Literal["exact", "close", "broader"]
SchemeName = Literal["esco", "rome4"]

Code = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9]{0,9}-[A-Z0-9]{1,9}$")]
Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Competence(_Row):
    """One competence. It is valid from its first day to the day before ``valid_to``; None: to this day."""

    code: Code
    family: Text
    label_fr: Text
    label_en: Text
    definition_fr: Text
    definition_en: Text
    valid_from: date
    valid_to: date | None = None
    replaces: tuple[Code, ...] = ()

    def valid_on(self, day: date) -> bool:
        """Whether the competence is in use on a day."""
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)


class Level(_Row):
    """What a person can do at a level of a competence, 1 (the lowest) to 4."""

    code: Code
    level: Literal[1, 2, 3, 4]
    fr: Text
    en: Text


class Name(_Row):
    """A text that means a competence: a synonym, an acronym (of any language) or an example of wording."""

    code: Code
    kind: Literal["synonym", "acronym", "example"]
    language: Language | None
    text: Text


class Link(_Row):
    """How a competence relates to one of another scheme, as in SKOS: ``broader`` says that the target is."""

    code: Code
    scheme: SchemeName
    relation: Relation
    target: Text


class Family(_Row):
    """A group of competences, and its labels."""

    fr: Text
    en: Text


class Heading(_Row):
    """What frame.yaml says: which frame and version it is, its families in order, and the scale of levels."""

    frame: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]*$")]
    version: Annotated[str, StringConstraints(pattern=r"^[0-9]+(\.[0-9]+)*$")]
    valid_from: date
    title: Family
    licence: Text
    families: Mapping[str, Family]
    levels: Mapping[Literal["1", "2", "3", "4"], Family]


@dataclass(frozen=True)
class Frame:
    """A whole reference frame: its heading and its four tables, in the order of the files."""

    heading: Heading
    competences: tuple[Competence, ...]
    levels: tuple[Level, ...] = ()
    names: tuple[Name, ...] = ()
    links: tuple[Link, ...] = ()

    @property
    def version(self) -> str:
        """Frame and version in one word, as every mapping keeps it: ``skills-bank-2.0``."""
        return f"{self.heading.frame}-{self.heading.version}"

    def scheme(self, day: date | None = None) -> Scheme:
        """The frame as a scheme to count in: what is valid on ``day``, else what has no end."""
        used = [one for one in self.competences if (one.valid_on(day) if day else one.valid_to is None)]
        names: dict[str, list[ConceptName]] = {
            one.code: [ConceptName("fr", "label", one.label_fr), ConceptName("en", "label", one.label_en)]
            for one in used
        }
        for name in self.names:
            if name.code in names:
                names[name.code].append(ConceptName(name.language, name.kind, name.text))
        return Scheme(self.version, tuple(Concept(code, tuple(given)) for code, given in names.items()))


@dataclass(frozen=True, slots=True)
class ConceptName:
    """A text that means a concept; an acronym has no language."""

    language: Language | None
    kind: NameKind
    text: str


@dataclass(frozen=True, slots=True)
class Concept:
    """A competence of any scheme: its code there (ESCO: a URI; ROME: an OGR code) and its names, labels first."""

    code: str
    names: tuple[ConceptName, ...]

    def label(self, language: Language) -> str:
        """The label in a language; in the other where there is none."""
        labels = [name for name in self.names if name.kind == "label"]
        return next((name.text for name in labels if name.language == language), labels[0].text)


@dataclass(frozen=True)
class Scheme:
    """A list of competences to count in, whoever made it: ours, ESCO or ROME."""

    version: str
    concepts: tuple[Concept, ...]
