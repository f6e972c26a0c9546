"""Companies on record. Belongs here: which of some company keys the lake's register or a frame has. Does not:
what becomes of the others (responses.py)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from orchestration import lake as tables
from orchestration.decoding.arrow import Flags, Strings, pc

_ROWS_A_BATCH = 1_000_000


def known_companies(lake: Path, edition: str, keys: Strings) -> Flags | None:
    """Whether the register or the edition's frame has each key; None where both are empty: nothing is known.

    Both are read in batches of one column; memory grows with ``keys`` alone.
    """
    known, rows = np.zeros(len(keys), bool), 0
    frame = [path for path in tables.files(lake, "frame") if path.parent.name == f"edition={edition}"]
    for path in [*tables.files(lake, "register"), *frame]:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=_ROWS_A_BATCH, columns=["company_key"]):
                found = pc.index_in(batch.column("company_key"), value_set=keys)
                known[found.drop_null().to_numpy()] = True
                rows += batch.num_rows
    return known if rows else None
