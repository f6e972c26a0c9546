"""The companies of the register. Belongs here: which legal units are wanted, and their head office and
establishments beside them, one row a company. Does not: reading the formats (stock.py), keys and archive."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from orchestration.collection.companies.known_names import SIRENE_NAMES
from orchestration.collection.register.stock import PLACES, UNITS, StockFile
from orchestration.engine import engine
from orchestration.errors import PartnerFileError
from orchestration.sql_text import literal

# NAF rev. 2 sections and their first and last division (INSEE): mining, manufacturing, energy, water and waste.
INDUSTRY = {"B": ("05", "09"), "C": ("10", "33"), "D": ("35", "35"), "E": ("36", "39")}
_COLUMNS: dict[str, pa.DataType] = {
    "siren": pa.string(),
    "statutDiffusionUniteLegale": pa.string(),
    "dateCreationUniteLegale": pa.string(),
    "trancheEffectifsUniteLegale": pa.string(),
    "categorieEntreprise": pa.string(),
    "etatAdministratifUniteLegale": pa.string(),
    "activitePrincipaleUniteLegale": pa.string(),
    "codeCommuneEtablissement": pa.string(),
    "etablissementsOuverts": pa.int64(),
    "etablissementsFermes": pa.int64(),
}
SCHEMA = pa.schema(_COLUMNS)
"""One company: Sirene's columns; the commune is that of the head office."""
NAMED = pa.schema([*SCHEMA, *((name, pa.string()) for name in SIRENE_NAMES)])
"""The same, and what the company is called: never to be archived."""
_ROWS = 100_000
NOMENCLATURE = "NAFRev2"
# What units are coded in that closed before 2008 (INSEE's documentation of the stock files).
_OLDER = ("NAFRev1", "NAF1993", "NAP")
_UNKNOWN = (
    "etatAdministratifUniteLegale = 'A' AND nomenclatureActivitePrincipaleUniteLegale NOT IN "
    f"({', '.join(map(literal, (NOMENCLATURE, *_OLDER)))})"
)
# Of the companies read. Observed: none is. More is no slip: INSEE has begun to code in NAF 2025.
_UNKNOWN_SHARE = 0.01


@dataclass(frozen=True)
class Wanted:
    """Which legal units: of these NAF rev. 2 sections, or with one of these SIREN whatever they do.

    ``active`` leaves out those that ceased; ``bands`` keeps some headcount bands (trancheEffectifs) alone.
    """

    sections: Collection[str] = tuple(INDUSTRY)
    sirens: Collection[str] = ()
    active: bool = False
    bands: Collection[str] = ()

    def where(self) -> str:
        """The condition on a legal unit; the SIREN are in the table ``asked``."""
        divisions = " OR ".join(
            f"substr(activitePrincipaleUniteLegale, 1, 2) BETWEEN '{first}' AND '{last}'"
            for section, (first, last) in INDUSTRY.items()
            if section in self.sections
        )
        # Codes of other nomenclatures would pass for NAF rev. 2.
        conditions = [
            f"(nomenclatureActivitePrincipaleUniteLegale = {literal(NOMENCLATURE)} AND ({divisions or 'false'})"
            " OR siren IN (SELECT siren FROM asked))"
        ]
        if self.active:
            conditions.append("etatAdministratifUniteLegale = 'A'")
        if self.bands:
            bands = ", ".join(map(literal, sorted(self.bands)))
            conditions.append(f"trancheEffectifsUniteLegale IN ({bands})")
        return " AND ".join(conditions)


class Companies:
    """The wanted companies of a pair of stock files, ordered by SIREN.

    ``rows`` is their number, ``vintage`` the day of the latest change in the register among them (ISO).
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, units: Path) -> None:
        self._connection = connection
        ((self.rows, distinct, self.vintage),) = connection.execute(
            "SELECT count(*), count(DISTINCT siren), left(max(changed), 10) FROM units"
        ).fetchall()
        if distinct < self.rows:
            raise PartnerFileError(
                f"{self.rows - distinct} legal units stand in it twice",
                where=str(units),
                expected="one row a SIREN, as in a stock file",
                fix="put the stock file itself in, not the history file or several months in one",
            )

    def batches(self, schema: pa.Schema = SCHEMA) -> Iterator[pa.RecordBatch]:
        """Yield the rows: ``SCHEMA``, or ``NAMED``."""
        counts = ("etablissementsOuverts", "etablissementsFermes")
        names = ", ".join(f"coalesce({name}, 0)" if name in counts else name for name in schema.names)
        reader = self._connection.sql(
            f"SELECT {names} FROM units LEFT JOIN places USING (siren) ORDER BY siren"
        ).to_arrow_reader(_ROWS)
        for batch in reader:
            yield pa.RecordBatch.from_arrays(batch.columns, schema=schema)


@contextmanager
def read_companies(units: Path, places: Path, wanted: Wanted) -> Iterator[Companies]:
    """Read a StockUniteLegale and a StockEtablissement, once each, in bounded memory.

    Raises:
        PartnerFileError: one of them cannot be read, lacks a column, has a legal unit twice, or codes activities in a
            nomenclature that is not known here.
    """
    legal, local = StockFile(UNITS, units), StockFile(PLACES, places)
    # Both headings first: a fault in the second file would otherwise be told after minutes in the first.
    for file in (legal, local):
        file.columns()
    with engine() as connection:
        connection.register("given", pa.table({"siren": pa.array(sorted(wanted.sirens), pa.string())}))
        connection.execute("CREATE TEMP TABLE asked AS SELECT siren FROM given")
        with legal.explained():
            connection.execute(
                f"""CREATE TEMP TABLE units AS
                SELECT * EXCLUDE (dateDernierTraitementUniteLegale), dateDernierTraitementUniteLegale AS changed
                FROM {legal.relation(connection)}
                WHERE {wanted.where()} OR {_UNKNOWN}"""
            )
        _refuse_other_nomenclature(connection, units)
        with local.explained():
            connection.execute(
                f"""CREATE TEMP TABLE places AS
                SELECT
                    siren,
                    max(codeCommuneEtablissement) FILTER (nic = nicSiegeUniteLegale) AS codeCommuneEtablissement,
                    count(*) FILTER (etatAdministratifEtablissement = 'A') AS etablissementsOuverts,
                    count(*) FILTER (etatAdministratifEtablissement = 'F') AS etablissementsFermes
                FROM {local.relation(connection)}
                INNER JOIN (SELECT siren, nicSiegeUniteLegale FROM units) USING (siren)
                GROUP BY siren"""
            )
        yield Companies(connection, units)


def _refuse_other_nomenclature(connection: duckdb.DuckDBPyConnection, units: Path) -> None:
    """Active units in a nomenclature that is not known here would be missed without a word: a few go, many are told."""
    found = connection.execute(
        f"""SELECT nomenclatureActivitePrincipaleUniteLegale, count(*), sum(count(*)) OVER ()
        FROM units WHERE {_UNKNOWN} GROUP BY 1 ORDER BY 2 DESC"""
    ).fetchall()
    ((rows,),) = connection.execute("SELECT count(*) FROM units").fetchall()
    if found and found[0][2] > _UNKNOWN_SHARE * rows:
        raise PartnerFileError(
            f"{found[0][1]} active legal units are coded in '{found[0][0]}'",
            where=f"{units}, column 'nomenclatureActivitePrincipaleUniteLegale'",
            expected=f"{NOMENCLATURE}, in which industry is sections B to E",
            fix="stay with the last stock file in NAF rev. 2 until the new one is in data/reference",
        )
    connection.execute(f"DELETE FROM units WHERE {_UNKNOWN} AND siren NOT IN (SELECT siren FROM asked)")
