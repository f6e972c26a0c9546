"""Whether a question was asked, by the codebook's conditions. Belongs here: evaluating `asked_when` on a
batch. Does not: answer states (answers.py)."""

from __future__ import annotations

import numpy as np

from orchestration.codebook import Condition, Question
from orchestration.decoding.arrow import Flags, flags, pa, pc
from orchestration.decoding.cells import Batch
from orchestration.decoding.values import number_of


def asked(question: Question, batch: Batch) -> Flags:
    """Tell for each row whether all conditions hold; a question without conditions was asked of everyone."""
    flags = np.ones(batch.rows.num_rows, bool)
    for condition in question.asked_when:
        flags &= _reached(condition, batch) if condition.page is not None else _holds(condition, batch)
    return flags


def _reached(condition: Condition, batch: Batch) -> Flags:
    """Whether the page was reached; a survey that does not record the last page cannot deny it."""
    page = number_of(batch.cells("lastpage"))
    return np.isnan(page) | (page >= float(condition.page or 0))


def _holds(condition: Condition, batch: Batch) -> Flags:
    cells = batch.cells(str(condition.question))
    if condition.below is not None:
        return number_of(cells) < condition.below
    wanted = pc.is_in(cells.texts, value_set=pa.array(condition.is_, pa.string()))
    by_text = np.append(flags(wanted), "" in (condition.is_ or ()))
    return cells.pick(by_text)
