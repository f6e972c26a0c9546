"""Verifying a release as a stranger would attack or use it. Belongs here: all checks of a published release together,
its secrecy and personal data. Does not: checksums and the store (releases.py), tables (schema.py), links (links.py), or
deciding what is published (evidence.py)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb

from orchestration.disclosure.stage import attack_release
from orchestration.errors import SkillsBankError
from orchestration.publication.candidate import PUBLIC
from orchestration.publication.links import link_problems
from orchestration.publication.numbering import CURRENT
from orchestration.publication.releases import Release, open_release, unsound, verify
from orchestration.publication.schema import schema_problems
from orchestration.quality.release_files import TABLES, public_relations
from orchestration.quality.scan import scan_text

_PERSONAL = ("emails", "phones", "sirens", "company_keys", "ip_addresses")


@dataclass(frozen=True)
class Report:
    """A release found sound: what was looked at, a line each."""

    id: str
    lines: tuple[str, ...]


def verify_whole(releases: Path, name: str = CURRENT) -> Report:
    """Check all of a release: checksums and database (``releases.verify``), tables against ``datapackage.json``, the
    attack on what it hides, personal data in what is public, the links of its pages.

    Raises:
        ReleaseError: there is no such release, or it is not sound; the message lists what was found.
    """
    release = open_release(releases, name)
    files = verify(releases, name)
    public = release.folder / PUBLIC
    problems: list[str] = []
    lines = [f"{files.files} files as the manifest says"]
    for found, line in (
        schema_problems(public),
        _secrecy(release),
        _personal(release.folder),
        link_problems(public),
    ):
        problems += found
        lines.append(line)
    if problems:
        raise unsound(release, problems)
    return Report(release.id, tuple(lines))


def _secrecy(release: Release) -> tuple[list[str], str]:
    try:
        verdict = attack_release(release.database, release.folder / PUBLIC)
    except SkillsBankError as error:
        return [f"the attack found tables that protection did not make: {error.problem}"], ""
    if verdict is None:
        return [], "no attack: the release is older than joint protection"
    return list(
        verdict.breaches
    ), f"{verdict.systems} systems attacked, none of {verdict.secrets} secrets recovered"


def _personal(folder: Path) -> tuple[list[str], str]:
    with duckdb.connect() as connection:
        columns = scan_text(connection, public_relations(folder)).to_pylist()
    problems = [
        f"{row['table_name']}, {row['column_name']}: {row[kind]} {kind}"
        for row in columns
        for kind in _PERSONAL
        if row[kind]
    ]
    others = [*TABLES["pages"](folder).to_pylist(), *TABLES["texts"](folder).to_pylist()]
    problems += [
        f"{row['path']}: {row[kind]} {kind}" for row in others for kind in _PERSONAL[:2] if row[kind]
    ]
    problems += [f"{row['path']}: company keys" for row in others if row["company_keys"]]
    return problems, f"no personal data in {len(columns)} columns and {len(others)} pages and files"
