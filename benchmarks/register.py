"""How fast and in how much memory the industrial companies are read from Sirene's stock files, beside DuckDB alone.

    python benchmarks/register.py             5,000,000 establishments of 3,400,000 legal units
    python benchmarks/register.py 1000000     another number of establishments

Both stock files are made first, with all of INSEE's columns and one legal unit in forty in industry, as Parquet, CSV
and the zip file of a CSV. Then each format is read in processes of their own, on warm disk caches: ours (filter, head
office, count of establishments: everything the archive gets but the keys), and DuckDB counting the values of the same
columns; for the zip file, which DuckDB cannot read, Python unpacking it. Ratios are of processor time (user, system).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path
from typing import NamedTuple

import duckdb

from orchestration.collection.register.companies import Wanted, read_companies
from orchestration.collection.register.stock import COLUMNS, PLACES, UNITS
from orchestration.simulation import register

ROWS = 5_000_000
UNITS_A_PLACE = 29_922_486 / 43_896_818  # rows of INSEE's own files, autumn 2026
KIB = 1024


class Run(NamedTuple):
    """One child: seconds, processor seconds, peak of resident memory (MiB), and what it printed."""

    wall: float
    cpu: float
    peak: float
    said: str


def main() -> None:
    """Make the files, read each format, and print the table."""
    if sys.argv[1:2] == ["child"]:
        _child(*sys.argv[2:])
        return
    rows = int(sys.argv[1]) if sys.argv[1:] else ROWS
    print(f"{'format':>8}{'MB':>7}{'ours s':>8}{'rows/s':>12}{'peak MiB':>10}", end="")
    print(f"{'DuckDB s':>10}{'peak MiB':>10}{'CPU ratio':>11}")
    with tempfile.TemporaryDirectory(prefix="skillsbank-bench-") as name:
        folder = Path(name)
        # In a child too: a process begins with the peak of the one that started it.
        run("make", folder, str(rows))
        read = rows + round(rows * UNITS_A_PLACE)
        for suffix in ("parquet", "csv", "zip"):
            size = sum(path.stat().st_size for path in folder.glob(f"*.{suffix}"))
            ours, plain = run("ours", folder, suffix), run("plain", folder, suffix)
            print(f"{suffix:>8}{size / 1e6:>7.0f}{ours.wall:>8.1f}{read / ours.wall:>12,.0f}", end="")
            print(f"{ours.peak:>10.0f}{plain.wall:>10.1f}{plain.peak:>10.0f}", end="")
            print(f"{ours.cpu / plain.cpu:>11.2f}   {ours.said}")


def run(what: str, folder: Path, suffix: str) -> Run:
    """Make stock files of ``suffix`` establishments (``make``), or read those in a format (``ours``, ``plain``)."""
    started = time.monotonic()
    with subprocess.Popen(
        [sys.executable, __file__, "child", what, str(folder), suffix],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ,
    ) as child:
        assert child.stdout is not None
        said = child.stdout.read().strip()
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"{what} of {suffix} failed")
    cpu = used.ru_utime + used.ru_stime
    return Run(time.monotonic() - started, cpu, used.ru_maxrss / KIB, said)


def _child(what: str, folder: str, suffix: str) -> None:
    if what == "make":
        _make(Path(folder), int(suffix))
        return
    units, places = (Path(folder) / f"{kind}_utf8.{suffix}" for kind in (UNITS, PLACES))
    if what == "ours":
        with read_companies(units, places, Wanted()) as found:
            rows = sum(batch.num_rows for batch in found.batches())
            print(json.dumps({"companies": rows, "vintage": found.vintage}))
    elif suffix == "zip":
        for path in (units, places):
            with zipfile.ZipFile(path) as parts, parts.open(parts.namelist()[0]) as file:
                while file.read(8 << 20):
                    pass
    else:
        read = {"parquet": "read_parquet('{}')", "csv": "read_csv('{}', all_varchar = true)"}[suffix]
        with duckdb.connect() as connection:
            for kind, path in ((UNITS, units), (PLACES, places)):
                counts = ", ".join(f'count("{name}")' for name in COLUMNS[kind])
                connection.execute(f"SELECT {counts} FROM {read.format(path)}").fetchall()


def _make(folder: Path, places: int) -> None:
    units = round(places * UNITS_A_PLACE)
    with duckdb.connect() as connection:
        connection.execute("SET memory_limit = '2GB'")
        connection.execute(f"SET temp_directory = '{folder}/spill'")
        # A multiplication by an odd number, modulo, spreads SIREN and draws alike in every run.
        connection.execute(
            "CREATE MACRO draw(number, salt) AS hash(number * 1000 + salt) % 1000000 / 1000000.0"
        )
        for kind, rows, cells, schema in (
            (UNITS, units, _UNIT, register.UNITS),
            (PLACES, places, _PLACE, register.PLACES),
        ):
            columns = ", ".join(f'{cells.get(name, "NULL")} AS "{name}"' for name in schema.names)
            query = f"SELECT {columns} FROM (SELECT range AS n, range % {units} AS unit FROM range({rows}))"
            stem = folder / f"{kind}_utf8"
            connection.execute(f"COPY ({query}) TO '{stem}.parquet' (FORMAT parquet, COMPRESSION zstd)")
            connection.execute(f"COPY (FROM '{stem}.parquet') TO '{stem}.csv' (FORMAT csv, HEADER)")
            with zipfile.ZipFile(f"{stem}.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as parts:
                parts.write(f"{stem}.csv", f"{kind}_utf8.csv")


_NAF = (
    "CASE WHEN draw({n}, 1) < 0.025 THEN printf('%02d.%02dZ', 10 + CAST(draw({n}, 2) * 23 AS INT), "
    "11 + CAST(draw({n}, 3) * 60 AS INT)) ELSE printf('%02d.%02dZ', 41 + CAST(draw({n}, 2) * 55 AS INT), "
    "11 + CAST(draw({n}, 3) * 60 AS INT)) END"
)
_BAND = (
    "CASE WHEN draw({n}, 4) < 0.8 THEN 'NN' "
    "ELSE (['00', '01', '02', '03', '11', '12', '21', '32'])[1 + CAST(draw({n}, 5) * 7 AS INT)] END"
)
_UNIT = {
    "siren": "lpad(CAST(100000000 + n * 7 AS VARCHAR), 9, '0')",
    "statutDiffusionUniteLegale": "if(draw(n, 6) < 0.1, 'P', 'O')",
    "dateCreationUniteLegale": "DATE '1973-01-01' + CAST(draw(n, 7) * 19000 AS INT)",
    "trancheEffectifsUniteLegale": _BAND.format(n="n"),
    "anneeEffectifsUniteLegale": "'2023'",
    "dateDernierTraitementUniteLegale": "TIMESTAMP '2024-01-01' + INTERVAL (CAST(draw(n, 8) * 900 AS INT)) DAY",
    "nombrePeriodesUniteLegale": "1 + CAST(draw(n, 9) * 8 AS INT)",
    "categorieEntreprise": "if(draw(n, 10) < 0.01, 'ETI', 'PME')",
    "anneeCategorieEntreprise": "'2023'",
    "dateDebut": "DATE '1990-01-01' + CAST(draw(n, 11) * 12000 AS INT)",
    "etatAdministratifUniteLegale": "if(draw(n, 12) < 0.55, 'A', 'C')",
    "denominationUniteLegale": "'SOCIETE ' || hash(n)",
    "categorieJuridiqueUniteLegale": "(['1000','5499','5710','9220'])[1 + CAST(draw(n, 13) * 3 AS INT)]",
    "activitePrincipaleUniteLegale": _NAF.format(n="n"),
    "nomenclatureActivitePrincipaleUniteLegale": "if(draw(n, 14) < 0.7, 'NAFRev2', 'NAF1993')",
    "nicSiegeUniteLegale": "'00017'",
    "caractereEmployeurUniteLegale": "'N'",
    "activitePrincipaleNAF25UniteLegale": _NAF.format(n="n"),
}
_PLACE = {
    "siren": "lpad(CAST(100000000 + unit * 7 AS VARCHAR), 9, '0')",
    "nic": "if(n = unit, '00017', '00025')",
    "siret": "lpad(CAST(100000000 + unit * 7 AS VARCHAR), 9, '0') || if(n = unit, '00017', '00025')",
    "statutDiffusionEtablissement": "if(draw(n, 6) < 0.1, 'P', 'O')",
    "dateCreationEtablissement": "DATE '1973-01-01' + CAST(draw(n, 7) * 19000 AS INT)",
    "trancheEffectifsEtablissement": _BAND.format(n="n"),
    "anneeEffectifsEtablissement": "'2023'",
    "dateDernierTraitementEtablissement": "TIMESTAMP '2024-01-01' + INTERVAL (CAST(draw(n, 8) * 900 AS INT)) DAY",
    "etablissementSiege": "n = unit",
    "nombrePeriodesEtablissement": "1 + CAST(draw(n, 9) * 8 AS INT)",
    "numeroVoieEtablissement": "CAST(1 + CAST(draw(n, 15) * 200 AS INT) AS VARCHAR)",
    "typeVoieEtablissement": "'RUE'",
    "libelleVoieEtablissement": "'DE LA LIBERTE ' || hash(n) % 100000",
    "codePostalEtablissement": "lpad(CAST(1000 + hash(n) % 94000 AS VARCHAR), 5, '0')",
    "libelleCommuneEtablissement": "'COMMUNE ' || hash(n) % 35000",
    "codeCommuneEtablissement": "lpad(CAST(1001 + hash(n) % 94000 AS VARCHAR), 5, '0')",
    "coordonneeLambertAbscisseEtablissement": "CAST(draw(n, 16) * 1000000 AS VARCHAR)",
    "coordonneeLambertOrdonneeEtablissement": "CAST(draw(n, 17) * 1000000 AS VARCHAR)",
    "dateDebut": "DATE '1990-01-01' + CAST(draw(n, 11) * 12000 AS INT)",
    "etatAdministratifEtablissement": "if(draw(n, 12) < 0.4, 'A', 'F')",
    "activitePrincipaleEtablissement": _NAF.format(n="n"),
    "nomenclatureActivitePrincipaleEtablissement": "if(draw(n, 14) < 0.7, 'NAFRev2', 'NAF1993')",
    "caractereEmployeurEtablissement": "'N'",
}


if __name__ == "__main__":
    main()
