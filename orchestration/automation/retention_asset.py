"""Retention as a Dagster asset. Belongs here: the asset, its job and schedule. Does not: the rule (retention.py)."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import dagster as dg

from orchestration.archive import Archive
from orchestration.asset_pages import docs_link
from orchestration.automation.partner_retention import retain_partner_files
from orchestration.automation.pruning import prune_runs
from orchestration.automation.retention import LOG, retain
from orchestration.automation.stuck import ONCE_MORE
from orchestration.codebook import Codebook, load_all
from orchestration.collection.contacts import Contacts
from orchestration.collection.partners.contract import load_all as load_contracts
from orchestration.errors import SkillsBankError
from orchestration.settings import Settings

KEY, JOB = dg.AssetKey("contacts_retention"), "contacts_retention"
# A server may stand still over the summer's weeks without a night of retention; a clock that jumps does so by years.
_LONGEST_PAUSE, _SLACK = timedelta(days=30), timedelta(hours=1)
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
        KEY,
        group_name="privacy",
        owners=["team:data-engineering"],
        kinds={"file"},
        description=DESCRIPTION,
        metadata={"docs": docs_link(settings, "privacy.md")},
        # Nightly, and a day for a night on which a refresh held the lock.
        freshness_policy=dg.FreshnessPolicy.time_window(fail_window=timedelta(days=2)),
    )

    @dg.multi_asset(name="retain_contacts", specs=[spec], required_resource_keys={"refresh_lock"})
    def contacts_retention(context: dg.AssetExecutionContext) -> dg.MaterializeResult:  # type: ignore[type-arg]
        return _run(settings, load_all(settings.codebooks), context)

    job = dg.define_asset_job(
        JOB,
        selection=dg.AssetSelection.assets(KEY),
        description="Deletes contacts whose period is over.",
        tags=ONCE_MORE,
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
    # Imports SciPy and openpyxl.
    from orchestration.automation.rewriting_decisions import retain_decisions  # noqa: PLC0415

    logs, archive, now = settings.data / "logs", Archive(settings.archive), datetime.now(UTC)
    check_clock(context.instance, context.run.run_id, now)
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


def check_clock(instance: dg.DagsterInstance, run_id: str, now: datetime) -> None:
    """What is deleted never comes back, so that a clock which jumped since the last night deletes nothing this night.

    The next night goes on from there: whoever is on duty has a day to set the clock right. A run that is started once
    more, by Dagster or by hand, belongs to the night of the first.

    Raises:
        SkillsBankError: the run before is more than 30 days ago, or in the future.
    """
    runs = instance.get_run_records(dg.RunsFilter(job_name=JOB))
    (tonight,) = {_first(one) for one in runs if one.dagster_run.run_id == run_id}
    last_night = next((one for one in runs if _first(one) != tonight), None)
    if last_night is not None:
        last = last_night.create_timestamp.astimezone(UTC)
        if not -_SLACK < now - last < _LONGEST_PAUSE:
            raise SkillsBankError(
                f"the retention before this one was on {last:%Y-%m-%d %H:%M} UTC, and now it is {now:%Y-%m-%d %H:%M}: "
                "did the clock jump? nothing was deleted",
                expected=f"a run every night, at most {_LONGEST_PAUSE.days} days apart",
                fix="set the clock right (`timedatectl`); if it is, and the service was off, the next night deletes",
            )


def _first(record: dg.RunRecord) -> str:
    """The id of the run that this one does again, else its own."""
    return record.dagster_run.root_run_id or record.dagster_run.run_id


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
