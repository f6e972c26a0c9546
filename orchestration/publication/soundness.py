"""Whether a release is what its manifest says. Belongs here: its files and its database against the manifest. Does
not: what may be public (releases.py), or what the tables say (verification.py)."""

from __future__ import annotations

from pathlib import Path

import duckdb

from orchestration.publication.candidate import DATABASE
from orchestration.publication.manifest import Manifest, content_hash, hash_files


def file_problems(folder: Path, manifest: Manifest) -> list[str]:
    """Files that are missing, unexpected or changed, in sentences."""
    found = hash_files(folder)
    problems = [f"{name} is missing" for name in manifest.files if name not in found]
    problems += [f"{name} is unexpected" for name in found if name not in manifest.files]
    problems += [
        f"{name} has changed"
        for name, state in manifest.files.items()
        if name in found and found[name] != state
    ]
    if not problems and content_hash(found) != manifest.content_hash:
        problems.append("the content hash is not that of the files")
    return problems


def database_problems(database: Path, manifest: Manifest) -> list[str]:
    """Whether the database opens read-only and holds the rows that the manifest says, in sentences."""
    try:
        with duckdb.connect(str(database), read_only=True) as connection:
            counts = {
                name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()
                for name in manifest.tables
            }
    except duckdb.Error as error:
        return [f"{DATABASE} does not open read-only ({str(error).splitlines()[0]})"]
    return [
        f"{DATABASE} has {rows} instead of {manifest.tables[name].rows} rows in {name}"
        for name, row in counts.items()
        if (rows := row[0] if row else 0) != manifest.tables[name].rows
    ]
