"""Population margins and the constraints they put on weights. Belongs here: totals by category, their checks
and the merging of small categories. Does not: solving for the weights (calibration)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
from scipy import sparse

from orchestration.estimation.arrays import NO_CODE, Codes, Numbers, codes, codes_in, column, numbers, some
from orchestration.estimation.design import Merge, collapse
from orchestration.estimation.errors import MarginError

# Observed: with 1 respondent a category took an adjustment of 50.6; merged to about 35 all lay in [0.43,
# 3.49].
MINIMUM_RESPONDENTS = 30
# Registers give whole companies, so that margins of one population differ by rounding of the sums only.
AGREEMENT = 1e-9


@dataclass(frozen=True)
class Margin:
    """Known totals of the population by category.

    ``by`` is the column of categories (None: one total over all, under the key ``""``). ``measure`` is the
    numeric column whose total is known, such as a headcount; None counts companies.
    """

    by: str | None
    totals: Mapping[str, float]
    measure: str | None = None

    def label(self, category: str) -> str:
        """How messages and reports name one constraint of this margin."""
        place = f"{self.by}={category}" if self.by else "all companies"
        return f"{self.measure} of {place}" if self.measure else place


@dataclass(frozen=True)
class Constraints:
    """The calibration problem on distinct rows.

    ``x`` (patterns, constraints) is sparse: a row has one entry a margin. ``pattern`` is the row of each
    respondent, ``totals`` and ``names`` are those of the constraints, ``respondents`` counts each
    constraint's category.
    """

    x: sparse.csr_array
    pattern: Codes
    totals: Numbers
    names: list[str]
    respondents: Codes

    def mass(self, weights: Numbers) -> Numbers:
        """The weight of each pattern."""
        return np.bincount(self.pattern, weights, self.x.shape[0]).astype(np.float64)

    def reached(self, mass: Numbers) -> Numbers:
        """The totals that patterns of this weight reach."""
        return np.asarray(self.x.T @ mass, dtype=np.float64)

    def scale(self, mass: Numbers) -> Numbers:
        """What an error of each constraint is relative to."""
        return np.asarray(np.maximum(np.abs(self.totals), abs(self.x).T @ mass), dtype=np.float64)


def margin_of(frame: pa.Table, by: str | None, measure: str | None = None) -> Margin:
    """The margin of a complete register: a row a company; nulls of ``by`` are refused (MarginError)."""
    size = numbers(column(frame, measure, "register")) if measure else np.ones(frame.num_rows)
    if not np.isfinite(size).all():
        raise MarginError(
            f"{int((~np.isfinite(size)).sum())} companies of the register have no {measure}",
            where=f"margin {measure}",
            expected="a number for every company",
            fix="complete the register or leave this margin out",
        )
    if by is None:
        return Margin(None, {"": float(size.sum())}, measure)
    code, labels = codes(column(frame, by, "register"))
    if (code == NO_CODE).any():
        raise MarginError(
            f"{int((code == NO_CODE).sum())} companies of the register have no {by}",
            where=f"margin {by}",
            expected="a category for every company",
            fix="complete the register, or give these companies a category of their own",
        )
    sums = np.bincount(code, size, len(labels))
    return Margin(by, dict(zip(labels, sums.tolist(), strict=True)), measure)


def merge_small(
    margins: Sequence[Margin],
    respondents: pa.Table,
    orders: Mapping[str, Sequence[str]] | None = None,
    minimum: int = MINIMUM_RESPONDENTS,
) -> tuple[list[Margin], pa.Table, tuple[Merge, ...]]:
    """Merge neighbouring categories until each has ``minimum`` respondents.

    The rule is that of `design.collapse`, along ``orders[column]`` (the labels' own order where not given),
    and is the same for all margins by one column. Returns the merged margins, the respondents with the merged
    categories in the same columns, and the log.
    """
    log: list[Merge] = []
    names: dict[str, dict[str, str]] = {}
    for by in dict.fromkeys(margin.by for margin in margins if margin.by):
        known = sorted({category for margin in margins if margin.by == by for category in margin.totals})
        code = codes_in(column(respondents, by, "respondents"), known)
        counts = np.bincount(code[code != NO_CODE], minlength=len(known))
        cells = {("", label): int(count) for label, count in zip(known, counts, strict=True)}
        merged = collapse(cells, (orders or {}).get(by, known), minimum, step=f"margin {by}")
        names[by] = {label: merged.labels["", label] for label in known}
        log.extend(merged.merges)
        texts = np.array([names[by][label] for label in known] + [None], dtype=object)
        position = respondents.schema.get_field_index(by)
        respondents = respondents.set_column(position, by, pa.array(texts[code].tolist(), pa.string()))
    return [_merged(margin, names) for margin in margins], respondents, tuple(log)


def _merged(margin: Margin, names: Mapping[str, Mapping[str, str]]) -> Margin:
    if margin.by is None:
        return margin
    totals: dict[str, float] = {}
    for category, total in margin.totals.items():
        label = names[margin.by][category]
        totals[label] = totals.get(label, 0.0) + float(total)
    return replace(margin, totals=totals)


def constraints(
    respondents: pa.Table, margins: Sequence[Margin], minimum: int = MINIMUM_RESPONDENTS
) -> Constraints:
    """What the weights of ``respondents`` must satisfy to meet ``margins``.

    Raises MarginError, naming the categories: one without or with fewer than ``minimum`` respondents, a
    respondent without a known category or measure, a total that is not a positive number of companies,
    margins whose numbers of companies differ.
    """
    if not margins:
        raise MarginError(
            "no margin to calibrate to", where="margins", expected="at least one", fix="declare a margin"
        )
    _agree(margins)
    pattern = np.zeros(respondents.num_rows, dtype=np.int64)
    columns: list[Codes] = []
    values: list[Numbers] = []
    totals: list[float] = []
    names: list[str] = []
    counts: list[Codes] = []
    for margin in margins:
        code, categories = _categories(respondents, margin)
        count = np.bincount(code, minlength=len(categories))
        _enough(margin, categories, count, minimum)
        value = _measure(respondents, margin)
        # Companies alike in every constraint get the same adjustment: each kind is solved for once.
        pattern = _told_apart(pattern, code)
        if margin.measure:
            pattern = _told_apart(pattern, np.unique(value, return_inverse=True)[1].ravel())
        columns.append(code + len(names))
        values.append(value)
        totals.extend(float(margin.totals[category]) for category in categories)
        names.extend(margin.label(category) for category in categories)
        counts.append(count)
    _, first = np.unique(pattern, return_index=True)
    shape = (len(first), len(names))
    places = (np.repeat(np.arange(len(first)), len(margins)), np.stack(columns, axis=1)[first].ravel())
    x = sparse.csr_array((np.stack(values, axis=1)[first].ravel(), places), shape)
    return Constraints(x, pattern, np.array(totals), names, np.concatenate(counts))


def _told_apart(pattern: Codes, code: Codes) -> Codes:
    """Patterns split by one more code, numbered from 0."""
    both = np.unique(pattern * (int(code.max()) + 1) + code, return_inverse=True)[1]
    return np.asarray(both.ravel(), dtype=np.int64)


def _agree(margins: Sequence[Margin]) -> None:
    for margin in margins:
        bad = [
            margin.label(category)
            for category, total in margin.totals.items()
            if not np.isfinite(total) or (margin.measure is None and total <= 0)
        ]
        if bad:
            raise MarginError(
                f"no usable total for {some(bad)}",
                where=f"margin {margin.by}",
                expected="a finite total, above zero where companies are counted",
                fix="correct the register's total or leave the category out of the margin",
            )
    for measure in {margin.measure for margin in margins}:
        sums = {
            margin.by or "all": sum(margin.totals.values()) for margin in margins if margin.measure == measure
        }
        if max(sums.values()) - min(sums.values()) > AGREEMENT * max(abs(total) for total in sums.values()):
            told = ", ".join(f"{by}: {total:,.10g}" for by, total in sums.items())
            raise MarginError(
                f"the margins add up to different totals of {measure or 'companies'} ({told})",
                where=f"margins {', '.join(sums)}",
                expected="the same total, since all describe one population",
                fix="take all margins from the same register at the same date",
            )


def _categories(respondents: pa.Table, margin: Margin) -> tuple[Codes, list[str]]:
    if margin.by is None:
        return np.zeros(respondents.num_rows, dtype=np.int64), [""]
    categories = sorted(margin.totals)
    values = column(respondents, margin.by, "respondents")
    code = codes_in(values, categories)
    if (code == NO_CODE).any():
        unknown = sorted({str(values[int(row)].as_py()) for row in np.flatnonzero(code == NO_CODE)[:1000]})
        raise MarginError(
            f"{int((code == NO_CODE).sum())} respondents have a {margin.by} without a total: {some(unknown)}",
            where=f"margin {margin.by}",
            expected=f"one of {some(categories)}",
            fix="add the category's total, or correct the respondents' category",
        )
    return code, categories


def _enough(margin: Margin, categories: Sequence[str], count: Codes, minimum: int) -> None:
    few = [
        f"{margin.label(category)} ({number})"
        for category, number in zip(categories, count, strict=True)
        if number < max(minimum, 1)
    ]
    if few:
        raise MarginError(
            f"too few respondents in {some(few)}",
            where=f"margin {margin.by or 'all'}",
            expected=f"at least {max(minimum, 1)} respondents in each category",
            fix="merge neighbouring categories (merge_small) or drop this margin",
        )


def _measure(respondents: pa.Table, margin: Margin) -> Numbers:
    if margin.measure is None:
        return np.ones(respondents.num_rows)
    value = numbers(column(respondents, margin.measure, "respondents"))
    if not np.isfinite(value).all():
        raise MarginError(
            f"{int((~np.isfinite(value)).sum())} respondents have no {margin.measure}",
            where=f"margin {margin.measure}",
            expected="a number for every respondent",
            fix="take the measure from the register, where every company has one",
        )
    return value
