"""Backup and restore rehearsed: the same elsewhere, refused where it would lose something, erasures applied again."""

import shutil
import stat

import dagster as dg
import pytest

from orchestration import audit
from orchestration.automation.backup import backup, restore, verify_backup
from orchestration.automation.doctor import State, examine
from orchestration.automation.erasure import Request, erase
from orchestration.automation.lock import refresh_lock
from orchestration.errors import SkillsBankError
from orchestration.settings import Settings

SAME = ("archive", "contacts", "secrets", "decisions")


def contents(data, rooms=SAME):
    paths = [path for room in rooms for path in (data / room).rglob("*")]
    return {
        path.relative_to(data): (
            path.read_bytes() if path.is_file() else None,
            stat.S_IMODE(path.stat().st_mode),
        )
        for path in paths
    }


@dg.asset
def made():
    return dg.MaterializeResult(metadata={"rows": 3})


@pytest.fixture
def elsewhere(small, tmp_path):
    return Settings(data=tmp_path / "elsewhere", codebooks=small.settings.codebooks, sample=False)


def test_the_same_elsewhere(small, tmp_path, elsewhere, monkeypatch):
    monkeypatch.setenv("DAGSTER_HOME", str(small.settings.dagster_home))
    with dg.DagsterInstance.get() as instance:
        # Backed up while the databases are open, with what is still in their write-ahead logs.
        run_id = dg.materialize([made], instance=instance).run_id
        told = backup(small.settings, tmp_path / "backups")
    assert stat.S_IMODE(told.folder.stat().st_mode) == 0o700
    monkeypatch.setenv("DAGSTER_HOME", str(elsewhere.data / "dagster"))
    restore(elsewhere, told.folder)
    assert contents(elsewhere.data) == contents(small.data)
    with dg.DagsterInstance.get() as instance:
        assert instance.get_run_by_id(run_id).status is dg.DagsterRunStatus.SUCCESS
        assert instance.get_latest_materialization_event(made.key).run_id == run_id
    assert [one.action for one in audit.read(elsewhere)][-2:] == ["erased", "restored"]
    audit.verify(elsewhere)
    wrong = {one.check for one in examine(elsewhere) if one.state is State.wrong}
    assert wrong == set()


def test_who_was_erased_after_the_backup_stays_erased(small, tmp_path, elsewhere):
    told = backup(small.settings, tmp_path / "backups")
    proof = erase(small.settings, Request(respondent="survey_482617/3"))
    assert proof.removed["contacts: cells"]
    _, again = restore(elsewhere, told.folder, tombstones=small.settings.archive / "tombstones")
    assert again.removed["contacts: cells"] == proof.removed["contacts: cells"]
    assert [stone.mark for stone in again.stones] == ["3"]


def test_refused_while_a_refresh_runs(small, tmp_path):
    import subprocess
    import sys

    hold = (
        "import sys; from pathlib import Path; from orchestration.automation.lock import refresh_lock\n"
        "with refresh_lock(Path(sys.argv[1]), 'a-run'): print('held', flush=True); sys.stdin.read()"
    )
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    holder = subprocess.Popen([sys.executable, "-c", hold, str(small.data)], text=True, **pipes)
    assert holder.stdout.readline() == "held\n"
    try:
        with pytest.raises(SkillsBankError, match="another refresh is running"):
            backup(small.settings, tmp_path / "backups")
        assert not (tmp_path / "backups").exists()
    finally:
        holder.communicate("")


def test_refused_into_data_that_is_there(small, tmp_path):
    told = backup(small.settings, tmp_path / "backups")
    before = contents(small.data)
    with pytest.raises(SkillsBankError, match="there is data already: archive, contacts"):
        restore(small.settings, told.folder)
    assert contents(small.data) == before


def test_refused_beside_the_data(small):
    with pytest.raises(SkillsBankError, match="lost with it"):
        backup(small.settings, small.data / "backups")


DAMAGE = {
    "changed": lambda folder: (folder / "decisions" / "decisions.csv").write_text("other"),
    "missing": lambda folder: (folder / "secrets" / "company_key").unlink(),
    "added": lambda folder: (folder / "archive" / "new").write_text("x"),
    "newer": lambda folder: (folder / "BACKUP.json").write_text(
        (folder / "BACKUP.json").read_text().replace('"schema_version": 1', '"schema_version": 2')
    ),
    "no manifest": lambda folder: (folder / "BACKUP.json").unlink(),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_backup_changes_nothing(small, tmp_path, elsewhere, damage):
    told = backup(small.settings, tmp_path / "backups")
    DAMAGE[damage](told.folder)
    with pytest.raises(SkillsBankError):
        verify_backup(told.folder)
    with pytest.raises(SkillsBankError):
        restore(elsewhere, told.folder)
    assert not elsewhere.archive.exists()


def test_a_full_disk_leaves_no_half_backup(small, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shutil, "copystat", full)
    with pytest.raises(SkillsBankError, match="No space left"):
        backup(small.settings, tmp_path / "backups")
    assert list((tmp_path / "backups").iterdir()) == []
    with refresh_lock(small.data, "free again"):
        pass
