"""Figures as a table: the public face of estimation. Belongs here: from respondents to one row an
indicator and domain. Does not: the formulas (variance, intervals, flags), secrecy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from orchestration.estimation import cube as cubes
from orchestration.estimation import domains as cells
from orchestration.estimation import flags, intervals, sensitivity, variance
from orchestration.estimation.arrays import Flags, Numbers
from orchestration.estimation.design import Design
from orchestration.estimation.errors import EstimationError
from orchestration.estimation.indicators import Breakdown, Indicator
from orchestration.estimation.tables import COUNT, NUMBER, TEXT, filled, schema

# The tidy shape that all figures share, then what statisticians want beside it.
SCHEMA = schema(
    "edition indicator domain_type domain n flag comparability method kind n_yes n_asked",
    edition=TEXT,
    indicator=TEXT,
    domain_type=TEXT,
    domain=TEXT,
    n=COUNT,
    weighted_n=NUMBER,
    value=NUMBER,
    se=NUMBER,
    ci_low=NUMBER,
    ci_high=NUMBER,
    cv=NUMBER,
    flag=TEXT,
    reason=TEXT,
    comparability=TEXT,
    method=TEXT,
    kind=TEXT,
    n_yes=COUNT,
    n_asked=COUNT,
    item_response=NUMBER,
    unweighted=NUMBER,
    kish_n=NUMBER,
    effective_n=NUMBER,
    deff=NUMBER,
    degrees=NUMBER,
    sensitivity_low=NUMBER,
    sensitivity_high=NUMBER,
)
# Domains worked on at once: keeps the largest array near 100 MB at 60 indicators and 40 constraints.
BLOCK = 512


def estimate(
    connection: duckdb.DuckDBPyConnection,
    respondents: str,
    design: Design,
    indicators: Sequence[Indicator],
    breakdowns: Sequence[Breakdown],
    *,
    edition: str,
    population: Mapping[str, Mapping[str, float]] | None = None,
    level: float = intervals.LEVEL,
) -> pa.Table:
    """Every indicator in every domain, with its uncertainty: a table of `SCHEMA`, sorted by indicator and
    domain.

    ``respondents`` is anything that may stand after FROM (a table, a view, ``read_parquet('...')``) with
    a row a retained respondent and the columns that ``design``, ``indicators`` and ``breakdowns`` name.
    ``population`` gives the companies of each domain by breakdown: domains without respondents then
    appear too. Shares are in [0, 1], totals and means in the units of the answers. Raises EstimationError
    or FrameError (`cube.build`, `variance.sampling`).
    """
    if len({each.name for each in indicators}) < len(indicators):
        raise EstimationError(
            "two indicators have the same name",
            where=f"edition {edition}",
            expected="a name for each indicator",
            fix="rename one of them",
        )
    asked = [each for each in indicators if each.is_asked]
    cube = cubes.build(connection, respondents, design, asked, columns=cells.columns_of(breakdowns))
    domains = cells.find(cube.keys, len(cube.sums), breakdowns, population)
    if not domains.names:
        return SCHEMA.empty_table()
    plan = variance.sampling(cube, design)
    blocks = []
    for start in range(0, len(domains.names), BLOCK):
        block = domains.block(start, min(start + BLOCK, len(domains.names)))
        linear = variance.linearise(cube, block, asked, plan)
        blocks.append(_numbers(linear, plan, counts(cube, block), asked, level=level))
    columns = {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}
    national = {each.name for each in breakdowns if not each.columns}
    rows = _Rows(domains.names, list(indicators), design.weight is not None, national, population or {})
    return rows.table(columns, edition)


def counts(cube: cubes.Cube, domains: cells.Domains) -> dict[str, Numbers]:
    """Counts and plain sums of every indicator in every domain, each of shape (domains, indicators)."""
    member, terms = variance.membership(cube, domains), cube.terms
    counted, asked = [term.counted for term in terms], [term.asked for term in terms]
    over, under = cube.columns("s", (term.y for term in terms)), cube.columns("s", (term.a for term in terms))
    weight, square = (
        cube.columns("w", (term.a for term in terms)),
        cube.gather("v", (term.aa for term in terms)),
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        return {
            "n": member @ cube.columns("s", counted),
            "n_yes": member @ cube.take(term.yes for term in terms),
            "n_asked": member @ cube.columns("s", asked),
            "weighted_n": member @ cube.columns("w", counted),
            "item_response": (member @ cube.columns("w", counted)) / (member @ cube.columns("w", asked)),
            "unweighted": (member @ over) / (member @ under),
            "kish_n": (member @ weight) ** 2 / (member @ square),
        }


def _numbers(
    linear: variance.Linear,
    plan: variance.Sampling,
    counted: dict[str, Numbers],
    indicators: Sequence[Indicator],
    *,
    level: float,
) -> dict[str, Numbers]:
    """The numeric columns of a block of domains, each of shape (domains, indicators)."""
    is_share = np.array([each.kind == "proportion" for each in indicators], dtype=bool)
    n, yes = counted["n"], counted["n_yes"]
    # Exact at the ends, where sums in another order would leave 1e-16.
    ends = is_share & ((yes == 0) | (yes == n))
    value = np.where(ends, (yes > 0).astype(np.float64), linear.value)
    value = np.where(n > 0, value, np.nan)
    squared = np.where(ends, 0.0, variance.variance(linear, plan))
    degrees = variance.satterthwaite(linear, plan)
    effective = intervals.effective_size(
        value, squared, n=n, kish=counted["kish_n"], degrees=degrees, level=level
    )
    score = intervals.wilson_capped(value, effective, level)
    se = np.sqrt(squared)
    straight = intervals.wald(value, se, plan.degrees, level)
    with np.errstate(invalid="ignore", divide="ignore"):
        cv, deff = se / np.abs(value), squared * (n - 1) / (value * (1 - value))
    low, high = sensitivity.bounds(np.where(is_share, value, np.nan))
    return {
        **counted,
        "value": value,
        "se": se,
        "ci_low": np.where(is_share, score[0], straight[0]),
        "ci_high": np.where(is_share, score[1], straight[1]),
        "cv": np.where(value == 0, np.nan, cv),
        "effective_n": np.where(is_share, effective, np.nan),
        "deff": np.where(is_share & ~ends, deff, np.nan),
        "degrees": np.where(is_share, degrees, plan.degrees),
        "sensitivity_low": np.where(is_share, low, np.nan),
        "sensitivity_high": np.where(is_share, high, np.nan),
    }


# What a survey without a frame cannot say.
_NEEDS_FRAME = [
    "weighted_n",
    "se",
    "ci_low",
    "ci_high",
    "cv",
    "effective_n",
    "deff",
    "degrees",
    "item_response",
]
_NATIONAL = ["sensitivity_low", "sensitivity_high"]
_COUNTS = ["n", "n_yes", "n_asked"]


@dataclass(frozen=True)
class _Rows:
    """The rows of a table of figures, indicator by indicator and then by domain."""

    names: list[tuple[str, str]]
    indicators: list[Indicator]
    has_frame: bool
    national: set[str]
    population: Mapping[str, Mapping[str, float]]

    def table(self, columns: dict[str, Numbers], edition: str) -> pa.Table:
        numbers = {
            name: self._laid_out(values, 0.0 if name in _COUNTS else np.nan)
            for name, values in columns.items()
        }
        kinds = self._by_indicator([each.kind for each in self.indicators])
        flag, reason = flags.judge(
            numbers["value"],
            numbers["n"],
            numbers["n_yes"],
            numbers["cv"],
            is_share=kinds == "proportion",
            has_frame=self.has_frame,
        )
        self._overrule(flag, reason, numbers, kinds)
        known = ~np.isin(flag, ["not_available", "not_applicable"])
        for name in numbers.keys() - set(_COUNTS):
            shown = known & self.has_frame if name in _NEEDS_FRAME + _NATIONAL else known
            shown = shown & self._is_national() if name in _NATIONAL else shown
            numbers[name][~shown] = np.nan
        texts = {
            "edition": np.full(len(flag), edition, dtype=object),
            "indicator": self._by_indicator([each.name for each in self.indicators]),
            "domain_type": self._by_domain([breakdown for breakdown, _ in self.names]),
            "domain": self._by_domain([domain for _, domain in self.names]),
            "flag": flag,
            "reason": reason,
            "comparability": self._by_indicator([each.comparability for each in self.indicators]),
            "method": np.full(len(flag), "direct", dtype=object),
            "kind": kinds,
        }
        return pa.table([_column(field, texts, numbers) for field in SCHEMA], schema=SCHEMA)

    def _overrule(
        self, flag: flags.Texts, reason: flags.Texts, numbers: dict[str, Numbers], kinds: flags.Texts
    ) -> None:
        """What is known of a row before anybody answers, and shares of nothing."""
        empty = [
            breakdown in self.population and not self.population[breakdown].get(domain)
            for breakdown, domain in self.names
        ]
        outside = self._by_domain(empty).astype(bool) & (numbers["n"] == 0)
        flag[outside], reason[outside] = "not_applicable", "outside_population"
        nothing = (kinds == "ratio") & (numbers["n"] > 0) & np.isnan(numbers["value"])
        flag[nothing], reason[nothing] = "not_applicable", "no_mention"
        unframed = (kinds == "total") & (not self.has_frame)
        flag[unframed], reason[unframed] = "not_applicable", "no_frame"
        unasked = ~self._by_indicator([each.is_asked for each in self.indicators]).astype(bool)
        flag[unasked], reason[unasked] = "not_available", "not_asked"

    def _laid_out(self, values: Numbers, missing: float) -> Numbers:
        """(domains, asked indicators) as one column over all indicators."""
        whole = np.full((len(self.indicators), len(self.names)), missing)
        whole[[each.is_asked for each in self.indicators]] = values.T
        return whole.ravel()

    def _by_indicator(self, values: Sequence[object]) -> flags.Texts:
        return np.repeat(np.array(values, dtype=object), len(self.names))

    def _by_domain(self, values: Sequence[object]) -> flags.Texts:
        return np.tile(np.array(values, dtype=object), len(self.indicators))

    def _is_national(self) -> Flags:
        return self._by_domain([breakdown in self.national for breakdown, _ in self.names]).astype(bool)


def _column(field: pa.Field[Any], texts: dict[str, flags.Texts], numbers: dict[str, Numbers]) -> Any:
    if field.name in texts:
        return pa.array(texts[field.name], field.type)
    return filled(numbers[field.name], field.type)
