"""What the first version that could publish left behind, in today's hands: read, verified, compared, built upon.

tests/fixtures/first_version/data.tar.xz was written by the code of commit 5abe149 (24 November 2026), from an inbox
that is in it too: 40 responses and their frame, four partners' files, and two releases of invented figures.
"""

from __future__ import annotations

import json
import shutil
import tarfile
from pathlib import Path

import dagster as dg
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from orchestration import lake
from orchestration.archive import Archive, NewerEntryError
from orchestration.cli import app
from orchestration.codebook import load, load_all
from orchestration.collection.contacts import Contacts
from orchestration.collection.intake import collect_export
from orchestration.collection.partners.contract import load_all as load_contracts
from orchestration.collection.register.collect import collect_register
from orchestration.collection.register.files import find_stock
from orchestration.decoding.assets import decoding_assets
from orchestration.identifiers import CompanyKeys
from orchestration.publication.manifest import NewerReleaseError
from orchestration.publication.pruning import prune
from orchestration.publication.releases import current, list_releases, rollback
from orchestration.settings import Settings

from ..automation.conftest import change_sidecar

FIXTURE = Path(__file__).resolve().parents[1] / "fixtures" / "first_version" / "data.tar.xz"
OLD = ["2026-W47-1", "2026-W46-1"]


@pytest.fixture
def first_version(tmp_path) -> Settings:
    with tarfile.open(FIXTURE) as packed:
        packed.extractall(tmp_path, filter="data")
    return Settings(data=tmp_path / "data", sample=False)


@pytest.fixture
def run(first_version, monkeypatch):
    monkeypatch.setenv("SKILLSBANK_DATA", str(first_version.data))
    return lambda *arguments: CliRunner().invoke(app, list(arguments))


def test_the_archive_is_read_and_decoded(first_version):
    settings, archive = first_version, Archive(first_version.archive)
    entries = archive.entries()
    assert {(one.source, one.feed) for one in entries} == {
        ("limesurvey", "tour_2019"), ("sampling_frame", "tour_2019"), ("partners", "institutions"),
        ("partners", "register"), ("partners", "stopovers"), ("partners", "training_offers"),
    }  # fmt: skip
    assert archive.damage() == []
    made, told = _decode(settings)
    assert not made
    assert "put StockUniteLegale_utf8 and StockEtablissement_utf8 of one month into inbox/register/" in told
    old = archive.latest("partners", "register")
    stock = find_stock([settings.sample_folder]).stock
    keys = CompanyKeys.load(None, settings.secrets)
    assert collect_register(stock, archive, keys, Contacts.of(settings), [], None).is_new
    assert old in archive.entries()
    made, told = _decode(settings)
    assert made, told
    rows = {
        table: sum(_rows(path) for path in lake.files(settings.lake, table))
        for table in ("respondents", "frame")
    }
    assert rows == {"respondents": 40, "frame": 200}
    assert sum(_rows(path) for path in lake.files(settings.lake, "training_offers")) > 0


def test_the_same_export_again_is_another_state_beside_the_old_one(first_version):
    settings, archive = first_version, Archive(first_version.archive)
    old = archive.latest("limesurvey", "tour_2019")
    keys = CompanyKeys.load(None, settings.secrets)
    assert keys.fingerprint == old.facts["keys"], "companies keep their keys"
    book = load(settings.codebooks / "tour_2019.yaml")
    export = settings.data.parent / "inbox" / "tour_2019" / "responses.csv"
    collected = collect_export(export, book, "limesurvey", archive, Contacts.of(settings), keys)
    assert collected.rows == 40
    archive.verify(old)
    assert old in archive.entries("limesurvey", "tour_2019")


def test_its_releases_are_listed_verified_shown_compared_and_rolled_back(first_version, run):
    listed = run("releases", "list")
    assert listed.exit_code == 0, listed.exception
    assert all(name in listed.output for name in OLD)
    for name in OLD:
        verified = run("releases", "verify", "--files", name)
        assert verified.exit_code == 0, verified.exception
    shown = json.loads(run("releases", "show").output)
    assert (shown["id"], shown["schema_version"], shown["engine"]) == ("2026-W47-1", 1, None)
    assert run("releases", "rollback").output.strip() == "current is now 2026-W46-1"
    assert run("query", "select count(*) from pub_edition").exit_code == 0
    # It does not say what the keys of its tables are, and what to do is told.
    assert "made by this version or a later one" in str(run("releases", "diff", *OLD).exception)


def test_today_publishes_upon_it_and_goes_back(first_version, workshop, run):
    shutil.rmtree(workshop.releases, ignore_errors=True)
    shutil.copytree(first_version.releases, workshop.releases, symlinks=True)
    published = workshop.publish(workshop.candidate("run-1"))
    assert published.is_new
    assert [one.id for one in list_releases(workshop.releases)] == ["2026-W48-1", *OLD]
    shutil.rmtree(first_version.releases)
    shutil.copytree(workshop.releases, first_version.releases, symlinks=True)
    compared = run("releases", "diff", OLD[0])
    assert compared.exit_code == 0, compared.exception
    assert "pub_edition" in compared.output
    assert rollback(workshop.releases).id == OLD[0]
    assert current(workshop.releases).id == OLD[0]
    assert prune(workshop.releases, 1) == [OLD[1]]
    (workshop.releases / "current" / "MANIFEST.json").write_text('{"schema_version": 99}')
    with pytest.raises(NewerReleaseError):
        workshop.publish(workshop.candidate("run-2", shift=1))


def test_a_whole_verification_passes_what_did_not_exist_then(first_version, run):
    verified = run("releases", "verify", OLD[0])
    assert verified.exit_code == 0, verified.exception


def test_an_entry_of_a_later_version_is_refused(first_version):
    archive = Archive(first_version.archive)
    change_sidecar(archive.latest("limesurvey", "tour_2019"), schema_version=99)
    with pytest.raises(NewerEntryError, match=r"schema 99: a newer Skills Bank wrote it.*'Upgrade'"):
        archive.latest("limesurvey", "tour_2019")
    with pytest.raises(NewerEntryError):
        archive.entries()
    assert archive.damage() == []


def test_a_release_of_a_later_version_is_refused_and_left(first_version, run):
    path = first_version.releases / OLD[0] / "MANIFEST.json"
    path.write_text(json.dumps({"schema_version": 99, "files": "of another shape"}))
    for command in ("verify", "show", "rollback"):
        refused = run("releases", command, OLD[0])
        assert "schema 99: a newer Skills Bank made it" in str(refused.exception)
        assert "What to do" in str(refused.exception)
    listed = run("releases", "list")
    assert listed.exit_code == 0, listed.exception
    assert OLD[1] in listed.output
    assert f"{OLD[0]} cannot be read" in listed.output
    assert rollback(first_version.releases).id == OLD[1]
    assert path.exists()


def _decode(settings: Settings) -> tuple[bool, str]:
    """The step of a run that reads the archive: whether it made the lake, and what it raised."""
    assets = decoding_assets(settings, load_all(settings.codebooks), load_contracts(settings.contracts), [])
    lock = dg.ResourceDefinition.hardcoded_resource(None)
    result = dg.materialize(assets, resources={"refresh_lock": lock}, raise_on_error=False)
    failed = [event for event in result.all_events if event.is_step_failure]
    return result.success, failed[0].step_failure_data.error.cause.message if failed else ""


def _rows(path: Path) -> int:
    return int(pq.read_metadata(path).num_rows)
