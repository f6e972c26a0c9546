"""Rankings. Belongs here: the rank of each indicator inside a domain and how sure it is. Does not: the
figures ranked."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from orchestration.estimation.arrays import numbers
from orchestration.estimation.errors import EstimationError
from orchestration.estimation.tables import distinct


def rank(figures: pa.Table) -> pa.Table:
    """The figures of one edition with ``rank`` (1 is the largest value), ``rank_low`` and ``rank_high``.

    ``figures`` holds the same domains for every indicator, as `figures.estimate` makes them; an indicator
    is ranked among those of its domain that have a value. Ranks are only as sure as the intervals: an
    indicator may stand anywhere between 1 + the number of intervals wholly above its own and the number
    ranked less those wholly below (Goldstein and Healy 1995; Klein, Wright and Wieczorek 2020). Ties
    share the better rank.
    """
    names = distinct(figures, "indicator")
    if figures.num_rows % len(names):
        raise EstimationError(
            f"{figures.num_rows} rows for {len(names)} indicators",
            where="ranking",
            expected="the same domains for every indicator",
            fix="rank the figures of one edition and one call of estimate",
        )
    shape = (len(names), figures.num_rows // len(names))
    value, low, high = (numbers(figures[name]).reshape(shape) for name in ("value", "ci_low", "ci_high"))
    # A figure without an interval may stand anywhere.
    low, high = np.where(np.isnan(low), -np.inf, low), np.where(np.isnan(high), np.inf, high)
    known = ~np.isnan(value)
    above = (known[None] & (value[None] > value[:, None])).sum(axis=1)
    surely_above = (known[None] & (low[None] > high[:, None])).sum(axis=1)
    surely_below = (known[None] & (high[None] < low[:, None])).sum(axis=1)
    ranks = {
        "rank": 1 + above,
        "rank_low": 1 + surely_above,
        "rank_high": known.sum(axis=0)[None] - surely_below,
    }
    for name, found in ranks.items():
        column = pa.array(np.broadcast_to(found, shape).ravel().astype(np.int64), mask=~known.ravel())
        figures = figures.append_column(name, column)
    return figures
