"""Two editions together. Belongs here: the covariance of their estimates, from the companies that
answered both. Does not: the table of changes (change)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import duckdb
import numpy as np
import pyarrow as pa
from scipy import sparse

from orchestration.estimation import cube as cubes
from orchestration.estimation import domains as cells
from orchestration.estimation import variance
from orchestration.estimation.arrays import Codes, Numbers, codes_in, numbers
from orchestration.estimation.cube import ONE
from orchestration.estimation.design import Design
from orchestration.estimation.indicators import Breakdown, Indicator
from orchestration.sql_text import identifier


@dataclass(frozen=True)
class Side:
    """One edition, linearised over the strata that both share."""

    sql: str
    keys: dict[str, str]
    stratum: str
    cube: cubes.Cube
    domains: cells.Domains
    plan: variance.Sampling
    linear: variance.Linear
    indicators: list[Indicator]


def side(
    connection: duckdb.DuckDBPyConnection,
    relation: str,
    design: Design,
    indicators: Sequence[Indicator],
    breakdowns: Sequence[Breakdown],
    *,
    unit: str,
    sizes: Mapping[str, int],
) -> Side:
    """The edition in ``relation``: ``design.stratum`` is the shared stratum and ``sizes`` its companies
    in both editions together. Its domains are its own; `aligned` gives two sides the domains of both."""
    columns = cells.columns_of(breakdowns)
    sql, keys, _ = cubes.respondents_sql(connection, relation, design, indicators, columns=columns, unit=unit)
    cube = cubes.build(connection, relation, design, indicators, columns=columns, is_half=True)
    domains = cells.find(cube.keys, len(cube.sums), breakdowns)
    plan = variance.sampling(cube, design, np.array([sizes[name] for name in cube.strata], dtype=np.float64))
    linear = variance.linearise(cube, domains, indicators, plan)
    return Side(sql, keys, str(design.stratum), cube, domains, plan, linear, list(indicators))


def aligned(left: Side, right: Side, breakdowns: Sequence[Breakdown]) -> tuple[Side, Side]:
    """Both sides over the domains of either."""
    known: dict[str, list[str]] = {}
    for breakdown, label in left.domains.names + right.domains.names:
        known.setdefault(breakdown, []).append(label)
    sides = []
    for one in (left, right):
        domains = cells.find(one.cube.keys, len(one.cube.sums), breakdowns, known)
        linear = variance.linearise(one.cube, domains, one.indicators, one.plan)
        sides.append(replace(one, domains=domains, linear=linear))
    return sides[0], sides[1]


@dataclass(frozen=True)
class Overlap:
    """Companies counted in both editions and the covariance of the two estimates, by (domain, indicator)."""

    n: Numbers
    covariance: Numbers


# Companies of both editions whose hundreds of columns are put side by side at a time: memory does not grow with them.
AT_ONCE = 100_000


def overlap(
    connection: duckdb.DuckDBPyConnection,
    left: Side,
    right: Side,
    breakdowns: Sequence[Breakdown],
    sizes: Mapping[str, int],
    *,
    units: str,
) -> Overlap:
    """The covariance of every estimate with the same one in the other edition.

    sum_h n_h/(n_h-1) (sum over companies in both of z_left z_right - z_left,h z_right,h / n_h), where z =
    w e and z_h is its sum over stratum h (docs/methodology.md, 5: stacked editions). ``units`` may stand after FROM:
    the companies in both, in a column ``u``.
    """
    strata = sorted(sizes)
    n = np.array([sizes[name] for name in strata], dtype=np.float64)
    factor = np.divide(n, n - 1, out=np.zeros(len(n)), where=n > 1)
    counted, found = np.zeros(left.linear.value.shape), np.zeros(left.linear.value.shape)
    for first, last in _pieces(connection, units):
        one, other = (
            _half(
                connection.sql(
                    f"SELECT {_columns(each)} FROM ({each.sql}) SEMI JOIN {units} USING (u) "
                    "WHERE u BETWEEN $first AND $last ORDER BY u",
                    params={"first": first, "last": last},
                ).to_arrow_table(),
                each,
                breakdowns,
                strata,
            )
            for each in (left, right)
        )
        in_both, products = _sums(one, left, other, right, factor)
        counted += in_both
        found += products
    per = np.divide(factor, n, out=np.zeros(len(n)), where=n > 0)[:, None]
    found -= (per * _stratum_sums(left, strata) * _stratum_sums(right, strata)).sum(axis=1)
    return Overlap(counted, found)


def _pieces(connection: duckdb.DuckDBPyConnection, units: str) -> list[tuple[str, str]]:
    """The first and the last of ``AT_ONCE`` units at a time."""
    return connection.sql(
        f"SELECT min(u), max(u) FROM (SELECT u, row_number() OVER (ORDER BY u) - 1 AS place FROM {units}) "
        f"GROUP BY place // {AT_ONCE} ORDER BY 1"
    ).fetchall()


def _sums(one: _Half, left: Side, other: _Half, right: Side, factor: Numbers) -> tuple[Numbers, Numbers]:
    """The companies of a piece and their sums of n_h/(n_h-1) z_left z_right, shape (domains, indicators)."""
    both = one.member.multiply(other.member)
    weight = (factor[one.stratum] * one.w * other.w)[:, None]
    r, s = left.linear.slope, right.linear.slope
    found: Numbers = (
        both @ (weight * one.y * other.y)
        - r * (both @ (weight * one.a * other.y))
        - s * (both @ (weight * one.y * other.a))
        + r * s * (both @ (weight * one.a * other.a))
    ) / (left.linear.size * right.linear.size)
    if other.margins:
        found = found - (_crossed(one, left, other, right, weight) * right.linear.b).sum(axis=1)
    if one.margins:
        found = found - (_crossed(other, right, one, left, weight) * left.linear.b).sum(axis=1)
    if one.margins and other.margins:
        products = _margins(one, left, other, right, weight)
        found = found + (left.linear.b * (products @ right.linear.b)).sum(axis=1)
    return both @ (one.counted * other.counted), found


def _stratum_sums(one: Side, strata: Sequence[str]) -> Numbers:
    """Sums of z over each shared stratum, shape (domains, strata, indicators)."""
    place = np.array([strata.index(name) for name in one.cube.strata], dtype=np.int64)
    count, indicators = one.linear.value.shape
    sums = np.zeros((count, len(strata), indicators))
    sums[one.linear.pair_domain, place[one.linear.pair_stratum]] = one.linear.s
    sums[:, place] -= one.plan.a @ one.linear.b
    return sums


@dataclass(frozen=True)
class _Half:
    """Companies in both editions, as one of them saw them: a row a company, in the order of the units."""

    member: sparse.csr_array
    stratum: Codes
    w: Numbers
    y: Numbers
    a: Numbers
    counted: Numbers
    margins: list[tuple[Codes, int, Numbers]]


def _columns(one: Side) -> str:
    held = {
        "w",
        *one.keys.values(),
        *(margin.measure for margin in one.cube.margins if margin.measure != ONE),
    }
    held |= {name for term in one.cube.terms for name in (term.y, term.a, term.counted)}
    return ", ".join(map(identifier, sorted(held)))


def _half(table: pa.Table, one: Side, breakdowns: Sequence[Breakdown], strata: Sequence[str]) -> _Half:
    def values(name: str) -> Numbers:
        return numbers(table.column(name))

    own = {
        name: (codes_in(table.column(alias), one.cube.keys[name][1]), one.cube.keys[name][1])
        for name, alias in one.keys.items()
    }
    known: dict[str, list[str]] = {}
    for breakdown, label in one.domains.names:
        known.setdefault(breakdown, []).append(label)
    found = cells.find(own, table.num_rows, breakdowns, known)
    member = sparse.csr_array(
        (np.ones(len(found.cell)), (found.domain, found.cell)), (len(found.names), table.num_rows)
    )
    terms = one.cube.terms
    everybody = np.zeros(table.num_rows, dtype=np.int64)
    margins = [
        (
            own[margin.by][0] if margin.by else everybody,
            len(margin.labels),
            np.ones(table.num_rows) if margin.measure == ONE else values(margin.measure),
        )
        for margin in one.cube.margins
    ]
    y, a, counted = (
        np.stack([values(getattr(term, name)) for term in terms], axis=1) for name in ("y", "a", "counted")
    )
    stratum = codes_in(table.column(one.keys[one.stratum]), strata)
    return _Half(member, stratum, values("w"), y, a, counted, margins)


def _crossed(one: _Half, own: Side, other: _Half, opposite: Side, weight: Numbers) -> Numbers:
    """Sums of weight * u x over each domain of ``one``, x being the other edition's calibration variables."""
    parts = []
    domain, row = one.member.nonzero()
    for code, width, z in other.margins:
        shape = (one.member.shape[0] * width, one.member.shape[1])
        matrix = sparse.csr_array((np.ones(len(row)), (domain * width + code[row], row)), shape)
        sums = [
            (matrix @ (weight * z[:, None] * term)).reshape(-1, width, one.y.shape[1])
            for term in (one.y, one.a)
        ]
        parts.append((sums[0] - own.linear.slope[:, None] * sums[1]) / own.linear.size[:, None])
    return np.concatenate(parts, axis=1)[:, opposite.plan.kept]


def _margins(one: _Half, own: Side, other: _Half, opposite: Side, weight: Numbers) -> Numbers:
    """Sums of weight * x x' of the two editions' calibration variables."""
    rows = [
        [
            np.bincount(
                code * other_width + other_code, weight[:, 0] * z * other_z, width * other_width
            ).reshape(width, other_width)
            for other_code, other_width, other_z in other.margins
        ]
        for code, width, z in one.margins
    ]
    return np.block(rows)[np.ix_(own.plan.kept, opposite.plan.kept)]
