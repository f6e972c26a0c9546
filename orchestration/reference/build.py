"""Builds the reference tables. Belongs here: reading the public files, deriving the tables, writing them.
Does not: options of the command line, downloads."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from orchestration.errors import SkillsBankError

Row = dict[str, str]

COLUMNS: dict[str, tuple[str, ...]] = {
    "regions": ("region_code", "name"),
    "departements": ("departement_code", "name", "region_code"),
    "epcis": ("epci_code", "name", "kind"),
    "communes": ("commune_code", "name", "departement_code", "region_code", "epci_code", "population"),
    "territories": ("territory_id", "name"),
    "territory_communes": ("territory_id", "commune_code"),
}


def build(source: Path, target: Path) -> dict[str, int]:
    """Write one CSV a table of ``COLUMNS`` into ``target``; returns the number of rows of each.

    ``source`` holds ``geo/{communes,epci,ept,departements,regions}.json`` (npm
    @etalab/decoupage-administratif) and ``territoires_industrie/ti_groupement.csv`` (ANCT). Rows are
    sorted by key: same input, same bytes.

    Raises:
        SkillsBankError: a file is missing, or a territory names a body that no file knows.
    """
    tables = derive(
        communes=_json(source / "geo" / "communes.json"),
        epcis=_json(source / "geo" / "epci.json"),
        epts=_json(source / "geo" / "ept.json"),
        departements=_json(source / "geo" / "departements.json"),
        regions=_json(source / "geo" / "regions.json"),
        groupings=_csv(source / "territoires_industrie" / "ti_groupement.csv"),
    )
    target.mkdir(parents=True, exist_ok=True)
    for name, rows in tables.items():
        with (target / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS[name], lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
    return {name: len(rows) for name, rows in tables.items()}


def derive(
    *,
    communes: list[dict[str, Any]],
    epcis: list[dict[str, Any]],
    epts: list[dict[str, Any]],
    departements: list[dict[str, Any]],
    regions: list[dict[str, Any]],
    groupings: list[Row],
) -> dict[str, list[Row]]:
    """The reference tables (lists of rows, sorted by key) of the public records, by table name.

    Current communes stand beside the districts of Paris, Lyon and Marseille, since Sirene codes
    establishments by district. A district takes the EPCI and the territory of its commune; its population
    is left empty, so that the column adds up to the country's. A territory is a set of EPCI, EPT or
    single communes, named by SIREN (a cell may list several); a commune belongs to one territory at most.
    """
    current = {c["code"]: c for c in communes if c["type"] == "commune-actuelle"}
    districts = [c for c in communes if c["type"] == "arrondissement-municipal"]
    epci_of = {member["code"]: epci["code"] for epci in epcis for member in epci["membres"]}
    places = {body["code"]: [m["code"] for m in body["membres"]] for body in [*epcis, *epts]}
    places |= {c["siren"]: [c["code"]] for c in current.values() if "siren" in c}

    names = {grouping["id_ti"]: grouping["lib_ti"] for grouping in groupings}
    territory_of: dict[str, str] = {}
    for grouping in groupings:
        territory = grouping["id_ti"]
        for siren in (part.strip() for part in grouping["siren_groupement"].split(",")):
            if siren not in places:
                raise SkillsBankError(
                    f"SIREN {siren} of territory {territory} is neither an EPCI nor an EPT nor a commune",
                    where="ti_groupement.csv",
                    expected="a SIREN of epci.json, ept.json or communes.json",
                    fix="take sources of vintages that go together",
                )
            for code in places[siren]:
                if territory_of.setdefault(code, territory) != territory:
                    raise SkillsBankError(
                        f"commune {code} is in territories {territory_of[code]} and {territory}",
                        where="ti_groupement.csv",
                        expected="at most one territory a commune",
                        fix="correct the file: figures by territory would count companies twice",
                    )
    territory_of |= {d["code"]: territory_of[d["commune"]] for d in districts if d["commune"] in territory_of}

    def commune_row(commune: dict[str, Any]) -> Row:
        return {
            "commune_code": commune["code"],
            "name": commune["nom"],
            "departement_code": commune["departement"],
            "region_code": commune["region"],
            "epci_code": epci_of.get(commune.get("commune", commune["code"]), ""),
            "population": "" if "commune" in commune else str(commune.get("population", "")),
        }

    def sort(rows: Iterable[Row]) -> list[Row]:
        return sorted(rows, key=lambda row: tuple(row.values()))

    return {
        "regions": sort({"region_code": r["code"], "name": r["nom"]} for r in regions),
        "departements": sort(
            {"departement_code": d["code"], "name": d["nom"], "region_code": d["region"]}
            for d in departements
        ),
        "epcis": sort({"epci_code": e["code"], "name": e["nom"], "kind": e["type"]} for e in [*epcis, *epts]),
        "communes": sort(commune_row(c) for c in [*current.values(), *districts]),
        "territories": sort({"territory_id": t, "name": name} for t, name in names.items()),
        "territory_communes": sort({"territory_id": t, "commune_code": c} for c, t in territory_of.items()),
    }


def _json(path: Path) -> list[dict[str, Any]]:
    records: list[dict[str, Any]] = json.loads(_present(path).read_text(encoding="utf-8"))
    return records


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
