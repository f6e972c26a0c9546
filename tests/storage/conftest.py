"""A bucket of a real S3 server on loopback, and machines that work on it."""

import stat
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import fsspec
import pytest
import s3fs
from moto.server import ThreadedMotoServer

from orchestration.settings import Settings

from ..end_to_end.conftest import first_release  # noqa: F401

ADDRESS = "s3://institute/skills-bank"
SECRET = "a secret of the company keys for tests"
RELEASE = "releases/2026-W48-1"
# What a refresh leaves: a file of each room, and what stays on the machine.
FILES = {
    "archive/limesurvey/tour_2019/20261123T040000Z-0123456789ab.csv": "answers",
    "contacts/tour_2019/20261123T040000Z-0123456789ab.parquet": "encrypted",
    "decisions/decisions.csv": "text,code",
    "audit/audit.jsonl": "{}",
    "lake/respondents/tour_2019.parquet": "respondents",
    f"{RELEASE}/MANIFEST.json": "{}",
    f"{RELEASE}/internal/skills_bank.duckdb": "marts",
    f"{RELEASE}/public/report.fr.html": "report",
}
STAYS = {
    "secrets/contacts_keys": "SECRET-KEY",
    "inbox/tour_2019/responses.csv": "ORIGINAL",
    "downloads/register/stock.parquet": "ORIGINAL",
    "warehouse/run/skills_bank.duckdb": "candidate",
    "dagster/history/runs.db": "sqlite",
    "releases/.candidate-run/MANIFEST.json": "half a release",
}


@dataclass(frozen=True)
class Machine:
    """A working folder of the store: what one machine has."""

    folder: Path
    address: str = ADDRESS

    @property
    def settings(self) -> Settings:
        return Settings(data=self.address, work=self.folder, company_key_secret=SECRET)

    def put(self, files: dict[str, str]) -> None:
        for path, text in files.items():
            (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / path).write_text(text)

    def point(self, release: str) -> None:
        link = self.folder / "releases" / "current"
        link.unlink(missing_ok=True)
        link.symlink_to(release.removeprefix("releases/"))

    def has(self) -> dict[str, str]:
        """Every file here with its text, but for what the working folder keeps of itself."""
        found = {}
        for path in sorted(self.folder.rglob("*")):
            name = path.relative_to(self.folder).as_posix()
            if (
                path.is_file()
                and "current" not in path.parts
                and not name.startswith(("store.", "refresh.lock"))
            ):
                found[name] = path.read_text()
        return found

    def mode(self, path: str) -> int:
        return stat.S_IMODE((self.folder / path).stat().st_mode)


@pytest.fixture(scope="session")
def s3():
    """The address of an S3 server, and its variables for whoever is to reach it."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}", "AWS_ACCESS_KEY_ID": "any", "AWS_SECRET_ACCESS_KEY": "any",
        "AWS_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true",
    }  # fmt: skip
    server.stop()


@pytest.fixture
def bucket(s3, monkeypatch):
    """An empty bucket, as fsspec sees it."""
    for name, value in s3.items():
        monkeypatch.setenv(name, value)
    reset = urllib.request.Request(f"{s3['AWS_ENDPOINT_URL']}/moto-api/reset", method="POST")
    urllib.request.urlopen(reset).read()
    s3fs.S3FileSystem.clear_instance_cache()
    files = fsspec.filesystem("s3", use_listings_cache=False)
    files.mkdir("institute")
    return files


@pytest.fixture
def machine(tmp_path, bucket):
    """Makes machines by name."""
    return lambda name: Machine(tmp_path / name)


@pytest.fixture
def first(machine):
    """A machine after its first refresh, with a release in the bucket."""
    from orchestration.storage.session import writing

    one = machine("first")
    with writing(one.settings, "refresh"):
        one.put(FILES | STAYS)
        one.point(RELEASE)
        (one.folder / "contacts").chmod(0o700)
        (one.folder / "contacts/tour_2019/20261123T040000Z-0123456789ab.parquet").chmod(0o600)
        (one.folder / RELEASE / "public").chmod(0o700)
    return one
