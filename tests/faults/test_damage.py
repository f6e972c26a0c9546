"""Damaged files: told or healed, and never published from."""

import dagster as dg
import pytest

from orchestration.archive import Archive
from orchestration.codebook import load_all
from orchestration.collection.partners.contract import load_all as load_contracts
from orchestration.decoding.assets import decoding_assets
from orchestration.settings import Settings

from .breaking import cut, flip

pytestmark = pytest.mark.end_to_end


def run_decode(deployment):
    """The step that reads the archive, as a run has it: how many tables it made, and what it raised."""
    settings = Settings(data=deployment.data)
    assets = decoding_assets(settings, load_all(settings.codebooks), load_contracts(settings.contracts), [])
    lock = dg.ResourceDefinition.hardcoded_resource(None)
    result = dg.materialize(assets, resources={"refresh_lock": lock}, raise_on_error=False)
    failed = [event for event in result.all_events if event.is_step_failure]
    told = str(failed[0].step_failure_data.error.cause.message) if failed else ""
    return len(result.get_asset_materialization_events()), told


def test_an_older_file_that_a_table_is_still_made_from(deployment):
    """One bit of the first of two deliveries that make one table: no gate would look at it again."""
    first, _ = Archive(deployment.data / "archive").entries("partners", "labour_need")
    flip(first.path)
    made, told = run_decode(deployment)
    assert made == 0
    assert first.path.name in told
    assert "the content is not what was archived" in told
    assert "restore the entry from a backup" in told


def test_a_damaged_release_is_made_again_although_nothing_has_changed(deployment):
    assert run_decode(deployment) == (0, ""), "nothing has changed"
    flip(deployment.releases / "current" / "public" / "pub_change.csv")
    made, told = run_decode(deployment)
    assert made > 20, told


def test_without_its_manifest_the_release_is_made_again(deployment):
    cut(deployment.releases / "current" / "MANIFEST.json")
    made, told = run_decode(deployment)
    assert made > 20, told
