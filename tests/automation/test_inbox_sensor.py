"""A file in the inbox starts a run of what it concerns and of nothing else, through the same gates."""

import json
import os
import time

import dagster as dg
import pytest

from orchestration.automation.inbox_watch import SETTLED_SECONDS
from orchestration.publication.evidence import RELEASE_GATE, SECRECY_GATE
from orchestration.quality.suites import required_gates


@pytest.fixture
def inbox(settings):
    """An empty inbox, and a way to put a file into it that has settled."""

    def put(name, text="text", seconds=0.0):
        path = settings.inbox / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        settled = time.time() - 2 * SETTLED_SECONDS + seconds
        os.utime(path, (settled, settled))
        return path

    for path in settings.inbox.rglob("*"):
        if path.is_file():
            path.unlink()
    return put


def tick(definitions, cursor=None):
    with dg.DagsterInstance.ephemeral() as instance:
        context = dg.build_sensor_context(instance=instance, cursor=cursor, definitions=definitions)
        return definitions.resolve_sensor_def("inbox_sensor").evaluate_tick(context)


def names(keys):
    return {key.to_user_string() for key in keys}


def test_it_waits_until_a_file_has_settled_and_asks_once(definitions, inbox):
    assert "is empty" in tick(definitions).skip_message
    path = inbox("tour_2019/responses.csv", "half")
    os.utime(path)
    assert "still being written" in tick(definitions).skip_message
    inbox("tour_2019/responses.csv")
    first = tick(definitions)
    (request,) = first.run_requests
    assert request.tags["files"] == "tour_2019/responses.csv"
    assert request.tags["trigger"] == "sensor"
    assert "Nothing new" in tick(definitions, first.cursor).skip_message
    inbox("tour_2019/responses.csv", "another", seconds=1)
    assert tick(definitions, first.cursor).run_requests


def test_a_partner_file_refreshes_what_depends_on_it_alone(definitions, inbox):
    inbox("partners/training_offers.csv")
    (request,) = tick(definitions).run_requests
    selected, late = set(request.asset_selection), dg.AssetKey(["raw", "partner__training_offers"])
    assert {name for name in names(selected) if name.startswith("raw/")} == {
        "raw/partner__training_offers", "raw/set_aside", "raw/company_matches",
    }  # fmt: skip
    graph = definitions.resolve_asset_graph()
    depends = dg.AssetSelection.assets(late).downstream().resolve(graph)
    assert depends <= selected, "everything that depends on it is made anew"
    # A run builds its marts in a database of its own: what stands on dbt's seeds alone is made as well.
    seeds = {key for key in selected - depends if "dbt" in graph.get(key).kinds}
    assert names(selected - depends - seeds) == {"raw/set_aside"}
    assert all(not any(p.path[0] == "raw" for p in graph.get(key).parent_keys) for key in seeds)


def test_such_a_run_cannot_publish_without_the_gates(definitions, inbox):
    """The job with this selection has every gate, and nothing of the other collected assets."""
    inbox("partners/training_offers.csv")
    (request,) = tick(definitions).run_requests
    checks = {key.name for key in request.asset_check_keys}
    assert checks >= {*required_gates(), RELEASE_GATE, SECRECY_GATE}
    part = definitions.resolve_job_def("weekly_refresh").get_subset(
        asset_selection=set(request.asset_selection), asset_check_selection=set(request.asset_check_keys)
    )
    steps = {node.name for node in part.nodes}
    assert {f"gate_{gate}" for gate in (*required_gates(), SECRECY_GATE)} <= steps
    assert {step for step in steps if step.startswith("collect_")} == {"collect_training_offers"}
    assert {"decode", "release_candidate", "release"} <= steps


@pytest.mark.parametrize(
    ("file", "collected"),
    [
        ("tour_2019/export.csv", {"raw/export__tour_2019"}),
        ("tour_2019/sampling_frame.parquet", {"raw/frame__tour_2019"}),
        ("register/StockUniteLegale_utf8.parquet", {"raw/partner__register"}),
        ("partners/ateliers_2026.xlsx", {
            "raw/partner__workshop_attendance", "raw/partner__workshop_hosts", "raw/partner__workshop_questions",
        }),
    ],
)  # fmt: skip
def test_an_edition_or_partner_is_refreshed_alone(definitions, inbox, file, collected):
    inbox(file)
    (request,) = tick(definitions).run_requests
    found = {name for name in names(request.asset_selection) if name.startswith("raw/")}
    assert found - {"raw/set_aside", "raw/company_matches"} == collected


@pytest.mark.parametrize("file", ["lost.csv", "partners/unknown.csv", "tour_1999/export.csv"])
def test_a_file_that_belongs_nowhere_starts_a_whole_refresh(definitions, inbox, file):
    inbox(file)
    (request,) = tick(definitions).run_requests
    assert request.asset_selection is None


def test_a_file_that_is_taken_away_starts_nothing(definitions, inbox):
    path = inbox("partners/training_offers.csv")
    cursor = tick(definitions).cursor
    path.unlink()
    after = tick(definitions, cursor)
    assert not after.run_requests
    assert json.loads(after.cursor) == {}


def test_the_cursor_of_an_earlier_version_is_no_obstacle(definitions, inbox):
    inbox("partners/training_offers.csv")
    assert tick(definitions, cursor="c0ffee").run_requests


def test_each_collected_asset_can_be_materialized_alone(definitions):
    """As the button in the UI does, with its gate."""
    job = definitions.resolve_implicit_global_asset_job_def()
    graph = definitions.resolve_asset_graph()
    for key in (key for key in graph.executable_asset_keys if key.path[0] == "raw"):
        steps = {node.name for node in job.get_subset(asset_selection={key}).nodes}
        assert len([step for step in steps if not step.startswith("gate_")]) == 1, key
        assert key.path[-1] in {"set_aside", "company_matches"} or "gate_collected" in steps, key
