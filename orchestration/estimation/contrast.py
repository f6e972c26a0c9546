"""Two shares against each other. Belongs here: difference, ratio and odds ratio with intervals, and what
was quoted before there were figures. Does not: change between editions (change)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from orchestration.estimation import cube as cubes
from orchestration.estimation import domains as cells
from orchestration.estimation import figures, flags, intervals, variance
from orchestration.estimation.arrays import Numbers
from orchestration.estimation.design import Design
from orchestration.estimation.indicators import ALL, COMPARABILITY, Breakdown, Indicator
from orchestration.estimation.tables import COUNT, NUMBER, TEXT, filled, schema

# The programme's own saying: one innovating company in two exports, one in twenty of the others.
QUOTED_EXPORT_SHARES = (0.5, 0.05)
STATISTICS = ("difference", "ratio", "odds_ratio")

SCHEMA = schema(
    "edition contrast statistic domain_type domain source flag comparability",
    edition=TEXT,
    contrast=TEXT,
    statistic=TEXT,
    domain_type=TEXT,
    domain=TEXT,
    n=COUNT,
    n_against=COUNT,
    share=NUMBER,
    share_against=NUMBER,
    value=NUMBER,
    se=NUMBER,
    ci_low=NUMBER,
    ci_high=NUMBER,
    p_value=NUMBER,
    source=TEXT,
    flag=TEXT,
    reason=TEXT,
    comparability=TEXT,
)


@dataclass(frozen=True)
class Contrast:
    """Two proportions to compare; ``quoted`` are the two shares that were said of them, where any were."""

    name: str
    indicator: Indicator
    against: Indicator
    quoted: tuple[float, float] | None = None


def contrast(
    connection: duckdb.DuckDBPyConnection,
    respondents: str,
    design: Design,
    contrasts: Sequence[Contrast],
    breakdowns: Sequence[Breakdown],
    *,
    edition: str,
    level: float = intervals.LEVEL,
) -> pa.Table:
    """Difference, ratio and odds ratio of each contrast in each domain: a table of `SCHEMA`.

    The variance holds the covariance of the two shares. Intervals are Student's, for ratio and odds ratio
    on the log scale, of which ``se`` then is the error; ``p_value`` tests that the shares are equal.
    Where a share is 0 or 1 a ratio has no interval. Rows with the source ``quoted`` repeat what was said,
    without any error, and are no estimates.
    """
    indicators = [each for pair in contrasts for each in (pair.indicator, pair.against)]
    pairs = [(2 * number, 2 * number + 1) for number in range(len(contrasts))]
    cube = cubes.build(
        connection, respondents, design, indicators, columns=cells.columns_of(breakdowns), pairs=pairs
    )
    domains = cells.find(cube.keys, len(cube.sums), breakdowns)
    plan = variance.sampling(cube, design)
    linear = variance.linearise(cube, domains, indicators, plan)
    squared = variance.variance(linear, plan)
    shared = variance.covariance(cube, domains, linear, plan, pairs)
    counted = figures.counts(cube, domains)
    has_frame = design.weight is not None
    parts = []
    for number, each in enumerate(contrasts):
        one, other = 2 * number, 2 * number + 1
        p, q = linear.value[:, one], linear.value[:, other]
        flag, reason = _judged(counted, (one, other), p, has_frame)
        for statistic in STATISTICS:
            value, se, error = _statistic(
                statistic, (p, q), (squared[:, one], squared[:, other]), shared[:, number]
            )
            low, high = intervals.wald(error, se, plan.degrees, level)
            with np.errstate(invalid="ignore", divide="ignore"):
                p_value = intervals.p_value(error / se, plan.degrees)
            if statistic != "difference":
                low, high = np.exp(low), np.exp(high)
            numbers = {
                "n": counted["n"][:, one],
                "n_against": counted["n"][:, other],
                "share": p,
                "share_against": q,
                "value": value,
                "se": se if has_frame else np.full(len(p), np.nan),
                "ci_low": low if has_frame else np.full(len(p), np.nan),
                "ci_high": high if has_frame else np.full(len(p), np.nan),
                "p_value": p_value if has_frame else np.full(len(p), np.nan),
            }
            parts.append(
                _rows(each, statistic, domains.names, numbers, judged=(flag, reason), edition=edition)
            )
        parts += _quoted(each, edition)
    return pa.concat_tables(parts)


def _judged(
    counted: dict[str, Numbers], pair: tuple[int, int], p: Numbers, has_frame: bool
) -> tuple[flags.Texts, flags.Texts]:
    """The flag of the smaller group of the two, and few on one side in either."""
    one, other = pair
    n = np.minimum(counted["n"][:, one], counted["n"][:, other])
    side = [np.minimum(counted["n_yes"][:, i], counted["n"][:, i] - counted["n_yes"][:, i]) for i in pair]
    none = np.full(len(n), np.nan)
    yes = np.minimum(side[0], side[1])
    return flags.judge(none, n, yes, none, is_share=np.ones(len(n), dtype=bool), has_frame=has_frame)


def _statistic(
    statistic: str, shares: tuple[Numbers, Numbers], squared: tuple[Numbers, Numbers], shared: Numbers
) -> tuple[Numbers, Numbers, Numbers]:
    """(value, standard error, value on the scale of the error): linear, or logarithmic with the delta
    method."""
    p, q = shares
    if statistic == "difference":
        return p - q, np.sqrt(np.maximum(squared[0] + squared[1] - 2 * shared, 0)), p - q
    with np.errstate(invalid="ignore", divide="ignore"):
        slope = (1 / p, 1 / q) if statistic == "ratio" else (1 / (p * (1 - p)), 1 / (q * (1 - q)))
        value = p / q if statistic == "ratio" else (p / (1 - p)) / (q / (1 - q))
        error = slope[0] ** 2 * squared[0] + slope[1] ** 2 * squared[1] - 2 * slope[0] * slope[1] * shared
        logged = np.log(value)
    known = (p > 0) & (p < 1) & (q > 0) & (q < 1)
    return (
        np.where(np.isfinite(value), value, np.nan),
        np.where(known, np.sqrt(np.maximum(error, 0)), np.nan),
        np.where(known, logged, np.nan),
    )


def _rows(
    each: Contrast,
    statistic: str,
    names: list[tuple[str, str]],
    numbers: dict[str, Numbers],
    *,
    judged: tuple[flags.Texts, flags.Texts],
    edition: str,
) -> pa.Table:
    columns = _texts(each, statistic, names, edition, source="estimated")
    for name, values in numbers.items():
        columns[name] = filled(values, SCHEMA.field(name).type)
    columns |= {"flag": judged[0].tolist(), "reason": judged[1].tolist()}
    return pa.table({name: columns[name] for name in SCHEMA.names}, schema=SCHEMA)


def _quoted(each: Contrast, edition: str) -> list[pa.Table]:
    """What was said of the contrast, as rows that are no estimates."""
    if each.quoted is None:
        return []
    p, q = (np.array([share]) for share in each.quoted)
    parts = []
    for statistic in STATISTICS:
        value, *_ = _statistic(statistic, (p, q), (np.zeros(1), np.zeros(1)), np.zeros(1))
        columns = _texts(each, statistic, [(ALL.name, ALL.name)], edition, source="quoted")
        columns |= {name: filled(np.full(1, np.nan), SCHEMA.field(name).type) for name in _UNKNOWN}
        columns |= {"share": p, "share_against": q, "value": value, "flag": ["quoted"], "reason": [None]}
        parts.append(pa.table({name: columns[name] for name in SCHEMA.names}, schema=SCHEMA))
    return parts


_UNKNOWN = ("n", "n_against", "se", "ci_low", "ci_high", "p_value")


def _texts(
    each: Contrast, statistic: str, names: list[tuple[str, str]], edition: str, *, source: str
) -> dict[str, Any]:
    compares = max(each.indicator.comparability, each.against.comparability, key=COMPARABILITY.index)
    return {
        "edition": [edition] * len(names),
        "contrast": [each.name] * len(names),
        "statistic": [statistic] * len(names),
        "domain_type": [breakdown for breakdown, _ in names],
        "domain": [domain for _, domain in names],
        "source": [source] * len(names),
        "comparability": [compares] * len(names),
    }
