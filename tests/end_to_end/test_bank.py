"""The skills bank in the release of the sample: gap, needs by any route, and the review queue after a refresh."""

import duckdb
import openpyxl
import pytest

pytestmark = pytest.mark.end_to_end


@pytest.fixture(scope="module")
def bank(first_release):
    deployment, _ = first_release
    path = deployment.releases / "current" / "internal" / "skills_bank.duckdb"
    with duckdb.connect(path, read_only=True) as connection:
        yield connection


def rows(bank, sql):
    return bank.sql(sql).to_arrow_table().to_pylist()


@pytest.mark.parametrize("table", ["ind_competence_gap", "pub_competence_gap"])
def test_the_gap_is_what_the_docs_say(bank, table):
    found = rows(bank, f"select * from {table}")
    of_all = {
        (row["edition"], row["competence_code"]): row["companies"]
        for row in found
        if row["domain_type"] == "all"
    }
    told = [row for row in found if row["need_share"] is not None]
    assert {row["domain_type"] for row in told} == {"all", "region", "territory"}
    for row in told:
        whole = of_all[row["edition"], row["competence_code"]]
        seats = row["seats_on_site"] / row["companies"] + row["seats_online"] / whole
        for gap, need in (("gap", "need_share"), ("gap_low", "need_low"), ("gap_high", "need_high")):
            assert row[gap] == pytest.approx(max(0, row[need] - seats))
    assert any(row["gap"] < row["need_share"] / 2 for row in told), "no seat changes anything"


def test_ranks_follow_the_gaps_of_what_may_be_published(bank):
    found = rows(bank, "select * from pub_competence_gap order by edition, domain_type, domain, gap desc")
    assert all((row["rank"] is not None) == (row["flag"] in ("ok", "fragile")) for row in found)
    cells = {}
    for row in found:
        if row["rank"] is not None:
            cells.setdefault((row["edition"], row["domain_type"], row["domain"]), []).append(row)
    for cell in cells.values():
        assert [row["rank"] for row in cell] == sorted(row["rank"] for row in cell)
        assert cell[0]["rank"] == 1
        assert all(row["rank_low"] <= row["rank"] <= row["rank_high"] <= len(cell) for row in cell)


def test_a_hidden_need_has_no_public_gap(bank):
    hidden = rows(bank, "select * from pub_competence_gap where flag in ('secret', 'unreliable')")
    assert len(hidden) > 100
    numbers = (
        "need_share",
        "need_low",
        "need_high",
        "companies",
        "seat_rate",
        "gap",
        "gap_low",
        "gap_high",
        "rank",
    )
    assert all(row[name] is None for row in hidden for name in numbers)


def test_seats_of_the_gap_are_those_of_the_supply(bank):
    (found,) = rows(
        bank,
        """select
            (select sum(seats) from fct_competence_supply where competence_code = 'DIG-01') as supplied,
            (select max(seats_on_site + seats_online) from ind_competence_gap
                where competence_code = 'DIG-01' and domain_type = 'all') as counted""",
    )
    assert found["supplied"] == found["counted"] > 0


def test_free_text_adds_companies_and_changes_no_estimate(bank):
    (found,) = rows(
        bank,
        """select count(*) as needs, count(distinct (edition, respondent_id, competence_code)) as once,
            count(*) filter (not is_in_estimates) as in_words_alone, count(*) filter (routes like '%|%') as by_several
        from fct_company_need""",
    )
    assert found["needs"] == found["once"]
    assert min(found["in_words_alone"], found["by_several"]) > 50
    (closed,) = rows(bank, "select count(*) as n from fct_competence_need where is_needed")
    assert closed["n"] == found["needs"] - found["in_words_alone"]


EXPRESSED = """with expressed as (
    select f.edition, f.competence_code, f.respondent_id, coalesce(c.is_needed, false) as is_asked
    from fct_company_need as f
    join fct_response as r on r.edition = f.edition and r.respondent_id = f.respondent_id
    left join fct_competence_need as c
        on c.edition = f.edition and c.respondent_id = f.respondent_id and c.competence_code = f.competence_code
    where r.is_in_figures and (r.has_words_on_needs or c.is_needed is not null)
)
select edition, competence_code, count(distinct respondent_id) as companies,
    count(*) filter (not is_asked) as beside
from expressed group by all"""


def test_an_expressed_need_counts_a_company_once_whatever_the_route(bank):
    told = {(row["edition"], row["competence_code"]): row for row in rows(bank, EXPRESSED)}
    found = rows(
        bank,
        "select * from ind_competence_need where indicator = 'expressed_need_share' and domain_type = 'all'",
    )
    assert len(found) == len({row["competence_code"] + row["edition"] for row in found}) > 30
    asked = {
        (row["edition"], row["competence_code"]): row["n_yes"]
        for row in rows(
            bank, "select * from ind_competence_need where indicator = 'need_share' and domain_type = 'all'"
        )
    }
    for row in found:
        cell = row["edition"], row["competence_code"]
        counted = told[cell]
        assert row["n_yes"] == counted["companies"]
        assert row["n_yes"] == asked.get(cell, 0) + counted["beside"]
        assert row["comparability"] == "broken"
    assert any(told[cell]["beside"] >= 3 for cell in asked if cell in told)
    # What fewer than three companies name has no figure.
    cells = {(row["edition"], row["competence_code"]) for row in found}
    assert {cell for cell, one in told.items() if one["companies"] >= 3} <= cells
    assert len(cells) < len(told)


def test_fewer_than_three_companies_never_make_the_difference_to_the_need_that_is_asked(bank):
    told = {(row["edition"], row["competence_code"]): row["beside"] for row in rows(bank, EXPRESSED)}
    found = rows(bank, "select * from pub_competence_need where indicator = 'expressed_need_share'")
    assert {row["domain_type"] for row in found} == {"all"}
    shown = [row for row in found if row["value"] is not None]
    assert 0 < len(shown) < len(found)
    assert all(told[row["edition"], row["competence_code"]] >= 3 for row in shown)


def test_importance_and_priorities_are_told_with_their_intervals(bank):
    found = rows(
        bank,
        """select * from pub_competence_need where indicator in ('importance_mean', 'priority_share')
        and domain_type in ('all', 'size_class') and flag in ('ok', 'fragile')""",
    )
    assert {row["indicator"] for row in found} == {"importance_mean", "priority_share"}
    for row in found:
        least, most = (1, 5) if row["indicator"] == "importance_mean" else (0, 1)
        assert least <= row["ci_low"] <= row["value"] <= row["ci_high"] <= most


def test_the_queue_is_what_the_refresh_left(bank, first_release, tmp_path):
    deployment, _ = first_release
    printed = deployment.run("review", "export", str(tmp_path / "queue.xlsx")).stdout
    (left,) = rows(
        bank,
        """select count(*) as n from fct_competence_mapping
        where outcome in ('review', 'outside') and method = 'ranked'""",
    )
    sheet = openpyxl.load_workbook(tmp_path / "queue.xlsx", read_only=True)["queue"]
    times = [row[2] for row in sheet.iter_rows(min_row=2, values_only=True)]
    assert f"{len(times)} texts to decide" in printed
    assert sum(times) == left["n"] > 500
