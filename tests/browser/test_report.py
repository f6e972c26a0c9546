"""The report in a real Chromium, opened from a file as from a memory stick."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from tests.publication.conftest import Made

pytestmark = pytest.mark.browser

# The contrast of each text with what it stands on, as WCAG computes it; all grounds here are plain.
LOW_CONTRAST = """
() => {
  const parse = color => (color.match(/[\\d.]+/g) || []).map(Number);
  const light = ([r, g, b]) => [r, g, b]
    .map(v => v / 255).map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = element => {
    for (let e = element; e; e = e.parentElement) {
      const color = parse(getComputedStyle(e).backgroundColor);
      if (color.length === 3 || color[3] > 0) return color;
    }
    return [255, 255, 255];
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || element.closest('title, desc, .rim')) continue;
    const style = getComputedStyle(element);
    const ink = parse(element.closest('svg') ? style.fill : style.color);
    const [a, b] = [light(ink), light(ground(element))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) found.push([walker.currentNode.data.trim(), ratio.toFixed(2)]);
  }
  return found;
}
"""

# Words of a chart that reach out of its drawing, and words of one column of labels that lie upon each other.
BADLY_SET = """
() => {
  const found = [];
  for (const svg of document.querySelectorAll('svg.chart')) {
    const box = svg.getBoundingClientRect();
    const texts = [...svg.querySelectorAll('text:not(.rim)')].filter(text => text.textContent.trim());
    const boxes = texts.map(text => text.getBoundingClientRect());
    texts.forEach((text, i) => {
      const own = boxes[i];
      const over = [box.left - own.left, own.right - box.right, box.top - own.top, own.bottom - box.bottom];
      if (Math.max(...over) > 1) found.push(['outside', text.textContent]);
      for (let j = i + 1; j < texts.length; j++) {
        const width = Math.min(own.right, boxes[j].right) - Math.max(own.left, boxes[j].left);
        const height = Math.min(own.bottom, boxes[j].bottom) - Math.max(own.top, boxes[j].top);
        if (width > 2 && height > own.height / 3) found.push([text.textContent, texts[j].textContent]);
      }
    });
  }
  return found;
}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A candidate's public folder."""
    return Made(tmp_path_factory).workshop(tmp_path_factory.mktemp("report")).candidate().folder / "public"


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu"]
        started = playwright.chromium.launch(executable_path=chromium, args=arguments)
        yield started
        started.close()


@pytest.fixture(params=["fr", "en"])
def page(request: pytest.FixtureRequest, browser: Browser, folder: Path) -> Iterator[Page]:
    """The report of each language; no request but for the page itself, nothing on the console."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    opened = context.new_page()
    requests, messages = [], []
    opened.on("request", lambda sent: requests.append(sent.url))
    opened.on("console", lambda message: messages.append(message.text))
    opened.on("pageerror", lambda error: messages.append(str(error)))
    opened.goto((folder / f"report.{request.param}.html").as_uri())
    yield opened
    assert messages == []
    assert [url for url in requests if not url.startswith(folder.as_uri())] == []
    context.close()


@pytest.mark.parametrize("width", [320, 375, 768, 1280])
def test_it_fits_every_width(page, width):
    page.set_viewport_size({"width": width, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(BADLY_SET) == []
    sizes = page.evaluate(
        "[...document.querySelectorAll('svg.chart text')]"
        ".map(text => parseFloat(getComputedStyle(text).fontSize) * text.getCTM().a)"
    )
    assert min(sizes) > 7


def test_every_text_stands_out_from_its_ground(page):
    assert page.evaluate(LOW_CONTRAST) == []


def test_axe_finds_no_violation(page):
    page.evaluate("document.querySelectorAll('details').forEach(details => details.open = true)")
    assert [rule["id"] for rule in Axe().run(page).response["violations"]] == []


def test_axe_finds_no_violation_in_the_dictionary_and_the_quality_report(browser, folder):
    for name in ("dictionary.html", "quality.fr.html", "quality.en.html"):
        opened = browser.new_page()
        opened.goto((folder / name).as_uri())
        assert [rule["id"] for rule in Axe().run(opened).response["violations"]] == [], name
        opened.close()


def test_it_is_usable_by_keyboard_alone(page):
    page.keyboard.press("Tab")
    skip = page.locator(".skip")
    assert skip.evaluate("element => element === document.activeElement")
    assert skip.bounding_box()["x"] >= 0
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"
    for details in page.locator("details").all():
        details.locator("summary").focus()
        assert not details.locator("table").is_visible()
        page.keyboard.press("Enter")
        assert details.locator("table").is_visible()
    outlines = page.evaluate(
        "[...document.querySelectorAll('a, summary, .scroller')].filter(e => e.checkVisibility())"
        ".map(e => {"
        " e.focus({focusVisible: true}); return document.activeElement === e"
        " && getComputedStyle(e).outlineStyle !== 'none' })"
    )
    assert len(outlines) > 20
    assert all(outlines)


def test_the_other_language_and_the_dictionary_are_one_click_away(page, folder):
    page.locator(".languages a[hreflang]").click()
    page.wait_for_load_state()
    assert page.locator("h1").count() == 1
    assert page.url in {(folder / f"report.{language}.html").as_uri() for language in ("fr", "en")}
    page.locator('a[href="dictionary.html"]').click()
    page.wait_for_load_state()
    assert page.locator("h2[id^=pub_] code").count() == len(list(folder.glob("pub_*.csv"))) > 10
    assert page.evaluate(LOW_CONTRAST) == []


def test_charts_are_pictures_with_a_name_and_a_description(page):
    tree = page.locator("figure").first.aria_snapshot()
    assert "img" in tree
    names = page.evaluate(
        "[...document.querySelectorAll('svg.chart')].map(svg => svg.getAttribute('aria-labelledby')"
        ".split(' ').map(id => document.getElementById(id).textContent))"
    )
    assert len(names) == 12
    assert all(title and description for title, description in names)


def test_it_prints_all_tables_and_no_menu(page):
    page.emulate_media(media="print")
    assert not page.locator("nav").is_visible()
    assert page.locator(".simulated").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
