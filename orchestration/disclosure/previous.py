"""The releases before. Belongs here: reading back what they printed and whom it was about. Does not: what an attacker
makes of it (earlier)."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from orchestration.disclosure import knowledge
from orchestration.disclosure.cells import Key
from orchestration.disclosure.earlier import Earlier
from orchestration.disclosure.knowledge import Files, Place
from orchestration.disclosure.systems import System, systems
from orchestration.errors import GateError
from orchestration.estimation import respondents
from orchestration.estimation.tables import listed, replaced, those
from orchestration.sql_text import literal

DATABASE = Path("internal") / "skills_bank.duckdb"
SECRECY = "fct_secrecy"
# Where releases kept what they tell before it had files of its own.
_KNOWLEDGE = "fct_public_knowledge"
# The public tables under the names by which a run makes them; ``{name}`` stands for where a table is.
_PUBLIC = {
    "published_participation": "SELECT * FROM {pub_participation}",
    "published_figures": """SELECT *, CAST(NULL AS VARCHAR) AS subject FROM {pub_innovation_export}
        UNION ALL BY NAME
        SELECT * EXCLUDE (family, competence_code), coalesce(competence_code, family) AS subject
        FROM {pub_competence_need}""",
    "published_changes": "SELECT * FROM {pub_change}",
    "published_contrasts": "SELECT * FROM {pub_contrast}",
    "published_territory_models": "SELECT * FROM {pub_territory_model}",
}
_TABLES = (
    "pub_participation", "pub_innovation_export", "pub_competence_need", "pub_change", "pub_contrast",
    "pub_territory_model",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Previous:
    """What is out already.

    Attributes:
        hidden: the rows that the current release hid, by edition and system.
        shown: its public tables.
        known: what it and all before it told (rows of ``knowledge.SCHEMA`` by edition and system), the current
            release's last; of releases that it does not know of, theirs before.
    """

    hidden: Mapping[Place, frozenset[Key]]
    shown: Mapping[str, pa.Table]
    known: tuple[Mapping[Place, pa.Table], ...]

    def earlier(self, edition: str, system: System) -> list[Earlier]:
        """What is known of the system; nothing where the question is new."""
        place = edition, system.name
        tables = [each[place] for each in self.known if place in each]
        found = [knowledge.recalled(rows, len(system.tables.measures)) for rows in tables]
        if found:
            found[-1] = replace(found[-1], hidden=self.hidden.get(place, frozenset()))
        return found

    def of_others(self, systems: Collection[Place]) -> Iterator[pa.Table]:
        """What is known of other systems than these: of each, as the first table has it."""
        done = set(systems)
        for tables in self.known:
            for place in sorted(tables.keys() - done):
                rows = tables[place]
                yield replaced(rows, is_present=[False] * rows.num_rows).cast(knowledge.SCHEMA)
            done |= tables.keys()


def read_previous(releases: Path) -> Previous | None:
    """What the releases in a folder have told; None where the current one was made before figures were protected
    jointly, or is not there.

    A release carries on what those before it told, so that the current one is read, and one that was published after it
    where it was rolled back from; of releases that carry nothing on, all are read.

    Raises GateError where a release has such figures and they cannot be built again.
    """
    current = (releases / "current").resolve() / DATABASE
    if not current.is_file():
        return None
    with _attached(current) as connection:
        if connection is None:
            return None
        hidden = {place: _rows(rows, hidden=True) for place, rows in _by_place(connection, SECRECY).items()}
        shown = _read(connection, {name: f"marts.{name}" for name in _TABLES})
        own, carries = _knowledge(connection, current)
    known = [own]
    newest_first = sorted(releases.glob("[0-9]*/" + str(DATABASE)), key=_order, reverse=True)
    for database in newest_first:
        if database == current:
            if carries:
                break
            continue
        with _attached(database) as connection:
            if connection is not None:
                told, carries = _knowledge(connection, database)
                known.insert(0, told)
                if carries:
                    break
    return Previous(hidden, shown, tuple(known))


def read_public(folder: Path) -> dict[str, pa.Table]:
    """The public tables of figures in a release's folder of public files."""
    with duckdb.connect() as connection:
        places = {name: f"read_parquet({literal(folder / f'{name}.parquet')})" for name in _TABLES}
        return _read(connection, places)


def _read(connection: duckdb.DuckDBPyConnection, places: Mapping[str, str]) -> dict[str, pa.Table]:
    return {name: connection.sql(query.format(**places)).to_arrow_table() for name, query in _PUBLIC.items()}


@contextmanager
def _attached(database: Path) -> Iterator[duckdb.DuckDBPyConnection | None]:
    """The marts of a release; None for one made before figures were protected jointly."""
    with respondents.opened(database) as connection:
        if SECRECY not in _names(connection):
            yield None
            return
        try:
            yield connection
        except duckdb.Error as error:
            raise GateError(
                f"the figures of a release cannot be built again ({str(error).splitlines()[0]})",
                where=str(database),
                expected="the marts that its figures were made from",
                fix="roll back to a sound release, or remove the releases that this version cannot read",
            ) from error


def _names(connection: duckdb.DuckDBPyConnection) -> set[str]:
    found = connection.sql(
        "SELECT table_name FROM information_schema.tables WHERE table_catalog = 'marts'"
    ).fetchall()
    return {name for (name,) in found}


def _knowledge(
    connection: duckdb.DuckDBPyConnection, database: Path
) -> tuple[Mapping[Place, pa.Table], bool]:
    """What a release tells, and whether it carries on what those before it told."""
    if files := Files(database.parent / knowledge.NAME):
        return files, True
    if _KNOWLEDGE in _names(connection):
        return _by_place(connection, _KNOWLEDGE), True
    secrecy = _by_place(connection, SECRECY)
    found = {}
    for edition, system in _systems(connection):
        # A row that is not listed was no row of that release.
        pattern = np.ones(len(system.tables.keys), np.bool_)
        rows = secrecy.get((edition, system.name))
        shown = frozenset() if rows is None else _rows(rows, hidden=False)
        pattern[[system.tables.rows[key] for key in shown & system.tables.rows.keys()]] = False
        found[edition, system.name] = knowledge.told(edition, system.name, system.tables, pattern)
    return found, False


def _by_place(connection: duckdb.DuckDBPyConnection, table: str) -> dict[Place, pa.Table]:
    """The rows of a mart by edition and system."""
    rows = connection.sql(f"SELECT * FROM marts.{table} ORDER BY ALL").to_arrow_table()
    places = list(zip(listed(rows, "edition"), listed(rows, "system"), strict=True))
    starts = [at for at in range(len(places)) if not at or places[at] != places[at - 1]]
    ends = [*starts[1:], len(places)]
    return {places[start]: rows.slice(start, end - start) for start, end in zip(starts, ends, strict=True)}


def _rows(secrecy: pa.Table, *, hidden: bool) -> frozenset[Key]:
    rows = those(secrecy, (is_hidden == hidden for is_hidden in listed(secrecy, "is_hidden")))
    return frozenset(
        zip(*(listed(rows, name) for name in ("indicator", "domain_type", "domain")), strict=True)
    )


def _order(database: Path) -> list[int]:
    """A release's year, week and number: 2026-W09-10 comes after 2026-W09-9."""
    return [int(part) for part in re.findall(r"\d+", database.parent.parent.name)]


def read_systems(database: Path) -> list[tuple[str, System]] | None:
    """The systems of a release, each with its edition; None for one made before figures were protected jointly.

    Raises GateError where they cannot be built again.
    """
    with _attached(database) as connection:
        return None if connection is None else list(_systems(connection))


def _systems(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, System]]:
    found = []
    for state in respondents.editions(connection):
        asked = respondents.answered(connection, state.name)
        table = respondents.load(connection, state.name, asked)
        weights = f"SELECT respondent_id, weight FROM marts.fct_weight WHERE edition = '{state.name}'"
        relation = f"(SELECT * FROM {table} LEFT JOIN ({weights}) USING (respondent_id))"
        for system in systems(connection, relation, asked, weight="coalesce(weight, 1)"):
            found.append((state.name, system))
    return found
