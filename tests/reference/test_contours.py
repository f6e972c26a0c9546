"""Contours are thinned without a gap between neighbours, and a place without a contour becomes a point."""

from __future__ import annotations

import json
from itertools import pairwise
from math import sin
from pathlib import Path
from typing import Any

import pytest

from orchestration.reference.contours import thin

CONTOURS = Path(__file__).resolve().parents[2] / "data/reference/contours"


def feature(code: str, geometry: dict[str, Any]) -> dict[str, Any]:
    return {"properties": {"c": code, "n": f"Place {code}"}, "geometry": geometry}


def polygon(*rings: list[tuple[float, float]]) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": list(rings)}


def area(ring: list[list[float]]) -> float:
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(ring)) / 2


def edges(shape: dict[str, Any]) -> set[frozenset[tuple[float, ...]]]:
    return {frozenset(map(tuple, pair)) for ring in shape["coordinates"] for pair in pairwise(ring)}


def test_two_neighbours_keep_the_same_border() -> None:
    border = [(2 + sin(y) / 10, y / 10) for y in range(31)]
    west = [(0.0, 0.0), *border, (0.0, 3.0), (0.0, 0.0)]
    east = [(4.0, 0.0), (4.0, 3.0), *border[::-1], (4.0, 0.0)]
    both = thin([feature("E", polygon(east)), feature("W", polygon(west))], "c", "n", 0.05)
    shapes = [place["geometry"] for place in both]
    assert [place["id"] for place in both] == ["E", "W"]
    assert [place["properties"] for place in both] == [
        {"code": "E", "name": "Place E"},
        {"code": "W", "name": "Place W"},
    ]
    shared = edges(shapes[0]) & edges(shapes[1])
    assert 3 < len(shared) < len(border) - 1
    assert {len(edges(shape) - shared) for shape in shapes} == {3}
    assert all(area(shape["coordinates"][0]) > 0 for shape in shapes)


def test_a_hole_stays_and_turns_the_other_way() -> None:
    outer = [(0, 0), (0, 4), (4, 4), (4, 0), (0, 0)]
    hole = [(1, 1), (1, 2), (2, 2), (2, 1), (1, 1)]
    (place,) = thin([feature("A", polygon(outer, hole))], "c", "n", 0.01)
    rings = place["geometry"]["coordinates"]
    assert [area(ring) for ring in rings] == [16, -1]


def test_small_islands_go_but_a_place_keeps_its_largest_part() -> None:
    def square(x: float, side: float) -> list[list[tuple[float, float]]]:
        return [[(x, 0), (x, side), (x + side, side), (x + side, 0), (x, 0)]]

    islands = {"type": "MultiPolygon", "coordinates": [square(0, 0.02), square(1, 0.03), square(2, 0.01)]}
    (place,) = thin([feature("A", islands)], "c", "n", 0.001)
    assert place["geometry"]["coordinates"][0][0][0] >= 1
    assert place["geometry"]["type"] == "Polygon"


@pytest.mark.parametrize("kind", ["MultiPoint", "GeometryCollection"])
def test_a_place_of_points_becomes_the_point_in_their_middle(kind: str) -> None:
    points = [(1.0, 1.0), (2.0, 3.0)]
    geometry: dict[str, Any] = {"type": kind, "coordinates": points}
    if kind == "GeometryCollection":
        geometry = {"type": kind, "geometries": [{"type": "Point", "coordinates": p} for p in points]}
    (place,) = thin([feature("A", geometry)], "c", "n", 0.01)
    assert place["geometry"] == {"type": "Point", "coordinates": [1.5, 2.0]}


def test_the_committed_contours_are_small_and_whole() -> None:
    files = sorted(CONTOURS.glob("*.geojson"))
    assert sum(file.stat().st_size for file in files) < 600_000
    for file in files:
        places = json.loads(file.read_bytes())["features"]
        assert len(places) == {"regions": 13, "departements": 96, "territories": 149}[file.stem]
        for place in places:
            shape = place["geometry"]
            for part in {"Polygon": [shape["coordinates"]]}.get(shape["type"], shape["coordinates"]):
                if shape["type"] != "Point":
                    assert area(part[0]) > 0
                    assert all(ring[0] == ring[-1] and len(ring) > 3 for ring in part)
