"""The marts of the small lake, value by value."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import duckdb
import pytest

Marts = duckdb.DuckDBPyConnection
Key = Callable[[str], str]
LARGE, SMALL = "75056 50-249 0", "80016 0-9 0"


def rows(marts: Marts, sql: str) -> list[tuple[Any, ...]]:
    return marts.execute(sql).fetchall()


def one(marts: Marts, sql: str) -> dict[str, Any]:
    found = marts.execute(sql)
    columns = [column[0] for column in found.description]
    (row,) = found.fetchall()
    return dict(zip(columns, row, strict=True))


class TestRetention:
    """Complete first, then most answered items, then the latest, then the lowest number."""

    def test_the_fullest_complete_response_wins_over_a_fuller_incomplete_one(
        self, marts: Marts, key: Key
    ) -> None:
        found = rows(
            marts,
            f"""select is_complete, answered_items, retention_rank, is_retained, company_responses
            from fct_response
            where edition = 'tour_2019' and company_key = '{key(LARGE)}' order by respondent_id""",
        )
        assert found == [(True, 1, 2, False, 3), (True, 6, 1, True, 3), (False, 7, 3, False, 3)]

    def test_among_equals_the_latest_then_the_lowest_number(self, marts: Marts) -> None:
        found = rows(
            marts,
            """select submitted_at, retention_rank from fct_response
            where edition = 'edition_2012' order by respondent_id""",
        )
        assert found == [
            (datetime(2012, 5, 1, 9), 3),
            (datetime(2012, 5, 1, 11), 1),
            (datetime(2012, 5, 1, 11), 2),
        ]

    def test_a_test_row_is_counted_and_never_kept(self, marts: Marts) -> None:
        assert rows(marts, "select is_retained, retention_rank from fct_response where is_test") == [
            (False, None)
        ]

    def test_responses_without_key_are_companies_of_their_own(self, marts: Marts) -> None:
        found = rows(
            marts,
            """select is_retained, frame_status from fct_response
            where company_key is null order by respondent_id""",
        )
        assert found == [(True, "unidentified"), (True, "unplaced"), (True, "unplaced")]

    def test_no_response_is_lost(self, marts: Marts, small_lake: Any) -> None:
        assert rows(marts, "select count(*) from fct_response") == [(small_lake.last_respondent,)]


class TestInFigures:
    def test_of_an_edition_with_a_frame_only_those_invited(self, marts: Marts) -> None:
        found = rows(
            marts,
            """select frame_status, is_retained, is_complete from fct_response
            where edition = 'tour_2019' and not is_in_figures and is_retained order by respondent_id""",
        )
        assert found == [
            # Placed by what it declares, it may be the second answer of a company that gave its number.
            ("unidentified", True, True),
            ("invited", True, False),
            ("out_of_frame", True, True),
            ("unplaced", True, True),
            ("unplaced", True, True),
        ]

    def test_too_few_answers_have_no_weights(self, marts: Marts) -> None:
        # 17 answered in 2019 and one in 2012: no statistician would sign weights made of them.
        assert rows(marts, "select count(*) from fct_weight") == [(0,)]


class TestResponses:
    def test_innovation_needs_one_yes_or_one_no(self, marts: Marts) -> None:
        found = rows(
            marts,
            """select innovates_product, innovates_process, is_innovator, count(*) from fct_response
            where edition = 'tour_2019' and is_in_figures group by 1, 2, 3 order by 4 desc, 3""",
        )
        assert found == [
            (False, None, False, 7),  # no, and uncertain or refused
            (True, None, True, 6),  # yes, and uncertain or not answered
            (False, True, True, 3),
            (None, None, None, 1),  # uncertain only
        ]

    def test_the_frame_says_where_a_company_is_before_the_register_does(self, marts: Marts, key: Key) -> None:
        large = one(
            marts,
            f"""select commune_code, region_code, territory_id, size_class, naf_code, naf_division
            from fct_response
            where is_retained and edition = 'tour_2019' and company_key = '{key(LARGE)}'""",
        )
        assert large == {
            "commune_code": "75056", "region_code": "11", "territory_id": None, "size_class": "50-249",
            "naf_code": "25.62B", "naf_division": "25",
        }  # fmt: skip

    def test_outside_the_frame_the_register_comes_before_the_company(self, marts: Marts) -> None:
        elsewhere = one(
            marts,
            """select region_code, size_class, headcount_band from fct_response
            where frame_status = 'out_of_frame'""",
        )
        # The register knows the commune; its headcount is unknown (NN), so the company's word counts.
        assert elsewhere == {"region_code": "94", "size_class": "0-9", "headcount_band": "0"}


class TestNeeds:
    @pytest.mark.parametrize(
        ("where", "expected"),
        [
            ("respondent_id = 4", {"INN-01": (False, 2, False, None), "INT-01": (True, 4, False, None)}),
            ("respondent_id = 10", {"INN-01": (False, 2, False, None), "INT-01": (False, 3, False, None)}),
            ("respondent_id = 16", {"INN-01": (False, 2, False, None), "INT-01": (True, 3, True, None)}),
            ("respondent_id = 19", {"DIG-01": (True, None, None, 1), "INT-01": (True, None, None, 2)}),
        ],
        ids=["important", "unimportant", "hard to recruit", "priority"],
    )
    def test_the_rule_of_2019(self, marts: Marts, where: str, expected: dict[str, Any]) -> None:
        found = rows(
            marts,
            f"""select competence_code, is_needed, importance, is_hard_to_recruit, priority_rank
            from fct_competence_need where edition = 'tour_2019' and {where}""",
        )
        assert {code: tuple(rest) for code, *rest in found} == expected

    def test_the_rule_of_2012(self, marts: Marts) -> None:
        found = rows(
            marts,
            """select competence_code, is_needed, is_ticked, is_hard_to_recruit, comparability
            from fct_competence_need where edition = 'edition_2012' order by 1""",
        )
        assert found == [
            ("DIG-01", False, False, None, "broken"),
            ("INN-01", True, False, True, "broken"),
            ("INT-01", True, True, False, "broken"),
        ]

    def test_only_kept_responses_count(self, marts: Marts) -> None:
        assert rows(
            marts,
            """select count(*) from fct_competence_need as needs
            left join fct_response as kept
                on needs.edition = kept.edition
                and needs.respondent_id = kept.respondent_id and kept.is_retained
            where kept.edition is null""",
        ) == [(0,)]

    def test_the_need_of_2019_is_only_close_to_other_editions(self, marts: Marts) -> None:
        found = rows(
            marts,
            """select distinct indicator, comparability from ind_competence_need
            where edition = 'tour_2019' order by 1""",
        )
        assert found == [
            ("family_need_share", "close"),
            ("hard_to_recruit_mention_share", "identical"),
            ("hard_to_recruit_share", "identical"),
            ("importance_mean", "identical"),
            ("need_mention_share", "close"),
            ("need_share", "close"),
            ("priority_share", "identical"),
        ]


class TestDimensions:
    def test_edition_counts(self, marts: Marts) -> None:
        tour = one(marts, "select * from dim_edition where edition = 'tour_2019'")
        assert {name: tour[name] for name in list(tour)[7:]} == {
            "population": 226, "invited": 25 + 20 + 5 + 25 + 25 + 10 + 2 + 1 + 8, "responses": 24,
            "test_responses": 1, "retained_responses": 22, "respondents": 17, "quarantined": 1,
        }  # fmt: skip
        assert rows(marts, "select population, invited from dim_edition where not has_frame") == [
            (None, None)
        ]

    def test_company_attributes_and_where_they_come_from(self, marts: Marts, key: Key) -> None:
        wanted = "commune_code, size_class, naf_code, attributes_source, editions_invited, editions_answered"
        found = {
            name: one(marts, f"select {wanted} from dim_company where company_key = '{key(name)}'")
            for name in (LARGE, "elsewhere", "volunteer 0", SMALL)
        }
        values = {name: tuple(row.values()) for name, row in found.items()}
        assert values == {
            LARGE: ("02691", "50-249", "28.22Z", "register", 1, 1),
            "elsewhere": ("2A004", "0-9", None, "register", 0, 1),
            "volunteer 0": ("02691", "10-49", None, "declared", 0, 1),
            SMALL: ("80016", "0-9", "25.62B", "frame", 2, 2),
        }
        first, last = rows(
            marts, f"select first_edition, last_edition from dim_company where company_key = '{key(SMALL)}'"
        )[0]
        assert (first, last) == ("edition_2012", "tour_2019")

    def test_the_main_place_of_a_territory_is_where_its_people_live(self, marts: Marts) -> None:
        # Albert has 10,000 inhabitants, Rouen's share of the territory 9,000 in another région.
        albert = one(marts, "select * from dim_territory where territory_id = 'ti-3202'")
        assert (albert["departement_name"], albert["region_name"]) == ("Somme", "Hauts-de-France")
        assert (albert["communes"], albert["departements"], albert["regions"], albert["population"]) == (
            2,
            2,
            2,
            19_000,
        )

    def test_domains_have_labels_in_both_languages(self, marts: Marts) -> None:
        assert rows(marts, "select domain_type, count(*) from dim_domain group by 1 order by 1") == [
            ("all", 1),
            ("region", 4),
            ("region_sector", 16),
            ("region_size_class", 16),
            ("sector", 4),
            ("size_class", 4),
            ("size_class_sector", 16),
            ("stopover", 2),
            ("territory", 2),
        ]
        assert one(
            marts,
            "select label_fr, label_en from dim_domain where domain_type = 'size_class' and domain = '10-49'",
        ) == {
            "label_fr": "10 à 49 salariés",
            "label_en": "10 to 49 employees",
        }

    def test_offers_and_their_competences(self, marts: Marts) -> None:
        offers = "select offer_id, competences, territory_id, region_code from fct_training_offer order by 1"
        assert rows(marts, offers) == [
            ("TO-1", 2, "ti-3211", "32"),
            ("TO-2", 1, None, None),
            ("TO-3", 0, None, None),
            ("TO-4", 1, "ti-3202", "32"),
        ]  # fmt: skip
        assert rows(marts, "select * from bridge_training_offer_competence order by all") == [
            ("TO-1", "INT-01", "declared"),
            ("TO-1", "INT-02", "declared"),
            ("TO-2", "DIG-01", "declared"),
            # Where the partner declared nothing, the title was read.
            ("TO-4", "INN-03", "recognised"),
        ]
        assert rows(marts, "select offers, labelled_offers, territory_id from dim_institution") == [
            (4, 1, "ti-3202")
        ]

    def test_stopovers(self, marts: Marts) -> None:
        assert rows(
            marts, "select stopover_id, held_on, territory_id, attendance from dim_stopover order by 1"
        ) == [
            ("ST-1", date(2019, 5, 14), "ti-3202", 35),
            ("ST-2", None, None, None),
        ]

    def test_the_reference_frame(self, marts: Marts) -> None:
        told = "select count(*), count(distinct family), min(length(definition_fr)) > 40 from dim_competence"
        assert rows(marts, told) == [(66, 7, True)]
