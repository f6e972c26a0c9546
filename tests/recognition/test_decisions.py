"""Decisions: kept, replayed by majority, compared between coders; and the spreadsheet they come from."""

from datetime import timedelta

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.errors import ReviewError
from orchestration.recognition import (
    Decision,
    Recogniser,
    add_decisions,
    agreement,
    disputed,
    export_queue,
    import_decisions,
    kappa,
    learned,
    load_decisions,
)

from .conftest import NOW

KNOWN = {"A-1", "B-1"}


def decision(key, *codes, by="mb", days=0):
    return Decision(key, codes, by, NOW + timedelta(days=days), "skills-bank-2.0")


def test_decisions_are_kept_and_added_once(tmp_path):
    path = tmp_path / "decisions" / "decisions.csv"
    assert load_decisions(path) == []
    made = [decision("soudeur", "A-1", "B-1"), decision("boulanger"), decision('a, "b"', "A-1")]
    assert add_decisions(path, made) == 3
    assert add_decisions(path, [*made, decision("soudeur", by="jd")]) == 1
    assert load_decisions(path) == [*made, decision("soudeur", by="jd")]


def test_a_damaged_file_of_decisions_is_told_by_line(tmp_path):
    path = tmp_path / "decisions.csv"
    add_decisions(path, [decision("soudeur", "A-1")])
    path.write_text(path.read_text().replace("2026-03-02T", "yesterday "))
    with pytest.raises(ReviewError, match="line 2"):
        load_decisions(path)


def test_the_majority_is_replayed_and_a_tie_is_not():
    votes = [
        decision("x", "A-1", by="a"), decision("x", "A-1", by="b"), decision("x", "B-1", by="c"),
        decision("y", "A-1", by="a"), decision("y", "B-1", by="b"),
        decision("z", "B-1", by="a"), decision("z", "A-1", by="a", days=1),
        decision("gone", "OLD-1", by="a"),
    ]  # fmt: skip
    replayed = learned(votes, KNOWN)
    assert {key: one.codes for key, one in replayed.items()} == {"x": ("A-1",), "z": ("A-1",)}
    assert disputed(votes) == ["x", "y"]


def test_kappa_is_that_of_the_textbook():
    # Cohen's example as often printed: 20 yes-yes, 5 yes-no, 10 no-yes, 15 no-no: p_o 0.7, p_e 0.5, kappa 0.4.
    one = ["yes"] * 25 + ["no"] * 25
    other = ["yes"] * 20 + ["no"] * 5 + ["yes"] * 10 + ["no"] * 15
    assert kappa(one, other) == pytest.approx(0.4)
    with pytest.raises(ValueError, match="same texts"):
        kappa(one, other[1:])


CODING = st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abc")), min_size=1, max_size=30)


@given(CODING)
def test_kappa_is_symmetric_bounded_and_one_for_the_same(pairs):
    one, other = zip(*pairs, strict=True)
    assert -1 <= kappa(one, other) <= 1
    assert kappa(one, other) == pytest.approx(kappa(other, one))
    assert kappa(one, one) == 1


def test_agreement_is_of_the_texts_that_both_decided():
    votes = [
        decision("x", "A-1", by="a"), decision("x", "A-1", by="b"), decision("y", by="a"), decision("y", by="b"),
        decision("z", "A-1", by="a"),
    ]  # fmt: skip
    assert agreement(votes) == {("a", "b"): (1.0, 2)}


@pytest.fixture
def queue(recogniser, scheme, tmp_path):
    answers = ["boulanger", "boulanger", "protéger vraiment nos brevets", "lean", "RAS", "=1+1 prix@ex.fr"]
    mappings = [one for found in recogniser.answers(answers, NOW) for one in found]
    path = tmp_path / "queue.xlsx"
    assert export_queue(mappings, scheme, path) == 3
    return path


def fill(path, decisions):
    book = openpyxl.load_workbook(path)
    sheet = book["queue"]
    column = {cell.value: cell.column for cell in sheet[1]}
    for row in range(2, sheet.max_row + 1):
        for name, value in decisions.get(sheet.cell(row, column["key"]).value, {}).items():
            sheet.cell(row, column[name]).value = value
    book.save(path)


def test_the_queue_goes_out_and_decisions_come_back(queue, scheme):
    sheet = openpyxl.load_workbook(queue)["queue"]
    rows = {row[0]: row for row in sheet.iter_rows(min_row=2, values_only=True)}
    assert next(iter(rows)) == "boulanger", "the most frequent first"
    assert rows["boulanger"][1:4] == ("boulanger", 2, "outside")
    brevets = rows["proteger vraiment nos brevets"]
    assert brevets[3:5] == ("review", "INN-03 Propriété intellectuelle")
    (formula,) = [row for row in rows.values() if row[1].startswith("=1+1")]
    assert "prix@ex.fr" not in formula[1]
    cell = next(
        cell for (cell,) in sheet.iter_rows(min_row=2, min_col=2, max_col=2) if cell.value == formula[1]
    )
    assert cell.data_type == "s", "an answer is no formula"

    fill(
        queue,
        {
            "boulanger": {"decision": "Outside", "decided by": "mb"},
            "proteger vraiment nos brevets": {"decision": "INN-03 | INN-06", "decided by": "mb"},
        },
    )
    made = import_decisions(queue, scheme, NOW)
    assert made == [decision("boulanger"), decision("proteger vraiment nos brevets", "INN-03", "INN-06")]
    (found,) = Recogniser(scheme, {}, made).answers(["protéger vraiment nos brevets"], NOW)
    assert [one.code for one in found] == ["INN-03", "INN-06"]


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"decision": "INN-99", "decided by": "mb"}, "'INN-99' is no competence"),
        ({"decision": "INN-03"}, "no name beside it"),
        ({"decision": "INN-03", "decided by": "mb", "key": None}, "the key is gone"),
    ],
)
def test_a_wrong_decision_is_told_by_row(queue, scheme, cells, said):
    fill(queue, {"boulanger": cells})
    with pytest.raises(ReviewError, match="row 2") as fault:
        import_decisions(queue, scheme, NOW)
    assert said in str(fault.value)


def test_another_file_is_no_queue(tmp_path, scheme):
    path = tmp_path / "queue.xlsx"
    path.write_text("key,decision")
    with pytest.raises(ReviewError, match="cannot be read as a review queue"):
        import_decisions(path, scheme, NOW)
