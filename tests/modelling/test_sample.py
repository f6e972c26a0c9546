"""The embedded campaign through a whole refresh: its figures against the truth kept beside it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.disclosure import Rules
from orchestration.disclosure.stage import attack_public
from orchestration.settings import Settings

pytestmark = pytest.mark.end_to_end

EDITIONS = ("edition_2012", "tour_2019")
Marts = duckdb.DuckDBPyConnection


@pytest.fixture(scope="module")
def candidate(first_release: Any) -> Path:
    """What the first refresh built its release from; the estimates lie beside it."""
    (file,) = (first_release[0].data / "warehouse").glob("*/skills_bank.duckdb")
    return Path(file)


@pytest.fixture(scope="module")
def sample(candidate: Path) -> Iterator[Marts]:
    with duckdb.connect(str(candidate), read_only=True) as connection:
        truth = Settings().sample_folder / "truth" / "indicators.csv"
        connection.execute(
            f"""create temp view compared as
            with truth as (
                select edition, split_part(indicator, ':', 1) as indicator,
                    nullif(split_part(indicator, ':', 2), '') as competence_code, domain_type, domain,
                    value as true_value, population
                from read_csv('{truth}', types = {{'domain': 'VARCHAR'}})
            ), figures as (
                select edition, indicator, null as competence_code, domain_type, domain, n, weighted_n, value, ci_low,
                    ci_high from ind_innovation_export
                union all select edition, indicator, competence_code, domain_type, domain, n, weighted_n, value,
                    ci_low, ci_high from ind_competence_need
            )
            select figures.*, true_value, population, true_value between ci_low and ci_high as is_covered
            from figures inner join truth
                on figures.edition = truth.edition and figures.indicator = truth.indicator
                and figures.competence_code is not distinct from truth.competence_code
                and figures.domain_type = truth.domain_type and figures.domain = truth.domain"""
        )
        yield connection


def test_the_weights_stand_for_the_frame(sample: Marts) -> None:
    found = sample.execute(
        """select edition, population, respondents, (
            select sum(weight) from fct_weight where fct_weight.edition = dim_edition.edition
        ) from dim_edition order by 1"""
    ).fetchall()
    assert [row[0] for row in found] == list(EDITIONS)
    for _, population, respondents, weights in found:
        assert weights == pytest.approx(population, rel=1e-12)
        assert respondents > 500


def test_intervals_hold_the_truth_about_as_often_as_they_say(sample: Marts) -> None:
    # Observed 95 %, on 730 figures that are no independent draws; innovators answer a little more readily on purpose.
    ((figures, covered),) = sample.execute(
        "select count(*), avg(is_covered::int) from compared where n >= 10"
    ).fetchall()
    assert figures > 600
    assert 0.90 <= covered <= 0.99


def test_the_central_contrast(sample: Marts) -> None:
    # Half of the innovators export, one in twenty of the others.
    for edition in EDITIONS:
        rates = {
            name: (value, is_covered)
            for name, value, is_covered in sample.execute(
                f"""select indicator, value, is_covered from compared where edition = '{edition}'
                and domain_type = 'all' and indicator like 'export_rate_among%'"""
            ).fetchall()
        }
        innovators, others = (rates[f"export_rate_among_{name}"] for name in ("innovators", "non_innovators"))
        assert innovators[0] - others[0] > 0.4
        assert innovators[1]
        assert others[1]


def test_weighting_brings_the_figures_nearer(sample: Marts) -> None:
    # Large companies answer more readily and export more: the plain share of exporters is far too high.
    for edition in EDITIONS:
        ((plain, weighted, truth),) = sample.execute(
            f"""select (select avg(exports::int) from fct_response where is_in_figures and edition = '{edition}'),
            value, true_value from compared where indicator = 'export_rate' and domain_type = 'all'
            and edition = '{edition}'"""
        ).fetchall()
        assert abs(weighted - truth) < 0.03
        assert abs(plain - truth) > 2 * abs(weighted - truth)


def test_companies_that_answer_twice_count_once(sample: Marts) -> None:
    for edition, responses, companies in sample.execute(
        """select edition, count(*) filter (not is_test), count(*) filter (is_retained) from fct_response
        where company_key is not null group by 1"""
    ).fetchall():
        distinct: Any = sample.execute(
            f"""select count(distinct company_key) from fct_response
            where edition = '{edition}' and not is_test"""
        ).fetchone()
        assert companies == distinct[0] < responses


def test_no_personal_data_reaches_the_marts(sample: Marts) -> None:
    tables = [
        row[0]
        for row in sample.execute("select table_name from duckdb_tables() where not temporary").fetchall()
    ]
    for table in tables:
        columns = [
            row[0]
            for row in sample.execute(f"describe {table}").fetchall()
            if row[1] == "VARCHAR" and row[0] != "company_key"
        ]
        for column in columns:
            found = sample.execute(
                f"""select {column} from {table} where regexp_full_match({column}, '\\d{{9}}|\\d{{14}}')
                or {column} like '%@%' or regexp_full_match({column}, '[0-9a-f]{{32}}') limit 1"""
            ).fetchall()
            if table == "dim_commune" and column in ("epci_code", "epci_code_2021", "ept_code"):
                found = sample.execute(
                    f"select {column} from {table} where not regexp_full_match({column}, '2\\d{{8}}')"
                ).fetchall()  # a SIREN that begins with 2 is a local authority's
            assert found == [], f"{table}.{column}"


def test_communes_lie_somewhere(sample: Marts) -> None:
    found = sample.execute(
        """select name, round(latitude, 1), round(longitude, 1), coordinates_of from dim_commune
        where commune_code in ('80016', '80021', '75101', '80002', '98612') order by commune_code"""
    ).fetchall()
    assert found == [
        ("Paris 1er Arrondissement", 48.9, 2.3, "commune"),
        ("Ablaincourt-Pressoir", 49.8, 2.7, "epci"),  # fewer than 500 inhabitants
        ("Albert", 50.0, 2.7, "commune"),
        ("Amiens", 49.9, 2.3, "commune"),
        ("Sigave", None, None, None),  # in Wallis and Futuna
    ]


def test_communes_lie_in_what_they_lay_in(sample: Marts) -> None:
    found = sample.execute(
        """select name, region_name, former_region_name, epci_code, epci_code_2021, ept_code, territory_id, district_of
        from dim_commune where commune_code in ('02691', '80016', '93005', '69382') order by commune_code"""
    ).fetchall()
    assert found == [
        ("Saint-Quentin", "Hauts-de-France", "Picardie", "200071892", "200071892", None, "ti-3211", None),
        ("Lyon 2e Arrondissement", "Auvergne-Rhône-Alpes", "Rhône-Alpes", "200046977", "200046977", None, None,
         "69123"),
        ("Albert", "Hauts-de-France", "Picardie", "248000747", "248000747", None, "ti-3202", None),
        ("Aulnay-sous-Bois", "Île-de-France", "Île-de-France", "200054781", "200054781", "200058097", "ti-1105", None),
    ]  # fmt: skip
    assert sample.execute("select count(*), sum(population) > 68e6 from dim_commune").fetchone() == (
        35_014,
        True,
    )
    moved = sample.execute(
        "select count(*) from dim_commune where district_of is null and epci_code is distinct from epci_code_2021"
    ).fetchone()
    assert moved == (123,)  # of today's communes; counted in the public files of both vintages


def test_a_place_that_was_merged_or_misspelt_is_found(sample: Marts) -> None:
    for table in ("fct_response", "dim_company", "fct_training_offer", "dim_institution", "dim_stopover"):
        strays = sample.execute(
            f"select commune_code from {table} where commune_code not in (select commune_code from dim_commune)"
        ).fetchall()
        assert strays == [], table
    kept = sample.execute(
        "select count(*), count(distinct former_code) from bridge_former_commune"
    ).fetchone()
    assert kept == (4_240, 4_240)


def test_sectors_and_size_classes(sample: Marts) -> None:
    assert sample.execute(
        "select level, count(*) from dim_sector where nomenclature = 'naf-rev2' group by level order by level"
    ).fetchall() == [("division", 88), ("section", 21)]
    unknown = sample.execute(
        "select naf_division from dim_company where naf_division not in (select sector_code from dim_sector)"
    ).fetchall()
    assert unknown == []
    assert sample.execute(
        "select size_class, min_headcount, max_headcount, eu_size from dim_size_class order by position"
    ).fetchall() == [
        ("0-9", 0, 9, "micro"), ("10-49", 10, 49, "small"), ("50-249", 50, 249, "medium"), ("250+", 250, None, "large"),
    ]  # fmt: skip


def test_the_two_stops_of_the_north(sample: Marts) -> None:
    found = sample.execute(
        """select city, territory_id from dim_stopover where region_code = '32' order by city"""
    ).fetchall()
    assert ("Albert-Méaulte", "ti-3202") in found
    assert ("Saint-Quentin", "ti-3211") in found
    assert len(found) == 4


def test_the_population_margins_add_up_to_the_frame_of_the_registers_year(sample: Marts) -> None:
    found = sample.execute(
        """select size_class, sum(companies) from population_margins group by 1
        except
        select size_class, count(*) from int_frame_located where edition = 'tour_2019' group by 1"""
    ).fetchall()
    assert found == []


def test_few_declare_another_place_or_size_than_the_register_has(sample: Marts) -> None:
    shares = dict(
        sample.execute(
            "select attribute, differing_share from fct_register_agreement where edition = 'tour_2019'"
        ).fetchall()
    )
    # 4 % misjudge their headcount by one band, which is another class for a third; a few give another's number.
    assert 0.005 < shares["size_class"] < 0.03
    assert shares["region"] < 0.005


def test_calibration_meets_every_margin_and_says_what_it_cost(sample: Marts) -> None:
    ((margins, worst),) = sample.execute(
        "select count(*), max(abs(after_calibration - total) / total) from fct_weight_margin"
    ).fetchall()
    assert margins > 30
    assert worst < 1e-9
    costs = dict(
        sample.execute(
            "select edition, value from fct_weight_diagnostic where measure = 'Kish design effect'"
        ).fetchall()
    )
    # Observed 1.74 and 1.96: the larger size classes were asked more often.
    assert costs.keys() == set(EDITIONS)
    assert all(1 < cost < 2.5 for cost in costs.values())


def test_overseas_regions_are_not_merged_with_ile_de_france(sample: Marts) -> None:
    merged = sample.execute(
        "select step, merged_into from fct_weight_merge where merged_into like '%01%'"
    ).fetchall()
    assert {step for step, _ in merged} >= {"margin region", "response groups"}
    assert [cell for _, cell in merged if "11" in cell.replace("|", "+").replace(" & ", "+").split("+")] == []


def test_change_holds_the_covariance_of_companies_that_answered_both(sample: Marts) -> None:
    found = sample.execute(
        """select change.change, value - reference_value, panel_n, covariance, ci_low, ci_high
        from ind_change as change where indicator = 'innovation_rate' and domain_type = 'all'"""
    ).fetchall()
    ((difference, recomputed, panel, covariance, low, high),) = found
    assert difference == pytest.approx(recomputed)
    assert panel > 50
    assert covariance != 0
    # In truth 34.4 % innovated of the kinds that 2012 asks about, 46.3 % of those of 2019.
    assert low < 0.463 - 0.344 < high


def test_national_shares_stand_beside_what_other_response_would_make_of_them(sample: Marts) -> None:
    outside = sample.execute(
        """select count(*) from ind_innovation_export
        where domain_type = 'all' and kind = 'proportion' and value is not null
            and not (sensitivity_low < value and value < sensitivity_high)"""
    ).fetchall()
    assert outside == [(0,)]


def test_models_of_territories_are_labelled(sample: Marts) -> None:
    ((areas, labelled),) = sample.execute(
        """select count(*), count(*) filter (flag = 'model_based' and gamma between 0 and 1)
        from ind_territory_model where edition = 'tour_2019' and indicator = 'export_rate'"""
    ).fetchall()
    assert areas > 100
    assert labelled == areas


def test_the_public_tables_stand_the_attack(sample: Marts, candidate: Path, tmp_path: Path) -> None:
    tables = "select table_name from duckdb_tables() where starts_with(table_name, 'pub_')"
    for (name,) in sample.execute(tables).fetchall():
        sample.execute(f"copy {name} to '{tmp_path / name}.parquet'")
    estimates = candidate.parent / "estimates"
    verdict = attack_public(candidate, estimates, tmp_path, tmp_path / "none", Rules())
    assert verdict.breaches == ()
    assert verdict.systems > 60
    assert verdict.secrets > 1000
    # One hidden figure told again, and the same attacker finds it.
    ((indicator, kind, domain, value),) = sample.execute(
        """select ind.indicator, ind.domain_type, ind.domain, ind.value from ind_innovation_export as ind
        join fct_secrecy as inside using (edition, indicator, domain_type, domain)
        where edition = 'tour_2019' and indicator = 'innovation_rate' and reasons like '%few_on_one_side%' limit 1"""
    ).fetchall()
    sample.execute(
        f"""copy (select * replace (
            case when indicator = '{indicator}' and domain_type = '{kind}' and domain = '{domain}'
                and edition = 'tour_2019' then {value} else value end as value,
            case when indicator = '{indicator}' and domain_type = '{kind}' and domain = '{domain}'
                and edition = 'tour_2019' then 'ok' else flag end as flag
        ) from pub_innovation_export) to '{tmp_path / "pub_innovation_export"}.parquet'"""
    )
    told = attack_public(candidate, estimates, tmp_path, tmp_path / "none", Rules())
    assert any(domain in breach for breach in told.breaches)


def test_shares_of_mentions_are_shown_where_every_share_of_companies_is(sample: Marts) -> None:
    """They add up to 100 %, so that a hidden one would follow from the others."""
    mixed = sample.execute(
        """with flags as (
            select edition, replace(indicator, '_mention', '') as question, indicator like '%mention%' as is_mention,
                domain_type, domain, flag in ('secret', 'unreliable', 'carried_over') as is_hidden, value
            from pub_competence_need where indicator <> 'family_need_share' and flag <> 'not_available'
        )
        select edition, question, domain_type, domain, bool_or(is_hidden) filter (is_mention),
            bool_and(is_hidden) filter (is_mention), bool_or(is_hidden) filter (not is_mention),
            sum(value) filter (is_mention), count(*) filter (is_mention)
        from flags group by all having count(*) filter (is_mention) > 0"""
    ).fetchall()
    shown = [row for row in mixed if not row[4]]
    assert all(some == every for *_, some, every, _, _, _ in mixed)
    assert not any(companies for *_, companies, _, _ in shown)
    # Each is rounded to a point, or to half a point.
    assert all(abs(total - 1) <= 0.005 * count for *_, total, count in shown)
    assert {kind for _, _, kind, *_ in shown} == {"all", "region", "size_class", "sector", "stopover"}
    assert len({row[:2] for row in shown}) == 4


@pytest.mark.parametrize(
    "indicator", ["innovation_rate_of_headcount", "export_rate_of_headcount", "rd_spend_mean"]
)
def test_employees_and_spending_are_cut_as_companies_are(sample: Marts, indicator: str) -> None:
    kinds = sample.execute(
        "select distinct domain_type from pub_innovation_export where indicator = $indicator and value is not null",
        {"indicator": indicator},
    ).fetchall()
    crossings = {"region_size_class", "region_sector", "size_class_sector"}
    assert {kind for (kind,) in kinds} == {
        "all",
        "region",
        "size_class",
        "sector",
        "territory",
        "stopover",
    } | crossings


class TestPartners:
    """What the simulated partners sent, in the marts."""

    def test_every_partners_table_reaches_a_mart(self, sample: Marts) -> None:
        rows = {
            table: sample.execute(f"select count(*) from {table}").fetchall()[0][0]
            for table in (
                "fct_workshop_question", "bridge_workshop_question_competence", "fct_workshop_attendance",
                "bridge_stopover_host", "fct_quoted_figure", "fct_innovation_aid", "fct_vacancy", "fct_labour_need",
                "fct_opportunity", "fct_placement", "fct_customs_export", "fct_federation_member", "dim_certification",
                "fct_training_offer",
            )
        }  # fmt: skip
        assert rows == {
            "fct_workshop_question": 425,
            "bridge_workshop_question_competence": rows["bridge_workshop_question_competence"],
            "fct_workshop_attendance": 200, "bridge_stopover_host": 66, "fct_quoted_figure": 10,
            "fct_innovation_aid": 383, "fct_vacancy": 380, "fct_labour_need": 480, "fct_opportunity": 300,
            "fct_placement": 159, "fct_customs_export": 2167, "fct_federation_member": 255, "dim_certification": 120,
            "fct_training_offer": 118,
        }  # fmt: skip
        assert rows["bridge_workshop_question_competence"] > 300

    def test_companies_of_partners_are_those_of_the_register(self, sample: Marts) -> None:
        ((known, count),) = sample.execute(
            "select count(*) filter (is_in_register), count(*) from fct_innovation_aid"
        ).fetchall()
        assert known == count
        ((share,),) = sample.execute(
            "select avg((region_code is not null)::int) from fct_customs_export"
        ).fetchall()
        assert share == 1

    def test_secrecy_of_the_labour_survey_is_no_zero(self, sample: Marts) -> None:
        ((secret, zero, share),) = sample.execute(
            "select count(*) filter (difficult_projects is null), count(*) filter (difficult_projects = 0),"
            " max(difficult_share) from fct_labour_need"
        ).fetchall()
        assert secret > 50
        assert zero == 0
        assert share <= 1

    def test_quoted_figures_stand_beside_ours(self, sample: Marts) -> None:
        found = {
            row[0]: row[1:]
            for row in sample.execute(
                "select coalesce(indicator, 'none'), quoted_value, decimals, computed_value, verdict"
                " from fct_quoted_figure"
            ).fetchall()
        }
        assert found["stopovers"][2] == 40
        assert found["workshop_questions"][2] == 425
        assert found["none"][2:] == (None, "not_computed")
        ((rate,),) = sample.execute(
            "select value from ind_participation where edition = 'tour_2019' and domain_type = 'all'"
        ).fetchall()
        assert found["participation_rate"][2] == rate
        for quoted, decimals, computed, verdict in found.values():
            if computed is not None:
                agrees = abs(quoted - computed) <= 0.5 * 10**-decimals + 1e-9
                assert verdict == ("agrees" if agrees else "differs")
        assert {verdict for *_, verdict in found.values()} == {"agrees", "differs", "not_computed"}

    def test_participation_adds_up_by_every_breakdown(self, sample: Marts) -> None:
        ((invited, responded, population),) = sample.execute(
            "select invited, responded, population from fct_participation"
            " where edition = 'tour_2019' and breakdown = 'all'"
        ).fetchall()
        assert (invited, population) == (10_500, 25_034)
        sums = {
            row[0]: row[1:]
            for row in sample.execute(
                "select breakdown, sum(invited), sum(responded), sum(population) from fct_participation"
                " where edition = 'tour_2019' group by breakdown"
            ).fetchall()
        }
        for breakdown in ("region", "size_class", "territory", "sector"):
            assert sums[breakdown] == (invited, responded, population), breakdown
        for breakdown in ("mode", "day"):
            assert sums[breakdown] == (invited, responded, None), breakdown
        assert set(sums) == {"all", "region", "size_class", "territory", "sector", "mode", "day", "stopover"}
        same = sample.execute(
            "select count(*) from fct_participation as ours inner join ind_participation as other"
            " on ours.edition = other.edition and ours.breakdown = other.domain_type and ours.cell = other.domain"
            " where ours.invited <> other.invited or ours.responded <> other.responded"
        ).fetchall()
        assert same == [(0,)]
        ((albert,),) = sample.execute(
            "select count(*) from fct_participation inner join dim_stopover on cell = stopover_id"
            " where breakdown = 'stopover' and city = 'Albert-Méaulte' and population > 0"
        ).fetchall()
        assert albert == 1
