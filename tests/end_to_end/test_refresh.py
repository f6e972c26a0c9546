"""The main job as a user runs it: `skillsbank refresh` on the embedded sample."""

import json
import re
import shutil
import subprocess
import sys
import time
from types import SimpleNamespace

import duckdb
import pytest

from orchestration.settings import PROJECT, Settings

from ..conftest import SHARED
from ..faults.breaking import change_sample
from .conftest import copy_of

pytestmark = pytest.mark.end_to_end

STEPS = ["collect_tour_2019", "decode", "build_marts", "gate_marts", "release_candidate", "release"]


def test_the_first_refresh_prints_its_stages_and_publishes(first_release):
    deployment, finished = first_release
    lines = finished.stdout.splitlines()
    for step in STEPS:
        assert any(re.match(rf"{step} .* s$", line) for line in lines), f"no progress line for {step}"
    assert any(re.match(r"collect_tour_2019 +[\d,]+ rows +[\d.]+ s", line) for line in lines)
    current = (deployment.releases / "current").resolve()
    assert f"Release: {current}" in lines
    for language in ("fr", "en"):
        assert (current / "public" / f"report.{language}.html").is_file()
    assert f"Report:  {current}/public/report.fr.html" in lines
    assert finished.stderr == "", "no warning, of the end of its processes least of all"


def test_the_marts_hold_both_editions(first_release):
    deployment, _ = first_release
    finished = deployment.run(
        "query", "select edition, count(*) as n from fct_response group by 1 order by 1", "--format", "json"
    )
    counts = {row["edition"]: row["n"] for row in json.loads(finished.stdout)}
    assert set(counts) == {"edition_2012", "tour_2019"}
    assert 900 < counts["tour_2019"] < 1500


def test_estimates_are_near_the_simulated_truth(first_release):
    """Design-weighted shares against the population's true ones; some bias of non-response stays."""
    deployment, _ = first_release
    truth = duckdb.sql(
        "select edition, indicator, value from 'data/sample/truth/indicators.csv' "
        "where domain_type = 'all' and indicator like 'export_rate%'"
    ).fetchall()
    with duckdb.connect(deployment.releases / "current/internal/skills_bank.duckdb", read_only=True) as marts:
        for edition, indicator, value in truth:
            estimate = marts.execute(
                "select value, se from ind_innovation_export "
                "where domain_type = 'all' and edition = ? and indicator = ?",
                [edition, indicator],
            ).fetchone()
            assert estimate is not None, (edition, indicator)
            assert abs(estimate[0] - value) < 4 * estimate[1] + 0.03, (edition, indicator, value, estimate)


def test_a_second_refresh_publishes_nothing_and_says_so(deployment):
    before = deployment.published()
    (deployment.inbox("tour_2019") / "notes.docx").write_bytes(b"PK\x03\x04 not an export")
    finished = deployment.run("refresh")
    assert finished.returncode == 0
    assert "notes.docx" in finished.stdout, "a file that nobody recognises is named"
    assert "Nothing has changed" in finished.stdout
    assert "Blocking asset check" not in finished.stderr, "no warning of what is as it should be"
    assert "build_marts" not in finished.stdout, "an unchanged input skips everything downstream"
    assert deployment.published() == before


READER = """
import duckdb, sys
connection = duckdb.connect(sys.argv[1], read_only=True)
print(connection.execute("select count(*) from fct_response").fetchone()[0], flush=True)
sys.stdin.readline()
print(connection.execute("select count(*) from fct_response").fetchone()[0], flush=True)
print(connection.execute("select sum(n) from ind_participation").fetchone()[0], flush=True)
"""


@pytest.fixture(scope="module")
def switch(first_release, tmp_path_factory):
    """A refresh that publishes while a reader has the last release open, and another refresh is tried meanwhile.

    Where the real exports are on this machine, one of them is a third edition of what it publishes.
    """
    original, _ = first_release
    folder = tmp_path_factory.mktemp("switch")
    deployment = copy_of(original, folder)
    if SHARED.is_dir():
        add_survey_482617(deployment, folder)
    before = (deployment.releases / "current").resolve()
    reader = subprocess.Popen(
        [sys.executable, "-c", READER, str(deployment.releases / "current/internal/skills_bank.duckdb")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    rows = int(reader.stdout.readline())
    change_sample(deployment)
    first = deployment.start("refresh")
    lock = deployment.data / "refresh.lock"
    deadline = time.monotonic() + 60
    while f"process {first.pid}" not in lock.read_text():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    second = deployment.run("refresh")
    said, _ = first.communicate(timeout=280)
    assert first.returncode == 0, said
    read, _ = reader.communicate("go on\n", timeout=60)
    return SimpleNamespace(
        deployment=deployment, before=before, first=first, second=second, reader=reader, rows=rows, read=read
    )


def add_survey_482617(deployment, folder):
    """The VV file of a real LimeSurvey server, which says what was not asked; the other exports of that survey decode
    alike (tests/decoding)."""
    codebooks = shutil.copytree(Settings().codebooks, folder / "codebooks")
    text = (PROJECT / "tests/fixtures/codebooks/survey_482617.yaml").read_text()
    entry = 'exports:\n  - {source: limesurvey, files: "*.txt", format: limesurvey_vv}\n'
    (codebooks / "survey_482617.yaml").write_text(
        re.sub(r"^exports:\n(?:[ -].*\n)+", entry, text, flags=re.MULTILINE)
    )
    deployment.variables["SKILLSBANK_CODEBOOKS"] = str(codebooks)
    shutil.copy(SHARED / "data" / "limesurvey" / "ui" / "vv_version2.txt", deployment.inbox("survey_482617"))


def test_a_second_refresh_at_once_says_so_and_stops(switch):
    assert switch.second.returncode == 1
    assert "another refresh is running (run" in switch.second.stderr
    assert str(switch.first.pid) in switch.second.stderr


def test_a_reader_stays_on_its_release_across_a_switch(switch):
    assert (switch.deployment.releases / "current").resolve() != switch.before
    assert switch.reader.returncode == 0
    assert int(switch.read.splitlines()[0]) == switch.rows


def test_a_real_survey_is_published_beside_the_sample(switch, shared):
    truth = json.loads((shared / "data" / "limesurvey" / "truth.json").read_text())
    sql = (
        "select count(*) as responses, sum(case when is_complete then 1 else 0 end) as complete, "
        "count(distinct company_key) as companies from fct_response where edition = 'survey_482617'"
    )
    (row,) = json.loads(switch.deployment.run("query", sql, "--format", "json").stdout)
    assert int(row["responses"]) == truth["total"]
    assert int(row["complete"]) == truth["completed"]
    # Distinct SIREN and those companies known by their SIRET alone.
    assert int(row["companies"]) >= truth["all_responses"]["siren_distinct_valid"]


def test_rollback_goes_back_and_a_release_verifies(switch):
    deployment, first = switch.deployment, switch.before.name
    second = (deployment.releases / "current").resolve().name
    assert first != second
    assert deployment.run("releases", "verify").returncode == 0
    assert deployment.run("releases", "rollback").returncode == 0
    assert (deployment.releases / "current").resolve().name == first
    listed = deployment.run("releases", "list").stdout
    assert first in listed
    assert second in listed
