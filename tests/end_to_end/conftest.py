"""Whole runs of the pipeline, as a user starts them."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from ..conftest import shared_by_workers

REPOSITORY = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Deployment:
    """A data folder and the `skillsbank` command that works on it."""

    data: Path
    variables: dict[str, str]

    @property
    def environment(self):
        return os.environ | {"SKILLSBANK_DATA": str(self.data)} | self.variables

    @property
    def releases(self) -> Path:
        return self.data / "releases"

    def command(self, *arguments: str) -> list[str]:
        return [str(Path(sys.executable).with_name("skillsbank")), *arguments]

    def run(self, *arguments: str, timeout: int = 280) -> subprocess.CompletedProcess:
        return subprocess.run(
            self.command(*arguments),
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    def start(self, *arguments: str) -> subprocess.Popen:
        return subprocess.Popen(
            self.command(*arguments),
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def published(self) -> dict[str, bytes]:
        """Every byte under releases/, and where `current` points, for comparing before with after."""
        state = {}
        for path in sorted(self.releases.rglob("*")):
            if path.is_symlink():
                state[str(path.relative_to(self.releases))] = str(path.readlink()).encode()
            elif path.is_file():
                state[str(path.relative_to(self.releases))] = path.read_bytes()
        return state

    def inbox(self, edition: str) -> Path:
        folder = self.data / "inbox" / edition
        folder.mkdir(parents=True, exist_ok=True)
        return folder


def copy_of(original: Deployment, folder: Path) -> Deployment:
    """A deployment with the same data, elsewhere."""
    shutil.copytree(original.data, folder / "data", symlinks=True)
    return Deployment(folder / "data", {})


def same_secret(original: Deployment, folder: Path) -> Deployment:
    """A new deployment that names companies as another does, and has nothing else yet but dbt's parsed project."""
    for room in ("secrets", "warehouse/dbt"):
        shutil.copytree(original.data / room, folder / "data" / room)
    return Deployment(folder / "data", {})


@pytest.fixture(scope="session")
def first_release(tmp_path_factory, parsed_project) -> tuple[Deployment, subprocess.CompletedProcess]:
    """A deployment after its first refresh on the sample, and what that refresh printed; not to be changed."""
    with shared_by_workers(tmp_path_factory, "first") as folder:
        deployment, said = Deployment(folder / "data", {}), folder / "said.json"
        if not said.exists():
            shutil.copytree(parsed_project, deployment.data / "warehouse" / "dbt")
            finished = deployment.run("refresh")
            said.write_text(json.dumps([finished.returncode, finished.stdout, finished.stderr]))
    code, out, error = json.loads(said.read_text())
    assert code == 0, out + error
    return deployment, subprocess.CompletedProcess(deployment.command("refresh"), code, out, error)


@pytest.fixture
def deployment(first_release, tmp_path) -> Deployment:
    """A copy of a deployment with one release, to do with as a test likes."""
    original, _ = first_release
    return copy_of(original, tmp_path)
