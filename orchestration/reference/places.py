"""Tables on places. Belongs here: deriving them from the public records, current ones and the passage from
earlier ones. Does not: reading or writing files (build.py)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from orchestration.errors import SkillsBankError
from orchestration.reference.former_regions import FORMER_REGIONS

Row = dict[str, str]
Record = Mapping[str, Any]

VINTAGE, EARLIER = "2026", "2021"
"""The vintage of the current places, and the earlier one whose EPCI are known."""

_CHANGES = {"commune-deleguee": "delegated", "commune-associee": "associated"}


def derive_places(
    *,
    communes: list[dict[str, Any]],
    epcis: list[dict[str, Any]],
    earlier_epcis: list[dict[str, Any]],
    epts: list[dict[str, Any]],
    departements: list[dict[str, Any]],
    regions: list[dict[str, Any]],
    groupings: list[Row],
    changes: list[Row],
) -> dict[str, list[Row]]:
    """The tables on places (lists of rows, sorted by key) of the public records, by table name.

    Current communes stand beside the districts of Paris, Lyon and Marseille, since Sirene codes
    establishments by district. A district takes the EPCI and the territory of its commune; its population
    is left empty, so that the column adds up to the country's.

    Raises:
        SkillsBankError: a territory names a body that no record knows, a commune is in two territories, or a
            commune of the earlier vintage has no successor.
    """
    current = {c["code"]: c for c in communes if c["type"] == "commune-actuelle"}
    districts = [c for c in communes if c["type"] == "arrondissement-municipal"]
    epci_of, ept_of, earlier_of = (_body_of(bodies) for bodies in (epcis, epts, earlier_epcis))
    territory_of = _territories(current, epcis, epts, groupings)
    territory_of |= {d["code"]: territory_of[d["commune"]] for d in districts if d["commune"] in territory_of}
    former_region = {code: region.code for region in FORMER_REGIONS for code in region.departements}

    def commune_row(commune: Record) -> Row:
        whole = commune.get("commune", commune["code"])
        return {
            "commune_code": commune["code"],
            "name": commune["nom"],
            "departement_code": commune["departement"],
            "region_code": commune["region"],
            "epci_code": epci_of.get(whole, ""),
            "ept_code": ept_of.get(whole, ""),
            "district_of": commune.get("commune", ""),
            "population": "" if "commune" in commune else str(commune.get("population", "")),
        }

    passage = _passage(communes, current, changes, earlier_of)
    return {
        "regions": _sort({"region_code": r["code"], "name": r["nom"]} for r in regions),
        "former_regions": _sort(
            {"former_region_code": region.code, "name": region.name} for region in FORMER_REGIONS
        ),
        "departements": _sort(
            {
                "departement_code": d["code"],
                "name": d["nom"],
                "region_code": d["region"],
                "former_region_code": former_region.get(d["code"], ""),
            }
            for d in departements
        ),
        "epcis": _sort(
            {"vintage": vintage, "epci_code": e["code"], "name": e["nom"], "kind": e["type"]}
            for vintage, bodies in ((VINTAGE, [*epcis, *epts]), (EARLIER, earlier_epcis))
            for e in bodies
        ),
        "epci_passage": _sort(
            {"vintage": EARLIER, "commune_code": code, "epci_code": earlier_of.get(code, "")}
            for code in {*current, *earlier_of}
            if earlier_of.get(code) != epci_of.get(code)
        ),
        "communes": _sort(commune_row(c) for c in [*current.values(), *districts]),
        "commune_passage": passage,
        "territories": _sort(
            {"territory_id": t, "name": name}
            for t, name in {grouping["id_ti"]: grouping["lib_ti"] for grouping in groupings}.items()
        ),
        "territory_communes": _sort({"territory_id": t, "commune_code": c} for c, t in territory_of.items()),
    }


def _territories(
    current: Mapping[str, Record],
    epcis: Iterable[Record],
    epts: Iterable[Record],
    groupings: Iterable[Row],
) -> dict[str, str]:
    """The territory of each commune: a set of EPCI, EPT or single communes, named by SIREN (a cell may list
    several); a commune belongs to one territory at most."""
    places = {body["code"]: [m["code"] for m in body["membres"]] for body in [*epcis, *epts]}
    places |= {c["siren"]: [c["code"]] for c in current.values() if "siren" in c}
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
    return territory_of


def _passage(
    communes: Iterable[Record],
    current: Mapping[str, Record],
    changes: Iterable[Row],
    earlier_of: Mapping[str, str],
) -> list[Row]:
    """From each code that a commune had once to the commune that holds its place today.

    ``change`` is what became of it: ``delegated`` or ``associated`` (still a part with a name of its own),
    ``moved`` (its place lies in another département's numbering: the Seine of before 1968, Corsica of before
    1976, a few others) or ``absorbed`` (any other). A name is there where a record still has it.
    """
    into = {old: c["code"] for c in current.values() for old in c.get("anciensCodes", ())}
    parts = {c["code"]: c for c in communes if c["type"] in _CHANGES and c["code"] not in current}
    # A part says itself where it lies today; the list of old codes may still tell of an earlier merger.
    into |= {code: part["chefLieu"] for code, part in parts.items()}
    names = {row["code_2021"]: row["nom_2021"] for row in changes if row["nom_2021"]}
    of_earlier = {*earlier_of, *names}
    lost = sorted(of_earlier - into.keys() - current.keys())
    if lost or not set(into.values()) <= current.keys():
        raise SkillsBankError(
            f"the commune {lost[0]} of {EARLIER} has no successor"
            if lost
            else f"an old code leads to {min(set(into.values()) - current.keys())}, which is no commune",
            where="communes.json",
            expected=f"each commune of {EARLIER} among today's, or in `anciensCodes` or `chefLieu` of one",
            fix="take communes.json, epci_2021.json and communes_2021_vs_2026.csv of vintages that go together",
        )

    def change(old: str, new: str) -> str:
        if old in parts:
            return _CHANGES[parts[old]["type"]]
        return "absorbed" if old[:2] == new[:2] else "moved"

    return _sort(
        {
            "former_code": old,
            "commune_code": new,
            "change": change(old, new),
            "name": parts[old]["nom"] if old in parts else names.get(old, ""),
            "last_vintage": EARLIER if old in of_earlier else "",
        }
        for old, new in into.items()
        if old not in current
    )


def _body_of(bodies: Iterable[Record]) -> dict[str, str]:
    return {member["code"]: body["code"] for body in bodies for member in body["membres"]}


def _sort(rows: Iterable[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: tuple(row.values()))
