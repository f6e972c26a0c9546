"""Dagster's event log kept open: the same records as Dagster's own, from several processes and over many runs."""

import time
import uuid

import dagster as dg
import pytest

from orchestration.automation.event_log import EventLog
from orchestration.automation.instance import prepare_home
from orchestration.settings import Settings


@pytest.fixture
def home(tmp_path, monkeypatch):
    home = prepare_home(Settings(data=tmp_path / "data"))
    monkeypatch.setenv("DAGSTER_HOME", str(home))
    return home


@dg.asset(check_specs=[dg.AssetCheckSpec("looked_at", asset="made")])
def made():
    yield dg.MaterializeResult(metadata={"dagster/row_count": 3})
    yield dg.AssetCheckResult(passed=True)


def told(instance, run_id):
    return [(entry.dagster_event_type, entry.step_key) for entry in instance.all_logs(run_id)]


def test_the_records_are_those_of_dagster(home, tmp_path):
    with dg.DagsterInstance.get() as instance:
        assert isinstance(instance.event_log_storage, EventLog)
        run = dg.materialize([made], instance=instance)
        ours = told(instance, run.run_id)
        record = instance.get_latest_materialization_event(dg.AssetKey("made"))
        assert record.asset_materialization.metadata["dagster/row_count"].value == 3
    with dg.DagsterInstance.local_temp(str(tmp_path)) as plain:
        assert ours == told(plain, dg.materialize([made], instance=plain).run_id)
    (home / "dagster.yaml").write_text("telemetry:\n  enabled: false\n")
    with dg.DagsterInstance.get() as dagsters_own:
        assert not isinstance(dagsters_own.event_log_storage, EventLog)
        assert told(dagsters_own, run.run_id) == ours


def test_what_one_process_writes_another_reads_at_once(home):
    with dg.DagsterInstance.get() as writer, dg.DagsterInstance.get() as reader:
        for _ in range(3):
            run = dg.materialize([made], instance=writer)
            assert told(reader, run.run_id) == told(writer, run.run_id)
            assert reader.get_latest_materialization_event(dg.AssetKey("made")).run_id == run.run_id


def test_more_runs_than_are_kept_open(home):
    with dg.DagsterInstance.get() as instance:
        log = instance.event_log_storage
        runs = [str(uuid.uuid4()) for _ in range(7)]
        for number in range(3):
            for run_id in runs:
                log.store_event(
                    dg.EventLogEntry(
                        error_info=None, level=20, user_message=f"note {number}", run_id=run_id,
                        timestamp=time.time(),
                    )
                )  # fmt: skip
        for run_id in runs:
            assert [entry.user_message for entry in log.get_logs_for_run(run_id)] == [
                "note 0",
                "note 1",
                "note 2",
            ]
        log.delete_events(runs[0])
        assert not log.get_logs_for_run(runs[0])
        assert len(log.get_logs_for_run(runs[1])) == 3
