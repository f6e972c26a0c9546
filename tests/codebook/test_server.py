"""The survey on a server, which an export may name."""

import pytest

from orchestration.codebook import load
from orchestration.errors import CodebookError

from ..collection.conftest import CODEBOOK

LINE = '  - {source: limesurvey, files: "*.csv", format: limesurvey_csv}'


def written(tmp_path, server):
    text = CODEBOOK.read_text()
    assert LINE in text
    path = tmp_path / CODEBOOK.name
    path.write_text(text.replace(LINE, LINE.replace("}", f", server: {server}}}")))
    return path


def test_an_export_may_name_a_survey(tmp_path):
    first, second = load(written(tmp_path, "{survey_id: 482617, deleted: 3}")).exports[:2]
    assert (first.server.survey_id, first.server.deleted, second.server) == (482617, 3, None)
    assert load(written(tmp_path, "{survey_id: 482617}")).exports[0].server.deleted == 0


@pytest.mark.parametrize(
    ("server", "words"),
    [
        ("{survey: 482617}", "unknown key 'survey'.*survey_id"),
        ("{survey_id: 0}", "at least 1"),
        ("{survey_id: 482617, deleted: -1}", "at least 0"),
        ("{deleted: 1}", "survey_id"),
    ],
)
def test_a_fault_in_it_is_named_with_its_line(tmp_path, server, words):
    with pytest.raises(CodebookError, match=f"(?s)line 1[0-9].*{words}"):
        load(written(tmp_path, server))
