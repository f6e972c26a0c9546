"""The explorer's maps. Belongs here: contours of places as paths on a plane. Does not: their sources, or colours."""

from __future__ import annotations

import json
from itertools import pairwise
from math import atanh, cos, exp, radians, sin
from pathlib import Path
from typing import Any

from orchestration.errors import ReleaseError

CONTOURS = Path(__file__).resolve().parents[3] / "data" / "reference" / "contours"
KINDS = ("regions", "departements", "territories")

# Lambert 93 (IGN, NTG 71): exponent, constant and origin of the projection, eccentricity of GRS 80; metres.
_N, _C, _XS, _YS, _E = 0.7256077650532670, 11_754_255.426, 700_000.0, 12_655_612.050, 0.08181919106
_MERIDIAN = radians(3)
_UNIT = 500  # metres: half of what the contours leave out
_LEFT, _TOP = 90_000, 7_120_000
WIDTH, HEIGHT = 2320, 2160
"""The plane of the paths, in units of 500 m: metropolitan France."""


def read_paths(kind: str) -> dict[str, Any]:
    """Code → SVG path data, or ``[x, y]`` of a place that is a point; null for a place outside the plane.

    Raises:
        ReleaseError: the contours are missing.
    """
    file = CONTOURS / f"{kind}.geojson"
    if not file.is_file():
        raise ReleaseError(
            "the contours of the explorer's map are missing",
            where=str(file),
            expected="the files of data/reference/contours",
            fix="take them from git, or make them with `python -m orchestration.reference`",
        )
    features = json.loads(file.read_bytes())["features"]
    return {feature["id"]: _drawn(feature["geometry"]) for feature in features}


def _drawn(geometry: dict[str, Any]) -> str | list[int] | None:
    coordinates = geometry["coordinates"]
    match geometry["type"]:
        case "Point":
            point = _project(*coordinates)
            return list(point) if _inside(point) else None
        case "Polygon":
            polygons = [coordinates]
        case _:
            polygons = coordinates
    rings = [[_project(*point) for point in ring] for polygon in polygons for ring in polygon]
    return "".join(map(_path, rings)) if _inside(rings[0][0]) else None


def _inside(point: tuple[int, int]) -> bool:
    return 0 <= point[0] <= WIDTH and 0 <= point[1] <= HEIGHT


def _project(longitude: float, latitude: float) -> tuple[int, int]:
    """Lambert 93, then the plane of the paths, y downwards (IGN, NTG 71, algorithms 1 and 3)."""
    sine = sin(radians(latitude))
    radius = _C * exp(-_N * (atanh(sine) - _E * atanh(_E * sine)))
    angle = _N * (radians(longitude) - _MERIDIAN)
    x, y = _XS + radius * sin(angle), _YS - radius * cos(angle)
    return round((x - _LEFT) / _UNIT), round((_TOP - y) / _UNIT)


def _path(ring: list[tuple[int, int]]) -> str:
    """Path data with relative steps, which are short."""
    steps = ((b[0] - a[0], b[1] - a[1]) for a, b in pairwise(ring[:-1]))
    moves = " ".join(f"{x} {y}" for x, y in steps if x or y)
    return f"M{ring[0][0]} {ring[0][1]}l{moves}z".replace(" -", "-")
