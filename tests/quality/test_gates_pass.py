"""Each gate lets good data through."""

import json

import pytest

from orchestration.quality import GateResult, load_suite, run_gate, subject


@pytest.mark.parametrize(
    ("gate", "world"),
    [
        ("collected", "archived"),
        ("decoded_respondents", "lake"),
        ("decoded_register", "lake"),
        ("decoded_answers", "lake"),
        ("decoded_partners", "lake"),
        ("marts", "marts"),
        ("release", "release"),
    ],
)
def test_good_data_passes_in_full_and_keeps_its_row_counts(gate, world, tmp_path, request):
    context = request.getfixturevalue(world).context(tmp_path)
    result = run_gate(gate, context)
    assert result.failures == ()
    assert result.passed
    assert result.expectations == len(load_suite(gate).expectations)
    assert result.rows
    assert all(rows > 0 for rows in result.rows.values())
    assert result.subject_sha256 == subject(gate, context)
    assert GateResult.from_dict(json.loads(json.dumps(result.to_dict()))) == result
    assert f"{result.expectations} of {result.expectations} expectations hold" in result.to_markdown()
