"""Names that lead out of their folder: in archives, backups, releases, the inbox and on the command line. More of it:
names of releases in tests/publication/test_releases.py, of archive feeds in tests/archive, files of the explorer in
tests/publication/test_explorer.py; files that SQL may read in tests/publication/test_query.py."""

import json
import time
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from orchestration.automation import backup
from orchestration.automation.backup import restore
from orchestration.automation.inbox_watch import inbox_state
from orchestration.cli import app
from orchestration.codebook import load
from orchestration.collection.companions import companion
from orchestration.collection.inbox import LINK, find_exports, find_partner_files
from orchestration.collection.partners.contract import feeds_of, load_all
from orchestration.collection.readers import open_export
from orchestration.collection.register.files import find_stock
from orchestration.errors import CodebookError, ReleaseError, SkillsBankError
from orchestration.identifiers import CompanyKeys
from orchestration.publication.manifest import read_manifest
from orchestration.publication.outward import publish_to
from orchestration.settings import Settings

from ..automation.conftest import make_small
from ..collection.conftest import CODEBOOK
from ..collection.partners.conftest import archive, partner  # noqa: F401 (fixtures)
from ..formats.zip_writers import unzipped, zipped

KEYS = CompanyKeys(b"a secret for tests only")
FIELDS = "<fields><fieldname>id</fieldname></fields>"
RESPONSE = f"<document><responses>{FIELDS}<rows><row><id>1</id></row></rows></responses></document>"
OUTWARD = ("../../evil", "/tmp/zq-evil-of-a-test", "..\\..\\evil", "a/../../../evil")


@pytest.fixture
def small(tmp_path, clean_environment):
    (tmp_path / "small").mkdir()
    return make_small(tmp_path / "small")


def names_under(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


@pytest.mark.parametrize("name", OUTWARD)
def test_a_part_of_a_zip_file_is_read_in_place_and_never_unpacked(tmp_path, partner, name):  # noqa: F811
    sender = partner("rncp_sheets")
    parts = unzipped(sender.written(sender.rows))
    first = sender.send(content=zipped({f"{name}.txt": b"evil", **parts}))
    (wanted, content), *others = parts.items()
    second = sender.send(content=zipped({f"{name}/{wanted}": content, **dict(others)}))
    assert first.entry is not None
    assert second.entry is not None
    assert not {one for one in names_under(tmp_path) if "evil" in one}
    assert not Path("/tmp/zq-evil-of-a-test").exists()


@pytest.mark.parametrize("name", OUTWARD)
def test_a_part_of_a_survey_archive_is_read_in_place_and_never_unpacked(tmp_path, name):
    path = tmp_path / "survey.lsa"
    structure = "<document><LimeSurveyDocType>Survey</LimeSurveyDocType></document>"
    path.write_bytes(
        zipped({f"{name}/s.lss": structure.encode(), f"{name}_responses.lsr": RESPONSE.encode()})
    )
    rows = sum(chunk.rows.num_rows for chunk in open_export(path, "limesurvey_lsa").chunks())
    assert rows == 1
    assert names_under(tmp_path) == {"survey.lsa"}


def test_a_backup_with_a_link_is_refused(small, tmp_path):
    made = backup.backup(small.settings, tmp_path / "backups").folder
    outside = tmp_path / "outside"
    outside.write_bytes((made / "secrets" / "company_key").read_bytes())
    (made / "secrets" / "company_key").unlink()
    (made / "secrets" / "company_key").symlink_to(outside)  # with the checksum that BACKUP.json has
    settings = Settings(data=tmp_path / "restored", codebooks=small.settings.codebooks, sample=False)
    with pytest.raises(SkillsBankError, match="secrets/company_key is a link"):
        restore(settings, made)
    assert not (settings.data / "secrets").exists()


@pytest.mark.parametrize("name", ["../../outside", "/outside", "secrets/../../../outside"])
def test_a_backup_that_lists_a_file_elsewhere_is_refused(small, tmp_path, name):
    made = backup.backup(small.settings, tmp_path / "backups").folder
    facts = json.loads((made / "BACKUP.json").read_text())
    facts["files"][name] = facts["files"]["secrets/company_key"]
    (made / "BACKUP.json").write_text(json.dumps(facts))
    settings = Settings(data=tmp_path / "restored", codebooks=small.settings.codebooks, sample=False)
    with pytest.raises(SkillsBankError, match="is missing"):
        restore(settings, made)
    assert not (settings.data / "archive").exists()


@pytest.mark.parametrize(
    "name", ["public/../../../secrets/company_key", "public/../../../contacts_keys", "/etc/hostname"]
)
def test_a_manifest_cannot_make_publishing_send_a_secret(small, tmp_path, name):
    folder = small.settings.releases / "2026-W47-1"
    manifest = read_manifest(folder)
    state = next(iter(manifest.files.values()))
    replace(manifest, files={**manifest.files, name: state}).write(folder)
    with pytest.raises(ReleaseError):
        publish_to(small.settings.releases, str(tmp_path / "web"))
    assert not (tmp_path / "web").exists()


LINKS = {
    # In the inbox, and what it leads to.
    "survey_482617/responses.csv": "file",
    "survey_482617/sampling_frame.csv": "file",
    "survey_482617/syntax.sps": "file",
    "survey_482617/lost.csv": "nothing",
    "partners/stopovers.csv": "file",
    "register/StockUniteLegale_utf8.csv": "file",
    "tour_2019": "folder",
    "lost": "folder",
}


@pytest.mark.parametrize("of_folders", [False, True], ids=["files", "whole folders"])
def test_a_link_in_the_inbox_is_not_followed_and_is_told(tmp_path, of_folders):
    """Whoever may put files in could otherwise have the pipeline read what only its own user can, and archive it."""
    inbox, outside = tmp_path / "inbox", tmp_path / "outside"
    links = ["survey_482617", "partners", "register"] if of_folders else list(LINKS)
    for name, leads_to in LINKS.items():
        (outside / name).parent.mkdir(parents=True, exist_ok=True)
        if leads_to == "file":
            (outside / name).write_text("secret")
        if leads_to == "folder":
            (outside / name).mkdir()
            (outside / name / "responses.csv").write_text("secret")
    for name in links:
        (inbox / name).parent.mkdir(parents=True, exist_ok=True)
        (inbox / name).symlink_to(outside / name)
    book = load(CODEBOOK)
    books = [book, book.model_copy(update={"edition": "tour_2019"})]
    feeds = [feed for _, feed in feeds_of(load_all(Settings().contracts))]
    exports = [find_exports(one, [inbox]) for one in books]
    partners = find_partner_files([one.edition for one in books], [inbox], feeds)
    register = find_stock([inbox])
    assert [one.files for one in exports] == [(), ()]
    assert (partners.files, partners.feeds, register.stock) == ((), {}, None)
    found = {one for some in (*exports, partners, register) for one in some.set_aside}
    assert {one.path.relative_to(inbox).as_posix() for one in found} == set(links)
    assert {one.reason for one in found} == {LINK}
    assert of_folders or companion(inbox / "survey_482617" / "data.dat", "limesurvey_spss") is None
    # The sensor sees that they came, so that a run tells them; what they lead to may change as it likes.
    assert inbox_state(inbox, time.time() + 60).keys() == set(links)


def test_the_inbox_itself_may_lie_elsewhere(tmp_path):
    book = load(CODEBOOK)
    (tmp_path / "share" / book.edition).mkdir(parents=True)
    (tmp_path / "share" / book.edition / "responses.csv").write_text("id")
    (tmp_path / "inbox").symlink_to(tmp_path / "share")
    assert len(find_exports(book, [tmp_path / "inbox"]).files) == 1


ARGUMENTS = {
    "a release": ("releases", "show", "../../secrets"),
    "a release to query": ("query", "select 1", "--release", "../releases/2026-W47-1"),
    "an edition": ("codebook", "show", "../data/secrets/company_key"),
    "a response": ("erase", "--respondent", "../../secrets/1"),
    "a response to review": ("companies", "refuse", "../../secrets/1", "--by", "AB", "--reason", "x"),
}


@pytest.mark.parametrize("what", ARGUMENTS)
def test_an_argument_that_leads_out_is_refused_and_changes_nothing(small, monkeypatch, what):
    for variable, value in small.environment().items():
        monkeypatch.setenv(variable, value)
    before = names_under(small.data)
    refused = CliRunner().invoke(app, ARGUMENTS[what])
    assert refused.exit_code != 0
    assert isinstance(refused.exception, SkillsBankError | SystemExit), repr(refused.exception)
    assert (small.settings.secrets / "company_key").read_text() not in refused.output + str(refused.exception)
    assert names_under(small.data) - before <= {"refresh.lock"}


def test_an_edition_whose_name_leads_out_is_no_edition(tmp_path):
    for name in ("x.yaml", "variables.yaml"):
        text = (CODEBOOK if name == "x.yaml" else Settings().codebooks / name).read_text(encoding="utf-8")
        (tmp_path / name).write_text(
            text.replace("edition: survey_482617", "edition: ../../secrets"), encoding="utf-8"
        )
    with pytest.raises(CodebookError, match="edition"):
        load(tmp_path / "x.yaml")
