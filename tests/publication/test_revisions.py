"""The log of revisions that readers see, and the comparison of two releases."""

from __future__ import annotations

import csv
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta

import duckdb
import pytest
from typer.testing import CliRunner

from orchestration.cli import app
from orchestration.errors import ReleaseError
from orchestration.provenance import Input
from orchestration.publication.differences import causes, compare, compare_tables
from orchestration.publication.releases import list_releases


@pytest.fixture(scope="module")
def shop(tmp_path_factory, made):
    """Two releases: the first, and one with a share revised, one hidden and one shown."""
    shop = made.workshop(tmp_path_factory.mktemp("revisions"))
    shop.publish(shop.build("run-1"))
    rows = shop.rows()
    for row in rows["pub_innovation_export"]:
        place = (row["edition"], row["indicator"], row["domain"])
        if place == ("tour_2019", "export_rate", "all"):
            row["value"] = 0.36
        if place == ("tour_2019", "export_rate", "32"):
            row |= {"value": None, "se": None, "ci_low": None, "ci_high": None, "n": None, "flag": "secret"}
        if place == ("tour_2019", "export_rate", "94"):
            row |= {"value": 0.2, "flag": "ok", "reason": None}
    shop.publish(shop.build("run-2", rows=rows, code="c0de2", created_at=shop.monday + timedelta(days=7)))
    return shop


def log(release):
    with (release.folder / "public" / "revisions.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_revised_figure_is_in_the_log_with_its_cause(shop):
    second, first = list_releases(shop.releases)
    assert log(first) == []
    (row,) = log(second)
    assert row == {
        "revision": "1", "replaces": "2026-W48-1", "replaces_date": "2026-11-23", "why": "code",
        "table": "pub_innovation_export", "edition": "tour_2019", "indicator": "export_rate", "changed": "3",
        "newly_shown": "1", "newly_hidden": "1", "national_before": "0.35", "national_after": "0.36",
    }  # fmt: skip


def test_the_pages_tell_it_in_both_languages(shop):
    second = list_releases(shop.releases)[0].folder / "public"
    english = (second / "revisions.en.html").read_text(encoding="utf-8")
    french = (second / "revisions.fr.html").read_text(encoding="utf-8")
    assert "release 2026-W48-1 of 23 November 2026" in english
    assert "publication 2026-W48-1 du 23 novembre 2026" in french
    assert "0.36" in english
    assert "0,36" in french
    first = list_releases(shop.releases)[1].folder / "public"
    assert "No published figure has been revised." in (first / "revisions.en.html").read_text(
        encoding="utf-8"
    )


def test_the_same_again_publishes_nothing_although_there_is_a_log(shop):
    """The log is carried over byte for byte: it would make another content otherwise."""
    again = shop.publish(shop.build("run-4", code="c0de2", created_at=shop.monday + timedelta(days=21)))
    assert not again.is_new
    assert again.release.id == list_releases(shop.releases)[0].id == "2026-W49-1"


def test_a_comparison_tells_which_figures_changed_by_how_much_and_why(shop):
    second, first = list_releases(shop.releases)
    found = compare(first.folder, second.folder, first.manifest, second.manifest)
    assert [(cause.kind, cause.editions) for cause in found.causes] == [("code", ())]
    changed = {table.table: table for table in found.tables if table.changes}
    assert set(changed) == {"pub_innovation_export"}
    values = {
        change.key["domain"]: (change.before, change.after, change.difference, found.why(change))
        for change in changed["pub_innovation_export"].changes
        if change.column == "value"
    }
    assert values == {
        "all": ("0.35", "0.36", pytest.approx(0.01), "code"),
        "32": ("0.37", None, None, "code"),
        "94": (None, "0.2", None, "code"),
    }


def test_causes_are_told_apart_and_an_input_moves_its_own_edition(shop):
    old = list_releases(shop.releases)[0].manifest
    parts = {"method": "m", "reference": "r", "code": "c"}
    old = replace(old, code_parts=parts)
    new = replace(
        old,
        inputs=(
            Input("limesurvey", "tour_2019", "ee" * 32),
            old.inputs[0],
            Input("partners", "register", "ff" * 32),
        ),
        code_parts=parts | {"method": "n"},
        packages={**old.packages, "duckdb": "9.9"},
    )
    found = causes(old, new)
    assert [(cause.kind, cause.editions) for cause in found] == [
        ("data", ("tour_2019",)), ("data", ()), ("method", ()), ("packages", ()),
    ]  # fmt: skip
    assert "duckdb" in found[-1].what
    assert causes(old, old) == ()


def test_the_command_sums_up_and_lists(shop, monkeypatch):
    monkeypatch.setenv("SKILLSBANK_DATA", str(shop.releases.parent))
    second, first = list_releases(shop.releases)
    text = CliRunner().invoke(app, ["releases", "diff", first.id, second.id])
    assert text.exit_code == 0, text.output
    assert "pub_innovation_export: 0 rows more, 0 fewer, 3 changed" in text.output
    assert "tour_2019 export_rate all all: value 0.35 → 0.36 (+0.01), code" in text.output
    listed = CliRunner().invoke(app, ["releases", "diff", first.id, second.id, "--format", "csv"])
    rows = list(csv.DictReader(listed.output.splitlines()))
    assert {row["column"] for row in rows} >= {"value", "flag", "n"}
    same = CliRunner().invoke(app, ["releases", "diff", second.id, second.id])
    assert "No public row differs." in same.output


def test_the_comparison_loads_on_its_own():
    command = [sys.executable, "-c", "import orchestration.publication.differences"]
    assert subprocess.run(command, check=False).returncode == 0


def test_rows_that_come_and_go_are_counted(shop, tmp_path):
    public = list_releases(shop.releases)[1].folder / "public"
    with duckdb.connect() as connection:
        for table, query in (
            ("pub_domain", "FROM '{old}' WHERE domain <> '53'"),
            (
                "pub_stopover",
                "FROM '{old}' UNION ALL SELECT 'st-99', * EXCLUDE (stopover_id) FROM '{old}' LIMIT 3",
            ),
        ):
            old = public / f"{table}.parquet"
            connection.execute(f"COPY ({query.format(old=old)}) TO '{tmp_path / table}.parquet'")
    keys = {"pub_domain": ("domain_type", "domain"), "pub_stopover": ("stopover_id",)}
    counts = {
        table.table: (table.added, table.removed, table.changes)
        for table in compare_tables(public, tmp_path, keys)
    }
    assert counts == {"pub_domain": (0, 1, ()), "pub_stopover": (1, 0, ())}


def test_releases_that_state_no_keys_are_refused(workshop):
    candidate = workshop.candidate()
    (candidate.folder / "public" / "datapackage.json").unlink()
    with pytest.raises(ReleaseError, match="keys of its tables"):
        compare(candidate.folder, candidate.folder, candidate.manifest, candidate.manifest)
