"""The audit log: what it says, who may read it, and that nobody changes it unseen."""

import json
import multiprocessing
import os
import stat

import pytest

from orchestration import audit
from orchestration.errors import SkillsBankError
from orchestration.settings import Settings


@pytest.fixture
def settings(tmp_path, clean_environment):
    return Settings(data=tmp_path / "data", actor="ops")


def lines(settings):
    return (settings.audit / audit.LOG).read_text().splitlines(keepends=True)


def rewrite(settings, text):
    (settings.audit / audit.LOG).write_text("".join(text))


@pytest.fixture
def three(settings):
    for number in range(3):
        audit.record(settings, "published", f"2026-W48-{number}", trigger="tests")
    return settings


def test_who_and_what_in_order(three):
    assert [(one.actor, one.action, one.subject) for one in audit.read(three)] == [
        ("ops", "published", f"2026-W48-{number}") for number in range(3)
    ]
    assert audit.verify(three).records == 3
    assert stat.S_IMODE(three.audit.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in three.audit.iterdir()} == {0o600}


def test_the_user_of_the_machine_unless_set(tmp_path, monkeypatch):
    monkeypatch.setenv("LOGNAME", "someone")
    assert audit.actor(Settings(data=tmp_path)) == "someone"
    monkeypatch.setenv("SKILLSBANK_ACTOR", "survey-team")
    assert audit.actor(Settings(data=tmp_path)) == "survey-team"


def test_nothing_personal_gets_in(settings):
    audit.record(settings, "reviewed", "zq@example.org said 06 12 34 56 78", why="SIREN 732829320")
    text = "".join(lines(settings))
    assert not any(mark in text for mark in ("zq@example", "06 12 34", "732829320"))


def changed(text):
    return [text[0], text[1].replace("W48-1", "W48-7"), text[2]]


def forged(text):
    """A line changed, and its own hash made to fit."""
    facts = json.loads(text[1])
    del facts["hash"]
    facts["actor"] = "another"
    return [text[0], audit._line({**facts, "hash": audit._hash(facts)}), text[2]]


TAMPERED = {
    "changed": changed,
    "forged with its hash": forged,
    "the first left out": lambda text: text[1:],
    "one left out": lambda text: [text[0], text[2]],
    "swapped": lambda text: [text[1], text[0], text[2]],
    "the last cut off": lambda text: text[:2],
    "all cut off": lambda text: [],
    "repeated": lambda text: [*text, text[2]],
    "garbage": lambda text: [*text, "{}\n"],
}


@pytest.mark.parametrize("how", TAMPERED)
def test_tampering_shows(three, how):
    rewrite(three, TAMPERED[how](lines(three)))
    with pytest.raises(SkillsBankError, match="tampered with"):
        audit.verify(three)


def test_a_line_cut_by_a_power_cut_is_no_record_and_stops_nothing(three):
    head = audit.verify(three).head
    with (three.audit / audit.LOG).open("a") as file:
        file.write('{"action":"publ')
    assert audit.verify(three).head == head
    audit.record(three, "erased", "company")
    assert audit.verify(three).records == 4


def test_killed_before_the_head_was_written(three):
    head = (three.audit / "head").read_text()
    audit.record(three, "erased", "company")
    (three.audit / "head").write_text(head)
    assert audit.verify(three).records == 4


def _write(settings):
    for _ in range(10):
        audit.record(settings, "reviewed", "texts")


def test_several_processes_write_one_chain(settings):
    writers = [multiprocessing.Process(target=_write, args=(settings,)) for _ in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert audit.verify(settings).records == 40


def test_a_log_that_cannot_be_written_is_told(settings):
    settings.data.mkdir()
    settings.audit.write_text("in the way")
    with pytest.raises(SkillsBankError, match="was done and could not be logged"):
        audit.record(settings, "erased", "company")


def test_commands(three, capsys, monkeypatch):
    import typer.testing

    from orchestration.cli import app

    monkeypatch.setenv("SKILLSBANK_DATA", str(three.data))
    run = typer.testing.CliRunner().invoke
    assert "3 records, the chain is whole" in run(app, ["audit", "verify"]).stdout
    monkeypatch.setitem(os.environ, "COLUMNS", "200")
    assert run(app, ["audit", "show"]).stdout.count("published") == 3
    rewrite(three, lines(three)[:2])
    assert isinstance(run(app, ["audit", "verify"]).exception, SkillsBankError)
