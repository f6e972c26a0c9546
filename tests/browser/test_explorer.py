"""The explorer in a real Chromium, served by a plain file server, and from a file as from a memory stick."""

from __future__ import annotations

import csv
import functools
import io
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from time import perf_counter
from typing import Any

import duckdb
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from orchestration.publication.explorer import write_explorer
from tests.publication.invented_marts import default_rows, figure, write_warehouse

pytestmark = pytest.mark.browser
EVIL = '<img src=x onerror="document.title=`pwned`">'
PHONE, DESKTOP = {"width": 390, "height": 844}, {"width": 1280, "height": 900}


def rows() -> dict[str, list[dict[str, Any]]]:
    """The made release, with territories, a sector, a crossing, every blank state and a label that is markup."""
    made = default_rows()
    more = [
        ("sector", "C", EVIL), ("region_sector", "32|C", "x"), ("region_sector", "53|C", "y"),
        ("territory", "ti-3204", "Béthune"), ("territory", "ti-5301", "=1+1"), ("territory", "ti-9303", "Carros"),
    ]  # fmt: skip
    made["pub_domain"] += [
        {"domain_type": kind, "domain": code, "label_fr": label, "label_en": label, "position": place}
        for place, (kind, code, label) in enumerate(more)
    ]
    made["pub_territory"] = [
        {"territory_id": code, "name": code, "region_code": code[3:5]}
        for code in ("ti-3204", "ti-5301", "ti-9303")
    ]
    blanks = {
        "ti-3204": figure(None, "unreliable", reason="low_n"),
        "ti-5301": figure(0.2),
        "ti-9303": figure(None, "not_available", reason="no_respondent"),
    }
    key = {"edition": "tour_2019", "indicator": "innovation_rate"}
    for row in made["pub_innovation_export"]:
        if row["indicator"] == "innovation_rate" and row["domain"] == "94":
            row |= {"flag": "not_applicable", "reason": "outside_population"}
    made["pub_innovation_export"] += [
        key | {"domain_type": kind, "domain": code} | (blanks.get(code) or figure(0.25))
        for kind, code, _ in more
    ]
    return made


@dataclass
class Site:
    """Where the explorer is served and stored, and what the browser asked and said."""

    base: str
    folder: Path
    requests: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)

    def open(self, page: Page, address: str) -> None:
        page.goto(f"{self.base}/explorer/{address}")
        page.wait_for_selector("html[data-ready]")


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None: ...


@pytest.fixture(scope="module")
def public(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("explorer")
    write_warehouse(folder / "w.duckdb", rows())
    (folder / "public").mkdir()
    with duckdb.connect(str(folder / "w.duckdb"), read_only=True) as connection:
        connection.execute("USE marts")
        for (name,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall():
            if name.startswith("pub_"):
                target = folder / "public" / f"{name}.parquet"
                connection.execute(f"COPY {name} TO '{target}' (FORMAT parquet, COMPRESSION zstd)")
        write_explorer(connection, folder / "public", released_on=date(2026, 11, 23))
    return folder / "public"


@pytest.fixture(scope="module")
def base(public: Path) -> Iterator[str]:
    handler = functools.partial(_Quiet, directory=str(public))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        yield started
        started.close()


@pytest.fixture
def site(base: str, public: Path) -> Site:
    return Site(base, public)


@pytest.fixture
def page(browser: Browser, site: Site) -> Iterator[Page]:
    """A page whose requests stay on the origin and whose console stays empty."""
    context = browser.new_context(viewport=DESKTOP)
    context.set_default_timeout(8_000)
    opened = context.new_page()
    opened.on("request", lambda sent: site.requests.append(sent.url))
    opened.on("console", lambda message: site.messages.append(message.text))
    opened.on("pageerror", lambda error: site.messages.append(str(error)))
    yield opened
    assert site.messages == []
    allowed = (site.base, site.folder.as_uri(), f"blob:{site.base}", "data:", "blob:file")
    assert [url for url in site.requests if not url.startswith(allowed)] == []
    context.close()


def choose(page: Page, **choices: str) -> None:
    for name, value in choices.items():
        page.select_option(f"#choice-{name}", value)
        page.wait_for_function(
            "([n, v]) => location.hash.includes(`${n}=${encodeURIComponent(v)}`)", arg=[name, value]
        )


def test_the_first_view_is_light_and_fast(page, site):
    sizes = []
    page.on("requestfinished", lambda sent: sizes.append(sum(sent.sizes().values())))
    began = perf_counter()
    site.open(page, "index.html")
    seconds = perf_counter() - began
    page.wait_for_load_state("networkidle")
    print(f"first view: {seconds:.2f} s, {sum(sizes):,} bytes, {len(sizes)} files")
    assert len(sizes) > 15
    assert sum(sizes) < 500_000


@pytest.mark.parametrize(
    ("name", "words"), [("index.html", "secret"), ("index.en.html", "Why is this cell blank?")]
)
@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_no_accessibility_violation_at_any_width(page, site, name, words, size):
    page.set_viewport_size(size)
    site.open(page, f"{name}#indicator=export_rate&by=region&cell=94")
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    assert words.lower() in page.inner_text("#detail").lower()
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def test_every_choice_changes_the_view_and_the_address_brings_it_back(page, site):
    site.open(page, "index.en.html")
    assert "Innovation rate, by région" in page.inner_text("#heading")
    choose(page, sector="C")
    assert page.locator("#table tbody tr").count() == 3
    assert page.locator("#table .absent").count() == 1
    choose(page, by="territory", region="53")
    assert page.locator("#table tbody tr").count() == 1
    choose(page, by="size_class", edition="edition_2012", sort="label")
    assert page.locator("#map").is_hidden()
    choose(page, indicator="need_share")
    choose(page, by="all")
    choose(page, subject="CRE-02")
    choose(page, by="subject")
    assert page.locator("#table tbody tr").count() == 15
    address, table = page.evaluate("location.hash"), page.inner_text("#table")
    page.click("#other-language")
    page.wait_for_selector("html[data-ready][lang=fr]")
    site.open(page, f"index.en.html?{1}{address}")
    assert page.inner_text("#table") == table
    page.go_back()
    page.wait_for_selector("html[data-ready]")
    page.click("form button")
    page.wait_for_function("() => document.getElementById('choice-by').value === 'region'")


def test_each_blank_says_why_in_words_of_its_own_and_has_a_pattern_of_its_own(page, site):
    seen = {}
    for indicator, by, cell in (
        ("export_rate", "region", "94"), ("innovation_rate", "region", "94"),
        ("innovation_rate", "territory", "ti-3204"), ("innovation_rate", "territory", "ti-9303"),
    ):  # fmt: skip
        site.open(
            page, f"index.en.html?{len(seen)}#edition=tour_2019&indicator={indicator}&by={by}&cell={cell}"
        )
        fill = page.get_attribute(f'#map .place[data-code="{cell}"]', "fill")
        pattern = page.inner_html(f"{fill[4:-1]}") if fill.startswith("url(") else fill
        seen[" ".join(page.locator("#detail .why").all_inner_texts())] = pattern
    assert len(set(seen)) == len(set(seen.values())) == 4
    assert any("no company can be recognised" in words for words in seen)
    assert any("outside the population" in words for words in seen)


def test_it_is_usable_by_keyboard_alone(page, site):
    site.open(page, "index.en.html#indicator=export_rate&by=region")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "choice-indicator"
    page.locator('[data-why="94"]').focus()
    page.keyboard.press("Enter")
    page.wait_for_function("() => document.activeElement.id === 'look'")
    assert "cell=94" in page.evaluate("location.hash")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    assert "secret" in page.inner_text("#status")


def test_what_is_shown_can_be_downloaded(page, site):
    site.open(page, "index.en.html#indicator=innovation_rate&by=territory")
    with page.expect_download() as found:
        page.click('[data-what="csv"]')
    text = Path(found.value.path()).read_text(encoding="utf-8-sig")
    records = {row["domain"]: row for row in csv.DictReader(io.StringIO(text))}
    assert records["ti-5301"]["value"] == "0.2"
    assert records["ti-5301"]["label"] == "'=1+1"
    assert (records["ti-3204"]["value"], records["ti-3204"]["reason"]) == ("", "low_n")
    for what in ("map", "ranking"):
        with page.expect_download() as found:
            page.click(f'[data-what="{what}"]')
        content = Path(found.value.path()).read_bytes()
        assert content[:8] == b"\x89PNG\r\n\x1a\n"
        assert len(content) > 10_000


def test_a_label_is_never_markup(page, site):
    site.open(page, "index.html#indicator=innovation_rate&by=sector&cell=<b>x</b>")
    assert EVIL in page.inner_text("#table")
    assert page.locator("#content img").count() == 0
    assert page.title() != "pwned"


def test_it_opens_from_a_memory_stick(page, site):
    page.goto((site.folder / "explorer/index.html").as_uri() + "#indicator=export_rate&by=region")
    page.wait_for_selector("html[data-ready]")
    assert page.locator("#map .place").count() == 3


def test_sql_runs_with_every_other_address_blocked(page, site):
    page.context.route(lambda url: not url.startswith(site.base), lambda route: route.abort())
    page.goto(f"{site.base}/explorer/sql.en.html#q=select count(*) as n from pub_competence")
    assert page.is_hidden("#result")
    page.press("#query", "Control+Enter")
    page.wait_for_selector("#result:not([hidden])", timeout=20_000)
    assert page.inner_text("#result tbody") == str(len(rows()["pub_competence"]))
    page.fill("#query", "select nothing from nowhere")
    page.click("#run")
    page.wait_for_function("() => document.getElementById('state').textContent.includes('nowhere')")
    assert Axe().run(page).violations_count == 0
    # DuckDB's worker tells the console of a query that fails; nothing else may be there.
    assert len(site.messages) == 1
    assert "nowhere" in site.messages.pop()
