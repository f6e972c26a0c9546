"""The release as Dagster assets. Belongs here: candidate, its gate, the publishing. Does not: how any of it is done."""

from collections.abc import Sequence
from typing import Any

import dagster as dg

from orchestration import audit
from orchestration.asset_pages import public_link
from orchestration.disclosure.assets import PUBLIC_KNOWLEDGE, secrecy_gate
from orchestration.estimation.assets import estimate_key
from orchestration.modelling.dbt import prepare_manifest
from orchestration.provenance import code_parts, code_version, read_inputs
from orchestration.publication.candidate import candidate_folder, open_candidate
from orchestration.publication.evidence import RELEASE_GATE, SECRECY_GATE, Evidence
from orchestration.publication.manifest import GateResult, content_hash, hash_files
from orchestration.quality.checks import gate_check
from orchestration.quality.suites import required_gates
from orchestration.settings import Settings

GROUP, OWNERS, KEY = "publication", ["team:data-engineering"], dg.AssetKey("release_candidate")
OTHER_CHECKS = "asset_checks"


def publication_assets(settings: Settings, marts: Sequence[dg.AssetKey]) -> list[dg.AssetsDefinition]:
    """The staged release made from the marts, and the published one."""

    @dg.asset(
        key=KEY,
        deps=[*marts, estimate_key(PUBLIC_KNOWLEDGE)],
        group_name=GROUP,
        owners=OWNERS,
        kinds={"duckdb", "parquet", "html"},
        required_resource_keys={"refresh_lock", "second_process"},
        description="Marts, safe tables, dictionary and report staged beside the releases; nobody reads it yet.",
    )
    def release_candidate(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
        from orchestration.publication.export import build_candidate  # noqa: PLC0415 - not at every start

        run_id = context.run.run_id
        candidate = build_candidate(
            settings.candidate(run_id),
            candidate_folder(settings.releases, run_id),
            knowledge=settings.estimates(run_id) / PUBLIC_KNOWLEDGE,
            inputs=read_inputs(settings.lake),
            code=code_version(settings),
            run_id=run_id,
            code_parts=code_parts(settings),
            dbt_manifest=prepare_manifest(target_dir=settings.dbt_target),
            built_on=settings.engine,
            gates=evidence_of(context.instance, run_id).results,
            start=context.resources.second_process.start,
        )
        manifest = candidate.manifest
        rows = sum(table.rows for table in manifest.tables.values())
        return dg.MaterializeResult(
            metadata={
                "dagster/row_count": rows,
                "tables": len(manifest.tables),
                "files": len(manifest.files),
                "bytes": manifest.bytes,
                "content_hash": manifest.content_hash,
                "engine": manifest.engine,
                "simulated_editions": ", ".join(manifest.simulated_editions) or "none",
            },
            data_version=dg.DataVersion(manifest.content_hash),
        )

    @dg.asset(
        deps=[KEY],
        group_name=GROUP,
        owners=OWNERS,
        kinds={"duckdb", "parquet", "html"},
        required_resource_keys={"refresh_lock"},
        description="What analysts and readers open: `releases/current`. Published only if every check of the same run "
        "was evaluated and passed; the same content as the current release publishes nothing.",
    )
    def release(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
        from orchestration.publication.embargo import lift  # noqa: PLC0415 - nor these three
        from orchestration.publication.pruning import prune  # noqa: PLC0415
        from orchestration.publication.releases import publish  # noqa: PLC0415

        candidate = open_candidate(candidate_folder(settings.releases, context.run.run_id))
        evidence = evidence_of(context.instance, candidate.manifest.run_id)
        required = [*required_gates(), SECRECY_GATE, OTHER_CHECKS]
        publication = publish(
            candidate, settings.releases, evidence, required=required, embargo_until=settings.embargo_until
        )
        published = publication.release
        if publication.is_new:
            trigger = context.run.tags.get("trigger", "manual")
            audit.record(settings, "published", published.id, content=published.content_hash, trigger=trigger)
        context.instance.add_run_tags(context.run.run_id, {"release": published.id})
        opened = lift(settings.releases)
        pruned = prune(settings.releases, settings.releases_kept) if settings.releases_kept else []
        public = published.folder / "public"
        return dg.MaterializeResult(
            metadata={
                "dagster/row_count": published.rows,
                "release": published.id,
                "is_new": publication.is_new,
                "embargo_until": published.manifest.embargo_until or "none",
                "opened": ", ".join(opened) or "none",
                "pruned": ", ".join(pruned) or "none",
                "folder": dg.MetadataValue.path(published.folder),
                "report": dg.MetadataValue.path(public / "report.fr.html"),
                "report_en": dg.MetadataValue.path(public / "report.en.html"),
                "dictionary": dg.MetadataValue.path(public / "dictionary.html"),
                "report_link": public_link(settings, "report.fr.html"),
                "content_hash": published.content_hash,
            },
            data_version=dg.DataVersion(published.content_hash),
        )

    return [release_candidate, release]


def release_gate(settings: Settings) -> dg.AssetChecksDefinition:
    """The gate on the staged release; what it saw is hashed from the files, not taken from their manifest."""
    return gate_check(
        RELEASE_GATE,
        [KEY],
        settings,
        release=lambda run_id: candidate_folder(settings.releases, run_id),
        content=lambda folder: content_hash(hash_files(folder)),
    )


def secrecy_check(settings: Settings) -> dg.AssetChecksDefinition:
    """The attack on the staged release, as another gate on the same files."""
    return secrecy_gate(
        settings,
        KEY,
        staged=lambda run_id: candidate_folder(settings.releases, run_id),
        content=lambda folder: content_hash(hash_files(folder)),
    )


def evidence_of(instance: dg.DagsterInstance, run_id: str) -> Evidence:
    """What this run's checks found, from Dagster's own record; a check planned but not evaluated counts as failed."""
    planned: set[dg.AssetCheckKey] = set()
    gates: dict[str, GateResult] = {}
    passed: dict[dg.AssetCheckKey, bool] = {}
    kinds = {dg.DagsterEventType.ASSET_CHECK_EVALUATION_PLANNED, dg.DagsterEventType.ASSET_CHECK_EVALUATION}
    for entry in instance.all_logs(run_id, of_type=kinds):
        event = entry.dagster_event
        assert event is not None
        if event.event_type is dg.DagsterEventType.ASSET_CHECK_EVALUATION_PLANNED:
            data: Any = event.event_specific_data
            planned.add(dg.AssetCheckKey(data.asset_key, data.check_name))
            continue
        check = event.asset_check_evaluation_data
        key = dg.AssetCheckKey(check.asset_key, check.check_name)
        # A check evaluated twice must have passed twice; a warning is no failure.
        passed[key] = passed.get(key, True) and (check.passed or check.severity is dg.AssetCheckSeverity.WARN)
        if "evidence" in check.metadata:
            found: Any = check.metadata["evidence"].value
            gates[check.check_name] = GateResult(
                gate=check.check_name,
                run_id=run_id,
                passed=passed[key],
                subject_hash=found.get("staged_content") or found["subject_sha256"],
                expectations=found["expectations"],
                failures=len(found["failures"]),
                rows=found["rows"],
            )
    others = {*gates, *required_gates(), SECRECY_GATE}
    tests = {key for key in planned if key.name not in others}
    failed = [key for key in tests if not passed.get(key, False)]
    tested = GateResult(
        gate=OTHER_CHECKS,
        run_id=run_id,
        passed=bool(tests) and not failed,
        subject_hash="",
        expectations=len(tests),
        failures=len(failed),
        rows={},
    )
    return Evidence(run_id, (*gates.values(), tested))
