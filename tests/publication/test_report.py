"""The status report as its readers get it: what it says, and what it must never say."""

from __future__ import annotations

import re
from datetime import date
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import duckdb
import pytest

from orchestration.errors import ReleaseError
from orchestration.publication.report import write_report
from orchestration.publication.report.page import render
from orchestration.publication.report.tables import read_tables

THIN = "\u202f"
DAY = date(2026, 11, 23)
VOID = {"meta", "br", "hr", "img", "input", "link"}
HOSTILE = "<script>alert(1)</script>\"'&<b onmouseover=x()>"


class Page(HTMLParser):
    """A page as elements in order, each with its attributes and text; unbalanced tags are an error."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None], list[str]]] = []
        self._open: list[int] = []
        self.feed(html)
        assert not self._open, [self.elements[index][0] for index in self._open]

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs), []))
        if tag not in VOID:
            self._open.append(len(self.elements) - 1)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs), []))

    def handle_endtag(self, tag):
        assert self.elements[self._open[-1]][0] == tag
        self._open.pop()

    def handle_data(self, data):
        for index in self._open:
            self.elements[index][2].append(data)

    def all(self, tag: str) -> list[tuple[dict[str, str | None], str]]:
        """Attributes and text of every element of that name."""
        return [(attrs, squeeze(text)) for name, attrs, text in self.elements if name == tag]

    def rows(self, caption: str) -> dict[str, list[str]]:
        """The rows of the table with that caption, by heading; a heading met twice is in the later group."""
        found: dict[str, list[str]] = {}
        numbered = enumerate(self.elements)
        start = next(i for i, (tag, _, text) in numbered if tag == "caption" and caption in squeeze(text))
        for tag, attrs, text in self.elements[start + 1 :]:
            if tag == "caption":
                break
            if tag == "th" and attrs.get("scope") == "row":
                found[heading := squeeze(text)] = []
            elif tag == "td" and found:
                found[heading].append(squeeze(text))
        return found


def squeeze(text: list[str]) -> str:
    """Text as shown: runs of ordinary space are one; a no-break space is kept."""
    return re.sub(r"[ \n]+", " ", "".join(text)).strip()


def read(folder: Path) -> dict[str, str]:
    return {language: (folder / f"report.{language}.html").read_text("utf-8") for language in ("fr", "en")}


@pytest.fixture
def report(workshop):
    """Rows and a language → that page, from a warehouse of its own."""

    def write(rows, language="en") -> str:
        workshop.write_warehouse(rows)
        with duckdb.connect(str(workshop.warehouse)) as connection:
            connection.execute("USE marts")
            return render(read_tables(connection), language, DAY)

    return write


@pytest.fixture(scope="module")
def pages(made, tmp_path_factory) -> dict[str, str]:
    """The report on the invented editions, only read here."""
    folder = made.workshop(tmp_path_factory.mktemp("report")).candidate().folder / "public"
    return read(folder)


def test_numbers_stand_as_each_language_writes_them(pages):
    french, english = Page(pages["fr"]), Page(pages["en"])
    assert french.rows("Participation selon")["0 à 9"] == [f"1{THIN}000", "107", f"15{THIN}%"]
    assert english.rows("Participation by")["0 to 9"] == ["1,000", "107", "15%"]
    assert french.rows("Part des entreprises qui innovent")["0 à 9"] == [f"48{THIN}% [42{THIN};{THIN}54]"]
    assert english.rows("Share of companies that innovate")["0 to 9"] == ["48% [42, 54]"]


def test_french_is_set_with_narrow_no_break_spaces_and_curved_apostrophes(pages):
    text = " ".join(text for _, text in Page(pages["fr"]).all("body"))
    assert re.findall(r"[ \u00a0][;:!?%»]", text) == []
    assert re.findall(r"\w[;!?%»]", text) == []
    assert re.findall(r"(?i)\b[cdjlmnst]'\w", text) == []
    assert f"95{THIN}%" in text


@pytest.mark.parametrize(
    ("language", "words", "captions"),
    [
        (
            "fr",
            ("secret", "trop peu", "n.d.", "sans objet"),
            ("Part des entreprises qui innovent", "Participation selon", "Besoin et", "Toutes les étapes"),
        ),
        (
            "en",
            ("secret", "too few", "n/a", "not applicable"),
            ("Share of companies that innovate", "Participation by", "Needed and", "All stops"),
        ),
    ],
)
def test_secret_too_few_missing_and_zero_look_different_and_are_explained(pages, language, words, captions):
    page = Page(pages[language])
    secret, few, missing, _ = words
    innovation, participation, needs, stops = (page.rows(caption) for caption in captions)
    assert innovation["Corse"] == [secret]
    assert participation["Corse"] == [few, few, few]
    assert [cells[-1] for cells in needs.values()].count(missing) == 8
    assert stops["Saint-Quentin"][-2:] == [missing, "0"]
    spans = [(attrs.get("class") or "", text) for attrs, text in page.all("span")]
    states = {kind: text for kind, text in spans if "state" in kind}
    names = ("secret", "few", "missing", "none")
    assert states == {f"state state-{name}": word for name, word in zip(names, words, strict=True)}
    legend = " ".join(text for _, text in page.all("dl"))
    assert all(word in legend for word in words)
    # A fragile figure is marked in the table and explained.
    assert innovation["Bretagne"][0].split(" ")[0].endswith("*")
    assert "*" in legend


def test_the_contrast_stands_beside_what_was_quoted_and_territories_are_labelled(pages):
    page = Page(pages["en"])
    contrast = page.rows("The difference, and what was said of it")
    assert contrast == {
        "Difference, points": ["+30 [+20, +40]", "+45 quoted, not estimated"],
        "Ratio": ["2.0 [1.4, 2.9]", "10.0 quoted, not estimated"],
        "Odds ratio": ["3.5 [2.1, 5.8]", "19.0 quoted, not estimated"],
    }
    assert page.rows("Innovation and export by territory, model-based") == {
        "ti-3204": ["40% [34, 46]", "25%", "40% [34, 46]", "25%"]
    }


def test_a_question_that_does_not_apply_and_a_figure_carried_over_are_said(workshop, report):
    rows = workshop.rows()
    figures = {
        row["domain"]: row for row in rows["pub_innovation_export"] if row["indicator"] == "innovation_rate"
    }
    figures["0-9"] |= dict.fromkeys(("value", "se", "ci_low", "ci_high", "n")) | {"flag": "not_applicable"}
    figures["10-49"]["flag"] = "carried_over"
    innovation = Page(report(rows)).rows("Share of companies that innovate")
    assert innovation["0 to 9"] == ["not applicable"]
    assert innovation["10 to 49"][0].split(" ")[0].endswith("†")


def test_charts_write_blanks_as_words_too(pages):
    svg = re.search(r'<svg[^>]*aria-labelledby="chart-innovation-title.*?</svg>', pages["en"], re.DOTALL)[0]
    texts = [element.text for element in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]
    assert texts.count("secret") == 1
    assert {"Corse", "Bretagne", "0 to 9"} <= set(texts)


def test_a_simulated_edition_is_said_on_the_page_and_a_real_one_is_not(workshop, report, pages):
    assert "Données simulées" in pages["fr"].split("<h1>")[0]
    assert "Simulated data" in pages["en"].split("<h1>")[0]
    rows = workshop.rows()
    for edition in rows["pub_edition"]:
        edition["is_simulated"] = False
    assert "simul" not in report(rows, "fr").split("</style>")[1].lower()
    rows["pub_edition"][0]["is_simulated"] = None  # not known to be real
    assert "Simulated data" in report(rows)


def test_nothing_on_the_page_comes_from_elsewhere(pages):
    for html in pages.values():
        page = Page(html)
        outer = [
            value
            for _, attrs, _ in page.elements
            for name, value in attrs.items()
            if name in ("src", "href", "xlink:href", "action")
            and not re.match(r"#|(explorer/)?[\w.]+$", value or "")
        ]
        assert outer == []
        assert not page.all("script")
        assert not page.all("link")
        assert not page.all("img")
        styles = " ".join(text for _, text in page.all("style"))
        assert not re.search(r"@import|@font-face|url\(", styles)
        assert "default-src 'none'" in html


def test_hostile_labels_stay_text(workshop, report):
    rows = workshop.rows()
    for table, columns in {
        "pub_edition": ["title_fr", "title_en", "status"],
        "pub_domain": ["label_fr", "label_en"],
        "pub_competence": ["label_fr", "label_en", "family_label_fr", "family_label_en"],
        "pub_indicator": [
            "label_fr",
            "label_en",
            "definition_fr",
            "definition_en",
            "universe_fr",
            "universe_en",
        ],
        "pub_stopover": ["city", "theme_fr", "theme_en", "host", "region_code"],
    }.items():
        for row in rows[table]:
            row.update({column: f"{HOSTILE} {row.get(column)}" for column in columns})
    page = Page(report(rows))
    assert page.all("script") == []
    assert page.all("b") == []
    assert not [attrs for _, attrs, _ in page.elements if any(name.startswith("on") for name in attrs)]
    assert "alert(1)" in " ".join(text for _, text in page.all("th"))
    assert "alert(1)" in " ".join(text for _, text in page.all("svg"))


def test_only_comparable_items_published_in_both_editions_are_compared(workshop, report):
    rows = workshop.rows()
    for row in rows["pub_innovation_export"]:
        if row["edition"] == "edition_2012" and row["indicator"] == "innovation_rate":
            row["comparability"] = "broken"
    nothing = dict.fromkeys(("value", "se", "ci_low", "ci_high", "n"))
    for row in rows["pub_change"]:
        if row["indicator"] == "innovation_rate":
            row.update(nothing, flag="not_applicable", reason="broken", comparability="broken")
    needs = [row for row in rows["pub_competence_need"] if row["indicator"] == "need_share"]
    blank = next(row for row in needs if row["edition"] == "edition_2012")
    blank |= dict.fromkeys(("value", "se", "ci_low", "ci_high", "n")) | {"flag": "secret"}
    change = next(row for row in rows["pub_change"] if row["subject"] == blank["competence_code"])
    change |= dict.fromkeys(("value", "se", "ci_low", "ci_high", "n")) | {"flag": "secret"}
    page = Page(report(rows))
    compared = page.rows("The same question in 2012 and 2019")
    assert "Innovation rate" not in compared
    assert compared["Export rate"] == [
        "15% [9, 21]",
        "35% [29, 41]",
        "+20 [+12, +28]",
        "higher same question",
    ]
    assert compared["Design and prototyping"][2:] == [
        "+5 [−3, +13]",
        "within the margin nearly the same question",
    ]
    codes = {row["competence_code"]: row["label_en"] for row in rows["pub_competence"]}
    assert codes[blank["competence_code"]] not in compared
    assert any("2 items are left out" in text for _, text in page.all("p"))


def test_editions_without_a_frame_are_not_weighted_and_not_compared(workshop, report):
    rows = workshop.rows()
    rows["pub_edition"][1] |= {"has_frame": False, "population": None, "invited": None}
    rows["pub_participation"] = [r for r in rows["pub_participation"] if r["edition"] != "tour_2019"]
    for row in rows["pub_innovation_export"]:
        if row["edition"] == "tour_2019":
            row.update(se=None, ci_low=None, ci_high=None)
    page = Page(report(rows))
    text = " ".join(text for _, text in page.all("main"))
    assert "among respondents, not weighted" in text
    assert "The editions are not compared" in text
    assert "no sampling frame" in text
    assert page.rows("Share of companies that innovate")["0 to 9"] == ["48%"]


@pytest.mark.parametrize(
    ("innovators", "others", "said"),
    [(0.6, 0.3, "more often"), (0.3, 0.6, "less often"), (0.34, 0.3, "cannot tell the two groups apart")],
)
def test_the_contrast_is_claimed_only_where_the_intervals_allow_it(
    workshop, report, innovators, others, said
):
    rows = workshop.rows()
    wanted = {"export_rate_among_innovators": innovators, "export_rate_among_non_innovators": others}
    for row in rows["pub_innovation_export"]:
        if row["indicator"] in wanted and row["domain_type"] == "all":
            value = wanted[row["indicator"]]
            row.update(value=value, ci_low=value - 0.06, ci_high=value + 0.06)
    difference = rows["pub_contrast"][0]
    gap = innovators - others
    difference.update(value=gap, ci_low=gap - 0.1, ci_high=gap + 0.1)
    items = [text for _, text in Page(report(rows)).all("li")]
    claims = [text for text in items if "Difference in points" in text and " export" in text]
    assert len(claims) == 1
    assert said in claims[0]


def test_one_edition_alone_and_empty_tables_make_a_report(workshop, report):
    rows = {
        name: workshop.rows()[name]
        for name in ("pub_edition", "pub_domain", "pub_indicator", "pub_competence")
    }
    rows["pub_edition"] = rows["pub_edition"][:1]
    page = Page(report(rows))
    assert sum("no published figure for this part" in text for _, text in page.all("p")) == 7
    assert not any("Change" in text for _, text in page.all("h2"))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"flag": "unheard_of"}, "does not know the flag `unheard_of`"),
        ({"flag": "secret"}, "marked `secret` still holds a figure"),
        ({"flag": "unreliable", "value": None, "ci_low": None, "ci_high": None}, "still holds a figure"),
    ],
)
def test_a_figure_that_should_be_blank_stops_the_report(workshop, report, change, why):
    rows = workshop.rows()
    rows["pub_innovation_export"][0] |= change
    with pytest.raises(ReleaseError, match=why):
        report(rows)


def test_a_missing_public_table_is_one_message(workshop, tmp_path):
    workshop.write_warehouse()
    with duckdb.connect(str(workshop.warehouse)) as connection:
        connection.execute("USE marts; DROP TABLE pub_domain")
        with pytest.raises(ReleaseError, match=r"the report cannot be written: .*pub_domain"):
            write_report(connection, tmp_path, released_on=DAY)
    assert list(Path(tmp_path).glob("report*")) == []


def test_only_public_tables_are_read(workshop, tmp_path):
    workshop.write_warehouse()
    with duckdb.connect(str(workshop.warehouse)) as connection:
        connection.execute("USE marts")
        names = [name for (name,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()]
        for name in names:
            if not name.startswith("pub_"):
                connection.execute(f'DROP TABLE "{name}"')
        assert len(write_report(connection, tmp_path, released_on=DAY)) == 4


def test_the_same_data_give_the_same_bytes_again_in_one_process(workshop, report, pages):
    rows = workshop.rows()
    assert report(rows) == report(rows)


def test_each_page_is_marked_up_for_assistive_tools(pages):
    for language, html in pages.items():
        page = Page(html)
        assert page.all("html")[0][0]["lang"] == language
        assert len(page.all("h1")) == len(page.all("main")) == html.count("<title>") == 1
        levels = [int(tag[1]) for tag, _, _ in page.elements if re.fullmatch(r"h[1-6]", tag)]
        assert all(after - before <= 1 for before, after in pairwise(levels))
        ids = [attrs["id"] for _, attrs, _ in page.elements if attrs.get("id")]
        assert len(ids) == len(set(ids))
        named = [attrs["aria-labelledby"] for _, attrs, _ in page.elements if "aria-labelledby" in attrs]
        assert {name for names in named for name in names.split()} <= set(ids)
        targets = [attrs["href"][1:] for attrs, _ in page.all("a") if attrs["href"].startswith("#")]
        assert set(targets) <= set(ids)
        tables, captions = page.all("table"), page.all("caption")
        assert len(tables) == len(captions)
        assert all(text for _, text in captions)
        assert all(attrs.get("scope") for attrs, _ in page.all("th"))
        charts = page.all("svg")
        assert len(charts) == len(page.all("figure")) == 12
        assert all(attrs["role"] == "img" for attrs, _ in charts)
        assert len(page.all("desc")) == len(charts)
        assert all(text for _, text in page.all("desc"))


def test_both_pages_lead_to_each_other_and_to_the_files_beside_them(pages, workshop):
    folder = workshop.candidate().folder / "public"
    for html in pages.values():
        links = [attrs["href"] for attrs, _ in Page(html).all("a") if not attrs["href"].startswith("#")]
        assert {"dictionary.html", "pub_participation.csv", "pub_participation.parquet"} <= set(links)
        assert all((folder / link).is_file() for link in links)
    assert 'href="report.en.html" lang="en"' in pages["fr"]
    assert 'href="report.fr.html" lang="fr"' in pages["en"]
