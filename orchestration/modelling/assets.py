"""The dbt models as Dagster assets. Belongs here: names, groups and events for Dagster. Does not: how dbt runs."""

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb

from orchestration.errors import SkillsBankError
from orchestration.modelling.dbt import DbtOutcome, Event, prepare_manifest, run_dbt
from orchestration.modelling.failures import masked, offending_rows
from orchestration.modelling.specs import load_specs
from orchestration.pools import WAREHOUSE
from orchestration.settings import Engine, Settings

PREVIEW_ROWS = 5
# In dbt's words: the models that read the estimates, and all that follow.
FIGURES = "source:estimates+"
MARTS = ("dim_", "fct_", "bridge_", "ind_", "population_", "pub_")


def modelling_assets(settings: Settings) -> list[dg.AssetsDefinition]:
    """One asset a dbt model or seed, built in this process into the run's own candidate database, in two builds: the
    figures' models read what the estimation and disclosure stages make of the others."""
    specs = load_specs(settings.dbt_target)

    def build(name: str) -> Callable[[Callable[..., Any]], dg.AssetsDefinition]:
        return dg.multi_asset(
            name=name,
            specs=specs.assets[name],
            check_specs=specs.checks[name],
            can_subset=True,
            required_resource_keys={"refresh_lock"},
            pool=WAREHOUSE,
        )

    @build("build_marts")
    def build_marts(context: dg.AssetExecutionContext) -> Iterator[Any]:
        # With all that a chosen model stands on, since each run's file starts empty.
        chosen = [f"+{name}" for name in _chosen(context)]
        arguments = ["--select", *chosen] if chosen else ["--exclude", FIGURES]
        yield from _built(context, arguments, settings)

    @build("build_figures")
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
    from dagster_dbt.core.dbt_cli_event import DbtCoreCliEventMessage  # noqa: PLC0415 - imports dbt

    from orchestration.modelling.translation import Translator  # noqa: PLC0415 - imports dbt

    warehouse = settings.candidate(context.run.run_id)
    events: list[Event] = []
    outcome = run_dbt(
        ["build", *selection],
        warehouse_file=warehouse,
        lake=settings.lake,
        target_path=settings.dbt_target,
        on_event=events.append,
        engine=settings.engine,
    )
    if outcome.error is not None and not warehouse.exists():
        raise outcome.error
    samples = _samples(outcome, warehouse, settings.engine)
    facts = _Facts(warehouse, {_name(event) for event in events if "node_info" in event["data"]})
    manifest, translator = _manifest(settings), Translator()
    for event in events:
        message = DbtCoreCliEventMessage(raw_event=event, event_history_metadata={})
        for made in message.to_default_asset_events(manifest, translator, context):
            if isinstance(made, dg.Output):
                yield made.with_metadata({**made.metadata, **facts.of(_name(event))})
            elif isinstance(made, dg.AssetCheckResult) and made.check_name in samples:
                yield made._replace(metadata={**made.metadata, "rows": samples[made.check_name]})
            else:
                yield made
    facts.close()
    if outcome.error is not None:
        raise outcome.error


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


def _name(event: Event) -> str:
    return str(event["data"]["node_info"]["node_name"])


class _Facts:
    """Row counts of what a build made in a candidate database, and the tables' first rows, for the asset pages."""

    def __init__(self, warehouse: Path, built: Collection[str]) -> None:
        self._connection = duckdb.connect(str(warehouse), read_only=True)
        found = self._connection.execute(
            "SELECT table_name, table_type = 'VIEW' FROM information_schema.tables"
        ).fetchall()
        self._tables = {name for name, is_view in found if not is_view}
        self._rows = self._counted(sorted(name for name, is_view in found if is_view and name in built))

    def close(self) -> None:
        """Let go of the file, which the next build writes to."""
        self._connection.close()

    def of(self, table: str) -> dict[str, dg.MetadataValue[Any]]:
        """A view has no first rows: showing them would compute it again."""
        if table in self._rows:
            return {"dagster/row_count": dg.MetadataValue.int(self._rows[table])}
        if table not in self._tables:
            return {}
        first = self._connection.execute(f'SELECT * FROM "{table}" LIMIT {PREVIEW_ROWS}')
        names = [column[0] for column in first.description or ()]
        records = [
            dg.TableRecord(dict(zip(names, map(masked, row), strict=True))) for row in first.fetchall()
        ]
        ((count,),) = self._connection.execute(f'SELECT count(*) FROM "{table}"').fetchall()
        facts: dict[str, dg.MetadataValue[Any]] = {"dagster/row_count": dg.MetadataValue.int(count)}
        return facts | ({"preview": dg.MetadataValue.table(records)} if records else {})

    def _counted(self, views: Sequence[str]) -> dict[str, int]:
        """The rows of all views, in one query: nearly all read the footers of Parquet files and nothing else."""
        if not views:
            return {}
        each = (f"SELECT '{view}', count(*) FROM \"{view}\"" for view in views)
        try:
            return dict(self._connection.execute(" UNION ALL ".join(each)).fetchall())
        except duckdb.Error:  # one of them could not be built: dbt has said so
            return {}
