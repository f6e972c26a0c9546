"""The stage's two steps on a run's files. Belongs here: marts in, Parquet out. Does not: weights or figures themselves,
Dagster."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pyarrow as pa

from orchestration.estimation import respondents
from orchestration.estimation.files import read_table, write_tables
from orchestration.estimation.results import direct_figures, figure_tables
from orchestration.estimation.survey import surveys, weigh_editions
from orchestration.second_process import Start, shared


def make_weights(warehouse: Path, folder: Path) -> dict[str, pa.Table]:
    """Weigh every edition of the marts in ``warehouse``; the tables (`survey.WEIGHT_TABLES`) are written to ``folder``
    and returned. Raises what ``weighting.weigh`` raises."""
    with respondents.opened(warehouse) as connection:
        tables = weigh_editions(connection)
    write_tables(folder, tables)
    return tables


def make_figures(warehouse: Path, folder: Path, start: Start = partial) -> dict[str, pa.Table]:
    """Estimate every figure with the weights in ``folder``; the tables (`results.FIGURE_TABLES`) are written there and
    returned. Half of the editions are estimated where ``start`` starts them.

    Raises EstimationError where an estimate cannot be made as the catalogue asks."""
    direct = shared(start, _direct, respondents.names(warehouse), warehouse, folder)
    with respondents.opened(warehouse) as connection:
        tables = figure_tables(connection, surveys(connection, read_table(folder, "weights")), direct)
    write_tables(folder, tables)
    return tables


def _direct(names: Sequence[str], warehouse: Path, folder: Path) -> list[pa.Table]:
    """The direct figures of the editions."""
    with respondents.opened(warehouse) as connection:
        editions = surveys(connection, read_table(folder, "weights"), names)
        return [direct_figures(connection, each) for each in editions]
