"""The figures of a run. Belongs here: which estimates are made of which edition, as tables. Does not: the estimates
themselves, or what may leave of them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from orchestration.estimation import catalogue, change, contrast, figures, flags, ranking, respondents
from orchestration.estimation.arrays import numbers
from orchestration.estimation.catalogue import BREAKDOWNS, COARSE, ONE_WAY, SUBJECT
from orchestration.estimation.contrast import QUOTED_EXPORT_SHARES, Contrast
from orchestration.estimation.errors import EstimationError
from orchestration.estimation.indicators import Breakdown, Indicator
from orchestration.estimation.medians import median
from orchestration.estimation.small_area import model_based
from orchestration.estimation.survey import SIZES, STRATA, Survey
from orchestration.estimation.tables import COUNT, NUMBER, TEXT, listed, replaced, schema, those, where

_RANKS = {"rank": COUNT, "rank_low": COUNT, "rank_high": COUNT}


def _with_subject(kind: pa.Schema, **more: pa.DataType) -> pa.Schema:
    """The schema with what an indicator is about (a competence, a family) in a column of its own."""
    at = kind.get_field_index("indicator")
    kind = kind.insert(at + 1, pa.field("subject", TEXT))
    for name, type_ in more.items():
        kind = kind.append(pa.field(name, type_))
    return kind


FIGURES = _with_subject(figures.SCHEMA, **_RANKS)
CHANGES = _with_subject(change.SCHEMA)
CONTRASTS = contrast.SCHEMA
MODELS = _with_subject(figures.SCHEMA, gamma=NUMBER)
PARTICIPATION = schema(
    "edition indicator domain_type domain n flag comparability kind invited responded unidentified",
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
    kind=TEXT,
    invited=COUNT,
    responded=COUNT,
    unidentified=COUNT,
)
FIGURE_TABLES = {
    "participation": PARTICIPATION,
    "figures": FIGURES,
    "changes": CHANGES,
    "contrasts": CONTRASTS,
    "territory_models": MODELS,
}
MODELLED = ("innovation_rate", "export_rate")
CONTRAST = "export_by_innovation"


def figure_tables(
    connection: duckdb.DuckDBPyConnection, surveys: Sequence[Survey], direct: Sequence[pa.Table]
) -> dict[str, pa.Table]:
    """Every figure of every edition: tables of ``FIGURE_TABLES``, each sorted within its edition.

    ``direct`` has the ``direct_figures`` of each.
    """
    return {
        "participation": _stacked(
            [_participation(connection, each) for each in surveys if each.state.has_frame], PARTICIPATION
        ),
        "figures": _stacked(direct, FIGURES),
        "changes": _stacked(_changes(connection, surveys), CHANGES),
        "contrasts": _stacked([_contrasts(connection, each) for each in surveys], CONTRASTS),
        "territory_models": _stacked(
            [
                territory_models(connection, each, table)
                for each, table in zip(surveys, direct, strict=True)
                if each.design.weight
            ],
            MODELS,
        ),
    }


def _participation(connection: duckdb.DuckDBPyConnection, edition: Survey) -> pa.Table:
    """Participation is counted on the frame: it has no sampling error, and small counts are no less exact."""
    counted = respondents.participation(connection, edition.name)
    count = counted.num_rows
    responded = numbers(counted["responded"])
    nothing, few = responded == 0, responded < flags.PUBLISHED
    blank = pa.nulls(count, NUMBER)
    columns: dict[str, Any] = {
        "edition": [edition.name] * count,
        "indicator": ["participation_rate"] * count,
        "n": counted["responded"],
        **dict.fromkeys(("weighted_n", "se", "ci_low", "ci_high", "cv"), blank),
        "value": responded / numbers(counted["invited"]),
        "flag": np.select([nothing, few], ["zero", "unreliable"], "ok").tolist(),
        "reason": [
            "low_n" if is_few and not is_none else None for is_few, is_none in zip(few, nothing, strict=True)
        ],
        "comparability": ["identical"] * count,
        "kind": ["count"] * count,
    }
    columns |= {name: counted[name] for name in counted.column_names}
    return pa.table({name: columns[name] for name in PARTICIPATION.names}, schema=PARTICIPATION)


def direct_figures(connection: duckdb.DuckDBPyConnection, edition: Survey) -> pa.Table:
    """Business figures and needs by every breakdown; priorities and mentions by one-way breakdowns, needs by whatever
    question by the coarse ones."""

    def estimated(indicators: Sequence[Indicator], breakdowns: Sequence[Breakdown]) -> pa.Table:
        return figures.estimate(
            connection,
            edition.relation,
            edition.design,
            indicators,
            breakdowns,
            edition=edition.name,
            population=_within(edition, breakdowns),
        )

    business = estimated(catalogue.business(edition.asked), BREAKDOWNS)
    unranked = pa.schema([*figures.SCHEMA, *(pa.field(name, kind) for name, kind in _RANKS.items())])
    parts = [unranked.empty_table(), business]
    parts += [
        median(connection, edition.relation, edition.design, each, BREAKDOWNS, edition=edition.name)
        for each in catalogue.median_of_spending(edition.asked)
    ]
    for asked, breakdowns in (
        (catalogue.competences(edition.asked), BREAKDOWNS),
        (catalogue.priorities(edition.asked), ONE_WAY),
        (catalogue.expressed(edition.asked), COARSE),
        (catalogue.mentions(edition.asked), ONE_WAY),
    ):
        if not asked:
            continue
        found = estimated(asked, breakdowns)
        questions = [name.split(SUBJECT)[0] for name in listed(found, "indicator")]
        # Ranks compare like with like: the competences of one question.
        parts += [
            ranking.rank(those(found, (each == question for each in questions)))
            for question in dict.fromkeys(questions)
        ]
    return _split(pa.concat_tables(parts, promote_options="default")).select(FIGURES.names)


def _within(edition: Survey, breakdowns: Sequence[Breakdown]) -> respondents.Population | None:
    if not edition.population:
        return None
    return {each.name: edition.population[each.name] for each in breakdowns}


def _changes(connection: duckdb.DuckDBPyConnection, surveys: Sequence[Survey]) -> list[pa.Table]:
    """Each edition with weights against the one before it."""
    framed = [each for each in surveys if each.design.weight]
    return [_change(connection, before, after) for before, after in pairwise(framed)]


def _change(connection: duckdb.DuckDBPyConnection, before: Survey, after: Survey) -> pa.Table:
    now, then = (
        change.Edition(each.name, each.relation, each.design, catalogue.compared(each.asked, other.asked))
        for each, other in ((after, before), (before, after))
    )
    found = change.change(
        connection,
        now,
        then,
        breakdowns=COARSE,
        unit="contributor",
        strata=STRATA,
        order=SIZES,
    )
    return _split(found)


def _contrasts(connection: duckdb.DuckDBPyConnection, edition: Survey) -> pa.Table:
    """Export among innovators against the others, beside what was quoted of them."""
    named = {each.name: each for each in catalogue.business(edition.asked)}
    pair = named["export_rate_among_innovators"], named["export_rate_among_non_innovators"]
    if not all(each.is_asked for each in pair):
        return CONTRASTS.empty_table()
    return contrast.contrast(
        connection,
        edition.relation,
        edition.design,
        [Contrast(CONTRAST, *pair, quoted=QUOTED_EXPORT_SHARES)],
        COARSE,
        edition=edition.name,
    )


def territory_models(connection: duckdb.DuckDBPyConnection, edition: Survey, direct: pa.Table) -> pa.Table:
    """Fay-Herriot figures of the territories for the two headline rates, from their direct ones.

    A rate whose model cannot be fitted (too few territories with a direct figure) has no rows.
    """
    areas = respondents.covariates(connection, edition.name)
    parts = []
    for name in MODELLED:
        try:
            parts.append(model_based(where(direct, "indicator", name), areas))
        except EstimationError:
            continue
    return _split(pa.concat_tables(parts)) if parts else MODELS.empty_table()


def _split(table: pa.Table) -> pa.Table:
    """The indicator's name and its subject in two columns."""
    halves = [name.split(SUBJECT, 1) for name in listed(table, "indicator")]
    table = replaced(table, indicator=[half[0] for half in halves])
    subjects = pa.array([half[1] if len(half) > 1 else None for half in halves], TEXT)
    return table.add_column(table.schema.get_field_index("indicator") + 1, "subject", subjects)


def _stacked(parts: Sequence[pa.Table], kind: pa.Schema) -> pa.Table:
    filled = [part.select(kind.names).cast(kind) for part in parts]
    return pa.concat_tables(filled) if filled else kind.empty_table()
