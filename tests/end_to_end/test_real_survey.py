"""The whole pipeline on a real LimeSurvey server's exports, as a third edition beside the sample's two."""

import json
import shutil

import pytest

from orchestration.settings import Settings

pytestmark = pytest.mark.end_to_end

CODEBOOK = "tests/fixtures/codebooks/survey_482617.yaml"


def test_survey_482617_is_published(deployment, shared, tmp_path):
    """From the server's VV file, which says what was not asked; the other exports decode alike (tests/decoding)."""
    name = "vvexport.txt"
    codebooks = tmp_path / "codebooks"
    shutil.copytree(Settings().codebooks, codebooks)
    text = (deployment_root() / CODEBOOK).read_text()
    (codebooks / "survey_482617.yaml").write_text(with_export(text, name, "limesurvey_vv"))
    deployment.variables["SKILLSBANK_CODEBOOKS"] = str(codebooks)
    shutil.copy(
        shared / "data" / "limesurvey" / "ui" / "vv_version2.txt", deployment.inbox("survey_482617") / name
    )

    finished = deployment.run("refresh")
    assert finished.returncode == 0, finished.stdout + finished.stderr

    truth = json.loads((shared / "data" / "limesurvey" / "truth.json").read_text())
    sql = (
        "select count(*) as responses, sum(case when is_complete then 1 else 0 end) as complete, "
        "count(distinct company_key) as companies from fct_response where edition = 'survey_482617'"
    )
    (row,) = json.loads(deployment.run("query", sql, "--format", "json").stdout)
    assert int(row["responses"]) == truth["total"]
    assert int(row["complete"]) == truth["completed"]
    # Distinct SIREN and those companies known by their SIRET alone.
    assert int(row["companies"]) >= truth["all_responses"]["siren_distinct_valid"]
    assert deployment.run("releases", "verify", "--files").returncode == 0


def with_export(text: str, name: str, format: str) -> str:
    """The codebook with its one export entry set to the file under test."""
    lines = text.splitlines()
    start = lines.index("exports:")
    end = next(i for i in range(start + 1, len(lines)) if not lines[i].startswith((" ", "-")))
    entry = f'  - {{source: limesurvey, files: "{name}", format: {format}}}'
    return "\n".join([*lines[: start + 1], entry, *lines[end:]]) + "\n"


def deployment_root():
    from orchestration.settings import PROJECT

    return PROJECT
