"""Decisions on texts are kept as long as an answer holds the text, and the editions' period after that."""

import json
from datetime import UTC, datetime

import pyarrow as pa
import pytest

from orchestration.automation.rewriting_decisions import retain_decisions
from orchestration.lake import SCHEMAS, write
from orchestration.recognition.decisions import Decision, add_decisions, load_decisions

MADE = datetime(2023, 3, 31, 9, tzinfo=UTC)


@pytest.fixture
def path(tmp_path):
    made = [Decision(key, (), "mb", MADE, "x") for key in ("soudeur", "tourneur", "chef de projet")]
    add_decisions(tmp_path / "decisions.csv", made)
    return tmp_path / "decisions.csv"


def write_answers(folder, texts):
    rows = [
        {
            "source": "answers", "record_id": f"e/{number}", "respondent_id": number, "edition": "e",
            "field": "missing_skills", "item": "", "span": 1, "number": 1, "outcome": "review",
            "frame_version": "x", "decided_by": "skillsbank", "text": text,
        }
        for number, text in enumerate(texts)
    ]  # fmt: skip
    table = pa.Table.from_pylist(rows, schema=SCHEMAS["competence_mappings"])
    write(folder, "competence_mappings", [(None, [table])])


def test_what_no_answer_says_any_more_goes_when_the_period_is_over(path, tmp_path):
    lake, logs = tmp_path / "lake", tmp_path / "logs"
    write_answers(lake, ["Soudeur", "Chef de projet", None])
    early = datetime(2026, 3, 31, 8, 59, tzinfo=UTC)
    assert retain_decisions(path, lake, 36, logs, now=early) == 0
    due = datetime(2026, 3, 31, 9, tzinfo=UTC)
    assert retain_decisions(path, lake, 36, logs, now=due) == 1
    assert [one.key for one in load_decisions(path)] == ["soudeur", "chef de projet"]
    (note,) = [json.loads(line) for line in (logs / "retention.jsonl").read_text().splitlines()]
    assert (note["event"], note["decisions"]) == ("decisions deleted", 1)
    assert "tourneur" not in json.dumps(note)
    assert retain_decisions(path, lake, 36, logs, now=due) == 0


def test_without_a_mapping_nobody_can_tell_and_nothing_goes(path, tmp_path):
    due = datetime(2060, 1, 1, tzinfo=UTC)
    assert retain_decisions(path, tmp_path / "lake", 36, tmp_path, now=due) == 0
    assert len(load_decisions(path)) == 3
