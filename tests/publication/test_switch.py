"""Readers while releases are published: other processes, on the real file system."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import duckdb
import pytest

from orchestration.publication.releases import current, rollback

READER = """
import sys, duckdb
connection = duckdb.connect(sys.argv[1], read_only=True)
for line in sys.stdin:
    print(connection.execute("SELECT sum(respondents) FROM pub_edition").fetchone()[0], flush=True)
"""

# Opens the current release again and again and holds every file against the manifest beside it.
LOOP = """
import hashlib, json, sys, time
from pathlib import Path
import duckdb
from orchestration.publication.releases import current

releases, seen, rounds = Path(sys.argv[1]), set(), 0
print("ready", flush=True)
stopped = False
while not stopped or rounds < 3:
    stopped = (releases / "stop").exists()
    release = current(releases)
    for name, state in release.manifest.files.items():
        found = hashlib.sha256((release.folder / name).read_bytes()).hexdigest()
        assert found == state.sha256, f"{release.id}: {name} is of another release"
    with duckdb.connect(str(release.database), read_only=True) as connection:
        total = connection.execute("SELECT sum(respondents) FROM pub_edition").fetchone()[0]
    csv = (release.folder / "public" / "pub_edition.csv").read_text()
    listed = sum(int(line.split(",")[-1]) for line in csv.splitlines()[1:])
    assert total == listed, f"{release.id}: {total} in the database, {listed} in the CSV"
    seen.add(release.id)
    rounds += 1
print(json.dumps({"rounds": rounds, "seen": sorted(seen)}), flush=True)
"""


def start(code: str, *arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(command, text=True, **pipes)


def ask(reader: subprocess.Popen[str]) -> int:
    reader.stdin.write("\n")
    reader.stdin.flush()
    return int(reader.stdout.readline())


def test_a_reader_stays_in_its_release_across_a_switch(workshop):
    workshop.publish(workshop.candidate("run-1"))
    path = workshop.releases / "current" / "internal" / "skills_bank.duckdb"
    reader = start(READER, path)
    try:
        assert ask(reader) == 642
        workshop.publish(workshop.candidate("run-2", shift=1))
        assert ask(reader) == 642
        with duckdb.connect(str(path), read_only=True) as connection:
            assert connection.execute("SELECT sum(respondents) FROM pub_edition").fetchone() == (643,)
        rollback(workshop.releases)
        assert ask(reader) == 642
    finally:
        reader.stdin.close()
        assert reader.wait(timeout=30) == 0, reader.stderr.read()


def test_readers_never_meet_a_mix_while_releases_come_and_go(workshop):
    workshop.publish(workshop.candidate("run-0"))
    reader = start(LOOP, workshop.releases)
    assert reader.stdout.readline() == "ready\n", reader.stderr.read()
    for number in range(1, 7):
        workshop.publish(workshop.candidate(f"run-{number}", shift=number % 2))
        if number % 3 == 0:
            rollback(workshop.releases)
            workshop.publish(workshop.candidate(f"run-{number}-again", shift=number % 2))
    (workshop.releases / "stop").touch()
    out, errors = reader.communicate(timeout=60)
    assert reader.returncode == 0, errors
    assert '"rounds"' in out
    assert current(workshop.releases).id in out


def test_a_reader_does_not_block_publishing(workshop):
    workshop.publish(workshop.candidate("run-1"))
    with duckdb.connect(str(current(workshop.releases).database), read_only=True):
        assert workshop.publish(workshop.candidate("run-2", shift=1)).is_new


@pytest.mark.parametrize("name", ["public/pub_edition.csv", "internal/skills_bank.duckdb"])
def test_the_link_always_leads_somewhere(workshop, name):
    """What goes through ``current`` by hand finds a file at any moment, and after each switch the new one."""
    workshop.publish(workshop.candidate("run-1"))
    path = workshop.releases / "current" / name
    before = path.read_bytes()
    workshop.publish(workshop.candidate("run-2", shift=1))
    assert path.read_bytes() != before
