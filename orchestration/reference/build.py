"""Builds the reference tables and contours. Belongs here: reading the public files, writing ours. Does not: deriving
them (places.py, coordinates.py, activities.py, contours.py), options of the command line, downloads."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

from orchestration.errors import SkillsBankError
from orchestration.reference.activities import derive_activities
from orchestration.reference.contours import thin
from orchestration.reference.coordinates import derive_coordinates
from orchestration.reference.places import Row, derive_places

COLUMNS: dict[str, tuple[str, ...]] = {
    "regions": ("region_code", "name"),
    "former_regions": ("former_region_code", "name"),
    "departements": ("departement_code", "name", "region_code", "former_region_code"),
    "epcis": ("vintage", "epci_code", "name", "kind"),
    "epci_passage": ("vintage", "commune_code", "epci_code"),
    "communes": (
        "commune_code",
        "name",
        "departement_code",
        "region_code",
        "epci_code",
        "ept_code",
        "district_of",
        "population",
    ),
    "commune_passage": ("former_code", "commune_code", "change", "name", "last_vintage"),
    "coordinates": ("place_kind", "place_code", "latitude", "longitude"),
    "territories": ("territory_id", "name"),
    "territory_communes": ("territory_id", "commune_code"),
    "activities": (
        "nomenclature",
        "activity_code",
        "level",
        "parent_code",
        "section_code",
        "label_fr",
        "label_en",
    ),
}

# File, properties that hold code and name, tolerance in degrees of latitude (0.01 is 1.1 km).
CONTOURS: dict[str, tuple[str, str, str, float]] = {
    "regions": ("geo/regions-version-simplifiee.geojson", "code", "nom", 0.01),
    "departements": ("geo/departements-version-simplifiee.geojson", "code", "nom", 0.01),
    "territories": ("territoires_industrie/territoires_industrie_149.geojson", "id_ti", "lib_ti", 0.006),
}


def build(source: Path, target: Path) -> dict[str, int]:
    """Write one CSV a table of ``COLUMNS`` and one GeoJSON an entry of ``CONTOURS`` into ``target``; returns the
    number of rows of each.

    ``source`` holds the files that data/reference/README.md lists. Rows are sorted by key: same input, same
    bytes.

    Raises:
        SkillsBankError: a file is missing, or the files do not go together.
    """
    geo = source / "geo"
    tables = derive_places(
        communes=_json(geo / "communes.json"),
        epcis=_json(geo / "epci.json"),
        earlier_epcis=_json(geo / "epci_2021.json"),
        epts=_json(geo / "ept.json"),
        departements=_json(geo / "departements.json"),
        regions=_json(geo / "regions.json"),
        groupings=_csv(source / "territoires_industrie" / "ti_groupement.csv"),
        changes=_csv(geo / "communes_2021_vs_2026.csv"),
    )
    with _present(geo / "cities500.txt").open(encoding="utf-8") as gazetteer:
        tables["coordinates"] = derive_coordinates(
            tables["communes"], gazetteer, _json(geo / "anct_centroide-4326_epci-ept.geojson")["features"]
        )
    tables |= derive_activities(_json(source / "naf" / "naf_rev2_socialgouv.json"))
    target.mkdir(parents=True, exist_ok=True)
    for name, rows in tables.items():
        with (target / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS[name], lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
    return {name: len(rows) for name, rows in tables.items()} | _contours(source, target / "contours")


def _contours(source: Path, target: Path) -> dict[str, int]:
    target.mkdir(exist_ok=True)
    counts = {}
    for name, (file, code, label, tolerance) in CONTOURS.items():
        features = thin(json.loads(_present(source / file).read_bytes())["features"], code, label, tolerance)
        lines = ",\n".join(
            json.dumps(feature, ensure_ascii=False, separators=(",", ":")) for feature in features
        )
        text = f'{{"type":"FeatureCollection","features":[\n{lines}\n]}}\n'
        (target / f"{name}.geojson").write_text(text, encoding="utf-8")
        counts[f"contours of {name}"] = len(features)
    return counts


def _json(path: Path) -> Any:
    return json.loads(_present(path).read_text(encoding="utf-8"))


def _csv(path: Path) -> list[Row]:
    with _present(path).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _present(path: Path) -> Path:
    if not path.is_file():
        raise SkillsBankError(
            "the public file is missing",
            where=str(path),
            expected="the layout described in data/reference/README.md",
            fix="download it as data/reference/README.md says, or pass another folder to --from",
        )
    return path
