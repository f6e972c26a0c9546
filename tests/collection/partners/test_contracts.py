"""Contracts as they are read: faults are told by file, line and key; and the committed ones keep their promises."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from orchestration.collection.partners.contract import FILE, feeds_of, load_all, schemas
from orchestration.errors import PartnerFileError
from orchestration.lake import SCHEMAS

from .conftest import CONTRACTS, FEEDS

GOOD = """\
partner: visits
title: Visits of factories
source: visits
publisher: the chamber
owner: partnerships
licence: etalab-2.0
retention_years: 5
retention_reason: Compared year by year.
feeds:
  - table: factory_visits
    description: Visits. One row is one visit.
    files: visits*.csv
    format: csv
    every: year
    key: [visit_id]
    columns:
      - {name: visit_id, kind: code, description: Code.}
      - {name: visitors, kind: integer, description: Visitors.}
"""


def load(tmp_path: Path, text: str):
    path = tmp_path / "visits" / FILE
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return load_all(tmp_path)


def test_a_contract_gives_the_lakes_schema(tmp_path):
    (contract,) = load(tmp_path, GOOD)
    schema = schemas([contract])["factory_visits"]
    assert [(field.name, str(field.type), field.nullable) for field in schema] == [
        ("visit_id", "string", False),
        ("visitors", "int64", True),
    ]


@pytest.mark.parametrize(
    ("old", "new", "where", "words"),
    [
        ("kind: integer", "kind: number", "line 18, feeds[0].columns[1].kind", ["'number'", "integer"]),
        ("every: year", "every: day", "line 14, feeds[0].every", ["'day' is not allowed", "quarter"]),
        ("licence: etalab-2.0\n", "", "visits", ["'licence' is missing"]),
        ("files: visits", "file: visits", "line 12, feeds[0].file", ["unknown key 'file'", "files"]),
        ("key: [visit_id]", "key: [visit]", "line 10, feeds[0]", ["'visit' of 'factory_visits' is no column"]),
        ("name: visitors", "name: visit_id", "line 10, feeds[0]", ["'visit_id' of 'factory_visits' stands twice"]),
        ("kind: integer", "kind: siren", "line 10, feeds[0]", ["'visitors'", "company_key"]),
        ("partner: visits", "partner: visit", FILE, ["'visit' is not the folder's name 'visits'"]),
        ("files: visits*.csv", "member: '('\n    files: v*.csv", "line 12", ["'(' is no regular expression"]),
        ("partner: visits", "partner: 'visits", "line", ["is not valid YAML"]),
    ],
)  # fmt: skip
def test_a_fault_is_told_by_file_line_and_key(tmp_path, old, new, where, words):
    with pytest.raises(PartnerFileError) as caught:
        load(tmp_path, GOOD.replace(old, new, 1))
    assert where in caught.value.where
    for word in words:
        assert word in str(caught.value)


def test_two_partners_cannot_have_the_same_table(tmp_path):
    other = tmp_path / "visitors" / FILE
    other.parent.mkdir()
    other.write_text(GOOD.replace("partner: visits", "partner: visitors"), encoding="utf-8")
    with pytest.raises(PartnerFileError, match="'factory_visits' stands twice, at 'visitors' and 'visits'"):
        load(tmp_path, GOOD)


def test_the_feeds_of_the_issue_are_there():
    assert set(FEEDS) >= {
        "institutions", "training_offers", "stopovers", "workshop_questions", "workshop_attendance", "workshop_hosts",
        "quoted_figures", "innovation_aid", "vacancies", "labour_need", "federation_members", "customs_exporters",
        "rncp_sheets", "opportunities", "placements",
    }  # fmt: skip
    assert not set(FEEDS) & set(SCHEMAS)


def test_no_number_of_a_company_reaches_the_lake():
    for table, schema in schemas(CONTRACTS).items():
        assert not [name for name in schema.names if re.search("siren|siret", name)], table


def test_every_description_says_what_a_row_is():
    assert [feed.table for _, feed in feeds_of(CONTRACTS) if "One row is one " not in feed.description] == []
