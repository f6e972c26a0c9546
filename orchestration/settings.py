"""Settings: the one reader of the environment. Belongs here: paths and options. Does not: any input or output."""

from __future__ import annotations

import hashlib
import os
import re
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

PROJECT = Path(__file__).resolve().parent.parent
Engine = Literal["duckdb", "spark"]


class Settings(BaseSettings):
    """All options, read from ``SKILLSBANK_*`` variables.

    ``data`` holds everything written at run time; ``codebooks``, ``reference``, ``frame``, ``contracts`` (a folder a
    partner) and ``sample_folder`` are read only. Where ``SKILLSBANK_DATA`` is an address (``s3://bucket/prefix``),
    ``store`` is that address, and ``data`` the working folder on this machine: ``work``, or one a user and address
    (docs/object-storage.md). ``sample`` says whether the embedded simulated campaign is collected.
    ``embargo_until``: before it, what is published is for the house alone (a moment without a zone is Paris time);
    ``releases_kept``: how many releases stay, all if none.
    ``partner_urls``: the address of a partner's file by table, each set as ``SKILLSBANK_PARTNER_URLS__<TABLE>``.
    ``engine``: what builds the marts; ``build_memory``: what DuckDB may hold meanwhile, in the variable that dbt's
    profile reads too (docs/scale.md).
    ``esco`` and ``rome`` are folders with the files that those classifications offer for download; none is needed.
    ``executor``: where the steps of a queued run are done (docs/workers.md); Celery needs its two addresses.
    """

    model_config = SettingsConfigDict(env_prefix="SKILLSBANK_", frozen=True, env_nested_delimiter="__")

    data: Path = PROJECT / "data"
    store: str | None = None
    work: Path | None = None
    codebooks: Path = PROJECT / "data" / "codebooks"
    reference: Path = PROJECT / "data" / "reference"
    frame: Path = PROJECT / "data" / "frame"
    esco: Path | None = None
    rome: Path | None = None
    contracts: Path = PROJECT / "orchestration" / "collection" / "partners"
    sample_folder: Path = PROJECT / "data" / "sample"
    sample: bool = True
    engine: Engine = "duckdb"
    build_memory: str = Field(default="1.5GB", pattern=r"^\d+(\.\d+)?[MGT]B$")
    company_key_secret: SecretStr | None = None
    actor: str | None = None

    executor: Literal["in_process", "celery", "k8s"] = "in_process"
    celery_broker: SecretStr | None = None
    celery_results: SecretStr | None = None

    embargo_until: datetime | None = None
    releases_kept: int | None = Field(default=None, ge=1)

    limesurvey_url: str | None = None
    limesurvey_user: str | None = None
    limesurvey_secret: SecretStr | None = None

    # An address that a partner shares may hold a token.
    partner_urls: dict[str, SecretStr] = {}
    register_units_url: str | None = None
    register_places_url: str | None = None
    sirene_key: SecretStr | None = None

    smtp_host: str | None = None
    smtp_port: int = 25
    smtp_starttls: bool = False
    smtp_user: str | None = None
    smtp_password: SecretStr | None = None
    alert_from: str = "skillsbank@localhost"
    alert_to: str | None = None
    webhook_url: SecretStr | None = None
    webhook_format: Literal["json", "slack", "mattermost", "teams"] = "json"
    ui_url: str = "http://127.0.0.1:3000"
    runbook_url: str = "docs/operations.md"
    public_url: str | None = None
    keep_runs_days: int = Field(default=180, ge=15)

    @model_validator(mode="before")
    @classmethod
    def _beside_store(cls, given: dict[str, Any]) -> dict[str, Any]:
        """Take an address apart from the folder that is worked in; only an address makes a store."""
        data = given.get("data")
        if not (isinstance(data, str) and "://" in data):
            return {**given, "store": None}
        address = data.rstrip("/")
        return {**given, "store": address, "data": given.get("work") or _working_folder(address)}

    @field_validator("embargo_until")
    @classmethod
    def _in_paris(cls, moment: datetime | None) -> datetime | None:
        return moment.replace(tzinfo=ZoneInfo("Europe/Paris")) if moment and moment.tzinfo is None else moment

    @cached_property
    def inbox(self) -> Path:
        """Where people drop exports and partner files: ``inbox/<edition>/`` and ``inbox/partners/``."""
        return self.data / "inbox"

    @cached_property
    def archive(self) -> Path:
        """The immutable archive."""
        return self.data / "archive"

    @cached_property
    def downloads(self) -> Path:
        """Files from the web as they came, replaced when the server has others."""
        return self.data / "downloads"

    @cached_property
    def contacts(self) -> Path:
        """Personal data, folder 0700, files 0600."""
        return self.data / "contacts"

    @cached_property
    def lake(self) -> Path:
        """Typed Parquet, the boundary between Python and SQL."""
        return self.data / "lake"

    @cached_property
    def decisions(self) -> Path:
        """What people decided on texts that the rules could not place."""
        return self.data / "decisions" / "decisions.csv"

    @cached_property
    def warehouse(self) -> Path:
        """Candidate databases, one a run."""
        return self.data / "warehouse"

    def candidate(self, run_id: str) -> Path:
        """The DuckDB file that a run builds; analysts never see it."""
        return self.warehouse / run_id / "skills_bank.duckdb"

    def estimates(self, run_id: str) -> Path:
        """Where a run keeps its estimates between the two builds of the marts: beside its DuckDB file."""
        return self.candidate(run_id).parent / "estimates"

    @cached_property
    def dbt_target(self) -> Path:
        """Where dbt compiles and keeps the parsed project warm."""
        return self.warehouse / "dbt"

    @cached_property
    def releases(self) -> Path:
        """Published releases and the ``current`` link."""
        return self.data / "releases"

    @cached_property
    def secrets(self) -> Path:
        """Secrets made on this machine, folder 0700."""
        return self.data / "secrets"

    @cached_property
    def audit(self) -> Path:
        """Who published, rolled back, erased, reviewed and exported contacts; folder 0700."""
        return self.data / "audit"

    @cached_property
    def dagster_home(self) -> Path:
        """Dagster's instance folder; an outer DAGSTER_HOME wins, since the UI already runs on it."""
        return Path(os.environ.get("DAGSTER_HOME") or self.data / "dagster")


def _working_folder(address: str) -> Path:
    """One folder an address, among what the user's programs keep: it holds the secrets, so it is no cache."""
    home = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    name = re.sub(r"[^a-z0-9]+", "-", address.partition("://")[2].lower()).strip("-")
    return home / "skillsbank" / f"{name}-{hashlib.sha256(address.encode()).hexdigest()[:8]}"
