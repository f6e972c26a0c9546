"""What the tests of Spark share: its settings for the sample, and comparing marts row by row."""

from pathlib import Path

import duckdb
import pandas as pd

from orchestration.modelling.assets import MARTS

# For the sample: little memory, and no compiling of queries that take less time than that.
SETTINGS = {
    "spark.driver.memory": "1g",
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=240m -XX:+UseSerialGC",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.sql.shuffle.partitions": "2",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.ui.enabled": "false",
}


def spark_settings(folder: Path, given: dict[str, str]) -> Path:
    """The folder, with Spark's settings in it."""
    lines = [f"{name} {value}\n" for name, value in (SETTINGS | given).items()]
    (folder / "spark-defaults.conf").write_text("".join(lines))
    return folder


def same_marts(one: Path, other: Path) -> int:
    """How many tables the first database has, each with the same columns and rows in the second; floats to 1e-9."""
    with (
        duckdb.connect(str(one), read_only=True) as left,
        duckdb.connect(str(other), read_only=True) as right,
    ):
        tables = marts_of(left)
        assert tables <= marts_of(right)
        for table in sorted(tables):
            expected, found = rows_of(left, table), rows_of(right, table)
            pd.testing.assert_frame_equal(expected, found, rtol=1e-9, atol=1e-9, obj=table)
    return len(tables)


def marts_of(connection: duckdb.DuckDBPyConnection) -> set[str]:
    tables = connection.execute("select table_name from duckdb_tables()").fetchall()
    return {name for (name,) in tables if name.startswith(MARTS)}


def rows_of(connection: duckdb.DuckDBPyConnection, table: str) -> pd.DataFrame:
    columns = {name: kind for name, kind, *_ in connection.execute(f"describe {table}").fetchall()}
    order = [name for name, kind in columns.items() if kind != "DOUBLE"]
    order += [f"round({name}, 6)" for name, kind in columns.items() if kind == "DOUBLE"]
    return connection.execute(f"from {table} order by {', '.join(order)}").df()
