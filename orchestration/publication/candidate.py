"""A release candidate. Belongs here: the shape of a staged release's folder, and finding it again. Does not:
filling it, judging it or publishing it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from orchestration.publication.manifest import Manifest, read_manifest

INTERNAL, PUBLIC = "internal", "public"
DATABASE = f"{INTERNAL}/skills_bank.duckdb"
KNOWLEDGE = f"{INTERNAL}/public_knowledge"
PUBLIC_PREFIX = "pub_"


@dataclass(frozen=True)
class Candidate:
    """A staged release: ``folder`` holds what will be published, ``manifest`` says what it is."""

    folder: Path
    manifest: Manifest

    @property
    def content_hash(self) -> str:
        """What the release gate must have seen."""
        return self.manifest.content_hash

    @property
    def database(self) -> Path:
        """The candidate's DuckDB file."""
        return self.folder / DATABASE


def candidate_folder(releases: Path, run_id: str) -> Path:
    """Where a run stages its candidate: beside the releases, so that publishing is a rename."""
    return releases / f".candidate-{run_id}"


def open_candidate(folder: Path) -> Candidate:
    """The candidate staged in a folder. Raises ReleaseError where there is none, or only half of one."""
    return Candidate(folder, read_manifest(folder))
