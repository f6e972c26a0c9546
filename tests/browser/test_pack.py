"""The pack's pages in a real Chromium: axe finds nothing, nothing comes from elsewhere, they fit a phone."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

from tests.publication.conftest import Made

pytestmark = pytest.mark.browser

PAGES = (
    "public/gates.en.html", "public/gates.fr.html", "public/revisions.en.html", "public/revisions.fr.html",
    "public/dictionary.html", "internal/lineage.html",
)  # fmt: skip


@pytest.fixture(scope="module")
def candidate(tmp_path_factory):
    return Made(tmp_path_factory).workshop(tmp_path_factory.mktemp("pack")).candidate().folder


@pytest.fixture(scope="module")
def browser(chromium):
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_accessible_self_contained_and_fits_a_phone(browser, candidate, name):
    # Without the policy of the page itself, which lets no script in, axe's neither.
    context = browser.new_context(bypass_csp=True, viewport={"width": 360, "height": 740})
    page = context.new_page()
    requests, errors = [], []
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda message: errors.append(message.text))
    page.goto((candidate / name).as_uri())
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert requests == [(candidate / name).as_uri()]
    assert errors == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    context.close()
