"""The `skillsbank` command. Belongs here: arguments, printing and exit codes. Does not: any work of its own."""

from __future__ import annotations

import csv
import json
import os
import signal
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.table import Table

from orchestration.cli_frame import frame_app, review_app
from orchestration.cli_match import match
from orchestration.cli_operations import operations_app
from orchestration.cli_releases import publish, releases_app
from orchestration.errors import SkillsBankError
from orchestration.process import collect_less, leaving_at_once, lose_no_interrupt
from orchestration.settings import PROJECT, Settings
from orchestration.storage.commands import reads, writes

# Commands import their stage inside, so that `--help` and `query` do not pay for Dagster, dbt and the rest.

app = typer.Typer(
    help="Skills Bank: from questionnaire exports to a published release.\n\n"
    'Start with `skillsbank refresh`; then `skillsbank query "select * from dim_edition"` or `skillsbank ui`.',
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)
codebook_app = typer.Typer(help="Work with the codebooks in data/codebooks.", no_args_is_help=True)
companies_app = typer.Typer(
    help="Review companies found by name and commune, where no SIREN or SIRET tells.", no_args_is_help=True
)
app.add_typer(releases_app, name="releases")
app.command()(publish)
app.add_typer(codebook_app, name="codebook")
app.add_typer(frame_app, name="frame")
app.add_typer(review_app, name="review")
app.add_typer(companies_app, name="companies")
partner_app = typer.Typer(help="Work with the partners' contracts.", no_args_is_help=True)
app.add_typer(partner_app, name="partner")
app.command()(reads("releases/current/*")(match))
app.add_typer(operations_app)

INTERRUPTED = 130


class Format(StrEnum):
    """How a query's rows are written."""

    table = "table"
    csv = "csv"
    json = "json"
    parquet = "parquet"


def main() -> None:
    """Run a command; a known problem is one message on stderr and exit code 1."""
    try:
        app()
    except SkillsBankError as error:
        Console(stderr=True, highlight=False).print(f"[red]Error:[/red] {_plain(str(error))}", soft_wrap=True)
        sys.exit(1)
    except BrokenPipeError:
        # The reader of our output (`| head`) has left: no error, and nothing more to say at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _plain(text: str) -> str:
    return text.replace("[", r"\[")


@app.command()
def refresh() -> None:
    """Collect, decode, model, check and publish once, in this process.

    Prints a line a stage and ends with the release and its report. Does nothing when nothing has changed.
    """
    leave = leaving_at_once()
    collect_less()
    lose_no_interrupt()
    # systemd and `kill` stop us the way Ctrl-C does: the run is marked and the last release stays.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    from orchestration.second_process import second_process  # noqa: PLC0415

    try:
        with second_process():  # before all else, since it has as much to import
            from orchestration.automation.instance import explained  # noqa: PLC0415
            from orchestration.automation.refresh import run_refresh  # noqa: PLC0415

            with explained(settings := Settings()):
                outcome = run_refresh(settings, print)
    except KeyboardInterrupt:
        print("Interrupted: the last release is untouched.", file=sys.stderr)
        raise typer.Exit(INTERRUPTED) from None
    print(outcome.summary)
    code = 0 if outcome.succeeded else 1
    leave(code)
    raise typer.Exit(code)


@app.command()
def ui(
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1.")] = 3000,
) -> None:
    """Open the Dagster UI with its daemon; the weekly schedule and the inbox sensor are on."""
    from orchestration.automation.instance import prepare_home  # noqa: PLC0415

    settings = Settings()
    os.environ["DAGSTER_HOME"] = str(prepare_home(settings))
    dagster = str(Path(sys.executable).with_name("dagster"))
    workspace = str(PROJECT / "workspace.yaml")
    print(f"Dagster UI: http://127.0.0.1:{port} (Ctrl-C stops it)", flush=True)
    os.execv(dagster, [dagster, "dev", "-w", workspace, "-h", "127.0.0.1", "-p", str(port)])


@app.command()
@reads("releases/current/*")
def query(
    sql: Annotated[str, typer.Argument(help='One SELECT, such as "select * from dim_edition".')],
    format: Annotated[Format, typer.Option(help="How to write the rows.")] = Format.table,
    output: Annotated[Path | None, typer.Option(help="A file to write instead of the screen.")] = None,
) -> None:
    """Query the marts of the current release, read-only."""
    from orchestration.publication.query import run_query  # noqa: PLC0415

    run_query(Settings().releases, sql, format.value, output)


@app.command()
@writes
def erase(
    siren: Annotated[
        str | None, typer.Option(help="Every response, contact and partner row of a company.")
    ] = None,
    email: Annotated[str | None, typer.Option(help="Every response with this e-mail address.")] = None,
    respondent: Annotated[
        str | None, typer.Option(metavar="EDITION/ID", help="One response, by its respondent_id.")
    ] = None,
    past_releases: Annotated[
        bool, typer.Option("--past-releases", help="Remove earlier releases that still hold what was erased.")
    ] = False,
) -> None:
    """Erase a company's or a person's data, keep it from coming back, and print the proof.

    Can be repeated. Without a name it applies every erasure again: after one was interrupted, or after a backup
    was restored. Then `skillsbank refresh` publishes a release without the data.
    """
    from orchestration.automation.erasure import Request, erase as run_erasure  # noqa: I001, PLC0415

    proof = run_erasure(Settings(), Request(siren, email, respondent), past_releases=past_releases)
    print("\n".join(proof.lines()))


@companies_app.command("review")
@writes
def companies_review(
    edition: Annotated[str | None, typer.Argument(help="One edition; all if none.")] = None,
) -> None:
    """List the candidates that are open, with score and why. Names are personal data: do not store what is printed."""
    from orchestration.automation.company_review import COLUMNS, review  # noqa: PLC0415

    found = review(Settings(), edition)
    table = Table(*COLUMNS, box=None)
    for row in (row for one in found for row in one.rows):
        table.add_row(*(_plain(cell) for cell in row.values()))
    if table.row_count:
        Console().print(table)
    for one in found:
        said = one.impossible or f"{len(one.rows)} candidates open, {one.without} responses without a number"
        print(f"{one.edition}: {said}")


Response = Annotated[str, typer.Argument(metavar="EDITION/ID", help="The response, as `review` lists it.")]
Reason = Annotated[str, typer.Option(help="Why, naming nobody: it is kept for good.")]
Reviewer = Annotated[str, typer.Option("--by", help="Initials or a team.")]


@companies_app.command("accept")
@writes
def companies_accept(
    response: Response,
    company: Annotated[
        str, typer.Argument(metavar="KEY", help="The candidate's company key, or its beginning.")
    ],
    reason: Reason,
    reviewer: Reviewer,
) -> None:
    """Accept a candidate: from the next refresh on, the response is this company's."""
    _decide(response, company, "accepted", reason, reviewer)


@companies_app.command("refuse")
@writes
def companies_refuse(
    response: Response,
    reason: Reason,
    reviewer: Reviewer,
    company: Annotated[
        str | None, typer.Argument(metavar="[KEY]", help="One candidate; all that are open if none.")
    ] = None,
) -> None:
    """Refuse a candidate, or take back one that was accepted."""
    _decide(response, company, "refused", reason, reviewer)


def _decide(
    response: str, company: str | None, decision: Literal["accepted", "refused"], reason: str, reviewer: str
) -> None:
    from orchestration.automation.company_review import decide  # noqa: PLC0415

    for one in decide(Settings(), response, company, decision, reason=reason, reviewer=reviewer):
        print(f"{response}: {one.company_key[:12]} {one.decision}; `skillsbank refresh` applies it")


@codebook_app.command("check")
def codebook_check(
    edition: Annotated[str | None, typer.Argument(help="One edition; all if none.")] = None,
    export: Annotated[Path | None, typer.Option(help="An export to compare the codebook with.")] = None,
    structure: Annotated[
        Path | None, typer.Option(help="The survey's structure (.lss) or archive (.lsa) to compare with.")
    ] = None,
) -> None:
    """Check the codebooks, and one of them beside its survey and data, and list every mismatch with its line."""
    from orchestration.collection.check import check_codebooks  # noqa: PLC0415

    mismatches = check_codebooks(Settings(), edition, export, structure)
    for mismatch in mismatches:
        print(mismatch)
    raise typer.Exit(1 if mismatches else 0)


@codebook_app.command("draft")
def codebook_draft(
    file: Annotated[
        Path | None, typer.Argument(help="The survey's structure (.lss) or archive (.lsa); else an export.")
    ] = None,
    server: Annotated[
        int | None,
        typer.Option(help="Instead of a file: this survey of the LimeSurvey server in the settings."),
    ] = None,
    edition: Annotated[
        str | None, typer.Option(help="Its name, such as tour_2026; else survey_<number>.")
    ] = None,
    year: Annotated[int | None, typer.Option(help="Its year; else that in its name, or this one.")] = None,
) -> None:
    """Write a first codebook from a survey, with a mark at each line that is to be decided.

    What has no canonical variable yet is declared at the end of variables.yaml, as this edition's own.
    """
    from orchestration.collection import drafting  # noqa: PLC0415

    settings = Settings()
    survey = drafting.read_survey(settings, file, server)
    name = edition or drafting.edition_of(survey, file)
    draft = drafting.write_draft(survey, settings.codebooks, name, year)
    print(f"{draft.path}: {draft.questions} questions, {draft.columns} columns")
    if draft.declared:
        print(f"{draft.path.with_name('variables.yaml')}: {draft.declared} variables of {name} alone")
    print(f"To decide, marked 'check' ({len(draft.to_check)} lines): {', '.join(map(str, draft.to_check))}")


@codebook_app.command("show")
def codebook_show(
    edition: Annotated[str, typer.Argument(help="The edition.")],
    format: Annotated[Format, typer.Option(help="table, csv or json.")] = Format.table,
) -> None:
    """Print a questionnaire with its variables: code, question, kind, comparability, condition, personal."""
    from orchestration.codebook import load  # noqa: PLC0415
    from orchestration.codebook.showing import COLUMNS, questionnaire  # noqa: PLC0415

    rows = questionnaire(load(Settings().codebooks / f"{edition}.yaml"))
    match format:
        case Format.csv:
            writer = csv.DictWriter(sys.stdout, COLUMNS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
        case Format.json:
            print(json.dumps(rows, ensure_ascii=False, indent=1))
        case Format.table:
            table = Table(box=None)
            for name in COLUMNS:
                # Folded where the terminal is narrow: half a variable's name is nobody's.
                table.add_column(name.replace("_", " "), overflow="fold")
            for row in rows:
                table.add_row(*(_plain(row[name]) for name in COLUMNS))
            Console().print(table)
        case Format.parquet:
            raise typer.BadParameter("a codebook is shown as table, csv or json", param_hint="--format")


@partner_app.command("check")
def partner_check(
    table: Annotated[str, typer.Argument(help="A table of a contract, such as training_offers.")],
    file: Annotated[Path, typer.Argument(help="A file as the partner sends it.")],
) -> None:
    """Try a partner's file on its contract: columns found, rows lost and why. Nothing is archived."""
    from orchestration.collection.partners.trial import try_file  # noqa: PLC0415

    trial = try_file(Settings(), table, file)
    print("\n".join(trial.lines))
    raise typer.Exit(0 if trial.is_good else 1)


@partner_app.command("write")
def partner_write() -> None:
    """Write what follows from the contracts: dbt's staging models, and the queries of the gate on partners' tables."""
    from orchestration.quality.partner_files import write_files  # noqa: PLC0415

    for path in write_files(Settings()):
        print(path)


@app.command()
def sampling_frame(
    file: Annotated[Path, typer.Argument(help="The Parquet file to write.")],
    band: Annotated[
        list[str] | None,
        typer.Option(
            help="A headcount band of INSEE (trancheEffectifs), such as 11; repeat for several; all if none."
        ),
    ] = None,
) -> None:
    """Write the sampling frame: the active industrial SMEs of the register, with region, size class and sector.

    The stock files lie in `inbox/register/` (else those of the sample are taken). Draw the sample from it, fill in
    is_invited, invitation_mode and invited_on, and put it in as `inbox/<edition>/sampling_frame.parquet`.
    """
    from orchestration.collection.register.files import find_stock  # noqa: PLC0415
    from orchestration.collection.register.frame import write_frame  # noqa: PLC0415

    settings = Settings()
    stock = find_stock([settings.inbox, *([settings.sample_folder] if settings.sample else [])]).stock
    if stock is None:
        raise SkillsBankError(
            "there are no stock files",
            where=str(settings.inbox / "register"),
            expected="StockUniteLegale_utf8 and StockEtablissement_utf8 of one month",
            fix="put both in (data.gouv.fr, 'Base Sirene des entreprises')",
        )
    strata = write_frame(
        stock,
        file,
        communes=settings.reference / "communes.csv",
        sizes=PROJECT / "dbt_project" / "seeds" / "headcount_bands.csv",
        bands=band or (),
    )
    table = Table("region", "size", "sector", "companies", box=None)
    for stratum, companies in sorted(strata.items()):
        table.add_row(*stratum, f"{companies:,}")
    Console().print(table)
    print(f"{file}: {strata.total():,} companies from {stock.units}")


@app.command()
def simulate(
    folder: Annotated[Path, typer.Argument(help="Where to write the campaign.")],
    respondents: Annotated[
        int, typer.Option(min=1000, max=10_000_000, help="Responses of the larger edition.")
    ] = 1000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 2026,
) -> None:
    """Write a simulated campaign with known true values, in LimeSurvey's own formats.

    Try it: `skillsbank simulate /tmp/campaign`, then `SKILLSBANK_SAMPLE_FOLDER=/tmp/campaign skillsbank refresh`.
    """
    from orchestration.simulation import simulate as run_simulation  # noqa: PLC0415

    run_simulation(folder, respondents=respondents, seed=seed)
    print(f"Simulated campaign written to {folder}")
