"""Protection: clean under attack, no more than needed, the same whatever the order."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestration.disclosure import (
    Breakdown,
    Count,
    Magnitude,
    Protection,
    Reason,
    Rules,
    Share,
    Tables,
    attack,
    build,
    protect,
)
from orchestration.disclosure.attacker import reasons_of

from .conftest import SYSTEMS, breakdown, people, turnover

RULES = Rules(shown_base=0)
FAST = Rules(shown_base=0, optimal_cells=0)
CROSSES = [(), ("region",), ("territory",), ("size",), ("region", "size"), ("territory", "size")]


@st.composite
def surveys(draw: st.DrawFn) -> Tables:
    """Small random surveys: territories that cross regions, gaps, weights, rare traits, subsets of tables."""
    count = draw(st.integers(4, 40))
    seed = draw(st.integers(0, 2**32 - 1))
    random = np.random.default_rng(seed)
    region = random.integers(0, draw(st.integers(1, 3)), count)
    territory = np.where(random.random(count) < 0.2, random.integers(0, 5, count), 2 * region)
    size = random.integers(0, draw(st.integers(1, 3)), count)
    weight = random.uniform(1, 30, count) if draw(st.booleans()) else np.ones(count)
    amount = np.round(random.lognormal(3, 1.5, count), 1)
    table = people(
        {
            "region": [f"r{i}" for i in region],
            "territory": [f"t{i}" if i < 4 else None for i in territory],
            "size": [f"s{i}" for i in size],
        },
        [int(x) for x in random.random(count) < draw(st.sampled_from([0.05, 0.3, 0.6]))],
        weight.tolist(),
    )
    table = table.append_column("amount", pa.array(amount)).append_column("total", pa.array(amount * weight))
    figure = draw(st.sampled_from([Count(), Share(), Magnitude("amount", "amount", "total")]))
    crosses = draw(st.lists(st.sampled_from(CROSSES), min_size=1, max_size=6, unique=True))
    return build(table, [breakdown(*c) for c in crosses], figure, {"territory": "region"})


@given(surveys(), st.sampled_from([RULES, FAST, Rules(), Rules(optimal_cells=0)]))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_attack_succeeds_after_protection(tables: Tables, rules: Rules):
    protection = protect(tables, rules)
    report = attack(tables, protection.pattern, rules)
    assert report.clean, [str(b) for b in report.breaches]
    must = (reasons_of(tables, rules) != 0) & tables.printed
    assert protection.pattern[must].all()
    assert not protection.pattern[~tables.printed].any()
    assert (protection.pattern == (tables.printed & (protection.reasons != 0))).all()


@given(st.lists(st.integers(3, 9), min_size=4, max_size=9), st.sampled_from([RULES, FAST]))
@settings(max_examples=15, deadline=None)
def test_nothing_is_hidden_where_nothing_is_secret(sizes: list[int], rules: Rules):
    cells = [i for i, size in enumerate(sizes) for _ in range(size)]
    rows = {"region": [f"r{i % 3}" for i in cells], "size": [f"s{i // 3}" for i in cells]}
    crosses = [breakdown(*c) for c in ((), ("region",), ("size",), ("region", "size"))]
    protection = protect(build(people(rows, [0] * len(cells)), crosses, Count()), rules)
    assert not protection.pattern.any()


@pytest.mark.parametrize("rules", [RULES, FAST])
def test_the_order_of_rows_and_tables_does_not_matter(respondents: pa.Table, rules: Rules):
    crosses = [breakdown(*c) for c in SYSTEMS["region*size"]]
    figure = Magnitude("turnover", "turnover", "turnover")
    shuffled = respondents.take(np.random.default_rng(7).permutation(respondents.num_rows))
    one = protect(build(respondents, crosses, figure), rules)
    other = protect(build(shuffled, crosses[::-1], figure), rules)
    assert _hidden(one) == _hidden(other)


def test_the_same_input_gives_the_same_pattern(respondents: pa.Table):
    tables = turnover(respondents, "region*sector_cal")
    one, other = protect(tables, FAST), protect(tables, FAST)
    assert (one.pattern == other.pattern).all()
    assert one.log == other.log


def test_renaming_the_domains_changes_nothing(respondents: pa.Table):
    # Names keep their order: ties between cells of equal cost are broken by name.
    figure = Magnitude("turnover", "turnover", "turnover")
    crosses = [breakdown(*c) for c in SYSTEMS["region*size"]]
    renamed = respondents.set_column(
        0, "region", pa.array([f"région {r}" for r in respondents["region"].to_pylist()])
    )
    one = protect(build(respondents, crosses, figure), FAST)
    other = protect(build(renamed, crosses, figure), FAST)
    assert one.pattern.tolist() == other.pattern.tolist()


@pytest.mark.parametrize(
    ("system", "most"),
    [
        # The optimum (Benders, and tau-Argus) is 582,570.
        ("region*size", 582_570),
        # tau-Argus' optimum is 1,996,180, without the protection against lone companies.
        ("region*sector_cal", 1_996_181),
        # tau-Argus, table by table: 2.58 M; lone companies cost the rest.
        ("linked region*size+region*sector_cal", 2_660_000),
    ],
)
def test_fast_search_is_near_the_optimum(respondents: pa.Table, system: str, most: float):
    tables = turnover(respondents, system)
    assert tables.cost[protect(tables, FAST).pattern].sum() <= 1.07 * most


def test_exact_search_finds_the_optimum(respondents: pa.Table):
    tables = turnover(respondents, "region*size")
    protection = protect(tables, RULES)
    assert "cheapest pattern found" in protection.log
    assert tables.cost[protection.pattern].sum() == pytest.approx(582_569.5)


def test_exact_search_beats_every_other_pattern_of_a_tiny_table():
    counts = {("a", "x"): 2, ("a", "y"): 5, ("a", "z"): 9, ("b", "x"): 6, ("b", "y"): 4, ("b", "z"): 8}
    rows = [cell for cell, n in counts.items() for _ in range(n)]
    table = people({"region": [r for r, _ in rows], "size": [s for _, s in rows]}, [0] * len(rows))
    crosses = [breakdown(*c) for c in ((), ("region",), ("size",), ("region", "size"))]
    tables = build(table, crosses, Count())
    found = protect(tables, RULES).pattern
    assert attack(tables, found, RULES).clean
    price = tables.cost + 0.5
    for code in range(2 ** len(price)):
        pattern = np.array([code >> i & 1 for i in range(len(price))], bool)
        if price[pattern].sum() < price[found].sum() - 1e-9:
            assert not attack(tables, pattern, RULES).clean


def test_what_the_base_hides_is_hidden_in_every_indicator():
    rows = {"region": ["a"] * 2 + ["b"] * 12 + ["c"] * 15}
    table = people(rows, [0, 1] * 14 + [0])
    base = protect(build(table, [breakdown(), breakdown("region")], Count()), RULES)
    shares = build(table, [breakdown(indicator="rate"), breakdown("region", indicator="rate")], Share())
    protection = protect(shares, RULES, bases=[base])
    hidden = {key[1:] for key, cell in base.tables.rows.items() if base.pattern[cell]}
    assert ("region", "a") in hidden
    assert len(hidden) == 2
    assert hidden <= {key[1:] for key, cell in shares.rows.items() if protection.pattern[cell]}


def test_small_bases_are_hidden_but_need_no_company_for_cover():
    rows = {"region": ["a"] * 5 + ["b"] * 20 + ["c"] * 20}
    protection = protect(
        build(people(rows, [1, 0, 1, 1, 0] * 9), [breakdown(), breakdown("region")], Count())
    )
    assert _hidden(protection) == {("turnover", "region", "a")}
    assert (
        Reason(int(protection.reasons[protection.tables.rows["turnover", "region", "a"]])) == Reason.LOW_BASE
    )


def test_a_difference_of_two_zonings_is_protected():
    # The territory is its two EPCI and one more company: printed together they give that company away.
    rows = {"territory": ["t"] * 25, "epci": ["e1"] * 12 + ["e2"] * 12 + ["e3"]}
    table = people(rows, [1, 0] * 12 + [1])
    crosses = [breakdown("territory"), Breakdown(("turnover",), "epci", ("epci",))]
    # The third EPCI is not published at all.
    table = table.set_column(
        1, "epci", pa.array([None if e == "e3" else e for e in table["epci"].to_pylist()], pa.string())
    )
    tables = build(table, crosses, Share(), {"epci": "territory"})
    assert not attack(tables, np.zeros(len(tables.keys), bool), RULES).clean
    assert protect(tables, RULES).pattern.sum() == 1


def _hidden(protection: Protection) -> set[tuple[str, str, str]]:
    return {key for key, cell in protection.tables.rows.items() if protection.pattern[cell]}
