"""`skillsbank frame check | diff | import` and `skillsbank review export | import`, as typed."""

import shutil

import openpyxl
import pyarrow as pa
import pytest
from typer.testing import CliRunner

from orchestration import audit, lake
from orchestration.cli import app
from orchestration.errors import SkillsBankError
from orchestration.recognition.mapping import recognise
from orchestration.recognition.texts import TABLES
from orchestration.settings import PROJECT, Settings

FRAME = PROJECT / "data" / "frame"


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setenv("SKILLSBANK_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("COLUMNS", "250")

    def command(*words):
        result = CliRunner().invoke(app, [*map(str, words)])
        if isinstance(result.exception, SkillsBankError):
            raise result.exception
        return result

    return command


def test_check_passes_and_fails(run, tmp_path, shared, monkeypatch):
    assert run("frame", "check").exit_code == 0
    monkeypatch.setenv("SKILLSBANK_ESCO", str(shared / "data" / "esco" / "v1.2_fr"))
    monkeypatch.setenv("SKILLSBANK_ROME", str(shared / "data" / "rome4"))
    checked = run("frame", "check")
    assert (checked.exit_code, "checked in esco and rome4" in checked.output) == (0, True)
    folder = shutil.copytree(FRAME, tmp_path / "frame")
    links = folder / "links.csv"
    links.write_text(links.read_text().replace(",esco,close,http", ",esco,close,hxxp", 1))
    failed = run("frame", "check", folder)
    assert failed.exit_code == 1
    assert "not in esco" in failed.output


def test_import_then_diff(run, tmp_path):
    done = run(
        "frame", "import", PROJECT / "tests" / "fixtures" / "frame" / "institute.rdf", tmp_path / "theirs"
    )
    assert f"{tmp_path / 'theirs'}: skills-bank-2.0, 2 competences, 3 names" in done.output
    shown = run("frame", "diff", tmp_path / "theirs")
    assert shown.exit_code == 0
    assert "INN-01" in shown.output
    past = [line.split() for line in shown.output.splitlines() if line.strip().startswith("ICE-2")]
    assert ["ICE-2", "(nothing)", "broken"] in past


def write_lake(folder, texts):
    rows = [("missing_skills", "", text) for text in texts]
    rows += [("competence_need", "other", "boulanger"), ("turnover_band", "other", "beaucoup")]
    answers = [
        {
            "edition": "tour_2019", "respondent_id": number, "variable": variable, "item": item,
            "state": "answered", "value_text": text,
        }
        for number, (variable, item, text) in enumerate(rows)
    ]  # fmt: skip
    lake.write(folder, "answers", [(None, [pa.Table.from_pylist(answers, schema=lake.SCHEMAS["answers"])])])
    for table in {"respondents", *TABLES} & lake.SCHEMAS.keys():
        lake.write(folder, table, [])
    recognise(Settings())


def test_a_decision_leaves_the_queue(run, tmp_path):
    with pytest.raises(SkillsBankError, match="run `skillsbank refresh` first"):
        run("review", "export", tmp_path / "queue.xlsx")
    write_lake(tmp_path / "data" / "lake", ["lean", "RAS", "pétrir la pâte", "pétrir la pâte"])
    assert "2 texts to decide" in run("review", "export", tmp_path / "queue.xlsx").output
    book = openpyxl.load_workbook(tmp_path / "queue.xlsx")
    sheet = book["queue"]
    assert [sheet.cell(row, 1).value for row in (2, 3)] == ["petrir la pate", "boulanger"]
    heading = {cell.value: cell.column for cell in sheet[1]}
    for coder in ("mb", "jd"):
        sheet.cell(2, heading["decision"]).value = "outside"
        sheet.cell(2, heading["decided by"]).value = coder
        book.save(tmp_path / f"{coder}.xlsx")
    assert "1 decisions added" in run("review", "import", tmp_path / "mb.xlsx").output
    second = run("review", "import", tmp_path / "jd.xlsx").output
    assert "jd and mb: kappa 1.00 on 1 texts" in second
    assert "1 texts to decide" in run("review", "export", tmp_path / "queue.xlsx").output
    # What was decided to be outside the frame is a candidate for a new competence, now and after the next refresh.
    for _ in range(2):
        shown = run("review", "candidates", "--least", 1).output.splitlines()
        assert [line.split()[:4] for line in shown[1:]] == [
            ["pétrir", "la", "pâte", "2"],
            ["boulanger", "1", "1", "tour_2019"],
        ]
        assert [line.split()[-1] for line in shown[1:2]] == ["outside"]
        recognise(Settings())
    assert "1 candidates" in run("review", "candidates", "--output", tmp_path / "new.csv").output
    assert (tmp_path / "new.csv").read_text().splitlines()[1] == "pétrir la pâte,2,1,tour_2019,,,outside"
    # Who was shown respondents' words, and who decided; no words.
    assert [(one.action, one.details) for one in audit.read(Settings())] == [
        ("texts shown", {"rows": 2}),
        ("reviewed", {"decisions": 1}),
        ("reviewed", {"decisions": 1}),
        ("texts shown", {"rows": 1}),
        *[("texts shown", {"rows": 2})] * 2,
        ("texts shown", {"rows": 1}),
    ]
