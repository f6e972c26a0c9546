"""Rules of the dbt project, read off its manifest: layers, names, keys, descriptions, contracts, sources."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import yaml

from orchestration.collection.partners.contract import feeds_of, load_all, schemas
from orchestration.disclosure.publishing import PUBLISHED_TABLES
from orchestration.estimation.results import FIGURE_TABLES
from orchestration.estimation.survey import WEIGHT_TABLES
from orchestration.lake import SCHEMAS as OWN_SCHEMAS
from orchestration.modelling.dbt import DBT_PROJECT
from orchestration.publication.dictionary import read_descriptions
from orchestration.publication.licences import read_sources
from orchestration.quality.partner_files import files_of
from orchestration.quality.suites import load_suite
from orchestration.settings import Settings

Manifest = dict[str, Any]
CONTRACTS = load_all(Settings().contracts)
SCHEMAS = OWN_SCHEMAS | schemas(CONTRACTS)
PREFIXES = {
    "staging": r"stg_(lake|estimates)__\w+",
    "intermediate": r"int_\w+",
    "marts": r"(dim|fct|bridge|ind|population)_\w+",
    "publishable": r"pub_\w+",
}
MAY_USE = {
    "staging": {"source"},
    "intermediate": {"staging", "intermediate", "seed"},
    "marts": {"staging", "intermediate", "marts", "seed"},
    "publishable": {"marts", "publishable", "seed", "staging"},
}
ARROW = {
    pa.string(): "string", pa.int64(): "bigint", pa.float64(): "double", pa.bool_(): "boolean",
    pa.timestamp("s"): "timestamp", pa.date32(): "date",
}  # fmt: skip
KEY_TESTS = {"primary_key"}
ESTIMATES = WEIGHT_TABLES | FIGURE_TABLES | PUBLISHED_TABLES


@pytest.fixture(scope="module")
def manifest(target: Path) -> Manifest:
    loaded: Manifest = json.loads((target / "manifest.json").read_text())
    return loaded


@pytest.fixture(scope="module")
def models(manifest: Manifest) -> dict[str, Any]:
    return {name: node for name, node in manifest["nodes"].items() if node["resource_type"] == "model"}


def layer(node: dict[str, Any]) -> str:
    return str(node["fqn"][1]) if node["resource_type"] == "model" else str(node["resource_type"])


def test_names_follow_the_layer(models: dict[str, Any]) -> None:
    wrong = [
        node["name"] for node in models.values() if not re.fullmatch(PREFIXES[layer(node)], node["name"])
    ]
    assert wrong == []


def test_layers_only_look_up(manifest: Manifest, models: dict[str, Any]) -> None:
    everything = manifest["nodes"] | manifest["sources"]
    wrong = [
        (node["name"], everything[parent]["name"])
        for node in models.values()
        for parent in node["depends_on"]["nodes"]
        if layer(everything[parent]) not in MAY_USE[layer(node)]
    ]
    assert wrong == []


def test_each_source_table_has_one_staging_model_and_no_other_reader(
    manifest: Manifest, models: dict[str, Any]
) -> None:
    readers = {
        source["name"]: [node["name"] for node in models.values() if unique_id in node["depends_on"]["nodes"]]
        for unique_id, source in manifest["sources"].items()
    }
    assert readers == {table: [f"stg_lake__{table}"] for table in SCHEMAS} | {
        table: [f"stg_estimates__{table}"] for table in ESTIMATES
    }


def test_figures_leave_from_the_protected_tables_alone(manifest: Manifest, models: dict[str, Any]) -> None:
    parents = {
        node["name"]: {manifest["nodes"][parent]["name"] for parent in node["depends_on"]["nodes"]}
        for node in models.values()
        if layer(node) == "publishable"
    }
    staged = {
        name: {parent for parent in found if parent.startswith("stg_")} for name, found in parents.items()
    }
    assert {name: found for name, found in staged.items() if found} == {
        "pub_participation": {"stg_estimates__published_participation"},
        "pub_innovation_export": {"stg_estimates__published_figures"},
        "pub_competence_need": {"stg_estimates__published_figures"},
        "pub_change": {"stg_estimates__published_changes"},
        "pub_contrast": {"stg_estimates__published_contrasts"},
        "pub_territory_model": {"stg_estimates__published_territory_models"},
    }
    inside = re.compile(r"ind_|fct_(response|competence_need|weight|secrecy)")
    assert [
        (name, parent) for name, found in parents.items() for parent in found if inside.match(parent)
    ] == []


def test_sources_have_the_columns_of_the_lake_both_ways(manifest: Manifest) -> None:
    declared = {
        source["name"]: {name: column["data_type"] for name, column in source["columns"].items()}
        for source in manifest["sources"].values()
    }
    written = {
        table: {field.name: ARROW[field.type] for field in schema}
        for table, schema in (SCHEMAS | ESTIMATES).items()
    }
    assert declared == written


def test_what_follows_from_the_contracts_is_what_is_there() -> None:
    given = files_of(CONTRACTS)
    folders = {DBT_PROJECT.parent / place.parent for place in given}
    found = {
        path.relative_to(DBT_PROJECT.parent): path.read_text("utf-8")
        for folder in folders
        for path in folder.iterdir()
    }
    assert found == given, "run `skillsbank partner write`"


def test_columns_of_a_partner_have_its_licence(models: dict[str, Any]) -> None:
    licences = {contract.source: contract.licence for contract, _ in feeds_of(CONTRACTS)}
    told = [
        (node["name"], name, column["meta"]["source"], column["meta"]["licence"])
        for node in models.values()
        for name, column in node["columns"].items()
        if column["meta"].get("source") in licences
    ]
    assert {source for _, _, source, _ in told} == set(licences)
    assert [one for one in told if licences[one[2]] != one[3]] == []


def test_models_have_the_columns_that_they_describe(models: dict[str, Any], built: Any) -> None:
    import duckdb

    with duckdb.connect(str(built.file), read_only=True) as connection:
        found: dict[str, list[str]] = {}
        for table, column in connection.execute(
            "select table_name, column_name from duckdb_columns() order by table_name, column_index"
        ).fetchall():
            found.setdefault(table, []).append(column)
    described = {node["name"]: list(node["columns"]) for node in models.values()}
    assert {name: sorted(found[name]) for name in described} == {
        name: sorted(columns) for name, columns in described.items()
    }
    contracted = [node["name"] for node in models.values() if node["config"]["contract"]["enforced"]]
    assert {name: found[name] for name in contracted} == {name: described[name] for name in contracted}


def test_everything_is_described(manifest: Manifest) -> None:
    bare = []
    for node in [*manifest["nodes"].values(), *manifest["sources"].values()]:
        if node["resource_type"] in ("model", "seed", "source"):
            if "One row is one " not in node["description"]:
                bare.append(node["name"])
            bare += [
                f"{node['name']}.{name}"
                for name, column in node["columns"].items()
                if not column["description"]
            ]
    assert bare == []


def test_every_model_and_seed_has_its_key_tested(manifest: Manifest) -> None:
    tested = {
        (test["attached_node"], tuple(test["test_metadata"]["kwargs"]["columns"]))
        for test in manifest["nodes"].values()
        if test["resource_type"] == "test" and test["test_metadata"]["name"] in KEY_TESTS
    }
    without = [
        node["name"]
        for unique_id, node in manifest["nodes"].items()
        if node["resource_type"] in ("model", "seed")
        # A quarantine holds what is wrong, duplicates included: it has no key.
        and node["name"] not in {"stg_lake__quarantine", "stg_lake__partner_quarantine"}
        and not any(attached == unique_id for attached, _ in tested)
    ]
    assert without == []
    grains = {
        (unique_id, tuple(node["meta"]["grain"]))
        for unique_id, node in manifest["nodes"].items()
        if node["resource_type"] == "model" and "grain" in node["meta"]
    }
    assert grains <= tested


def test_marts_have_enforced_contracts_and_typed_columns(models: dict[str, Any]) -> None:
    for node in models.values():
        if layer(node) in ("marts", "publishable"):
            assert node["config"]["contract"]["enforced"], node["name"]
            assert node["config"]["materialized"] == "table", node["name"]
            assert all(column["data_type"] for column in node["columns"].values()), node["name"]


def test_everything_has_an_owner(manifest: Manifest) -> None:
    for node in [*manifest["nodes"].values(), *manifest["sources"].values()]:
        if node["resource_type"] == "test":
            continue
        assert node["meta"].get("owner") or node.get("source_meta", {}).get("owner"), node["name"]


def test_every_column_that_is_released_has_a_known_source_and_a_licence(
    target: Path, models: dict[str, Any]
) -> None:
    notes = read_descriptions(target / "manifest.json")
    released = [node["name"] for node in models.values() if layer(node) in ("marts", "publishable")]
    assert [
        f"{table}.{column} ({note.source or 'no source'})"
        for table in released
        for column, note in notes[table].columns.items()
        if not note.source or not note.licence
    ] == []


def test_every_source_named_in_the_project_is_in_the_list(manifest: Manifest) -> None:
    nodes = [*manifest["nodes"].values(), *manifest["sources"].values()]
    described = [part for node in nodes for part in [node, *node.get("columns", {}).values()]]
    named = {part["meta"]["source"] for part in described if part.get("meta", {}).get("source")}
    assert named == set(read_sources())


def test_counts_of_closed_data_name_the_terms_that_let_them_be_published(
    manifest: Manifest, models: dict[str, Any]
) -> None:
    """A public column made from rows that may not be passed on cannot say `computed`: it names the partner's terms."""
    sources = read_sources()
    closed = {code for code, source in sources.items() if source.licence == "no-redistribution"}
    terms = {
        f"{contract.source}_statistics": contract.statistics.licence
        for contract in CONTRACTS
        if contract.statistics
    }
    assert terms == {code: sources[code].licence for code in sources if code.endswith("_statistics")}

    def named(node: dict[str, Any]) -> set[str]:
        return {
            column["meta"]["source"] for column in node["columns"].values() if column["meta"].get("source")
        }

    made_from = {
        node["name"]: (named(node), closed & {source for one in parents for source in named(one)})
        for node in models.values()
        if layer(node) == "publishable"
        for parents in [[models[one] for one in node["depends_on"]["nodes"] if one in models]]
    }
    used = {name: pair for name, pair in made_from.items() if pair[1]}
    assert set(used) == {"pub_student_opportunity"}
    for name, (said, partners) in used.items():
        assert said == {f"{partner}_statistics" for partner in partners}, name


def test_what_may_leave_holds_no_company_and_an_open_licence(target: Path, models: dict[str, Any]) -> None:
    (licences,) = (
        one.kwargs["value_set"] for one in load_suite("release").expectations if "licence" in one.columns
        and one.type == "expect_column_values_to_be_in_set"
    )  # fmt: skip
    notes = read_descriptions(target / "manifest.json")
    for node in models.values():
        if layer(node) == "publishable":
            for name, note in notes[node["name"]].columns.items():
                assert "company" not in name, f"{node['name']}.{name}"
                assert "respondent_id" not in name, f"{node['name']}.{name}"
                assert note.licence in licences, f"{node['name']}.{name}"


@pytest.mark.parametrize(
    "pattern",
    [
        r"group\s+by\s+all", r"\bfilter\s*\(", r"\bqualify\b", r"::", r"\bany_value\b", r"\blist_\w+\(",
        r"\bstruct_pack\b",
        r"\bread_parquet\b", r"\bexclude\s*\(", r"\bunpivot\b", r"order\s+by\s+all",
    ],
)  # fmt: skip
def test_sql_of_one_engine_stays_behind_dispatch(pattern: str) -> None:
    found = [
        str(path.relative_to(DBT_PROJECT))
        for path in sorted(DBT_PROJECT.rglob("*.sql"))
        if "engine" not in path.parts
        and "target" not in path.parts
        and re.search(pattern, path.read_text(), re.IGNORECASE)
    ]
    assert found == []


def test_nothing_is_sent_or_fetched() -> None:
    project = yaml.safe_load((DBT_PROJECT / "dbt_project.yml").read_text())
    assert project["flags"]["send_anonymous_usage_stats"] is False
    assert project["flags"]["version_check"] is False
    assert not any((DBT_PROJECT / name).exists() for name in ("packages.yml", "dependencies.yml"))


def test_no_file_is_long() -> None:
    long = {
        str(path.relative_to(DBT_PROJECT)): lines
        for path in DBT_PROJECT.rglob("*")
        if path.suffix in (".sql", ".yml") and "target" not in path.parts
        and (lines := len(path.read_text().splitlines())) > 400
    }  # fmt: skip
    assert long == {}


def test_names_of_tests_can_be_read_in_the_ui(manifest: Manifest) -> None:
    named = [test for test in manifest["nodes"].values() if test["resource_type"] == "test"]
    # dbt cuts a longer one and puts a hash behind it; it begins with its model.
    assert [test["name"] for test in named if len(test["name"]) > 63] == []
    assert [
        test["name"]
        for test in named
        if not test["name"].startswith(test["attached_node"].rsplit(".", maxsplit=1)[-1])
    ] == []
    assert len({test["name"] for test in named}) == len(named)
