"""The licence of a column follows from its source, and what is not open does not get past the gate."""

from __future__ import annotations

import csv
import json
import shutil

import pytest
import yaml

from orchestration.collection.partners.contract import load_all
from orchestration.errors import ReleaseError
from orchestration.publication.dictionary import read_descriptions
from orchestration.publication.licences import SOURCES as LIST
from orchestration.publication.licences import Source, licence_of, read_sources
from orchestration.quality import GateContext, run_gate
from orchestration.settings import Settings

OPEN = "Every public column may be published under Licence Ouverte 2.0"
SOURCES = {
    code: Source(description=code, licence=licence, attribution=code)
    for code, licence in {"insee": "etalab-2.0", "map": "odbl-1.0", "loan": "no-redistribution"}.items()
}


@pytest.mark.parametrize(
    ("source", "declared", "licence"),
    [
        ("insee", "", "etalab-2.0"),
        ("insee", "etalab-2.0", "etalab-2.0"),
        ("insee", "internal", "internal"),
        ("map", "", "odbl-1.0"),
        ("map", "etalab-2.0", "odbl-1.0 AND etalab-2.0"),  # a column cannot be freer than its source
        ("map", "internal", "internal"),
        ("insee", "odbl-1.0", "etalab-2.0 AND odbl-1.0"),
        ("loan", "etalab-2.0", "no-redistribution AND etalab-2.0"),
        ("unheard of", "etalab-2.0", ""),
        ("", "etalab-2.0", ""),
    ],
)
def test_the_licence_of_a_column(source, declared, licence):
    assert licence_of(source, declared, SOURCES) == licence


def test_a_list_of_sources_that_cannot_be_read_is_told(tmp_path):
    (tmp_path / "bare.yaml").write_text("insee: {description: d, attribution: a}\n")
    (tmp_path / "torn.yaml").write_text("insee: {description: d\n")
    for name, fault in (
        ("bare", "insee.licence: Field required"),
        ("torn", "line 2"),
        ("none", "No such file"),
    ):
        with pytest.raises(ReleaseError, match="list of sources cannot be read") as told:
            read_sources(tmp_path / f"{name}.yaml")
        assert fault in str(told.value)


@pytest.fixture
def contracts(tmp_path):
    """The contract of one partner alone, and a way to change it."""
    path = tmp_path / "partners" / "tour" / "contract.yaml"
    path.parent.mkdir(parents=True)
    shutil.copy(Settings().contracts / "tour" / "contract.yaml", path)

    def change(old="", new=""):
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        return tmp_path / "partners"

    return change


def test_a_partner_is_a_source_by_its_contract_alone(contracts):
    listed = set(yaml.safe_load(LIST.read_text(encoding="utf-8")))
    partners = load_all(Settings().contracts)
    ours = {contract.source for contract in partners}
    ours |= {f"{contract.source}_statistics" for contract in partners if contract.statistics}
    assert not listed & ours
    assert set(read_sources()) == listed | ours
    found = read_sources(contracts=contracts("source: tour", "source: visits"))["visits"]
    assert found == Source(
        description="The tour and its workshop-debates", licence="etalab-2.0", attribution="Team of the tour"
    )


def test_what_a_contract_keeps_in_the_house_is_no_open_source(contracts):
    closed = contracts("licence: etalab-2.0\nattribution: Team of the tour", "licence: internal")
    found = read_sources(contracts=closed)["tour"]
    assert (found.licence, found.attribution) == ("no-redistribution", "The team of the tour")
    assert licence_of("tour", "etalab-2.0", {"tour": found}) == "no-redistribution AND etalab-2.0"


def test_a_source_that_is_told_twice_and_differently_is_refused(contracts):
    with pytest.raises(ReleaseError, match="'survey' of the partner 'tour' is described twice"):
        read_sources(contracts=contracts("source: tour", "source: survey"))
    with pytest.raises(ReleaseError, match="licence' is missing"):
        read_sources(contracts=contracts("licence: etalab-2.0\n"))


def manifest_of(tmp_path, columns, meta):
    node = {"name": "pub_x", "resource_type": "model", "description": "", "columns": columns, "meta": meta}
    (tmp_path / "manifest.json").write_text(json.dumps({"nodes": {"model.pub_x": node}}))
    return read_descriptions(tmp_path / "manifest.json")["pub_x"].columns


def test_a_column_without_a_source_takes_its_models(tmp_path):
    notes = manifest_of(
        tmp_path,
        {
            "inherits": {"description": "d"},
            "restricts": {"meta": {"licence": "internal"}},
            "differs": {"config": {"meta": {"source": "activities"}}},
        },
        {"source": "survey", "licence": "etalab-2.0"},
    )
    assert {name: (note.source, note.licence) for name, note in notes.items()} == {
        "inherits": ("survey", "etalab-2.0"),
        "restricts": ("survey", "internal"),
        "differs": ("activities", "apache-2.0"),
    }


def test_the_dictionary_names_sources_with_their_attribution(workshop):
    folder = workshop.candidate().folder / "public"
    with (folder / "dictionary.csv").open(encoding="utf-8", newline="") as file:
        rows = {(row["table"], row["column"]): row for row in csv.DictReader(file)}
    told = rows["pub_territory", "name"]
    assert (told["source"], told["licence"]) == ("geography", "etalab-2.0")
    page = (folder / "dictionary.html").read_text(encoding="utf-8")
    assert "DGCL" in page
    assert "socialgouv" not in page  # no public column comes from there


MARKED = {
    "theme_fr": {"source": "tour", "licence": "odbl-1.0"},
    "theme_en": {},
    "city": {"licence": "etalab-2.0"},
    "region_code": {"source": "unheard of"},
}


def test_columns_marked_odbl_or_of_no_known_source_are_refused_and_named_and_no_others(workshop):
    described = json.loads(workshop.dbt_manifest.read_text(encoding="utf-8"))
    for name, meta in MARKED.items():
        described["nodes"]["model.pub_stopover"]["columns"][name]["config"] = {"meta": meta}
    workshop.dbt_manifest.write_text(json.dumps(described), encoding="utf-8")
    result = run_gate("release", GateContext(release=workshop.build().folder))
    found = {
        failure.expectation: {(row["file"], row["column_name"]) for row in failure.rows}
        for failure in result.failures
        if failure.table == "release/public, columns"
    }
    assert found == {
        expectation: {(f"public/pub_stopover.{kind}", name) for kind in ("csv", "parquet") for name in names}
        for expectation, names in {
            OPEN: ("theme_fr",),
            "Every public column has a licence": ("theme_en", "city", "region_code"),
            "Every public column says where it comes from": ("theme_en", "city"),
        }.items()
    }
