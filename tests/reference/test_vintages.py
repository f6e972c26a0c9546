"""Earlier vintages lead to today's places, and the activities are those of the nomenclature."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from orchestration.errors import SkillsBankError
from orchestration.reference.activities import derive_activities
from orchestration.reference.former_regions import FORMER_REGIONS
from orchestration.reference.places import derive_places

PROJECT = Path(__file__).resolve().parents[2]
REFERENCE = PROJECT / "data" / "reference"
GEO = PROJECT.parent / "shared" / "data" / "geo"

needs_public_files = pytest.mark.skipif(
    not (GEO / "communes.json").is_file(), reason=f"no public files in {GEO}"
)


def read(table: str) -> pd.DataFrame:
    return pd.read_csv(REFERENCE / f"{table}.csv", dtype="string", keep_default_na=False)


@pytest.fixture(scope="module")
def communes() -> pd.DataFrame:
    return read("communes").set_index("commune_code")


@pytest.fixture(scope="module")
def passage() -> pd.DataFrame:
    return read("commune_passage").set_index("former_code")


FORMER = {
    # code: today's, change, name, last vintage
    "74011": ["74010", "delegated", "Annecy-le-Vieux", ""],  # to Annecy in 2017, a code of the 2012 edition
    "50602": ["50129", "delegated", "Tourlaville", ""],  # to Cherbourg-en-Cotentin in 2016
    "01039": ["01138", "delegated", "Béon", "2021"],  # to Culoz-Béon in 2023
    "02077": ["02564", "absorbed", "Berzy-le-Sec", "2021"],  # to Bernoy-le-Château, no part left
    "55273": ["55386", "associated", "Lamarche-en-Woëvre", ""],  # its list of old codes says otherwise
    "20004": ["2A004", "moved", "", ""],  # Ajaccio, before Corsica was two départements
    "75057": ["93057", "moved", "", ""],  # Pavillons-sous-Bois, in the Seine
}


@pytest.mark.parametrize("code", FORMER)
def test_a_former_code_leads_to_todays_commune(passage: pd.DataFrame, code: str) -> None:
    assert list(passage.loc[code]) == FORMER[code]


def test_the_passage_leads_from_codes_that_are_gone_to_communes_that_are_there(
    passage: pd.DataFrame, communes: pd.DataFrame
) -> None:
    assert len(passage) == 4_240
    assert not set(passage.index) & set(communes.index)
    assert set(passage["commune_code"]) <= set(communes[communes["district_of"] == ""].index)
    assert set(passage["change"]) == {"delegated", "associated", "absorbed", "moved"}


@needs_public_files
def test_every_commune_of_2021_and_its_epci_are_found_again(
    passage: pd.DataFrame, communes: pd.DataFrame
) -> None:
    then = {
        member["code"]: epci["code"]
        for epci in json.loads((GEO / "epci_2021.json").read_text(encoding="utf-8"))
        for member in epci["membres"]
    }
    assert len(then) > 34_900
    assert [code for code in then if code not in communes.index and code not in passage.index] == []
    differs = read("epci_passage").query("vintage == '2021'").set_index("commune_code")["epci_code"]
    told = communes["epci_code"][communes["district_of"] == ""].to_dict() | differs.to_dict()
    assert {code: epci for code, epci in told.items() if epci} == then
    changes = pd.read_csv(GEO / "communes_2021_vs_2026.csv", dtype="string", keep_default_na=False)
    gone = changes.query("status_2026 in ('commune-deleguee', 'commune-associee', 'disparue')")["code_2021"]
    assert set(passage.query("last_vintage == '2021'").index) == set(gone)


def test_names_of_epcis_are_those_of_their_vintage() -> None:
    epcis = read("epcis").set_index(["vintage", "epci_code"])["name"]
    assert epcis["2021", "200000172"] == "CC Faucigny-Glières"
    assert epcis["2026", "200000172"] == "CC Faucigny - Glières"
    assert ("2026", "200035459") not in epcis  # CA d'Agen, which is another body since


def test_the_27_regions_of_before_2016_cover_the_101_departements() -> None:
    departements = read("departements").set_index("departement_code")
    former = read("former_regions").set_index("former_region_code")["name"]
    assert len(former) == 27
    assert sum(code >= "11" for code in former.index) == 22  # and five overseas
    covered = departements[departements["former_region_code"] != ""]
    assert len(covered) == sum(len(region.departements) for region in FORMER_REGIONS) == 101
    # Only the collectivities overseas have none.
    assert set(departements.index) - set(covered.index) == {
        code for code in departements.index if code.startswith(("975", "977", "978", "98"))
    }
    # A région of 2016 is made of whole régions of before.
    assert (covered.groupby("former_region_code")["region_code"].nunique() == 1).all()
    merged = covered.groupby("region_code")["former_region_code"].agg(lambda codes: sorted(set(codes)))
    assert merged["32"] == ["22", "31"]  # Picardie and Nord-Pas-de-Calais
    assert merged["75"] == ["54", "72", "74"]
    assert former[departements.loc["02", "former_region_code"]] == "Picardie"


def test_a_territory_may_be_part_of_an_epci_or_several_and_cross_borders(communes: pd.DataFrame) -> None:
    members = read("territory_communes").join(communes, on="commune_code")
    whole = communes[communes["district_of"] == ""].groupby("epci_code").size()
    inside = members[members["district_of"] == ""].groupby(["territory_id", "epci_code"]).size().reset_index()
    inside["share"] = inside[0] / inside["epci_code"].map(whole)
    assert set(inside.query("share < 1 and epci_code != ''")["territory_id"]) >= {"ti-8416", "ti-1105"}
    counted = members.groupby("territory_id")[["epci_code", "departement_code", "region_code"]].nunique()
    # 149 territories: measured on the committed files.
    assert (counted["epci_code"] > 1).sum() == 107
    assert (counted["departement_code"] > 1).sum() == 59
    assert (counted["region_code"] > 1).sum() == 12
    assert len(counted) == 149


def test_districts_name_their_commune(communes: pd.DataFrame) -> None:
    districts = communes[communes["district_of"] != ""]
    assert districts["district_of"].value_counts().to_dict() == {"75056": 20, "13055": 16, "69123": 9}
    assert communes.loc["93005", "ept_code"] == "200058097"  # Aulnay-sous-Bois, Paris Terres d'Envol


def test_naf_has_all_its_levels_and_each_code_its_section() -> None:
    activities = read("activities").query("nomenclature == 'naf-rev2'").set_index("activity_code")
    # INSEE: 21 sections, 88 divisions, 272 groups, 615 classes, 732 sub-classes.
    assert activities["level"].value_counts().to_dict() == {
        "subclass": 732, "class": 615, "group": 272, "division": 88, "section": 21,
    }  # fmt: skip
    below = activities[activities["level"] != "section"]
    assert set(below["parent_code"]) <= set(activities.index)
    above = activities.loc[below["parent_code"], "section_code"].to_numpy()
    assert (below["section_code"].to_numpy() == above).all()
    assert activities.loc["30.30Z", ["parent_code", "section_code"]].tolist() == ["30.30", "C"]
    assert activities.loc["C", ["label_fr", "label_en"]].tolist() == [
        "Industrie manufacturière",
        "Manufacturing",
    ]
    sections = activities[activities["level"] == "section"]
    assert (sections["label_fr"] != "").all()
    assert (sections["label_en"] != "").all()
    assert set(below["section_code"]) == set(sections.index)


@pytest.mark.parametrize(
    ("codes", "fault"),
    [(["10", "34"], "'34'"), (["10", "10.1", "10.21"], "'10.21'"), (["10", "1011Z "], "'1011Z '"), (["C"], "'C'")],
)  # fmt: skip
def test_an_activity_without_a_place_stops_the_build(codes: list[str], fault: str) -> None:
    with pytest.raises(SkillsBankError, match=fault):
        derive_activities([{"id": code, "label": "x"} for code in codes])


def _records(**changed: object) -> dict[str, object]:
    place = {"type": "commune-actuelle", "departement": "01", "region": "84", "population": 10}
    records: dict[str, object] = {
        "communes": [place | {"code": "01001", "nom": "A", "anciensCodes": ["01002"]}],
        "epcis": [{"code": "200000001", "nom": "CC", "type": "CC", "membres": [{"code": "01001"}]}],
        "earlier_epcis": [
            {"code": "200000002", "nom": "Old", "type": "CC", "membres": [{"code": c} for c in ("01001", "01002")]}
        ],
        "epts": [],
        "departements": [{"code": "01", "nom": "Ain", "region": "84"}],
        "regions": [{"code": "84", "nom": "R"}],
        "groupings": [],
        "changes": [],
    }  # fmt: skip
    return records | changed


def test_only_what_was_different_is_kept_of_an_earlier_vintage() -> None:
    tables = derive_places(**_records())  # type: ignore[arg-type]
    assert tables["epci_passage"] == [
        {"vintage": "2021", "commune_code": code, "epci_code": "200000002"} for code in ("01001", "01002")
    ]
    same = _records(earlier_epcis=_records()["epcis"])
    assert derive_places(**same)["epci_passage"] == []  # type: ignore[arg-type]


def test_a_commune_without_successor_stops_the_build() -> None:
    gone = [{"code_2021": "01009", "nom_2021": "Lost"}]
    with pytest.raises(SkillsBankError, match="01009 of 2021 has no successor"):
        derive_places(**_records(changes=gone))  # type: ignore[arg-type]


def test_an_old_code_that_leads_nowhere_stops_the_build() -> None:
    communes = [
        *_records()["communes"],  # type: ignore[misc]
        {"code": "01003", "nom": "P", "type": "commune-deleguee", "chefLieu": "01999", "departement": "01"},
    ]
    with pytest.raises(SkillsBankError, match="leads to 01999, which is no commune"):
        derive_places(**_records(communes=communes))  # type: ignore[arg-type]
