"""Change between two editions. Belongs here: the table of differences with their tests. Does not: the
covariance (panel)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from orchestration.estimation import figures, flags, intervals, panel, variance
from orchestration.estimation.arrays import Codes, Numbers
from orchestration.estimation.design import Design, collapse
from orchestration.estimation.errors import EstimationError
from orchestration.estimation.indicators import COMPARABILITY, Breakdown, Indicator
from orchestration.estimation.tables import COUNT, NUMBER, TEXT, filled, schema
from orchestration.sql_text import identifier, literal

SCHEMA = schema(
    "edition reference_edition indicator domain_type domain n reference_n panel_n flag comparability",
    edition=TEXT,
    reference_edition=TEXT,
    indicator=TEXT,
    domain_type=TEXT,
    domain=TEXT,
    n=COUNT,
    reference_n=COUNT,
    panel_n=COUNT,
    value=NUMBER,
    reference_value=NUMBER,
    change=NUMBER,
    se=NUMBER,
    ci_low=NUMBER,
    ci_high=NUMBER,
    covariance=NUMBER,
    statistic=NUMBER,
    p_value=NUMBER,
    degrees=NUMBER,
    flag=TEXT,
    reason=TEXT,
    comparability=TEXT,
)
# The worse of two flags stands for their difference.
_SEVERITY = ["ok", "zero", "fragile", "unreliable", "not_available", "not_applicable"]


@dataclass(frozen=True)
class Edition:
    """One edition's respondents: ``relation`` is anything that may stand after FROM."""

    name: str
    relation: str
    design: Design
    indicators: Sequence[Indicator]


def change(
    connection: duckdb.DuckDBPyConnection,
    edition: Edition,
    reference: Edition,
    breakdowns: Sequence[Breakdown],
    *,
    unit: str,
    strata: Sequence[str],
    order: Sequence[str] | None = None,
    level: float = intervals.LEVEL,
) -> pa.Table:
    """What changed from ``reference`` to ``edition``, for every indicator that both have, in every
    domain.

    ``unit`` is the column that tells a company in both editions (never null, once an edition). ``strata``
    are one or two columns of both (group, category along ``order``), in which the editions are stacked: a
    company that moved stays in the stratum of the reference, and strata below 2 companies are merged by
    rule (`design.collapse`). The variance holds the covariance of companies that answered both; the test
    is Student's, with as many degrees of freedom as companies less strata. Where questions do not
    compare, the row says so and has no change. Raises EstimationError where an edition has no frame or a
    unit twice.
    """
    matched = [
        (one, other) for one in edition.indicators for other in reference.indicators if one.name == other.name
    ]
    asked = [pair for pair in matched if pair[0].is_asked and pair[1].is_asked]
    for each in (edition, reference):
        _check(connection, each, unit)
    sizes, (then_in, now_in) = _stack(connection, (reference, edition), unit, strata, order)
    try:
        sides = [
            panel.side(
                connection,
                relation,
                replace(each.design, stratum=_STRATUM, population=None),
                [pair[number] for pair in asked],
                breakdowns,
                unit=_UNIT,
                sizes=sizes,
            )
            for number, (each, relation) in enumerate(((edition, now_in), (reference, then_in)))
        ]
        now, then = panel.aligned(sides[0], sides[1], breakdowns)
        units = f"(SELECT {_UNIT} AS u FROM {_PANEL})"
        shared = panel.overlap(connection, now, then, breakdowns, sizes, units=units)
    finally:
        connection.execute(f"DROP TABLE {_PANEL}; DROP TABLE {_STRATA}")
    degrees = sum(sizes.values()) - len(sizes)
    columns = _differences(now, then, shared, degrees=degrees, level=level)
    judged = _worse(_judged(now), _judged(then))
    return _table(columns, now.domains.names, matched, (edition.name, reference.name), judged)


_PANEL, _STRATA = "estimation_panel", "estimation_panel_strata"
_UNIT, _GROUP, _CATEGORY, _STRATUM = (
    f"estimation_panel_{name}" for name in ("unit", "group", "category", "stratum")
)


def _check(connection: duckdb.DuckDBPyConnection, edition: Edition, unit: str) -> None:
    if edition.design.weight is None:
        raise EstimationError(
            f"edition {edition.name} has no frame",
            where=f"edition {edition.name}",
            expected="two editions with weights",
            fix="show both figures side by side; volunteers measure no change",
        )
    name, weight = identifier(unit), identifier(edition.design.weight)
    ((rows, companies),) = connection.sql(
        f"SELECT count(*), count(DISTINCT {name}) FROM {edition.relation} WHERE {weight} IS NOT NULL"
    ).fetchall()
    if rows != companies:
        raise EstimationError(
            f"{rows} weighted respondents for {companies} companies",
            where=f"edition {edition.name}, column {unit}",
            expected="each company once and never null",
            fix="retain one response a company, and give those without a company key a unit of their own",
        )


def _stack(
    connection: duckdb.DuckDBPyConnection,
    editions: Sequence[Edition],
    unit: str,
    strata: Sequence[str],
    order: Sequence[str] | None,
) -> tuple[dict[str, int], list[str]]:
    """The companies of each shared stratum, and each edition's relation with the stratum (of the earliest edition).

    Only companies of both editions are joined by name, so that the join stays small. The relations read the temporary
    tables ``_PANEL`` and ``_STRATA``.
    """
    group = f"CAST({identifier(strata[0])} AS VARCHAR)" if len(strata) > 1 else "''"
    category = f"CAST({identifier(strata[-1])} AS VARCHAR)"
    weighted = [
        f"(SELECT *, CAST({identifier(unit)} AS VARCHAR) AS {_UNIT}, {group} AS {_GROUP}, {category} AS {_CATEGORY} "
        f"FROM {each.relation} WHERE {identifier(str(each.design.weight))} IS NOT NULL)"
        for each in editions
    ]
    first, second = weighted
    cell = f"{_GROUP}, {_CATEGORY}"
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {_PANEL} AS SELECT {_UNIT}, {cell} FROM {first} AS first "
        f"SEMI JOIN {second} AS second USING ({_UNIT})"
    )
    rows = connection.execute(
        f"SELECT {cell}, count(*) FROM (SELECT {cell} FROM {first} UNION ALL "
        f"SELECT {cell} FROM {second} AS second ANTI JOIN {_PANEL} USING ({_UNIT})) GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    counts = {(one, other): companies for one, other, companies in rows}
    merged = collapse(counts, order or sorted({last for _, last in counts}), 2, "strata of change")
    sizes: Counter[str] = Counter()
    for place, companies in counts.items():
        sizes[merged.labels[place]] += companies
    labels = ", ".join(f"({', '.join(map(literal, (*place, merged.labels[place])))})" for place in counts)
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {_STRATA} AS FROM (VALUES {labels}) AS labels({cell}, {_STRATUM})"
    )
    return dict(sizes), [
        f"(SELECT r.*, s.{_STRATUM} FROM {each} AS r "
        f"LEFT JOIN {_PANEL} AS p ON r.{_UNIT} = p.{_UNIT} JOIN {_STRATA} AS s "
        f"ON s.{_GROUP} = coalesce(p.{_GROUP}, r.{_GROUP}) AND s.{_CATEGORY} = coalesce(p.{_CATEGORY}, r.{_CATEGORY}))"
        for each in weighted
    ]


def _differences(
    now: panel.Side, then: panel.Side, shared: panel.Overlap, *, degrees: int, level: float
) -> dict[str, Numbers]:
    """The numeric columns, each of shape (domains, indicators)."""
    counts = [figures.counts(one.cube, one.domains) for one in (now, then)]
    value, before = now.linear.value, then.linear.value
    squared = variance.variance(now.linear, now.plan) + variance.variance(then.linear, then.plan)
    squared = squared - 2 * shared.covariance
    # Twice the same companies with the same answers: rounding must not make it negative.
    se = np.sqrt(np.maximum(squared, 0))
    difference = value - before
    low, high = intervals.wald(difference, se, degrees, level)
    with np.errstate(invalid="ignore", divide="ignore"):
        statistic = difference / se
    p_value = intervals.p_value(statistic, degrees)
    return {
        "n": counts[0]["n"],
        "reference_n": counts[1]["n"],
        "panel_n": shared.n,
        "value": value,
        "reference_value": before,
        "change": difference,
        "se": se,
        "ci_low": low,
        "ci_high": high,
        "covariance": shared.covariance,
        "statistic": statistic,
        "p_value": p_value,
        "degrees": np.full(value.shape, float(degrees)),
    }


def _judged(one: panel.Side) -> tuple[flags.Texts, flags.Texts]:
    """The flag and reason of one side's figures, shape (domains, indicators)."""
    counted = figures.counts(one.cube, one.domains)
    value = one.linear.value
    with np.errstate(invalid="ignore", divide="ignore"):
        cv = np.sqrt(variance.variance(one.linear, one.plan)) / np.abs(value)
    is_share = np.broadcast_to([each.kind == "proportion" for each in one.indicators], value.shape)
    return flags.judge(value, counted["n"], counted["n_yes"], cv, is_share=is_share, has_frame=True)


def _worse(
    one: tuple[flags.Texts, flags.Texts], other: tuple[flags.Texts, flags.Texts]
) -> tuple[flags.Texts, flags.Texts]:
    first = _severity(one[0]) >= _severity(other[0])
    return np.where(first, one[0], other[0]), np.where(first, one[1], other[1])


def _severity(flag: flags.Texts) -> Codes:
    rank = {name: number for number, name in enumerate(_SEVERITY)}
    return np.array([rank[each] for each in flag.ravel()], dtype=np.int64).reshape(flag.shape)


_COUNTS = ("n", "reference_n", "panel_n")


def _table(
    columns: dict[str, Numbers],
    names: list[tuple[str, str]],
    matched: list[tuple[Indicator, Indicator]],
    editions: tuple[str, str],
    judged: tuple[flags.Texts, flags.Texts],
) -> pa.Table:
    """The rows, indicator by indicator and then by domain."""
    flag, reason = judged
    parts, at = [], 0
    for one, other in matched:
        rows: dict[str, Any] = {
            "edition": [editions[0]] * len(names),
            "reference_edition": [editions[1]] * len(names),
            "indicator": [one.name] * len(names),
            "domain_type": [breakdown for breakdown, _ in names],
            "domain": [domain for _, domain in names],
        }
        compares = max(one.comparability, other.comparability, key=COMPARABILITY.index)
        if one.is_asked and other.is_asked:
            own = {name: values[:, at] for name, values in columns.items()}
            flag_, reason_ = flag[:, at].copy(), reason[:, at].copy()
            at += 1
        else:
            own = {name: np.full(len(names), 0.0 if name in _COUNTS else np.nan) for name in columns}
            flag_ = np.full(len(names), "not_available", dtype=object)
            reason_ = np.full(len(names), "not_asked", dtype=object)
        if compares == "broken":
            flag_[:], reason_[:] = "not_applicable", "broken"
        shown = ~np.isin(flag_, ["not_available", "not_applicable"])
        for name, values in own.items():
            whole = (
                values if name in (*_COUNTS, "value", "reference_value") else np.where(shown, values, np.nan)
            )
            rows[name] = filled(whole, SCHEMA.field(name).type)
        rows |= {"flag": flag_.tolist(), "reason": reason_.tolist(), "comparability": [compares] * len(names)}
        parts.append(pa.table({name: rows[name] for name in SCHEMA.names}, schema=SCHEMA))
    return pa.concat_tables(parts) if parts else SCHEMA.empty_table()
