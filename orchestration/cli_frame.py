"""The commands `skillsbank frame` and `skillsbank review`. Belongs here: their arguments and printing. Does not: any
work of its own, or other commands (cli.py)."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from orchestration.settings import Settings
from orchestration.spreadsheets import CsvLines, defused
from orchestration.storage.commands import reads, writes

frame_app = typer.Typer(help="Work with the reference frame in data/frame.", no_args_is_help=True)
review_app = typer.Typer(help="Decide on texts that no competence was found for.", no_args_is_help=True)


@frame_app.command("check")
def frame_check(
    folder: Annotated[Path | None, typer.Argument(help="A frame; the one in the settings if none.")] = None,
) -> None:
    """Check a frame and list what to look at; its links too where SKILLSBANK_ESCO or SKILLSBANK_ROME is set."""
    from orchestration.frame import SchemeName, check, esco_files, load, read_esco, read_rome  # noqa: PLC0415

    settings = Settings()
    known: dict[SchemeName, set[str]] = {}
    if settings.esco:
        known["esco"] = {one.code for one in read_esco(esco_files(settings.esco), "at hand").concepts}
    if settings.rome:
        known["rome4"] = {one.code for one in read_rome(settings.rome).concepts}
    frame = load(folder or settings.frame)
    findings = check(frame, known)
    for finding in findings:
        print(finding)
    print(
        f"{frame.version}: {len(frame.competences)} competences, {len(frame.names)} names, {len(frame.links)} links"
        f" ({'checked in ' + ' and '.join(known) if known else 'not checked: see --help'})"
    )
    raise typer.Exit(1 if findings else 0)


@frame_app.command("diff")
def frame_diff(
    old: Annotated[Path, typer.Argument(help="The folder of the earlier version.")],
    new: Annotated[
        Path | None, typer.Argument(help="The later one; the one in the settings if none.")
    ] = None,
) -> None:
    """Show what changed between two versions, and how past editions are counted in the later one."""
    from orchestration.frame import diff, load, recodes  # noqa: PLC0415

    before, after = load(old), load(new or Settings().frame)
    changes = Table("change", "competence", before.version, after.version, box=None)
    for change in diff(before, after):
        changes.add_row(*map(escape, change))
    table = Table("past code", "counted as", "comparability", box=None)
    for one in recodes(before, after).values():
        if one.comparability != "identical":
            table.add_row(one.code, " | ".join(one.to) or "(nothing)", one.comparability)
    for shown in (changes, table):
        if shown.row_count:
            Console().print(shown)


@frame_app.command("import")
def frame_import(
    file: Annotated[Path, typer.Argument(help="A frame as one CSV file, or SKOS as RDF/XML (.rdf, .xml).")],
    into: Annotated[
        Path, typer.Argument(help="The folder to write; its frame.yaml is kept if there is one.")
    ],
) -> None:
    """Make a frame of a file. Name, version, families and levels come from frame.yaml: there, else the project's."""
    from orchestration.frame import HEADING, import_frame, read_heading, save  # noqa: PLC0415

    own = into / HEADING
    frame = import_frame(file, read_heading(own if own.exists() else Settings().frame / HEADING))
    save(frame, into)
    print(f"{into}: {frame.version}, {len(frame.competences)} competences, {len(frame.names)} names")


@review_app.command("export")
@reads("lake/*", "decisions/*")
def review_export(
    file: Annotated[Path, typer.Argument(help="The workbook to write (.xlsx).")],
) -> None:
    """Write the texts that wait for a decision as a spreadsheet, the most frequent first."""
    from orchestration import audit  # noqa: PLC0415
    from orchestration.recognition.queue import waiting  # noqa: PLC0415
    from orchestration.recognition.review import export_queue  # noqa: PLC0415

    settings = Settings()
    mappings, scheme = waiting(settings)
    texts = export_queue(mappings, scheme, file)
    audit.record(settings, "texts shown", "texts to decide", rows=texts)
    print(f"{file}: {texts} texts to decide")


@review_app.command("import")
@writes
def review_import(
    file: Annotated[
        Path, typer.Argument(help="The workbook, with decisions and the coder's name filled in.")
    ],
) -> None:
    """Take over decisions: later runs replay them. Also tells how far coders agree (Cohen's kappa)."""
    from orchestration import audit  # noqa: PLC0415
    from orchestration.frame import load  # noqa: PLC0415
    from orchestration.recognition import decisions  # noqa: PLC0415
    from orchestration.recognition.review import import_decisions  # noqa: PLC0415

    settings = Settings()
    made = import_decisions(file, load(settings.frame).scheme(), datetime.now(UTC))
    added = decisions.add_decisions(settings.decisions, made)
    audit.record(settings, "reviewed", "texts and competences", decisions=added)
    print(f"{added} decisions added to {settings.decisions}")
    known = decisions.load_decisions(settings.decisions)
    for (first, second), (kappa, texts) in decisions.agreement(known).items():
        print(f"{first} and {second}: kappa {kappa:.2f} on {texts} texts")
    if differ := decisions.disputed(known):
        print(
            f"Coders differ on {len(differ)} {'text' if len(differ) == 1 else 'texts'}: {', '.join(differ[:10])}"
        )


@review_app.command("candidates")
@reads("lake/*", "decisions/*")
def review_candidates(
    least: Annotated[int, typer.Option(help="Named by so many companies at least.", min=1)] = 2,
    output: Annotated[Path | None, typer.Option(help="A CSV file to write instead of the screen.")] = None,
) -> None:
    """List candidates for new competences: what companies name that is outside the frame, the most frequent first.

    Internal: wordings are respondents' own.
    """
    from orchestration import audit  # noqa: PLC0415
    from orchestration.frame import load  # noqa: PLC0415
    from orchestration.publication.query import sink  # noqa: PLC0415
    from orchestration.recognition.candidates import new_skills  # noqa: PLC0415

    settings = Settings()
    labels = {one.code: one.label("fr") for one in load(settings.frame).scheme().concepts}
    columns = ("text", "companies", "wordings", "editions", "nearest", "score", "decided")
    rows = [
        (
            one.text,
            str(one.companies),
            str(one.wordings),
            "|".join(one.editions),
            f"{one.nearest} {labels[one.nearest]}" if one.nearest else "",
            "" if one.score is None else f"{one.score:.2f}",
            "outside" if one.is_decided else "",
        )
        for one in new_skills(settings, least)
    ]
    audit.record(settings, "texts shown", "candidates for competences", rows=len(rows))
    if output is None:
        table = Table(*columns, box=None)
        for row in rows:
            # The code alone: a screen has no room for the label.
            table.add_row(*map(escape, row[:4]), escape(row[4].partition(" ")[0]), *row[5:])
        Console().print(table)
        return
    with sink(output) as file:
        text = io.StringIO()
        csv.writer(CsvLines(text)).writerows([columns, *(map(defused, row) for row in rows)])
        file.write(text.getvalue().encode())
    print(f"{output}: {len(rows)} candidates")
