"""What every format of the pack says. Belongs here: the public tables with their keys and files, the sources, the
editions and the words for all of it. Does not: how one format writes it down."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path

from orchestration.publication.dictionary import Column, Table
from orchestration.publication.licences import Source, read_sources
from orchestration.publication.manifest import EditionState, sha256

NAME = "skills-bank"
TITLE = {"en": "Skills Bank: open data", "fr": "Banque de compétences : données ouvertes"}
SUMMARY = {
    "en": "Innovation, export and needed competences of French industrial companies, with intervals, by region, size, "
    "sector and industrial territory; stopovers of the tour and training offers. Cells under statistical secrecy or "
    "too uncertain are blank, with the reason.",
    "fr": "Innovation, exportation et besoins de compétences des entreprises industrielles françaises, avec "
    "intervalles, par région, taille, secteur et territoire d'industrie ; étapes du tour et offres de formation. Les "
    "cellules couvertes par le secret statistique ou trop incertaines sont vides, avec la raison.",
}
_SIMULATED = {
    "en": "SIMULATED DATA: the editions {editions} are invented and describe no real company.",
    "fr": "DONNÉES SIMULÉES : les éditions {editions} sont inventées et ne décrivent aucune entreprise réelle.",
}
KEYWORDS = {
    "en": ("skills", "industry", "innovation", "export", "training", "France"),
    "fr": ("compétences", "industrie", "innovation", "exportation", "formation", "France"),
}
PUBLISHER = "Skills Bank"
LICENCE = "etalab-2.0"
LICENCE_TITLE = "Licence Ouverte / Open Licence 2.0"
LICENCE_URL = "https://spdx.org/licenses/etalab-2.0.html"
WORKBOOK = "skills_bank.xlsx"


@dataclass(frozen=True)
class ForeignKey:
    """Columns of a table whose values are keys of another one, in the order of that table's key."""

    columns: tuple[str, ...]
    table: str


@dataclass(frozen=True)
class File:
    """A file of the pack: its name in ``public/``, size in bytes and sha256."""

    name: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Content:
    """The public part of a release, for the writers of the formats.

    Args:
        folder: ``public/`` of the candidate; the CSV and Parquet files of ``tables`` lie in it.
        tables: the public tables, by name.
        editions: those in the release.
        blank: the columns that are keys, here or elsewhere, and blank in some row, each as (table, column).
        released_on: the release date. Formats state it only in fields that the content hash leaves blank.
    """

    folder: Path
    tables: Sequence[Table]
    editions: Sequence[EditionState]
    released_on: date
    blank: Collection[tuple[str, str]] = ()

    @cached_property
    def files(self) -> Mapping[str, File]:
        """The tables' files by name: each as CSV and as Parquet."""
        paths = [
            self.folder / f"{table.name}.{ending}" for table in self.tables for ending in ("csv", "parquet")
        ]
        return {path.name: File(path.name, path.stat().st_size, sha256(path)) for path in paths}

    @cached_property
    def version(self) -> str:
        """12 hex digits over all public tables: the same in every format, another whenever a cell is."""
        lines = "".join(
            f"{name} {file.sha256}\n" for name, file in self.files.items() if name.endswith(".csv")
        )
        return hashlib.sha256(lines.encode()).hexdigest()[:12]

    @cached_property
    def sources(self) -> Mapping[str, Source]:
        """The sources that the columns name, by code."""
        return sources_of(column for table in self.tables for column in table.columns)

    @property
    def simulated(self) -> tuple[str, ...]:
        """The invented editions."""
        return tuple(edition.edition for edition in self.editions if edition.simulated)

    @property
    def years(self) -> tuple[int, int] | None:
        """First and last year of the editions."""
        years = [edition.year for edition in self.editions if edition.year is not None]
        return (min(years), max(years)) if years else None

    def description(self, language: str) -> str:
        """The data set in a few sentences, which say so first where an edition is simulated."""
        if not self.simulated:
            return SUMMARY[language]
        return f"{_SIMULATED[language].format(editions=', '.join(self.simulated))} {SUMMARY[language]}"

    def has_whole_key(self, table: Table) -> bool:
        """Whether the key of a table has a value in each of its columns and rows, as a primary key must."""
        return bool(table.key) and self.has_whole_columns(table, table.key)

    def has_whole_columns(self, table: Table, columns: Iterable[str]) -> bool:
        """Whether these columns, keys here or elsewhere, have a value in each row."""
        return not any((table.name, column) in self.blank for column in columns)

    def foreign_keys(self, table: Table) -> list[ForeignKey]:
        """The references of a table: columns named as the key of a table that describes something (no figures)."""
        names = {column.name for column in table.columns}
        return [
            ForeignKey(other.key, other.name)
            for other in self.tables
            if other.name != table.name
            and other.key
            and not {"value", "gap"} & {column.name for column in other.columns}
            and set(other.key) <= names
        ]


def sources_of(columns: Iterable[Column]) -> dict[str, Source]:
    """The known sources that these columns name, by code, sorted."""
    named = {column.source for column in columns}
    return {code: source for code, source in sorted(read_sources().items()) if code in named}
