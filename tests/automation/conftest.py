"""A small deployment: one collected edition, its contacts and secrets, decisions, a release and Dagster's home."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from orchestration import lake
from orchestration.archive import Archive
from orchestration.automation.instance import prepare_home
from orchestration.codebook import load
from orchestration.collection.contacts import Contacts
from orchestration.collection.intake import collect_export
from orchestration.definitions import build_definitions
from orchestration.identifiers import CompanyKeys
from orchestration.publication.manifest import Manifest, TableState, content_hash, hash_files
from orchestration.publication.numbering import CURRENT
from orchestration.settings import Settings

from ..collection.conftest import CODEBOOK, limesurvey_csv, made_up

EDITION = "survey_482617"


@dataclass
class Small:
    """A data folder with a little of everything, and the command that works on it."""

    settings: Settings

    @property
    def data(self) -> Path:
        return self.settings.data

    @property
    def archive(self) -> Archive:
        return Archive(self.settings.archive)

    def environment(self) -> dict[str, str]:
        folders = {"SKILLSBANK_DATA": str(self.data), "SKILLSBANK_CODEBOOKS": str(self.settings.codebooks)}
        return os.environ | folders | {"SKILLSBANK_SAMPLE": "false", "SKILLSBANK_ACTOR": "tests"}

    def run(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess:
        code = "import sys; from orchestration.cli import main; main()"
        return subprocess.run(
            [sys.executable, "-c", code, *arguments],
            env=self.environment() | {"COLUMNS": "220"} | variables,
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip

    def collect(self, rows: int = 40, seed: int = 1) -> None:
        codebook = load(self.settings.codebooks / f"{EDITION}.yaml")
        export = self.data / "inbox" / EDITION / "responses.csv"
        export.parent.mkdir(parents=True, exist_ok=True)
        export.write_bytes(limesurvey_csv(*made_up(codebook, rows, seed)))
        keys = CompanyKeys.load(None, self.settings.secrets)
        collect_export(export, codebook, "limesurvey", self.archive, Contacts.of(self.settings), keys)

    def release(self, name: str, respondents: int = 642, created_at: datetime | None = None) -> Path:
        """A sound release of one table, current from now on."""
        folder = self.settings.releases / name
        (folder / "internal").mkdir(parents=True)
        (folder / "public").mkdir()
        with duckdb.connect(str(folder / "internal" / "skills_bank.duckdb")) as connection:
            connection.execute(
                "create table pub_edition as select 'tour_2019' as edition, ? as respondents", [respondents]
            )
            connection.table("pub_edition").write_csv(str(folder / "public" / "pub_edition.csv"))
        files = hash_files(folder)
        Manifest(
            created_at=(created_at or datetime.now(UTC)).isoformat(timespec="seconds"),
            run_id="made", code_version="c0de",
            content_hash=content_hash(files), fingerprint="f", packages={}, inputs=(), editions=(),
            tables={"pub_edition": TableState(1, ("edition", "respondents"))}, files=files, id=name,
        ).write(folder)  # fmt: skip
        link = self.settings.releases / CURRENT
        link.unlink(missing_ok=True)
        link.symlink_to(name)
        return folder


def make_small(folder: Path) -> Small:
    codebooks = folder / "codebooks"
    codebooks.mkdir()
    for path in (CODEBOOK, Settings().codebooks / "variables.yaml"):
        (codebooks / path.name).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    small = Small(Settings(data=folder / "data", codebooks=codebooks, sample=False))
    small.collect()
    row = {"edition": EDITION, "year": 2026, "title_fr": "e", "title_en": "e", "status": "open"}
    table = pa.Table.from_pylist([row], schema=lake.SCHEMAS["editions"])
    lake.write(small.settings.lake, "editions", [(None, [table])])
    small.settings.decisions.parent.mkdir()
    small.settings.decisions.write_text(
        "key,codes,decided_by,decided_at,frame_version\nsoudure,INN-01,ab,2026-11-01,2.0\n", encoding="utf-8"
    )
    small.release("2026-W47-1")
    prepare_home(small.settings)
    return small


@pytest.fixture(scope="session")
def settings(tmp_path_factory, parsed_project) -> Settings:
    """Where nothing has been run yet, but that dbt's project is parsed."""
    settings = Settings(data=tmp_path_factory.mktemp("deployment") / "data")
    shutil.copytree(parsed_project, settings.dbt_target)
    return settings


@pytest.fixture(scope="session")
def definitions(settings):
    """Everything that Dagster loads."""
    return build_definitions(settings)


@pytest.fixture
def small(tmp_path, clean_environment, monkeypatch) -> Small:
    # A doctor that looks in this process sets it: taken back after each test.
    monkeypatch.setenv("DAGSTER_HOME", "")
    monkeypatch.delenv("DAGSTER_HOME")
    return make_small(tmp_path)


def sidecar_of(entry) -> Path:
    return entry.path.with_name(f"{entry.path.name}.json")


def change_sidecar(entry, **facts) -> None:
    path = sidecar_of(entry)
    path.chmod(0o644)
    path.write_text(json.dumps({**entry.facts, **facts}), encoding="utf-8")
