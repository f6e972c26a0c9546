"""What the documents tell users to type works on the sample's release."""

import re

import pytest

from orchestration.settings import PROJECT

pytestmark = pytest.mark.end_to_end

QUERIES = re.findall(r"```sql\n(.*?)```", (PROJECT / "docs" / "analysts.md").read_text(), flags=re.DOTALL)


@pytest.mark.parametrize("sql", QUERIES, ids=[f"query {i + 1}" for i in range(len(QUERIES))])
def test_a_query_of_the_analysts_guide_gives_rows(first_release, sql):
    deployment, _ = first_release
    finished = deployment.run("query", sql, "--format", "csv")
    assert finished.returncode == 0, finished.stderr
    assert len(finished.stdout.splitlines()) > 1


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
