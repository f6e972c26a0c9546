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


def test_what_companies_declare_is_held_against_the_register(marts: duckdb.DuckDBPyConnection) -> None:
    found = marts.execute(
        """select edition, attribute, companies, differing, differing_share
        from fct_register_agreement order by 1, 2"""
    ).fetchall()
    # One respondent declares Paris where the register knows Ajaccio; its headcount is not known to the register.
    assert found == [("tour_2019", "commune", 1, 1, 1.0), ("tour_2019", "region", 1, 1, 1.0)]


def test_a_company_has_what_the_register_says_of_it(marts: duckdb.DuckDBPyConnection) -> None:
    found = marts.execute(
        """select state, open_establishments, closed_establishments, is_partly_disclosed
        from dim_company where attributes_source = 'register' and naf_code = '28.22Z'"""
    ).fetchall()
    assert found == [("A", 3, 2, True)]
