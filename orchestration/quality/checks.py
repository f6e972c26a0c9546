"""The gates as blocking asset checks. Belongs here: one Dagster check a suite. Does not: what a gate expects."""

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import dagster as dg

from orchestration.modelling import spark
from orchestration.provenance import published
from orchestration.quality.gate import run_gate
from orchestration.quality.result import GateResult, previous_rows
from orchestration.quality.sources import GateContext
from orchestration.quality.suites import load_suite
from orchestration.settings import Settings


def gate_check(
    gate: str,
    guards: Sequence[dg.AssetKey],
    settings: Settings,
    *,
    after: Sequence[dg.AssetKey] = (),
    release: Callable[[str], Path] | None = None,
    content: Callable[[Path], str] | None = None,
) -> dg.AssetChecksDefinition:
    """One gate as a blocking check on every asset it guards: evaluated once, shown on each.

    Args:
        gate: the suite's name.
        guards: what must not be used downstream unless the gate passes.
        settings: where things are.
        after: further assets that must have been made before it looks.
        release: gives the staged release of a run, for the gate that looks at one.
        content: hashes that staged release as it lies on disk; the publisher compares it with what goes out.
    """
    suite = load_suite(gate)
    specs = [
        dg.AssetCheckSpec(gate, asset=key, additional_deps=after, blocking=True, description=suite.notes)
        for key in guards
    ]

    # Whoever refreshes one of the assets alone evaluates the gate for that one.
    @dg.multi_asset_check(
        name=f"gate_{gate}", specs=specs, required_resource_keys={"second_process"}, can_subset=True
    )
    def check(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        run_id = context.run.run_id
        warehouse = settings.candidate(run_id)
        staged = release(run_id) if release else None
        looked_at = GateContext(
            archive=settings.archive,
            codebooks=settings.codebooks,
            lake=settings.lake,
            warehouse_file=warehouse if warehouse.exists() else None,
            release=staged,
            previous=previous_rows((published(settings.releases) or {}).get("gates", [])),
        )
        if suite.meta.stage == "model" and settings.engine == "spark":
            # Here, where the session is that the marts were built in.
            result = run_gate(gate, looked_at, session=spark.active())
        else:
            result = context.resources.second_process.start(run_gate, gate, looked_at)()
        evidence = result.to_dict() | {"staged_content": content(staged) if content and staged else None}
        chosen = {check.asset_key for check in context.selected_asset_check_keys}
        for key in (key for key in guards if key in chosen):
            yield dg.AssetCheckResult(
                asset_key=key,
                check_name=gate,
                passed=result.passed,
                severity=dg.AssetCheckSeverity.ERROR,
                description=_headline(result),
                metadata={
                    "result": dg.MetadataValue.md(result.to_markdown()),
                    "expectations": result.expectations,
                    "failures": len(result.failures),
                    "evidence": dg.MetadataValue.json(json.loads(json.dumps(evidence, default=str))),
                },
            )

    return check


def _headline(result: GateResult) -> str:
    if result.passed:
        return f"all {result.expectations} expectations hold"
    return "; ".join(map(str, result.failures))
