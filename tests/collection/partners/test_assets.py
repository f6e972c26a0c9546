"""A feed as a Dagster asset: what its page says of licence, vintage and age, and that a bad file stops nothing."""

import os
import shutil
import time
from datetime import UTC, datetime

import dagster as dg
import pytest

from orchestration.collection.partners.assets import feed_assets, feed_key
from orchestration.settings import Settings

from .conftest import CONTRACTS, SAMPLE

DAY = 86_400


@pytest.fixture
def settings(tmp_path):
    made = Settings(data=tmp_path / "data", sample=False)
    (made.inbox / "partners").mkdir(parents=True)
    return made


def put(settings, name, days_ago=0, content=None):
    path = settings.inbox / "partners" / name
    if content is None:
        shutil.copy(SAMPLE / name, path)
    else:
        path.write_bytes(content)
    os.utime(path, (time.time() - days_ago * DAY - 60,) * 2)
    return path


def collect(settings, table):
    """The metadata, the data version and the checks of one run."""
    wanted = [asset for asset in feed_assets(settings, CONTRACTS) if feed_key(table) in asset.keys]
    lock = dg.ResourceDefinition.hardcoded_resource(None)
    result = dg.materialize(wanted, resources={"refresh_lock": lock})
    assert result.success
    (event,) = result.get_asset_materialization_events()
    facts = {name: value.value for name, value in event.materialization.metadata.items()}
    checks = {check.check_name: check for check in result.get_asset_check_evaluations()}
    return facts, event.materialization.tags["dagster/data_version"], checks


def test_the_page_of_a_feed_tells_where_it_comes_from_and_how_old_it_is(settings):
    put(settings, "export-fiches-csv-2019-09-30.zip", days_ago=10)
    facts, _, checks = collect(settings, "rncp_sheets")
    assert facts["dagster/row_count"] == 120
    assert (facts["licence"], facts["source"]) == ("etalab-2.0", "rncp")
    assert facts["vintage"] == "2019-09-29"
    assert facts["age_days"] == 10
    assert facts["delivery"] == "a new version was archived"
    assert all(check.passed for check in checks.values())
    assert "on time: the last good file is 10 days old" in checks["on_time"].description


def test_a_late_file_warns_and_shows_its_age(settings):
    put(settings, "export-fiches-csv-2019-09-30.zip", days_ago=46)
    facts, _, checks = collect(settings, "rncp_sheets")
    assert facts["age_days"] == 46
    assert not checks["on_time"].passed
    assert checks["on_time"].severity is dg.AssetCheckSeverity.WARN
    assert "late: the last good file is 46 days old, the next one is due by" in checks["on_time"].description
    assert checks["good_file"].passed


def test_a_bad_file_warns_keeps_the_version_and_lets_the_run_go_on(settings):
    put(settings, "training_offers.csv", days_ago=30)
    _, version, _ = collect(settings, "training_offers")
    put(settings, "training_offers.csv", content=(SAMPLE / "training_offers.csv").read_bytes()[:4000])
    facts, same, checks = collect(settings, "training_offers")
    assert same == version
    assert not checks["good_file"].passed
    assert checks["good_file"].severity is dg.AssetCheckSeverity.WARN
    kept = f"of {datetime.fromtimestamp(time.time() - 30 * DAY - 60, UTC):%Y-%m-%d}, stays in use"
    assert kept in checks["good_file"].description
    assert facts["set_aside"] == [checks["good_file"].description]
    assert facts["age_days"] == 30


def test_what_never_came_is_told_and_stops_nothing(settings):
    facts, version, checks = collect(settings, "vacancies")
    assert (facts["dagster/row_count"], facts["origin"], version) == (0, "no file", "none")
    assert checks["good_file"].passed
    assert checks["on_time"].description == "no good file has ever come"


def test_the_age_of_a_simulated_file_is_not_judged(tmp_path):
    sample = tmp_path / "sample"
    shutil.copytree(SAMPLE, sample / "partners")
    for path in (sample / "partners").iterdir():
        os.utime(path, (1, 1))
    _, _, checks = collect(Settings(data=tmp_path / "data", sample_folder=sample), "vacancies")
    assert checks["on_time"].passed
    assert "simulated" in checks["on_time"].description


def test_a_feed_that_grows_has_all_its_files_in_its_version(settings):
    put(settings, "Base_open_data_BMO_2018.xlsx", days_ago=400)
    _, first, _ = collect(settings, "labour_need")
    put(settings, "Base_open_data_BMO_2019.xlsx", days_ago=20)
    facts, both, _ = collect(settings, "labour_need")
    assert both != first
    assert len(both.split("-")) == 2
    assert facts["vintage"] == "2019"
    assert collect(settings, "labour_need")[1] == both
