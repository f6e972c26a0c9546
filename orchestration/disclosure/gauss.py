"""Suppression by elimination. Belongs here: the choice of cells against exact recovery. Does not: intervals.

After Langsrud's GaussSuppression: go through the cells from the one worth most; show each unless the shown
ones then determine a secret. Linked and hierarchical tables need nothing special, since only the columns
count.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse

from orchestration.disclosure.rules import Bools, Ints
from orchestration.disclosure.span import PRIME, Guards, Span


def column_atoms(columns: sparse.csc_array, cell: int) -> Ints:
    """Finest cells of one cell."""
    found: Ints = columns.indices[columns.indptr[cell] : columns.indptr[cell + 1]].astype(np.int64)
    return found


def eliminate(
    columns: sparse.csc_array,
    order: Ints,
    guards: Guards,
    already: Ints | None = None,
    prime: int = PRIME,
) -> Bools:
    """Cells to show, so that nothing guarded can be computed exactly.

    Args:
        columns: 0/1, shape (finest cells, cells).
        order: the cells that may be shown, the most worth showing first. The result depends on nothing else.
        guards: what must stay unknown.
        already: cells that are known to everybody, whatever they give away.
        prime: modulus of the arithmetic.

    Returns:
        For each cell whether it is shown, shape (cells,).
    """
    span = Span(columns.shape[0], guards, prime)
    shown = np.zeros(columns.shape[1], np.bool_)
    if already is not None and len(already):
        for cell in already.tolist():
            span.add(column_atoms(columns, cell), force=True)
        span.give_up()
        shown[already] = True
    for cell in order.tolist():
        shown[cell] = span.add(column_atoms(columns, cell))
    return shown
