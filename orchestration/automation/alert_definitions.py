"""Who hears of what. Belongs here: the sensors that alert, and the digest's job with its schedule. Does not: what is
said (failures.py, watch.py, digest.py), or how it leaves (alerts.py)."""

from datetime import UTC, datetime
from typing import Any

import dagster as dg

from orchestration.automation.alerts import Alert, send
from orchestration.automation.failures import describe_failure
from orchestration.automation.run_tags import tag_run
from orchestration.automation.watch import describe_lateness, describe_recovery, refreshed_in_time
from orchestration.settings import Settings

_RUNNING = dg.DefaultSensorStatus.RUNNING
RELEASE_AGE = dg.AssetCheckKey(dg.AssetKey("release"), "refreshed_weekly")


def alert_definitions(settings: Settings, refresh: Any) -> dg.Definitions:
    """The alerts on failure, recovery and lateness, and the weekly digest; all on by default.

    ``refresh`` is the job whose recovery is told: Dagster does not name the type that ``define_asset_job`` gives.
    """

    @dg.run_failure_sensor(
        default_status=_RUNNING,
        description="Tells the person on duty by e-mail and webhook, once SKILLSBANK_SMTP_* or _WEBHOOK_URL is set.",
    )
    def failure_alert(context: dg.RunFailureSensorContext) -> None:
        alert = describe_failure(context.instance, context.dagster_run.run_id, settings)
        context.log.info(_sent(alert, settings))

    @dg.run_status_sensor(
        run_status=dg.DagsterRunStatus.SUCCESS,
        monitored_jobs=[refresh],
        default_status=_RUNNING,
        description="Tells that the refresh works again, at the first success after a failure.",
    )
    def recovery_alert(context: dg.RunStatusSensorContext) -> None:
        alert = describe_recovery(context.instance, context.dagster_run.run_id, settings)
        if alert is not None:
            context.log.info(_sent(alert, settings))

    @dg.sensor(
        minimum_interval_seconds=900,
        default_status=_RUNNING,
        description="Tells once of a refresh that takes too long, with the gates that have no result, and of data that "
        "no refresh has renewed for 8 days.",
    )
    def lateness_alert(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        alert = describe_lateness(context.instance, settings, datetime.now(UTC))
        if alert is None:
            return dg.SkipReason("Nothing is late.")
        # The same lateness has the same subject and run: it is told once.
        told = f"{alert.subject} {alert.link}"
        if told == context.cursor:
            return dg.SkipReason("It was told already.")
        context.log.info(_sent(alert, settings))
        return dg.SensorResult(cursor=told)

    @dg.asset_check(
        asset=RELEASE_AGE.asset_key,
        name=RELEASE_AGE.name,
        description="A refresh has succeeded in the last 8 days, so that the release is what this week's data say; the "
        "content may be older where nothing was new. Looked at by a sensor, since it must speak when no run does.",
    )
    def refreshed_weekly(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
        passed, said = refreshed_in_time(context.instance, datetime.now(UTC))
        return dg.AssetCheckResult(passed=passed, description=said)

    @dg.sensor(
        minimum_interval_seconds=900,
        default_status=_RUNNING,
        description="Puts the check refreshed_weekly on the release: once a day, and when it changes.",
    )
    def release_age(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        now = datetime.now(UTC)
        passed, said = refreshed_in_time(context.instance, now)
        told = f"{passed} {now:%Y-%m-%d}"
        if told == context.cursor:
            return dg.SkipReason(said)
        event = dg.AssetCheckEvaluation(
            asset_key=RELEASE_AGE.asset_key, check_name=RELEASE_AGE.name, passed=passed, description=said
        )
        return dg.SensorResult(asset_events=[event], cursor=told)

    @dg.op(description="Writes and sends the digest.")
    def send_digest(context: dg.OpExecutionContext) -> None:
        from orchestration.automation.digest import digest  # noqa: PLC0415 - not at every start

        tag_run(context.instance, context.run, settings)
        text = digest(settings, context.instance, datetime.now(UTC))
        context.log.info(f"{_sent(text, settings)}\n\n{text.text()}")

    @dg.job(
        description="What changed in a week: responses, figures, quality; by e-mail and webhook, in French and English."
    )
    def weekly_digest() -> None:
        send_digest()

    schedule = dg.ScheduleDefinition(
        name="weekly_digest_schedule",
        job=weekly_digest,
        cron_schedule="0 9 * * 1",
        execution_timezone="Europe/Paris",
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Mondays at 09:00 in Paris, four hours after the refresh.",
        tags={"trigger": "schedule"},
    )
    return dg.Definitions(
        jobs=[weekly_digest],
        schedules=[schedule],
        sensors=[failure_alert, recovery_alert, lateness_alert, release_age],
        asset_checks=[refreshed_weekly],
    )


def _sent(alert: Alert, settings: Settings) -> str:
    return f"Sent by: {', '.join(send(alert, settings)) or 'no channel, none is configured'}"
