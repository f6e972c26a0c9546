"""The figures' marts of the small lake: one tidy shape, and what may leave. What the figures are worth is tested with
the estimates (tests/estimation) and on the sample (test_sample.py)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.disclosure.stage import attack_release

Marts = duckdb.DuckDBPyConnection
TIDY = [
    "domain_type", "domain", "value", "se", "ci_low", "ci_high", "n", "weighted_n", "cv", "flag", "reason",
    "comparability",
]  # fmt: skip
EVERY_TABLE = ("participation", "innovation_export", "competence_need")
NUMBERS = ("value", "se", "ci_low", "ci_high", "n", "weighted_n", "cv")


def rows(marts: Marts, sql: str) -> list[dict[str, Any]]:
    found = marts.execute(sql)
    columns = [column[0] for column in found.description]
    return [dict(zip(columns, row, strict=True)) for row in found.fetchall()]


@pytest.mark.parametrize("table", [f"{kind}_{name}" for kind in ("ind", "pub") for name in EVERY_TABLE])
def test_one_tidy_shape(marts: Marts, table: str) -> None:
    columns = [row[0] for row in marts.execute(f"describe {table}").fetchall()]
    assert columns[:2] == ["edition", "indicator"]
    assert [column for column in columns if column in TIDY] == TIDY
    indicators = {row[0] for row in marts.execute(f"select distinct indicator from {table}").fetchall()}
    assert indicators <= {row[0] for row in marts.execute("select indicator from pub_indicator").fetchall()}


def test_too_few_answers_are_among_respondents(marts: Marts) -> None:
    # Of the 17 answers of 2019 one does not tell whether it innovates, and two whether they export.
    (found,) = rows(
        marts,
        """select n, n_yes, value, unweighted, se, ci_low, weighted_n, flag, reason from ind_innovation_export
        where edition = 'tour_2019' and indicator = 'export_rate' and domain_type = 'all'""",
    )
    assert found == {
        "n": 14, "n_yes": 8, "value": 8 / 14, "unweighted": 8 / 14, "se": None, "ci_low": None, "weighted_n": None,
        "flag": "fragile", "reason": "below_30",
    }  # fmt: skip


def test_without_a_frame_there_is_no_total(marts: Marts) -> None:
    found = rows(
        marts,
        """select indicator, n, value, flag, reason from ind_innovation_export where edition = 'workshops_2020'
        and indicator in ('export_rate', 'exporting_companies', 'rd_spend_mean') and domain_type = 'all'
        order by indicator""",
    )
    assert found == [
        {"indicator": "export_rate", "n": 12, "value": 0.25, "flag": "fragile", "reason": "below_30"},
        {
            "indicator": "exporting_companies",
            "n": 12,
            "value": None,
            "flag": "not_applicable",
            "reason": "no_frame",
        },
        {"indicator": "rd_spend_mean", "n": 0, "value": None, "flag": "not_available", "reason": "not_asked"},
    ]


def test_export_among_innovators_and_the_others_by_hand(marts: Marts) -> None:
    found = {
        row["indicator"]: (row["n"], row["n_yes"])
        for row in rows(
            marts,
            """select indicator, n, n_yes from ind_innovation_export
            where edition = 'tour_2019' and domain_type = 'all' and kind = 'proportion'""",
        )
    }
    assert found["export_rate_among_innovators"] == (9, 7)
    assert found["export_rate_among_non_innovators"] == (5, 1)
    # Both together are all: nobody is left over who could be told by subtraction.
    assert found["export_rate"] == (14, 8)


def test_participation_counts_the_invited(marts: Marts) -> None:
    found = marts.execute(
        """select domain, invited, responded, unidentified, value, flag from ind_participation
        where edition = 'tour_2019' and domain_type in ('all', 'region') order by 1"""
    ).fetchall()
    assert found == [
        ("11", 50, 2, 0, 2 / 50, "unreliable"),
        ("32", 63, 15, 1, 15 / 63, "ok"),
        ("94", 8, 0, 0, 0.0, "zero"),
        ("all", 121, 17, 3, 17 / 121, "ok"),
    ]


def test_shares_of_mentions_add_up(marts: Marts) -> None:
    found = marts.execute(
        """select sum(value), count(*) from ind_competence_need
        where edition = 'tour_2019' and indicator = 'need_mention_share' and domain_type = 'all'"""
    ).fetchall()
    assert found == [(pytest.approx(1.0), 3)]


@pytest.mark.parametrize("table", EVERY_TABLE)
def test_what_is_hidden_holds_no_number(marts: Marts, table: str) -> None:
    found = rows(marts, f"select * from pub_{table}")
    assert found
    for row in found:
        assert not {"company_key", "n_yes", "kish_n", "unidentified"} & row.keys()
        if row["flag"] in ("secret", "unreliable"):
            assert [row[name] for name in NUMBERS] == [None] * len(NUMBERS)
            assert row["reason"] in ("statistical_secrecy", "low_n")
        elif row["flag"] in ("ok", "fragile"):
            assert row["n"] >= 10
    assert {row["flag"] for row in found} & {"secret", "unreliable"}


def test_each_hidden_row_has_its_reasons_inside(marts: Marts) -> None:
    found = marts.execute(
        """select pub.domain_type, pub.domain, pub.flag, inside.is_hidden, inside.reasons from pub_participation as pub
        left join fct_secrecy as inside using (edition, indicator, domain_type, domain)
        where edition = 'tour_2019' and domain_type in ('all', 'region') and pub.flag <> 'zero' order by all"""
    ).fetchall()
    hidden = {domain: (flag, reasons) for _, domain, flag, is_hidden, reasons in found if is_hidden}
    assert hidden.pop("11") == ("unreliable", "few_contributors|few_weighted|low_base")
    # Région 11 would follow from the other two.
    assert list(hidden.values()) == [("secret", "secondary")]
    assert {domain for _, domain, *_ in found} == {"all", "11", "32"}


def test_a_release_is_attacked_again_with_what_it_carried_over(
    built: Any, marts: Marts, tmp_path: Path
) -> None:
    """A figure of an older release that came back in it is no figure that protection did not make."""
    for (name,) in marts.execute(
        "select table_name from duckdb_tables() where table_name like 'pub_%'"
    ).fetchall():
        marts.execute(f"copy {name} to '{tmp_path / name}.parquet'")
    clean = attack_release(built.file, tmp_path)
    assert clean is not None
    assert clean.breaches == ()
    carried = """select * replace (
        case when flag = 'secret' then 'carried_over' else flag end as flag,
        case when flag = 'secret' then 0.5 else value end as value
    ) from pub_innovation_export"""
    marts.execute(f"copy ({carried}) to '{tmp_path / 'pub_innovation_export'}.parquet'")
    assert marts.execute("select count(*) from pub_innovation_export where flag = 'secret'").fetchall() != [
        (0,)
    ]
    again = attack_release(built.file, tmp_path)
    assert again is not None
    assert again.breaches == ()
    assert again.hidden == clean.hidden
