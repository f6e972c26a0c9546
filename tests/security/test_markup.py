"""HTML and scripts in texts of answers, partners and gates, run in Chromium on every page of a release. More of it: the
report's charts in tests/publication/test_report.py, the explorer's views in tests/browser/test_explorer.py, markdown of
checks in tests/quality/test_masking.py, alerts in tests/automation/test_alerts.py."""

from __future__ import annotations

import re

import pytest
from markdown_it import MarkdownIt
from playwright.sync_api import sync_playwright

from orchestration.publication.manifest import GateResult
from orchestration.quality.result import Failure
from orchestration.quality.result import GateResult as Found
from tests.publication.conftest import Made
from tests.publication.invented_marts import models

SCRIPTS = (
    "<script>window.pwned = 1</script>",
    "<img src=x onerror='window.pwned = 1'>",
    '"><svg onload=window.pwned=1>',
    '</script></style></title><iframe srcdoc="<script>parent.pwned = 1</script>"></iframe>',
    "'-(window.pwned=1)-'${window.pwned=1}{{window.pwned=1}}",
    '<a href="javascript:window.pwned=1">x</a>',
)
HOSTILE = "zqmark" + "".join(SCRIPTS)
# What the report and its pages look up by value: a code, a kind, a state.
_CODES = re.compile(
    r"(_code|_id|_key|edition|indicator|domain|domain_type|flag|reason|comparability|statistic|source)$"
)
_FREE = re.compile(
    r"(label|title|name|city|theme|host|definition|question|description|institution|employer|text)"
)


@pytest.fixture(scope="module")
def candidate(tmp_path_factory):
    """A release in which every free text of every public table is hostile."""
    shop = Made(tmp_path_factory).workshop(tmp_path_factory.mktemp("hostile"))
    rows = shop.rows()
    for model in models():
        for row in rows.get(model["name"], ()):
            for name, value in row.items():
                if isinstance(value, str) and _FREE.search(name) and not _CODES.search(name):
                    row[name] = f"{value} {HOSTILE}"
    gates = [
        GateResult("marts", "run-1", passed=True, subject_hash="", expectations=31),
        GateResult(f"asset_checks {HOSTILE}", "run-1", passed=True, subject_hash="", expectations=1),
    ]
    return shop.build(rows=rows, gates=gates).folder


def test_no_script_runs_on_any_page_of_a_release(candidate, chromium):
    pages = sorted(candidate.rglob("*.html"))
    assert len(pages) >= 9
    marked = set()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        # Without the pages' own policy, which would stop a script: what is written must be harmless by itself.
        page = browser.new_context(bypass_csp=True).new_page()
        dialogs = []
        page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
        for path in pages:
            page.goto(path.as_uri())
            page.wait_for_load_state()
            for element in page.query_selector_all("a[href^='javascript:'], iframe, [onerror], [onload]"):
                raise AssertionError(f"{path.name}: {element.evaluate('one => one.outerHTML')[:200]}")
            assert page.evaluate("window.pwned") is None, path.name
            if "zqmark" in page.content():
                marked.add(path.name)
        browser.close()
    assert dialogs == []
    assert {"report.fr.html", "report.en.html"} <= marked
    assert len(marked) >= 4, marked


def test_a_check_in_the_ui_shows_hostile_names_and_cells_as_text():
    told = [
        Failure(
            "rare <b>t</b>",
            "expect_x",
            "lake.<i>t</i>`",
            f"c` {HOSTILE}",
            HOSTILE,
            ({f"h| {HOSTILE}": HOSTILE},),
        ),
        Failure(
            "once",
            "expect_y",
            "lake.t",
            None,
            "[see](javascript:window.pwned=1) ![](https://tracker.example/) [a](https://evil.example/)",
        ),
    ]
    text = Found("marts", "f" * 64, 2, tuple(told)).to_markdown()
    html = MarkdownIt("commonmark", {"html": True}).enable("table").render(text)
    tags = set(re.findall(r"<(\w+)", html))
    assert tags <= {"p", "strong", "ul", "li", "code", "table", "thead", "tbody", "tr", "th", "td"}, tags
    assert "javascript:" not in "".join(re.findall(r'href="([^"]*)"', html))


def test_every_page_forbids_what_it_does_not_need(candidate):
    for path in candidate.rglob("*.html"):
        policy = re.search(
            r'http-equiv="Content-Security-Policy" content="([^"]+)"', path.read_text(encoding="utf-8")
        )
        assert policy, path.name
        assert "default-src 'none'" in policy[1]
        assert "unsafe-eval" not in policy[1].replace("wasm-unsafe-eval", "")
        assert not re.search(r"script-src[^;]*'unsafe-inline'", policy[1])
