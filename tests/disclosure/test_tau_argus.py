"""Cross-check with tau-Argus, where its Python package is installed."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from orchestration.disclosure import Rules, attack, protect
from orchestration.disclosure.attacker import is_primary, reasons_of

from .conftest import SYSTEMS, turnover

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("pytauargus") is None,
    reason="pytauargus is not installed (an optional cross-check)",
)
RULES = Rules(shown_base=0)


@pytest.mark.parametrize("system", ["region*size", "region*sector_cal"])
def test_same_secrets_and_no_dearer_than_the_optimum(respondents: pa.Table, tmp_path: Path, system: str):
    columns = list(SYSTEMS[system][-1])
    task = {
        # Its codes must be of equal width.
        "columns": {name: [v.rjust(8, "_") for v in respondents[name].to_pylist()] for name in columns}
        | {"turnover": respondents["turnover"].to_pylist()},
        "table": columns,
        "response": "turnover",
        "rules": "NK(1,85)|FREQ(3,10)",
    }
    child = Path(__file__).with_name("tau_argus_child.py")
    done = subprocess.run(
        [sys.executable, str(child)],
        input=json.dumps(task),
        cwd=tmp_path,
        text=True,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    tables = turnover(respondents, system)
    secret, theirs = np.zeros((2, len(tables.keys)), bool)
    for row in json.loads((tmp_path / "answer.json").read_text()):
        values = {name: row[name].strip().lstrip("_") for name in columns if row[name].strip() != "Total"}
        key = ("turnover", "*".join(values) or "all", "|".join(values.values()) or "all")
        if key in tables.rows:
            secret[tables.rows[key]] = row["status"] == "U"
            theirs[tables.rows[key]] = row["status"] in ("U", "M")
    assert (secret == is_primary(reasons_of(tables, RULES))).all()

    # Their optimum leaves each secret its interval, but does not know lone companies.
    found = attack(tables, theirs, RULES).breaches
    assert {b.means for b in found} <= {"lone_company"}
    ours = protect(tables, RULES).pattern
    assert tables.cost[ours].sum() <= tables.cost[theirs].sum() * 1.001
