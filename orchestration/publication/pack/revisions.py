"""The log of revisions that readers see. Belongs here: which published figures another release replaced, and its pages.
Does not: comparing two releases (differences.py)."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from orchestration.publication.candidate import PUBLIC
from orchestration.publication.differences import Change, TableDifference, causes, compare_tables
from orchestration.publication.manifest import Manifest, read_manifest
from orchestration.publication.pack.content import Content
from orchestration.publication.pack.page import texts, write_page
from orchestration.publication.report.words import LANGUAGES, Words

FILE = "revisions.csv"
# A figure is revised when one of these is another for the same row of both releases.
_REVISED = ("value", "flag")


@dataclass(frozen=True)
class Revision:
    """What a release revised of one indicator and edition.

    ``revision`` counts them from 1; ``replaces`` is the release whose figures were replaced, published on
    ``replaces_date``: the log states no date of its own, so that it is the same whenever it is made. Counts are of
    figures; ``national_before`` and ``_after`` are the value for all companies, where there is one and it changed.
    """

    revision: int
    replaces: str
    replaces_date: str
    why: str
    table: str
    edition: str
    indicator: str
    changed: int
    newly_shown: int
    newly_hidden: int
    national_before: str
    national_after: str


def write_revisions(
    connection: duckdb.DuckDBPyConnection, content: Content, manifest: Manifest, previous: Path | None
) -> None:
    """Write ``revisions.csv`` and its pages: the log of the ``previous`` release, with what this one revises of it.

    A release that revises nothing carries the log over byte for byte.
    """
    log = _read(previous / PUBLIC / FILE) if previous else []
    if previous:
        log += _revised(content, manifest, previous, number=max((row.revision for row in log), default=0) + 1)
    with (content.folder / FILE).open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [field.name for field in fields(Revision)], lineterminator="\n")
        writer.writeheader()
        writer.writerows(asdict(row) for row in log)
    for language in LANGUAGES:
        write_page(content, "revisions", language, revisions=_shown(connection, log, language))


def _read(path: Path) -> list[Revision]:
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return [_row(row) for row in csv.DictReader(file)]


def _row(row: Mapping[str, str]) -> Revision:
    counts = ("revision", "changed", "newly_shown", "newly_hidden")
    values: dict[str, Any] = {name: int(value) if name in counts else value for name, value in row.items()}
    return Revision(**values)


def _revised(content: Content, manifest: Manifest, previous: Path, *, number: int) -> list[Revision]:
    old = read_manifest(previous)
    keys = {
        table.name: table.key
        for table in content.tables
        if {"edition", "indicator", "domain_type"} <= set(table.key)
        and "value" in {column.name for column in table.columns}
        and (previous / PUBLIC / f"{table.name}.parquet").is_file()
    }
    differences = list(compare_tables(previous / PUBLIC, content.folder, keys))
    found = list(causes(old, manifest))
    rows = []
    for (table, edition, indicator), changes in sorted(_by_indicator(differences).items()):
        kinds = [cause.kind for cause in found if not cause.editions or edition in cause.editions]
        values = [change for change in changes if change.column == "value"]
        national = [change for change in values if change.key["domain_type"] == "all"]
        told = national[0] if len(national) == 1 else None
        rows.append(
            Revision(
                revision=number,
                replaces=old.id or "",
                replaces_date=old.created_at[:10],
                why=" ".join(dict.fromkeys(kinds)) or "secrecy",
                table=table,
                edition=edition,
                indicator=indicator,
                changed=len({tuple(change.key.values()) for change in changes}),
                newly_shown=sum(change.before is None for change in values),
                newly_hidden=sum(change.after is None for change in values),
                national_before=(told.before or "") if told else "",
                national_after=(told.after or "") if told else "",
            )
        )
    return rows


def _by_indicator(differences: Iterable[TableDifference]) -> dict[tuple[str, str, str], list[Change]]:
    found: dict[tuple[str, str, str], list[Change]] = {}
    for change in (change for one in differences for change in one.changes if change.column in _REVISED):
        place = (change.table, str(change.key["edition"]), str(change.key["indicator"]))
        found.setdefault(place, []).append(change)
    return found


def _shown(connection: duckdb.DuckDBPyConnection, log: list[Revision], language: str) -> list[dict[str, Any]]:
    """The log as the page shows it, the newest revision first."""
    words, said = Words(language), texts(language)
    labels = dict(connection.execute(f"SELECT indicator, label_{language} FROM pub_indicator").fetchall())
    titles = dict(connection.execute(f"SELECT edition, title_{language} FROM pub_edition").fetchall())
    shown = []
    for number in sorted({row.revision for row in log}, reverse=True):
        rows = [row for row in log if row.revision == number]
        kinds = dict.fromkeys(kind for row in rows for kind in row.why.split())
        shown.append(
            {
                "number": number,
                "replaces": rows[0].replaces,
                "replaces_date": words.date(date.fromisoformat(rows[0].replaces_date)),
                "why": ", ".join(said["causes"].get(kind, kind) for kind in kinds),
                "figures": words.number(sum(row.changed for row in rows)),
                "rows": list(_lines(rows, words, labels, titles, said)),
            }
        )
    return shown


def _lines(
    rows: list[Revision], words: Words, labels: dict[str, str], titles: dict[str, str], said: dict[str, Any]
) -> Iterator[dict[str, str]]:
    for row in rows:
        table = said["tables"].get(row.table, row.table)
        yield {
            "indicator": f"{labels.get(row.indicator, row.indicator)} ({table})",
            "edition": titles.get(row.edition, row.edition),
            **{name: words.number(getattr(row, name)) for name in ("changed", "newly_shown", "newly_hidden")},
            "before": _number(row.national_before, words),
            "after": _number(row.national_after, words),
        }


def _number(value: str, words: Words) -> str:
    """A published value with the digits that it was published with."""
    if not value:
        return "–"
    decimals = value.removesuffix(".0").partition(".")[2]
    return words.number(float(value), len(decimals))
