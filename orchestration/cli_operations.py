"""The commands of whoever keeps Skills Bank running. Belongs here: arguments, printing and exit codes. Does not: any
work of its own."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from orchestration.settings import Settings

operations_app = typer.Typer()
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
