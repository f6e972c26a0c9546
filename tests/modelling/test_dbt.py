"""Running dbt in process: what comes back, what is left behind, and how a failure is told."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from copy import deepcopy
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.errors import GateError, SkillsBankError
from orchestration.modelling.assets import FIGURES
from orchestration.modelling.dbt import DBT_PROJECT, Event, prepare_manifest, run_dbt
from orchestration.modelling.failures import masked


class TestBuild:
    def test_everything_ran(self, built: Any) -> None:
        kinds = Counter(node.resource_type for node in built.outcome.nodes)
        assert built.outcome.success
        assert set(built.outcome.counts()) == {"success", "pass"}
        assert kinds["model"] > 40
        assert kinds["test"] > kinds["model"]

    def test_the_file_is_whole_and_closed(self, built: Any) -> None:
        # Another process, since one process may open a file twice: no writer is left, and no write-ahead log.
        count = (
            "import duckdb, sys; print(duckdb.connect(sys.argv[1]).execute('from fct_response').fetchall())"
        )
        read = subprocess.run(
            [sys.executable, "-c", count, str(built.file)], capture_output=True, text=True, check=False
        )
        assert read.returncode == 0, read.stderr
        assert "tour_2019" in read.stdout
        assert sorted(path.name for path in built.file.parent.iterdir()) == [
            "estimates", "lake", "run-1.duckdb"
        ]  # fmt: skip

    def test_a_second_run_on_another_file_parses_nothing(self, built: Any, tmp_path: Path) -> None:
        parsed = [built.target / name for name in ("manifest.json", "partial_parse.msgpack", "fingerprint")]
        before = [path.stat().st_mtime_ns for path in parsed]
        other = tmp_path / "deep" / "run-2.duckdb"
        outcome = run_dbt(
            ["build", "--select", "+dim_territory"],
            warehouse_file=other,
            lake=built.lake,
            target_path=built.target,
        )
        assert outcome.success, str(outcome.error)
        assert [path.stat().st_mtime_ns for path in parsed] == before
        with duckdb.connect(str(other), read_only=True) as connection:
            assert connection.execute("select count(*) from dim_territory").fetchone() == (2,)

    def test_the_same_lake_gives_the_same_marts(self, built: Any, tmp_path: Path, build_all: Any) -> None:
        again = tmp_path / "again.duckdb"
        outcome = build_all(again, built.lake, built.target)
        with duckdb.connect() as connection:
            connection.execute(f"attach '{again}' as a (read_only); attach '{built.file}' as b (read_only)")
            for node in outcome.nodes:
                is_mart = node.name.startswith(("dim_", "fct_", "ind_", "pub_", "bridge_"))
                if is_mart and node.resource_type == "model":
                    differ = f"(from a.{node.name} except from b.{node.name})"
                    assert connection.execute(f"select count(*) from {differ}").fetchone() == (0,), node.name

    def test_events_are_what_dagster_dbt_reads(self, built: Any) -> None:
        from dagster_dbt.core.dbt_cli_event import DbtCoreCliEventMessage

        messages = [
            DbtCoreCliEventMessage(raw_event=event, event_history_metadata={}) for event in built.events
        ]
        results = [message for message in messages if message.is_result_event]
        assert len(results) == len(built.outcome.nodes)
        statuses = Counter(message._get_node_status() for message in results)
        assert dict(statuses) == built.outcome.counts()
        names = {event["info"]["name"] for event in built.events}
        assert {"LogModelResult", "LogTestResult", "LogSeedResult"} <= names

    def test_events_become_dagster_checks(self, built: Any) -> None:
        import json

        from dagster import AssetCheckEvaluation, AssetMaterialization
        from dagster_dbt.core.dbt_cli_event import DbtCoreCliEventMessage

        manifest = json.loads((built.target / "manifest.json").read_text())
        made: Counter[type] = Counter()
        for event in built.events:
            message = DbtCoreCliEventMessage(raw_event=event, event_history_metadata={})
            made.update(type(made_of_it) for made_of_it in message.to_default_asset_events(manifest))
        kinds = Counter(node.resource_type for node in built.outcome.nodes)
        assert made[AssetCheckEvaluation] == kinds["test"]
        assert made[AssetMaterialization] == kinds["model"] + kinds["seed"]

    def test_nothing_is_printed_and_the_log_is_written(
        self, built: Any, tmp_path: Path, capfd: pytest.CaptureFixture[str]
    ) -> None:
        run_dbt(
            ["build", "--select", "stg_lake__regions"], warehouse_file=tmp_path / "w.duckdb", lake=built.lake,
            target_path=built.target, log_path=tmp_path / "logs",
        )  # fmt: skip
        assert capfd.readouterr() == ("", "")
        assert "Completed successfully" in (tmp_path / "logs" / "dbt.log").read_text()

    def test_environment_and_folder_are_as_before(
        self, built: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("SKILLSBANK_LAKE", "mine")
        before, here = dict(os.environ), Path.cwd()
        run_dbt(["compile", "--select", "dim_edition"], warehouse_file=tmp_path / "w.duckdb", lake=built.lake,
                target_path=built.target)  # fmt: skip
        assert dict(os.environ) == before
        assert Path.cwd() == here


class TestFailures:
    def test_a_failed_test_prints_its_rows(self, small_lake: Any, target: Path, tmp_path: Path) -> None:
        broken = deepcopy(small_lake)
        company = broken.rows["frame"][0]
        broken.rows["frame"] += [dict(company), dict(company)]
        outcome = run_dbt(
            ["build", "--select", "stg_lake__frame+", "--exclude", FIGURES], warehouse_file=tmp_path / "w.duckdb",
            lake=broken.write(tmp_path / "lake"), target_path=target,
        )  # fmt: skip
        assert isinstance(outcome.error, GateError)
        told = str(outcome.error)
        key = company["company_key"]
        assert "stg_lake__frame_key" in told
        assert [line.split() for line in told.splitlines() if key[:8] in line] == [
            ["edition_2012", f"{key[:8]}…", "3"]
        ]
        assert key not in told
        # What depends on it was not built.
        assert {node.name for node in outcome.nodes if node.status == "skipped"} >= {
            "fct_response",
            "dim_edition",
        }

    @settings(max_examples=50, deadline=None)
    @given(
        rows=st.lists(
            st.tuples(*(st.sampled_from(part) for part in (["e", "f", None], [1, 2, None], ["c", "d", None])))
        )
    )
    def test_a_key_fails_if_it_repeats_or_lacks_a_part(self, built: Any, rows: list[tuple[Any, ...]]) -> None:
        [key_test] = [node.sql for node in built.outcome.nodes if node.name == "int_competence_answers_key"]
        with duckdb.connect() as connection:
            connection.execute("attach ':memory:' as skills_bank")
            connection.execute(
                "create table skills_bank.int_competence_answers"
                "(edition varchar, respondent_id bigint, competence_code varchar)"
            )
            if rows:
                connection.executemany(
                    "insert into skills_bank.int_competence_answers values (?, ?, ?)", rows
                )
            found = {tuple(key): copies for *key, copies in connection.execute(key_test).fetchall()}
        assert found == {key: n for key, n in Counter(rows).items() if n > 1 or None in key}

    def test_at_most_twenty_rows_and_the_number_of_the_others(
        self, small_lake: Any, target: Path, tmp_path: Path
    ) -> None:
        broken = deepcopy(small_lake)
        for number in range(33):
            broken.add("regions", region_code=f"X{number}", name="twice")
            broken.add("regions", region_code=f"X{number}", name="twice")
        outcome = run_dbt(
            ["build", "--select", "stg_lake__regions"], warehouse_file=tmp_path / "w.duckdb",
            lake=broken.write(tmp_path / "lake"), target_path=target,
        )  # fmt: skip
        told = str(outcome.error)
        assert len([line for line in told.splitlines() if line.strip().startswith("X")]) == 20
        assert "... and 13 more" in told

    def test_an_unknown_competence_of_an_offer(self, small_lake: Any, target: Path, tmp_path: Path) -> None:
        broken = deepcopy(small_lake)
        broken.rows["training_offers"][0]["competences"] = "INT-01|INT-99"
        outcome = run_dbt(
            ["build", "--select", "stg_lake__competence_recodes", "stg_lake__training_offers",
             "--indirect-selection", "cautious"],
            warehouse_file=tmp_path / "w.duckdb", lake=broken.write(tmp_path / "lake"), target_path=target,
        )  # fmt: skip
        # What a partner typed stops nothing: it is told.
        assert outcome.error is None
        told = {node.name: (node.status, node.failures) for node in outcome.nodes}
        assert told["stg_lake__training_offers_competences_exist"] == ("warn", 1)

    def test_a_rule_that_breaks_is_named(self, built: Any, tmp_path: Path) -> None:
        spoilt = tmp_path / "w.duckdb"
        shutil.copy(built.file, spoilt)
        with duckdb.connect(str(spoilt)) as connection:
            connection.execute("update dim_edition set status = 'ajar' where edition = 'tour_2019'")
            connection.execute(
                """insert into fct_weight (edition, respondent_id, base_weight, precalibration_weight, weight)
                values ('edition_2012', 1, 21, 21, 21)"""
            )
        outcome = run_dbt(
            ["test", "--select", "dim_edition", "fct_weight"], warehouse_file=spoilt, lake=built.lake,
            target_path=built.target,
        )  # fmt: skip
        told = str(outcome.error)
        assert told.startswith("2 dbt tests: failed, with these rows")
        assert re.search(r"status_is_known +tour_2019 .*ajar", told)
        assert re.search(r"edition_2012 +21\.0 +20", told)

    def test_a_lake_without_a_table(self, target: Path, tmp_path: Path) -> None:
        (tmp_path / "lake").mkdir()
        outcome = run_dbt(
            ["build", "--select", "stg_lake__editions"], warehouse_file=tmp_path / "w.duckdb",
            lake=tmp_path / "lake", target_path=target,
        )  # fmt: skip
        assert isinstance(outcome.error, SkillsBankError)
        assert "dbt model stg_lake__editions" in str(outcome.error)
        assert "editions/**/*.parquet" in str(outcome.error)

    def test_too_little_memory_for_the_marts(
        self, small_lake: Any, target: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("SKILLSBANK_BUILD_MEMORY", "2MB")
        outcome = run_dbt(
            ["build", "--select", "+int_competence_answers"], warehouse_file=tmp_path / "w.duckdb",
            lake=small_lake.write(tmp_path / "lake"), target_path=target,
        )  # fmt: skip
        assert isinstance(outcome.error, SkillsBankError)
        assert "Out of Memory" in str(outcome.error)
        assert "SKILLSBANK_BUILD_MEMORY" in str(outcome.error)

    def test_a_wrong_command(self, target: Path, tmp_path: Path) -> None:
        outcome = run_dbt(["bild"], warehouse_file=tmp_path / "w.duckdb", lake=tmp_path, target_path=target)
        assert "bild" in str(outcome.error)

    def test_an_interrupt_ends_the_run(self, built: Any, tmp_path: Path) -> None:
        def interrupt(event: Event) -> None:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            run_dbt(["build"], warehouse_file=tmp_path / "w.duckdb", lake=built.lake,
                    target_path=built.target, on_event=interrupt)  # fmt: skip
        # And the next one is not disturbed.
        again = run_dbt(
            ["build", "--select", "stg_lake__regions"], warehouse_file=tmp_path / "w.duckdb", lake=built.lake,
            target_path=built.target,
        )  # fmt: skip
        assert again.success, str(again.error)


class TestPreparing:
    def test_done_once_until_a_file_changes(self, tmp_path: Path) -> None:
        project, target = tmp_path / "project", tmp_path / "target"
        (project / "models").mkdir(parents=True)
        for name in ("dbt_project.yml", "profiles.yml"):
            (project / name).write_text((DBT_PROJECT / name).read_text())
        (project / "models" / "one.sql").write_text("select 1 as a")
        manifest = prepare_manifest(project, target)
        first = manifest.stat().st_mtime_ns
        assert manifest == target / "manifest.json"
        started = time.monotonic()
        assert prepare_manifest(project, target).stat().st_mtime_ns == first
        assert time.monotonic() - started < 0.5
        (project / "models" / "one.sql").write_text("select 2 as a")
        assert prepare_manifest(project, target).stat().st_mtime_ns > first
        assert "select 2" in manifest.read_text()
        # What does not parse leaves the last manifest as it was, and nothing else behind.
        (project / "models" / "one.sql").write_text("select {{ ref('nowhere') }}")
        before = manifest.read_bytes()
        with pytest.raises(SkillsBankError, match="nowhere"):
            prepare_manifest(project, target)
        assert manifest.read_bytes() == before
        assert not [path.name for path in target.iterdir() if path.name.startswith(".parsing-")]

    def test_a_project_that_moved_finds_its_seeds(self, tmp_path: Path) -> None:
        before, after, target = tmp_path / "before", tmp_path / "after", tmp_path / "target"
        (before / "seeds").mkdir(parents=True)
        for name in ("dbt_project.yml", "profiles.yml"):
            (before / name).write_text((DBT_PROJECT / name).read_text())
        (before / "seeds" / "one.csv").write_text("a\n1\n")
        prepare_manifest(before, target)
        before.rename(after)
        nodes = json.loads(prepare_manifest(after, target).read_bytes())["nodes"]
        assert nodes["seed.skills_bank.one"]["root_path"] == str(after)

    @pytest.mark.parametrize("name", ["manifest.json", "partial_parse.msgpack"])
    def test_what_was_damaged_since_is_parsed_anew(self, tmp_path: Path, name: str) -> None:
        project, target = tmp_path / "project", tmp_path / "target"
        (project / "models").mkdir(parents=True)
        for file in ("dbt_project.yml", "profiles.yml"):
            (project / file).write_text((DBT_PROJECT / file).read_text())
        (project / "models" / "one.sql").write_text("select 1 as a")
        prepare_manifest(project, target)
        whole = (target / name).read_bytes()
        (target / name).write_bytes(whole[: len(whole) // 2])
        nodes = json.loads(prepare_manifest(project, target).read_bytes())["nodes"]
        assert "model.skills_bank.one" in nodes
        assert (target / name).stat().st_size > len(whole) / 2 + 1

    def test_a_description_may_move_to_another_file(self, tmp_path: Path) -> None:
        project, target = tmp_path / "project", tmp_path / "target"
        (project / "models").mkdir(parents=True)
        (project / "macros").mkdir()
        for name in ("dbt_project.yml", "profiles.yml"):
            (project / name).write_text((DBT_PROJECT / name).read_text())
        link = "relationships: {name: two_link, arguments: {to: ref('one'), field: a}}"
        head, zero = "version: 2\nmodels:\n", "  - {name: zero, description: None.}\n"
        moved = "  - {name: one, description: The first., columns: [{name: a}]}\n"
        moved += (
            f"  - {{name: two, description: The second., columns: [{{name: a, data_tests: [{{{link}}}]}}]}}\n"
        )
        models = {"zero": "select 0 as a", "one": "select 1 as a", "two": "select a from {{ ref('one') }}"}
        for name, sql in models.items():
            (project / "models" / f"{name}.sql").write_text(sql)
        (project / "models" / "a.yml").write_text(head + zero + moved)
        prepare_manifest(project, target)
        (project / "models" / "a.yml").write_text(head + zero)
        (project / "models" / "b.yml").write_text(head + moved)
        (project / "models" / "one.sql").write_text("select 1 as a, 2 as b")
        assert "select 1 as a, 2 as b" in prepare_manifest(project, target).read_text()


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("0123456789abcdef0123456789abcdef", "01234567…"),
        ("key 0123456789abcdef0123456789abcdef!", "key 01234567…!"),
        (None, ""),
        ("x" * 41, "x" * 39 + "…"),
        (12, "12"),
    ],
)
def test_masking(value: Any, shown: str) -> None:
    assert masked(value) == shown


class TestSpark:
    """What is told before Spark starts; tests/end_to_end/test_spark.py builds on it."""

    @staticmethod
    def build(folder: Path, target: Path) -> None:
        run_dbt(
            ["build"], warehouse_file=folder / "w.duckdb", lake=folder, target_path=target, engine="spark"
        )

    def test_java_is_missing(self, tmp_path: Path, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", str(tmp_path))
        monkeypatch.delenv("JAVA_HOME", raising=False)
        with pytest.raises(SkillsBankError, match="Java 17"):
            self.build(tmp_path, target)

    def test_the_session_of_an_earlier_build_is_gone(
        self, tmp_path: Path, target: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("JAVA_HOME", "somewhere")
        (tmp_path / "w.duckdb.spark").mkdir()
        with pytest.raises(SkillsBankError, match="another Spark session"):
            self.build(tmp_path, target)
