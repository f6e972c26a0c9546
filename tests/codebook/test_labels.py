"""What a codebook says of the texts of other tools: its keys, and one clear message for each fault."""

import pytest

from orchestration.codebook import answers_of, headings_of, items_of, load

from .test_loading import TEXT, fault, last_line_of, load_text

TOOL = TEXT.replace(
    "  - {source: limesurvey, files: \"*.csv\", format: limesurvey_csv}\n",
    """\
  - source: forms
    files: "*.csv"
    format: plain
    columns: {id: Number, submitdate: [Sent, Envoyé]}
    ignored: [Keyed by]
    dates: "%d/%m/%Y"
    complete_when: {heading: Last, is: done}
    layout: {delimiter: ";", heading_row: 2}
""",
).replace(
    "    items: {C1: A-1, C2: A-2}\n    asked",
    "    items: {C1: A-1, C2: A-2}\n    heading: Which skills?\n"
    "    item_labels: {C1: [First, Premier], C2: Second}\n    asked",
).replace(
    "    other: true\n",
    "    other: true\n    answer_labels: {S: Small, L: [Large, Grande]}\n    heading: [Size, Taille]\n",
)  # fmt: skip


def test_headings_and_labels_are_one_text_or_several(tmp_path):
    book = load_text(tmp_path, TOOL)
    size, skills = book.questions[1:3]
    assert headings_of(size) == ("Size", "Taille")
    assert headings_of(book.questions[4]) == ("REMARK", "Remarque", "Remark"), "the code and the labels"
    assert answers_of(size) == {"S": "S", "L": "L", "Small": "S", "Large": "L", "Grande": "L"}
    assert items_of(skills) == {"C1": "C1", "C2": "C2", "First": "C1", "Premier": "C1", "Second": "C2"}
    export = book.exports[0]
    assert export.columns == {"id": ("Number",), "submitdate": ("Sent", "Envoyé")}
    assert (export.dates, export.ignored) == (("%d/%m/%Y",), ("Keyed by",))
    assert (export.layout.heading_row, export.layout.decimal) == (2, ".")


def test_a_yes_or_no_is_known_in_both_languages():
    book = load(last_book())
    seen = book.questions[0]
    assert {answers_of(seen)[text] for text in ("Yes", "Oui", "Y", "TRUE")} == {"Y"}
    assert {answers_of(seen)[text] for text in ("No", "Non", "N", "FAUX")} == {"N"}


def last_book():
    from .test_loading import REPOSITORY

    return REPOSITORY / "tests" / "fixtures" / "codebooks" / "other_tools" / "star_wars.yaml"


FAULTS = {
    "label of no item": (
        "C2: Second",
        "C3: Second",
        "questions[2].item_labels.C3",
        ["no item 'C3'", "C1, C2"],
    ),
    "label of no answer": ("{S: Small", "{M: Small", "questions[1].answer_labels.M", ["no answer code 'M'"]),
    "label of two items": (
        "C2: Second",
        "C2: First",
        "questions[2].item_labels.C2",
        ["'First' stands for two items"],
    ),
    "label that is another code": (
        "S: Small",
        "S: L",
        "questions[1].answer_labels.S",
        ["'L' stands for two answer"],
    ),
    "heading twice": (
        "heading: Which skills?",
        "heading: Taille",
        "questions[2].heading",
        ["heads the question 'SIZE'"],
    ),
    "empty heading": (
        "heading: Which skills?",
        "heading: []",
        "questions[2].heading",
        ["at least one entry"],
    ),
    "labels of no list": (
        "item_labels: {C1: [First, Premier], C2: Second}",
        "item_labels: First",
        "questions[2].item_labels",
        ["'First'", "keys with values"],
    ),
    "column of ours": (
        "{id: Number",
        "{number: Number",
        "exports[0].columns.number",
        ["'number' is not allowed"],
    ),
    "no date format": ('"%d/%m/%Y"', '"%d/%m"', "exports[0].dates[0]", ["'%d/%m' does not tell a day"]),
    "rule too short": (
        "{heading: Last, is: done}",
        "{is: done}",
        "exports[0].complete_when",
        ["every_row: true"],
    ),
    "unknown encoding": (
        '{delimiter: ";"',
        "{encoding: latin-99",
        "exports[0].layout.encoding",
        ["'latin-99' is not an enc"],
    ),
    "unknown delimiter": (
        '{delimiter: ";"',
        "{delimiter: x",
        "exports[0].layout.delimiter",
        ["'x' is not allowed"],
    ),
    "unknown key of the layout": (
        "heading_row: 2",
        "headings: 2",
        "exports[0].layout.headings",
        ["unknown key 'headings'"],
    ),
    "layout of a tool": (
        "format: plain",
        "format: kobo",
        "exports[0].layout",
        ["'layout' has no meaning for the format kobo"],
    ),
}
# Where the line pointed at is not the one that was changed.
POINTED_AT = {"layout of a tool": "layout:"}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_named_with_its_line(tmp_path, name):
    before, after, key, words = FAULTS[name]
    assert TOOL.count(before) == 1
    text = TOOL.replace(before, after)
    error = fault(tmp_path, text)
    for word in words:
        assert word in str(error)
    assert error.where.endswith(f", {key}")
    assert f"line {last_line_of(text, POINTED_AT.get(name, after))}," in error.where


def test_what_is_for_other_tools_has_no_meaning_for_limesurvey(tmp_path):
    text = TEXT.replace("format: limesurvey_csv}", "format: limesurvey_csv, ignored: [X]}")
    error = fault(tmp_path, text)
    assert "'ignored' has no meaning for the format limesurvey_csv" in error.problem
    assert f"line {last_line_of(text, 'ignored')}" in error.where
