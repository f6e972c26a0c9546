"""The editions of a run, weighted. Belongs here: how this survey is weighted, and its weights as tables. Does not: the
formulas (weighting), what is estimated (catalogue, results)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from orchestration.estimation import respondents
from orchestration.estimation.catalogue import Asked
from orchestration.estimation.design import AMONG_RESPONDENTS, CalibratedOn, Design
from orchestration.estimation.margins import MINIMUM_RESPONDENTS
from orchestration.estimation.respondents import EditionState, Population
from orchestration.estimation.tables import COUNT, NUMBER, TEXT, listed, schema, where
from orchestration.estimation.weighting import Plan, design_of, weigh
from orchestration.sql_text import identifier

# Régions along which small ones are merged: from north to south by INSEE code, then Corse, then overseas, so that no
# overseas région is merged with Île-de-France (11), which would come next by code.
REGIONS = (
    "11", "24", "27", "28", "32", "44", "52", "53", "75", "76", "84", "93", "94", "01", "02", "03", "04", "06",
    "unknown",
)  # fmt: skip
SIZES = ("0-9", "10-49", "50-249", "250+", "unknown")
SECTORS = ("B", "C", "D", "E", "unknown")
STRATA = ("region", "size_class")
PLAN = Plan(
    strata=STRATA,
    groups=STRATA,
    margins=(
        CalibratedOn("region"),
        CalibratedOn("size_class"),
        CalibratedOn("sector"),
        CalibratedOn(None, "headcount"),
    ),
    orders={"region": REGIONS, "size_class": SIZES, "sector": SECTORS},
    headcount="headcount",
)

WEIGHTS = schema(
    "edition respondent_id company_key stratum response_group variance_stratum base_weight response_weight "
    "precalibration_weight weight headcount_weight",
    edition=TEXT,
    respondent_id=COUNT,
    company_key=TEXT,
    stratum=TEXT,
    response_group=TEXT,
    variance_stratum=TEXT,
    base_weight=NUMBER,
    response_weight=NUMBER,
    precalibration_weight=NUMBER,
    weight=NUMBER,
    headcount_weight=NUMBER,
    calibration_region=TEXT,
    calibration_size_class=TEXT,
    calibration_sector=TEXT,
    calibration_headcount=NUMBER,
)
RATES = schema(
    "edition region size_class population invited respondents",
    edition=TEXT,
    region=TEXT,
    size_class=TEXT,
    population=COUNT,
    invited=COUNT,
    respondents=COUNT,
    response_rate=NUMBER,
)
MARGINS = schema(
    "edition constraint_name respondents total unweighted before_calibration after_calibration",
    edition=TEXT,
    constraint_name=TEXT,
    respondents=COUNT,
    total=NUMBER,
    unweighted=NUMBER,
    before_calibration=NUMBER,
    after_calibration=NUMBER,
)
MERGES = schema(
    "edition step cell respondents minimum merged_into",
    edition=TEXT,
    step=TEXT,
    cell=TEXT,
    respondents=COUNT,
    minimum=COUNT,
    merged_into=TEXT,
)
DIAGNOSTICS = schema("edition measure value", edition=TEXT, measure=TEXT, value=NUMBER)
WEIGHT_TABLES = {
    "weights": WEIGHTS,
    "response_rates": RATES,
    "weight_margins": MARGINS,
    "weight_merges": MERGES,
    "weight_diagnostics": DIAGNOSTICS,
}


@dataclass(frozen=True)
class Survey:
    """An edition ready to be estimated.

    ``relation`` stands after FROM: a row a respondent in the figures, with its weights where the edition has any.
    ``design`` says which columns they are. ``population`` counts the frame's companies by domain.
    """

    state: EditionState
    asked: Asked
    relation: str
    design: Design
    population: Population

    @property
    def name(self) -> str:
        """The edition's code."""
        return self.state.name

    @property
    def weight(self) -> str:
        """The final weight in SQL: 1 where there is none."""
        return self.design.weight or "1.0"


def weigh_editions(connection: duckdb.DuckDBPyConnection) -> dict[str, pa.Table]:
    """The weights of every edition of the marts that ``respondents.opened`` opened: tables of ``WEIGHT_TABLES``.

    An edition without a frame, or of which fewer than 30 invited companies have answered (its first days), has no
    weights: its figures are among respondents. Raises what ``weigh`` raises.
    """
    parts: dict[str, list[pa.Table]] = {name: [] for name in WEIGHT_TABLES}
    for state in respondents.editions(connection):
        keys = respondents.keys(connection, state.name)
        if not state.has_frame or keys.num_rows < MINIMUM_RESPONDENTS:
            continue
        companies = listed(keys, "company_key")
        found = weigh(respondents.frame(connection, state.name), companies, PLAN, edition=state.name)
        numbered = found.weights.join(keys, "company_key").select(WEIGHTS.names).sort_by("respondent_id")
        for name, table in (
            ("weights", numbered),
            ("response_rates", found.response_rates),
            ("weight_margins", found.margins),
            ("weight_merges", found.merges),
            ("weight_diagnostics", found.diagnostics),
        ):
            kind = WEIGHT_TABLES[name]
            parts[name].append(table.rename_columns(kind.names).cast(kind))
    return {
        name: pa.concat_tables([kind.empty_table(), *parts[name]]) for name, kind in WEIGHT_TABLES.items()
    }


def surveys(
    connection: duckdb.DuckDBPyConnection, weights: pa.Table, names: Collection[str] | None = None
) -> list[Survey]:
    """The editions of the opened marts of these names (all, by default) with their ``weights`` (a table of
    ``WEIGHTS``), the earliest first."""
    return [
        _survey(connection, state, weights)
        for state in respondents.editions(connection)
        if names is None or state.name in names
    ]


def _survey(connection: duckdb.DuckDBPyConnection, state: EditionState, weights: pa.Table) -> Survey:
    asked = respondents.asked(connection, state.name)
    table = respondents.load(connection, state.name, asked)
    population = respondents.population(connection, state.name) if state.has_frame else {}
    own = where(weights, "edition", state.name)
    if not own.num_rows:
        return Survey(state, asked, table, AMONG_RESPONDENTS, population)
    relation = identifier(f"weighted {state.name}")
    connection.register("own_weights", own.drop_columns(["edition", "company_key"]))
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {relation} AS SELECT * FROM {table} JOIN own_weights USING (respondent_id) "
        "ORDER BY respondent_id"
    )
    connection.unregister("own_weights")
    return Survey(state, asked, relation, design_of(PLAN), population)
