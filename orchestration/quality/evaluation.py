"""Great Expectations at work. Belongs here: the one import of it, and evaluating expectations on a frame.
Does not: where frames come from."""

from __future__ import annotations

import gc
import os
import sys
import warnings
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from orchestration.quality.frames import Frame, PandasFrame, SparkFrame
from orchestration.quality.masking import Cell, mask_row, mask_text
from orchestration.quality.result import ROWS_SHOWN, Failure
from orchestration.quality.suites import Expectation

if TYPE_CHECKING:
    import pandas as pd

_ROWS_WANTED = {
    "result_format": "BASIC",
    "include_unexpected_rows": True,
    "partial_unexpected_count": ROWS_SHOWN,
}
_FLAGS = frozenset({"bool", "boolean"})
_ABOUT_NULLS = frozenset({"expect_column_values_to_be_null", "expect_column_values_to_not_be_null"})


class Evaluator:
    """Evaluates expectations on one frame; ``table`` names in messages what its rows are."""

    def __init__(self, frame: Frame, table: str) -> None:
        self._frame, self._table = frame, table
        self._gx = _great_expectations()
        self._validator = self._gx.validator(frame)

    def failure(self, expectation: Expectation) -> Failure | None:
        """What is wrong, or None when the expectation was evaluated and holds."""
        if self._only_nulls(expectation):
            return self._failure(expectation, "not evaluated: there are only nulls")
        # Most hold, and asking for no rows takes half the time; a failure is evaluated again for its rows.
        result = self._evaluate(expectation, "BOOLEAN_ONLY")
        if isinstance(result, Mapping) and result["success"]:
            return None
        result = self._evaluate(expectation, _ROWS_WANTED)
        if isinstance(result, str):
            return self._failure(expectation, f"not evaluated: {result}")
        found = result["result"]
        rows = found.get("unexpected_rows")
        return self._failure(
            expectation,
            _observed(found),
            () if rows is None else _masked(self._frame.shown(rows), expectation.columns),
        )

    def _evaluate(
        self, expectation: Expectation, result_format: str | dict[str, Any]
    ) -> dict[str, Any] | str:
        """Great Expectations' verdict, or why there is none."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                # Without its meta, which would be checked and copied some seventy times: a third of the time.
                configuration = self._gx.configuration(type=expectation.type, kwargs=dict(expectation.kwargs))
                results = self._validator.graph_validate(
                    configurations=[configuration], runtime_configuration={"result_format": result_format}
                )
        except Exception as error:
            return f"{type(error).__name__}: {_line(error)}"
        if len(results) != 1:
            return f"{len(results)} results"
        if problem := _raised(results[0].exception_info):
            return problem
        return {"success": results[0].success is True, "result": results[0].result}

    def _only_nulls(self, expectation: Expectation) -> bool:
        """Great Expectations skips nulls: a column of nulls would pass whatever is expected of its values."""
        columns = [column for column in expectation.columns if column in self._frame.columns]
        if not columns or expectation.type in _ABOUT_NULLS or expectation.meta.all_null == "allowed":
            return False
        return not (self._frame.is_empty() or self._frame.has_filled(columns))

    def _failure(
        self, expectation: Expectation, observed: str, rows: tuple[Mapping[str, Cell], ...] = ()
    ) -> Failure:
        return Failure(
            expectation=expectation.description,
            type=expectation.type,
            table=self._table,
            column=", ".join(expectation.columns) or None,
            observed=observed,
            rows=rows,
        )


class _GreatExpectations:
    """The few names of the package that are used, behind one import."""

    def __init__(self) -> None:
        os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
        with _no_collection(), _no_connect():
            # Takes seconds, so only where a gate runs.
            import great_expectations as gx  # noqa: PLC0415
            from great_expectations.core.batch import Batch  # noqa: PLC0415
            from great_expectations.execution_engine.pandas_execution_engine import (  # noqa: PLC0415
                PandasExecutionEngine,
            )
            from great_expectations.expectations.expectation_configuration import (  # noqa: PLC0415
                ExpectationConfiguration,
            )
            from great_expectations.validator.validator import Validator  # noqa: PLC0415

        self._context = gx.get_context(mode="ephemeral")
        self._context.variables.progress_bars = {"globally": False}  # type: ignore[assignment]
        self._batch: Any = Batch
        self._engine, self._validator = PandasExecutionEngine, Validator
        self.configuration = ExpectationConfiguration

    def validator(self, frame: Frame) -> Any:
        """A validator straight on the frame: a data source would hash it whole first (0.6 s for 1 M rows)."""
        engine = self._engine() if isinstance(frame, PandasFrame) else _spark_engine(frame)
        return self._validator(
            execution_engine=engine, batches=[self._batch(data=frame.data)], data_context=self._context
        )


def _spark_engine(frame: SparkFrame) -> Any:
    from great_expectations.execution_engine.sparkdf_execution_engine import (  # noqa: PLC0415 - an extra
        SparkDFExecutionEngine,
    )

    return SparkDFExecutionEngine(spark=frame.data.sparkSession)


@lru_cache(maxsize=1)
def _great_expectations() -> _GreatExpectations:
    return _GreatExpectations()


def prepare() -> None:
    """Import Great Expectations now: the first evaluation need not."""
    _great_expectations()


@contextmanager
def _no_connect() -> Iterator[None]:
    """Hide Spark's Connect client, which is not used here.

    Where pyspark is installed it is imported too: it warns of pandas 3, and it ends a program that has no file.
    """
    client = "pyspark.sql.connect"
    hidden = client not in sys.modules
    if hidden:
        sys.modules[client] = None  # type: ignore[assignment]  # which is how an import is refused
    try:
        yield
    finally:
        if hidden:
            del sys.modules[client]


@contextmanager
def _no_collection() -> Iterator[None]:
    """Hold the garbage collector: an import makes objects to keep, and it takes a sixth less time so."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _raised(information: Mapping[str, Any] | None) -> str | None:
    """The message of the exception behind a result: told at the top, or below the metric that raised."""
    told = information or {}
    for part in (told, *(part for part in told.values() if isinstance(part, Mapping))):
        if part.get("raised_exception"):
            return _line(part.get("exception_message")) or "an exception without a message"
    return None


def _line(message: object) -> str:
    return mask_text(" ".join(str(message or "").split()))[:300]


def _observed(found: Mapping[str, Any]) -> str:
    if "unexpected_count" in found:
        share = found["unexpected_count"] / max(found["element_count"], 1)
        return f"{found['unexpected_count']:,} of {found['element_count']:,} rows ({share:.2%})"
    return mask_text(str(found.get("observed_value", "nothing")))[:200]


def _masked(rows: pd.DataFrame, columns: Collection[str]) -> tuple[Mapping[str, Cell], ...]:
    """The rows without the verdicts on other columns."""
    shown = [name for name, kind in rows.dtypes.items() if name in columns or str(kind) not in _FLAGS]
    return tuple(mask_row(row) for row in rows[shown].head(ROWS_SHOWN).to_dict("records"))
