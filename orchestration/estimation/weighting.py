"""From a frame and its respondents to weights. Belongs here: the chain of steps, its log and its
diagnostics. Does not: each step's formula (design, nonresponse, calibration)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from orchestration.estimation.arrays import Codes, Flags, Numbers, codes, column, numbers, some
from orchestration.estimation.calibration import Calibration, Method, calibrate
from orchestration.estimation.design import CalibratedOn, Collapse, Design, Merge, base_weights, collapse
from orchestration.estimation.errors import FrameError, MarginError
from orchestration.estimation.margins import (
    MINIMUM_RESPONDENTS,
    Constraints,
    Margin,
    constraints,
    margin_of,
    merge_small,
)
from orchestration.estimation.nonresponse import adjust

KEY, INVITED = "company_key", "is_invited"
# Below 20 respondents a group's response rate is itself a poor estimate (its relative error exceeds 20 %).
MINIMUM_GROUP = 20
# Observed: sound adjustments lay in [0.43, 3.49], INSEE's example reaches 3.50; an ill one was 50.6.
LARGEST_ADJUSTMENT = 10.0


@dataclass(frozen=True)
class Plan:
    """How an edition is weighted.

    ``strata`` and ``groups`` are two columns each (such as region and size class): the sampling strata
    and the groups inside which response is taken to be at random. ``orders`` lists the categories of a
    column in the order along which small cells are merged. ``headcount`` is the column that turns the
    company weight into a headcount weight. ``trim`` caps weights before calibration, as a multiple of
    their median.
    """

    strata: tuple[str, str]
    groups: tuple[str, str]
    margins: tuple[CalibratedOn, ...]
    orders: Mapping[str, Sequence[str]] = field(default_factory=dict)
    method: Method = "raking"
    bounds: tuple[float, float] | None = None
    headcount: str | None = None
    trim: float | None = None
    minimum_group: int = MINIMUM_GROUP
    minimum_margin: int = MINIMUM_RESPONDENTS
    largest_adjustment: float = LARGEST_ADJUSTMENT


@dataclass(frozen=True)
class Weighting:
    """The weights of an edition and what there is to know about them.

    ``weights`` has a row a weighted company (its key, the strata and groups it fell in, the weight after
    each step, its calibration categories); ``design`` names the columns of it that estimates need, and
    ``population`` holds the companies by stratum of variance, for the finite population correction.
    ``response_rates`` has a row a stratum, ``margins`` a row a constraint (unweighted, before and after
    calibration), ``merges`` the log of merged cells and ``diagnostics`` a row a measure.
    """

    weights: pa.Table
    design: Design
    population: dict[str, float]
    response_rates: pa.Table
    margins: pa.Table
    merges: pa.Table
    diagnostics: pa.Table


def weigh(
    frame: pa.Table,
    respondents: Sequence[str],
    plan: Plan,
    *,
    edition: str,
    margins: Sequence[Margin] | None = None,
) -> Weighting:
    """Weights of the companies among ``respondents`` (company keys) that the frame invited.

    Steps: N_h/n_h in the strata (those without an invited company merged by rule), times the response
    adjustment of the groups, trimmed if asked, calibrated on ``margins`` (counted on the frame unless
    given). Respondents outside the frame or not invited get no weight and are counted in the diagnostics.
    Raises FrameError, MarginError, BoundsError or ConvergenceError, each naming the cells at fault; a
    weight is never negative, nor more than ``plan.largest_adjustment`` times what it was before
    calibration.
    """
    survey = _Survey.read(frame, respondents, plan)
    strata = survey.merged(plan.strata, survey.invited, 1, "sampling strata")
    groups = survey.merged(plan.groups, survey.responded, plan.minimum_group, "response groups")
    variance = survey.merged(plan.strata, survey.responded, 2, "strata of variance")
    stratum, stratum_names = survey.cells(plan.strata, strata)
    group, group_names = survey.cells(plan.groups, groups)
    lonely, lonely_names = survey.cells(plan.strata, variance)
    base = base_weights(stratum, survey.invited, stratum_names)
    answered = adjust(
        base[survey.invited], group[survey.invited], survey.responded[survey.invited], group_names
    )
    before = answered[survey.responded[survey.invited]]
    trimmed = before if plan.trim is None else trim(before, plan.trim * float(np.median(before)))
    units = frame.filter(pa.array(survey.responded))
    wanted = list(margins or (margin_of(frame, each.by, each.measure) for each in plan.margins))
    wanted, categories, log = merge_small(wanted, units, plan.orders, plan.minimum_margin)
    problem = constraints(categories, wanted, plan.minimum_margin)
    found = calibrate(problem, trimmed, plan.method, plan.bounds)
    _sound(found, problem, plan)
    weight = trimmed * found.adjustment
    here = survey.responded
    columns: dict[str, Any] = {
        "edition": pa.array([edition] * units.num_rows),
        KEY: units[KEY],
        "stratum": pa.array(np.array(stratum_names, dtype=object)[stratum[here]], pa.string()),
        "response_group": pa.array(np.array(group_names, dtype=object)[group[here]], pa.string()),
        "variance_stratum": pa.array(np.array(lonely_names, dtype=object)[lonely[here]], pa.string()),
        "base_weight": pa.array(base[here]),
        "response_weight": pa.array(before),
        "precalibration_weight": pa.array(trimmed),
        "weight": pa.array(weight),
    }
    if plan.headcount:
        columns["headcount_weight"] = pa.array(weight * numbers(column(units, plan.headcount, "frame")))
    for each in plan.margins:
        if each.by:
            columns[f"calibration_{each.by}"] = categories[each.by]
        if each.measure:
            columns[f"calibration_{each.measure}"] = units[each.measure]
    sizes = np.bincount(lonely, minlength=len(lonely_names)).astype(float)
    return Weighting(
        weights=pa.table(columns),
        design=design_of(plan),
        population=dict(zip(lonely_names, sizes.tolist(), strict=True)),
        response_rates=survey.rates(plan.strata, edition),
        margins=_margins(problem, before, weight, edition),
        merges=_merges((*strata.merges, *groups.merges, *variance.merges, *log), edition),
        diagnostics=_diagnostics(survey, before, trimmed, weight, found=found, edition=edition),
    )


def design_of(plan: Plan) -> Design:
    """The columns of the table of weights that estimates need, for any edition weighted by this plan."""
    return Design(
        "weight",
        "variance_stratum",
        "precalibration_weight",
        tuple(
            CalibratedOn(
                f"calibration_{each.by}" if each.by else None,
                f"calibration_{each.measure}" if each.measure else None,
            )
            for each in plan.margins
        ),
    )


def kish_size(weights: Numbers) -> float:
    """Kish's effective sample size, (sum w)^2 / sum w^2."""
    return float(weights.sum() ** 2 / (weights**2).sum())


def trim(weights: Numbers, largest: float) -> Numbers:
    """No weight above ``largest``, same total: what is cut off goes to the others in proportion.

    Raises FrameError where even all weights at ``largest`` would not reach the total.
    """
    if largest * len(weights) < weights.sum():
        raise FrameError(
            f"weights of at most {largest:g} cannot add up to {weights.sum():g}",
            where="trimming",
            expected=f"a cap above the mean weight {weights.mean():g}",
            fix="give a larger multiple of the median",
        )
    total, trimmed = weights.sum(), weights.copy()
    # Each pass caps at least one more weight, so there are no more passes than weights.
    while (trimmed > largest).any():
        capped = trimmed >= largest
        trimmed[capped] = largest
        free = trimmed[~capped].sum()
        trimmed[~capped] *= (total - largest * capped.sum()) / free if free else 1.0
    return trimmed


@dataclass(frozen=True)
class _Survey:
    """The frame with who was invited and who answered."""

    frame: pa.Table
    invited: Flags
    responded: Flags
    outside: int
    uninvited: int
    parts: dict[str, tuple[Codes, list[str]]]
    orders: Mapping[str, Sequence[str]]

    @classmethod
    def read(cls, frame: pa.Table, respondents: Sequence[str], plan: Plan) -> _Survey:
        keys, answers = (
            column(frame, KEY, "sampling frame"),
            pa.chunked_array([pa.array(respondents, pa.string())]),
        )
        for name, found in (("sampling frame", keys), ("respondents", answers)):
            if found.null_count or len(found.unique()) != len(found):
                raise FrameError(
                    "a company stands twice or has no key",
                    where=name,
                    expected="each company once",
                    fix="retain one response a company and one line a company in the frame",
                )
        invited = column(frame, INVITED, "sampling frame").to_numpy().astype(bool)
        answered = pc.is_in(keys, answers.combine_chunks()).to_numpy().astype(bool)
        if not (answered & invited).any():
            raise FrameError(
                "no invited company answered",
                where="respondents",
                expected="respondents among the invited companies of the frame",
                fix="check that the respondents and the frame are of the same edition",
            )
        parts = {name: cls._complete(frame, name) for name in (*plan.strata, *plan.groups)}
        outside, uninvited = len(answers) - int(answered.sum()), int((answered & ~invited).sum())
        return cls(frame, invited, answered & invited, outside, uninvited, parts, plan.orders)

    @staticmethod
    def _complete(frame: pa.Table, name: str) -> tuple[Codes, list[str]]:
        code, labels = codes(column(frame, name, "sampling frame"))
        if (code < 0).any():
            raise FrameError(
                f"{int((code < 0).sum())} companies have no {name}",
                where="sampling frame",
                expected="a category for every company",
                fix="give companies of unknown category one of their own, such as 'unknown'",
            )
        return code, labels

    def _parts(self, columns: tuple[str, str]) -> tuple[list[tuple[Codes, list[str]]], Codes]:
        group, category = self.parts[columns[0]], self.parts[columns[1]]
        return [group, category], group[0] * len(category[1]) + category[0]

    def merged(self, columns: tuple[str, str], counted: Flags, minimum: int, step: str) -> Collapse:
        """Cells of the frame, merged until each has ``minimum`` of the ``counted`` companies."""
        parts, cell = self._parts(columns)
        width = len(parts[1][1])
        held = np.unique(cell)
        count = np.bincount(cell, counted, len(parts[0][1]) * width)
        counts = {(parts[0][1][c // width], parts[1][1][c % width]): int(count[c]) for c in held}
        order = self.orders.get(columns[1], parts[1][1])
        return collapse(counts, order, minimum, step, self.orders.get(columns[0], ()))

    def cells(self, columns: tuple[str, str], merged: Collapse) -> tuple[Codes, list[str]]:
        """The merged cell of each company of the frame, and the cells' names."""
        parts, cell = self._parts(columns)
        names = sorted(set(merged.labels.values()))
        rank = {name: number for number, name in enumerate(names)}
        width = len(parts[1][1])
        place = np.zeros(len(parts[0][1]) * width, dtype=np.int64)
        for (group, category), label in merged.labels.items():
            place[parts[0][1].index(group) * width + parts[1][1].index(category)] = rank[label]
        return place[cell], names

    def rates(self, columns: tuple[str, str], edition: str) -> pa.Table:
        """Companies, invited, respondents and response rate by stratum, as declared (before merging)."""
        parts, cell = self._parts(columns)
        held, place = np.unique(cell, return_inverse=True)
        invited, answered = np.bincount(place, self.invited), np.bincount(place, self.responded)
        width = len(parts[1][1])
        with np.errstate(invalid="ignore"):
            rate = answered / invited
        return pa.table(
            {
                "edition": [edition] * len(held),
                columns[0]: [parts[0][1][c // width] for c in held],
                columns[1]: [parts[1][1][c % width] for c in held],
                "population": pa.array(np.bincount(place)),
                "invited": pa.array(invited.astype(np.int64)),
                "respondents": pa.array(answered.astype(np.int64)),
                "response_rate": pa.array(rate, mask=np.isnan(rate)),
            }
        )


def _sound(found: Calibration, problem: Constraints, plan: Plan) -> None:
    """Refuse weights that no statistician would sign."""
    g = found.adjustment
    wild = (g <= 0) | (g > plan.largest_adjustment) | (g < 1 / plan.largest_adjustment)
    if not wild.any():
        return
    touched = (problem.x != 0).T @ problem.mass(wild.astype(np.float64))
    named = [problem.names[j] for j in np.argsort(-touched / problem.respondents)[:3]]
    raise MarginError(
        f"adjustments from {g.min():.3g} to {g.max():.3g}; {int(wild.sum())} too far: {some(named)}",
        where=f"calibration {plan.method}",
        expected=f"adjustments between 1/{plan.largest_adjustment:g} and {plan.largest_adjustment:g}",
        fix="merge the categories named, or use a bounded method",
    )


def _margins(problem: Constraints, before: Numbers, weight: Numbers, edition: str) -> pa.Table:
    def reached(weights: Numbers) -> Numbers:
        return problem.reached(problem.mass(weights))

    return pa.table(
        {
            "edition": [edition] * len(problem.names),
            "constraint": problem.names,
            "respondents": pa.array(problem.respondents),
            "total": pa.array(problem.totals),
            # As if every respondent stood for as many companies.
            "unweighted": pa.array(reached(np.ones(len(weight))) * (before.sum() / len(before))),
            "before_calibration": pa.array(reached(before)),
            "after_calibration": pa.array(reached(weight)),
        }
    )


def _merges(merges: Sequence[Merge], edition: str) -> pa.Table:
    kinds = {
        "step": pa.string(),
        "cell": pa.string(),
        "count": pa.int64(),
        "minimum": pa.int64(),
        "into": pa.string(),
    }
    columns = {
        name: pa.array([getattr(merge, name) for merge in merges], kind) for name, kind in kinds.items()
    }
    return pa.table({"edition": pa.array([edition] * len(merges), pa.string()), **columns})


def _diagnostics(
    survey: _Survey, before: Numbers, trimmed: Numbers, weight: Numbers, *, found: Calibration, edition: str
) -> pa.Table:
    n, g = len(weight), found.adjustment
    measures: dict[str, float] = {
        "companies in the frame": survey.frame.num_rows,
        "companies invited": int(survey.invited.sum()),
        "companies weighted": n,
        "response rate": n / int(survey.invited.sum()),
        "respondents outside the frame": survey.outside,
        "respondents not invited": survey.uninvited,
        "weights trimmed": int((before > trimmed).sum()),
        "calibration iterations": found.iterations,
        "largest relative margin error": found.margin_error,
        "smallest adjustment": float(g.min()),
        "largest adjustment": float(g.max()),
        "smallest weight": float(weight.min()),
        "median weight": float(np.median(weight)),
        "largest weight": float(weight.max()),
        "sum of weights": float(weight.sum()),
        "Kish effective size": kish_size(weight),
        "Kish design effect": n / kish_size(weight),
        "Kish design effect before calibration": n / kish_size(before),
    }
    return pa.table(
        {
            "edition": [edition] * len(measures),
            "measure": list(measures),
            "value": pa.array(list(measures.values()), pa.float64()),
        }
    )
