"""Elimination, cell for cell against R's GaussSuppression."""

import numpy as np
import pyarrow as pa
import pytest

from orchestration.disclosure import Rules
from orchestration.disclosure.attacker import is_primary, reasons_of
from orchestration.disclosure.gauss import eliminate
from orchestration.disclosure.span import OTHER_PRIME, PRIME, Guards

from .conftest import SYSTEMS, turnover

DIMENSIONS = ("region", "territory", "size", "sector_cal")


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("prime", [PRIME, OTHER_PRIME])
def test_golden_pattern_cell_for_cell(
    respondents: pa.Table, golden: list[dict[str, str]], system: str, prime: int
):
    tables = turnover(respondents, system)
    rows = [row for row in golden if row["table"] == system]
    cells = np.array([tables.rows[_key(row)] for row in rows])
    assert len(set(cells)) == len(rows) == tables.printed.sum()

    primary = is_primary(reasons_of(tables, Rules())) & tables.printed
    assert primary[cells].tolist() == [row["primary"] == "TRUE" for row in rows]

    # R goes through the cells by falling turnover, ties in its own order of cells.
    value = np.array([float(row["turnover"]) for row in rows])
    order = cells[np.argsort(-value, kind="stable")]
    shown = eliminate(
        tables.columns,
        order[~primary[order]],
        Guards(tables.columns[:, np.flatnonzero(primary)]),
        prime=prime,
    )
    assert (~shown[cells]).tolist() == [row["suppressed"] == "TRUE" for row in rows]


def _key(row: dict[str, str]) -> tuple[str, str, str]:
    columns = [name for name in DIMENSIONS if row[name] != "Total"]
    return ("turnover", "*".join(columns) or "all", "|".join(row[name] for name in columns) or "all")
