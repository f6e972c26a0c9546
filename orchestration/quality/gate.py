"""Running a gate. Belongs here: taking a suite's batches one by one to Great Expectations.
Does not: the suites, or what to do about a failure."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.quality.evaluation import Evaluator
from orchestration.quality.frames import Read, pandas_frames, spark_frames
from orchestration.quality.masking import mask_text
from orchestration.quality.result import Failure, GateResult
from orchestration.quality.sources import GateContext, fingerprint, references
from orchestration.quality.suites import EXPECTATIONS, Batch, Expectation, Suite, load_suite

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def run_gate(
    name: str,
    context: GateContext,
    folder: Path = EXPECTATIONS,
    session: SparkSession | None = None,
) -> GateResult:
    """Evaluate every expectation of a gate; one that cannot be evaluated counts as failed.

    Args:
        name: the gate, that is the suite ``<folder>/<name>.json``.
        context: what to look at.
        folder: where the suites are.
        session: where dbt has built on Spark: the candidate's rows are then Spark frames, never read into memory.

    Raises:
        GateError: there is no such suite, or it says something we do not know. The data never makes it raise.
    """
    began = time.perf_counter()
    gate = _Gate(load_suite(name, folder), context, folder)
    failures: list[Failure] = []
    rows: dict[str, int] = {}
    with spark_frames(session, context) if session else pandas_frames(context) as read:
        for batch in gate.suite.meta.batches:
            found, counted = gate.run(read, batch)
            failures += found
            rows |= counted
    return GateResult(
        name=name,
        subject_sha256=gate.subject(),
        expectations=len(gate.suite.expectations),
        failures=tuple(failures),
        rows=rows,
        seconds=round(time.perf_counter() - began, 3),
    )


def subject(name: str, context: GateContext, folder: Path = EXPECTATIONS) -> str:
    """The hash over the files that a gate looks at, as in its result: equal when nothing has changed since.

    Raises:
        GateError: there is no such suite, or it says something we do not know.
    """
    return _Gate(load_suite(name, folder), context, folder).subject()


@dataclass(frozen=True)
class _Gate:
    suite: Suite
    context: GateContext
    folder: Path

    def subject(self) -> str:
        batches = self.suite.meta.batches
        return fingerprint({r for batch in batches for r in references(self._sql(batch))}, self.context)

    def run(self, read: Read, name: str) -> tuple[list[Failure], dict[str, int]]:
        """The failures of a batch, and the row counts that it records."""
        batch = self.suite.meta.batches[name]
        expectations = [one for one in self.suite.expectations if one.meta.batch == name]
        try:
            frame = read(self._sql(name))
            is_empty = frame.is_empty()
            rows = frame.counts() if batch.records_rows else {}
        except Exception as error:
            # Whatever stands in the way: nothing was evaluated, so everything has failed.
            # DuckDB goes on with the place in the query, after an empty line.
            message = " ".join(str(error).split("\n\nLINE ")[0].split())
            reason = mask_text(message)[:300] or type(error).__name__
            return [_unevaluated(one, batch, reason) for one in expectations], {}
        if is_empty and batch.empty == "fails":
            return [_unevaluated(one, batch, "there are no rows") for one in expectations], rows
        if is_empty:
            return [], rows
        evaluator = Evaluator(frame, batch.table)
        failures = (evaluator.failure(one) for one in expectations)
        return [failure for failure in failures if failure], rows

    def _sql(self, batch: str) -> str:
        return self.suite.sql(batch, self.folder)


def _unevaluated(expectation: Expectation, batch: Batch, reason: str) -> Failure:
    return Failure(
        expectation=expectation.description,
        type=expectation.type,
        table=batch.table,
        column=", ".join(expectation.columns) or None,
        observed=f"not evaluated: {reason}",
    )
