"""The weeks in which Europe changes its clocks: each tick once, at the hour on the wall."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from dagster._utils.schedules import schedule_execution_time_iterator

from orchestration.automation.jobs import automation_definitions
from orchestration.settings import Settings

PARIS = ZoneInfo("Europe/Paris")
# The last Sundays of March and October: 02:00 becomes 03:00, and 03:00 becomes 02:00.
CHANGES = [datetime(year, month, day, tzinfo=PARIS) for year, month, day in
           ((2026, 3, 29), (2026, 10, 25), (2027, 3, 28), (2027, 10, 31), (2028, 3, 26), (2028, 10, 29))]  # fmt: skip


@pytest.fixture(scope="module")
def schedules(tmp_path_factory):
    definitions = automation_definitions(Settings(data=tmp_path_factory.mktemp("schedules") / "data"))
    return {one.name: one for one in definitions.schedules}


def ticks(schedule, since, until):
    """When the daemon starts a run, by the iterator that it uses itself, on the wall in Paris."""
    found = []
    for tick in schedule_execution_time_iterator(
        since.timestamp(), schedule.cron_schedule, schedule.execution_timezone, ascending=True
    ):
        if tick > until:
            return found
        found.append(tick.astimezone(PARIS))


@pytest.mark.parametrize("change", CHANGES, ids=lambda day: f"{day:%Y-%m-%d}")
def test_the_refresh_comes_once_each_monday_at_five(schedules, change):
    found = ticks(
        schedules["weekly_refresh_schedule"], change - timedelta(days=8), change + timedelta(days=9)
    )
    assert [tick.replace(tzinfo=None) for tick in found] == [
        datetime(change.year, change.month, change.day, 5) + timedelta(days=days) for days in (-6, 1, 8)
    ]
    # One of the weeks has an hour less, or more: nothing was counted from the tick before.
    hours = [
        (later - earlier) / timedelta(hours=1)
        for earlier, later in zip(utc(found), utc(found)[1:], strict=False)
    ]
    assert hours == ([167, 168] if change.month == 3 else [169, 168])


@pytest.mark.parametrize("change", CHANGES, ids=lambda day: f"{day:%Y-%m-%d}")
def test_the_nightly_retention_comes_once_in_the_night_of_the_change(schedules, change):
    """03:30 is there in both nights; in spring it comes half an hour after 01:59."""
    found = ticks(schedules["contacts_retention_schedule"], change, change + timedelta(hours=12))
    assert [(tick.hour, tick.minute) for tick in found] == [(3, 30)]


def utc(moments):
    return [moment.astimezone(ZoneInfo("UTC")) for moment in moments]
