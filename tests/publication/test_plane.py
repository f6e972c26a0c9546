"""The plane of all maps: places where they lie, every place we know, and small."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest

from orchestration.errors import ReleaseError
from orchestration.publication import plane
from orchestration.settings import Settings


def codes(table: str, column: str) -> set[str]:
    with (Settings().reference / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return {row[column] for row in csv.DictReader(file)}


def test_every_place_has_a_small_shape() -> None:
    assert set(plane.shapes("territories")) == codes("territories", "territory_id")
    assert len(plane.shapes("regions")) == 18
    assert set(plane.shapes("regions")) < codes("regions", "region_code")
    assert len(plane.shapes("departements")) == 101
    assert set(plane.shapes("departements")) < codes("departements", "departement_code")
    for kind in plane.KINDS:
        drawn = plane.shapes(kind)
        assert len(json.dumps([asdict(shape) for shape in drawn.values()])) < 80_000
        assert all(re.fullmatch(r"(M-?\d+ -?\d+l[-\d ]+z)+", shape.d) for shape in drawn.values())
        assert all(0 <= shape.x <= plane.WIDTH and 0 <= shape.y <= plane.HEIGHT for shape in drawn.values())


def test_the_territories_of_an_overseas_region_lie_in_its_tile() -> None:
    tile = plane.shapes("regions")["04"]
    inside = {code: shape for code, shape in plane.shapes("territories").items() if code[3:5] == "04"}
    assert inside
    assert all(abs(shape.x - tile.x) < 46 and abs(shape.y - tile.y) < 46 for shape in inside.values())


@pytest.mark.parametrize(
    ("longitude", "latitude", "east", "north"),
    # The origin of the projection, and Paris as IGN's circé places it (Lambert-93, metres, to the kilometre).
    [(3.0, 46.5, 700, 6600), (2.3488, 48.8534, 652, 6862)],
)
def test_the_projection_is_lambert_93(longitude: float, latitude: float, east: int, north: int) -> None:
    x, y = plane.project(longitude, latitude)
    assert (x + 90, 7125 - y) == pytest.approx((east, north), abs=0.6)


def test_the_silhouette_is_much_smaller_than_the_map() -> None:
    whole = sum(len(shape.d) for shape in plane.shapes("regions").values())
    assert 500 < len(plane.silhouette(8)) < whole / 3


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setenv("SKILLSBANK_REFERENCE", str(tmp_path))
    plane.shapes.cache_clear()
    yield
    plane.shapes.cache_clear()


@pytest.mark.usefixtures("nowhere")
def test_missing_contours_are_named() -> None:
    with pytest.raises(ReleaseError, match="contours"):
        plane.shapes("regions")
