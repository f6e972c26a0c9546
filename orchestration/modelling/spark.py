"""The Spark session that dbt builds in. Belongs here: which run's tables it works on, taking them into the run's DuckDB
file, asking it. Does not: the models, or how the session is set (profiles.yml)."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from orchestration.errors import SkillsBankError
from orchestration.settings import PROJECT

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

# Spark's own settings where the user has none: one machine.
_ONE_MACHINE = PROJECT / "deploy" / "spark"
_WAREHOUSE, SCHEMA = "spark.sql.warehouse.dir", "skills_bank"


def tables_folder(warehouse_file: Path) -> Path:
    """Where Spark keeps the tables of a run, a folder of Parquet files each: beside the run's DuckDB file."""
    return Path(f"{warehouse_file.resolve()}.spark")


def prepare(warehouse_file: Path) -> None:
    """See to it that the session that dbt takes or makes is one for this run's tables.

    It stays when dbt is done, since the next build of the run stands on its tables, which no metastore holds.

    Raises:
        SkillsBankError: Spark or Java is not installed, or the run's tables were made in a session that is gone.
    """
    if not (find_spec("pyspark") and find_spec("dbt.adapters.spark")):
        raise SkillsBankError(
            "SKILLSBANK_ENGINE is spark, and Spark is not installed",
            fix="install the project with its extra: pip install -e '.[spark]'",
        )
    if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
        raise SkillsBankError(
            "SKILLSBANK_ENGINE is spark, and there is no Java for it to run on",
            expected="java on the PATH, or JAVA_HOME",
            fix="install Java 17 or later (Debian: apt-get install openjdk-17-jre-headless)",
        )
    os.environ.setdefault("SPARK_CONF_DIR", str(_ONE_MACHINE))
    folder, session = tables_folder(warehouse_file), active()
    if session is not None and Path(str(session.conf.get(_WAREHOUSE)).removeprefix("file:")) == folder:
        return
    stop()
    if folder.exists():
        raise SkillsBankError(
            "the tables of this run were made in another Spark session, which took its catalogue with it",
            where=str(folder),
            expected="all builds of a run in one process",
            fix="start the run anew",
        )


def stop() -> None:
    """End the session of this process, if any; its tables stay on disk."""
    session = active()
    if session is not None:
        session.stop()


def bring(tables: Iterable[str], warehouse_file: Path) -> None:
    """Copy tables that Spark has built into the run's DuckDB file, which is what all that follows reads."""
    with duckdb.connect(str(warehouse_file)) as connection:
        for table in tables:
            files = str(tables_folder(warehouse_file) / f"{SCHEMA}.db" / table / "*.parquet")
            connection.execute(f'CREATE OR REPLACE TABLE "{table}" AS SELECT * FROM read_parquet(?)', [files])


def rows_of(sql: str, limit: int) -> tuple[list[str], list[tuple[Any, ...]]]:
    """The columns and first rows of a query, asked in the session of this process."""
    session = active()
    if session is None:
        raise SkillsBankError("there is no Spark session", fix="build the models first")
    frame = session.sql(sql)
    return frame.columns, [tuple(row) for row in frame.limit(limit).collect()]


def active() -> SparkSession | None:
    """The session of this process, if any."""
    if find_spec("pyspark") is None:
        return None
    from pyspark.errors import PySparkRuntimeError  # noqa: PLC0415 - an extra
    from pyspark.sql import SparkSession  # noqa: PLC0415 - takes a second

    try:
        return SparkSession.active()
    except PySparkRuntimeError:
        return None
