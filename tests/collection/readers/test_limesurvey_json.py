"""JSON exports: the three shapes servers write, and what else a file may hold."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestration.collection.readers import limesurvey_json, open_export
from orchestration.errors import ExportError

from .conftest import read


@pytest.fixture
def written(tmp_path):
    """Write a file and read it: ``written(text)``."""

    def go(content):
        path = tmp_path / "export.json"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read(path, "limesurvey_json")

    return go


def test_version_5_tells_null_from_blank(written):
    _, rows, _ = written('{"responses": [{"id": 1, "A": null, "B": ""}, {"id": "2", "A": "", "B": null}]}')
    assert rows == [{"id": "1", "A": None, "B": ""}, {"id": "2", "A": "", "B": None}]


def test_version_3_nests_each_response_under_its_id(written):
    _, rows, _ = written('{"responses":[{"1":{"id":1,"A":"x"}},{"2":{"id":2,"A":"y"}}]}')
    assert rows == [{"id": "1", "A": "x"}, {"id": "2", "A": "y"}]


def test_numbers_keep_their_digits(written):
    _, rows, _ = written('{"responses": [{"id": 1, "A": 12.50, "B": 12345678901234567890, "C": 1e3}]}')
    assert rows == [{"id": "1", "A": "12.50", "B": "12345678901234567890", "C": "1e3"}]


def test_bad_responses_cost_no_other(written):
    bad = [
        '{"id": 2}',
        "7",
        '{"id": 3, "A": ["x"]}',
        '{"id": 4, "A": "x", "A": "y"}',
        '{"id": 5, "A": "\\ud800"}',
    ]
    _, rows, rejected = written(
        '{"responses": [{"id": 1, "A": ""},' + ",".join(bad) + ',{"A": "z", "id": 9}]}'
    )
    assert [(row["id"], row["A"]) for row in rows] == [("1", ""), ("9", "z")]
    assert [one.row_number for one in rejected] == [2, 3, 4, 5, 6]
    assert [one.text for one in rejected[:4]] == bad[:4]
    assert [one.reason.split()[-1] for one in rejected[:4]] == ["first", "columns", "null", "twice"]
    assert "half a character" in rejected[4].reason


WHOLE = '{"responses": [{"id": 1, "A": "x"}, {"id": 2, "A": "y"}]}'


@pytest.mark.parametrize("length", range(len(WHOLE)))
def test_a_file_cut_off_anywhere_is_refused(written, length):
    with pytest.raises(ExportError):
        written(WHOLE[:length])


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "empty"),
        ('{"responses": []}', "no responses"),
        ('{"status": "No Data"}', "error message"),
        ('{"id":1,"result":"e30=","error":null}', "decoded from base64"),
        ("[1]", "does not begin"),
        (WHOLE + "x", "something else"),
        (WHOLE.replace("},", "}"), "ends, or is damaged, after response 1"),
        (WHOLE.replace("]", ",]"), "after response 2"),
        (b'{"responses": [{"id": 1, "A": "\xe9"}]}', "not UTF-8"),
        ('{"responses": [' + "[" * 100_000, "damaged"),
    ],
)
def test_other_files_are_refused(written, content, problem):
    with pytest.raises(ExportError, match=problem):
        written(content)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(ExportError, match="no such file"):
        open_export(tmp_path / "none.json", "limesurvey_json")


cells = st.one_of(st.none(), st.text(st.characters(codec="utf-8"), max_size=12))


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(st.fixed_dictionaries({"A": cells, "B[x]": cells}), min_size=1, max_size=9),
    st.booleans(),
    st.sampled_from([(None, True), (2, False)]),
)
def test_any_table_written_as_json_reads_back_equal(tmp_path, monkeypatch, rows, nested, layout):
    monkeypatch.setattr(limesurvey_json, "_BLOCK", 16)
    rows = [{"id": str(number), **row} for number, row in enumerate(rows)]
    responses = [{row["id"]: row} for row in rows] if nested else rows
    path = tmp_path / "export.json"
    text = json.dumps({"responses": responses}, indent=layout[0], ensure_ascii=layout[1])
    path.write_text(text, encoding="utf-8")
    assert read(path, "limesurvey_json")[1:] == (rows, [])
