"""Places of the simulated campaign. Belongs here: drawing companies' communes, the tour's stopovers. Does
not: how the reference files are built."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from orchestration.simulation.cells import Cells

TERRITORY_WEIGHT = 3.0
"""How much likelier an industrial company is in an industrial territory, for the same number of
inhabitants."""

_OVERSEAS_COLLECTIVITIES = ("975", "977", "978", "98")  # outside the company register's usual coverage
_DISTRICTS = {"75056": 20, "69123": 9, "13055": 16}  # Sirene codes establishments by district there
_DISTRICT_OF = {"751": "75056", "6938": "69123", "132": "13055"}


@dataclass(frozen=True)
class Places:
    """Communes where companies may be, with their probability; ``region`` indexes ``region_codes``."""

    commune_codes: Cells
    commune_names: Cells
    probability: npt.NDArray[np.float64]
    region: npt.NDArray[np.int16]
    region_codes: tuple[str, ...]


def load(reference: Path) -> Places:
    """Read ``communes.csv`` and ``territory_communes.csv`` of the reference folder."""
    with (reference / "territory_communes.csv").open(encoding="utf-8", newline="") as file:
        in_territory = {row["commune_code"] for row in csv.DictReader(file)}
    with (reference / "communes.csv").open(encoding="utf-8", newline="") as file:
        communes = [
            row
            for row in csv.DictReader(file)
            if not row["departement_code"].startswith(_OVERSEAS_COLLECTIVITIES)
        ]
    inhabitants = {row["commune_code"]: float(row["population"] or 0) for row in communes}
    weights = []
    for row in communes:
        code = row["commune_code"]
        parent = next((whole for start, whole in _DISTRICT_OF.items() if code.startswith(start)), None)
        people = 0.0 if code in _DISTRICTS else inhabitants[code]
        if parent and not row["population"]:
            people = inhabitants[parent] / _DISTRICTS[parent]
        # Factories are spread wider than people: less than proportional to the size of the town.
        weights.append(people**0.85 * (TERRITORY_WEIGHT if code in in_territory else 1.0))
    regions = sorted({row["region_code"] for row in communes})
    weight = np.array(weights)
    return Places(
        commune_codes=pa.array([row["commune_code"] for row in communes]),
        commune_names=pa.array([row["name"] for row in communes]),
        probability=weight / weight.sum(),
        region=np.array([regions.index(row["region_code"]) for row in communes], dtype=np.int16),
        region_codes=tuple(regions),
    )


STOPOVERS: tuple[tuple[str, str, str], ...] = (
    # town as announced, commune, day: industrial towns, four of them in Hauts-de-France
    ("Laval", "53130", "2019-06-04"),
    ("Cholet", "49099", "2019-06-06"),
    ("Les Herbiers", "85109", "2019-06-07"),
    ("Saint-Nazaire", "44184", "2019-06-11"),
    ("Vitré", "35360", "2019-06-13"),
    ("Lannion", "22113", "2019-06-14"),
    ("Quimper", "29232", "2019-06-18"),
    ("Lorient", "56121", "2019-06-20"),
    ("Flers", "61169", "2019-06-21"),
    ("Vire Normandie", "14762", "2019-06-25"),
    ("Cherbourg-en-Cotentin", "50129", "2019-06-27"),
    ("Le Havre", "76351", "2019-06-28"),
    ("Vernon", "27681", "2019-07-02"),
    ("Compiègne", "60159", "2019-07-04"),
    ("Valenciennes", "59606", "2019-07-05"),
    ("Charleville-Mézières", "08105", "2019-07-09"),
    ("Saint-Dizier", "52448", "2019-07-11"),
    ("Épinal", "88160", "2019-07-12"),
    ("Forbach", "57227", "2019-07-16"),
    ("Haguenau", "67180", "2019-07-18"),
    ("Mulhouse", "68224", "2019-08-27"),
    ("Montbéliard", "25388", "2019-08-29"),
    ("Le Creusot", "71153", "2019-08-30"),
    ("Nevers", "58194", "2019-09-03"),
    ("Vierzon", "18279", "2019-09-05"),
    ("Châteaudun", "28088", "2019-09-06"),
    ("Châtellerault", "86066", "2019-09-10"),
    ("Albert-Méaulte", "80016", "2019-09-12"),
    ("Rochefort", "17299", "2019-09-13"),
    ("Limoges", "87085", "2019-09-17"),
    ("Figeac", "46102", "2019-09-18"),
    ("Tarbes", "65440", "2019-09-19"),
    ("Castres", "81065", "2019-09-20"),
    ("Alès", "30007", "2019-09-24"),
    ("Fos-sur-Mer", "13039", "2019-09-26"),
    ("Romans-sur-Isère", "26281", "2019-09-27"),
    ("Oyonnax", "01283", "2019-10-01"),
    ("Cluses", "74081", "2019-10-02"),
    ("Thiers", "63430", "2019-10-03"),
    ("Saint-Quentin", "02691", "2019-10-07"),
)
