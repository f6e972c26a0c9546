"""The skills bank on the small lake: needs by any route, what texts were taken for, supply and gap."""

from __future__ import annotations

from typing import Any

import duckdb
import pyarrow as pa

Marts = duckdb.DuckDBPyConnection


def rows(marts: Marts, sql: str) -> list[tuple[Any, ...]]:
    return marts.execute(sql).fetchall()


def test_a_company_needs_a_competence_once_whatever_the_route(marts: Marts) -> None:
    found = rows(
        marts,
        """select competence_code, routes, is_in_estimates from fct_company_need
        where respondent_id = (select respondent_id from fct_competence_mention limit 1) order by 1""",
    )
    assert found == [
        ("DIG-01", "ranking", True),
        ("INT-01", "ranking|free_text", True),
        ("MAN-02", "free_text", False),
    ]


def test_words_of_their_own_stay_out_of_the_need_that_is_asked(marts: Marts) -> None:
    """Who writes of something else has not said no; what is expressed has figures of its own."""
    assert rows(marts, "select count(*) from fct_competence_need where competence_code = 'MAN-02'") == [(0,)]
    asked = "select count(*) from ind_competence_need where competence_code = 'MAN-02' and indicator = 'need_share'"
    assert rows(marts, asked) == [(0,)]
    told = "select count(*) from fct_response where has_words_on_needs"
    assert rows(marts, told) == [(1,)]


def test_every_text_has_an_outcome_and_no_wording(marts: Marts) -> None:
    found = rows(
        marts,
        """select competence_code, outcome, method from fct_competence_mapping
        where source = 'answers' and field = 'missing_skills' order by span, number""",
    )
    assert [one[:2] for one in found if one[1] == "accepted"] == [
        ("MAN-02", "accepted"),
        ("INT-01", "accepted"),
    ]
    assert {outcome for _, outcome, _ in found} >= {"accepted", "not_needed"}
    assert len(found) == 4
    columns = {name for name, *_ in rows(marts, "describe fct_competence_mapping")}
    assert columns.isdisjoint({"text", "value_text", "key", "part"})
    refused = "select distinct outcome, method from fct_competence_mapping where item = 'other'"
    assert rows(marts, refused) == [("refused", None)]
    assert rows(marts, "select outcome from fct_competence_mapping where record_id = 'TO-3'") == [
        ("outside",),
        ("outside",),
    ]


def test_supply_counts_each_offer_for_what_it_teaches(marts: Marts) -> None:
    found = rows(
        marts,
        """select competence_code, territory_id, is_labelled_ice, is_distance, offers, offers_recognised, seats,
            offers_without_seats
        from fct_competence_supply order by 1""",
    )
    assert found == [
        ("DIG-01", None, False, False, 1, 0, 0, 1),
        ("INN-03", "ti-3202", False, True, 1, 1, 4, 0),
        ("INT-01", "ti-3211", True, False, 1, 0, 20, 0),
        ("INT-02", "ti-3211", True, False, 1, 0, 20, 0),
    ]


def test_seats_count_where_they_are(marts: Marts) -> None:
    found = rows(
        marts,
        """select domain_type, domain, seats_on_site from ind_competence_gap
        where competence_code = 'INT-01' and edition = 'tour_2019' and seats_on_site > 0 order by 1, 2""",
    )
    assert found[0] == ("all", "all", 20)
    assert set(found) <= {("all", "all", 20), ("region", "32", 20), ("territory", "ti-3211", 20)}


def test_any_scheme_can_be_counted_in(marts: Marts) -> None:
    counted = """select links.scheme, count(distinct (needs.edition, needs.respondent_id))
        from fct_company_need as needs inner join bridge_competence_link as links using (competence_code)
        where needs.competence_code = 'INT-01' group by 1 order by 1"""
    found = dict(rows(marts, counted))
    assert set(found) == {"esco", "frame", "rome4"}
    assert len(set(found.values())) == 1
    assert rows(marts, "select competences from dim_competence_scheme where scheme = 'frame'") == [(66,)]


def test_pairs_that_few_need_are_left_out(marts: Marts) -> None:
    assert all(both >= 10 for (both,) in rows(marts, "select n_both from ind_competence_pair"))


def test_only_comparable_editions_have_a_trend(marts: Marts) -> None:
    found = rows(marts, "select distinct comparability from ind_competence_trend")
    assert "broken" not in {state for (state,) in found}


def test_a_retired_code_is_counted_as_its_heir(tmp_path: Any) -> None:
    """The table that past answers are joined with, of a frame in which one competence took the place of two."""
    import shutil

    from orchestration.decoding.competence_frame import decode_frame
    from orchestration.frame import load
    from orchestration.settings import Settings

    folder = shutil.copytree(Settings().frame, tmp_path / "frame")
    table = folder / "competences.csv"
    lines = table.read_text(encoding="utf-8").splitlines()
    for place, line in enumerate(lines):
        if line.startswith(("INT-02,", "INT-03,")):
            lines[place] = line.replace("2012-01-01,,", "2012-01-01,2026-06-01,")
    lines.append("INT-99,international,Vente,Sales,Vendre.,Sell.,2026-06-01,,INT-02|INT-03")
    table.write_text("\n".join(lines) + "\n", encoding="utf-8")
    decode_frame(load(folder), ["INT-02", "OLD-1"], tmp_path / "lake")
    found = duckdb.sql(f"select * from '{tmp_path}/lake/competence_recodes/*.parquet'").to_arrow_table()
    assert isinstance(found, pa.Table)
    recodes = {row["past_code"]: (row["competence_code"], row["comparability"]) for row in found.to_pylist()}
    assert recodes["INT-02"] == recodes["INT-03"] == ("INT-99", "close")
    assert recodes["INT-01"] == ("INT-01", "identical")
    assert recodes["OLD-1"] == (None, "broken")
