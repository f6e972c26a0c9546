"""The two builds, the figures between them and the release, as Dagster runs them on the small lake."""

import shutil
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import pytest

from orchestration.disclosure import Reason, protect
from orchestration.disclosure.assets import disclosure_assets
from orchestration.estimation.assets import estimation_assets
from orchestration.estimation.files import read_table
from orchestration.modelling.assets import mart_keys, modelling_assets
from orchestration.modelling.building import Made, build
from orchestration.modelling.dbt import Event, cursor
from orchestration.provenance import write_inputs
from orchestration.publication.assets import KEY, evidence_of, publication_assets, secrecy_check
from orchestration.second_process import NoSecondProcess, second_process
from orchestration.settings import Settings


@pytest.fixture(scope="module")
def settings(small_lake: Any, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    settings = Settings(data=tmp_path_factory.mktemp("deployment"))
    small_lake.write(settings.lake)
    write_inputs(settings.lake, [])
    return settings


@pytest.fixture(scope="module")
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


@pytest.fixture(scope="module")
def first(settings: Settings, instance: dg.DagsterInstance) -> dg.ExecuteInProcessResult:
    return run(settings, instance)


def run(settings: Settings, instance: dg.DagsterInstance) -> dg.ExecuteInProcessResult:
    models = modelling_assets(settings)
    candidate = next(each for each in publication_assets(settings, mart_keys(models)) if each.key == KEY)
    return dg.materialize(
        [
            *models,
            *estimation_assets(settings),
            *disclosure_assets(settings),
            candidate,
            secrecy_check(settings),
        ],
        resources={
            "refresh_lock": dg.ResourceDefinition.none_resource(),
            "second_process": dg.ResourceDefinition.hardcoded_resource(NoSecondProcess()),
        },
        instance=instance,
        raise_on_error=False,
    )


def test_a_failed_test_shows_its_rows_masked(small_lake: Any, target: Path, tmp_path: Path) -> None:
    """On the check's page, not in the log alone."""
    broken = deepcopy(small_lake)
    company = broken.rows["frame"][0]
    broken.rows["frame"] += [dict(company), dict(company)]
    elsewhere = Settings(data=tmp_path)
    shutil.copytree(target, elsewhere.dbt_target)
    broken.write(elsewhere.lake)
    (marts, _) = modelling_assets(elsewhere)
    with dg.DagsterInstance.ephemeral() as instance, second_process() as second:
        result = dg.materialize(
            [marts],
            selection=[dg.AssetKey("stg_lake__frame")],
            resources={
                "refresh_lock": dg.ResourceDefinition.none_resource(),
                "second_process": dg.ResourceDefinition.hardcoded_resource(second),
            },
            instance=instance,
            raise_on_error=False,
        )
    assert not result.success
    (check,) = [
        each for each in result.get_asset_check_evaluations() if each.check_name == "stg_lake__frame_key"
    ]
    assert not check.passed
    (row,) = check.metadata["rows"].records
    assert row.data["company_key"] == f"{company['company_key'][:8]}…"
    assert company["company_key"] not in str(check.metadata)


def test_a_table_is_told_before_the_next_is_made(small_lake: Any, target: Path, tmp_path: Path) -> None:
    there: dict[str, list[str]] = {}

    def tell(told: tuple[Event, Made | None]) -> None:
        event, made = told
        if made is not None:
            with cursor() as connection:
                tables = connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()
            there[event["data"]["node_info"]["node_name"]] = [name for (name,) in tables]

    outcome = build(
        ["--select", "+dim_edition", "--exclude-resource-type", "test"], tell=tell, target_path=target,
        warehouse_file=tmp_path / "w.duckdb", lake=small_lake.write(tmp_path / "lake"), engine="duckdb",
    )  # fmt: skip
    assert outcome.error is None
    *before, last = there
    assert last == "dim_edition"
    assert "dim_edition" in there[last]
    assert before
    assert all("dim_edition" not in there[name] for name in before)


def checked(result: dg.ExecuteInProcessResult) -> dg.AssetCheckEvaluation:
    (found,) = [each for each in result.get_asset_check_evaluations() if each.check_name == "secrecy"]
    return found


def test_figures_are_made_between_the_builds_and_attacked_before_they_leave(
    settings: Settings, instance: dg.DagsterInstance, first: dg.ExecuteInProcessResult
) -> None:
    assert first.success, [event.message for event in first.get_step_failure_events()]
    made = {
        event.asset_key.to_user_string()
        for event in first.get_asset_materialization_events()
        if event.asset_key
    }
    assert {
        "fct_response", "estimates/weights", "estimates/figures", "estimates/published_figures", "ind_change",
        "pub_innovation_export", "release_candidate",
    } <= made  # fmt: skip
    # Tables and views of both builds have a number for the plot of their page.
    counted = {
        each.asset_key.path[-1]: each.metadata["dagster/row_count"].value
        for step in ("build_marts", "build_figures")
        for each in first.asset_materializations_for_node(step)
    }
    with duckdb.connect(str(settings.candidate(first.run_id)), read_only=True) as connection:
        for name in ("stg_lake__answers", "stg_estimates__figures", "fct_response"):
            assert connection.table(name).count("*").fetchall() == [(counted[name],)]
    shown = {
        each.asset_key.path[-1]: each.metadata
        for each in first.asset_materializations_for_node("build_marts")
    }
    assert shown["fct_response"]["preview"].records
    assert "preview" not in shown["stg_lake__answers"]
    check = checked(first)
    assert check.passed
    assert check.metadata["secrets"].value
    found = {gate.gate: gate for gate in evidence_of(instance, first.run_id).results}
    assert found["secrecy"].passed
    assert found["secrecy"].expectations > 20
    staged = settings.releases / f".candidate-{first.run_id}"
    assert found["secrecy"].subject_hash in (staged / "MANIFEST.json").read_text()


def test_a_secret_told_on_purpose_stops_the_release(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As if secondary suppression had been forgotten: the pattern hides only what is secret by itself.
    def primary_only(*arguments: Any, **options: Any) -> Any:
        found = protect(*arguments, **options)
        by_itself = found.reasons & ~int(Reason.SECONDARY)
        return replace(found, pattern=found.pattern & (by_itself != 0), reasons=by_itself)

    monkeypatch.setattr("orchestration.disclosure.publishing.protect", primary_only)
    with dg.DagsterInstance.ephemeral() as instance:
        result = run(settings, instance)
        check = checked(result)
        assert not check.passed
        assert "can be computed" in str(check.description)
        assert check.blocking


def test_the_next_release_keeps_the_pattern_of_the_current_one(
    settings: Settings, instance: dg.DagsterInstance, first: dg.ExecuteInProcessResult
) -> None:
    current = settings.releases / "current"
    current.symlink_to(settings.releases / f".candidate-{first.run_id}")
    second = run(settings, instance)
    assert second.success
    assert checked(second).passed
    made = second.asset_materializations_for_node("protect")
    assert all(
        "the earlier pattern still holds and is kept" in str(each.metadata["log"].value) for each in made
    )
    shown = [read_table(settings.estimates(each.run_id), "published_figures") for each in (first, second)]
    assert shown[0].equals(shown[1])
    current.unlink()
