"""The whole pipeline on object storage: as a user starts it, on two machines and a third that reads."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import ADDRESS

COMPANY = "999032444"  # the first answer to the sample's tour_2019
pytestmark = [pytest.mark.end_to_end, pytest.mark.long, pytest.mark.timeout(1500)]


class Host:
    """A machine with its working folder, and the command that works on it."""

    def __init__(self, folder: Path, variables: dict[str, str]) -> None:
        self.folder = folder
        self._environment = (
            os.environ | variables | {"SKILLSBANK_DATA": ADDRESS, "SKILLSBANK_WORK": str(folder)}
        )

    def run(self, *arguments: str, code: int = 0) -> str:
        command = [str(Path(sys.executable).with_name("skillsbank")), *arguments]
        done = subprocess.run(command, env=self._environment, capture_output=True, text=True, check=False)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr


def test_a_refresh_with_s3_publishes_what_one_with_a_folder_does(first_release, s3, bucket, tmp_path):
    local, _ = first_release
    one, two, reader = (Host(tmp_path / name, s3) for name in ("one", "two", "reader"))
    for host in (one, two):
        shutil.copytree(local.data / "secrets", host.folder / "secrets")

    assert "stored_release" in one.run("refresh")
    release = json.loads(reader.run("releases", "show"))
    assert release["content_hash"] == json.loads(local.run("releases", "show").stdout)["content_hash"]
    assert "files as the manifest says" in reader.run("releases", "verify", "--files")
    assert "tour_2019" in reader.run("query", "select edition from dim_edition")
    assert sorted(path.name for path in reader.folder.iterdir() if path.is_dir()) == ["releases"]
    keys = [path.removeprefix("institute/skills-bank/") for path in bucket.find("institute")]
    assert {key.partition("/")[0] for key in keys} == {
        "archive",
        "audit",
        "contacts",
        "current",
        "lake",
        "releases",
    }
    contacts = [key for key in keys if key.startswith("contacts/")]
    assert contacts
    assert all(bucket.cat_file(f"institute/skills-bank/{key}").endswith(b"PARE") for key in contacts)

    assert "nothing new to publish" in two.run("refresh")
    assert [path.name for path in (two.folder / "releases").glob("*-W*")] == [release["id"]]

    # An erasure on one machine holds on the other, which still has the rows, and in the bucket.
    before = set(bucket.find("institute/skills-bank/archive"))
    assert "Erased: company" in two.run("erase", "--siren", COMPANY)
    assert "no embargo has ended" in one.run("releases", "lift-embargo")
    assert archived(one) == archived(two)
    assert any(
        path.endswith(".parquet") for path in before - set(bucket.find("institute/skills-bank/archive"))
    )
    assert "nothing was left of them" in one.run("erase", "--siren", COMPANY)


def archived(host: Host) -> set[str]:
    return {path.name for path in (host.folder / "archive").rglob("*") if path.is_file()}
