"""Medians and other quantiles. Belongs here: weighted quantiles by domain with Woodruff's intervals. Does
not: means and shares (figures)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from orchestration.estimation import domains as cells
from orchestration.estimation import figures, flags, intervals
from orchestration.estimation.arrays import Codes, Numbers, codes, numbers
from orchestration.estimation.design import Design
from orchestration.estimation.errors import EstimationError
from orchestration.estimation.indicators import Breakdown, Indicator
from orchestration.estimation.tables import filled, where
from orchestration.sql_text import identifier

_TABLE, _VALUE = "estimation_median", "estimation_value"


def median(
    connection: duckdb.DuckDBPyConnection,
    respondents: str,
    design: Design,
    indicator: Indicator,
    breakdowns: Sequence[Breakdown],
    *,
    edition: str,
    share: float = 0.5,
    level: float = intervals.LEVEL,
) -> pa.Table:
    """The weighted median (or the quantile at ``share``) of a number, in every domain: a table of
    `figures.SCHEMA` with the kind ``median``.

    The quantile is the smallest value at or below which the weight reaches ``share``. Woodruff (1952):
    the share of companies at or below it is a proportion, whose interval, read back through the
    distribution, is the quantile's; the standard error is that interval's half width over the normal
    quantile.
    """
    if indicator.kind != "mean":
        raise EstimationError(
            f"a median is taken of a number, and {indicator.name} is a {indicator.kind}",
            where=f"indicator {indicator.name}",
            expected="an indicator of kind mean",
            fix="declare the number itself as the indicator's value",
        )
    columns = dict.fromkeys([*cells.columns_of(breakdowns), *_columns(design)])
    weighted = f"WHERE {identifier(design.weight)} IS NOT NULL" if design.weight else ""
    answer = f"CASE WHEN ({indicator.base}) THEN CAST(({indicator.value}) AS DOUBLE) END AS {_VALUE}"
    table = connection.sql(
        f"SELECT {', '.join([*map(identifier, columns), answer])} FROM {respondents} {weighted}"
    ).to_arrow_table()
    value = numbers(table[_VALUE])
    weight = numbers(table[design.weight]) if design.weight else np.ones(len(value))
    parts = []
    for breakdown in breakdowns:
        layers = _layers(table, breakdown, value, weight)
        if not any(layer.labels for layer in layers):
            continue
        parts.append(
            _breakdown(
                connection,
                table,
                design,
                indicator,
                breakdown,
                layers=layers,
                edition=edition,
                share=share,
                level=level,
            )
        )
    return pa.concat_tables(parts)


def _columns(design: Design) -> list[str]:
    margins = [name for margin in design.margins for name in (margin.by, margin.measure)]
    return [name for name in (design.weight, design.before, design.stratum, *margins) if name]


@dataclass(frozen=True)
class _Layer:
    """Rows of domains that do not overlap: their values sorted inside each domain, with cumulated weights."""

    labels: list[str]
    code: Codes
    value: Numbers
    start: Codes
    weight: Numbers
    plain: Numbers

    def quantile(self, share: Numbers, weight: Numbers) -> Numbers:
        """The smallest value at which the cumulated ``weight`` reaches ``share`` of the domain's, by
        domain."""
        before = np.concatenate([[0.0], weight])[self.start]
        total = np.diff(before)
        # Just below the target, so that rounding does not step over a value that reaches it exactly.
        target = before[:-1] + total * np.clip(share, 0, 1) * (1 - 1e-12)
        at = np.searchsorted(weight, target)
        return self.value[np.clip(at, self.start[:-1], self.start[1:] - 1)]


def _layers(table: pa.Table, breakdown: Breakdown, value: Numbers, weight: Numbers) -> list[_Layer]:
    """The breakdown's domains in layers: all in one, or each in its own where they overlap."""
    keys = {name: codes(table.column(name)) for name in breakdown.columns}
    found = cells.find(keys, len(value), [breakdown])
    answered = ~np.isnan(value)
    member = answered[found.cell]
    domain, row = found.domain[member], found.cell[member]
    groups = (
        [np.flatnonzero(domain == d) for d in range(len(found.names))]
        if breakdown.separator
        else [np.arange(len(domain))]
    )
    layers = []
    for group in groups:
        inside, rows = domain[group], row[group]
        order = np.lexsort((value[rows], inside))
        inside, rows = inside[order], rows[order]
        held = np.unique(inside)
        code = np.full(len(value), -1, dtype=np.int64)
        code[rows] = np.searchsorted(held, inside)
        layers.append(
            _Layer(
                [found.names[d][1] for d in held],
                code,
                value[rows],
                np.concatenate([np.searchsorted(inside, held), [len(inside)]]).astype(np.int64),
                np.cumsum(weight[rows]),
                np.arange(1, len(rows) + 1, dtype=np.float64),
            )
        )
    return [layer for layer in layers if layer.labels]


def _breakdown(
    connection: duckdb.DuckDBPyConnection,
    table: pa.Table,
    design: Design,
    indicator: Indicator,
    breakdown: Breakdown,
    *,
    layers: list[_Layer],
    edition: str,
    share: float,
    level: float,
) -> pa.Table:
    """The rows of one breakdown."""
    value = numbers(table[_VALUE])
    below = []
    for number, layer in enumerate(layers):
        limit = layer.quantile(np.full(len(layer.labels), share), layer.weight)
        inside = layer.code >= 0
        under = np.where(inside, value <= limit[layer.code], False)
        table = table.append_column(f"below_{number}", pa.array(under, mask=~inside))
        below.append(Indicator(f"below_{number}", f"below_{number}"))
    connection.register(_TABLE, table)
    try:
        shares = figures.estimate(
            connection, _TABLE, design, below, [breakdown], edition=edition, level=level
        )
    finally:
        connection.unregister(_TABLE)
    parts = []
    for number, layer in enumerate(layers):
        own = where(shares, "indicator", f"below_{number}")
        own = own.filter(pc.is_in(own["domain"], pa.array(layer.labels, pa.string())))
        # Both are sorted by label.
        parts.append(_medians(own, layer, indicator, share, level, has_frame=design.weight is not None))
    return pa.concat_tables(parts).sort_by("domain") if parts else figures.SCHEMA.empty_table()


def _medians(
    shares: pa.Table, layer: _Layer, indicator: Indicator, share: float, level: float, *, has_frame: bool
) -> pa.Table:
    """The shares below each median turned into the medians' rows."""
    found = layer.quantile(np.full(len(layer.labels), share), layer.weight)
    low = (
        layer.quantile(numbers(shares["ci_low"]), layer.weight) if has_frame else np.full(len(found), np.nan)
    )
    high = (
        layer.quantile(numbers(shares["ci_high"]), layer.weight) if has_frame else np.full(len(found), np.nan)
    )
    n = numbers(shares["n"])
    se = (high - low) / (2 * float(intervals.t_quantile(np.inf, level)))
    with np.errstate(invalid="ignore", divide="ignore"):
        cv = np.where(found == 0, np.nan, se / np.abs(found))
    flag, reason = flags.judge(found, n, n, cv, is_share=np.zeros(len(n), dtype=bool), has_frame=has_frame)
    unknown = np.full(len(n), np.nan)
    new = {
        "indicator": pa.array([indicator.name] * len(n), pa.string()),
        "kind": pa.array(["median"] * len(n), pa.string()),
        "comparability": pa.array([indicator.comparability] * len(n), pa.string()),
        "value": filled(found),
        "se": filled(se),
        "ci_low": filled(low),
        "ci_high": filled(high),
        "cv": filled(cv),
        "flag": pa.array(flag.tolist(), pa.string()),
        "reason": pa.array(reason.tolist(), pa.string()),
        "n_yes": shares["n"],
        "unweighted": filled(layer.quantile(np.full(len(layer.labels), share), layer.plain)),
        "deff": filled(unknown),
        "sensitivity_low": filled(unknown),
        "sensitivity_high": filled(unknown),
    }
    return pa.table(
        {name: new.get(name, shares[name]) for name in figures.SCHEMA.names}, schema=figures.SCHEMA
    )
