"""Rankings: ranks and how sure they are."""

from __future__ import annotations

import pyarrow as pa
import pytest

from orchestration.estimation.errors import EstimationError
from orchestration.estimation.ranking import rank


def figures(**rows):
    """Two domains an indicator: (value, low, high) of each."""
    listed = [
        (name, domain, *each)
        for name, domains in rows.items()
        for domain, each in zip("AB", domains, strict=True)
    ]
    names = ("indicator", "domain", "value", "ci_low", "ci_high")
    return pa.table(dict(zip(names, map(list, zip(*listed, strict=True)), strict=True)))


def ranks(table):
    return {
        (row["indicator"], row["domain"]): (row["rank"], row["rank_low"], row["rank_high"])
        for row in rank(table).to_pylist()
    }


def test_a_rank_is_as_sure_as_the_intervals():
    found = ranks(
        figures(
            x=[(0.8, 0.7, 0.9), (0.5, 0.1, 0.9)],
            y=[(0.5, 0.4, 0.6), (0.4, 0.1, 0.9)],
            z=[(0.45, 0.35, 0.55), (0.4, 0.1, 0.9)],
        )
    )
    assert found == {
        ("x", "A"): (1, 1, 1),
        ("y", "A"): (2, 2, 3),
        ("z", "A"): (3, 2, 3),
        ("x", "B"): (1, 1, 3),
        ("y", "B"): (2, 1, 3),
        ("z", "B"): (2, 1, 3),
    }


def test_an_indicator_without_a_value_has_no_rank_and_takes_none():
    found = ranks(figures(x=[(None, None, None), (0.5, 0.4, 0.6)], y=[(0.2, 0.1, 0.3), (0.2, 0.1, 0.3)]))
    assert found == {
        ("x", "A"): (None, None, None),
        ("y", "A"): (1, 1, 1),
        ("x", "B"): (1, 1, 1),
        ("y", "B"): (2, 2, 2),
    }


def test_a_value_without_an_interval_may_stand_anywhere():
    found = ranks(figures(x=[(0.9, None, None)] * 2, y=[(0.2, 0.1, 0.3)] * 2))
    assert found["x", "A"] == (1, 1, 2)
    assert found["y", "A"] == (2, 1, 2)


def test_indicators_with_different_domains_are_refused():
    table = figures(x=[(0.8, 0.7, 0.9)] * 2, y=[(0.5, 0.4, 0.6)] * 2)
    with pytest.raises(EstimationError, match="3 rows for 2 indicators"):
        rank(table.slice(0, 3))
