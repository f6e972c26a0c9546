"""Figures that follow from others. Belongs here: changes, contrasts and models, shown only where the figures they are
made of are shown. Does not: hiding those figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from orchestration.disclosure.show import REASON_OF_FLAG, SILENT
from orchestration.disclosure.words import Flag
from orchestration.estimation.errors import EstimationError
from orchestration.estimation.results import MODELLED
from orchestration.estimation.small_area import model_based
from orchestration.estimation.tables import COUNT, NUMBER, TEXT, listed, replaced, where

PAIR = ("export_rate_among_innovators", "export_rate_among_non_innovators")
# What a derived figure says of itself when there is nothing to compare.
_EMPTY = ("not_available", "not_applicable")
Key = tuple[str, str, str | None, str, str]


def changes(estimated: pa.Table, public: pa.Table) -> pa.Table:
    """The changes between editions whose two figures ``public`` shows; ``value`` is the difference."""
    shown = _flags(public)
    flags, reasons = [], []
    for row in estimated.select(
        ["edition", "reference_edition", "indicator", "subject", "domain_type", "domain", "flag", "reason"]
    ).to_pylist():
        rest = (row["indicator"], row["subject"], row["domain_type"], row["domain"])
        both = [shown.get((edition, *rest)) for edition in (row["edition"], row["reference_edition"])]
        flag, reason = _judged(row["flag"], row["reason"], both)
        flags.append(flag)
        reasons.append(reason)
    table = estimated.drop_columns(["value"]).rename_columns({"change": "value"})
    table = table.append_column("weighted_n", pa.nulls(table.num_rows, NUMBER))
    table = table.append_column("cv", pa.nulls(table.num_rows, NUMBER))
    table = _blanked(table, flags, reasons)
    return _rounded_p(table)


def contrasts(estimated: pa.Table, public: pa.Table) -> pa.Table:
    """The contrasts whose two shares ``public`` shows, with those shares as it shows them; ``indicator`` names the
    contrast. What was quoted is no company's secret."""
    shown = _flags(public)
    value = {
        (row["edition"], row["indicator"], row["domain_type"], row["domain"]): row["value"]
        for row in public.select(["edition", "indicator", "domain_type", "domain", "value"]).to_pylist()
        if row["indicator"] in PAIR
    }
    flags, reasons, one, other = [], [], [], []
    for row in estimated.to_pylist():
        domain = (row["domain_type"], row["domain"])
        if row["source"] == "quoted":
            flags.append(row["flag"])
            reasons.append(row["reason"])
            one.append(row["share"])
            other.append(row["share_against"])
            continue
        both = [shown.get((row["edition"], name, None, *domain)) for name in PAIR]
        flag, reason = _judged(row["flag"], row["reason"], both)
        flags.append(flag)
        reasons.append(reason)
        one.append(value.get((row["edition"], PAIR[0], *domain)))
        other.append(value.get((row["edition"], PAIR[1], *domain)))
    table = estimated.rename_columns({"contrast": "indicator"})
    table = replaced(table, share=one, share_against=other)
    for name in ("weighted_n", "cv"):
        table = table.append_column(name, pa.nulls(table.num_rows, NUMBER))
    return _rounded_p(_blanked(table, flags, reasons))


def models(figures: pa.Table, covariates: pa.Table) -> list[pa.Table]:
    """Model-based figures of the territories, fitted again on the direct ones that are shown.

    A territory whose own figure is hidden gets what the covariates alone say (gamma 0), so nothing of its answers
    is in it. A rate with too few territories shown has no model.
    """
    found = []
    for rate in MODELLED:
        direct = where(figures, "indicator", rate)
        counts = {name: [n or 0 for n in listed(direct, name)] for name in ("n", "n_yes", "n_asked")}
        try:
            table = model_based(replaced(direct, **counts), covariates)
        except EstimationError:
            continue
        # As it is told: what rounds to 0 tells of no answers.
        gamma = [round(g, 2) for g in listed(table, "gamma")]
        told = {
            name: pa.array([v if g else None for v, g in zip(listed(table, name), gamma, strict=True)], kind)
            for name, kind in (("n", COUNT), ("weighted_n", NUMBER))
        }
        found.append(replaced(table, gamma=gamma, **told))
    return found


def _flags(public: pa.Table) -> dict[Key, str]:
    names = ("edition", "indicator", "subject", "domain_type", "domain")
    keys = zip(*(public[name].to_pylist() for name in names), strict=True)
    return dict(zip(keys, public["flag"].to_pylist(), strict=True))


def _judged(flag: str, reason: str | None, both: Sequence[str | None]) -> tuple[str, str | None]:
    """The flag of what is made of two figures with these public flags (None: no public figure)."""
    if flag in _EMPTY or any(each in _EMPTY for each in both):
        return (flag, reason) if flag in _EMPTY else ("not_available", "no_respondent")
    if Flag.SECRET in both or None in both or Flag.CARRIED_OVER in both:
        return Flag.SECRET.value, REASON_OF_FLAG[Flag.SECRET]
    if any(each in SILENT for each in both):
        return Flag.UNRELIABLE.value, REASON_OF_FLAG[Flag.UNRELIABLE]
    return flag, reason


def _blanked(table: pa.Table, flags: Sequence[str], reasons: Sequence[str | None]) -> pa.Table:
    """The table under these flags, without a number where there is nothing to show."""
    silent = [flag in SILENT or flag in _EMPTY for flag in flags]
    columns: dict[str, Any] = {"flag": pa.array(flags, TEXT), "reason": pa.array(reasons, TEXT)}
    for field in table.schema:
        if pa.types.is_floating(field.type) or pa.types.is_integer(field.type):
            values = listed(table, field.name)
            columns[field.name] = pa.array(
                [None if blank else value for blank, value in zip(silent, values, strict=True)], field.type
            )
    return replaced(table, **columns)


def _rounded_p(table: pa.Table) -> pa.Table:
    return replaced(table, p_value=[None if p is None else round(p, 3) for p in listed(table, "p_value")])
