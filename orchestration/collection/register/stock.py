"""Sirene's monthly stock files as relations. Belongs here: the columns we read of them, their formats, and what
makes a file unreadable. Does not: which rows are wanted (companies.py)."""

from __future__ import annotations

import csv
import re
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from orchestration.collection.companies.known_names import SIRENE_NAMES
from orchestration.collection.zip_files import DAMAGE
from orchestration.errors import PartnerFileError
from orchestration.sql_text import identifier, literal

# Names of INSEE's documentation of the stock files, in the order of API Sirene 3.11.
LEGAL_UNIT = (
    "siren",
    "statutDiffusionUniteLegale",
    "dateCreationUniteLegale",
    "trancheEffectifsUniteLegale",
    "dateDernierTraitementUniteLegale",
    "categorieEntreprise",
    "etatAdministratifUniteLegale",
    "activitePrincipaleUniteLegale",
    "nomenclatureActivitePrincipaleUniteLegale",
    "nicSiegeUniteLegale",
    *SIRENE_NAMES,
)
ESTABLISHMENT = ("siren", "nic", "codeCommuneEtablissement", "etatAdministratifEtablissement")
UNITS, PLACES = "StockUniteLegale", "StockEtablissement"
COLUMNS = {UNITS: LEGAL_UNIT, PLACES: ESTABLISHMENT}
SUFFIXES = (".parquet", ".csv", ".zip")
_BLOCK = 8 << 20
_FIX = (
    "download the stock file of the month again (data.gouv.fr, 'Base Sirene des entreprises') and put it in"
)


@dataclass(frozen=True)
class StockFile:
    """One stock file: Parquet, CSV, or the zip file of a CSV; ``kind`` is StockUniteLegale or
    StockEtablissement.

    Columns are read as text and by name, whatever else the file has and in whatever order.
    """

    kind: str
    path: Path

    def columns(self) -> list[str]:
        """The file's headings, those that we read among them.

        Raises:
            PartnerFileError: the file cannot be opened, or lacks a column; the message names it and the
                nearest that is there.
        """
        with self.explained():
            names = self._headings()
        missing = [name for name in COLUMNS[self.kind] if name not in names]
        if missing:
            near = [get_close_matches(name, names, 1, 0.8) for name in missing]
            told = [
                f"column '{name}' is missing" + (f" (nearest: '{found[0]}')" if found else "")
                for name, found in zip(missing, near, strict=True)
            ]
            raise self._refuse("; ".join(told), f"the columns {', '.join(COLUMNS[self.kind])}")
        return names

    def relation(self, connection: duckdb.DuckDBPyConnection) -> str:
        """What to put after FROM: the columns that we read, as text. A zip file can be read once only.

        Raises:
            PartnerFileError: see ``columns``.
        """
        names = self.columns()
        wanted = COLUMNS[self.kind]
        match self.path.suffix.lower():
            case ".parquet":
                source = f"read_parquet({literal(str(self.path))})"
            case ".csv":
                shape = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in names)
                source = (
                    f"read_csv({literal(str(self.path))}, auto_detect = false, header = true, delim = ',', "
                    f"quote = '\"', escape = '\"', nullstr = '', columns = {{{shape}}})"
                )
            case _:
                source = f"stock_{self.kind}"
                connection.register(source, pa.RecordBatchReader.from_batches(_texts(wanted), self._zipped()))
        cells = ", ".join(f"CAST({identifier(name)} AS VARCHAR) AS {identifier(name)}" for name in wanted)
        return f"(SELECT {cells} FROM {source})"

    def _headings(self) -> list[str]:
        match self.path.suffix.lower():
            case ".parquet":
                schema = pq.read_schema(self.path)
                for name in {"siren", "nic"}.intersection(schema.names):
                    if not pa.types.is_string(schema.field(name).type):
                        raise self._refuse(
                            f"column '{name}' is {schema.field(name).type}",
                            "text, since a number has lost its leading zeros",
                        )
                return list(schema.names)
            case ".csv":
                with self.path.open("rb") as file:
                    line = file.readline(_BLOCK)
            case _:
                with zipfile.ZipFile(self.path) as parts, parts.open(self._part(parts)) as file:
                    line = file.readline(_BLOCK)
        return next(csv.reader([line.decode("utf-8-sig").rstrip("\r\n")]), [])

    def _part(self, parts: zipfile.ZipFile) -> zipfile.ZipInfo:
        found = [part for part in parts.infolist() if part.filename.lower().endswith(".csv")]
        if len(found) != 1:
            raise self._refuse(f"the zip file holds {len(found)} CSV files", f"one, {self.kind}_utf8.csv")
        return found[0]

    def _zipped(self) -> Iterator[pa.RecordBatch]:
        """The CSV in a zip file, unpacked as it is read: nothing is written beside it."""
        wanted = COLUMNS[self.kind]
        with zipfile.ZipFile(self.path) as parts, parts.open(self._part(parts)) as file:
            yield from pa.csv.open_csv(
                file,
                pa.csv.ReadOptions(block_size=_BLOCK),
                pa.csv.ParseOptions(newlines_in_values=True),
                pa.csv.ConvertOptions(
                    column_types=dict.fromkeys(wanted, pa.string()),
                    include_columns=list(wanted),
                    null_values=[""],
                    strings_can_be_null=True,
                ),
            )

    @contextmanager
    def explained(self) -> Iterator[None]:
        """Tell what goes wrong while the file is read; the words of an engine would quote names from it."""
        try:
            yield
        except FileNotFoundError:
            raise self._refuse("there is no such file", "a stock file of Sirene") from None
        except UnicodeDecodeError:
            raise self._refuse("the heading row is not UTF-8", "UTF-8 text") from None
        except (duckdb.Error, pa.ArrowException, *DAMAGE) as problem:
            line = re.search(r"(?:CSV Error on Line: |Row #)(\d+)", str(problem))
            place = f" at line {line[1]}" if line else ""
            raise self._refuse(
                f"the file cannot be read{place} ({type(problem).__name__})",
                "a whole Parquet file, CSV in UTF-8 with ',' and '\"', or the zip file of such a CSV",
            ) from None

    def _refuse(self, problem: str, expected: str) -> PartnerFileError:
        return PartnerFileError(problem, where=str(self.path), expected=expected, fix=_FIX)


def _texts(names: Sequence[str]) -> pa.Schema:
    return pa.schema([(name, pa.string()) for name in names])
