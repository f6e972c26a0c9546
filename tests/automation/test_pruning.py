"""Old runs go with their event logs; what the asset catalogue and the alerts need stays."""

from datetime import UTC, datetime, timedelta

import dagster as dg

from orchestration.automation.pruning import prune_runs


@dg.asset
def made():
    return dg.MaterializeResult(metadata={"rows": 3})


def test_old_runs_go(small, monkeypatch):
    monkeypatch.setenv("DAGSTER_HOME", str(small.settings.dagster_home))
    job = dg.define_asset_job("weekly_refresh", executor_def=dg.in_process_executor)
    refresh = dg.Definitions(assets=[made], jobs=[job]).resolve_job_def("weekly_refresh")
    now = datetime.now(UTC)
    with dg.DagsterInstance.get() as instance:
        success = refresh.execute_in_process(instance=instance).run_id
        others = [dg.materialize([made], instance=instance).run_id for _ in range(3)]
        going = instance.create_run_for_job(refresh, status=dg.DagsterRunStatus.STARTED).run_id
        shards = small.settings.dagster_home / "history" / "runs"
        assert {f"{run_id}.db" for run_id in others} <= {path.name for path in shards.iterdir()}
        assert prune_runs(instance, now, days=30) == 0
        assert prune_runs(instance, now + timedelta(days=31), days=30) == 3
        assert {run.run_id for run in instance.get_runs()} == {success, going}
        assert not {f"{run_id}.db" for run_id in others} & {path.name for path in shards.iterdir()}
        assert instance.get_latest_materialization_event(made.key) is not None
        assert prune_runs(instance, now + timedelta(days=31), days=30) == 0
