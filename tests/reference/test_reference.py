"""The committed reference tables hold what is known of places, and are what the build makes of public
files."""

from __future__ import annotations

import subprocess
import sys
from itertools import combinations
from pathlib import Path

import pandas as pd
import pytest

from orchestration import lake
from orchestration.errors import SkillsBankError
from orchestration.reference.build import COLUMNS, CONTOURS, build
from orchestration.reference.places import derive_places
from tests.reference.gazetteer import gazetteer_line

PROJECT = Path(__file__).resolve().parents[2]
REFERENCE = PROJECT / "data" / "reference"
PUBLIC = PROJECT.parent / "shared" / "data"

needs_public_files = pytest.mark.skipif(
    not (PUBLIC / "geo" / "communes.json").is_file(), reason=f"no public files in {PUBLIC}"
)


def read(table: str) -> pd.DataFrame:
    return pd.read_csv(REFERENCE / f"{table}.csv", dtype="string", keep_default_na=False)


KEYS = {
    "territory_communes": ["commune_code"],
    "epcis": ["vintage", "epci_code"],
    "epci_passage": ["vintage", "commune_code"],
    "activities": ["nomenclature", "activity_code"],
    "coordinates": ["place_kind", "place_code"],
}


@pytest.fixture(scope="module")
def communes() -> pd.DataFrame:
    return read("communes").set_index("commune_code")


@pytest.fixture(scope="module")
def territory_communes() -> pd.DataFrame:
    return read("territory_communes")


@pytest.mark.parametrize("table", COLUMNS)
def test_headers_are_the_columns_of_the_lake(table: str) -> None:
    assert list(read(table).columns) == lake.SCHEMAS[table].names


@pytest.mark.parametrize("table", COLUMNS)
def test_keys_are_unique_and_filled(table: str) -> None:
    key = KEYS.get(table, [COLUMNS[table][0]])
    assert not read(table).duplicated(key).any()
    assert (read(table)[key] != "").all().all()


def test_every_code_resolves(communes: pd.DataFrame, territory_communes: pd.DataFrame) -> None:
    departements = read("departements")
    assert set(communes["departement_code"]) == set(departements["departement_code"])
    assert set(departements["region_code"]) == set(read("regions")["region_code"])
    epcis = read("epcis").query("vintage == '2026'")
    assert set(communes["epci_code"]) - {""} <= set(epcis.query("kind != 'EPT'")["epci_code"])
    assert set(communes["ept_code"]) - {""} == set(epcis.query("kind == 'EPT'")["epci_code"])
    assert set(territory_communes["commune_code"]) <= set(communes.index)
    assert set(territory_communes["territory_id"]) == set(read("territories")["territory_id"])
    region_of = departements.set_index("departement_code")["region_code"]
    assert (communes["departement_code"].map(region_of) == communes["region_code"]).all()


@pytest.mark.parametrize(
    ("name", "codes"),
    [("Albert", ("80016", "248000747", "ti-3202")), ("Saint-Quentin", ("02691", "200071892", "ti-3211"))],
)
def test_known_towns(
    communes: pd.DataFrame, territory_communes: pd.DataFrame, name: str, codes: tuple[str, str, str]
) -> None:
    commune, epci, territory = codes
    assert communes.loc[commune, "name"] == name
    assert communes.loc[commune, "epci_code"] == epci
    assert list(territory_communes.query("commune_code == @commune")["territory_id"]) == [territory]


def test_epts_and_single_communes_lead_to_territories(territory_communes: pd.DataFrame) -> None:
    territory_of = territory_communes.set_index("commune_code")["territory_id"]
    assert territory_of["93005"] == "ti-1105"  # Aulnay-sous-Bois, through an EPT of Greater Paris
    assert territory_of["42095"] == "ti-8416"  # Firminy, named alone: its Métropole is not in the territory
    assert "42218" not in territory_of  # Saint-Étienne, in the same Métropole


def test_districts_follow_their_commune(communes: pd.DataFrame) -> None:
    for parent, districts in (("75056", "751"), ("69123", "6938"), ("13055", "132")):
        rows = communes[communes.index.str.startswith(districts) & (communes["population"] == "")]
        assert len(rows) == {"75056": 20, "69123": 9, "13055": 16}[parent]
        assert set(rows["epci_code"]) == {communes.loc[parent, "epci_code"]}
        assert communes.loc[parent, "population"] != ""


def test_population_adds_up_to_the_country(communes: pd.DataFrame) -> None:
    # INSEE: 68.6 million on 1 January 2025, and 0.6 in the collectivities; districts must not count twice.
    assert 68e6 < pd.to_numeric(communes["population"]).sum() < 70e6


def test_overseas_communes_are_there(communes: pd.DataFrame) -> None:
    assert communes.loc["97411", "region_code"] == "04"
    assert communes["departement_code"].isin(["971", "972", "973", "974", "976"]).sum() == 129


def test_region_of_a_territory(communes: pd.DataFrame, territory_communes: pd.DataFrame) -> None:
    """Its number begins with the region where most of its inhabitants live; the other reading counts more."""
    joined = territory_communes.join(communes, on="commune_code")
    joined["population"] = pd.to_numeric(joined["population"])
    people = joined.groupby(["territory_id", "region_code"])["population"].sum().reset_index()
    home = people.sort_values("population").groupby("territory_id").tail(1).set_index("territory_id")
    assert (home["region_code"] == home.index.str[3:5]).all()
    assert len(home) == 149

    # No file names the six regions that supported the tour: these are assumed (data/reference/README.md).
    supporting = {"24", "27", "28", "32", "44", "84"}
    names = set(read("regions").set_index("region_code").loc[list(supporting), "name"])
    assert names == {
        "Centre-Val de Loire", "Bourgogne-Franche-Comté", "Normandie", "Hauts-de-France", "Grand Est",
        "Auvergne-Rhône-Alpes",
    }  # fmt: skip
    counts = home["region_code"].value_counts().to_dict()
    assert sum(counts[region] for region in supporting) == 72
    # The quoted number counts each territory in its home region alone, and does not tell the six by itself.
    assert people[people["region_code"].isin(supporting)]["territory_id"].nunique() == 75
    assert sum(sum(counts[one] for one in six) == 72 for six in combinations(counts, 6)) == 99


def test_folder_is_small() -> None:
    # 2.5 million bytes, of which 0.4 are coordinates.
    assert sum(path.stat().st_size for path in REFERENCE.iterdir()) < 3e6


GAZETTEER = PUBLIC / "geo" / "cities500.txt"


def _public_files(folder: Path) -> Path:
    """The public files, and a gazetteer made of the committed points where the real one (32 MB) is not at hand: it
    shows that nothing else changes the coordinates, not where they come from."""
    source = folder / "public"
    (source / "geo").mkdir(parents=True)
    for path in (PUBLIC / "geo").iterdir():
        (source / "geo" / path.name).symlink_to(path)
    for name in ("territoires_industrie", "naf"):
        (source / name).symlink_to(PUBLIC / name)
    if not (source / "geo" / "cities500.txt").exists():
        towns = read("coordinates").query("place_kind == 'commune'")
        lines = [
            gazetteer_line(row.place_code, row.latitude, row.longitude)
            for row in towns.itertuples(index=False)
        ]
        (source / "geo" / "cities500.txt").write_text("".join(lines), encoding="utf-8")
    return source


@needs_public_files
def test_committed_files_are_what_the_build_gives(tmp_path: Path) -> None:
    rows = build(_public_files(tmp_path), tmp_path)
    assert rows["territories"] == 149
    for table in COLUMNS:
        assert (tmp_path / f"{table}.csv").read_bytes() == (REFERENCE / f"{table}.csv").read_bytes(), table
    for name in CONTOURS:
        file = f"contours/{name}.geojson"
        assert (tmp_path / file).read_bytes() == (REFERENCE / file).read_bytes(), name


@needs_public_files
@pytest.mark.skipif(
    not GAZETTEER.is_file(), reason=f"no gazetteer {GAZETTEER} (32 MB, see data/reference/README.md)"
)
def test_committed_coordinates_are_those_of_the_gazetteer(tmp_path: Path) -> None:
    build(PUBLIC, tmp_path)
    assert (tmp_path / "coordinates.csv").read_bytes() == (REFERENCE / "coordinates.csv").read_bytes()


def test_a_missing_public_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SkillsBankError, match=r"communes\.json.*missing.*README"):
        build(tmp_path, tmp_path / "out")


def test_the_command_says_what_is_missing(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "orchestration.reference",
        "--from",
        str(tmp_path),
        "--to",
        str(tmp_path / "o"),
    ]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "communes.json" in done.stderr
    assert "Traceback" not in done.stderr


def _records(*groupings: tuple[str, str]) -> dict[str, list[dict[str, object]]]:
    place = {"type": "commune-actuelle", "departement": "01", "region": "84", "population": 10}
    return {
        "communes": [place | {"code": "01001", "nom": "A", "siren": "100000001"}],
        "epcis": [{"code": "200000001", "nom": "CC", "type": "CC", "membres": [{"code": "01001"}]}],
        "earlier_epcis": [],
        "changes": [],
        "epts": [],
        "departements": [{"code": "01", "nom": "Ain", "region": "84"}],
        "regions": [{"code": "84", "nom": "R"}],
        "groupings": [{"id_ti": t, "lib_ti": t.upper(), "siren_groupement": s} for t, s in groupings],
    }


def test_a_list_of_sirens_in_one_cell_is_split() -> None:
    tables = derive_places(**_records(("ti-8401", "200000001, 100000001")))  # type: ignore[arg-type]
    assert tables["territory_communes"] == [{"territory_id": "ti-8401", "commune_code": "01001"}]


def test_an_unknown_body_stops_the_build() -> None:
    with pytest.raises(SkillsBankError, match="999999999 of territory ti-8401"):
        derive_places(**_records(("ti-8401", "999999999")))  # type: ignore[arg-type]


def test_a_commune_in_two_territories_stops_the_build() -> None:
    with pytest.raises(SkillsBankError, match="01001 is in territories ti-8401 and ti-8402"):
        derive_places(**_records(("ti-8401", "200000001"), ("ti-8402", "100000001")))  # type: ignore[arg-type]
