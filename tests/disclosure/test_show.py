"""Publishable tables: what is hidden is hidden whole, and the gate reads the table itself."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from orchestration.disclosure import (
    Breakdown,
    Count,
    Flag,
    Protection,
    Rules,
    Share,
    apply,
    attack,
    build,
    pattern_of,
    protect,
    rounded,
)
from orchestration.errors import GateError

from .conftest import breakdown, people

NUMBERS = ("n", "weighted_n", "value", "se", "ci_low", "ci_high", "cv", "n_yes")
SIZES = {"a": 2, "b": 5, "c": 15, "d": 40, "e": 12}


@pytest.fixture(scope="module")
def protection() -> Protection:
    rows = {"region": [name for name, n in SIZES.items() for _ in range(n)]}
    # In e nobody says yes.
    yes = [int(i % 3 == 0 and name != "e") for i, name in enumerate(rows["region"])]
    tables = build(
        people(rows, yes), [breakdown(indicator="rate"), breakdown("region", indicator="rate")], Share()
    )
    return protect(tables, Rules())


@pytest.fixture
def estimates(protection: Protection) -> pa.Table:
    tables = protection.tables
    keys = list(tables.rows)
    cells = [tables.rows[key] for key in keys]
    n = tables.contributors[cells]
    value = tables.yes[cells] / n
    se = np.sqrt(value * (1 - value) / n)
    return pa.table(
        {
            "edition": ["tour_2019"] * len(keys),
            "indicator": [key[0] for key in keys],
            "domain_type": [key[1] for key in keys],
            "domain": [key[2] for key in keys],
            "n": pa.array(n.astype(int)),
            "weighted_n": n * 9.7,
            "value": value,
            "se": se,
            "ci_low": value - se,
            "ci_high": value + se,
            "cv": np.divide(se, value, out=np.zeros_like(se), where=value > 0),
            "n_yes": pa.array(tables.yes[cells].astype(int)),
            "flag": ["ok"] * len(keys),
            "reason": pa.nulls(len(keys), pa.string()),
        }
    )


def row(table: pa.Table, domain: str) -> dict[str, object]:
    return table.filter(pc.equal(table["domain"], domain)).to_pylist()[0]


def test_a_hidden_row_keeps_no_number(estimates: pa.Table, protection: Protection):
    published = apply(estimates, protection)
    states = {r["domain"]: (r["flag"], r["reason"]) for r in published.to_pylist()}
    # a: 2 companies; b: 5; e: 0 %. Readers see a small base, or secrecy, never which rule.
    assert states["a"] == states["b"] == ("unreliable", "low_n")
    assert states["e"] == ("secret", "statistical_secrecy")
    for line in published.to_pylist():
        hidden = line["flag"] in ("secret", "unreliable")
        assert [line[name] is None for name in NUMBERS] == [hidden] * len(NUMBERS)
    assert published.num_rows == estimates.num_rows
    assert published.column_names == estimates.column_names


def test_a_small_base_is_shown_as_fragile(estimates: pa.Table, protection: Protection):
    published = apply(estimates, protection)
    assert row(published, "d")["flag"] == "ok"
    shown = [r for r in published.to_pylist() if r["flag"] == "fragile"]
    assert all(r["n"] < 30 for r in shown)


def test_what_leaves_stands_the_attack(estimates: pa.Table, protection: Protection):
    published = rounded(apply(estimates, protection))
    pattern = pattern_of(published, protection.tables)
    assert (pattern == protection.pattern).all()
    assert attack(protection.tables, pattern, protection.rules).clean


def test_french_and_english_tables_are_one_to_an_attacker(estimates: pa.Table, protection: Protection):
    french, english = apply(estimates, protection), estimates
    both = pattern_of(french, protection.tables) & pattern_of(english, protection.tables)
    assert not both.any()
    assert not attack(protection.tables, both, protection.rules).clean


@pytest.mark.parametrize("column", NUMBERS)
def test_a_number_left_in_a_hidden_row_is_found(estimates: pa.Table, protection: Protection, column: str):
    published = apply(estimates, protection)
    at = published.schema.get_field_index(column)
    leaking = published.set_column(at, column, estimates[column])
    with pytest.raises(GateError, match=f"shows {column}"):
        pattern_of(leaking, protection.tables)


def test_a_row_without_protection_is_refused(estimates: pa.Table, protection: Protection):
    stray = estimates.slice(0, 1).set_column(3, "domain", pa.array(["elsewhere"]))
    with pytest.raises(GateError, match="1 rows have no protection: rate all elsewhere"):
        apply(pa.concat_tables([estimates, stray]), protection)


def test_a_domain_without_answers_stays_as_it_is(estimates: pa.Table, protection: Protection):
    empty = estimates.slice(0, 1).set_column(3, "domain", pa.array(["nowhere"]))
    empty = empty.set_column(4, "n", pa.array([0]))
    empty = empty.set_column(6, "value", pa.nulls(1, pa.float64()))
    empty = empty.set_column(12, "flag", pa.array(["not_available"]))
    published = apply(pa.concat_tables([estimates, empty]), protection)
    assert row(published, "nowhere") == empty.to_pylist()[0]
    assert (pattern_of(published, protection.tables) == protection.pattern).all()


def test_a_figure_that_is_out_may_stand_until_it_can_be_updated(estimates: pa.Table, protection: Protection):
    last = rounded(apply(estimates, protection))
    stricter = protect(protection.tables, Rules(shown_base=20))
    published = apply(estimates, stricter, last)
    carried = row(published, "c")
    assert carried["flag"] == Flag.CARRIED_OVER
    assert carried["value"] == row(last, "c")["value"]
    assert row(published, "a")["value"] is None
    # Not counted as shown by this release, and checked against the last one.
    assert (pattern_of(published, stricter.tables, last) == stricter.pattern).all()
    with pytest.raises(GateError, match="not that of the last release"):
        pattern_of(published, stricter.tables)


def test_rounding_follows_the_base_and_the_standard_error():
    table = pa.table(
        {
            "indicator": ["rate", "rate", "rate", "sum"],
            "n": [100, 400, 30, 500],
            "weighted_n": [1234.5, None, 995.0, 17.0],
            "value": [0.12345, 0.12345, 0.27, 12345.6],
            "se": [0.0123, 0.0123, 0.3, 18.3],
            "ci_low": [0.1, 0.1, 0.01, 12300.0],
            "ci_high": [0.1499, 0.1477, 0.86, 12399.0],
            "cv": [0.09964, None, 1.1111, 0.001],
            "flag": ["ok"] * 4,
        }
    )
    out = rounded(table, totals=["sum"]).to_pydict()
    assert out["value"] == [0.12, 0.125, 0.3, 12350.0]
    assert out["ci_high"] == [0.15, 0.15, 0.9, 12400.0]
    assert out["se"] == [0.012, 0.0125, 0.3, 18.0]
    assert out["weighted_n"] == [1230.0, None, 1000.0, 20.0]
    assert out["n"] == [100, 400, 30, 500]


def test_rounded_parts_come_from_exact_values(estimates: pa.Table, protection: Protection):
    once = rounded(apply(estimates, protection))
    exact = apply(estimates, protection)
    for name in ("value", "ci_low", "ci_high"):
        gap = np.abs(once[name].drop_null().to_numpy() - exact[name].drop_null().to_numpy())
        assert gap.max() <= 0.05 + 1e-9
    assert rounded(once).equals(once)


def test_rounding_before_suppression_is_refused(estimates: pa.Table):
    bare = estimates.set_column(estimates.schema.get_field_index("flag"), "flag", pa.nulls(6, pa.string()))
    with pytest.raises(GateError, match="have no flag"):
        rounded(bare)


def test_counts_are_published_with_the_same_pattern(protection: Protection):
    rows = {"region": [name for name, n in SIZES.items() for _ in range(n)]}
    counts = build(people(rows, [0] * 74), [breakdown(), breakdown("region")], Count())
    base = protect(counts, Rules())
    assert {k[2] for k, c in counts.rows.items() if base.pattern[c]} == {"a", "b"}


def test_indicators_cannot_be_played_off_against_each_other():
    rows = {"region": ["a"] * 2 + ["b"] * 12 + ["c"] * 15 + ["d"] * 13}
    names = ("n", "one", "two")
    counts = build(
        people(rows, [0] * 42), [Breakdown(names, "all"), Breakdown(names, "region", ("region",))], Count()
    )
    base = protect(counts, Rules(shown_base=0))
    shown: list[dict[str, object]] = []
    for name, yes in (("one", [0, 1] * 21), ("two", [0, 0, 1] * 14)):
        crosses = [breakdown(indicator=name), breakdown("region", indicator=name)]
        tables = build(people(rows, yes), crosses, Share())
        protection = protect(tables, Rules(shown_base=0), bases=[base])
        for key, cell in tables.rows.items():
            n = None if protection.pattern[cell] else int(tables.contributors[cell])
            flag = "secret" if n is None else "ok"
            shown.append(
                dict(zip(("indicator", "domain_type", "domain"), key, strict=True), n=n, value=n, flag=flag)
            )
    anywhere = pattern_of(pa.Table.from_pylist(shown), counts)
    assert not anywhere.all()
    assert attack(counts, anywhere, Rules(shown_base=0)).clean


def test_no_goes_with_yes():
    rows = {"region": ["a"] * 12 + ["b"] * 20 + ["c"] * 20}
    crosses = [
        Breakdown(("yes_share", "no_share"), "region", ("region",)),
        Breakdown(("yes_share", "no_share"), "all"),
    ]
    protection = protect(build(people(rows, [0] * 12 + [0, 1] * 20), crosses, Share()), Rules())
    hidden = {key for key, cell in protection.tables.rows.items() if protection.pattern[cell]}
    assert ("yes_share", "region", "a") in hidden
    assert {key[1:] for key in hidden if key[0] == "yes_share"} == {
        key[1:] for key in hidden if key[0] == "no_share"
    }
