"""The commands `skillsbank releases` and `skillsbank publish`. Belongs here: their arguments and printing. Does not:
any work of its own, or other commands (cli.py)."""

from __future__ import annotations

import csv
import json
import sys
from enum import StrEnum
from itertools import groupby
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from orchestration.errors import SkillsBankError
from orchestration.settings import Settings
from orchestration.storage.commands import reads, writes

if TYPE_CHECKING:
    from orchestration.publication.differences import Change, Difference

releases_app = typer.Typer(
    help="List, inspect, verify, compare and roll back releases.", no_args_is_help=True
)

Name = Annotated[str, typer.Argument(help="A release, or `current`.")]
_SHOWN = 20


class Shape(StrEnum):
    """How a comparison is written."""

    text = "text"
    csv = "csv"
    json = "json"


@releases_app.command("list")
@reads("releases/*/MANIFEST.json", "releases/published.jsonl")
def releases_list() -> None:
    """List the releases, the newest first; the current one is marked."""
    from orchestration.publication import embargo  # noqa: PLC0415
    from orchestration.publication.outward import published  # noqa: PLC0415
    from orchestration.publication.releases import list_releases, unreadable  # noqa: PLC0415

    releases = Settings().releases
    out = published(releases)
    table = Table("", "release", "made (UTC)", "content", "rows", "", box=None)
    for release in list_releases(releases):
        notes = [
            *(["published outside"] if release.id in out else []),
            *([f"embargo until {release.manifest.embargo_until}"] if embargo.is_closed(release) else []),
        ]
        mark = "*" if release.is_current else ""
        row = (
            release.id,
            release.created_at,
            release.content_hash[:12],
            f"{release.rows:,}",
            ", ".join(notes),
        )
        table.add_row(mark, *row)
    Console().print(table)
    for name, problem in unreadable(releases).items():
        print(f"{name} cannot be read: {problem}")


@releases_app.command("show")
@reads("releases/{release}/MANIFEST.json")
def releases_show(release: Name = "current") -> None:
    """Show a release's manifest: files, inputs, versions and gate results."""
    from orchestration.publication.releases import show  # noqa: PLC0415

    Console().print_json(data=show(Settings().releases, release))


@releases_app.command("verify")
@reads("releases/{release}/*")
def releases_verify(
    release: Name = "current",
    files: Annotated[bool, typer.Option("--files", help="Checksums and database alone: quick.")] = False,
) -> None:
    """Check a release: files, tables against their schema, secrecy by attack, personal data, links."""
    from orchestration.publication.releases import verify  # noqa: PLC0415

    if files:
        verified = verify(Settings().releases, release)
        print(f"{verified.id}: {verified.files} files as the manifest says")
        return
    from orchestration.publication.verification import verify_whole  # noqa: PLC0415

    report = verify_whole(Settings().releases, release)
    for line in report.lines:
        print(f"{report.id}: {line}")


@releases_app.command("rollback")
@writes
def releases_rollback(
    release: Annotated[
        str | None, typer.Argument(help="The release to go back to; the previous one if none.")
    ] = None,
) -> None:
    """Make an earlier release current again; nothing is deleted."""
    from orchestration import audit  # noqa: PLC0415
    from orchestration.publication.releases import rollback  # noqa: PLC0415

    settings = Settings()
    now = rollback(settings.releases, release)
    audit.record(settings, "rolled back", now.id, content=now.content_hash)
    print(f"current is now {now.id}")


@releases_app.command("diff")
@reads("releases/{before}/*", "releases/{after}/*")
def releases_diff(
    before: Annotated[str, typer.Argument(help="The earlier release.")],
    after: Annotated[str, typer.Argument(help="The later one.")] = "current",
    format: Annotated[Shape, typer.Option(help="text sums up; csv and json give every cell.")] = Shape.text,
) -> None:
    """Show which public figures changed, by how much, and why: data, method, reference, code or packages."""
    from orchestration.publication.differences import compare  # noqa: PLC0415
    from orchestration.publication.releases import open_release  # noqa: PLC0415

    releases = Settings().releases
    old, new = open_release(releases, before), open_release(releases, after)
    found = compare(old.folder, new.folder, old.manifest, new.manifest)
    rows = [_row(found, change) for table in found.tables for change in table.changes]
    match format:
        case Shape.csv:
            writer = csv.DictWriter(sys.stdout, _COLUMNS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
        case Shape.json:
            why = [
                {"kind": cause.kind, "what": cause.what, "editions": cause.editions} for cause in found.causes
            ]
            print(json.dumps({"causes": why, "changes": rows}, ensure_ascii=False, indent=1))
        case Shape.text:
            _print(found, old.id, new.id)


_COLUMNS = ("table", "row", "column", "before", "after", "difference", "why")


def _row(found: Difference, change: Change) -> dict[str, Any]:
    return {
        "table": change.table,
        "row": " ".join(value for value in change.key.values() if value is not None),
        "column": change.column,
        "before": change.before,
        "after": change.after,
        "difference": None if change.difference is None else float(f"{change.difference:.6g}"),
        "why": found.why(change),
    }


def _print(found: Difference, before: str, after: str) -> None:
    """The causes, then each table with its largest changes of a value."""
    console = Console(highlight=False, soft_wrap=True)
    console.print(f"From {before} to {after}")
    for kind, causes in groupby(found.causes, key=lambda cause: cause.kind):
        console.print(f"  why, {kind}: {escape(', '.join(cause.what for cause in causes))}")
    if not found.causes:
        console.print(
            "  made from the same inputs by the same code: what differs comes from the release before"
        )
    for name in found.only:
        console.print(f"{name}: in one of the two alone")
    for table in found.tables:
        if not (table.added or table.removed or table.changes):
            continue
        rows = len({tuple(change.key.items()) for change in table.changes})
        console.print(f"{table.table}: {table.added} rows more, {table.removed} fewer, {rows} changed")
        values = sorted(
            (change for change in table.changes if change.column in ("value", "flag")),
            key=lambda change: -abs(change.difference or 0),
        )
        for change in values[:_SHOWN]:
            said = _row(found, change)
            moved = "" if said["difference"] is None else f" ({said['difference']:+g})"
            was, now = said["before"] or "blank", said["after"] or "blank"
            console.print(f"  {escape(said['row'])}: {change.column} {was} → {now}{moved}, {said['why']}")
        if len(values) > _SHOWN:
            console.print(f"  and {len(values) - _SHOWN} more: --format csv lists all")
    if not any(table.changes or table.added or table.removed for table in found.tables):
        console.print("No public row differs.")


@releases_app.command("lift-embargo")
@writes
def releases_lift_embargo(
    now: Annotated[
        str | None,
        typer.Option("--now", metavar="RELEASE", help="End this release's embargo before its date."),
    ] = None,
) -> None:
    """Open public/ of the releases whose embargo has ended. A running Dagster does so by itself, every minute."""
    from orchestration import audit  # noqa: PLC0415
    from orchestration.publication import clock, embargo  # noqa: PLC0415
    from orchestration.publication.releases import open_release  # noqa: PLC0415

    settings = Settings()
    releases = settings.releases
    if now:
        is_early = embargo.is_closed(open_release(releases, now))
        opened = [embargo.lift_now(releases, now).id]
        if is_early:
            audit.record(settings, "embargo lifted", *opened)
    else:
        opened = embargo.lift(releases)
    print(f"open: {', '.join(opened)}" if opened else "no embargo has ended")
    if doubt := clock.doubt(releases):
        print(f"{doubt} (`skillsbank doctor`)")


@releases_app.command("prune")
@writes
def releases_prune(
    keep: Annotated[
        int | None, typer.Option(min=1, help="How many of the newest stay; SKILLSBANK_RELEASES_KEPT if none.")
    ] = None,
) -> None:
    """Delete old releases. The current one, those published outside and those under an embargo always stay."""
    from orchestration.publication.pruning import prune  # noqa: PLC0415

    settings = Settings()
    number = keep or settings.releases_kept
    if number is None:
        raise SkillsBankError(
            "it is not said how many releases to keep",
            expected="a number from 1 on",
            fix="say --keep 12, or set SKILLSBANK_RELEASES_KEPT",
        )
    removed = prune(settings.releases, number)
    print(f"deleted: {', '.join(removed)}" if removed else "nothing to delete")


@writes
def publish(
    to: Annotated[
        str,
        typer.Option(
            help="A folder, `s3://bucket/prefix`, `sftp://user@host/folder` or `postgresql://user@host/database`."
        ),
    ],
    release: Name = "current",
    keep: Annotated[int, typer.Option(min=1, help="How many releases a database keeps.")] = 3,
) -> None:
    """Copy a release's public files outside, or load its marts into PostgreSQL; start again to go on where it stopped.

    Outside, `current.json` is switched last; in PostgreSQL, the views in one transaction: a reader never meets two
    releases. Access comes from AWS_* variables, SSH's keys and known hosts, PG* variables and the password file.
    """
    from orchestration import audit  # noqa: PLC0415
    from orchestration.publication.database import SCHEMES  # noqa: PLC0415
    from orchestration.publication.outward import publish_into, publish_to  # noqa: PLC0415

    settings = Settings()
    # Of the address its kind alone: the rest may hold a password.
    kind = to.partition("://")[0] if "://" in to else "folder"
    if to.startswith(SCHEMES):
        shown, loaded = publish_into(settings.releases, to, release, keep)
        audit.record(settings, "published outside", shown.id, to=kind)
        dropped = f"; dropped: {', '.join(loaded.dropped)}" if loaded.dropped else ""
        print(f"{shown.id}: {loaded.tables} tables loaded, the views show it{dropped}")
        return
    sent = publish_to(settings.releases, to, release)
    audit.record(settings, "published outside", sent.release, to=kind)
    print(f"{sent.release}: {sent.copied} files copied, {sent.skipped} were there; current.json points to it")
