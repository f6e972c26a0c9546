"""Protection as Dagster assets, and the attack as a gate. Belongs here: names, events and metadata for Dagster. Does
not: what is hidden, or how it is attacked."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import dagster as dg

from orchestration.collection.tombstones import read_all
from orchestration.disclosure.house_rules import read_rules
from orchestration.disclosure.rules import Rules
from orchestration.estimation.assets import FIGURES, MARTS, estimate_key, made, specs
from orchestration.settings import Settings

GATE, PUBLIC_KNOWLEDGE = "secrecy", "public_knowledge"
PUBLISHED = {
    "published_participation": "Participation as it may leave.",
    "published_figures": "Direct estimates as they may leave: hidden, rounded.",
    "published_changes": "Changes of which both figures are shown.",
    "published_contrasts": "Contrasts of which both shares are shown.",
    "published_territory_models": "Model-based figures, fitted again on what is shown.",
    "secrecy": "Why each public row is shown or hidden. Internal.",
    PUBLIC_KNOWLEDGE: "What this release and all before it tell of whom. Internal.",
}

_COLUMNS = dg.TableSchema(
    [
        dg.TableColumn("edition", description="Edition."),
        dg.TableColumn("system", description="Figures protected together."),
        dg.TableColumn("number", "int", "Number of the row in its system."),
        dg.TableColumn(
            "company_key", description="Keyed hash of the SIREN; null without one, and once erased."
        ),
        dg.TableColumn("respondent_id", "int", "Number of the questionnaire of those without company key."),
        dg.TableColumn("answer", "float", "The answer; another one of the same company is another row."),
        dg.TableColumn("value", "float", "Weighted part in the figures."),
        dg.TableColumn("weight", "float", "Companies that the respondent stands for."),
        dg.TableColumn("is_present", "bool", "Whether this release is still about this answer."),
        dg.TableColumn("sums", description="Numbers of the public sums of the system that it is part of."),
    ]
)


def disclosure_assets(settings: Settings) -> list[dg.AssetsDefinition]:
    """What may leave of the run's figures, as Parquet in its own folder."""
    read = [*MARTS, estimate_key("weights"), *(estimate_key(name) for name in FIGURES)]
    columns = {estimate_key(PUBLIC_KNOWLEDGE): {"dagster/column_schema": _COLUMNS}}

    @dg.multi_asset(
        name="protect",
        specs=[spec.merge_attributes(metadata=columns.get(spec.key, {})) for spec in specs(PUBLISHED, read)],
        required_resource_keys={"refresh_lock", "second_process"},
    )
    def protect(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[Any]]:
        from orchestration.disclosure.stage import make_public  # noqa: PLC0415 - imports SciPy

        run_id = context.run.run_id
        erased = [(stone.edition, stone.mark) for stone in read_all(settings.archive)]
        rows, log = make_public(
            settings.candidate(run_id),
            settings.estimates(run_id),
            settings.releases,
            _rules(settings),
            erased,
            start=context.resources.second_process.start,
        )
        yield from made(rows, {"log": dg.MetadataValue.json(log)})

    return [protect]


def secrecy_gate(
    settings: Settings, guards: dg.AssetKey, staged: Callable[[str], Path], content: Callable[[Path], str]
) -> dg.AssetChecksDefinition:
    """The attack on a run's staged release as a blocking check: it must learn nothing that is secret.

    ``staged`` gives the release's folder of a run, ``content`` hashes it as it lies on disk.
    """

    spec = dg.AssetCheckSpec(
        GATE,
        asset=guards,
        blocking=True,
        description="An attacker with all public tables, of this release and of all before it, recovers no secret.",
    )

    @dg.multi_asset_check(name=f"gate_{GATE}", specs=[spec], required_resource_keys={"second_process"})
    def secrecy(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        from orchestration.disclosure.stage import attack_public  # noqa: PLC0415 - imports SciPy

        run_id = context.run.run_id
        folder = staged(run_id)
        found = attack_public(
            settings.candidate(run_id),
            settings.estimates(run_id),
            folder / "public",
            settings.releases,
            _rules(settings),
            start=context.resources.second_process.start,
        )
        evidence = {
            "staged_content": content(folder),
            "expectations": found.systems,
            "failures": found.breaches,
            "rows": {},
        }
        yield dg.AssetCheckResult(
            asset_key=guards,
            check_name=GATE,
            passed=not found.breaches,
            severity=dg.AssetCheckSeverity.ERROR,
            description="; ".join(found.breaches[:10])
            or f"none of {found.secrets} secret cells can be recovered",
            metadata={
                "systems": found.systems,
                "cells": found.cells,
                "hidden": found.hidden,
                "secrets": found.secrets,
                "breaches": len(found.breaches),
                "evidence": dg.MetadataValue.json(evidence),
            },
        )

    return secrecy


def _rules(settings: Settings) -> Rules:
    return read_rules(settings.reference / "secrecy.yaml")
