"""Shapes for printed maps. Belongs here: projecting and thinning public geometries into small drawable paths. Does not:
reading files, drawing a map, contours with coordinates (contours.py)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Any

Point = tuple[float, float]
Ring = list[tuple[int, int]]

# Lambert-93 (IGN, "Projection cartographique conique conforme de Lambert", NT/G 71), constants of EPSG:2154.
_EXPONENT, _CONSTANT = 0.7256077650, 11_754_255.426
_ORIGIN_X, _ORIGIN_Y, _MERIDIAN = 700_000.0, 12_655_612.050, math.radians(3.0)
_ECCENTRICITY = 0.081819191042816
# One unit of a path is a kilometre: under a pixel on any page, and all neighbours round a shared point alike.
_LEFT, _TOP = 90, 7_125
WIDTH, HEIGHT = 1_160, 1_090
_SMALLEST_RING = 6  # km²: smaller islands would be a speck
# Overseas régions have no place in this projection: a tile each, in the empty south-west corner.
_TILE = 92
TILES = {"01": (10, 560), "02": (118, 560), "03": (10, 672), "04": (118, 672), "06": (10, 784)}
_POINT_RADIUS = 9  # of a territory that is published as points


def derive_shapes(
    regions: Mapping[str, Any], departements: Mapping[str, Any], territories: Mapping[str, Any]
) -> dict[str, dict[str, dict[str, Any]]]:
    """Régions, mainland départements and territories by code: an SVG path (``d``, in km east and south) and the point
    to label (``x``, ``y``).

    Overseas régions are tiles, and their territories are drawn inside them at a scale of their own.
    """
    overseas = {code: _tile_ring(*corner) for code, corner in TILES.items()}
    drawn, counties = (
        {f["properties"]["code"]: _flat(_rings(f["geometry"])) for f in layer["features"]}
        for layer in (regions, departements)
    )
    drawn |= {code: [ring] for code, ring in overseas.items()}
    places: dict[str, list[list[Point]]] = {
        f["properties"]["id_ti"]: list(_rings(f["geometry"])) for f in territories["features"]
    }
    zones: dict[str, list[Ring]] = {}
    for code in {territory[3:5] for territory in places} & TILES.keys():
        own = {territory: rings for territory, rings in places.items() if territory[3:5] == code}
        zones |= _in_tile(own, TILES[code])
    zones |= {code: _flat(rings) for code, rings in places.items() if code not in zones}
    return {"regions": _shapes(drawn), "departements": _shapes(counties), "territories": _shapes(zones)}


def project(longitude: float, latitude: float) -> Point:
    """Kilometres east and south of the map's corner, by Lambert-93; degrees in."""
    phi = math.radians(latitude)
    sine = _ECCENTRICITY * math.sin(phi)
    isometric = math.atanh(math.sin(phi)) - _ECCENTRICITY * math.atanh(sine)
    radius = _CONSTANT * math.exp(-_EXPONENT * isometric)
    angle = _EXPONENT * (math.radians(longitude) - _MERIDIAN)
    east, north = _ORIGIN_X + radius * math.sin(angle), _ORIGIN_Y - radius * math.cos(angle)
    return east / 1_000 - _LEFT, _TOP - north / 1_000


def _rings(geometry: Mapping[str, Any]) -> Iterator[list[Point]]:
    """Outer and inner rings; a lone point is a small ring, and gives way to areas beside it."""
    match geometry["type"]:
        case "Polygon":
            yield from geometry["coordinates"]
        case "MultiPolygon":
            for polygon in geometry["coordinates"]:
                yield from polygon
        case "GeometryCollection":
            areas = [part for part in geometry["geometries"] if part["type"] not in ("Point", "MultiPoint")]
            for part in areas or geometry["geometries"]:
                yield from _rings(part)
        case "Point":
            yield _around([geometry["coordinates"]])
        case _:
            yield _around(geometry["coordinates"])


def _around(points: list[Point]) -> list[Point]:
    """An octagon about the middle of some points, in degrees."""
    east, north = (sum(point[axis] for point in points) / len(points) for axis in (0, 1))
    height = _POINT_RADIUS / 111.2
    width = height / math.cos(math.radians(north))
    turns = [math.tau * step / 8 for step in range(9)]
    return [(east + width * math.cos(turn), north + height * math.sin(turn)) for turn in turns]


def _flat(rings: Iterable[list[Point]]) -> list[Ring]:
    return _thinned([[project(east, north) for east, north, *_ in ring] for ring in rings])


def _in_tile(territories: Mapping[str, list[list[Point]]], corner: tuple[int, int]) -> dict[str, list[Ring]]:
    """The territories of one overseas région, filling its tile together."""
    points = [point for rings in territories.values() for ring in rings for point in ring]
    west, east = min(p[0] for p in points), max(p[0] for p in points)
    south, north = min(p[1] for p in points), max(p[1] for p in points)
    squeeze = math.cos(math.radians((south + north) / 2))
    scale = (_TILE - 12) / max((east - west) * squeeze, north - south)
    left = corner[0] + (_TILE - (east - west) * squeeze * scale) / 2
    top = corner[1] + (_TILE - (north - south) * scale) / 2
    return {
        code: _thinned(
            [
                [
                    (left + (lon - west) * squeeze * scale, top + (north - lat) * scale)
                    for lon, lat, *_ in ring
                ]
                for ring in rings
            ]
        )
        for code, rings in territories.items()
    }


def _tile_ring(x: int, y: int) -> Ring:
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


def _shapes(drawn: Mapping[str, list[Ring]]) -> dict[str, dict[str, Any]]:
    shapes = {}
    for code, rings in sorted(drawn.items()):
        x, y = _centre(max(rings, key=lambda ring: abs(_area(ring))))
        shapes[code] = {"d": "".join(map(_path, rings)), "x": round(x), "y": round(y)}
    return shapes


def _path(ring: Ring) -> str:
    """One closed subpath with relative steps, which are short."""
    steps = "".join(
        f"{bx - ax}{'' if by - ay < 0 else ' '}{by - ay}{'' if place == len(ring) - 2 else ' '}"
        for place, ((ax, ay), (bx, by)) in enumerate(pairwise(ring))
    )
    return f"M{ring[0][0]} {ring[0][1]}l{steps}z"
