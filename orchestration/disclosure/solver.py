"""Linear programmes. Belongs here: handing one to the solver HiGHS. Does not: what it is about."""

from __future__ import annotations

import highspy
import numpy as np
from scipy import sparse

from orchestration.disclosure.rules import Floats

Range = tuple[Floats, Floats]
_PRIMAL = int(highspy.simplex_constants.SimplexStrategy.kSimplexStrategyPrimal)


class Programme:
    """The x that cost least where ``columns[0]`` <= x <= ``columns[1]`` and ``rows[0]`` <= ``matrix`` x <= ``rows[1]``.

    Solved once more for other costs, it starts from where it ended: what could be reached still can.
    """

    def __init__(self, matrix: sparse.csr_array, *, rows: Range, columns: Range) -> None:
        model = highspy.HighsLp()
        model.num_row_, model.num_col_ = matrix.shape
        model.row_lower_, model.row_upper_ = rows
        model.col_lower_, model.col_upper_ = columns
        model.col_cost_ = np.zeros(matrix.shape[1])
        model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        model.a_matrix_.start_, model.a_matrix_.index_ = matrix.indptr, matrix.indices
        model.a_matrix_.value_ = matrix.data
        self._columns = np.arange(matrix.shape[1], dtype=np.int32)
        self._solver = _Silent()
        # On these programmes presolving takes longer than it saves.
        self._solver.setOptionValue("presolve", "off")
        self._solver.setOptionValue("threads", 1)
        self._solver.passModel(model)

    def solve(self, costs: Floats) -> Floats | None:
        """The x that cost least; None where there is none, or none was found (``status`` tells)."""
        self._solver.changeColsCost(len(costs), self._columns, costs)
        self._solver.run()
        # From a solution of before, which other costs leave possible, the primal method has the least to do.
        self._solver.setOptionValue("simplex_strategy", _PRIMAL)
        if self._solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        return np.array(self._solver.getSolution().col_value)

    @property
    def status(self) -> str:
        """How the last solving ended."""
        return self._solver.modelStatusToString(self._solver.getModelStatus())


class _Silent(highspy.Highs):
    def enableCallbacks(self) -> None:  # noqa: N802 - its name there
        """Called by the constructor, where the solver would print its name."""
        self.silent()
        super().enableCallbacks()
