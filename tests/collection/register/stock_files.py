"""Small stock files of Sirene in INSEE's layout, in every format."""

import csv
import zipfile

import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.simulation.register import PLACES, UNITS


def unit(siren, **changed):
    return {
        "siren": siren, "statutDiffusionUniteLegale": "O", "dateCreationUniteLegale": "2001-02-03",
        "trancheEffectifsUniteLegale": "12", "dateDernierTraitementUniteLegale": "2026-10-02 10:00:00.000",
        "categorieEntreprise": "PME", "etatAdministratifUniteLegale": "A", "denominationUniteLegale": "ZQNOM",
        "activitePrincipaleUniteLegale": "25.62B", "nicSiegeUniteLegale": "00017",
        "nomenclatureActivitePrincipaleUniteLegale": "NAFRev2",
    } | changed  # fmt: skip


def place(siren, nic="00017", **changed):
    return {
        "siren": siren, "nic": nic, "siret": siren + nic, "codeCommuneEtablissement": "80016",
        "etatAdministratifEtablissement": "A",
    } | changed  # fmt: skip


def write(folder, kind, rows, suffix):
    """One stock file: typed Parquet, CSV, or the CSV in a zip file."""
    schema = UNITS if kind == "StockUniteLegale" else PLACES
    path = folder / f"{kind}_utf8.{suffix}"
    if suffix == "parquet":
        columns = [
            pa.array([row.get(field.name) for row in rows], pa.string()).cast(field.type) for field in schema
        ]
        pq.write_table(pa.Table.from_arrays(columns, schema=schema), path)
        return path
    text = folder / f"{kind}_utf8.csv"
    with text.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, schema.names, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    if suffix == "zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as parts:
            parts.write(text, text.name)
        text.unlink()
    return path
