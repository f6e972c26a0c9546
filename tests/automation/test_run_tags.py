"""Every run says what started it, which editions it is about and which release it left."""

import dagster as dg
import pytest

from orchestration.automation.jobs import automation_definitions
from orchestration.automation.run_tags import tag_run
from orchestration.settings import Settings

from .conftest import EDITION

EXPORT = dg.AssetKey(["raw", f"export__{EDITION}"])


@pytest.fixture
def instance():
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


def tagged(instance, run_id):
    run = instance.get_run_by_id(run_id)
    return {name: run.tags.get(name) for name in ("trigger", "edition", "release")}


def test_a_run_that_nobody_tagged_was_started_by_hand(small, instance):
    run = instance.create_run_for_job(dg.Definitions(assets=[made]).resolve_implicit_global_asset_job_def())
    tag_run(instance, run, small.settings)
    assert tagged(instance, run.run_id) == {"trigger": "manual", "edition": EDITION, "release": "2026-W47-1"}


@dg.asset
def made(): ...


def test_the_lock_tags_the_run_whatever_starts_it(small, instance):
    """The resource that every writing step needs, as the jobs have it."""

    @dg.asset(key=EXPORT, required_resource_keys={"refresh_lock"})
    def export(context: dg.AssetExecutionContext):
        context.instance.add_run_tags(context.run.run_id, {"release": "2026-W48-1"})

    lock = automation_definitions(small.settings).resources["refresh_lock"]
    result = dg.materialize(
        [export], resources={"refresh_lock": lock}, instance=instance, tags={"trigger": "schedule"}
    )
    expected = {"trigger": "schedule", "edition": EDITION, "release": "2026-W48-1"}
    assert tagged(instance, result.run_id) == expected


def test_before_the_first_release_there_is_none(tmp_path, instance):
    run = instance.create_run_for_job(dg.Definitions(assets=[made]).resolve_implicit_global_asset_job_def())
    tag_run(instance, run, Settings(data=tmp_path))
    assert tagged(instance, run.run_id)["release"] == "none"
