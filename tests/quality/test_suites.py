"""The suites themselves: in Great Expectations' own format, each threshold with its reason."""

import json
import re

import pytest

from orchestration.errors import GateError
from orchestration.quality import evaluation, load_suite, load_suites, required_gates
from orchestration.quality.sources import references
from orchestration.quality.suites import EXPECTATIONS


def test_the_publisher_demands_every_gate_in_the_order_of_the_stages():
    assert required_gates() == (
        "collected",
        "decoded_answers",
        "decoded_partners",
        "decoded_register",
        "decoded_respondents",
        "marts",
        "release",
    )


@pytest.mark.parametrize("gate", required_gates())
def test_a_suite_is_one_for_great_expectations_too(gate):
    evaluation.prepare()  # imports it as the gates do
    from great_expectations.core import ExpectationSuite

    data = json.loads((EXPECTATIONS / f"{gate}.json").read_text(encoding="utf-8"))
    suite = ExpectationSuite(**data)
    # It would drop what it does not understand, with a line in a log.
    assert len(suite.expectations) == len(data["expectations"])
    assert suite.meta["guards"] == load_suite(gate).meta.guards


@pytest.mark.parametrize("gate", required_gates())
def test_every_query_is_used_says_what_it_gives_and_reads_something(gate):
    suite = load_suite(gate)
    assert {path.relative_to(EXPECTATIONS).as_posix() for path in (EXPECTATIONS / gate).iterdir()} == {
        batch.query for batch in suite.meta.batches.values()
    }
    for batch in suite.meta.batches:
        sql = suite.sql(batch)
        assert re.match(r"-- [A-Z].*\.\n", sql), batch
        assert references(sql), batch


def test_failures_can_be_told_apart():
    for suite in load_suites().values():
        told = [(suite.meta.batches[one.meta.batch].table, one.description) for one in suite.expectations]
        assert len(told) == len(set(told)), suite.name


def test_row_counts_are_guarded_in_every_gate():
    for suite in load_suites().values():
        kept = [name for name, batch in suite.meta.batches.items() if batch.records_rows]
        assert kept == ["row_counts"], suite.name


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (', "notes": "Rows are counted from 1 at intake."', "", "has a threshold, so meta.notes has to give"),
        ('"query": "decoded_respondents/frame.sql"', '"quary": "x.sql"', "meta.batches.frame.query"),
        ('"batch": "frame"', '"batch": "frames"', "expectations without a batch: frame, frames"),
        ('"name": "decoded_respondents"', '"name": "other"', "the suite is named other"),
        ('"stage": "decode"', '"stage": "dekode"', "meta.stage"),
        ("{", "{{", "Invalid JSON"),
    ],
)
def test_a_suite_with_a_fault_is_an_error_that_names_file_and_place(tmp_path, old, new, message):
    text = (EXPECTATIONS / "decoded_respondents.json").read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "decoded_respondents.json").write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(GateError, match=re.escape(message)) as told:
        load_suite("decoded_respondents", tmp_path)
    assert "decoded_respondents.json" in str(told.value)


def test_comments_are_no_references():
    sql = "-- lake.answers is large\nSELECT * FROM lake.respondents JOIN previous.rows ON true -- candidate.x"
    assert references(sql) == {("lake", "respondents"), ("previous", "rows")}
