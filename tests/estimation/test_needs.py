"""Needs of competences as the figures count them: importance, priorities, and needs by whatever question, each company
once. Marts made by hand; the estimates themselves are tested in test_figures.py, their secrecy in tests/disclosure."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from orchestration.disclosure.publishing import protected
from orchestration.disclosure.systems import systems
from orchestration.estimation import catalogue, figures, respondents
from orchestration.estimation.design import AMONG_RESPONDENTS
from orchestration.estimation.indicators import ALL

# A is in the closed lists, B in none. (respondent, answered the open question, importance, rank, routes of A and B).
ANSWERS = (
    (1, True, 5, 1, "array|ranking|free_text", None),
    (2, True, 2, None, "free_text", "free_text"),
    (3, False, 4, 4, "array|ranking", None),
    (4, False, 1, None, None, None),
    (5, True, None, None, "other", None),  # the list was left empty, the open question was not
    (6, False, None, None, None, "other"),  # "other" beside a list, but no word to the open question
    (7, True, None, None, None, None),
    (8, False, None, None, None, None),  # neither: out of the base
    (9, True, None, None, None, "free_text"),
    (10, True, None, None, None, None),
)


def fill(connection: duckdb.DuckDBPyConnection, *, words: bool = True) -> None:
    flag = "words AS has_words_on_needs" if words else "1 AS something"
    names = ("id", "words", "importance", "rank", "a", "b")
    rows = [dict(zip(names, row, strict=True)) for row in ANSWERS]
    connection.register("answers", pa.Table.from_pylist(rows))
    connection.execute(
        f"""CREATE TABLE given AS SELECT * FROM answers;
        CREATE TABLE dim_competence AS SELECT *, 'F' AS family, code <> 'Z' AS is_in_use, code AS competence_code
            FROM (VALUES ('A'), ('B'), ('C'), ('Z')) AS t (code);
        CREATE TABLE dim_stopover (stopover_id VARCHAR, edition VARCHAR, departement_code VARCHAR);
        CREATE TABLE fct_response AS SELECT 'e' AS edition, CAST(id AS BIGINT) AS respondent_id,
            'key ' || id AS company_key, '32' AS region_code, '0-9' AS size_class, 'C' AS sector,
            NULL::VARCHAR AS territory_id, '80' AS departement_code, 5.0 AS headcount, true AS is_innovator,
            true AS exports, NULL::DOUBLE AS export_share, NULL::DOUBLE AS rd_spend_keur, true AS is_in_figures, {flag}
            FROM given;
        CREATE TABLE fct_competence_need AS SELECT 'e' AS edition, CAST(id AS BIGINT) AS respondent_id,
            'A' AS competence_code, importance >= 4 OR rank IS NOT NULL AS is_needed,
            NULL::BOOLEAN AS is_hard_to_recruit, importance, rank AS priority_rank
            FROM given WHERE importance IS NOT NULL;
        CREATE TABLE fct_company_need AS SELECT 'e' AS edition, CAST(id AS BIGINT) AS respondent_id, code AS
            competence_code FROM (SELECT id, 'A' AS code FROM given WHERE a IS NOT NULL
            UNION ALL SELECT id, 'B' FROM given WHERE b IS NOT NULL
            UNION ALL SELECT id, 'C' FROM given WHERE id < 3
            UNION ALL SELECT id, 'Z' FROM given)"""
    )


@pytest.fixture
def marts(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(tmp_path / "marts.duckdb") as connection:
        fill(connection)
    with respondents.opened(tmp_path / "marts.duckdb") as connection:
        yield connection


def told(connection: duckdb.DuckDBPyConnection) -> dict[str, tuple[int, float | None]]:
    asked = respondents.answered(connection, "e")
    relation = respondents.load(connection, "e", asked)
    indicators = [
        *catalogue.competences(asked), *catalogue.priorities(asked), *catalogue.expressed(asked),
    ]  # fmt: skip
    found = figures.estimate(connection, relation, AMONG_RESPONDENTS, indicators, [ALL], edition="e")
    return {row["indicator"]: (row["n"], row["value"]) for row in found.to_pylist()}


def test_a_company_counts_once_whatever_the_route(marts):
    found = told(marts)
    # Closed answers of 1 to 4; 1 and 3 need it.
    assert found["need_share:A"] == (4, 2 / 4)
    # 2 and 5 say it in other words; 1 says it three times. 7, 9 and 10 could have, 6 and 8 answered no such question.
    assert found["expressed_need_share:A"] == (8, 4 / 8)
    # On no list: of those that answered the open question. The word of 6 is no answer to it.
    assert found["expressed_need_share:B"] == (6, pytest.approx(2 / 6))
    assert not {"expressed_need_share:C", "expressed_need_share:Z"} & set(
        found
    )  # of too few; no longer in use
    assert "need_share:B" not in found


def test_importance_and_priorities_have_their_own_bases(marts):
    found = told(marts)
    assert found["importance_mean:A"] == (4, 3.0)
    # Of the two that rank anything one has it among the first three; the fourth rank is no priority.
    assert found["priority_share:A"] == (2, 1 / 2)


def test_an_edition_of_a_release_that_did_not_tell_words_has_no_such_figure(tmp_path):
    with duckdb.connect(tmp_path / "old.duckdb") as connection:
        fill(connection, words=False)
    with respondents.opened(tmp_path / "old.duckdb") as connection:
        found = told(connection)
    assert "need_share:A" in found
    assert not [name for name in found if name.startswith("expressed")]


def crowd(in_words: int) -> str:
    """Forty companies: twenty need A by the list, and ``in_words`` of the others say it in their own words."""
    return f"""(SELECT i AS respondent_id, 'respondent ' || i AS contributor,
        '32' AS region, '0-9' AS size_class, 'C' AS sector, NULL::VARCHAR AS territory,
        NULL::VARCHAR AS stopover, NULL::VARCHAR AS innovator,
        NULL::BOOLEAN AS is_innovator, NULL::BOOLEAN AS exports,
        NULL::DOUBLE AS export_share, NULL::DOUBLE AS rd_spend_keur, 5.0 AS headcount,
        i < 20 AS "need A", i < 20 AS "family F", i < 20 + {in_words} AS "expressed A" FROM range(40) AS t (i))"""


@pytest.mark.parametrize(("in_words", "is_shown"), [(0, False), (1, False), (2, False), (3, True), (9, True)])
def test_one_or_two_companies_that_make_the_difference_to_closed_questions_are_not_told(in_words, is_shown):
    asked = catalogue.Asked({}, ("A",), (), {"A": "F"}, named=("A",))
    with duckdb.connect() as connection:
        found = list(systems(connection, crowd(in_words), asked, weight="1.0"))
    done = protected("e", found)
    name, cuts = done.kinds()["expressed_need_share:A"]
    assert (name, cuts) == ("expressed_need_share:A", {"all"})
    protection = done.protections[name]
    assert protection.pattern.tolist() == [not is_shown]
    shown = done.protections["need_share:A"]
    assert not shown.pattern[shown.tables.rows["need_share:A", "all", "all"]]
