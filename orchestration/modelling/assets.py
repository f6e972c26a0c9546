"""The dbt models as Dagster assets. Belongs here: names, groups and events for Dagster. Does not: how dbt runs."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import dagster as dg

from orchestration.errors import SkillsBankError
from orchestration.modelling.building import Made, build
from orchestration.modelling.dbt import DbtOutcome, prepare_manifest
from orchestration.modelling.failures import offending_rows
from orchestration.modelling.specs import load_specs
from orchestration.pools import WAREHOUSE
from orchestration.second_process import NoSecondProcess
from orchestration.settings import Engine, Settings

# In dbt's words: the models that read the estimates, and all that follow.
FIGURES = "source:estimates+"
MARTS = ("dim_", "fct_", "bridge_", "ind_", "population_", "pub_")


def modelling_assets(settings: Settings) -> list[dg.AssetsDefinition]:
    """One asset a dbt model or seed, built into the run's own candidate database, in two builds: the figures' models
    read what the estimation and disclosure stages make of the others."""
    specs = load_specs(settings.dbt_target)

    def asset(name: str) -> Callable[[Callable[..., Any]], dg.AssetsDefinition]:
        return dg.multi_asset(
            name=name,
            specs=specs.assets[name],
            check_specs=specs.checks[name],
            can_subset=True,
            required_resource_keys={"refresh_lock", "second_process"},
            pool=WAREHOUSE,
        )

    @asset("build_marts")
    def build_marts(context: dg.AssetExecutionContext) -> Iterator[Any]:
        # With all that a chosen model stands on, since each run's file starts empty.
        chosen = [f"+{name}" for name in _chosen(context)]
        arguments = ["--select", *chosen] if chosen else ["--exclude", FIGURES]
        yield from _built(context, arguments, settings)

    @asset("build_figures")
    def build_figures(context: dg.AssetExecutionContext) -> Iterator[Any]:
        if not settings.candidate(context.run.run_id).exists():
            raise SkillsBankError(
                "this run has built no marts that figures could be made of",
                expected="the marts, weights, figures and their protection in the same run",
                fix="launch the job weekly_refresh, or select the figures with everything upstream of them",
            )
        yield from _built(context, ["--select", *(_chosen(context) or [FIGURES])], settings)

    return [build_marts, build_figures]


def _built(
    context: dg.AssetExecutionContext,
    selection: Sequence[str],
    settings: Settings,
) -> Iterator[Any]:
    """Build the selection into the run's candidate database, and tell Dagster what came of each model and test."""
    warehouse = settings.candidate(context.run.run_id)
    # Spark's tables are in the catalogue of a session, which has to stay in the process of the run.
    second = NoSecondProcess if settings.engine == "spark" else context.resources.second_process
    told = second.stream(
        build,
        selection,
        warehouse_file=warehouse,
        lake=settings.lake,
        target_path=settings.dbt_target,
        engine=settings.engine,
    )
    # These import dbt, which takes seconds, while dbt is at work elsewhere.
    from dagster_dbt.core.dbt_cli_event import DbtCoreCliEventMessage  # noqa: PLC0415

    from orchestration.modelling.translation import Translator  # noqa: PLC0415

    manifest, translator = _manifest(settings), Translator()
    failed: list[dg.AssetCheckResult] = []
    for each in told:
        if isinstance(each, DbtOutcome):
            outcome = each
            break
        event, table = each
        message = DbtCoreCliEventMessage(raw_event=event, event_history_metadata={})
        for made in message.to_default_asset_events(manifest, translator, context):
            if isinstance(made, dg.Output):
                yield made.with_metadata({**made.metadata, **_shown(table)})
            elif isinstance(made, dg.AssetCheckResult) and not made.passed:
                failed.append(made)
            else:
                yield made
    samples = _samples(outcome, warehouse, settings.engine)
    for check in failed:
        rows = {"rows": samples[check.check_name]} if check.check_name in samples else {}
        yield check._replace(metadata={**check.metadata, **rows})
    if outcome.error is not None:
        raise outcome.error


def _shown(made: Made | None) -> dict[str, dg.MetadataValue[Any]]:
    """For the asset's page."""
    if made is None:
        return {}
    rows: dict[str, dg.MetadataValue[Any]] = {"dagster/row_count": dg.MetadataValue.int(made.rows)}
    records = [dg.TableRecord(first) for first in made.first]
    return rows | ({"preview": dg.MetadataValue.table(records)} if records else {})


def _samples(outcome: DbtOutcome, warehouse: Path, engine: Engine) -> dict[str, dg.TableMetadataValue]:
    """Up to 20 offending rows of each failed test, masked."""
    found = {}
    for node in outcome.nodes:
        if node.status == "fail" and node.sql is not None:
            columns, rows = offending_rows(node.sql, warehouse, engine)
            found[node.name] = dg.MetadataValue.table(
                [dg.TableRecord(dict(zip(columns, row, strict=True))) for row in rows]
            )
    return found


def _manifest(settings: Settings) -> Mapping[str, Any]:
    path = prepare_manifest(target_dir=settings.dbt_target)
    parsed: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return parsed


def mart_keys(models: Sequence[dg.AssetsDefinition]) -> list[dg.AssetKey]:
    """What a release is made from: the marts and the publishable tables."""
    keys = sorted(key for model in models for key in model.keys)
    return [key for key in keys if key.path[-1].startswith(MARTS)]


def _chosen(context: dg.AssetExecutionContext) -> list[str]:
    """The chosen models; none for a whole build."""
    return [key.path[-1] for key in sorted(context.selected_asset_keys)] if context.is_subset else []
