"""The users of a deployment, for real: what the webservers' user can and cannot open in the pipeline's data folder."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from ..automation.conftest import make_small

PIPELINE, WEB = 10001, 10002


@pytest.fixture(scope="module")
def data(clean_environment):
    """A data folder as on a server: the pipeline's user and group, 0750."""
    if os.geteuid() != 0:
        pytest.skip("only root can act as another user")
    # Not below pytest's own folder, which nobody else may enter.
    folder = Path(tempfile.mkdtemp(prefix="skillsbank-users-"))
    try:
        small = make_small(folder)
        for path in [folder, *folder.rglob("*")]:
            os.chown(path, PIPELINE, PIPELINE, follow_symlinks=False)
        folder.chmod(0o750)
        small.data.chmod(0o770)
        yield small.data
    finally:
        shutil.rmtree(folder)


def opens(path, user):
    command = ["cat", str(path)] if path.is_file() else ["ls", str(path)]
    done = subprocess.run(
        command, user=user, group=PIPELINE, extra_groups=[], capture_output=True, timeout=20, check=False
    )
    return done.returncode == 0


def test_the_pipeline_opens_everything_and_the_webservers_what_is_published(data):
    files = [path for path in data.rglob("*") if path.is_file()]
    assert all(opens(path, PIPELINE) for path in files)
    (manifest,) = data.glob("releases/2026-*/MANIFEST.json")
    assert opens(manifest, WEB)
    assert opens(data / "dagster" / "dagster.yaml", WEB)


@pytest.mark.parametrize("room", ["contacts", "secrets"])
def test_nobody_but_the_pipeline_opens_contacts_and_secrets(data, room):
    paths = [data / room, *(data / room).rglob("*")]
    assert len(paths) >= 3
    assert all(opens(path, PIPELINE) for path in paths)
    assert not [path for path in paths if opens(path, WEB)]
