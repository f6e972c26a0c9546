"""The stage's two steps on a run's files. Belongs here: marts in, Parquet out. Does not: weights or figures themselves,
Dagster."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from orchestration.estimation import respondents
from orchestration.estimation.files import read_table, write_tables
from orchestration.estimation.results import figure_tables
from orchestration.estimation.survey import surveys, weigh_editions


def make_weights(warehouse: Path, folder: Path) -> dict[str, pa.Table]:
    """Weigh every edition of the marts in ``warehouse``; the tables (`survey.WEIGHT_TABLES`) are written to ``folder``
    and returned. Raises what ``weighting.weigh`` raises."""
    with respondents.opened(warehouse) as connection:
        tables = weigh_editions(connection)
    write_tables(folder, tables)
    return tables


def make_figures(warehouse: Path, folder: Path) -> dict[str, pa.Table]:
    """Estimate every figure with the weights in ``folder``; the tables (`results.FIGURE_TABLES`) are written there and
    returned. Raises EstimationError where an estimate cannot be made as the catalogue asks."""
    with respondents.opened(warehouse) as connection:
        tables = figure_tables(connection, surveys(connection, read_table(folder, "weights")))
    write_tables(folder, tables)
    return tables
