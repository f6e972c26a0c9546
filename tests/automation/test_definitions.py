"""What Dagster loads: every asset can be read in the UI, and the job, schedule and sensor are what the README says."""

import dagster as dg

GROUPS = {"collection", "decoding", "staging", "skills_bank", "figures", "publication", "privacy"}


def test_every_asset_has_owner_group_kind_and_description(definitions):
    specs = definitions.resolve_all_asset_specs()
    assert {spec.group_name for spec in specs} == GROUPS
    for spec in specs:
        name = spec.key.to_user_string()
        assert spec.owners, f"{name} has no owner"
        assert spec.kinds, f"{name} has no kind"
        assert spec.description, f"{name} has no description"


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


def test_the_embargo_sensor_opens_what_may_be_open(definitions, settings):
    with dg.DagsterInstance.ephemeral() as instance:
        sensor = definitions.resolve_sensor_def("embargo_sensor")
        assert sensor.default_status is dg.DefaultSensorStatus.RUNNING
        tick = sensor.evaluate_tick(dg.build_sensor_context(instance=instance))
    assert tick.skip_message == "No embargo has ended."
    assert not tick.run_requests
