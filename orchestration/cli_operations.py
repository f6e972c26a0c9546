"""The commands of whoever keeps Skills Bank running. Belongs here: arguments, printing and exit codes. Does not: any
work of its own."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from orchestration.settings import Settings
from orchestration.storage.commands import reads, writes

operations_app = typer.Typer()
audit_app = typer.Typer(
    help="Who published, rolled back, erased, reviewed, exported contacts.", no_args_is_help=True
)
operations_app.add_typer(audit_app, name="audit")
keys_app = typer.Typer(help="The keys that the contacts are encrypted with.", no_args_is_help=True)
operations_app.add_typer(keys_app, name="keys")
contacts_app = typer.Typer(help="The contacts of respondents, which are personal data.", no_args_is_help=True)
operations_app.add_typer(contacts_app, name="contacts")
_COLOURS = {"ok": "green", "mended": "cyan", "warning": "yellow", "wrong": "red"}


@operations_app.command()
def doctor(
    fix: Annotated[
        bool, typer.Option("--fix", help="Mend what can be mended safely; data is never deleted.")
    ] = False,
) -> None:
    """Look for what is wrong and say what to do; exit code 1 while something is wrong."""
    from orchestration.automation.doctor import State, examine  # noqa: PLC0415

    findings = examine(Settings(), fix=fix)
    table = Table("check", "state", "found", "what to do", box=None)
    for one in findings:
        state = f"[{_COLOURS[one.state]}]{one.state}[/]"
        table.add_row(one.check, state, escape(one.said), escape(one.do))
    Console().print(table)
    raise typer.Exit(1 if any(one.state is State.wrong for one in findings) else 0)


@audit_app.command("show")
@reads("audit/*")
def audit_show() -> None:
    """List what was logged, the oldest first."""
    from orchestration import audit  # noqa: PLC0415

    table = Table("at (UTC)", "who", "what", "of", "details", "hash", box=None)
    for one in audit.read(Settings()):
        details = ", ".join(f"{name} {value}" for name, value in one.details.items())
        cells = (one.at.removesuffix("+00:00"), one.actor, one.action, one.subject, details, one.hash[:12])
        table.add_row(*map(escape, cells))
    Console().print(table)


@audit_app.command("verify")
@reads("audit/*")
def audit_verify() -> None:
    """Check that no record was changed, left out or cut off."""
    from orchestration import audit  # noqa: PLC0415

    chain = audit.verify(Settings())
    print(f"{chain.records} records, the chain is whole; last hash {chain.head[:12]}")


@keys_app.command("rotate")
@writes
def keys_rotate() -> None:
    """Encrypt all contacts with a new key, then retire the old one. Killed half-way: run it again.

    Refused while a refresh runs. Backups from before keep the keys that they were made with.
    """
    from orchestration.automation.key_rotation import rotate_keys  # noqa: PLC0415

    done = rotate_keys(Settings())
    print(
        f"{done.files} files encrypted with the new key {done.key}; retired: {', '.join(done.retired) or 'none'}"
    )


@contacts_app.command("export")
@writes
def contacts_export(
    who: Annotated[str, typer.Argument(metavar="EDITION[/ID]", help="An edition, or one response of it.")],
    file: Annotated[Path, typer.Argument(help="The CSV file to write, outside the data folder.")],
    reason: Annotated[str, typer.Option(help="What for, naming nobody: the audit log keeps it.")],
) -> None:
    """Write contacts to a file that only this user can read, as for an access request or a thank-you mail.

    Delete it once it has served: retention and erasures do not reach it. Refused while a refresh runs.
    """
    from orchestration.automation.contacts_export import export_contacts  # noqa: PLC0415

    print(f"{file}: contacts of {export_contacts(Settings(), who, file, reason=reason)} responses")


@operations_app.command()
@reads("*")
def digest(
    send: Annotated[bool, typer.Option("--send", help="Send it by e-mail and webhook, too.")] = False,
) -> None:
    """Print what changed in a week: responses, figures, quality; in French and English."""
    import dagster as dg  # noqa: PLC0415

    from orchestration.automation import alerts  # noqa: PLC0415
    from orchestration.automation import digest as room  # noqa: PLC0415
    from orchestration.automation.instance import prepare_home  # noqa: PLC0415

    settings = Settings()
    os.environ["DAGSTER_HOME"] = str(prepare_home(settings))
    with dg.DagsterInstance.get() as instance:
        made = room.digest(settings, instance, datetime.now(UTC))
    print(made.text())
    if send:
        print(f"Sent by: {', '.join(alerts.send(made, settings)) or 'no channel, none is configured'}")


@operations_app.command()
def prepare() -> None:
    """Make the folders, Dagster's settings and the parsed models that the services need before they start."""
    from orchestration.automation.preparing import prepare as make_ready  # noqa: PLC0415

    settings = Settings()
    make_ready(settings)
    print(f"{settings.data} is ready for daemon and webservers")


@operations_app.command()
@writes
def backup(
    folder: Annotated[Path, typer.Argument(help="Where backups are kept, on another disk.")],
) -> None:
    """Copy archive, contacts, secrets, decisions, logs and Dagster's storage into a new folder, with checksums.

    Refused while a refresh runs. The copy is as confidential as the data itself.
    """
    from orchestration.automation.backup import backup as run_backup  # noqa: PLC0415

    made = run_backup(Settings(), folder)
    print(f"{made.folder}: {made.files} files, {made.bytes:,} bytes")


@operations_app.command()
@writes
def restore(
    folder: Annotated[Path, typer.Argument(help="A folder that `skillsbank backup` made.")],
    tombstones: Annotated[
        Path | None,
        typer.Option(help="archive/tombstones of the lost data: who was erased since is erased here too."),
    ] = None,
) -> None:
    """Bring a backup back into an empty data folder, check it, and apply every erasure again.

    Then `skillsbank refresh` makes lake, warehouse and release anew.
    """
    from orchestration.automation.backup import restore as run_restore  # noqa: PLC0415

    found, proof = run_restore(Settings(), folder, tombstones=tombstones)
    print(f"{found.files} files of {found.made_at} restored. " + "\n".join(proof.lines()))
