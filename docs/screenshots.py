"""Takes the screenshots of the guide to the UI (ui.md), from a UI that it starts on a campaign that it refreshes.

    python docs/screenshots.py FOLDER

Where FOLDER holds no release yet, the sample is refreshed into it, and its open edition is collected six times more,
with more responses each time (some minutes). Chromium must be installed. Belongs here: which pages, and how they are
taken. Does not: what the guide says.
"""

from __future__ import annotations

import base64
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests
from playwright.sync_api import Page, sync_playwright

from orchestration.automation.instance import prepare_home
from orchestration.settings import PROJECT, Settings

IMAGES = Path(__file__).with_name("images")
SHARES = (0.85, 0.88, 0.91, 0.94, 0.97, 1.0)  # the gate stops what is less than 0.8 of the release
BIN = Path(sys.executable).parent
# File, address, text that says the page is there, and what is then clicked or scrolled to.
PAGES = (
    ("graph", "/asset-groups", "publication", None),
    ("job", "/locations/skills_bank/jobs/weekly_refresh", "every Monday at 05:00", None),
    ("asset", "/assets/lake/answers", "Metadata", None),
    ("plot", "/assets/raw/export__tour_2019", "Plots", "Plots"),
    ("checks", "/assets/ind_innovation_export?view=checks&checkDetail=marts", "Passed", None),
    ("runs", "/runs?q[0]=job%3Aweekly_refresh", "weekly_refresh", None),
    ("automation", "/automation", "inbox_sensor", None),
)


def main() -> None:
    """Prepare the folder, then take every page."""
    settings = Settings(data=Path(sys.argv[1]).resolve(), sample=True)
    variables = os.environ | {
        "SKILLSBANK_DATA": str(settings.data),
        "DAGSTER_HOME": str(prepare_home(settings)),
    }
    if not (settings.releases / "current").exists():
        _campaign(settings, variables)
    IMAGES.mkdir(exist_ok=True)
    with _ui(variables) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1400, "height": 860})
        for name, path, text, part in PAGES:
            page.goto(address + path)
            page.locator(f"text={text} >> visible=true").first.wait_for(timeout=60_000)
            if part:
                page.locator(f"text={part} >> visible=true").first.click()
                page.wait_for_timeout(1_000)
                page.locator(f"text={part} >> visible=true").first.scroll_into_view_if_needed()
            page.wait_for_timeout(3_000)  # the graph's animation, and row counts that arrive one by one
            _take(page, IMAGES / f"ui-{name}.webp")
        browser.close()


def _campaign(settings: Settings, variables: dict[str, str]) -> None:
    """A release, then an edition that is collected alone, with more responses each time."""
    subprocess.run([str(BIN / "skillsbank"), "refresh"], env=variables, check=True)
    records = (settings.sample_folder / "tour_2019" / "responses.csv").read_bytes().split(b'\r\n"')
    export = settings.inbox / "tour_2019" / "responses.csv"
    export.parent.mkdir(parents=True, exist_ok=True)
    chosen = ["--select", 'key:"raw/export__tour_2019"', "-m", "orchestration.definitions"]
    for share in SHARES:
        export.write_bytes(b'\r\n"'.join(records[: int(share * len(records))]) + b"\r\n")
        command = [str(BIN / "dagster"), "asset", "materialize", *chosen]
        subprocess.run(command, env=variables, check=True, stderr=subprocess.DEVNULL)


@contextmanager
def _ui(variables: dict[str, str]) -> Iterator[str]:
    """The address of a webserver without daemon, so that nothing starts while pictures are taken."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    process = subprocess.Popen(
        [
            str(BIN / "dagster-webserver"),
            "-w",
            str(PROJECT / "workspace.yaml"),
            "-h",
            "127.0.0.1",
            "-p",
            port,
        ],
        env=variables,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        while True:
            try:
                requests.get(f"{address}/server_info", timeout=5).raise_for_status()
                break
            except requests.RequestException:
                if process.poll() is not None:
                    raise SystemExit("the webserver ended before it answered") from None
                time.sleep(0.5)
        yield address
    finally:
        process.terminate()
        process.wait(60)


def _take(page: Page, path: Path) -> None:
    session = page.context.new_cdp_session(page)
    taken = session.send("Page.captureScreenshot", {"format": "webp", "quality": 75})
    path.write_bytes(base64.b64decode(taken["data"]))
    print(f"{path}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
