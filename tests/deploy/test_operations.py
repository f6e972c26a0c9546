"""Every command of the runbook, run on a small deployment; those that take a whole refresh are parsed alone."""

import dataclasses
import re
import shlex
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from orchestration import audit
from orchestration.publication.manifest import read_manifest

from ..automation.conftest import EDITION, make_small

RUNBOOK = Path(__file__).resolve().parents[2] / "docs" / "operations.md"
TEXT = RUNBOOK.read_text(encoding="utf-8")
# What is to be typed: lines of blocks, and what stands in the text with a space in it.
TYPED = list(
    dict.fromkeys(
        [
            line.partition("#")[0].strip()
            for block in re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL)
            for line in block.splitlines()
        ]
        + [
            " ".join(span.split())
            for span in re.findall(r"`([^`]+)`", re.sub(r"(?s)```.*?```", "", TEXT))
            if " " in span
        ]
    )
)
COMMANDS = [command for command in TYPED if command.startswith("skillsbank ")]
# A refresh has tests of its own, in tests/end_to_end, and the preparation in tests/modelling.
PARSED = ("skillsbank refresh", "skillsbank prepare")
# The server's own, on files that test_deploy.py tries with the programs themselves; and CI runs `make refresh`.
ELSEWHERE = ("systemctl enable --now ", "htpasswd ", "nginx -t", "docker compose ", "make refresh")
CAMPAIGN = "python -m benchmarks.faults"
# Words of configuration, which are nothing to type.
NO_COMMANDS = ("auth_request ", "error_page ", "location ")
MIGRATE = "DAGSTER_HOME=/srv/skillsbank/dagster dagster instance migrate"


@pytest.fixture(scope="module")
def small(tmp_path_factory, clean_environment):
    return make_small(tmp_path_factory.mktemp("runbook"))


@pytest.mark.parametrize("command", COMMANDS)
def test_command(small, tmp_path, command):
    words = shlex.split(command)[1:]
    if command in PARSED:
        words.append("--help")
    if "rollback" in words:
        small.release("2026-W48-1", 643)
    variables = {}
    if words[0] == "contacts":
        # The runbook's edition is the sample's.
        words[2:4] = [words[2].replace("tour_2019", EDITION), str(tmp_path / "contacts.csv")]
    if words[0] == "backup":
        words[1] = str(tmp_path / "backups")
    if words[0] == "restore":
        assert small.run("backup", str(tmp_path / "backups")).returncode == 0
        (made,) = (tmp_path / "backups").iterdir()
        words[1:] = [str(made), "--tombstones", str(small.settings.archive / "tombstones")]
        variables = {"SKILLSBANK_DATA": str(tmp_path / "restored")}
    finished = small.run(*words, **variables)
    assert finished.returncode == 0, finished.stdout + finished.stderr


def test_who_lets_figures_out_or_takes_them_back_is_on_record(tmp_path, clean_environment):
    bank = make_small(tmp_path)
    folder = bank.release("2026-W48-1", 643)
    (folder / "public").chmod(0o700)
    manifest = read_manifest(folder)
    until = (datetime.now(UTC) + timedelta(days=3)).isoformat()
    dataclasses.replace(manifest, embargo_until=until).write(folder)
    for words in ("lift-embargo --now current", "lift-embargo --now current", "rollback"):
        assert bank.run("releases", *words.split()).returncode == 0
    finished = bank.run("publish", "--to", str(tmp_path / "outside"))
    assert finished.returncode == 0, finished.stderr
    found = [(one.action, one.subject) for one in audit.read(bank.settings)]
    assert found[-3:] == [
        ("embargo lifted", "2026-W48-1"),
        ("rolled back", "2026-W47-1"),
        ("published outside", "2026-W47-1"),
    ]
    assert audit.verify(bank.settings).records == len(found)


def test_no_other_command_is_told():
    others = set(TYPED) - set(COMMANDS) - {MIGRATE, "dagster instance migrate", CAMPAIGN}
    assert {one for one in others if not one.startswith(ELSEWHERE + NO_COMMANDS)} == set()


def test_dagsters_storage_is_migrated(small):
    assert MIGRATE in TYPED
    command = [str(Path(sys.executable).with_name("dagster")), *MIGRATE.split()[2:]]
    environment = small.environment() | {"DAGSTER_HOME": str(small.settings.dagster_home)}
    finished = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert finished.returncode == 0, finished.stderr


def test_the_fault_campaign_can_be_started():
    assert CAMPAIGN in TYPED
    command = [sys.executable, *CAMPAIGN.split()[1:], "--help"]
    finished = subprocess.run(
        command, cwd=RUNBOOK.parents[1], capture_output=True, text=True, timeout=60, check=False
    )
    assert finished.returncode == 0, finished.stderr
    assert "--kills" in finished.stdout


def test_alerts_lead_to_sections_that_exist():
    code = (RUNBOOK.parents[1] / "orchestration" / "automation").glob("*.py")
    texts = "".join(path.read_text(encoding="utf-8") for path in code)
    told = set(re.findall(r'"((?:a|it|the)-[a-z-]+)"', texts))
    headings = re.findall(r"(?m)^#+ (.*)$", TEXT)
    assert told
    assert told <= {heading.lower().replace(" ", "-") for heading in headings}
