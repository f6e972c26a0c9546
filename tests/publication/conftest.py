"""Releases of invented marts, each made once and copied."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from orchestration.disclosure.knowledge import SCHEMA, opened
from orchestration.provenance import Input
from orchestration.publication.candidate import Candidate, candidate_folder, open_candidate
from orchestration.publication.evidence import Evidence
from orchestration.publication.export import build_candidate
from orchestration.publication.manifest import GateResult, read_manifest
from orchestration.publication.releases import Publication, publish
from orchestration.settings import Engine

from ..conftest import shared_by_workers
from .invented_marts import Rows, default_rows, models, write_warehouse

GATES = ("decoded", "marts", "release", "secrecy")
MONDAY = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)


@dataclass
class Made:
    """Candidates to copy, each built once for all workers: a build draws every chart, which takes its time."""

    paths: pytest.TempPathFactory

    def workshop(self, folder: Path) -> Workshop:
        """A workshop in this folder."""
        write_dbt_manifest(folder / "manifest.json")
        return Workshop(folder, self)

    def candidate(self, shift: int) -> Path:
        """The folder of the candidate of ``shift``."""
        with shared_by_workers(self.paths, f"made-{shift}") as folder:
            if not folder.exists():
                folder.mkdir()
                rows = default_rows()
                rows["pub_edition"][0]["respondents"] += shift
                self.workshop(folder).build("made", rows=rows)
        return candidate_folder(folder / "releases", "made")


@dataclass
class Workshop:
    """What a test needs to make releases: a warehouse, dbt's manifest, and a release folder."""

    folder: Path
    made: Made

    gates = GATES
    monday = MONDAY

    @staticmethod
    def rows() -> Rows:
        """Two simulated editions with every state of a figure in them, to be changed at will."""
        return default_rows()

    @staticmethod
    def models() -> list[dict[str, Any]]:
        """The marts and public tables as their YAML files declare them."""
        return models()

    @property
    def warehouse(self) -> Path:
        return self.folder / "candidate.duckdb"

    @property
    def knowledge(self) -> Path:
        return self.folder / "public_knowledge"

    @property
    def dbt_manifest(self) -> Path:
        return self.folder / "manifest.json"

    @property
    def releases(self) -> Path:
        return self.folder / "releases"

    def build(
        self,
        run_id: str = "run-1",
        *,
        rows: Rows | None = None,
        created_at: datetime = MONDAY,
        code: str = "c0de",
        built_on: Engine = "duckdb",
        gates: Sequence[GateResult] = (),
    ) -> Candidate:
        """A candidate from these rows (default: those of the last call, at first ``default_rows``)."""
        if rows is not None or not self.warehouse.exists():
            self.write_warehouse(rows)
        if not self.knowledge.exists():
            self.write_knowledge()
        return build_candidate(
            self.warehouse,
            candidate_folder(self.releases, run_id),
            knowledge=self.knowledge,
            inputs=[
                Input("limesurvey", "tour_2019", "ab" * 32),
                Input("limesurvey", "edition_2012", "cd" * 32),
            ],
            code=code,
            run_id=run_id,
            dbt_manifest=self.dbt_manifest,
            built_on=built_on,
            created_at=created_at,
            gates=gates,
        )

    def write_warehouse(self, rows: Rows | None = None) -> None:
        """Make the candidate database anew."""
        write_warehouse(self.warehouse, rows or default_rows())

    def write_knowledge(self) -> None:
        """What earlier releases told: nothing."""
        with opened(self.knowledge / "edition=tour_2019.parquet") as keep:
            keep(SCHEMA.empty_table())

    def candidate(self, run_id: str = "run-1", *, shift: int = 0, created_at: datetime = MONDAY) -> Candidate:
        """A candidate as ``build`` makes it, from a copy; each ``shift`` has a content of its own."""
        folder = candidate_folder(self.releases, run_id)
        shutil.copytree(self.made.candidate(shift), folder)
        manifest = read_manifest(folder)
        stamp = created_at.isoformat(timespec="seconds")
        # It may be published as any number.
        replace(manifest, run_id=run_id, created_at=stamp, id=None).write(folder)
        return open_candidate(folder)

    def publish(self, candidate: Candidate) -> Publication:
        """Publish with every gate passed."""
        return publish(candidate, self.releases, self.evidence(candidate), required=GATES)

    @staticmethod
    def evidence(candidate: Candidate) -> Evidence:
        """Every gate passed in the candidate's run, the release gate on this candidate."""
        run_id = candidate.manifest.run_id
        results = [
            GateResult(gate, run_id, passed=True, subject_hash=candidate.content_hash, expectations=3)
            for gate in GATES
        ]
        return Evidence(run_id, tuple(results))


def write_dbt_manifest(path: Path) -> None:
    """What dbt would write: the models with their descriptions and columns."""
    nodes = {
        f"model.{model['name']}": {
            "name": model["name"],
            "resource_type": "model",
            "package_name": "skills_bank",
            "database": "skills_bank",
            "schema": "main",
            "compiled_code": "select * from read_parquet('/srv/a-machine-of-one/lake')",
            "description": model["description"].strip(),
            "columns": {column["name"]: column for column in model["columns"]},
            "config": model["config"],
        }
        for model in models()
    }
    said = {
        "metadata": {
            "dbt_schema_version": "v12", "dbt_version": "1.11", "adapter_type": "duckdb", "project_name": "skills_bank",
            "generated_at": datetime.now(UTC).isoformat(),
        },
        "nodes": nodes,
        **{kind: {} for kind in ("sources", "macros", "docs")},
        **{graph: {name: [] for name in nodes} for graph in ("parent_map", "child_map")},
    }  # fmt: skip
    path.write_text(json.dumps(said), encoding="utf-8")


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return Made(tmp_path_factory)


@pytest.fixture
def workshop(tmp_path: Path, made: Made) -> Workshop:
    return made.workshop(tmp_path)
