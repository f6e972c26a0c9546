"""The rows of a batch as a frame: of pandas through DuckDB, or of Spark. Belongs here: a query run on one of the two.
Does not: what its relations hold (sources.py), or judging the rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestration.modelling.spark import SCHEMA
from orchestration.quality.masking import PATTERNS
from orchestration.quality.sources import GateContext, connect, provide, references, renamed
from orchestration.sql_text import literal

if TYPE_CHECKING:
    import pandas as pd
    from pyspark.sql import DataFrame, Row, SparkSession

# What the suites call and Spark has under another name or not at all.
_FUNCTIONS = {
    "regexp_matches(t STRING, pattern STRING)": "t RLIKE pattern",
    "has_email(t STRING)": f"t RLIKE r{literal(PATTERNS['e-mail'])}",
    "has_phone(t STRING)": f"t RLIKE r{literal(PATTERNS['phone'])}",
    "isfinite(x DOUBLE)": "NOT isnan(x) AND abs(x) <> double('infinity')",
}


@dataclass(frozen=True)
class PandasFrame:
    """Rows in memory."""

    data: pd.DataFrame

    @property
    def columns(self) -> Sequence[str]:
        """The names of the columns."""
        return list(self.data.columns)

    def is_empty(self) -> bool:
        """Whether there is no row."""
        return bool(self.data.empty)

    def has_filled(self, columns: list[str]) -> bool:
        """Whether a row at least has no null in these columns."""
        return bool(self.data[columns].notna().all(axis=1).any())

    def counts(self) -> dict[str, int]:
        """The column ``rows`` by the column ``name``."""
        return dict(zip(self.data["name"], self.data["rows"].astype(int), strict=True))

    def shown(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Rows as Great Expectations gives them, to be shown."""
        return rows


@dataclass(frozen=True)
class SparkFrame:
    """Rows that Spark computes, wherever its workers are."""

    data: DataFrame

    @property
    def columns(self) -> Sequence[str]:
        """The names of the columns."""
        return self.data.columns

    def is_empty(self) -> bool:
        """Whether there is no row."""
        return self.data.isEmpty()

    def has_filled(self, columns: list[str]) -> bool:
        """Whether a row at least has no null in these columns."""
        return not self.data.dropna(subset=columns).isEmpty()

    def counts(self) -> dict[str, int]:
        """The column ``rows`` by the column ``name``."""
        return {row["name"]: row["rows"] for row in self.data.collect()}

    def shown(self, rows: list[Row]) -> pd.DataFrame:
        """Rows as Great Expectations gives them, to be shown."""
        import pandas as pd  # noqa: PLC0415 - takes half a second, and most gates hold

        shown = _comparable(pd.DataFrame(rows, columns=list(self.columns)))
        # Few rows without a null, or with nulls alone, would not say which columns are flags.
        flags = [name for name, kind in self.data.dtypes if kind == "boolean"]
        return shown.astype(dict.fromkeys(flags, "boolean"))


Frame = PandasFrame | SparkFrame
Read = Callable[[str], Frame]


@contextmanager
def pandas_frames(context: GateContext) -> Iterator[Read]:
    """A function that runs a query on DuckDB, over what the context holds."""
    with connect() as connection:
        provided: set[tuple[str, str]] = set()

        def read(sql: str) -> Frame:
            for schema, table in sorted(references(sql) - provided):
                provide(connection, schema, table, context)
                provided.add((schema, table))
            return PandasFrame(_comparable(connection.execute(sql).df()))

        yield read


@contextmanager
def spark_frames(session: SparkSession, context: GateContext) -> Iterator[Read]:
    """A function that runs a query on Spark: over the candidate's tables where Spark has them, and what else the
    context holds, which is small."""
    for signature, body in _FUNCTIONS.items():
        session.sql(f"CREATE OR REPLACE TEMPORARY FUNCTION {signature} RETURNS BOOLEAN RETURN {body}")
    kept: list[DataFrame] = []
    with connect() as connection:
        provided: set[tuple[str, str]] = set()

        def read(sql: str) -> Frame:
            for schema, table in sorted(references(sql) - provided):
                if schema != "candidate":
                    provide(connection, schema, table, context)
                    rows = connection.sql(f"FROM {schema}.{table}").to_arrow_table()
                    session.createDataFrame(rows).createOrReplaceTempView(f"{schema}_{table}")
                provided.add((schema, table))
            # A batch is small once computed, and each expectation looks at it anew.
            frame = session.sql(renamed(sql, _name)).persist()
            kept.append(frame)
            return SparkFrame(frame)

        try:
            yield read
        finally:
            for frame in kept:
                frame.unpersist()


def _name(schema: str, table: str) -> str:
    return f"{SCHEMA}.{table}" if schema == "candidate" else f"{schema}_{table}"


def _comparable(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with nullable integers as floats: those are compared at once, the others one by one."""
    nullable = [
        name for name, kind in frame.dtypes.items() if str(kind) in {"Int8", "Int16", "Int32", "Int64"}
    ]
    return frame.astype(dict.fromkeys(nullable, "float64")) if nullable else frame
