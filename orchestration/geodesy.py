"""Distances on the globe. Belongs here: points and the way between two of them. Does not: where places lie
(data/reference)."""

from __future__ import annotations

from math import asin, cos, radians, sin, sqrt
from typing import NamedTuple

EARTH_RADIUS_KM = 6371.0088
"""Mean radius of the Earth, R1 of the ellipsoid GRS 80 (H. Moritz, Geodetic Reference System 1980)."""


class Point(NamedTuple):
    """A place: latitude and longitude in degrees, WGS 84."""

    latitude: float
    longitude: float


def kilometres(one: Point, other: Point) -> float:
    """Length of the great circle between two points, in kilometres, as the crow flies.

    Haversine formula: 2 R asin(sqrt(sin²(Δφ/2) + cos φ₁ cos φ₂ sin²(Δλ/2))) (R. W. Sinnott, "Virtues of the
    Haversine", Sky and Telescope 68, 1984). On a sphere: at most 0.6 % from the ellipsoid.
    """
    north, east = radians(other.latitude - one.latitude), radians(other.longitude - one.longitude)
    half = (
        sin(north / 2) ** 2 + cos(radians(one.latitude)) * cos(radians(other.latitude)) * sin(east / 2) ** 2
    )
    # Rounding may lift the haversine of opposite points a hair above 1.
    return 2 * EARTH_RADIUS_KM * asin(sqrt(min(1.0, half)))
