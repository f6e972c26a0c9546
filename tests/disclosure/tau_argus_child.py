"""Runs tau-Argus (pytauargus) on one table, in a process of its own: its engine is global to the process.

Reads columns, table, response and rules as JSON on stdin; writes one row a cell to answer.json beside it.
"""

import json
import sys
from pathlib import Path

import pytauargus

if __name__ == "__main__":
    task = json.load(sys.stdin)
    answer = pytauargus.protect(
        task["columns"],
        task["table"],
        task["response"],
        task["rules"],
        "OPT(1)",
        workdir=str(Path.cwd() / "tau"),
        decimals=1,
    )
    # dataframe() holds the original values; only keys and states are of use here.
    rows = answer.tables[0].dataframe()
    rows = rows if isinstance(rows, list) else rows.to_dict("records")
    Path("answer.json").write_text(json.dumps([{k: str(v) for k, v in row.items()} for row in rows]))
