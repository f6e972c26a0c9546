"""The cube of sufficient statistics. Belongs here: the one SQL pass that sums, over the finest cells, all
that the estimates and their variances need. Does not: the algebra on it (variance)."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import duckdb
import numpy as np

from orchestration.estimation.arrays import NO_CODE, Codes, Flags, Numbers, codes, numbers, some
from orchestration.estimation.design import Design
from orchestration.estimation.errors import EstimationError, FrameError
from orchestration.estimation.indicators import Indicator
from orchestration.sql_text import identifier

ONE = "1"
Key = tuple[str, ...]


@dataclass(frozen=True)
class Terms:
    """An indicator as row-level columns.

    Numerator ``y`` and denominator ``a`` are zero outside the base and where unanswered; ``counted`` and
    ``asked`` are 1 where it counts and in its base; ``yy``, ``ya`` and ``aa`` are the factors of the
    second moments. ``is_flag``: y is 0 or 1.
    """

    y: str
    a: str
    counted: str
    asked: str
    yy: Key
    ya: Key
    aa: Key
    is_flag: bool

    @property
    def yes(self) -> Key:
        """The sum that counts the respondents whose numerator is not zero."""
        return ("s" if self.is_flag else "n", self.y)


@dataclass(frozen=True)
class MarginCells:
    """The category of each cell in one calibration margin ``by`` a column, and the measure whose total it
    holds (``"1"``: count)."""

    by: str | None
    code: Codes
    labels: list[str]
    measure: str


@dataclass(frozen=True)
class Cube:
    """Sums by cell; a cell determines the stratum, the calibration categories and every domain.

    A sum is told by its weight and factors: ("n", e) respondents with e <> 0, ("s", e) sum e, ("w", e) sum w
    e, ("v", e) sum w^2 e, ("d", e) sum d e with d the weight before calibration; further factors multiply.
    """

    keys: dict[str, tuple[Codes, list[str]]]
    stratum: Codes
    strata: list[str]
    margins: list[MarginCells]
    terms: list[Terms]
    sums: Numbers
    position: dict[Key, int]

    def get(self, weight: str, *factors: str) -> Numbers:
        """One sum, shape (cells,)."""
        return self.sums[:, self.position[_key(weight, factors)]]

    def take(self, keys: Iterable[Key]) -> Numbers:
        """Several sums, shape (cells, keys)."""
        return self.sums[:, np.array([self.position[key] for key in keys], dtype=np.int64)]

    def gather(self, weight: str, factors: Iterable[Key]) -> Numbers:
        """A sum for each of several factors, shape (cells, factors)."""
        return self.take(_key(weight, each) for each in factors)

    def columns(self, weight: str, factors: Iterable[str]) -> Numbers:
        """A sum for each of several single factors, shape (cells, factors)."""
        return self.gather(weight, ((factor,) for factor in factors))


def _key(weight: str, factors: Sequence[str]) -> Key:
    return (weight, *sorted(factor for factor in factors if factor != ONE))


def build(
    connection: duckdb.DuckDBPyConnection,
    relation: str,
    design: Design,
    indicators: Sequence[Indicator],
    *,
    columns: Sequence[str],
    pairs: Sequence[tuple[int, int]] = (),
    is_half: bool = False,
) -> Cube:
    """Sum the respondents of ``relation`` (anything that may stand after FROM) over the finest cells.

    ``columns`` are those that breakdowns need. ``pairs`` are positions of indicators whose covariance is
    wanted. Respondents without a weight are left out. ``is_half``: the strata hold other respondents too
    (those of the other edition). Raises FrameError for a stratum with a single respondent and EstimationError
    for a proportion that is not true/false, a respondent without stratum or calibration category, and sums
    that are not finite.
    """
    inner, keys, terms = respondents_sql(connection, relation, design, indicators, columns=columns)
    sums = _sums(design, terms, pairs)
    table = connection.sql(_sums_sql(connection, inner, design, list(keys.values()), sums)).to_arrow_table()
    coded = {name: codes(table.column(alias)) for name, alias in keys.items()}
    values = np.empty((table.num_rows, len(sums)))
    for number in range(len(sums)):
        values[:, number] = numbers(table.column(f"s{number}"))
    # The cells' order is DuckDB's; sorted, equal data gives equal last digits.
    order = np.lexsort([code for code, _ in coded.values()]) if coded else np.arange(table.num_rows)
    coded = {name: (code[order], labels) for name, (code, labels) in coded.items()}
    position = {key: number for number, key in enumerate(sums)}
    _check_sums(values, position, terms, indicators)
    nobody = np.zeros(len(values), dtype=np.int64), [""]
    margins = [
        MarginCells(
            margin.by,
            *(coded[margin.by] if margin.by else nobody),
            f"z_{margin.measure}" if margin.measure else ONE,
        )
        for margin in design.margins
    ]
    stratum, strata = coded[design.stratum] if design.stratum else nobody
    cube = Cube(coded, stratum, strata, margins, terms, values[order], position)
    _check_cells(cube, design, is_half=is_half)
    return cube


def respondents_sql(
    connection: duckdb.DuckDBPyConnection,
    relation: str,
    design: Design,
    indicators: Sequence[Indicator],
    *,
    columns: Sequence[str],
    unit: str | None = None,
) -> tuple[str, dict[str, str], list[Terms]]:
    """The row-level columns of the weighted respondents: (SQL, alias of each key column, terms of each
    indicator).

    Beside the keys and the terms there are ``w`` (weight), ``d`` (weight before calibration), a column a
    measure, and ``u``, the ``unit`` column, where one is given.
    """
    rows, terms = _rows(connection, relation, design, indicators)
    names = list(dict.fromkeys([*columns, *_design_columns(design)]))
    keys = {name: f"k{number}" for number, name in enumerate(names)}
    inner = [f"CAST({identifier(name)} AS VARCHAR) AS {alias}" for name, alias in keys.items()]
    inner += [f"{identifier(unit)} AS u"] if unit else []
    inner += [f"{sql} AS {alias}" for alias, sql in rows.items()]
    chosen = f" WHERE {identifier(design.weight)} IS NOT NULL" if design.weight else ""
    return f"SELECT {', '.join(inner)} FROM {relation}{chosen}", keys, terms


def _design_columns(design: Design) -> list[str]:
    return [name for name in (design.stratum, *(margin.by for margin in design.margins)) if name]


def _rows(
    connection: duckdb.DuckDBPyConnection, relation: str, design: Design, indicators: Sequence[Indicator]
) -> tuple[dict[str, str], list[Terms]]:
    """The row-level columns in SQL, each text once, and what each indicator is made of."""
    is_flag, has_gaps = _look(connection, relation, indicators)
    rows: dict[str, str] = {}
    names: dict[str, str] = {}

    def column(sql: str) -> str:
        if sql not in names:
            names[sql] = f"e{len(names)}"
            rows[names[sql]] = sql
        return names[sql]

    def flag(sql: str) -> str:
        return f"CAST(COALESCE({sql}, FALSE) AS DOUBLE)"

    terms = []
    for number, each in enumerate(indicators):
        base, value = f"({each.base})", f"({each.value})"
        asked = column(flag(base))
        answered = f"{base} AND {value} IS NOT NULL" if has_gaps[number] else base
        if each.denominator is not None:
            below = f"({each.denominator})"
            whole = f"{base} AND {value} IS NOT NULL AND {below} IS NOT NULL"
            y = column(f"CASE WHEN {whole} THEN CAST({value} AS DOUBLE) ELSE 0 END")
            a = column(f"CASE WHEN {whole} THEN CAST({below} AS DOUBLE) ELSE 0 END")
            counted = column(flag(whole if each.counts_all else f"{whole} AND {below} <> 0"))
            terms.append(Terms(y, a, counted, asked, (y, y), (a, y), (a, a), False))
        elif is_flag[number]:
            y, a = column(flag(f"{base} AND {value}")), column(flag(answered))
            terms.append(Terms(y, a, a, asked, (y,), (y,), (a,), True))
        elif each.kind == "proportion":
            raise EstimationError(
                f"the value of {each.name} is not true/false",
                where=f"indicator {each.name}",
                expected=f"a true/false expression instead of {each.value}",
                fix="compare it with a value, such as \"answer = 'yes'\", or make it a mean",
            )
        else:
            y = column(f"CASE WHEN {answered} THEN CAST({value} AS DOUBLE) ELSE 0 END")
            a = column(flag(answered))
            terms.append(Terms(y, a, a, asked, (y, y), (y,), (a,), False))
    rows["w"] = f"CAST({identifier(design.weight) if design.weight else 1} AS DOUBLE)"
    if design.before:
        rows["d"] = f"CAST({identifier(design.before)} AS DOUBLE)"
    for measure in measures(design):
        rows[measure] = f"CAST({identifier(measure.removeprefix('z_'))} AS DOUBLE)"
    return {alias if alias[0] == "e" else identifier(alias): sql for alias, sql in rows.items()}, terms


def _look(
    connection: duckdb.DuckDBPyConnection, relation: str, indicators: Sequence[Indicator]
) -> tuple[list[bool], list[bool]]:
    """Whether each value is true/false, and whether any respondent of its base left it unanswered.

    Where nobody did, indicators share one base column, which saves most of the sums.
    """
    if not indicators:
        return [], []
    values = ", ".join(f"({each.value}) AS x{number}" for number, each in enumerate(indicators))
    types = [kind for _, kind, *_ in connection.sql(f"DESCRIBE SELECT {values} FROM {relation}").fetchall()]
    gaps = ", ".join(
        f"COALESCE(bool_or(({each.base}) AND ({each.value}) IS NULL), FALSE)" for each in indicators
    )
    (found,) = connection.sql(f"SELECT {gaps} FROM {relation}").fetchall()
    return [kind == "BOOLEAN" for kind in types], list(found)


def measures(design: Design) -> list[str]:
    """The row-level columns of the quantities the weights were calibrated on."""
    return list(dict.fromkeys(f"z_{margin.measure}" for margin in design.margins if margin.measure))


# Counting companies alike in cell and weight first pays off where there are this many times fewer kinds.
_ALIKE = 4


def _sums_sql(
    connection: duckdb.DuckDBPyConnection,
    inner: str,
    design: Design,
    keys: Sequence[str],
    sums: Sequence[Key],
) -> str:
    """The statement that takes the sums over the cells.

    A response adjustment and a calibration on counts give companies of one cell few different weights:
    their answers are then counted before they are weighted, which at a million respondents saves two
    thirds of the time. Weights calibrated on a measure differ from company to company, and multiply
    answers one by one.
    """
    alike = [*keys, "w", *(["d"] if design.before else []), *map(identifier, measures(design))]
    ((groups, rows),) = connection.sql(
        f"SELECT count(*), sum(n) FROM (SELECT count(*) AS n FROM ({inner}) GROUP BY {', '.join(alike)})"
    ).fetchall()
    if not groups:
        raise EstimationError(
            "no weighted respondent",
            where="respondents",
            expected="at least 2 respondents with a weight in each stratum",
            fix="check the edition and the weights that were joined",
        )
    answers = list(dict.fromkeys(_answers(key) for key in sums))
    terms = {answer: answer for answer in answers}
    if groups * _ALIKE <= rows:
        terms = {answer: f"t{number}" for number, answer in enumerate(answers)}
        counted = ", ".join([*alike, *(f"sum({answer}) AS {alias}" for answer, alias in terms.items())])
        inner = f"SELECT {counted} FROM ({inner}) GROUP BY {', '.join(alike)}"
    chosen = list(keys)
    for number, key in enumerate(sums):
        factors = [identifier(part) for part in key[1:] if part.startswith("z_")] + [terms[_answers(key)]]
        factors = {"w": ["w"], "v": ["w", "w"], "d": ["d"]}.get(key[0], []) + factors
        chosen.append(f"sum({' * '.join(factors)}) AS s{number}")
    group = f" GROUP BY {', '.join(keys)}" if keys else ""
    return f"SELECT {', '.join(chosen)} FROM ({inner}){group}"


def _answers(key: Key) -> str:
    """The part of a sum that stands in the answers, in SQL."""
    columns = [part for part in key[1:] if not part.startswith("z_")]
    if key[0] == "n" and columns:
        return f"CAST({' * '.join(columns)} <> 0 AS DOUBLE)"
    return " * ".join(columns) or "CAST(1 AS DOUBLE)"


def _sums(design: Design, terms: Sequence[Terms], pairs: Sequence[tuple[int, int]]) -> list[Key]:
    """The sums to take, each once."""
    held = [ONE, *measures(design)]
    asked: dict[Key, None] = {}

    def add(weight: str, *factors: str) -> None:
        asked[_key(weight, factors)] = None

    add("n")
    for measure in held:
        add("w", measure)
    for one, other in itertools.combinations_with_replacement(held, 2):
        add("v", one, other)
        if design.margins:
            add("d", one, other)
    for term in terms:
        for factor in (term.y, term.a, term.counted, term.asked):
            add("s", factor)
            add("w", factor)
        add(*term.yes)
        for factor in (term.y, term.a):
            for measure in held:
                add("v", measure, factor)
                if design.margins:
                    add("d", measure, factor)
        for product in (term.yy, term.ya, term.aa):
            add("v", *product)
    for k, m in pairs:
        for one, other in itertools.product((terms[k].y, terms[k].a), (terms[m].y, terms[m].a)):
            add("v", one, other)
    return list(asked)


def _check_sums(
    values: Numbers, position: dict[Key, int], terms: Sequence[Terms], indicators: Sequence[Indicator]
) -> None:
    wrong: Flags = np.asarray(~np.isfinite(values).all(axis=0))
    if not wrong.any():
        return
    columns = {key[-1] for key, number in position.items() if wrong[number]}
    named = [each.name for each, term in zip(indicators, terms, strict=True) if columns & {term.y, term.a}]
    raise EstimationError(
        "sums that are not finite numbers",
        where=f"indicators {some(named)}" if named else "weights",
        expected="finite weights, measures and answers",
        fix="turn values that are not numbers into nulls when decoding",
    )


def _check_cells(cube: Cube, design: Design, *, is_half: bool) -> None:
    n = cube.get("n")
    for name in _design_columns(design):
        lost = cube.keys[name][0] == NO_CODE
        if lost.any():
            raise EstimationError(
                f"{int(n[lost].sum())} weighted respondents have no {name}",
                where=f"column {name}",
                expected="a value for every respondent with a weight",
                fix="take strata and calibration categories from the weights' own table",
            )
    if is_half or not design.weight:
        return
    size = np.bincount(cube.stratum, n, len(cube.strata))
    if (size == 1).any():
        raise FrameError(
            f"strata with a single respondent: {some(cube.strata[h] for h in np.flatnonzero(size == 1))}",
            where=f"column {design.stratum}",
            expected="at least 2 respondents in each stratum of variance",
            fix="merge strata by rule (design.collapse)",
        )
