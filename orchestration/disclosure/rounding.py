"""Rounding of what leaves. Belongs here: the digits shown. Does not: suppression, which comes before.

Each figure is rounded from its exact value, never from rounded parts, so rounded parts need not add up.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pyarrow as pa

from orchestration.disclosure.rules import Floats
from orchestration.errors import GateError

SHARE_STEP = 0.01
FINE_SHARE_STEP = 0.005
FINE_BASE = 400
TOTAL_STEP = 10.0
# A standard error keeps one digit more than its figure: it is read as a ratio.
_SE_DIGIT = 0.1
_CV_STEP = 0.01


def rounded(published: pa.Table, totals: Collection[str] = ()) -> pa.Table:
    """Round a suppressed table.

    Shares go to 1 point (half a point from 400 respondents), totals to 10; never to a finer decimal than
    half the standard error has. Interval and figure share one step. Weighted numbers go to 10.

    Args:
        published: the result of ``apply``.
        totals: indicators that are totals; the others are shares between 0 and 1.

    Raises:
        GateError: a row without state, so that suppression cannot have come before.
    """
    if published["flag"].null_count:
        raise GateError(
            f"{published['flag'].null_count} rows have no flag",
            where="table to round",
            expected="the result of apply(): rounding comes after suppression",
            fix="apply the protection first",
        )
    n, se = _floats(published, "n"), _floats(published, "se")
    is_total = np.isin(np.array(published["indicator"].to_pylist(), dtype=object), list(totals))
    step = np.where(is_total, TOTAL_STEP, np.where(n >= FINE_BASE, FINE_SHARE_STEP, SHARE_STEP))
    with np.errstate(divide="ignore", invalid="ignore"):
        digit = 10.0 ** np.floor(np.log10(se / 2))
    step = np.where(np.isfinite(digit), np.maximum(step, digit), step)
    table = published
    steps = {"value": step, "ci_low": step, "ci_high": step, "se": step * _SE_DIGIT}
    steps |= {"weighted_n": np.full(len(n), TOTAL_STEP), "cv": np.full(len(n), _CV_STEP)}
    for name, unit in steps.items():
        at = published.schema.get_field_index(name)
        if at >= 0:
            # The second rounding only removes the binary dust of the product.
            # Adding 0 makes a negative zero a zero.
            values = np.round(np.round(_floats(published, name) / unit) * unit, 6) + 0.0
            column = pa.array(values, published.schema.field(at).type, from_pandas=True)
            table = table.set_column(at, published.schema.field(at), column)
    return table


def _floats(table: pa.Table, name: str) -> Floats:
    if name not in table.column_names:
        return np.full(table.num_rows, np.nan)
    return np.asarray(table[name].cast(pa.float64()).to_numpy(), np.float64)
