"""The stage's two steps on a run's files. Belongs here: figures in, public tables out; a staged release in, its proof
out. Does not: protection or attacks themselves, Dagster."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import duckdb
import pyarrow as pa

from orchestration.disclosure import knowledge
from orchestration.disclosure.previous import Previous, read_previous, read_public, read_systems
from orchestration.disclosure.proof import Proof, prove, unsupported
from orchestration.disclosure.publishing import Protected, protected, publish
from orchestration.disclosure.rules import Rules
from orchestration.disclosure.systems import System, systems
from orchestration.estimation import respondents
from orchestration.estimation.files import read_table, write_tables
from orchestration.estimation.results import FIGURE_TABLES
from orchestration.estimation.survey import Survey, surveys
from orchestration.second_process import Start, shared

Log = dict[str, dict[str, list[str]]]


@dataclass(frozen=True)
class _Run:
    """Where a run has its marts and its figures, the releases that are out, what is secret, and who was erased."""

    warehouse: Path
    folder: Path
    releases: Path
    rules: Rules
    erased: Collection[tuple[str | None, str]] = ()

    @contextmanager
    def told(self, name: str) -> Iterator[Callable[[pa.Table], None]]:
        """A file of what systems tell, without the names of who was erased."""
        with knowledge.opened(self.folder / knowledge.NAME / f"{name}.parquet") as keep:
            yield lambda rows: keep(knowledge.without(rows, self.erased))


def make_public(
    warehouse: Path,
    folder: Path,
    releases: Path,
    rules: Rules,
    erased: Collection[tuple[str | None, str]] = (),
    *,
    start: Start = partial,
) -> tuple[dict[str, int], Log]:
    """Protect the figures in ``folder``; the tables (`publishing.PUBLISHED_TABLES`) are written there, and the files of
    ``knowledge.NAME`` into a folder of that name. Returns their rows, and what was done to each system of each edition.

    ``releases`` is the folder of the releases that are out, of which the current one's pattern is kept while it holds.
    Of the ``erased``, (None, company key) or (edition, number of a response), nothing is carried on under their name.
    Half of the editions are protected where ``start`` starts them. Raises GateError where a secret cannot be
    protected.
    """
    run = _Run(warehouse, folder, releases, rules, erased)
    shutil.rmtree(folder / knowledge.NAME, ignore_errors=True)  # of an attempt that was ended
    found = shared(start, _protect, respondents.names(warehouse), run)
    editions, previous = [each for each, _ in found], read_previous(releases)
    figures = {name: read_table(folder, name) for name in FIGURE_TABLES}
    tables = publish(
        figures,
        editions,
        {each.edition: covariates for each, covariates in found if covariates is not None},
        previous.shown if previous else None,
    )
    write_tables(folder, tables)
    now = {(each.edition, name) for each in editions for name in each.protections}
    with run.told("no longer made") as keep:
        for told in previous.of_others(now) if previous else ():
            keep(told)
    rows = {name: table.num_rows for name, table in tables.items()}
    rows[knowledge.NAME] = knowledge.Files(folder / knowledge.NAME).rows
    return rows, {
        each.edition: {name: list(one.log) for name, one in each.protections.items()} for each, _ in found
    }


def _protect(names: Sequence[str], run: _Run) -> list[tuple[Protected, pa.Table | None]]:
    """The editions protected, each with what the frame tells of its territories where it has weights."""
    previous = read_previous(run.releases)
    found = []
    with respondents.opened(run.warehouse) as connection:
        for each in surveys(connection, read_table(run.folder, "weights"), names):
            with run.told(f"edition={each.name}") as tell:
                done = protected(each.name, _systems(connection, each), previous, run.rules, tell)
            covariates = respondents.covariates(connection, each.name) if each.design.weight else None
            found.append((done, covariates))
    return found


@dataclass(frozen=True)
class Verdict:
    """What the attack on a release found: how much was tried, and ``breaches`` in sentences (none in one that may
    leave)."""

    systems: int
    cells: int
    hidden: int
    secrets: int
    breaches: tuple[str, ...]


def attack_public(
    warehouse: Path, folder: Path, public: Path, releases: Path, rules: Rules, *, start: Start = partial
) -> Verdict:
    """Attack the public tables as they lie in the folder ``public``, knowing all that the ``releases`` in that folder
    and those before them have told.

    Half of the editions are attacked where ``start`` starts it. Raises GateError where the tables are not what
    protection made.
    """
    run = _Run(warehouse, folder, releases, rules)
    proofs = shared(start, _attack, respondents.names(warehouse), run, public)
    return _verdict(read_public(public), proofs)


def _attack(names: Sequence[str], run: _Run, public: Path) -> list[Proof]:
    tables, previous = read_public(public), read_previous(run.releases)
    with respondents.opened(run.warehouse) as connection:
        return [
            prove(each.name, _systems(connection, each), tables, previous, run.rules)
            for each in surveys(connection, read_table(run.folder, "weights"), names)
        ]


def _verdict(tables: Mapping[str, pa.Table], proofs: Sequence[Proof]) -> Verdict:
    breaches = [breach for proof in proofs for breach in proof.breaches]
    derived = (
        tables[f"published_{name}"] for name in ("figures", "changes", "contrasts", "territory_models")
    )
    return Verdict(
        systems=sum(proof.systems for proof in proofs),
        cells=sum(proof.cells for proof in proofs),
        hidden=sum(proof.hidden for proof in proofs),
        secrets=sum(proof.secrets for proof in proofs),
        breaches=(*breaches, *unsupported(*derived)),
    )


def attack_release(database: Path, public: Path) -> Verdict | None:
    """Attack the public tables of a release, in the folder ``public``, from what its own ``database`` holds.

    None for a release made before figures were protected jointly. Raises GateError where they are not what protection
    made.
    """
    found = read_systems(database)
    if found is None:
        return None
    tables = read_public(public)
    # What it carried over was held against the release before when it was published; here it stands for itself.
    itself = Previous({}, tables, ())
    return _verdict(
        tables,
        [
            prove(name, [system for edition, system in found if edition == name], tables, itself)
            for name in dict.fromkeys(edition for edition, _ in found)
        ],
    )


def _systems(connection: duckdb.DuckDBPyConnection, survey: Survey) -> Iterator[System]:
    return systems(connection, survey.relation, survey.asked, weight=survey.weight)
