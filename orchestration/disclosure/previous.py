"""The release before. Belongs here: reading back what the current release printed and whom it was about. Does not:
what an attacker makes of it (earlier)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from orchestration.disclosure.earlier import Earlier
from orchestration.disclosure.systems import System, systems
from orchestration.errors import GateError
from orchestration.estimation import respondents
from orchestration.estimation.tables import where

SECRECY = "fct_secrecy"
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
    """A release already out: its systems by edition and name, the rows it hid, and its public tables."""

    systems: Mapping[tuple[str, str], System]
    secrecy: pa.Table
    shown: Mapping[str, pa.Table]

    def earlier(self, edition: str, system: System) -> list[Earlier]:
        """The same system in that release; none where the question is new."""
        found = self.systems.get((edition, system.name))
        if found is None:
            return []
        own = where(where(self.secrecy, "edition", edition), "system", system.name)
        return [Earlier.of(found.tables, own.rename_columns({"is_hidden": "hidden"}))]


def read_previous(database: Path, editions: Collection[str] | None = None) -> Previous | None:
    """What a release's database says of it; None for a release made before figures were protected jointly.

    The systems are those of the ``editions``; all, by default.

    Raises GateError where it has such figures and they cannot be built again.
    """
    with respondents.opened(database) as connection:
        tables = {
            name
            for (name,) in connection.sql(
                "SELECT table_name FROM information_schema.tables WHERE table_catalog = 'marts'"
            ).fetchall()
        }
        if SECRECY not in tables:
            return None
        try:
            return Previous(
                {(edition, each.name): each for edition, each in _systems(connection, editions)},
                connection.sql(f"SELECT * FROM marts.{SECRECY}").to_arrow_table(),
                _read(connection, {name: f"marts.{name}" for name in _TABLES}),
            )
        except duckdb.Error as error:
            raise GateError(
                f"the figures of the current release cannot be built again ({str(error).splitlines()[0]})",
                where=str(database),
                expected="the marts that its figures were made from",
                fix="roll back to a sound release, or remove the releases that this version cannot read",
            ) from error


def read_public(folder: Path) -> dict[str, pa.Table]:
    """The public tables of figures in a release's folder of public files."""
    with duckdb.connect() as connection:
        places = {
            name: f"read_parquet('{str(folder / name).replace(chr(39), chr(39) * 2)}.parquet')"
            for name in _TABLES
        }
        return _read(connection, places)


def _read(connection: duckdb.DuckDBPyConnection, places: Mapping[str, str]) -> dict[str, pa.Table]:
    return {name: connection.sql(query.format(**places)).to_arrow_table() for name, query in _PUBLIC.items()}


def _systems(
    connection: duckdb.DuckDBPyConnection, editions: Collection[str] | None
) -> list[tuple[str, System]]:
    found = []
    for state in respondents.editions(connection):
        if editions is not None and state.name not in editions:
            continue
        asked = respondents.answered(connection, state.name)
        table = respondents.load(connection, state.name, asked)
        weights = f"SELECT respondent_id, weight FROM marts.fct_weight WHERE edition = '{state.name}'"
        relation = f"(SELECT * FROM {table} LEFT JOIN ({weights}) USING (respondent_id))"
        for system in systems(connection, relation, asked, weight="coalesce(weight, 1)"):
            found.append((state.name, system))
    return found
