"""Weights and figures as Dagster assets. Belongs here: names, events and metadata for Dagster. Does not: how weights or
figures are computed."""

from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg
import pyarrow as pa

from orchestration.history_checks import History, history_check
from orchestration.settings import Settings

GROUP, OWNERS = "figures", ["team:statistics"]
# The marts that weights and figures are made of.
READ = (
    "dim_edition", "dim_competence", "dim_stopover", "fct_response", "fct_competence_need", "fct_company_need",
    "int_frame_located", "int_comparability",
)  # fmt: skip
MARTS = [dg.AssetKey(name) for name in READ]


WEIGHTS = {
    "weights": "Weight of each respondent after each step: design, non-response, calibration.",
    "response_rates": "Companies, invited, respondents and response rate by stratum of the frame.",
    "weight_margins": "Each margin unweighted, before and after calibration.",
    "weight_merges": "Cells that were too small, and what they were merged into.",
    "weight_diagnostics": "Kish size and design effect, convergence, range of weights and adjustments.",
}
FIGURES = {
    "participation": "Companies invited and responding by domain, counted on the frame.",
    "figures": "Direct estimates of every indicator and domain, with their uncertainty.",
    "changes": "Change between editions, with the covariance of companies that answered both.",
    "contrasts": "Export among innovators against the others, beside what was quoted.",
    "territory_models": "Model-based figures of the territories (Fay-Herriot).",
}


def estimate_key(table: str) -> dg.AssetKey:
    """The asset of a table of estimates, as the dbt source names it."""
    return dg.AssetKey(["estimates", table])


def specs(tables: Mapping[str, str], deps: list[dg.AssetKey]) -> list[dg.AssetSpec]:
    """One asset a table (name to description), in the group of the figures."""
    return [
        dg.AssetSpec(
            estimate_key(name),
            description=text,
            deps=deps,
            group_name=GROUP,
            owners=OWNERS,
            kinds={"parquet"},
        )
        for name, text in tables.items()
    ]


def made(rows: Mapping[str, int], metadata: Mapping[str, Any]) -> Iterator[dg.MaterializeResult[Any]]:
    """The events of tables just written, with their rows, ``metadata`` on each."""
    for name, count in rows.items():
        facts = {"dagster/row_count": count}
        yield dg.MaterializeResult(asset_key=estimate_key(name), metadata=facts | dict(metadata))


def estimation_assets(settings: Settings) -> list[dg.AssetsDefinition]:
    """The weights of every edition, and the figures made with them, as Parquet in the run's own folder."""

    @dg.multi_asset(name="weights", specs=specs(WEIGHTS, MARTS), required_resource_keys={"refresh_lock"})
    def weights(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[Any]]:
        from orchestration.estimation.stage import make_weights  # noqa: PLC0415 - imports SciPy

        run_id = context.run.run_id
        tables = make_weights(settings.candidate(run_id), settings.estimates(run_id))
        yield from made(
            _rows(tables), {"diagnostics": dg.MetadataValue.md(_markdown(tables["weight_diagnostics"]))}
        )

    @dg.multi_asset(
        name="figures",
        specs=specs(FIGURES, [*MARTS, estimate_key("weights")]),
        check_specs=[history_check(estimate_key("figures"))],
        required_resource_keys={"refresh_lock", "second_process"},
    )
    def figures(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[Any]]:
        from orchestration.estimation.stage import make_figures  # noqa: PLC0415 - imports SciPy

        run_id = context.run.run_id
        start = context.resources.second_process.start
        tables = make_figures(settings.candidate(run_id), settings.estimates(run_id), start)
        numbers = {"dagster/row_count": tables["figures"].num_rows, **_national(tables["figures"])}
        history = History(context.instance, context.run.job_name)
        for result in made(_rows(tables), {}):
            if result.asset_key == estimate_key("figures"):
                checked = [history.judge(estimate_key("figures"), numbers)]
                yield result._replace(metadata=numbers, check_results=checked)
            else:
                yield result

    return [weights, figures]


def _rows(tables: Mapping[str, pa.Table]) -> dict[str, int]:
    return {name: table.num_rows for name, table in tables.items()}


def _national(figures: pa.Table) -> dict[str, float]:
    """The figures of all companies together by indicator and edition, in the unit of the indicator."""
    return {
        f"{row['indicator']} {row['edition']}": row["value"]
        for row in figures.select(["indicator", "subject", "edition", "domain_type", "value"]).to_pylist()
        if row["domain_type"] == "all" and row["subject"] is None and row["value"] is not None
    }


def _markdown(diagnostics: pa.Table) -> str:
    """The diagnostics of the weights side by side, a column an edition."""
    from orchestration.estimation.tables import distinct  # noqa: PLC0415 - imports NumPy

    editions = distinct(diagnostics, "edition")
    if not editions:
        return "no edition has weights"
    found = {(row["edition"], row["measure"]): row["value"] for row in diagnostics.to_pylist()}
    lines = [f"| measure | {' | '.join(editions)} |", "|---|" + "---:|" * len(editions)]
    for measure in distinct(diagnostics, "measure"):
        values = (found.get((edition, measure)) for edition in editions)
        lines.append(f"| {measure} | {' | '.join('' if v is None else f'{v:,.6g}' for v in values)} |")
    return "\n".join(lines)
