"""The plane of every map of a release. Belongs here: projecting the contours of places into small drawable paths. Does
not: thinning public contours (orchestration/reference/contours.py), or drawing a map."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any

from orchestration.errors import ReleaseError
from orchestration.reference.contours import thin
from orchestration.settings import Settings

Point = tuple[float, float]
Ring = list[tuple[int, int]]

KINDS = ("regions", "departements", "territories")
WIDTH, HEIGHT = 1_160, 1_090
"""In units of a kilometre, under a pixel on any page."""
# Lambert-93 (IGN, "Projection cartographique conique conforme de Lambert", NT/G 71), constants of EPSG:2154.
_EXPONENT, _CONSTANT = 0.7256077650, 11_754_255.426
_ORIGIN_X, _ORIGIN_Y, _MERIDIAN = 700_000.0, 12_655_612.050, math.radians(3.0)
_ECCENTRICITY = 0.081819191042816
_LEFT, _TOP = 90, 7_125
_SMALLEST_RING = 6  # km²: smaller islands would be a speck
# Overseas régions have no place in this projection: a tile each, in the empty south-west corner.
_TILE = 92
_TILES = {"01": (10, 560), "02": (118, 560), "03": (10, 672), "04": (118, 672), "06": (10, 784)}
_DEPARTEMENTS = {"971": "01", "972": "02", "973": "03", "974": "04", "976": "06"}
_KM_A_DEGREE = 111.2  # from south to north
_POINT_RADIUS = 9  # of a territory that is published as points


@dataclass(frozen=True)
class Shape:
    """A place on the plane: its SVG path, and the point to label, in km east and south of the plane's corner."""

    d: str
    x: int
    y: int


@lru_cache
def shapes(kind: str) -> Mapping[str, Shape]:
    """The shapes of a kind of places (one of ``KINDS``) by code, of the project's reference folder.

    Overseas régions are tiles, and their territories are drawn inside them at a scale of their own.

    Raises:
        ReleaseError: the contours are missing.
    """
    if kind == "territories":
        rings = _territories()
    else:
        tiles = {code: code for code in _TILES} if kind == "regions" else _DEPARTEMENTS
        rings = _mainland(kind) | {code: [_tile(region)] for code, region in tiles.items()}
    return {code: _shape(own) for code, own in sorted(rings.items())}


def is_overseas(region: str) -> bool:
    """Whether a région is drawn as a tile, whose scale is its own."""
    return region in _TILES


def silhouette(tolerance: float) -> str:
    """The régions as one path in which no point lies more than ``tolerance`` km off, for a small picture."""
    coarse = thin(_features("regions"), "code", "name", tolerance / _KM_A_DEGREE)
    rings = [ring for place in coarse for ring in _flat(_rings(place["geometry"]))]
    return "".join(map(_path, [*rings, *map(_tile, _TILES)]))


def project(longitude: float, latitude: float) -> Point:
    """Kilometres east and south of the map's corner, by Lambert-93; degrees in."""
    phi = math.radians(latitude)
    sine = _ECCENTRICITY * math.sin(phi)
    isometric = math.atanh(math.sin(phi)) - _ECCENTRICITY * math.atanh(sine)
    radius = _CONSTANT * math.exp(-_EXPONENT * isometric)
    angle = _EXPONENT * (math.radians(longitude) - _MERIDIAN)
    east, north = _ORIGIN_X + radius * math.sin(angle), _ORIGIN_Y - radius * math.cos(angle)
    return east / 1_000 - _LEFT, _TOP - north / 1_000


def _mainland(kind: str) -> dict[str, list[Ring]]:
    return {code: _flat(rings) for code, rings in _read(kind).items()}


def _territories() -> dict[str, list[Ring]]:
    places = _read("territories")
    drawn: dict[str, list[Ring]] = {}
    for code, corner in _TILES.items():
        drawn |= _in_tile({place: rings for place, rings in places.items() if place[3:5] == code}, corner)
    return drawn | {place: _flat(rings) for place, rings in places.items() if place not in drawn}


def _read(kind: str) -> dict[str, list[list[Point]]]:
    return {feature["id"]: list(_rings(feature["geometry"])) for feature in _features(kind)}


def _features(kind: str) -> list[dict[str, Any]]:
    file = Settings().reference / "contours" / f"{kind}.geojson"
    if not file.is_file():
        raise ReleaseError(
            "the contours of the maps are missing",
            where=str(file),
            expected="the files of data/reference/contours",
            fix="take them from git, or make them with `python -m orchestration.reference`",
        )
    features: list[dict[str, Any]] = json.loads(file.read_bytes())["features"]
    return features


def _rings(geometry: Mapping[str, Any]) -> Iterator[list[Point]]:
    """Outer and inner rings; a lone point is a small ring."""
    match geometry["type"]:
        case "Polygon":
            yield from geometry["coordinates"]
        case "MultiPolygon":
            for polygon in geometry["coordinates"]:
                yield from polygon
        case _:
            yield _around(*geometry["coordinates"])


def _around(east: float, north: float) -> list[Point]:
    """An octagon about a point, in degrees."""
    height = _POINT_RADIUS / _KM_A_DEGREE
    width = height / math.cos(math.radians(north))
    turns = [math.tau * step / 8 for step in range(9)]
    return [(east + width * math.cos(turn), north + height * math.sin(turn)) for turn in turns]


def _flat(rings: Iterable[list[Point]]) -> list[Ring]:
    return _thinned([[project(east, north) for east, north in ring] for ring in rings])


def _in_tile(territories: Mapping[str, list[list[Point]]], corner: tuple[int, int]) -> dict[str, list[Ring]]:
    """The territories of one overseas région, filling its tile together."""
    points = [point for rings in territories.values() for ring in rings for point in ring]
    if not points:
        return {}
    west, east = min(p[0] for p in points), max(p[0] for p in points)
    south, north = min(p[1] for p in points), max(p[1] for p in points)
    squeeze = math.cos(math.radians((south + north) / 2))
    scale = (_TILE - 12) / max((east - west) * squeeze, north - south)
    left = corner[0] + (_TILE - (east - west) * squeeze * scale) / 2
    top = corner[1] + (_TILE - (north - south) * scale) / 2
    return {
        code: _thinned(
            [
                [(left + (lon - west) * squeeze * scale, top + (north - lat) * scale) for lon, lat in ring]
                for ring in rings
            ]
        )
        for code, rings in territories.items()
    }


def _tile(region: str) -> Ring:
    x, y = _TILES[region]
    return [(x, y), (x + _TILE, y), (x + _TILE, y + _TILE), (x, y + _TILE)]


def _thinned(rings: list[list[Point]]) -> list[Ring]:
    """Rings on whole kilometres without repeated or in-line points; specks go unless nothing else is left."""
    rounded = [_straightened([(round(x), round(y)) for x, y in ring]) for ring in rings]
    solid = [ring for ring in rounded if len(ring) > 2]
    kept = [ring for ring in solid if abs(_area(ring)) >= _SMALLEST_RING]
    return kept or solid[:1]


def _straightened(ring: Ring) -> Ring:
    points = [point for place, point in enumerate(ring) if point != ring[place - 1]]
    return [
        (x, y)
        for place, (x, y) in enumerate(points)
        for (ax, ay), (bx, by) in ((points[place - 1], points[(place + 1) % len(points)]),)
        if (x - ax) * (by - y) != (y - ay) * (bx - x)
    ]


def _area(ring: Ring) -> float:
    """Signed area by the shoelace formula, in the ring's units squared."""
    return sum(ax * by - bx * ay for (ax, ay), (bx, by) in zip(ring, ring[1:] + ring[:1], strict=True)) / 2


def _centre(ring: Ring) -> Point:
    """Centre of mass of a ring."""
    pairs = list(zip(ring, ring[1:] + ring[:1], strict=True))
    six = 6 * _area(ring)
    return (
        sum((ax + bx) * (ax * by - bx * ay) for (ax, ay), (bx, by) in pairs) / six,
        sum((ay + by) * (ax * by - bx * ay) for (ax, ay), (bx, by) in pairs) / six,
    )


def _shape(rings: list[Ring]) -> Shape:
    x, y = _centre(max(rings, key=lambda ring: abs(_area(ring))))
    return Shape("".join(map(_path, rings)), round(x), round(y))


def _path(ring: Ring) -> str:
    """One closed subpath with relative steps, which are short."""
    steps = "".join(
        f"{bx - ax}{'' if by - ay < 0 else ' '}{by - ay}{'' if place == len(ring) - 2 else ' '}"
        for place, ((ax, ay), (bx, by)) in enumerate(pairwise(ring))
    )
    return f"M{ring[0][0]} {ring[0][1]}l{steps}z"
