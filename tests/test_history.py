"""What is usual is learned from what Dagster has on record, warns, and never stops a run."""

import dagster as dg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.history import LEAST_HISTORY, usual_count, usual_level
from orchestration.history_checks import CHECK, History, history_check

KEY = dg.AssetKey(["lake", "answers"])


def test_a_campaign_that_grows_goes_on_growing():
    weeks = [100, 180, 250, 330, 400, 480]
    bounds = usual_count(weeks)
    assert bounds.hold(560)
    assert not bounds.hold(240), "half of last week's"
    assert not bounds.hold(48_000), "a hundred times as many"


def test_what_never_moves_may_move_by_a_tenth():
    bounds = usual_count([1_000] * 8)
    assert (bounds.low, bounds.high, bounds.history) == (908, 1_101, 8)


def test_one_odd_run_in_the_past_does_not_widen_the_bounds():
    calm, upset = [1_000] * 12, [1_000] * 6 + [10] + [1_000] * 5
    assert usual_count(upset) == usual_count(calm)


def test_by_hand():
    # Median of 1 2 3 4 5 6 is 3.5; deviations .5 .5 1.5 1.5 2.5 2.5, so MAD 1.5; 3.5 x 1.4826 x 1.5 = 7.78365.
    bounds = usual_level([1, 2, 3, 4, 5, 6])
    assert bounds.low == pytest.approx(3.5 - 7.78365)
    assert bounds.high == pytest.approx(3.5 + 7.78365)


@given(st.lists(st.integers(0, 10**7), max_size=30))
def test_bounds_are_in_order_and_need_a_history(past):
    for bounds in (usual_count(past), usual_level(past)):
        assert (bounds is None) == (len(past) < LEAST_HISTORY)
        assert bounds is None or bounds.low <= bounds.high


def run(instance, rows, share=0.5, *, fails=False):
    """One run of weekly_refresh that makes the table, through Dagster as it is."""

    @dg.asset(key=KEY, check_specs=[history_check(KEY)])
    def answers(context: dg.AssetExecutionContext):
        numbers = {"dagster/row_count": rows, "share_answered": share}
        history = History(context.instance, context.run.job_name)
        yield dg.MaterializeResult(metadata=numbers, check_results=[history.judge(KEY, numbers)])

    @dg.asset(deps=[KEY])
    def after():
        if fails:
            raise ValueError("as if a gate had failed")

    job = dg.define_asset_job("weekly_refresh", executor_def=dg.in_process_executor)
    definitions = dg.Definitions(assets=[answers, after], jobs=[job])
    result = definitions.resolve_job_def("weekly_refresh").execute_in_process(
        instance=instance, raise_on_error=False
    )
    assert result.success is not fails
    (check,) = result.get_asset_check_evaluations()
    assert (check.check_name, check.severity) == (CHECK, dg.AssetCheckSeverity.WARN)
    return check


@pytest.fixture
def instance():
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


def test_a_warning_after_six_runs_and_none_before(instance):
    for week in range(LEAST_HISTORY):
        check = run(instance, 1_000 + 10 * week)
        assert check.passed
        assert "too few past runs" in check.description
    assert run(instance, 1_060).passed
    odd = run(instance, 500)
    assert not odd.passed
    assert odd.description.startswith("rows: 500, usual are ")


def test_a_share_that_drifts_is_told_by_name(instance):
    for _ in range(LEAST_HISTORY):
        run(instance, 1_000, share=0.62)
    drifted = run(instance, 1_000, share=0.40)
    assert not drifted.passed
    assert drifted.description == "share_answered: 0.4, usual are 0.558 to 0.682"
    (row,) = [one for one in drifted.metadata["bounds"].records if one.data["what"] == "share_answered"]
    assert row.data["runs"] == LEAST_HISTORY


def test_a_run_that_failed_teaches_nothing(instance):
    for _ in range(LEAST_HISTORY):
        run(instance, 1_000)
    for _ in range(3):
        assert not run(instance, 10, fails=True).passed
    assert run(instance, 1_000).passed
    assert not run(instance, 10).passed
