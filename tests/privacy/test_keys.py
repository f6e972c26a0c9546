"""Contacts are encrypted at rest, with keys that can be changed at any time and by any half."""

import os
import stat
from multiprocessing import get_context

import pyarrow.parquet as pq
import pytest

from orchestration import audit
from orchestration.automation.doctor import stored
from orchestration.automation.erasure import Request, erase
from orchestration.automation.key_rotation import rotate_keys
from orchestration.automation.lock import refresh_lock
from orchestration.collection import contacts_keys
from orchestration.collection.contacts import Contacts
from orchestration.collection.contacts_keys import MissingKeyError
from orchestration.errors import ArchiveError, SkillsBankError

from ..automation.conftest import EDITION, make_small
from ..faults.breaking import die_at_step

CONTEXT = get_context("forkserver")
CONTEXT.set_forkserver_preload(["orchestration.automation.key_rotation", "pytest", __name__])


@pytest.fixture
def small(tmp_path, clean_environment):
    return make_small(tmp_path)


@pytest.fixture
def contacts(small):
    return Contacts.of(small.settings)


def rows(contacts):
    return {path.name: contacts.read(path).to_pylist() for path in contacts.files()}


def keys_of(small):
    return contacts_keys.load(small.settings.secrets)


def as_a_version_before_wrote_it(contacts):
    (path,) = contacts.files()
    table = contacts.read(path)
    pq.write_table(table, path, compression="zstd")
    path.chmod(0o600)
    return path


def test_neither_cells_nor_names_of_fields_can_be_read_without_the_key(small, contacts):
    (path,) = contacts.files()
    known = contacts.read(path)
    texts = {text for text in known["value"].to_pylist() if len(text) > 6} | {
        "respondent_id",
        "MAIL",
        "SIREN",
    }
    content = path.read_bytes()
    assert len(texts) > 100
    assert not [text for text in texts if text.encode() in content]
    with pytest.raises(OSError, match="encrypted"):
        pq.read_table(path)
    key = small.settings.secrets / contacts_keys.FILE
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert key.read_text().strip() not in repr(keys_of(small)) + str(vars(small.settings))


def test_a_cell_that_was_changed_is_refused(contacts):
    (path,) = contacts.files()
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 1
    path.write_bytes(content)
    with pytest.raises((OSError, SkillsBankError)):
        contacts.read(path)


@pytest.mark.parametrize("by", ["protect", "rotate"])
def test_plain_contacts_of_a_version_before_are_read_and_then_encrypted(small, contacts, by):
    before = rows(contacts)
    path = as_a_version_before_wrote_it(contacts)
    assert rows(contacts) == before
    if by == "protect":
        assert contacts.protect().encrypted == 1
        assert contacts.protect().encrypted == 0
    else:
        assert rotate_keys(small.settings).files == 1
    assert path.read_bytes()[-4:] == b"PARE"
    assert rows(contacts) == before
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_rotation_encrypts_anew_retires_the_old_key_and_is_on_record(small, contacts):
    before, (old,) = rows(contacts), keys_of(small).keys
    stolen = small.data / "stolen.parquet"
    stolen.write_bytes(contacts.files()[0].read_bytes())
    done = small.run("keys", "rotate")
    assert done.returncode == 0, done.stderr
    (new,) = keys_of(small).keys
    assert new != old
    assert f"1 files encrypted with the new key {new}; retired: {old}" in done.stdout
    assert rows(contacts) == before
    with pytest.raises(MissingKeyError, match=old):
        contacts.open(stolen)
    (*_, last) = audit.read(small.settings)
    assert (last.action, last.subject, last.details["retired"]) == (
        "rotated keys",
        f"contacts, now {new}",
        old,
    )
    audit.verify(small.settings)


def test_no_rotation_during_a_refresh(small):
    (before,) = keys_of(small).keys
    with refresh_lock(small.data, "refresh"):
        refused = small.run("keys", "rotate")
    assert refused.returncode == 1
    assert "another refresh is running" in refused.stderr
    assert list(keys_of(small).keys) == [before]


def _rotate(settings, last_step):
    """The process is gone at that one of its steps on disk: fsync or rename."""
    die_at_step(last_step, "replace")
    rotate_keys(settings)
    os._exit(0)


def test_killed_at_every_step_everything_is_readable_and_the_next_run_ends_it(small, contacts):
    before, exits = rows(contacts), []
    while 0 not in exits:
        assert len(exits) < 40
        process = CONTEXT.Process(target=_rotate, args=(small.settings, len(exits) + 1))
        process.start()
        process.join(60)
        exits.append(process.exitcode)
        assert set(exits) <= {0, 9}
        assert rows(contacts) == before
        assert len(keys_of(small).keys) in (1, 2)
        if len(exits) % 3 == 0:  # two kills in a row are survived as well
            rotate_keys(small.settings)
            assert len(keys_of(small).keys) == 1
            assert rows(contacts) == before
    assert len(exits) >= 8
    assert not list(contacts.folder.rglob(".*"))


def test_a_lost_key_is_told_and_nothing_is_written_beside_it(small, contacts):
    (small.settings.secrets / contacts_keys.FILE).unlink()
    with pytest.raises(MissingKeyError, match=r"docs/operations\.md, 'A lost key'") as told:
        contacts.read(contacts.files()[0])
    assert str(small.settings.secrets / contacts_keys.FILE) in str(told.value)
    with pytest.raises(MissingKeyError):
        small.collect(rows=50, seed=2)
    with pytest.raises(MissingKeyError):
        rotate_keys(small.settings)
    assert not (small.settings.secrets / contacts_keys.FILE).exists()
    assert "its key" in stored.secrets(small.settings, fix=False).said
    # As the runbook says where no backup has it: a new export brings contacts anew.
    contacts.files()[0].rename(small.data / "unreadable.parquet")
    small.collect(rows=50, seed=2)
    assert len(contacts.read(contacts.files(EDITION)[0])) > 50


def test_a_damaged_key_file_is_told(small, contacts):
    path = small.settings.secrets / contacts_keys.FILE
    path.write_text("not a key\n")
    with pytest.raises(SkillsBankError, match="a line of it is no key") as told:
        contacts.read(contacts.files()[0])
    assert "not a key" not in str(told.value)


def test_a_damaged_file_is_told_and_keeps_its_keys(small, contacts):
    path, before = contacts.files()[0], list(keys_of(small).keys)
    path.write_bytes(path.read_bytes()[:-40] + b"PARE")
    with pytest.raises(ArchiveError, match="it is damaged"):
        rotate_keys(small.settings)
    assert set(before) < set(keys_of(small).keys)


def test_erasing_reaches_encrypted_contacts_after_a_rotation(small, contacts):
    rotate_keys(small.settings)
    (one,) = rows(contacts).values()
    who = one[0]["respondent_id"]
    proof = erase(small.settings, Request(respondent=f"{EDITION}/{who}"))
    assert proof.removed["contacts: cells"]
    (left,) = rows(contacts).values()
    assert left
    assert who not in {row["respondent_id"] for row in left}
