"""`skillsbank codebook draft | check | show`, as typed."""

import csv
import io
import json
import shutil

import pytest
from typer.testing import CliRunner

from orchestration.cli import app
from orchestration.codebook import load
from orchestration.errors import SkillsBankError
from orchestration.settings import PROJECT

CODEBOOK = PROJECT / "tests" / "fixtures" / "codebooks" / "survey_482617.yaml"


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setenv("SKILLSBANK_CODEBOOKS", str(tmp_path / "codebooks"))
    monkeypatch.setenv("COLUMNS", "250")

    def command(*words, **how):
        result = CliRunner().invoke(app, ["codebook", *map(str, words)], **how)
        if isinstance(result.exception, SkillsBankError):
            raise result.exception
        return result

    return command


@pytest.fixture
def structure(shared):
    return shared / "data" / "limesurvey" / "ui" / "structure.lss"


def test_draft_then_check_then_show(run, structure, tmp_path):
    drafted = run("draft", structure, "--edition", "tour_2026")
    assert drafted.exit_code == 0, drafted.output
    path = tmp_path / "codebooks" / "tour_2026.yaml"
    assert f"{path}: 27 questions, 84 columns" in drafted.output
    lines = path.read_text().splitlines()
    told = drafted.output.rsplit("): ", 1)[1].split(",")
    assert all("check" in lines[int(number) - 1] for number in told)
    assert load(path).year == 2026

    checked = run("check", "tour_2026", "--structure", structure)
    assert (checked.exit_code, checked.output) == (0, "")
    shown = run("show", "tour_2026")
    assert "x_tour_2026_top3" in shown.output
    narrow = run("show", "tour_2026", env={"COLUMNS": "80"})
    assert "_…" not in narrow.output


def test_the_edition_is_named_after_the_survey(run, structure, tmp_path):
    run("draft", structure, "--year", "2024")
    assert load(tmp_path / "codebooks" / "survey_482617.yaml").year == 2024


def test_check_lists_mismatches_and_fails(run, structure, tmp_path):
    run("draft", structure, "--edition", "tour_2026")
    path = tmp_path / "codebooks" / "tour_2026.yaml"
    path.write_text(path.read_text().replace("slots: 8", "slots: 7"))
    line = path.read_text().splitlines().index("    slots: 7") + 1
    checked = run("check", "tour_2026", "--structure", structure)
    assert checked.exit_code == 1
    assert checked.output == (
        f"tour_2026.yaml, line {line}: question 'TOP3' has 8 ranks in the survey, not 7\n"
    )


def test_show_has_every_question_with_its_variable(run, tmp_path):
    (tmp_path / "codebooks").mkdir()
    shutil.copy(CODEBOOK, tmp_path / "codebooks")
    table = run("show", "survey_482617").output
    rows = list(csv.DictReader(io.StringIO(run("show", "survey_482617", "--format", "csv").output)))
    assert json.loads(run("show", "survey_482617", "--format", "json").output) == rows
    codebook = load(CODEBOOK)
    assert [row["code"] for row in rows] == [question.code for question in codebook.questions]
    assert all(question.code in table for question in codebook.questions)
    by_code = {row["code"]: row for row in rows}
    assert by_code["FREIN"] == {
        "code": "FREIN",
        "question_fr": "Quels freins rencontrez-vous ?",
        "question_en": "What obstacles do you meet?",
        "kind": "multiple_comments",
        "variable": "export_barrier",
        "comparability": "close",
        "asked_when": "page 4 and EXPORT = Y and PARTEXP < 50",
        "personal": "",
    }
    assert by_code["NIVEAU"]["variable"] == "competence_level_current, competence_level_wanted"
    assert by_code["SIREN"]["personal"] == "personal"
    assert run("show", "survey_482617", "--format", "parquet").exit_code == 2


def test_problems_are_told(run, tmp_path):
    with pytest.raises(SkillsBankError, match="not said what to draft from"):
        run("draft")
    with pytest.raises(SkillsBankError, match="cannot be read"):
        run("draft", tmp_path / "missing.lss")
    with pytest.raises(SkillsBankError, match="cannot be read"):
        run("show", "tour_1999")
