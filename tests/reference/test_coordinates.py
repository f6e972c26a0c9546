"""Communes lie where they lie: the derivation by small gazetteers, the committed table by places known to all."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.geodesy import EARTH_RADIUS_KM, Point, kilometres
from orchestration.reference.coordinates import FARTHEST_KM, derive_coordinates
from tests.reference.gazetteer import gazetteer_line
from tests.reference.test_reference import read

POINTS = st.builds(
    Point, st.floats(-90, 90, allow_nan=False), st.floats(-180, 180, allow_nan=False, exclude_min=True)
)
PARIS, LYON, MARSEILLE = Point(48.8566, 2.3522), Point(45.7640, 4.8357), Point(43.2965, 5.3698)


def _derive(*lines: str) -> dict[tuple[str, str], tuple[str, str]]:
    centroid = {
        "properties": {"siren_epci": "200000001", "siren_ept": None},
        "geometry": {"coordinates": [2.0, 48.0]},
    }
    inner = {
        "properties": {"siren_epci": None, "siren_ept": "200057867"},
        "geometry": {"coordinates": [55.4, -20.9]},
    }
    communes = [
        {"commune_code": code, "epci_code": body} for code, body in (("01001", "200000001"), ("97701", ""))
    ]
    rows = derive_coordinates(communes, lines, [centroid, inner])
    return {(row["place_kind"], row["place_code"]): (row["latitude"], row["longitude"]) for row in rows}


def test_the_largest_town_stands_for_the_commune() -> None:
    found = _derive(
        gazetteer_line("01001", "48.1", "2.1", people=700),
        gazetteer_line("01001", "48.2", "2.2", people=900),
        gazetteer_line("01001", "48.3", "2.3", people=5000, feature="PPLX"),
        gazetteer_line("01001", "48.4", "2.4", people=9000, country="BE"),
        gazetteer_line("99999", "48.4", "2.4"),
        gazetteer_line("97701", "17.9", "-62.85", country="BL"),
    )
    assert found == {
        ("commune", "01001"): ("48.200", "2.200"),
        ("commune", "97701"): ("17.900", "-62.850"),
        ("epci", "200000001"): ("48.000", "2.000"),
    }


def test_a_town_far_from_its_own_body_is_left_out() -> None:
    assert ("commune", "01001") not in _derive(gazetteer_line("01001", "48.5", "2.0"))  # 56 km
    assert ("commune", "01001") in _derive(gazetteer_line("01001", "48.4", "2.0"))  # 44 km


def test_the_committed_points() -> None:
    coordinates = read("coordinates").set_index(["place_kind", "place_code"]).astype(float)
    communes = read("communes").set_index("commune_code")
    towns = coordinates.loc["commune"]
    assert set(towns.index) <= set(communes.index)
    assert set(coordinates.loc["epci"].index) == set(
        read("epcis").query("vintage == '2026' and kind != 'EPT'")["epci_code"]
    )
    people = pd.to_numeric(communes["population"]).fillna(0)
    assert people[towns.index].sum() > 0.89 * people.sum()
    for code, place in (("75056", PARIS), ("69123", LYON), ("13055", MARSEILLE)):
        assert kilometres(Point(*towns.loc[code]), place) < 3
    assert kilometres(Point(*towns.loc["97411"]), Point(-20.88, 55.45)) < 3  # Saint-Denis of La Réunion
    far = [
        code
        for code, town in zip(towns.index, towns.itertuples(index=False), strict=True)
        if (body := communes.loc[code, "epci_code"])
        and kilometres(Point(*town), Point(*coordinates.loc["epci", body])) > FARTHEST_KM
    ]
    assert far == []


def test_known_distances() -> None:
    # From a table of great-circle distances between cities, on a sphere of the mean radius.
    assert kilometres(PARIS, LYON) == pytest.approx(391.5, abs=0.5)
    assert kilometres(PARIS, MARSEILLE) == pytest.approx(660.5, abs=0.5)
    assert kilometres(Point(0, 0), Point(0, 180)) == pytest.approx(3.141592653589793 * EARTH_RADIUS_KM)
    assert kilometres(Point(0, 179.5), Point(0, -179.5)) == pytest.approx(111.195, abs=0.001)


@given(POINTS, POINTS, POINTS)
def test_distance_is_a_distance(one: Point, other: Point, third: Point) -> None:
    assert kilometres(one, one) == 0
    assert kilometres(one, other) == pytest.approx(kilometres(other, one), abs=1e-6)
    assert kilometres(one, third) <= kilometres(one, other) + kilometres(other, third) + 1e-3
    assert 0 <= kilometres(one, other) <= 3.1415927 * EARTH_RADIUS_KM
