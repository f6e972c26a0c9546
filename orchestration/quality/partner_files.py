"""Files that follow from the contracts. Belongs here: which they are, and writing them in their places. Does not:
their text (partner_queries.py, modelling/feed_staging.py)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from orchestration.collection.partners.contract import Contract, load_all
from orchestration.modelling.feed_staging import staging_files
from orchestration.quality.partner_queries import gate_queries
from orchestration.settings import PROJECT, Settings

_STAGING = Path("dbt_project", "models", "staging", "partners")
_GATE = Path("expectations", "decoded_partners")


def files_of(contracts: Sequence[Contract]) -> dict[Path, str]:
    """The text of each file, by its place in the project."""
    staging = {
        _STAGING / name: text for contract in contracts for name, text in staging_files(contract).items()
    }
    return staging | {_GATE / name: text for name, text in gate_queries(contracts).items()}


def write_files(settings: Settings, project: Path = PROJECT) -> list[Path]:
    """Write the files that are not there or say something else, and remove those of no contract; give their paths.

    Raises:
        PartnerFileError: a contract is wrong.
    """
    files = files_of(load_all(settings.contracts))
    changed = []
    for folder in (_STAGING, _GATE):
        (project / folder).mkdir(parents=True, exist_ok=True)
        for path in sorted((project / folder).iterdir()):
            if path.relative_to(project) not in files:
                path.unlink()
                changed.append(path)
    for place, text in files.items():
        path = project / place
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            changed.append(path)
    return changed
