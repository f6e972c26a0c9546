"""Every command of the runbook, run on a small deployment; those that take a whole refresh are parsed alone."""

import re
import shlex
from pathlib import Path

import pytest

from ..automation.conftest import make_small

RUNBOOK = Path(__file__).resolve().parents[2] / "docs" / "operations.md"
BLOCKS = re.findall(r"```sh\n(.*?)```", RUNBOOK.read_text(encoding="utf-8"), re.DOTALL)
COMMANDS = list(
    dict.fromkeys(
        line.partition("#")[0].strip()
        for block in BLOCKS
        for line in block.splitlines()
        if line.startswith("skillsbank ")
    )
)
# A refresh has tests of its own, in tests/end_to_end, and the preparation in tests/modelling.
PARSED = ("skillsbank refresh", "skillsbank prepare")


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
    if words[0] == "backup":
        words[1] = str(tmp_path / "backups")
    if words[0] == "restore":
        assert small.run("backup", str(tmp_path / "backups")).returncode == 0
        (made,) = (tmp_path / "backups").iterdir()
        words[1:] = [str(made), "--tombstones", str(small.settings.archive / "tombstones")]
        variables = {"SKILLSBANK_DATA": str(tmp_path / "restored")}
    finished = small.run(*words, **variables)
    assert finished.returncode == 0, finished.stdout + finished.stderr


def test_alerts_lead_to_sections_that_exist():
    code = (RUNBOOK.parents[1] / "orchestration" / "automation").glob("*.py")
    texts = "".join(path.read_text(encoding="utf-8") for path in code)
    told = set(re.findall(r'"(a-[a-z-]+)"', texts))
    headings = re.findall(r"(?m)^#+ (.*)$", RUNBOOK.read_text(encoding="utf-8"))
    assert told
    assert told <= {heading.lower().replace(" ", "-") for heading in headings}
