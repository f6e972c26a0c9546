"""Verifying a release as a stranger would attack or use it. Belongs here: schema, secrecy, personal data and links of a
published release. Does not: checksums and the store (releases.py), or deciding what is published (evidence.py)."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import duckdb

from orchestration.disclosure.stage import attack_release
from orchestration.errors import SkillsBankError
from orchestration.publication.candidate import PUBLIC
from orchestration.publication.descriptor import DATA_PACKAGE, key_of
from orchestration.publication.releases import CURRENT, Release, open_release, unsound, verify
from orchestration.quality.release_files import TABLES, public_relations
from orchestration.quality.scan import scan_text

_PERSONAL = ("emails", "phones", "sirens", "company_keys", "ip_addresses")
# What DuckDB must be able to read a column of the CSV as, by its type in the data package.
_TYPES = {
    "string": "VARCHAR",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "number": "DOUBLE",
    "integer": "BIGINT",
    "any": "VARCHAR",
}


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
    for found, line in (_schema(public), _secrecy(release), _personal(release.folder), _links(public)):
        problems += found
        lines.append(line)
    if problems:
        raise unsound(release, problems)
    return Report(release.id, tuple(lines))


def _schema(public: Path) -> tuple[list[str], str]:
    """Every table's CSV and Parquet hold the columns, types, keys and references that the data package states."""
    path = public / DATA_PACKAGE
    if not path.is_file():
        return [], "no data package: the release is older than that"
    package = json.loads(path.read_bytes())
    problems = []
    with duckdb.connect() as connection:
        for resource in package["resources"]:
            try:
                problems += list(_table(connection, public, resource))
            except (duckdb.Error, OSError) as error:
                problems.append(f"{resource['path']} does not read as stated ({str(error).splitlines()[0]})")
        for resource in package["resources"]:
            if not problems:
                problems += list(_references(connection, resource))
    return (
        problems,
        f"{len(package['resources'])} tables as the data package says: columns, types, keys, references",
    )


def _table(connection: duckdb.DuckDBPyConnection, public: Path, resource: dict[str, Any]) -> Iterator[str]:
    """Read the CSV by its stated types and hold it against the Parquet file."""
    name, schema = resource["name"], resource["schema"]
    fields = {field["name"]: _TYPES[field["type"]] for field in schema["fields"]}
    with (public / resource["path"]).open(encoding="utf-8", newline="") as file:
        header = next(csv.reader(file), [])
    if header != list(fields):
        yield f"{resource['path']} has the columns {', '.join(header)}"
        return
    typed = ", ".join(f"{_text(column)}: {_text(kind)}" for column, kind in fields.items())
    connection.execute(
        f'CREATE TABLE "{name}" AS SELECT * FROM read_csv({_text(public / resource["path"])}, header = true, '
        f"auto_detect = false, delim = ',', quote = '\"', escape = '\"', nullstr = '', columns = {{{typed}}})"
    )
    # In a CSV file an empty text and nothing are one.
    cells = ", ".join(
        f"nullif(CAST(\"{column}\" AS VARCHAR), '')" if kind == "VARCHAR" else f'CAST("{column}" AS {kind})'
        for column, kind in fields.items()
    )
    parquet = f"read_parquet({_text(public / f'{name}.parquet')})"
    differing = connection.execute(
        f'SELECT count(*) FROM ((SELECT {cells} FROM "{name}" EXCEPT ALL SELECT {cells} FROM {parquet}) '
        f'UNION ALL (SELECT {cells} FROM {parquet} EXCEPT ALL SELECT {cells} FROM "{name}"))'
    ).fetchone()
    if differing and differing[0]:
        yield f"{resource['path']} and {name}.parquet differ in {differing[0]} rows"
    if key := key_of(schema):
        named = ", ".join(f'"{column}"' for column in key)
        twice = connection.execute(
            f'SELECT count(*) FROM (SELECT {named} FROM "{name}" GROUP BY {named} HAVING count(*) > 1)'
        ).fetchone()
        if twice and twice[0]:
            yield f"{resource['path']} has {twice[0]} keys more than once"


def _references(connection: duckdb.DuckDBPyConnection, resource: dict[str, Any]) -> Iterator[str]:
    for key in resource["schema"].get("foreignKeys", ()):
        columns = key["fields"]
        given = " AND ".join(f'a."{column}" IS NOT NULL' for column in columns)
        same = " AND ".join(
            f'a."{one}" = b."{other}"' for one, other in zip(columns, key["reference"]["fields"], strict=True)
        )
        lost = connection.execute(
            f'SELECT count(*) FROM "{resource["name"]}" AS a ANTI JOIN "{key["reference"]["resource"]}" AS b '
            f"ON {same} WHERE {given}"
        ).fetchone()
        if lost and lost[0]:
            yield f"{resource['path']} has {lost[0]} rows that {key['reference']['resource']} does not know"


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


class _Page(HTMLParser):
    """The anchors of a page, and all that it links to or loads."""

    def __init__(self) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.links: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "id" and value:
                self.anchors.add(value)
            elif name in ("href", "src", "srcset", "action", "poster") and value:
                self.links.append((tag, value))


def _links(public: Path) -> tuple[list[str], str]:
    """Every link leads to a file of the release, and to an anchor that is there; nothing is loaded from elsewhere."""
    pages = {path: _read(path) for path in sorted(public.rglob("*.html"))}
    problems, followed = [], 0
    for path, page in pages.items():
        shown = path.relative_to(public).as_posix()
        for tag, link in page.links:
            target = urlsplit(link)
            if target.scheme == "data" or (tag == "a" and target.scheme in ("http", "https", "mailto")):
                continue
            if target.scheme or target.netloc:
                problems.append(f"{shown} loads {link}")
                continue
            followed += 1
            place = (path.parent / unquote(target.path)).resolve() if target.path else path.resolve()
            if not place.is_relative_to(public.resolve()) or not place.exists():
                problems.append(f"{shown} links to {link}, which is not in the release")
            elif (there := pages.get(_page_of(place, public))) and not _has(there, target.fragment):
                problems.append(f"{shown} links to {link}, and there is no such place")
    for path in pages:
        if re.search(r"@import|url\(\s*['\"]?(?:https?:)?//", path.read_text(encoding="utf-8")):
            problems.append(f"{path.relative_to(public).as_posix()} has a style from elsewhere")
    return problems, f"{followed} links of {len(pages)} pages lead somewhere"


def _has(page: _Page, fragment: str) -> bool:
    # What has an equals sign is the state of a page with a script of its own, no place in it.
    return not fragment or "=" in fragment or fragment.startswith("/") or unquote(fragment) in page.anchors


def _page_of(place: Path, public: Path) -> Path:
    return public / place.relative_to(public.resolve())


def _read(path: Path) -> _Page:
    page = _Page()
    page.feed(path.read_text(encoding="utf-8"))
    return page


def _text(value: object) -> str:
    return "'" + str(value).replace("'", "''") + "'"
