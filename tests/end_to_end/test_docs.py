"""What the documents tell users to type works on the sample's release."""

import csv
import io
import json
import os
import re

import pytest

from orchestration.publication.query import run_query
from orchestration.settings import PROJECT

pytestmark = pytest.mark.end_to_end

GUIDE = (PROJECT / "docs" / "analysts.md").read_text()
QUESTIONS = dict(re.findall(r"^### \d+\. (.*?)$.*?^```sql\n(.*?)^```", GUIDE, flags=re.DOTALL | re.MULTILINE))
SHARES = {
    "value", "ci_low", "ci_high", "participation_rate", "in_region", "in_all", "need_share", "hired_share",
    "innovation_rate", "innovators", "others", "priority_share", "share_both", "share_of_one", "share_of_other",
}  # fmt: skip
# Differences, a ratio and an odds ratio.
NO_SHARES = {
    "Do innovators export more than the others?",
    "Which needs have grown or fallen since the edition before?",
}


def ask(deployment, sql):
    """The rows of a query, as dictionaries."""
    file = deployment.data.parent / f"rows-{os.getpid()}.json"  # the release is shared by all workers
    run_query(deployment.releases, sql, "json", file)
    return json.loads(file.read_text())


def test_there_are_twenty_questions():
    assert len(QUESTIONS) == 20
    assert GUIDE.count("```sql") == 20
    # Each mart of the bank is asked.
    for mart in ("need", "gap", "signal", "pair", "trend"):
        assert f"from ind_competence_{mart} " in GUIDE or f"from ind_competence_{mart}\n" in GUIDE, mart
    assert "fct_competence_supply" in GUIDE


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_of_the_analysts_guide_is_answered(first_release, question):
    deployment, _ = first_release
    rows = ask(deployment, QUESTIONS[question])
    assert rows
    for name in rows[0]:
        told = [row[name] for row in rows if row[name] is not None]
        assert told, f"{name} is empty"
        if name in SHARES and question not in NO_SHARES:
            assert all(0 <= value <= 1 for value in told), name
    for row in rows:
        if row.get("ci_low") is not None:
            value = row.get("innovation_rate", row.get("change", row.get("value")))
            assert row["ci_low"] <= value <= row["ci_high"]


def answers(deployment, words):
    (sql,) = (sql for question, sql in QUESTIONS.items() if words in question)
    return ask(deployment, sql)


def test_the_answers_are_plausible(first_release):
    """By what the sample is known to hold, and by what must add up with other tables."""
    deployment, _ = first_release
    took_part = answers(deployment, "Who took part")
    (all_of_france,) = ask(
        deployment, "select n from ind_participation where edition = 'tour_2019' and domain_type = 'all'"
    )
    assert sum(row["n"] for row in took_part) == all_of_france["n"]
    difference = next(
        row for row in answers(deployment, "Do innovators export") if row["statistic"] == "difference"
    )
    assert difference["value"] == pytest.approx(difference["innovators"] - difference["others"])
    assert difference["ci_low"] > 0  # the sample is made so that they do
    assert all(row["respondents"] >= 10 for row in answers(deployment, "Which territories have needs"))
    assert all((row["value"] is None) == (row["flag"] not in ("ok", "fragile"))
               for row in answers(deployment, "What does one territory need"))  # fmt: skip
    pairs = answers(deployment, "needed together")
    assert all(row["one"] < row["other"] and row["n_both"] >= 10 for row in pairs)
    assert all(1 <= row["importance"] <= 5 for row in answers(deployment, "come first") if row["importance"])
    assert {row["direction"] for row in answers(deployment, "grown or fallen")} <= {"up", "down", "stable"}
    for row in answers(deployment, "Where is the gap"):
        assert row["value"] == pytest.approx(max(0, row["need_share"] - row["seat_rate"]))
        assert row["rank_low"] <= row["rank"] <= row["rank_high"]
    seats = answers(deployment, "Where are seats left")
    (offers,) = ask(deployment, "select count(*) as offers from fct_training_offer")
    assert sum(row["offers"] for row in seats) == offers["offers"]
    assert all(row["seats_left"] <= row["seats"] for row in seats)
    near = answers(deployment, "within 100 km")
    assert [row["km"] for row in near] == sorted(row["km"] for row in near)
    assert any(row["km"] < 100 and row["format"] != "online" for row in near)
    assert {row["verdict"] for row in answers(deployment, "figures that people quote")} >= {
        "agrees",
        "differs",
    }


def test_the_query_of_the_readme_gives_rows(first_release):
    deployment, _ = first_release
    (sql,) = re.findall(r'skillsbank query "(.*?)"', (PROJECT / "README.md").read_text())
    finished = deployment.run("query", sql, "--format", "csv")
    assert len(finished.stdout.splitlines()) > 10, finished.stderr


def test_every_link_of_the_documents_leads_somewhere():
    pages = [PROJECT / "README.md", *(PROJECT / "docs").glob("*.md"), PROJECT / "expectations" / "README.md"]
    for page in pages:
        for target in re.findall(r"\]\((?!https?://|#)([^)#]+)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_the_commands_of_the_matching_page(first_release, tmp_path):
    deployment, _ = first_release
    page = (PROJECT / "docs" / "matching.md").read_text()
    commands = re.findall(r"^skillsbank (match .*?)(?: +#.*)?$", page, flags=re.MULTILINE)
    assert len(commands) == 6
    (company,) = ask(
        deployment,
        """select min(r.company_key) as key from fct_response as r join fct_competence_need as n
        on r.edition = n.edition and r.respondent_id = n.respondent_id
        where r.edition = 'tour_2019' and r.is_retained and n.is_needed""",
    )
    told = []
    for command in commands:
        arguments = [
            company["key"] if word == "3f9a0c12" else str(tmp_path / word) if "." in word else word.strip('"')
            for word in re.findall(r'"[^"]*"|\S+', command)
        ]
        finished = deployment.run(*arguments)
        assert finished.returncode == 0, finished.stderr
        told.append(finished.stdout)
    territory, company_told, institution, described, like_it, _ = told
    for title in ("Needs", "Training offers", "What to combine", "Opportunities for students"):
        assert all(title in one for one in (territory, company_told, institution, described))
    assert "told, weight 2" in described
    assert "size_class 10-49" in like_it
    assert "Offers whose label would close most of the gap" in territory
    assert "Internal" in company_told
    rows = list(csv.DictReader(io.StringIO((tmp_path / "match.csv").read_text())))
    assert {row["part"] for row in rows} >= {
        "needs",
        "offers",
        "combination",
        "label_candidates",
        "opportunities",
    }
    assert all(row["flag"] in ("ok", "fragile") for row in rows if row["part"] == "needs")
    assert any(float(row["distance_km"]) > 0 for row in rows if row["part"] == "offers")


def test_a_match_tells_what_it_does_not_know(first_release):
    deployment, _ = first_release
    finished = deployment.run("match", "--territory", "albert")
    assert finished.returncode == 1
    assert "ti-3202 (" in finished.stderr
    assert "Traceback" not in finished.stderr
    assert deployment.run("match").returncode == 2
    finished = deployment.run("match", "--need", "INT-01=0", "--commune", "39198")
    assert finished.returncode == 2
    assert "no weight" in finished.stderr
