"""The figures: recomputed from the definition, held against R's survey package, and what is held back."""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest
from scipy import stats

from orchestration.modelling.dbt import DBT_PROJECT

Marts = duckdb.DuckDBPyConnection
Compile = Callable[[str], str]
Z = 1.959963984540054
SHAPE = [
    "edition", "indicator", "domain_type", "domain", "n", "n_yes", "weighted_n", "value", "se",
    "ci_low", "ci_high", "cv", "flag", "reason", "comparability",
]  # fmt: skip
EVERY_TABLE = ("innovation_export", "competence_need", "participation")


def wilson(share: float, size: float) -> tuple[float, float]:
    centre = (share + Z**2 / (2 * size)) / (1 + Z**2 / size)
    half = Z / (2 * size) * math.sqrt(4 * size * share * (1 - share) + Z**2) / (1 + Z**2 / size)
    return centre - half, centre + half


def by_definition(units: list[tuple[str, float, bool | None]]) -> dict[str, float]:
    """Share, standard error and interval of (stratum, weight, answer) rows; None is out of the base."""
    strata, weights, answers = (np.array(column, dtype=object) for column in zip(*units, strict=True))
    w = weights.astype(float)
    inside = np.array([answer is not None for answer in answers])
    y = np.array([bool(answer) for answer in answers], dtype=float)
    base = w[inside].sum()
    share = (w * y)[inside].sum() / base
    z = np.where(inside, w * (y - share) / base, 0.0)
    variance = 0.0
    for stratum in set(strata):
        part = z[strata == stratum]
        variance += len(part) / (len(part) - 1) * ((part - part.mean()) ** 2).sum()
    kish = base**2 / (w[inside] ** 2).sum()
    size = min(share * (1 - share) / variance, kish) if variance > 0 else kish
    low, high = wilson(share, size)
    return {"weighted_n": base, "value": share, "se": math.sqrt(variance), "ci_low": low, "ci_high": high}


class TestEstimates:
    @pytest.mark.parametrize(
        ("indicator", "answer", "domain_type", "where"),
        [
            ("innovation_rate", "is_innovator", "all", "true"),
            ("innovation_rate", "is_innovator", "region", "region_code = '32'"),
            ("export_rate", "exports", "all", "true"),
            ("export_rate", "exports", "size_class", "size_class = '0-9'"),
            ("export_rate_among_innovators", "case when is_innovator then exports end", "all", "true"),
            ("export_rate_among_non_innovators", "case when not is_innovator then exports end", "territory",
             "territory_id = 'ti-3202'"),
        ],
    )  # fmt: skip
    def test_each_follows_from_the_respondents(
        self, marts: Marts, indicator: str, answer: str, domain_type: str, where: str
    ) -> None:
        units = marts.execute(
            f"""select variance_stratum, weight, case when {where} then {answer} end
            from fct_response where edition = 'tour_2019' and is_in_figures"""
        ).fetchall()
        found = marts.execute(
            f"""select weighted_n, value, se, ci_low, ci_high, n, cv from ind_innovation_export as figures
            where edition = 'tour_2019' and indicator = '{indicator}' and domain_type = '{domain_type}'
                and domain in ('all', '32', '0-9', 'ti-3202')"""
        ).fetchall()
        ((*values, n, cv),) = found
        expected = by_definition(units)
        assert values == pytest.approx(list(expected.values()), rel=1e-12)
        assert n == sum(unit[2] is not None for unit in units)
        assert cv == pytest.approx(expected["se"] / expected["value"], rel=1e-12)

    def test_the_export_rates_by_hand(self, marts: Marts) -> None:
        # Innovators: 9 x 5 + 10.75 x 3 + 25 companies, of which 9 x 4 + 10.75 x 2 + 25 export.
        # The others: 9 x 5 + 10.75 with an answer, of which 9 export.
        found = dict(
            marts.execute(
                """select indicator, value from ind_innovation_export
                where edition = 'tour_2019' and domain_type = 'all' and indicator like '%innovators'"""
            ).fetchall()
        )
        assert found == pytest.approx(
            {
                "export_rate_among_innovators": (9 * 4 + 10.75 * 2 + 25) / (9 * 5 + 10.75 * 3 + 25),
                "export_rate_among_non_innovators": 9 / (9 * 5 + 10.75),
            }
        )

    def test_competences_and_families(self, marts: Marts) -> None:
        units = marts.execute(
            """select variance_stratum, weight, is_needed from fct_response
            left join fct_competence_need using (edition, respondent_id)
            where edition = 'tour_2019' and is_in_figures and competence_code = 'INT-01'
            union all
            select variance_stratum, weight, null from fct_response as response
            where edition = 'tour_2019' and is_in_figures and respondent_id not in (
                select respondent_id from fct_competence_need where competence_code = 'INT-01')"""
        ).fetchall()
        expected = by_definition(units)
        for indicator, code in (("need_share", "= 'INT-01'"), ("family_need_share", "is null")):
            ((*values,),) = marts.execute(
                f"""select weighted_n, value, se, ci_low, ci_high from ind_competence_need
                where edition = 'tour_2019' and indicator = '{indicator}' and competence_code {code}
                    and family = 'international' and domain_type = 'all'"""
            ).fetchall()
            assert values == pytest.approx(list(expected.values()), rel=1e-12)

    def test_without_a_frame_shares_are_among_respondents(self, marts: Marts) -> None:
        found = marts.execute(
            """select n, weighted_n, value, se, ci_low, ci_high, cv, flag, reason from ind_innovation_export
            where edition = 'workshops_2020' and indicator = 'export_rate' and domain_type = 'all'"""
        ).fetchall()
        assert found == [(12, None, 0.25, None, None, None, None, "fragile", "among_respondents")]

    def test_nobody_or_everybody_has_an_interval_on_the_kish_size(self, marts: Marts) -> None:
        ((value, se, low, high, n),) = marts.execute(
            """select value, se, ci_low, ci_high, n from ind_competence_need
            where edition = 'tour_2019' and competence_code = 'INN-01' and indicator = 'need_share'
                and domain_type = 'size_class' and domain = '0-9'"""
        ).fetchall()
        # Twelve respondents of equal weight: the Kish size is their number.
        assert (value, se, low, n) == (0.0, 0.0, 0.0, 12)
        assert high == pytest.approx(wilson(0, 12)[1], rel=1e-12)

    def test_participation_counts_the_invited(self, marts: Marts) -> None:
        found = marts.execute(
            """select domain, invited, responded, unidentified, value, flag from ind_participation
            where edition = 'tour_2019' and domain_type in ('all', 'region') order by 1"""
        ).fetchall()
        assert found == [
            ("11", 50, 2, 0, 2 / 50, "unpublished"),
            ("32", 63, 15, 1, 15 / 63, "ok"),
            ("94", 8, 0, 0, 0.0, "unpublished"),
            ("all", 121, 17, 1, 17 / 121, "ok"),
        ]

    @pytest.mark.parametrize("table", EVERY_TABLE)
    def test_one_tidy_shape(self, marts: Marts, table: str) -> None:
        columns = [row[0] for row in marts.execute(f"describe ind_{table}").fetchall()]
        assert [column for column in columns if column in SHAPE] == SHAPE
        indicators = {
            row[0] for row in marts.execute(f"select distinct indicator from ind_{table}").fetchall()
        }
        defined = {row[0] for row in marts.execute("select indicator from pub_indicator").fetchall()}
        assert indicators <= defined


class TestWhatMayLeave:
    """pub_*: blank means blank, in every column."""

    @pytest.mark.parametrize("table", EVERY_TABLE)
    def test_small_cells_and_certainties_are_blank(self, marts: Marts, table: str) -> None:
        marts.execute(f"select * from pub_{table}")
        columns = [column[0] for column in marts.description]
        shown = [dict(zip(columns, row, strict=True)) for row in marts.fetchall()]
        assert "company_key" not in columns
        assert "n_yes" not in columns
        numbers = [
            name
            for name in ("n", "weighted_n", "value", "se", "ci_low", "ci_high", "cv", "invited")
            if name in columns
        ]
        for row in shown:
            if row["flag"] in ("ok", "fragile"):
                assert row["n"] >= 10
                assert 0 < row["value"] < 1
            else:
                assert [row[name] for name in numbers] == [None] * len(numbers)
                assert row["reason"] in ("low_n", "secrecy")
        assert len(shown) == marts.execute(f"select count(*) from ind_{table}").fetchone()[0]

    def test_the_reasons(self, marts: Marts) -> None:
        reasons = dict(
            marts.execute(
                """select domain_type || ' ' || domain, reason from pub_innovation_export
                where edition = 'tour_2019' and indicator = 'innovation_rate'"""
            ).fetchall()
        )
        # Région 11 has one answer, so 32, the only other one, goes too; two size classes are blank already.
        assert reasons == {
            "all all": None, "region 11": "low_n", "region 32": "secrecy", "territory ti-3202": None,
            "size_class 0-9": None, "size_class 10-49": "low_n", "size_class 50-249": "low_n",
        }  # fmt: skip
        assert marts.execute(
            """select reason from pub_competence_need where edition = 'tour_2019' and indicator = 'need_share'
            and competence_code = 'INN-01' and domain_type = 'all'"""
        ).fetchall() == [("secrecy",)]

    def test_a_side_with_fewer_than_three_is_blank(self, compiled: Compile) -> None:
        cells = [("a", 40, 2), ("b", 40, 38), ("c", 40, 3), ("d", 40, 20), ("e", 9, 5)]
        assert protected(compiled, cells) == {
            "a": "secrecy", "b": "secrecy", "c": None, "d": None, "e": "low_n",
        }  # fmt: skip

    def test_the_next_smallest_goes_with_a_lone_blank(self, compiled: Compile) -> None:
        cells = [("a", 9, 5), ("b", 40, 20), ("c", 30, 15), ("d", 30, 15)]
        assert protected(compiled, cells) == {"a": "low_n", "b": None, "c": "secrecy", "d": None}


def protected(compiled: Compile, cells: list[tuple[str, int, int]]) -> dict[str, str | None]:
    values = ", ".join(f"('{domain}', {n}, {yes})" for domain, n, yes in cells)
    sql = compiled("{{ protect('cells', [], ['n', 'value']) }}")
    with duckdb.connect() as connection:
        connection.execute(
            f"""create table cells as select 'e' as edition, 'i' as indicator, 'region' as domain_type,
            domain, n, n_yes, n_yes / n as value, 'ok' as flag, null as reason, 'identical' as comparability
            from (values {values}) as given (domain, n, n_yes)"""
        )
        return dict(connection.execute(f"select domain, reason from ({sql})").fetchall())


class TestAgainstR:
    """R survey 4.x on a simulated survey of 100,000 companies: ../shared/golden/survey_statistics."""

    @pytest.fixture(scope="class")
    def golden(self, shared: Path) -> Iterator[duckdb.DuckDBPyConnection]:
        folder = shared / "golden" / "survey_statistics"
        with duckdb.connect() as connection:
            for table, types in {
                "sme_sample": {"region": "VARCHAR"}, "sme_respondents": {"region": "VARCHAR"},
                "golden_sme": {"level": "VARCHAR", "domain": "VARCHAR"}, "golden_wilson_45": {},
            }.items():  # fmt: skip
                connection.read_csv(str(folder / f"{table}.csv"), dtype=types, null_padding=True).create(
                    table
                )
            yield connection

    def test_shares_and_standard_errors(self, golden: Marts, compiled: Compile) -> None:
        golden.execute(
            """create or replace view units as
            select variance_stratum, region_code, size_class, territory_id, weight, indicator, yes from (
                select vstratum as variance_stratum, region as region_code, size as size_class,
                    territory as territory_id, w1 as weight, innov, export, skill_ai from sme_respondents
            ) unpivot (yes for indicator in (innov, export, skill_ai))"""
        )
        golden.execute(
            """create or replace view sums as
            select 'A' as edition, indicator, variance_stratum, region_code, size_class, territory_id,
                count(*) as n, sum(yes) as n_yes, sum(weight) as w, sum(weight * weight) as w2,
                sum(weight * yes) as wy, sum(weight * weight * yes) as w2y
            from units group by all"""
        )
        golden.execute(
            """create or replace view strata as select 'A' as edition, vstratum as variance_stratum,
            count(*) as respondents from sme_respondents group by all"""
        )
        golden.execute(
            """create or replace view editions as
            select distinct 'A' as edition, indicator, true as has_frame, 'identical' as comparability
            from units"""
        )
        sql = compiled("{{ estimates('sums', 'strata', 'editions') }}")
        compared = golden.execute(
            f"""select abs(ours.value - r.estimate) / nullif(r.estimate, 0),
                abs(ours.se - r.se) / nullif(r.se, 0),
                abs(ours.value - r.estimate), abs(ours.se - r.se), ours.n = r.n
            from golden_sme as r
            inner join ({sql}) as ours
                on r.variable = ours.indicator
                and ours.domain_type = case coalesce(r.domain, '') when '' then 'all'
                    when 'size' then 'size_class' else r.domain end
                and ours.domain = case coalesce(r.domain, '') when '' then 'all' else r.level end
            where r.design = 'nr' and r.estimator = 'mean' and coalesce(r.domain, '') <> 'sector'"""
        ).fetchall()
        assert len(compared) == 3 * (1 + 14 + 6 + 41)
        assert all(row[4] for row in compared)
        worst_value = max(row[0] if row[0] is not None else row[2] for row in compared)
        worst_error = max(row[1] if row[1] is not None else row[3] for row in compared)
        assert worst_value < 1e-12
        assert worst_error < 1e-9

    def test_wilson_interval(self, golden: Marts, compiled: Compile) -> None:
        low, high = (
            compiled(f"select {{{{ wilson('p', 'p * (1 - p) / var', '{side}', 't') }}}}") for side in "-+"
        )
        degrees = [row[0] for row in golden.execute("select distinct df from golden_wilson_45").fetchall()]
        quantiles = " ".join(f"when {df} then {stats.t.ppf(0.975, df)}::double" for df in degrees)
        golden.execute(f"create view given as select *, case df {quantiles} end as t from golden_wilson_45")
        found = golden.execute(
            f"select lo, hi, ({low.removeprefix('select')}), ({high.removeprefix('select')}) from given"
        ).fetchall()
        assert len(found) > 2
        for expected_low, expected_high, ours_low, ours_high in found:
            assert (ours_low, ours_high) == pytest.approx((expected_low, expected_high), rel=1e-8)

    def test_strata_of_the_variance(self, golden: Marts, compiled: Compile) -> None:
        golden.execute(
            """create or replace view cells as
            select region, size, regexp_extract(size, '^[0-9]+')::int as position, sum(resp) as respondents
            from sme_sample group by region, size"""
        )
        sql = compiled("{{ collapse('cells', ['region'], 'position', 2) }}")
        ours = set(
            golden.execute(f"select region, size, region || '|g' || group_number from ({sql})").fetchall()
        )
        r = set(golden.execute("select distinct region, size, vstratum from sme_respondents").fetchall())
        assert r <= ours


class TestCollapse:
    """Closes at the first respondent (1) or the second (2); what is left joins the last group."""

    @pytest.mark.parametrize(
        ("respondents", "least", "groups"),
        [
            ([3, 0, 0, 2], 1, [0, 1, 1, 1]),
            ([0, 0, 5, 0], 1, [0, 0, 0, 0]),
            ([0, 0, 0], 1, [0, 0, 0]),
            ([1, 1, 1, 1], 2, [0, 0, 1, 1]),
            ([1, 0, 3, 1], 2, [0, 0, 0, 0]),
            ([1, 2, 1, 1, 1], 2, [0, 0, 1, 1, 1]),
            ([2, 1, 0, 1, 4, 1], 2, [0, 1, 1, 1, 2, 2]),
            ([1], 2, [0]),
        ],
    )
    def test_by_hand(self, compiled: Compile, respondents: list[int], least: int, groups: list[int]) -> None:
        sql = compiled(f"{{{{ collapse('cells', ['region'], 'position', {least}) }}}}")
        values = ", ".join(f"('r', {position}, {count})" for position, count in enumerate(respondents))
        with duckdb.connect() as connection:
            connection.execute(
                f"create table cells as from (values {values}) as given (region, position, respondents)"
            )
            found = connection.execute(f"select group_number from ({sql}) order by position").fetchall()
        assert [row[0] for row in found] == groups


@pytest.fixture(scope="session")
def compiled(target: Path, tmp_path_factory: pytest.TempPathFactory) -> Compile:
    """SQL of a Jinja expression, compiled by dbt with the project's macros."""
    from dbt.cli.main import dbtRunner

    folder = tmp_path_factory.mktemp("inline")
    shutil.copy(target / "partial_parse.msgpack", folder)
    known: dict[str, str] = {}

    def compile_inline(expression: str) -> str:
        if expression not in known:
            with pytest.MonkeyPatch.context() as patch:
                # As when the project was prepared, so that dbt finds nothing to parse again.
                patch.setenv("SKILLSBANK_WAREHOUSE_FILE", ":memory:")
                patch.setenv("SKILLSBANK_LAKE", "lake")
                arguments: list[Any] = [
                    "compile", "--inline", expression, "--project-dir", DBT_PROJECT,
                    "--profiles-dir", DBT_PROJECT, "--target-path", folder, "--log-path", folder,
                    "--quiet", "--log-level", "none",
                ]  # fmt: skip
                answer = dbtRunner().invoke([str(word) for word in arguments])
            assert answer.success, answer.exception
            known[expression] = answer.result.results[0].node.compiled_code
        return known[expression]

    return compile_inline
