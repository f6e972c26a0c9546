"""docs/adding-an-edition.md: its commands, as written."""

import os
import re
import subprocess

import pytest

from orchestration.settings import PROJECT

pytestmark = pytest.mark.end_to_end


def test_the_commands_of_the_page_publish_a_figure(shared, tmp_path):
    page = (PROJECT / "docs" / "adding-an-edition.md").read_text()
    blocks = re.findall(r"^```sh\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    assert len(blocks) == 5
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "DO_NOT_TRACK": "1",
        "COLUMNS": "200",
    }
    finished = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", "\n".join(blocks)],
        cwd=PROJECT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=290,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert (tmp_path / "skillsbank-trial" / "releases" / "current").exists()
    figure = re.compile(r"^ (\w+) +([0-9.]+) +(\d+) +identical *$", re.MULTILINE)
    published = figure.findall(finished.stdout)
    assert [edition for edition, _, _ in published] == ["edition_2012", "tour_2019", "tour_2026"]
    assert published == figure.findall(page)
