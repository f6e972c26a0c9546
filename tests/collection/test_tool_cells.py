"""Cells of other tools: several answers in one, ranks, unlisted answers, moments, and numbers made of ids."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.codebook import Question
from orchestration.collection.by_texts import ResponseIds
from orchestration.collection.headed_columns import HeadedColumns
from orchestration.collection.moments import reader_of_moments
from orchestration.collection.question_cells import QuestionCells
from orchestration.collection.tools import Tool, in_brackets


def filled(question, headings, row, between=";", decimal="."):
    """Give a question's cells by heading, for one row of an export of these headings."""
    tool = Tool("a tool", {}, (), in_brackets, between)
    columns = HeadedColumns([(heading,) for heading in headings])
    cells = QuestionCells(question, columns, tool, str, decimal)
    assert columns.faults == []
    return dict(zip(cells.headings, cells.fill(row), strict=True))


def question(kind, **more):
    return Question(code="Q", kind=kind, variable="v", label={"fr": "Q ?", "en": "Q?"}, **more)


LABELS = ["Tea", "Tea; with milk", "Coffee, black", "Coffee", "Water"]
CODES = ["T", "TM", "CB", "C", "W"]
SEVERAL = {
    "items": {code: f"x-{code}" for code in CODES},
    "item_labels": dict(zip(CODES, LABELS, strict=True)),
}


@pytest.mark.parametrize("between", [";", ", ", ",", " "])
@given(ticked=st.lists(st.sampled_from(range(5)), unique=True))
@settings(max_examples=60)
def test_any_answers_joined_are_told_apart_again(between, ticked):
    # 'Tea' and a label that begins like it: the longer one is meant wherever it fits.
    cell = between.join(LABELS[place] for place in ticked)
    found = filled(question("multiple", **SEVERAL), ["Q"], [cell], between)
    assert {heading for heading, tick in found.items() if tick} == {f"Q[{CODES[place]}]" for place in ticked}


@pytest.mark.parametrize(
    ("cell", "ticked", "other"),
    [
        ("Tea;Milk", {"T"}, "Milk"),
        ("Milk;Tea;Cream", {"T"}, "Milk; Cream"),
        ("Milk, with honey", set(), "Milk, with honey"),
        ("Tea;", {"T"}, ""),
        (" Tea ; Coffee ", {"T", "C"}, ""),
        ("Teas", set(), "Teas"),
        ("", set(), ""),
    ],
)
def test_what_is_no_label_is_the_other_answer(cell, ticked, other):
    found = filled(question("multiple", other=True, **SEVERAL), ["Q"], [cell])
    assert found.pop("Q[other]") == other
    assert {heading for heading, tick in found.items() if tick} == {f"Q[{code}]" for code in ticked}


def test_without_another_answer_it_puts_in_doubt_what_is_not_ticked():
    found = filled(question("multiple", **SEVERAL), ["Q"], ["Tea;Milk"])
    assert found == {"Q[T]": "Y"} | {f"Q[{code}]": "Milk" for code in CODES[1:]}
    found = filled(question("multiple", **SEVERAL), ["Q"], [";".join([*LABELS, "Milk"])])
    assert Counter(found.values()) == {"Y": 4, "Milk": 1}


@pytest.mark.parametrize(
    ("cell", "tick"),
    [
        ("1", "Y"),
        ("x", "Y"),
        ("Tea", "Y"),
        ("TRUE", "Y"),
        ("0", ""),
        ("", ""),
        ("no", ""),
        ("Coffee", "Coffee"),
    ],
)
def test_a_column_of_its_own_is_ticked_or_not_or_wrong(cell, tick):
    headings = [f"Q [{label}]" for label in LABELS]
    assert filled(question("multiple", **SEVERAL), headings, [cell, "", "", "", ""])["Q[T]"] == tick


RANKED = {
    "values": {"A": "a", "B": "b", "C": "c"},
    "answer_labels": {"A": "Apple", "B": "Banana"},
    "slots": 2,
}


@pytest.mark.parametrize(
    ("cells", "slots"),
    [
        (["1", "2", ""], ["A", "B"]),
        (["2.0", "", "1"], ["C", "A"]),
        (["1", "1", "2"], ["A; B", "C"]),
        (["N/A", "1", "0"], ["B", ""]),
        (["1", "2", "3"], ["A", "B; C: 3"]),
        (["first", "", ""], ["A: first", ""]),
        (["", "", ""], ["", ""]),
    ],
)
def test_ranks_of_answers_become_answers_of_ranks(cells, slots):
    headings = ["Q [Apple]", "Q [Banana]", "Q [C]"]
    assert list(filled(question("ranking", **RANKED), headings, cells).values()) == slots


@pytest.mark.parametrize(
    ("cell", "slots"),
    [
        ("Banana;Apple;", ["B", "A"]),
        ("C", ["C", ""]),
        ("Pear", ["Pear", ""]),
        ("Apple;Banana;C", ["A", "B; C"]),
        ("", ["", ""]),
    ],
)
def test_an_order_in_one_cell(cell, slots):
    assert list(filled(question("ranking", **RANKED), ["Q"], [cell]).values()) == slots


@pytest.mark.parametrize(
    ("text", "local"),
    [
        ("2024-07-19T09:41:19Z", "2024-07-19 11:41:19"),
        ("2024-07-19T05:40:39.123-04:00", "2024-07-19 11:40:39"),
        ("2024-07-19", "2024-07-19 00:00:00"),
        ("2024/07/19 2:10:34 PM GMT+2", "2024-07-19 14:10:34"),
        ("2024/07/19 2:10:34 PM GMT+5:30", "2024-07-19 10:40:34"),
        ("2024/07/19 2:10:34 PM GMT-3:30", "2024-07-19 19:40:34"),
        ("2024/12/01 9:05:00 AM CET", "2024-12-01 09:05:00"),
        ("2024/12/01 9:05:00 AM EST", "2024-12-01 15:05:00"),
        ("2024/12/01 9:05:00 AM", "2024-12-01 09:05:00"),
    ],
)
def test_moments_come_out_in_the_edition_s_time(text, local):
    read = reader_of_moments(("%Y/%m/%d %I:%M:%S %p",), None, "Europe/Paris")
    assert read(text) == local


@pytest.mark.parametrize(
    "text",
    [
        "19/07/2024 14:00",
        "2024-02-31",
        "2024/12/01 9:05:00 AM IST",
        "2024-07-19T05:40:39+99:00",
        "x",
        "0001-01-01T00:00:00+14:00",
    ],
)
def test_what_does_not_tell_its_moment_stays_as_it_is(text):
    assert reader_of_moments(("%Y/%m/%d %I:%M:%S %p",), None, "Europe/Paris")(text) == text


@given(st.text())
def test_any_text_is_given_back_or_a_moment(text):
    reader_of_moments(("%d/%m/%Y",), "UTC", "Europe/Paris")(text)


def test_numbers_made_of_ids_are_few_digits_all_different_and_the_same_each_time():
    first, second = ResponseIds(), ResponseIds()
    names = [f"R_{number}" for number in range(200_000)]
    numbers = [first.of_own(name) for name in names]
    # About two of them would have met by chance: 200,000 squared over twice 10**10.
    assert len(set(numbers)) == len(names)
    assert max(map(len, numbers)) <= 10
    assert [second.of_own(name) for name in names[:100]] == numbers[:100]
    assert first.of_own("R_7") == numbers[7], "the same id is the same response"
    assert [first.of_own(text) for text in ("7", " 7 ", "", "9999999999")] == ["7", "7", "", "9999999999"]
    assert first.of_own("10000000000") not in {"10000000000", "0"}
