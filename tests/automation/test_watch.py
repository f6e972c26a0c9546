"""Failure, recovery, lateness and the digest, told from runs that Dagster really has on record."""

import json
from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest

from orchestration.automation import watch
from orchestration.automation.alert_definitions import RELEASE_AGE, alert_definitions
from orchestration.automation.digest import digest
from orchestration.automation.failures import describe_failure
from orchestration.errors import GateError
from orchestration.settings import PROJECT, Settings

from .test_alerts import smtp, webhook  # noqa: F401

NATIONAL = dg.AssetKey(["figures", "national"])


@dg.asset(key=NATIONAL, check_specs=[dg.AssetCheckSpec("marts", asset=NATIONAL, blocking=True)])
def national():
    yield dg.MaterializeResult()
    yield dg.AssetCheckResult(passed=False, description="3 rows break it")


@dg.asset
def broken():
    try:
        json.loads("{")
    except ValueError as damage:
        raise GateError("no such thing", where="a.csv, row 3") from damage


@dg.asset
def whole():
    pass


def job(*assets):
    chosen = dg.define_asset_job("weekly_refresh", executor_def=dg.in_process_executor)
    return dg.Definitions(assets=list(assets), jobs=[chosen]).resolve_job_def("weekly_refresh")


@pytest.fixture
def instance():
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


@pytest.fixture
def settings(tmp_path):
    return Settings(data=tmp_path / "data", ui_url="https://ui.example.org")


def run(instance, *assets):
    return job(*assets).execute_in_process(instance=instance, raise_on_error=False).run_id


def test_a_failed_gate_links_to_run_check_and_runbook(instance, settings):
    run_id = run(instance, national)
    alert = describe_failure(instance, run_id, settings)
    assert alert.subject == "The refresh failed: gate marts"
    assert alert.links == {
        "Run": f"https://ui.example.org/runs/{run_id}",
        "Check marts": "https://ui.example.org/assets/figures/national?view=checks&checkDetail=marts",
        "What to do": "docs/operations.md#a-gate-failed",
    }


def test_a_failed_step_tells_its_cause(instance, settings):
    alert = describe_failure(instance, run(instance, broken), settings)
    assert alert.subject == "The refresh failed"
    (line,) = [line for line in alert.lines if line.startswith("Step broken: ")]
    assert line.startswith("Step broken: a.csv, row 3: no such thing. What to do: run `skillsbank doctor`")
    assert alert.links["What to do"].endswith("#a-step-failed")


def test_the_first_success_after_failures_is_told_and_no_other(instance, settings):
    assert watch.describe_recovery(instance, run(instance, whole), settings) is None
    run(instance, broken)
    run(instance, broken)
    recovered = run(instance, whole)
    alert = watch.describe_recovery(instance, recovered, settings)
    assert alert.subject == "The refresh works again"
    assert "failed 2 times" in alert.lines[0]
    assert alert.link == f"https://ui.example.org/runs/{recovered}"
    assert alert.links["What to do"].endswith("#it-works-again")
    assert watch.describe_recovery(instance, run(instance, whole), settings) is None


def test_a_week_and_a_day_without_success_is_late(instance, settings):
    now = datetime.now(UTC)
    assert watch.describe_lateness(instance, settings, now) is None, "nothing ever ran"
    run(instance, whole)
    run(instance, broken)
    assert watch.describe_lateness(instance, settings, now + timedelta(days=7)) is None
    alert = watch.describe_lateness(instance, settings, now + timedelta(days=9))
    assert alert.subject == f"No refresh has succeeded since {now:%Y-%m-%d}"
    assert alert.links["What to do"].endswith("#a-refresh-is-late")


def test_a_gate_without_result_in_a_run_that_goes_on_is_late(instance, settings):
    from orchestration.quality.checks import gate_check

    asset = dg.AssetSpec("ind_innovation_export")
    gate = gate_check("marts", [asset.key], settings)
    definitions = dg.Definitions(
        assets=[asset], asset_checks=[gate], resources={"second_process": None, "refresh_lock": None},
        jobs=[dg.define_asset_job("weekly_refresh", selection=dg.AssetSelection.all_asset_checks())],
    )  # fmt: skip
    going = definitions.resolve_job_def("weekly_refresh")
    made = instance.create_run_for_job(
        going, status=dg.DagsterRunStatus.NOT_STARTED, asset_selection=frozenset()
    )
    for status in (dg.DagsterEventType.RUN_START,):
        instance.report_dagster_event(dg.DagsterEvent(status.value, "weekly_refresh"), made.run_id)
    now = datetime.now(UTC)
    assert watch.describe_lateness(instance, settings, now + timedelta(hours=5)) is None
    alert = watch.describe_lateness(instance, settings, now + timedelta(hours=7))
    assert alert.subject == "The refresh takes too long"
    assert alert.lines[1:] == ["Gate marts has no result yet."]
    assert "checkDetail=marts" in alert.links["Check marts"]


def test_lateness_is_told_once(instance, settings, monkeypatch):
    run(instance, whole)
    monkeypatch.setattr(watch, "OLDEST_SUCCESS", timedelta(0))
    (sensor,) = [one for one in _definitions(settings).sensors if one.name == "lateness_alert"]
    first = sensor.evaluate_tick(dg.build_sensor_context(instance=instance))
    assert first.cursor.startswith("No refresh has succeeded since")
    again = sensor.evaluate_tick(dg.build_sensor_context(instance=instance, cursor=first.cursor))
    assert again.skip_message == "It was told already."


def test_a_release_that_no_refresh_looked_after_for_eight_days_is_red(instance, settings, monkeypatch):
    """The check is put on the release by a sensor, once a day and when it changes."""
    definitions = _definitions(settings)
    (sensor,) = [one for one in definitions.sensors if one.name == "release_age"]

    def tick(cursor=None):
        return sensor.evaluate_tick(dg.build_sensor_context(instance=instance, cursor=cursor))

    never = tick()
    assert [event.passed for event in never.asset_events] == [False]
    run(instance, whole)
    fine = tick(never.cursor)
    (event,) = fine.asset_events
    assert (event.asset_check_key, event.passed) == (RELEASE_AGE, True)
    assert not tick(fine.cursor).asset_events
    monkeypatch.setattr(watch, "OLDEST_SUCCESS", timedelta(0))
    (late,) = tick(fine.cursor).asset_events
    assert not late.passed
    assert late.severity is dg.AssetCheckSeverity.ERROR


def test_every_alert_leads_to_a_section_of_the_runbook(instance, settings):
    text = (PROJECT / "docs" / "operations.md").read_text(encoding="utf-8")
    sections = {
        line.strip("# ").lower().replace(" ", "-") for line in text.splitlines() if line.startswith("#")
    }
    failed, stopped = run(instance, national), run(instance, broken)
    alerts = [
        describe_failure(instance, failed, settings),
        describe_failure(instance, stopped, settings),
        watch.describe_recovery(instance, run(instance, whole), settings),
        watch.describe_lateness(instance, settings, datetime.now(UTC) + timedelta(days=9)),
    ]
    for alert in alerts:
        page, _, section = alert.links["What to do"].partition("#")
        assert page == settings.runbook_url
        assert section in sections, alert.subject
        assert alert.links["Run"].startswith("https://ui.example.org/runs/"), alert.subject


def _definitions(settings):
    return alert_definitions(settings, dg.define_asset_job("weekly_refresh"))


def test_the_digest_goes_out_in_both_languages(small, smtp, webhook):  # noqa: F811
    _, received = webhook
    settings = small.settings.model_copy(
        update={"smtp_host": "127.0.0.1", "smtp_port": smtp.port, "alert_to": "duty@example.org"}
    )
    (digest_job,) = [one for one in _definitions(settings).jobs if one.name == "weekly_digest"]
    with dg.DagsterInstance.ephemeral() as instance:
        assert digest_job.execute_in_process(instance=instance).success
    (message,) = smtp.messages
    assert received == []
    import email

    text = email.message_from_bytes(message.content).get_payload(decode=True).decode()
    assert "La livraison 2026-W47-1" in text
    assert "Release 2026-W47-1" in text


def test_the_digest_of_two_releases(tmp_path, instance, made_releases):
    settings, now = made_releases
    run(instance, whole)
    run(instance, broken)
    alert = digest(settings, instance, now)
    french, english = "\n".join(alert.lines).split("\n\n")
    assert "Responses\n- Tour 2019 (simulated data): 645 (+3)" in english
    assert "Refreshes in seven days: 1 succeeded, 1 failed" in english
    assert "Réponses\n- Tour 2019 (données simulées)\u202f: 645 (+3)" in french
    assert "Export rate, Tour 2019 (simulated data): 61.0% (was 53.0%)" in english
    assert "61,0\u202f% (auparavant 53,0\u202f%)" in french
    assert "no longer shown (was " in english


@pytest.fixture
def made_releases(tmp_path, instance):
    """A release of eight days ago and one of now; the figures are made up."""
    import duckdb

    from .conftest import Small

    small = Small(Settings(data=tmp_path / "data"))
    now = datetime.now(UTC)
    facts = (("2026-W46-1", now - timedelta(days=8), 642, 0.53, 0.2), ("2026-W47-1", now, 645, 0.61, None))
    for name, moment, respondents, rate, other in facts:
        folder = small.release(name, created_at=moment)
        with duckdb.connect(str(folder / "internal" / "skills_bank.duckdb")) as connection:
            connection.execute(
                "create or replace table pub_edition as select 'tour_2019' as edition, 2019 as year, "
                "'Tour 2019 (données simulées)' as title_fr, 'Tour 2019 (simulated data)' as title_en, "
                "? as respondents",
                [respondents],
            )
            connection.execute(
                "create table pub_indicator as select * from (values ('export_rate', 'Taux d''export', 'Export rate'), "
                "('innovation_rate', 'Taux d''innovation', 'Innovation rate')) as t (indicator, label_fr, label_en)"
            )
            columns = "edition varchar, indicator varchar, domain_type varchar, value double"
            for table in ("pub_innovation_export", "pub_participation"):
                connection.execute(f"create table {table} ({columns})")
            connection.execute(
                "insert into pub_innovation_export values ('tour_2019', 'export_rate', 'all', ?), "
                "('tour_2019', 'innovation_rate', 'all', ?)",
                [rate, other],
            )
    return small.settings, now
