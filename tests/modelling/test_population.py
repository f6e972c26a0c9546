"""The population of the register, counted by hand."""

from __future__ import annotations

import duckdb
import pytest


def test_margins_count_active_industry_by_place_size_and_sector(marts: duckdb.DuckDBPyConnection) -> None:
    found = marts.execute(
        """select region_code, size_class, sector, territory_id, companies, headcount
        from population_margins order by 1, 2, 3"""
    ).fetchall()
    # Left out: one that ceased, a shop, one without activity code. NN and no band: presumed without employees.
    assert [row[:5] for row in found] == [
        ("32", "0-9", "C", "ti-3202", 1),
        ("32", "0-9", "E", "ti-3202", 1),
        ("32", "10-49", "C", "ti-3202", 2),
        ("32", "50-249", "C", "ti-3211", 1),
        ("unknown", "250+", "D", None, 1),
    ]
    # Geometric means of the bands: 20-49 and 10-19, 200-249, and 10,000 for the open one.
    wanted = [0, 0, (20 * 49) ** 0.5 + (10 * 19) ** 0.5, (200 * 249) ** 0.5, 10_000]
    assert [row[5] for row in found] == pytest.approx(wanted, abs=0.02)
