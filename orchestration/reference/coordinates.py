"""Where communes lie. Belongs here: one point for each commune or intercommunal body, from GeoNames' gazetteer and
ANCT's centroids. Does not: reading or writing files (build.py), distances (orchestration/matching)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from orchestration.geodesy import Point, kilometres
from orchestration.reference.places import Row

FARTHEST_KM = 50
"""A town farther from the centre of its own intercommunal body is a mistake of the gazetteer: the farthest true one
lies at 48 km (Hendaye), the nearest false one at 51 km (a Vallière in another part of the Creuse)."""

_FRENCH = frozenset({"FR", "GP", "MQ", "GF", "RE", "YT", "PM", "BL", "MF"})
_PART_OF_A_TOWN = "PPLX"


def derive_coordinates(
    communes: Iterable[Row], gazetteer: Iterable[str], centroids: Iterable[Mapping[str, Any]]
) -> list[Row]:
    """Latitude and longitude (WGS 84, degrees, three decimals: 100 m), by kind of place and code.

    A commune (``commune``) lies where GeoNames has the largest of its towns and villages; places of fewer than
    500 inhabitants are not in that file, so that some communes have no row. An intercommunal body (``epci``) lies
    at the centroid of its area. Districts of Paris, Lyon and Marseille have none of their own.

    Args:
        communes: rows of the table ``communes``.
        gazetteer: lines of GeoNames' ``cities500.txt``; its fourth level of division is INSEE's code.
        centroids: features of ANCT's ``anct_centroide-4326_epci-ept.geojson``.
    """
    centres = {
        feature["properties"]["siren_epci"]: Point(*reversed(feature["geometry"]["coordinates"][:2]))
        for feature in centroids
        # The bodies inside Greater Paris are left out: one of them is placed in La Réunion.
        if feature["properties"]["siren_epci"]
    }
    bodies = {row["commune_code"]: row["epci_code"] for row in communes}
    towns: dict[str, tuple[tuple[bool, int, int], Point]] = {}
    for line in gazetteer:
        field = line.rstrip("\n").split("\t")
        number, latitude, longitude, feature, country, code, people = (
            field[i] for i in (0, 4, 5, 7, 8, 13, 14)
        )
        if country not in _FRENCH or code not in bodies:
            continue
        town = Point(float(latitude), float(longitude))
        centre = centres.get(bodies[code])
        if centre and kilometres(town, centre) > FARTHEST_KM:
            continue
        rank = (feature != _PART_OF_A_TOWN, int(people), -int(number))
        if code not in towns or rank > towns[code][0]:
            towns[code] = rank, town
    found = [("commune", code, town) for code, (_, town) in towns.items()]
    found += [("epci", code, centre) for code, centre in centres.items()]
    return [
        {"place_kind": kind, "place_code": code, "latitude": f"{at.latitude:.3f}", "longitude": f"{at.longitude:.3f}"}
        for kind, code, at in sorted(found)
    ]  # fmt: skip
