"""Dagster's home. Belongs here: where the instance lives and how it is set up. Does not: runs."""

from __future__ import annotations

import shutil
from pathlib import Path

from orchestration.settings import Settings

TEMPLATE = Path(__file__).with_name("dagster.yaml")


def prepare_home(settings: Settings) -> Path:
    """Make DAGSTER_HOME with our instance configuration; one that somebody changed is left alone."""
    home = settings.dagster_home.resolve()
    home.mkdir(parents=True, exist_ok=True)
    if not (home / "dagster.yaml").exists():
        shutil.copy(TEMPLATE, home / "dagster.yaml")
    return home
