"""The Dagster UI as a data engineer opens it: `skillsbank ui` in a real browser, and a run started from it."""

import os
import signal
import socket
import subprocess
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
from playwright.sync_api import expect, sync_playwright

from orchestration.definitions import build_definitions
from orchestration.settings import Settings

from .conftest import copy_of

pytestmark = [pytest.mark.end_to_end, pytest.mark.browser]

LAUNCH = """
mutation {
  launchRun(executionParams: {selector: {
    repositoryLocationName: "skills_bank", repositoryName: "__repository__", jobName: "weekly_refresh"
  }}) { __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } }
}
"""
STATUS = 'query { runOrError(runId: "%s") { ... on Run { status tags { key value } } } }'
SCHEDULES = """
query { schedulesOrError(repositorySelector: {
  repositoryLocationName: "skills_bank", repositoryName: "__repository__"
}) { ... on Schedules { results { name cronSchedule executionTimezone scheduleState { status } } } } }
"""


@pytest.fixture(scope="module")
def ui(first_release, tmp_path_factory):
    """The address of a running UI on a deployment with one release."""
    deployment = copy_of(first_release[0], tmp_path_factory.mktemp("ui"))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen(
        deployment.command("ui", "--port", str(port)),
        env=deployment.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    address = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + 150
    while True:
        try:
            if requests.get(f"{address}/server_info", timeout=5).ok:
                break
        except requests.RequestException:
            assert process.poll() is None, "the UI ended before it answered"
            assert time.monotonic() < deadline, "the UI did not answer in 150 s"
            time.sleep(1)
    yield address
    # Not by Ctrl-C: where pytest itself runs in the background, its children ignore that.
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@pytest.fixture(scope="module")
def browser(chromium):
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(
            executable_path=chromium,
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-background-networking",
                "--disable-component-update",
            ],
        )


@pytest.fixture
def page(browser, ui):
    """A page that records the hosts it asks."""
    page = browser.new_page(viewport={"width": 1600, "height": 1000})
    page.set_default_timeout(60_000)
    page.hosts = set()
    page.on("request", lambda request: page.hosts.add(urlsplit(request.url).netloc))  # "" for blob: and data:
    yield page
    page.close()


def graphql(ui, query):
    answer = requests.post(f"{ui}/graphql", json={"query": query}, timeout=60)
    answer.raise_for_status()
    return answer.json()["data"]


def test_the_asset_graph_shows_the_stages(ui, page):
    page.goto(f"{ui}/asset-groups")
    for group in ("collection", "decoding", "staging", "skills_bank", "figures", "publication"):
        expect(page.get_by_text(group, exact=True).first).to_be_visible()
    assert page.hosts - {""} == {urlsplit(ui).netloc}, "the UI asks nobody outside"


def test_the_gate_is_green_with_its_expectations(ui, page):
    page.goto(f"{ui}/assets/ind_innovation_export?view=checks&checkDetail=marts")
    expect(page.get_by_text("Passed", exact=True).first).to_be_visible()
    expect(page.get_by_text("expectations", exact=True).first).to_be_visible()
    expect(page.get_by_text("This is a blocking asset check").first).to_be_visible()


def test_an_asset_page_teaches(ui, page):
    page.goto(f"{ui}/assets/release")
    expect(page.get_by_text("What analysts and readers open").first).to_be_visible()
    expect(page.get_by_text("data-engineering").first).to_be_visible()
    expect(page.get_by_text("report_link").first).to_be_visible()


def test_the_links_to_the_dictionary_lead_to_their_table(first_release):
    deployment, _ = first_release
    definitions = build_definitions(Settings(data=deployment.data))
    pages = {}
    for spec in definitions.resolve_all_asset_specs():
        if link := spec.metadata.get("dictionary"):
            page, _, table = link.value.partition("#")
            text = pages.setdefault(page, Path(page).read_text(encoding="utf-8"))
            assert not table or f'id="{table}"' in text, f"{page}: {table}"
    assert len(pages) == 2, "the public one and the internal one"


def test_the_page_of_dbt_shows_models_and_asks_nobody(first_release, browser):
    address = (
        (first_release[0].data / "releases" / "current" / "internal" / "dbt_docs.html").resolve().as_uri()
    )
    page = browser.new_page()
    asked = []
    page.on("request", lambda request: asked.append(urlsplit(request.url).scheme))
    page.goto(f"{address}#!/model/model.skills_bank.pub_question")
    expect(page.get_by_text("What each edition asks, in its own words")).to_be_visible()
    expect(page.get_by_text("Wording of the question in French.").first).to_be_visible()
    assert set(asked) == {"file"}
    page.close()


def test_the_weekly_schedule_is_on(ui):
    schedules = graphql(ui, SCHEDULES)["schedulesOrError"]["results"]
    (schedule,) = (one for one in schedules if one["name"] == "weekly_refresh_schedule")
    assert schedule["cronSchedule"] == "0 5 * * 1"
    assert schedule["executionTimezone"] == "Europe/Paris"
    assert schedule["scheduleState"]["status"] == "RUNNING"


def test_a_run_started_in_the_ui_goes_through_and_shows(ui, page):
    launched = graphql(ui, LAUNCH)["launchRun"]
    assert launched["__typename"] == "LaunchRunSuccess", launched
    run_id = launched["run"]["runId"]
    deadline = time.monotonic() + 200
    while (status := graphql(ui, STATUS % run_id)["runOrError"]["status"]) not in {"SUCCESS", "FAILURE"}:
        assert time.monotonic() < deadline, status
        time.sleep(2)
    assert status == "SUCCESS"
    page.goto(f"{ui}/runs/{run_id}")
    expect(page.get_by_text("Success", exact=True).first).to_be_visible()
    expect(page.get_by_text("decode").first).to_be_visible()
