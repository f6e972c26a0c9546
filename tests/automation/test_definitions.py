"""What Dagster loads: every asset can be read in the UI, and the job, schedule and sensor are what the README says."""

import os
import time
from datetime import timedelta

import dagster as dg
import pytest

from orchestration.automation.inbox_watch import SETTLED_SECONDS
from orchestration.definitions import build_definitions
from orchestration.settings import Settings

GROUPS = {"collection", "decoding", "staging", "skills_bank", "figures", "publication", "privacy"}


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    return Settings(data=tmp_path_factory.mktemp("deployment") / "data")


@pytest.fixture(scope="module")
def definitions(settings):
    return build_definitions(settings)


def test_every_asset_has_owner_group_kind_and_description(definitions):
    specs = definitions.resolve_all_asset_specs()
    assert {spec.group_name for spec in specs} == GROUPS
    for spec in specs:
        name = spec.key.to_user_string()
        assert spec.owners, f"{name} has no owner"
        assert spec.kinds, f"{name} has no kind"
        assert spec.description, f"{name} has no description"


def test_what_was_not_collected_for_eight_days_is_red(definitions):
    collected = [
        spec for spec in definitions.resolve_all_asset_specs() if spec.key.path[-1].startswith("export__")
    ]
    assert len(collected) == 2
    for spec in collected:
        assert spec.freshness_policy.fail_window.to_timedelta() == timedelta(days=8)


def test_every_gate_blocks_what_is_downstream(definitions):
    gates = {
        "collected", "decoded_respondents", "decoded_register", "decoded_answers", "decoded_partners", "marts",
        "release", "secrecy",
    }  # fmt: skip
    graph = definitions.resolve_asset_graph()
    found = {key.name: graph.get_check_spec(key) for key in graph.asset_check_keys if key.name in gates}
    assert set(found) == gates
    assert all(spec.blocking and spec.description for spec in found.values())
    steps = {node.name for node in definitions.resolve_job_def("weekly_refresh").nodes}
    assert steps >= {f"gate_{gate}" for gate in gates}


def test_the_schedule_is_mondays_at_five_in_paris(definitions):
    schedule = definitions.resolve_schedule_def("weekly_refresh_schedule")
    assert (schedule.cron_schedule, schedule.execution_timezone) == ("0 5 * * 1", "Europe/Paris")
    assert schedule.job_name == "weekly_refresh"
    assert schedule.default_status is dg.DefaultScheduleStatus.RUNNING


def evaluate(definitions, cursor=None):
    with dg.DagsterInstance.ephemeral() as instance:
        context = dg.build_sensor_context(instance=instance, cursor=cursor)
        return definitions.resolve_sensor_def("inbox_sensor").evaluate_tick(context)


def test_the_inbox_sensor_waits_until_a_file_has_settled_and_asks_once(definitions, settings):
    assert "is empty" in evaluate(definitions).skip_message
    path = settings.inbox / "tour_2019" / "responses.csv"
    path.parent.mkdir(parents=True)
    path.write_text("half")
    assert "still being written" in evaluate(definitions).skip_message
    settled = time.time() - 2 * SETTLED_SECONDS
    os.utime(path, (settled, settled))
    tick = evaluate(definitions)
    (request,) = tick.run_requests
    assert request.tags["files"] == "tour_2019/responses.csv"
    assert "Nothing new" in evaluate(definitions, tick.cursor).skip_message
    path.write_text("another")
    os.utime(path, (settled + 1, settled + 1))
    assert evaluate(definitions, tick.cursor).run_requests


def test_the_embargo_sensor_opens_what_may_be_open(definitions, settings):
    with dg.DagsterInstance.ephemeral() as instance:
        sensor = definitions.resolve_sensor_def("embargo_sensor")
        assert sensor.default_status is dg.DefaultSensorStatus.RUNNING
        tick = sensor.evaluate_tick(dg.build_sensor_context(instance=instance))
    assert tick.skip_message == "No embargo has ended."
    assert not tick.run_requests
