"""Whether a question was asked, by the codebook's conditions. Belongs here: evaluating `asked_when` on a
batch. Does not: answer states (answers.py)."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import numpy.typing as npt

from orchestration.codebook import Condition, Question
from orchestration.decoding.arrow import Flags, flags, pa, pc
from orchestration.decoding.cells import Batch
from orchestration.decoding.values import number_of


class Asked:
    """The conditions of questions on one batch."""

    def __init__(self, batch: Batch) -> None:
        self._batch = batch

    def rows(self, question: Question) -> Flags:
        """Tell for each row whether all conditions hold; a question without conditions was asked of everyone."""
        flags = np.ones(self._batch.rows.num_rows, bool)
        for condition in question.asked_when:
            flags &= self._reached(condition) if condition.page is not None else self._holds(condition)
        return flags

    @cached_property
    def _last_page(self) -> npt.NDArray[np.float64]:
        return number_of(self._batch.cells("lastpage"))

    def _reached(self, condition: Condition) -> Flags:
        """Whether the page was reached; a survey that does not record the last page cannot deny it."""
        reached: Flags = np.isnan(self._last_page) | (self._last_page >= float(condition.page or 0))
        return reached

    def _holds(self, condition: Condition) -> Flags:
        cells = self._batch.cells(str(condition.question))
        if condition.below is not None:
            below: Flags = number_of(cells) < condition.below
            return below
        wanted = pc.is_in(cells.texts, value_set=pa.array(condition.is_, pa.string()))
        by_text = np.append(flags(wanted), "" in (condition.is_ or ()))
        return cells.pick(by_text)
