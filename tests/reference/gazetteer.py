"""Lines of GeoNames' gazetteer. Belongs here: making them for tests. Does not: reading them."""

from __future__ import annotations


def gazetteer_line(
    code: str, latitude: str, longitude: str, *, people: int = 600, feature: str = "PPL", country: str = "FR"
) -> str:
    """A line of ``cities500.txt`` for a place of a commune, with its nineteen fields."""
    fields = [
        "1", "A", "A", "", latitude, longitude, "P", feature, country, "", "", "", "", code, str(people), "", "",
        "Europe/Paris", "2023-01-01",
    ]  # fmt: skip
    return "\t".join(fields) + "\n"
