"""The register's asset: what it tells, and the last good register where the next one does not come."""

import shutil
from datetime import UTC, date, datetime

import dagster as dg
import pytest

from orchestration.archive import Archive
from orchestration.collection.register.assets import KEY, register_asset
from orchestration.collection.register.stock import PLACES, UNITS
from orchestration.settings import Settings

from .stock_files import place, unit, write

SIREN = "404833048"


@pytest.fixture
def settings(tmp_path):
    return Settings(data=tmp_path / "data")


def drop(settings, **changed):
    folder = settings.inbox / "register"
    folder.mkdir(parents=True, exist_ok=True)
    write(folder, UNITS, [unit(SIREN, **changed)], "csv")
    write(folder, PLACES, [place(SIREN)], "csv")
    return folder


def collect(settings):
    asset = register_asset(settings, [], [settings.inbox, settings.sample_folder])
    lock = dg.ResourceDefinition.hardcoded_resource(None)
    result = dg.materialize([asset], resources={"refresh_lock": lock})
    (event,) = result.get_asset_materialization_events()
    (check,) = result.get_asset_check_evaluations()
    assert event.asset_key == KEY
    facts = {name: value.value for name, value in event.materialization.metadata.items()}
    return facts | {"version": event.materialization.tags["dagster/data_version"]}, check


def test_the_simulated_register_and_what_is_told_of_it(settings):
    facts, check = collect(settings)
    assert check.passed
    assert facts["dagster/row_count"] == 30_000
    assert facts["vintage"] == "2019-10-31"
    assert facts["age_days"] == (datetime.now(UTC).date() - date(2019, 10, 31)).days
    assert facts["licence"] == "Licence Ouverte 2.0 (Etalab)"
    assert facts["unresolved_commune_share"] == 0
    again, _ = collect(settings)
    assert (again["new_files"], again["version"]) == (0, facts["version"])


def test_stock_files_in_the_inbox_come_first(settings):
    drop(settings)
    facts, _ = collect(settings)
    assert facts["dagster/row_count"] == 1
    assert facts["origin"] == "StockUniteLegale_utf8.csv, StockEtablissement_utf8.csv"


def test_a_file_without_a_column_leaves_the_last_good_register_in_use(settings, sirene):
    folder = drop(settings)
    good, _ = collect(settings)
    shutil.copyfile(sirene / "sample_etablissements_KO_missing_header.csv", folder / f"{PLACES}_utf8.csv")
    facts, check = collect(settings)
    assert not check.passed
    assert check.severity is dg.AssetCheckSeverity.WARN
    assert "column 'nic' is missing" in check.description
    assert (facts["version"], facts["dagster/row_count"]) == (good["version"], 1)
    assert len(Archive(settings.archive).entries()) == 1


def test_an_address_that_gives_nothing_is_told_and_the_sample_does_not_stand_in(settings):
    facts, check = collect(settings.model_copy(update={"register_units_url": "http://example.org/x.zip"}))
    assert not check.passed
    assert check.severity is dg.AssetCheckSeverity.ERROR
    assert facts["dagster/row_count"] == 0
    assert facts["origin"] == "no file"
