"""Staging models of partners' tables, written from their contracts. Belongs here: the YAML and SQL that follow from a
contract alone. Does not: models that mean something (by hand, in dbt_project/models)."""

from __future__ import annotations

import json

import pyarrow as pa

from orchestration.collection.partners.contract import Column, Contract, Feed

_SQL = {
    pa.string(): "string", pa.int64(): "bigint", pa.float64(): "double", pa.bool_(): "boolean",
    pa.date32(): "date",
}  # fmt: skip


def staging_files(contract: Contract) -> dict[str, str]:
    """The files of ``models/staging/partners`` that a contract gives: one YAML, and one model a feed."""
    files = {f"_{contract.partner}.yml": _yaml(contract)}
    return files | {f"stg_lake__{feed.table}.sql": _model(feed) for feed in contract.feeds}


def _model(feed: Feed) -> str:
    columns = ",\n".join(
        f"    cast({column.name} as {_SQL[column.lake_type]}) as {column.name}" for column in feed.columns
    )
    return f"select\n{columns}\nfrom {{{{ read_lake('{feed.table}') }}}}\n"


def _yaml(contract: Contract) -> str:
    meta = f"owner: {contract.owner}, source: {contract.source}, licence: {contract.licence}"
    lines = [
        f"# {contract.title}. Written by `skillsbank partner staging {contract.partner}` from the partner's contract: "
        "change that.",
        "version: 2",
        "",
        "sources:",
        "  - name: lake",
        "    tables:",
    ]
    for feed in contract.feeds:
        lines += [
            f"      - name: {feed.table}",
            f"        description: {_quoted(feed.description)}",
            f"        config: {{meta: {{{meta}}}}}",
            f"        columns: &{feed.table}",
            *(f"          - {_column(column)}" for column in feed.columns),
        ]
    lines += ["", "models:"]
    for feed in contract.feeds:
        name, key = f"stg_lake__{feed.table}", ", ".join(feed.key)
        lines += [
            f"  - name: {name}",
            f"    description: {_quoted(feed.description)}",
            f"    config: {{meta: {{{meta}, grain: [{key}]}}}}",
            "    data_tests:",
            f"      - primary_key: {{name: {name}_key, arguments: {{columns: [{key}]}}}}",
            *_codes(feed),
            f"    columns: *{feed.table}",
        ]
    return "\n".join(lines) + "\n"


def _codes(feed: Feed) -> list[str]:
    """Competence codes are ours, typed by others: an unknown one is told, and does not stop the build."""
    if not any(column.name == "competences" for column in feed.columns):
        return []
    return [
        "      - codes_known:",
        f"          name: stg_lake__{feed.table}_competences_exist",
        "          arguments: {column_name: competences, to: ref('stg_lake__competence_recodes'), field: past_code}",
        "          config: {severity: warn}",
    ]


def _column(column: Column) -> str:
    kind = _SQL[column.lake_type]
    return f"{{name: {column.name}, data_type: {kind}, description: {_quoted(column.description)}}}"


def _quoted(text: str) -> str:
    # A JSON string is a YAML one.
    return json.dumps(text, ensure_ascii=False)
