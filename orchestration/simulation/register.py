"""The register of the simulated campaign, in the layout of Sirene's stock files. Belongs here: INSEE's columns, legal
units and establishments. Does not: the population itself."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from orchestration.simulation.arrays import IntArray
from orchestration.simulation.cells import Cells, choose, padded, take, where
from orchestration.simulation.numbers import siret
from orchestration.simulation.population import BANDS, CODES, Companies, Population
from orchestration.simulation.streams import stream

_UNITS = """
siren statutDiffusionUniteLegale unitePurgeeUniteLegale dateCreationUniteLegale sigleUniteLegale sexeUniteLegale
prenom1UniteLegale prenom2UniteLegale prenom3UniteLegale prenom4UniteLegale prenomUsuelUniteLegale
pseudonymeUniteLegale identifiantAssociationUniteLegale trancheEffectifsUniteLegale anneeEffectifsUniteLegale
dateDernierTraitementUniteLegale nombrePeriodesUniteLegale categorieEntreprise anneeCategorieEntreprise dateDebut
etatAdministratifUniteLegale nomUniteLegale nomUsageUniteLegale denominationUniteLegale
denominationUsuelle1UniteLegale denominationUsuelle2UniteLegale denominationUsuelle3UniteLegale
categorieJuridiqueUniteLegale activitePrincipaleUniteLegale nomenclatureActivitePrincipaleUniteLegale
nicSiegeUniteLegale economieSocialeSolidaireUniteLegale societeMissionUniteLegale caractereEmployeurUniteLegale
activitePrincipaleNAF25UniteLegale
"""
_PLACES = """
siren nic siret statutDiffusionEtablissement dateCreationEtablissement trancheEffectifsEtablissement
anneeEffectifsEtablissement activitePrincipaleRegistreMetiersEtablissement dateDernierTraitementEtablissement
etablissementSiege nombrePeriodesEtablissement complementAdresseEtablissement numeroVoieEtablissement
indiceRepetitionEtablissement dernierNumeroVoieEtablissement indiceRepetitionDernierNumeroVoieEtablissement
typeVoieEtablissement libelleVoieEtablissement codePostalEtablissement libelleCommuneEtablissement
libelleCommuneEtrangerEtablissement distributionSpecialeEtablissement codeCommuneEtablissement
codeCedexEtablissement libelleCedexEtablissement codePaysEtrangerEtablissement libellePaysEtrangerEtablissement
identifiantAdresseEtablissement coordonneeLambertAbscisseEtablissement coordonneeLambertOrdonneeEtablissement
complementAdresse2Etablissement numeroVoie2Etablissement indiceRepetition2Etablissement typeVoie2Etablissement
libelleVoie2Etablissement codePostal2Etablissement libelleCommune2Etablissement libelleCommuneEtranger2Etablissement
distributionSpeciale2Etablissement codeCommune2Etablissement codeCedex2Etablissement libelleCedex2Etablissement
codePaysEtranger2Etablissement libellePaysEtranger2Etablissement dateDebut etatAdministratifEtablissement
enseigne1Etablissement enseigne2Etablissement enseigne3Etablissement denominationUsuelleEtablissement
activitePrincipaleEtablissement nomenclatureActivitePrincipaleEtablissement caractereEmployeurEtablissement
activitePrincipaleNAF25Etablissement
"""
_TYPES: dict[str, pa.DataType] = {
    "dateDebut": pa.date32(),
    "etablissementSiege": pa.bool_(),
    **{f"dateCreation{of}": pa.date32() for of in ("UniteLegale", "Etablissement")},
    **{f"dateDernierTraitement{of}": pa.timestamp("ms") for of in ("UniteLegale", "Etablissement")},
    **{f"nombrePeriodes{of}": pa.int64() for of in ("UniteLegale", "Etablissement")},
    **{f"anneeEffectifs{of}": pa.int64() for of in ("UniteLegale", "Etablissement")},
    "anneeCategorieEntreprise": pa.int64(),
}


def _schema(names: str) -> pa.Schema:
    return pa.schema([pa.field(name, _TYPES.get(name, pa.string())) for name in names.split()])


UNITS, PLACES = _schema(_UNITS), _schema(_PLACES)
"""Columns of StockUniteLegale and StockEtablissement as INSEE publishes them (API Sirene 3.11)."""

DISTINCT = (("siren", "denominationUniteLegale"), ("siren", "siret"))
"""Their columns that differ in nearly every row."""

_DAY = np.datetime64("2019-10-31")
_NAF_REV_2 = np.datetime64("2008-01-01")
_YEAR = 2017  # what the register of autumn 2019 knows of headcounts
_MOVED_AND_CLOSED = 0.7


def register(population: Population, chunk: int, companies: Companies) -> tuple[pa.Table, pa.Table]:
    """A chunk's legal units and establishments as the register of 2019 shows them: closed ones too.

    A company whose head office is not its first establishment has the first one as well, mostly closed.
    """
    rng = stream(population.seed, "register", chunk)
    count = len(companies.siren)
    number = rng.geometric(0.6, count)
    band = companies.band["tour_2019"]
    # 250-499 employees: mid-size companies, save those whose turnover is below the SME threshold.
    mid_size = (band == len(BANDS) - 1) & (rng.random(count) < 0.85)
    partial = rng.random(count) < 0.03
    active = companies.active["tour_2019"]
    numbers = siret(companies.siren, number)
    naf, sizes = choose(CODES, companies.sector), choose(BANDS, band)
    founded = pa.array(companies.founded, pa.date32())
    # The current state of a unit begins with NAF rev. 2 at the earliest.
    since = pa.array(np.maximum(companies.founded.astype("datetime64[D]"), _NAF_REV_2), pa.date32())
    last = pa.array((_DAY - rng.integers(0, 300, count).astype("timedelta64[D]")).astype("datetime64[ms]"))
    # INSEE shows [ND] for what a company of partial diffusion has not disclosed.
    name = where(partial, "[ND]", _names(companies.siren))
    units = {
        "siren": padded(companies.siren, 9),
        "statutDiffusionUniteLegale": choose(["O", "P"], partial.astype(np.int8)),
        "dateCreationUniteLegale": founded,
        "trancheEffectifsUniteLegale": sizes,
        "anneeEffectifsUniteLegale": _constant(_YEAR, count),
        "dateDernierTraitementUniteLegale": last,
        "categorieEntreprise": choose(["PME", "ETI"], mid_size.astype(np.int8)),
        "anneeCategorieEntreprise": _constant(_YEAR, count),
        "dateDebut": since,
        "etatAdministratifUniteLegale": choose(["C", "A"], active.astype(np.int8)),
        "denominationUniteLegale": name,
        "activitePrincipaleUniteLegale": naf,
        "nomenclatureActivitePrincipaleUniteLegale": _constant("NAFRev2", count),
        "nicSiegeUniteLegale": padded(numbers % 100_000, 5),
    }
    moved = np.flatnonzero(number > 1)
    former = siret(companies.siren[moved], np.ones(len(moved), dtype=np.int64))
    former_open = active[moved] & (rng.random(len(moved)) > _MOVED_AND_CLOSED)
    rows = np.concatenate([np.arange(count), moved])
    places = {
        **_numbers(np.concatenate([numbers, former])),
        "statutDiffusionEtablissement": units["statutDiffusionUniteLegale"].take(pa.array(rows)),
        "dateCreationEtablissement": founded.take(pa.array(rows)),
        "trancheEffectifsEtablissement": sizes.take(pa.array(rows)),
        "anneeEffectifsEtablissement": _constant(_YEAR, len(rows)),
        "dateDernierTraitementEtablissement": last.take(pa.array(rows)),
        "etablissementSiege": pa.array(np.arange(len(rows)) < count),
        "codeCommuneEtablissement": take(population.places.commune_codes, companies.commune[rows]),
        "dateDebut": since.take(pa.array(rows)),
        "etatAdministratifEtablissement": choose(
            ["F", "A"], np.concatenate([active, former_open]).astype(np.int8)
        ),
        "activitePrincipaleEtablissement": naf.take(pa.array(rows)),
        "nomenclatureActivitePrincipaleEtablissement": _constant("NAFRev2", len(rows)),
    }
    everywhere = np.concatenate([numbers, former])
    return _table(units, UNITS, pa.array(np.argsort(companies.siren))), _table(
        places, PLACES, pa.array(np.argsort(everywhere))
    )


def _names(siren: IntArray) -> Cells:
    """Invented names: none can be anybody's."""
    return pa.array([f"ENTREPRISE SIMULEE {number // 10}" for number in siren.tolist()])


def _numbers(numbers: IntArray) -> dict[str, Cells]:
    return {
        "siren": padded(numbers // 100_000, 9),
        "nic": padded(numbers % 100_000, 5),
        "siret": padded(numbers, 14),
    }


def _constant(value: str | int, count: int) -> Cells:
    scalar: Any = pa.scalar(value)
    return pa.repeat(scalar, count)


def _table(columns: dict[str, Cells], schema: pa.Schema, order: Cells) -> pa.Table:
    count = len(columns["siren"])
    return pa.Table.from_arrays(
        [
            columns[field.name].cast(field.type) if field.name in columns else pa.nulls(count, field.type)
            for field in schema
        ],
        schema=schema,
    ).take(order)
