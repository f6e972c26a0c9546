"""The data dictionary. Belongs here: dbt's descriptions, sources and licences beside the released columns, and the
codebooks' questions. Does not: the descriptions themselves, which stand in the models' YAML files and the codebooks."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from orchestration.publication import dbt_manifest as manifests
from orchestration.publication.licences import Source, licence_of, read_sources
from orchestration.publication.pages import environment

FIELDS = ("table", "column", "type", "description", "source", "licence")


@dataclass(frozen=True)
class ColumnNote:
    """What dbt knows of one column; source and licence are empty where they cannot be told."""

    text: str = ""
    source: str = ""
    licence: str = ""


@dataclass(frozen=True)
class Description:
    """What dbt knows of one model: its own description, its columns' and its grain (``key``: what a row is one of)."""

    text: str
    columns: Mapping[str, ColumnNote]
    key: tuple[str, ...] = ()


@dataclass(frozen=True)
class Column:
    """One released column."""

    name: str
    type: str
    description: str
    source: str
    licence: str


@dataclass(frozen=True)
class Table:
    """One released table with its columns, in their order."""

    name: str
    description: str
    rows: int
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()


@dataclass(frozen=True)
class Question:
    """One question of one edition: wording in both languages, where its answers go and which there may be."""

    code: str
    label_fr: str
    label_en: str
    kind: str
    variables: tuple[str, ...]
    items: tuple[str, ...]
    answers: tuple[str, ...]
    comparability: str


def read_questions(connection: duckdb.DuckDBPyConnection) -> dict[str, list[Question]]:
    """The questions of each edition as its codebook words them, from ``dim_question``, in the questionnaire's order."""
    rows = connection.execute(
        "SELECT edition, question, any_value(label_fr), any_value(label_en), any_value(kind), "
        "list(variable ORDER BY position), list(item ORDER BY position), list(answers ORDER BY position), "
        "any_value(comparability) FROM dim_question GROUP BY edition, question ORDER BY edition, min(position)"
    ).fetchall()
    questions: dict[str, list[Question]] = {}
    for edition, code, label_fr, label_en, kind, variables, items, answers, comparability in rows:
        questions.setdefault(edition, []).append(
            Question(
                code,
                label_fr,
                label_en,
                kind,
                _distinct(variables),
                _distinct(items),
                _distinct(answers),
                comparability,
            )
        )
    return questions


def _distinct(texts: Iterable[str | None]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for text in texts if text))


def read_descriptions(dbt_manifest: Path) -> dict[str, Description]:
    """The descriptions of all models in dbt's ``manifest.json``.

    A column without a ``source`` in its meta takes its model's; its licence follows (``licence_of``).

    Raises:
        ReleaseError: the manifest or the list of sources cannot be read.
    """
    sources = read_sources()
    with manifests.opened(dbt_manifest) as said:
        return {
            node["name"]: Description(
                node.get("description") or "",
                {name: _note(column, node, sources) for name, column in node.get("columns", {}).items()},
                tuple(_meta(node).get("grain", ())),
            )
            for node in said["nodes"].values()
            if node["resource_type"] in ("model", "seed")
        }


def _note(column: Mapping[str, Any], node: Mapping[str, Any], sources: Mapping[str, Source]) -> ColumnNote:
    own, model = _meta(column), _meta(node)
    # A source of its own leaves the model's licence behind: the two belong together.
    source, declared = (
        (own["source"], own.get("licence", ""))
        if own.get("source")
        else (model.get("source", ""), own.get("licence") or model.get("licence", ""))
    )
    return ColumnNote(column.get("description") or "", source, licence_of(source, declared, sources))


def _meta(described: Mapping[str, Any]) -> Mapping[str, Any]:
    """The ``meta`` of a model or column, where dbt's manifest has it and where the YAML files do."""
    return described.get("meta") or (described.get("config") or {}).get("meta") or {}


def describe_tables(
    connection: duckdb.DuckDBPyConnection, tables: Iterable[str], descriptions: Mapping[str, Description]
) -> list[Table]:
    """The given tables of the connected database with types from it and texts from dbt."""
    unknown, bare = Description("", {}), ColumnNote()
    columns = defaultdict(list)
    for name, column, kind in connection.execute(
        "SELECT table_name, column_name, data_type FROM information_schema.columns "
        "WHERE table_catalog = current_database() ORDER BY table_name, ordinal_position"
    ).fetchall():
        columns[name].append((column, kind))
    found = []
    for name in sorted(tables):
        text = descriptions.get(name, unknown)
        (rows,) = connection.execute(f'SELECT count(*) FROM "{name}"').fetchone() or (0,)
        found.append(
            Table(
                name,
                text.text,
                rows,
                tuple(
                    Column(column, kind, note.text, note.source, note.licence)
                    for column, kind in columns[name]
                    for note in (text.columns.get(column, bare),)
                ),
                text.key,
            )
        )
    return found


def write_dictionary(tables: list[Table], questions: Mapping[str, Sequence[Question]], folder: Path) -> None:
    """Write ``dictionary.csv`` and ``dictionary.html`` for these tables; the page has each edition's questions too."""
    with (folder / "dictionary.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(FIELDS)
        for table in tables:
            writer.writerows(
                (table.name, column.name, column.type, column.description, column.source, column.licence)
                for column in table.columns
            )
    named = {column.source for table in tables for column in table.columns}
    sources = {code: source for code, source in sorted(read_sources().items()) if code in named}
    page = (
        environment()
        .get_template("dictionary.html.j2")
        .render(tables=tables, sources=sources, questions=questions)
    )
    (folder / "dictionary.html").write_text(page, encoding="utf-8")
