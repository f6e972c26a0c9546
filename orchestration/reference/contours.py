"""Contours of places for maps. Belongs here: thinning public contours so that neighbours still meet. Does not:
reading or writing files (build.py), drawing."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from math import cos, hypot, radians
from typing import Any

Point = tuple[float, float]
Ring = list[Point]

DECIMALS = 3
"""Of a degree: 0.001 is 111 m from south to north."""
_WIDTH = cos(radians(46.5))
# The area under which an island is left out, in square degrees: 0.001 is 8 km². A place keeps its largest part.
_ISLAND = 0.001


def thin(
    features: Sequence[Mapping[str, Any]], code: str, label: str, tolerance: float
) -> list[dict[str, Any]]:
    """GeoJSON features (``id``, properties ``code`` and ``name``) with fewer points, sorted by code.

    A border of two places is thinned once for both (Douglas and Peucker 1973, between the points where borders
    meet), so that no gap opens. A place of which the source knows only points becomes the point in their middle.

    Args:
        features: GeoJSON features of longitudes and latitudes.
        code, label: the properties that hold the code and the name.
        tolerance: how far a left-out point may lie from its border, in degrees of latitude.
    """
    polygons = {f["properties"][code]: list(_polygons(f["geometry"])) for f in features}
    names = {f["properties"][code]: f["properties"][label] for f in features}
    spots = {f["properties"][code]: list(_points(f["geometry"])) for f in features}
    joints = _joints(ring for parts in polygons.values() for part in parts for ring in part)
    thinned = {}
    for place, parts in polygons.items():
        kept = [_thin_polygon(part, joints, tolerance) for part in parts]
        kept = sorted((part for part in kept if part), key=lambda part: -abs(_area(part[0])))
        kept = kept[:1] + [part for part in kept[1:] if abs(_area(part[0])) > _ISLAND]
        thinned[place] = _geometry(kept) if kept else _middle(spots[place])
    return [
        {
            "type": "Feature",
            "id": place,
            "properties": {"code": place, "name": names[place]},
            "geometry": thinned[place],
        }
        for place in sorted(thinned)
    ]


def _polygons(geometry: Mapping[str, Any]) -> Iterator[list[Ring]]:
    """The polygons of a geometry as closed rings without repeated points."""
    match geometry["type"]:
        case "GeometryCollection":
            for part in geometry["geometries"]:
                yield from _polygons(part)
        case "Polygon":
            yield [_ring(ring) for ring in geometry["coordinates"]]
        case "MultiPolygon":
            for polygon in geometry["coordinates"]:
                yield [_ring(ring) for ring in polygon]


def _points(geometry: Mapping[str, Any]) -> Iterator[Point]:
    """The lone points of a geometry."""
    match geometry["type"]:
        case "GeometryCollection":
            for part in geometry["geometries"]:
                yield from _points(part)
        case "Point":
            yield tuple(geometry["coordinates"])
        case "MultiPoint":
            yield from map(tuple, geometry["coordinates"])


def _ring(coordinates: Iterable[Sequence[float]]) -> Ring:
    # A millionth of a degree is 10 cm: the same corner, drawn by two places.
    points = [(round(x, 6), round(y, 6)) for x, y, *_ in coordinates]
    ring = [point for point, following in pairwise(points) if point != following]
    return [*ring, ring[0]] if ring else []


def _joints(rings: Iterable[Ring]) -> set[Point]:
    """The points where three borders meet, or a border shared by two places begins or ends."""
    neighbours: dict[Point, set[Point]] = defaultdict(set)
    for ring in rings:
        for point, following in pairwise(ring):
            neighbours[point].add(following)
            neighbours[following].add(point)
    return {point for point, near in neighbours.items() if len(near) > 2}


def _thin_polygon(rings: list[Ring], joints: set[Point], tolerance: float) -> list[Ring]:
    """The thinned rings, the outer one counter-clockwise as RFC 7946 asks; none where nothing is left."""
    kept = []
    for place, ring in enumerate(rings):
        thinned = _thin_ring(ring, joints, tolerance)
        if len(thinned) < 4:
            if place == 0:
                return []
            continue
        if (_area(thinned) > 0) != (place == 0):
            thinned.reverse()
        kept.append(thinned)
    return kept


def _thin_ring(ring: Ring, joints: set[Point], tolerance: float) -> Ring:
    """A closed ring with its borders thinned, rounded; from the same border both places get the same points."""
    opened = ring[:-1]
    if not opened:
        return []
    start = next((i for i, point in enumerate(opened) if point in joints), opened.index(min(opened)))
    turned = opened[start:] + opened[: start + 1]
    stops = [i for i, point in enumerate(turned) if i in (0, len(turned) - 1) or point in joints]
    if len(stops) == 2:
        first = turned[0]
        farthest = max(range(len(turned)), key=lambda i: _distance(turned[i], first, first))
        stops.insert(1, farthest)
    points: Ring = []
    for begin, end in pairwise(stops):
        border = turned[begin : end + 1]
        backwards = border[::-1] < border
        thinned = _thin_line(border[::-1] if backwards else border, tolerance)
        points += (thinned[::-1] if backwards else thinned)[:-1]
    rounded = [(round(x, DECIMALS), round(y, DECIMALS)) for x, y in points]
    distinct = [point for i, point in enumerate(rounded) if point != rounded[i - 1]]
    return [*distinct, distinct[0]] if distinct else []


def _thin_line(line: Ring, tolerance: float) -> Ring:
    """Douglas and Peucker's line: no left-out point lies farther than the tolerance from it."""
    keep = {0, len(line) - 1}
    waiting = [(0, len(line) - 1)]
    while waiting:
        first, last = waiting.pop()
        if last - first < 2:
            continue
        farthest = max(range(first + 1, last), key=lambda i: _distance(line[i], line[first], line[last]))
        if _distance(line[farthest], line[first], line[last]) > tolerance:
            keep.add(farthest)
            waiting += [(first, farthest), (farthest, last)]
    return [line[i] for i in sorted(keep)]


def _distance(point: Point, start: Point, end: Point) -> float:
    """From a point to a segment, in degrees of latitude."""
    x, y = (point[0] - start[0]) * _WIDTH, point[1] - start[1]
    along_x, along_y = (end[0] - start[0]) * _WIDTH, end[1] - start[1]
    length = along_x**2 + along_y**2
    share = min(1.0, max(0.0, (x * along_x + y * along_y) / length)) if length else 0.0
    return hypot(x - share * along_x, y - share * along_y)


def _area(ring: Ring) -> float:
    """Twice-halved shoelace sum: square degrees, positive counter-clockwise."""
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(ring)) / 2


def _geometry(polygons: list[list[Ring]]) -> dict[str, Any]:
    if len(polygons) == 1:
        return {"type": "Polygon", "coordinates": polygons[0]}
    return {"type": "MultiPolygon", "coordinates": polygons}


def _middle(points: list[Point]) -> dict[str, Any]:
    counted = Counter(points)
    x, y = (sum(point[axis] for point in counted) / len(counted) for axis in (0, 1))
    return {"type": "Point", "coordinates": [round(x, DECIMALS), round(y, DECIMALS)]}
