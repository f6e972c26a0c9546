"""The collection asset of an edition that is pulled: from settings to archive, and the alarm."""

import dagster as dg
import pytest

from orchestration.archive import Archive
from orchestration.collection.assets import LOST_SHARE, collection_assets, limesurvey_resource
from orchestration.collection.limesurvey import configured
from orchestration.collection.limesurvey.errors import LimeSurveyError
from orchestration.settings import Settings

from .conftest import on_server
from .server import SECRET, SURVEY, USER

KEY = dg.AssetKey(["raw", "export__survey_482617"])


@pytest.fixture
def with_server(tmp_path, limesurvey):
    return Settings(
        data=tmp_path / "data",
        sample=False,
        limesurvey_url=limesurvey.url,
        limesurvey_user=USER,
        limesurvey_secret=SECRET,
    )


def collect(settings, codebooks, raise_on_error=True):
    assets = collection_assets(settings, codebooks, [])
    wanted = [asset for asset in assets if any("export__" in key.path[-1] for key in asset.keys)]
    return dg.materialize(wanted, resources=resources(settings), raise_on_error=raise_on_error)


def resources(settings):
    lock = dg.ResourceDefinition.hardcoded_resource(None)
    return {"refresh_lock": lock, "limesurvey": limesurvey_resource(settings)}


def check_of(result):
    (evaluation,) = result.get_asset_check_evaluations()
    return evaluation


def facts_of(result, key=KEY):
    (event,) = [e for e in result.get_asset_materialization_events() if e.asset_key == key]
    return {name: value.value for name, value in event.materialization.metadata.items()}


def test_an_edition_whose_codebook_names_a_server_is_pulled(with_server, limesurvey, codebook):
    result = collect(with_server, [on_server(codebook)])
    facts = facts_of(result)
    assert facts["dagster/row_count"] == facts["responses_read"] == 224
    assert facts["origin"] == f"survey {SURVEY} on 127.0.0.1"
    assert check_of(result).passed
    assert Archive(with_server.archive).latest("limesurvey", "survey_482617").facts["rows"] == 224
    assert limesurvey.logins == len(limesurvey.released) == 1


def test_an_unchanged_survey_keeps_its_data_version(with_server, codebook):
    versions = [
        event.materialization.tags["dagster/data_version"]
        for _ in range(2)
        for event in collect(with_server, [on_server(codebook)]).get_asset_materialization_events()
    ]
    assert len(versions) == 2
    assert versions[0] == versions[1]


def test_two_editions_share_one_login_also_where_it_fails(with_server, limesurvey, codebook):
    other = on_server(codebook).model_copy(update={"edition": "other_edition"})
    assert collect(with_server, [on_server(codebook), other]).success
    assert limesurvey.logins == 1
    wrong = with_server.model_copy(
        update={"limesurvey_secret": with_server.limesurvey_secret.__class__("no")}
    )
    assert not collect(wrong, [on_server(codebook), other], raise_on_error=False).success
    assert limesurvey.logins == 2


def test_files_are_read_where_no_server_is_set_or_named(with_server, limesurvey, codebook, survey):
    inbox = with_server.inbox / codebook.edition
    inbox.mkdir(parents=True)
    data = (survey / "rpc/responses_code_short_all_fr.csv").read_bytes()
    (inbox / "responses.csv").write_bytes(data)
    without = Settings(data=with_server.data, sample=False)
    for settings, book in ((without, on_server(codebook)), (with_server, codebook)):
        result = collect(settings, [book])
        assert facts_of(result)["origin"] == "responses.csv"
        assert not result.get_asset_check_evaluations()
    assert limesurvey.calls == []
    # With both, the file is not read, and that is told.
    facts = facts_of(collect(with_server, [on_server(codebook)]))
    assert facts["files_not_read"] == ["responses.csv"]
    assert int(facts["origin"].split()[1]) == SURVEY


@pytest.mark.parametrize(
    ("gone", "severity"),
    [(1, dg.AssetCheckSeverity.WARN), (11, dg.AssetCheckSeverity.WARN), (12, dg.AssetCheckSeverity.ERROR)],
)
def test_responses_that_vanish_warn_or_stop_the_run(with_server, limesurvey, codebook, gone, severity):
    books = [on_server(codebook)]
    collect(with_server, books)
    for number in range(1, gone + 1):
        del limesurvey.surveys[SURVEY].rows[number]
    for _ in range(2):  # and so they do until someone accounts for them
        evaluation = check_of(collect(with_server, books, raise_on_error=False))
        assert (evaluation.passed, evaluation.severity, evaluation.blocking) == (False, severity, True)
        facts = {name: value.value for name, value in evaluation.metadata.items()}
        assert (facts["vanished"], facts["lost_share"]) == (gone, pytest.approx(gone / 224))
        assert facts["vanished_ids"] == ("1" if gone == 1 else f"1-{gone}")
        assert (facts["lost_share"] > LOST_SHARE) == (severity == dg.AssetCheckSeverity.ERROR)
    assert check_of(collect(with_server, [on_server(codebook, deleted=gone)])).passed


def test_a_blocking_alarm_stops_what_stands_on_the_responses(with_server, limesurvey, codebook):
    books = [on_server(codebook)]
    collect(with_server, books)
    limesurvey.surveys[SURVEY].rows = {1: limesurvey.surveys[SURVEY].rows[1]}
    reached = []

    @dg.asset(deps=[KEY])
    def after():
        reached.append(True)

    (pulled,) = [asset for asset in collection_assets(with_server, books, []) if KEY in asset.keys]
    result = dg.materialize([pulled, after], resources=resources(with_server), raise_on_error=False)
    assert not result.success
    assert reached == []


def test_an_empty_survey_gives_nothing_and_no_alarm(with_server, limesurvey, codebook):
    limesurvey.surveys[SURVEY].rows.clear()
    result = collect(with_server, [on_server(codebook)])
    assert facts_of(result)["origin"] == "no file"
    assert check_of(result).passed


def test_settings_that_name_half_a_server_are_refused():
    assert configured(Settings()) is None
    with pytest.raises(LimeSurveyError, match="only a part"):
        configured(Settings(limesurvey_url="https://survey.example.org/"))
    with pytest.raises(LimeSurveyError, match="only a part"):
        configured(Settings(limesurvey_secret="x"))
