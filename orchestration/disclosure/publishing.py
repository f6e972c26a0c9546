"""What may leave of a run. Belongs here: the public tables, from the figures and the protection of each system. Does
not: the systems, the methods, the proof."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa

from orchestration.disclosure import derived, knowledge
from orchestration.disclosure.cells import ALL
from orchestration.disclosure.previous import Previous
from orchestration.disclosure.protect import Protection, protect
from orchestration.disclosure.rounding import rounded
from orchestration.disclosure.rules import Rules
from orchestration.disclosure.show import apply, carry_over
from orchestration.disclosure.systems import System
from orchestration.disclosure.words import explained
from orchestration.estimation import sensitivity
from orchestration.estimation.arrays import numbers
from orchestration.estimation.catalogue import SUBJECT
from orchestration.estimation.tables import COUNT, NUMBER, TEXT, filled, listed, replaced, schema, where

_TIDY: dict[str, Any] = {
    "domain_type": TEXT, "domain": TEXT, "value": NUMBER, "se": NUMBER, "ci_low": NUMBER, "ci_high": NUMBER,
    "n": COUNT, "weighted_n": NUMBER, "cv": NUMBER, "flag": TEXT, "reason": TEXT, "comparability": TEXT,
}  # fmt: skip
_KEY = "edition indicator domain_type domain flag comparability"
PARTICIPATION = schema(_KEY, edition=TEXT, indicator=TEXT, **_TIDY, kind=TEXT, invited=COUNT, responded=COUNT)
FIGURES = schema(
    _KEY,
    edition=TEXT,
    indicator=TEXT,
    subject=TEXT,
    **_TIDY,
    kind=TEXT,
    sensitivity_low=NUMBER,
    sensitivity_high=NUMBER,
)
CHANGES = schema(
    _KEY,
    edition=TEXT,
    reference_edition=TEXT,
    indicator=TEXT,
    subject=TEXT,
    **_TIDY,
    reference_n=COUNT,
    p_value=NUMBER,
)
CONTRASTS = schema(
    _KEY,
    edition=TEXT,
    indicator=TEXT,
    statistic=TEXT,
    source=TEXT,
    **_TIDY,
    n_against=COUNT,
    share=NUMBER,
    share_against=NUMBER,
    p_value=NUMBER,
)
MODELS = schema(_KEY, edition=TEXT, indicator=TEXT, **_TIDY, gamma=NUMBER)
SECRECY = schema(
    "edition system indicator domain_type domain is_hidden reasons words_fr words_en",
    **dict.fromkeys(("edition", "system", "indicator", "domain_type", "domain"), TEXT),
    is_hidden=pa.bool_(),
    reasons=TEXT,
    words_fr=TEXT,
    words_en=TEXT,
)
PUBLISHED_TABLES = {
    "published_participation": PARTICIPATION,
    "published_figures": FIGURES,
    "published_changes": CHANGES,
    "published_contrasts": CONTRASTS,
    "published_territory_models": MODELS,
    "secrecy": SECRECY,
}
Tables = Mapping[str, pa.Table]
# Figures that are totals: they are rounded to 10 where shares are rounded to a point.
_TOTALS = ("innovating_companies", "exporting_companies", "rd_spend_total")


@dataclass(frozen=True, eq=False)
class Protected:
    """The protections of an edition's systems, by the system's name."""

    edition: str
    protections: Mapping[str, Protection]

    def kinds(self) -> dict[str, tuple[str, frozenset[str]]]:
        """For each indicator, with its subject, its system (of several the last, which stands on the others) and the
        breakdowns that are published of it."""
        found: dict[str, tuple[str, set[str]]] = {}
        for name, protection in self.protections.items():
            for indicator, domain_type, _ in protection.tables.rows:
                if found.get(indicator, ("",))[0] != name:
                    found[indicator] = (name, set())
                found[indicator][1].add(domain_type)
        return {indicator: (name, frozenset(cuts)) for indicator, (name, cuts) in found.items()}


def protected(
    edition: str,
    systems: Iterable[System],
    previous: Previous | None = None,
    rules: Rules | None = None,
    tell: Callable[[pa.Table], None] | None = None,
) -> Protected:
    """Protect every system of an edition, each after its base; the earlier release's pattern is kept while it holds.

    ``tell`` gets what each tells (rows of ``knowledge.SCHEMA``); of a system nobody's answers are kept after that.
    Raises GateError where a secret cannot be protected.
    """
    done: dict[str, Protection] = {}
    for system in systems:
        before = previous.earlier(edition, system) if previous else []
        found = protect(system.tables, rules, before, system.within(done))
        if tell:
            tell(knowledge.told(edition, system.name, found.tables, found.pattern))
        done[system.name] = replace(found, tables=replace(found.tables, members=None))
    return Protected(edition, done)


def publish(
    estimates: Tables, editions: Sequence[Protected], covariates: Tables, last: Tables | None = None
) -> dict[str, pa.Table]:
    """The tables of ``PUBLISHED_TABLES``, from the run's estimates: hidden, rounded, and
    nothing else left in them.

    ``covariates`` has what the frame tells of the territories of each edition with weights. ``last`` holds the public
    tables of the current release: a figure that it showed and that must be hidden now comes back as it was.
    """
    before = last or {}
    counted: list[pa.Table] = []
    figures: list[pa.Table] = []
    models: list[pa.Table] = []
    for each in editions:
        counts = _hidden(_named(where(estimates["participation"], "edition", each.edition)), each)
        counted.append(_carried(rounded(counts), before.get("published_participation"), each.edition))
        exact = _hidden(_named(where(estimates["figures"], "edition", each.edition)), each)
        figures.append(
            _carried(
                _with_sensitivity(rounded(exact, _TOTALS)), before.get("published_figures"), each.edition
            )
        )
        if each.edition in covariates:
            models += derived.models(exact, covariates[each.edition])
    public = pa.concat_tables([_shaped(table, FIGURES) for table in figures])
    return {
        "published_participation": pa.concat_tables([_shaped(table, PARTICIPATION) for table in counted]),
        "published_figures": public,
        "published_changes": _shaped(rounded(derived.changes(estimates["changes"], public)), CHANGES),
        "published_contrasts": _shaped(rounded(derived.contrasts(estimates["contrasts"], public)), CONTRASTS),
        "published_territory_models": pa.concat_tables(
            [MODELS.empty_table(), *(_shaped(rounded(table), MODELS) for table in models)]
        ),
        "secrecy": pa.concat_tables([SECRECY.empty_table(), *(_explained(each) for each in editions)]),
    }


def _named(table: pa.Table) -> pa.Table:
    """The table with subject and indicator in one name, as the systems have them, and any number may be blank."""
    table = table.cast(pa.schema([field.with_nullable(True) for field in table.schema]))
    if "subject" not in table.column_names:
        return table
    pairs = zip(listed(table, "indicator"), listed(table, "subject"), strict=True)
    return replaced(
        table, indicator=[name if subject is None else f"{name}{SUBJECT}{subject}" for name, subject in pairs]
    )


def _hidden(table: pa.Table, edition: Protected) -> pa.Table:
    """The rows that are published, with those blanked that the protections hide; not rounded yet.

    A figure that its system does not print in a breakdown is no public figure; of a question that nobody answered,
    the national row alone says so.
    """
    kinds = edition.kinds()
    places = list(zip(listed(table, "indicator"), listed(table, "domain_type"), strict=True))
    systems = [_system(kinds, *place) for place in places]
    answered = [bool(n) for n in listed(table, "n")]
    rows_of: dict[str, list[int]] = {}
    for place, system in enumerate(systems):
        if system is not None:
            rows_of.setdefault(system, []).append(place)
    parts = []
    for name, rows in rows_of.items():
        told = [place for place in rows if answered[place]]
        untold = [place for place in rows if not answered[place]]
        # Nobody answered there: nothing to protect.
        parts.append(table.take(pa.array(untold, pa.int64())))
        if told:
            parts.append(apply(table.take(pa.array(told, pa.int64())), edition.protections[name]))
    return pa.concat_tables(parts) if parts else table.slice(0, 0)


def _system(kinds: Mapping[str, tuple[str, frozenset[str]]], indicator: str, cut: str) -> str | None:
    """The system that prints a row; ``""`` for a national row that no answer stands behind, None for no public row."""
    if indicator not in kinds:
        return "" if cut == ALL else None
    name, cuts = kinds[indicator]
    return name if cut in cuts else None


def _carried(table: pa.Table, last: pa.Table | None, edition: str) -> pa.Table:
    """The edition's rows, those that are public already put back."""
    if last is None:
        return table
    own = _named(where(last, "edition", edition))
    return carry_over(table.select([name for name in table.column_names if name in own.column_names]), own)


def _with_sensitivity(table: pa.Table) -> pa.Table:
    """The bounds of each national share from what is shown of it, so that they tell no further digit."""
    is_told = [bound is not None for bound in listed(table, "sensitivity_low")]
    low, high = sensitivity.bounds(np.where(is_told, numbers(table["value"]), np.nan))
    return replaced(
        table, sensitivity_low=filled(np.round(low, 3)), sensitivity_high=filled(np.round(high, 3))
    )


def _explained(edition: Protected) -> pa.Table:
    """Every row of every system with its exact reasons: what a later release and a statistician need to know."""
    parts = []
    for name, protection in edition.protections.items():
        rows = explained(protection).rename_columns({"hidden": "is_hidden"})
        for label, value in (("system", name), ("edition", edition.edition)):
            rows = rows.add_column(0, label, pa.array([value] * rows.num_rows, TEXT))
        parts.append(_shaped(rows, SECRECY))
    return pa.concat_tables(parts)


def _shaped(table: pa.Table, kind: pa.Schema) -> pa.Table:
    """The columns of ``kind`` alone, the subject apart from the indicator."""
    if "subject" in kind.names:
        table = replaced(table, indicator=[name.split(SUBJECT)[0] for name in listed(table, "indicator")])
    return table.select(kind.names).cast(kind)
