"""Builds the marts of a lake on Spark and gates them there: a program of its own, since a session lives as long as its
process. Run as `python spark_program.py LAKE WAREHOUSE_FILE TARGET`, with the estimates beside the warehouse file."""

import json
import shutil
import sys
from pathlib import Path

import duckdb
from pyspark.sql import SparkSession

from orchestration.modelling import spark
from orchestration.modelling.dbt import run_dbt
from orchestration.quality import GateContext, run_gate


def main(lake: Path, warehouse_file: Path, target: Path) -> None:
    """Tell each model as it is built, then what the gate of the marts finds by each engine: before and after one answer
    is spoiled."""
    built = run_dbt(
        ["build", "--exclude", "resource_type:test"],
        warehouse_file=warehouse_file,
        lake=lake,
        target_path=target,
        engine="spark",
        on_event=tell,
    )
    if built.error is not None:
        raise built.error
    session = SparkSession.active()
    sound = found(warehouse_file, session)
    copy = Path(shutil.copy(warehouse_file, warehouse_file.with_name("spoilt.duckdb")))
    spoil(copy, session)
    print(json.dumps({"sound": sound, "spoilt": found(copy, session)}), flush=True)
    spark.stop()


def tell(event: dict) -> None:
    """A line for each model that is built."""
    if event["info"]["name"] == "LogModelResult":
        print("built", event["data"]["node_info"]["node_name"], flush=True)


def found(warehouse_file: Path, session: SparkSession) -> dict:
    """The gate's results, on pandas frames and on Spark frames."""
    context = GateContext(warehouse_file=warehouse_file)
    by_engine = {"pandas": run_gate("marts", context), "spark": run_gate("marts", context, session=session)}
    return {engine: result.to_dict() for engine, result in by_engine.items()}


def spoil(warehouse_file: Path, session: SparkSession) -> None:
    """Give one answer an importance beyond the scale, in both places."""
    with duckdb.connect(str(warehouse_file)) as connection:
        connection.execute(
            "update fct_competence_need set importance = 9 where (edition, respondent_id, competence_code) = "
            "(select min((edition, respondent_id, competence_code)) from fct_competence_need where importance = 4)"
        )
        rows = connection.execute("select * from fct_competence_need").to_arrow_table()
    session.sql("drop table skills_bank.fct_competence_need")
    session.createDataFrame(rows).write.saveAsTable("skills_bank.fct_competence_need")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
