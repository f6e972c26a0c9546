"""The stage's two steps on a run's files. Belongs here: figures in, public tables out; a staged release in, its proof
out. Does not: protection or attacks themselves, Dagster."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

import duckdb
import pyarrow as pa

from orchestration.disclosure.previous import Previous, read_previous, read_public
from orchestration.disclosure.proof import Proof, prove, unsupported
from orchestration.disclosure.publishing import Protected, protected, publish
from orchestration.disclosure.systems import System, systems
from orchestration.estimation import respondents
from orchestration.estimation.files import read_table, write_tables
from orchestration.estimation.results import FIGURE_TABLES
from orchestration.estimation.survey import Survey, surveys
from orchestration.second_process import Start

_T = TypeVar("_T")
Log = dict[str, dict[str, list[str]]]


def make_public(
    warehouse: Path, folder: Path, current: Path, start: Start = partial
) -> tuple[dict[str, pa.Table], Log]:
    """Protect the figures in ``folder``; the tables (`publishing.PUBLISHED_TABLES`) are written there and
    returned, with what was done to each system of each edition.

    ``current`` is the database of the current release, of which the pattern is kept while it holds; there may be none.
    Half of the editions are protected where ``start`` starts them. Raises GateError where a secret cannot be
    protected.
    """
    found = _shared(start, _protect, warehouse, folder, current)
    previous = _previous(current, [])
    figures = {name: read_table(folder, name) for name in FIGURE_TABLES}
    tables = publish(
        figures,
        [each for each, _ in found],
        {each.edition: covariates for each, covariates in found if covariates is not None},
        previous.shown if previous else None,
    )
    write_tables(folder, tables)
    return tables, {
        each.edition: {name: list(one.log) for name, one in each.protections.items()} for each, _ in found
    }


def _protect(
    names: Sequence[str], warehouse: Path, folder: Path, current: Path
) -> list[tuple[Protected, pa.Table | None]]:
    """The editions protected, each with what the frame tells of its territories where it has weights."""
    previous = _previous(current, names)
    with respondents.opened(warehouse) as connection:
        return [
            (
                protected(each.name, _systems(connection, each), previous),
                respondents.covariates(connection, each.name) if each.design.weight else None,
            )
            for each in surveys(connection, read_table(folder, "weights"), names)
        ]


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
    warehouse: Path, folder: Path, public: Path, current: Path, start: Start = partial
) -> Verdict:
    """Attack the public tables as they lie in the folder ``public``, knowing those of the ``current`` release too.

    Half of the editions are attacked where ``start`` starts it. Raises GateError where the tables are not what
    protection made.
    """
    return _verdict(read_public(public), _shared(start, _attack, warehouse, folder, current, public))


def _attack(names: Sequence[str], warehouse: Path, folder: Path, current: Path, public: Path) -> list[Proof]:
    tables, previous = read_public(public), _previous(current, names)
    with respondents.opened(warehouse) as connection:
        return [
            prove(each.name, _systems(connection, each), tables, previous)
            for each in surveys(connection, read_table(folder, "weights"), names)
        ]


def _shared(start: Start, work: Callable[..., list[_T]], warehouse: Path, *places: Path) -> list[_T]:
    """What ``work`` makes of the warehouse's editions, the earliest first: half of them done elsewhere meanwhile."""
    with respondents.opened(warehouse) as connection:
        names = [each.name for each in respondents.editions(connection)]
    elsewhere = start(work, names[::2], warehouse, *places)
    here = work(names[1::2], warehouse, *places)
    done = dict(zip([*names[1::2], *names[::2]], [*here, *elsewhere()], strict=True))
    return [done[name] for name in names]


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
    own = read_previous(database)
    if own is None:
        return None
    tables = read_public(public)
    names = sorted({edition for edition, _ in own.systems})
    return _verdict(
        tables,
        [
            prove(name, [system for (edition, _), system in own.systems.items() if edition == name], tables)
            for name in names
        ],
    )


def _systems(connection: duckdb.DuckDBPyConnection, survey: Survey) -> Iterator[System]:
    return systems(connection, survey.relation, survey.asked, weight=survey.weight)


def _previous(current: Path, editions: Sequence[str]) -> Previous | None:
    return read_previous(current, editions) if current.is_file() else None
