"""A survey server that hangs, cuts and lies: nothing archived is lost, the message helps, the next pull heals."""

import pytest

from orchestration.collection.assets import LOST_SHARE
from orchestration.errors import SkillsBankError

from ..collection.limesurvey import server as play
from ..collection.limesurvey.server import HTML, SURVEY, recorded_rows

FAULTS = {
    "hangs": play.hang,
    "cuts": play.cut,
    "cuts a stream": play.cut_stream,
    "sends a page": play.raw(HTML),
    "sends another survey's rows": play.export(b'{"responses": [{"id": 1, "nothing": "known"}]}'),
    "is not allowed to": play.status("No permission"),
}


NOTHING = play.status("No Data, survey table does not exist.")


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("method", ["get_summary", "get_fieldmap", "export_responses"])
def test_nothing_is_lost_and_the_next_pull_heals(puller, limesurvey, fault, method):
    kept = puller.pull().collected.entry
    limesurvey.surveys[SURVEY].rows[9001] = {
        **limesurvey.surveys[SURVEY].rows[max(limesurvey.surveys[SURVEY].rows)],
        "id": "9001",
    }
    before = {path: path.read_bytes() for path in puller.folder.rglob("*") if path.is_file()}
    limesurvey.faults[method] = [FAULTS[fault]] * 9
    with pytest.raises(SkillsBankError) as told:
        puller.pull()
    assert "What to do" in str(told.value)
    assert {path: path.read_bytes() for path in puller.folder.rglob("*") if path.is_file()} == before
    puller.archive.verify(kept)
    limesurvey.faults.clear()
    assert puller.pull().collected.rows == 225
    puller.archive.verify(kept)


def test_a_server_that_counts_nothing_stops_the_run(puller, limesurvey):
    """By a lost share of all responses, which the blocking check `responses_kept` refuses."""
    kept = puller.pull().collected.entry
    limesurvey.faults["get_summary"] = [NOTHING] * 99
    assert puller.pull().lost_share > LOST_SHARE
    puller.archive.verify(kept)
    limesurvey.faults.clear()
    assert puller.pull().lost_share == 0


def test_a_server_that_gives_nothing_is_not_believed(puller, limesurvey):
    kept = puller.pull().collected.entry
    limesurvey.faults["export_responses"] = [NOTHING] * 9999
    with pytest.raises(SkillsBankError, match="0 responses were read, and the server counts 224"):
        puller.pull()
    assert puller.archive.entries() == [kept]


def test_a_survey_without_columns_is_told(puller, limesurvey):
    puller.pull()
    limesurvey.faults["get_fieldmap"] = [NOTHING]
    limesurvey.surveys[SURVEY].rows[9001] = {**recorded_rows()[max(recorded_rows())], "id": "9001"}
    with pytest.raises(SkillsBankError, match="still there and active"):
        puller.pull()
