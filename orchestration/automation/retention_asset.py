"""Retention as a Dagster asset. Belongs here: the asset, its job and schedule. Does not: the rule (retention.py)."""

from collections.abc import Sequence
from datetime import UTC, datetime

import dagster as dg

from orchestration.archive import Archive
from orchestration.automation.partner_retention import retain_partner_files
from orchestration.automation.pruning import prune_runs
from orchestration.automation.retention import LOG, retain
from orchestration.automation.rewriting_decisions import retain_decisions
from orchestration.codebook import Codebook, load_all
from orchestration.collection.contacts import Contacts
from orchestration.collection.partners.contract import load_all as load_contracts
from orchestration.settings import Settings

KEY = dg.AssetKey("contacts_retention")
DESCRIPTION = """Deletes the contacts of every edition whose retention period is over, and proves it.

The period (`retention_months` in the codebook) counts from the last answer to the edition; where answers are not
dated, from its last collection. Each deletion is a line of `data/logs/retention.jsonl`, which only grows. Figures
stay: they never needed contacts. Also puts the rights of `data/contacts` right (0700 and 0600), and deletes partners'
older files when the years of their contracts (`retention_years`) are over, decisions on texts that no answer holds
any more once the longest of the editions' periods has passed since they were made, and Dagster's runs with their
event logs when they are older than `SKILLSBANK_KEEP_RUNS_DAYS` (180).
"""


def retention_definitions(settings: Settings) -> dg.Definitions:
    """The asset, the job that runs nothing else, and its daily schedule."""

    spec = dg.AssetSpec(
        KEY, group_name="privacy", owners=["team:data-engineering"], kinds={"file"}, description=DESCRIPTION
    )

    @dg.multi_asset(name="retain_contacts", specs=[spec], required_resource_keys={"refresh_lock"})
    def contacts_retention(context: dg.AssetExecutionContext) -> dg.MaterializeResult:  # type: ignore[type-arg]
        return _run(settings, load_all(settings.codebooks), context)

    job = dg.define_asset_job(
        "contacts_retention",
        selection=dg.AssetSelection.assets(KEY),
        description="Deletes contacts whose period is over.",
        executor_def=dg.in_process_executor,
    )
    schedule = dg.ScheduleDefinition(
        name="contacts_retention_schedule",
        job=job,
        cron_schedule="30 3 * * *",
        execution_timezone="Europe/Paris",
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Every night at 03:30 in Paris, so that nothing is kept a day too long.",
        tags={"trigger": "schedule"},
    )
    return dg.Definitions(assets=[contacts_retention], jobs=[job], schedules=[schedule])


def _run(
    settings: Settings, codebooks: Sequence[Codebook], context: dg.AssetExecutionContext
) -> dg.MaterializeResult:  # type: ignore[type-arg]
    logs, archive, now = settings.data / "logs", Archive(settings.archive), datetime.now(UTC)
    done = retain(Contacts.of(settings), archive, codebooks, logs, now=now)
    runs = prune_runs(context.instance, now, days=settings.keep_runs_days)
    partners = retain_partner_files(archive, load_contracts(settings.contracts), logs, now=now)
    months = max((book.retention_months for book in codebooks), default=0)
    decisions = retain_decisions(settings.decisions, settings.lake, months, logs, now=now)
    for edition in done.unknown:
        context.log.warning(f"contacts/{edition}: no codebook says how long these contacts may be kept.")
    table = [
        dg.TableRecord(
            {
                "edition": one.edition,
                "counts from": f"{one.since:%Y-%m-%d} ({one.since_what})" if one.since else one.since_what,
                "months": one.months,
                "kept until": f"{one.until:%Y-%m-%d}" if one.until else "",
                "files deleted": one.files,
                "cells deleted": one.cells,
                "files left": one.left,
            }
        )
        for one in done.editions
    ]
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": sum(one.cells for one in done.editions),
            "files_deleted": sum(one.files for one in done.editions),
            "cells_deleted": sum(one.cells for one in done.editions),
            "editions": dg.MetadataValue.table(table, schema=_SCHEMA),
            "partner_files_deleted": partners,
            "decisions_deleted": decisions,
            "runs_pruned": runs,
            "without_codebook": list(done.unknown),
            "rights_corrected": done.guarded.rights,
            "contacts_encrypted": done.guarded.encrypted,
            "log": dg.MetadataValue.path(logs / LOG),
        }
    )


_SCHEMA = dg.TableSchema(
    columns=[
        dg.TableColumn("edition"),
        dg.TableColumn("counts from"),
        dg.TableColumn("months", "int"),
        dg.TableColumn("kept until"),
        dg.TableColumn("files deleted", "int"),
        dg.TableColumn("cells deleted", "int"),
        dg.TableColumn("files left", "int"),
    ]
)
