"""Figures: equal to the definition row by row, independent of row order, and flagged as they should be."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestration.estimation import flags
from orchestration.estimation.design import AMONG_RESPONDENTS, CalibratedOn, Design
from orchestration.estimation.errors import EstimationError, FrameError
from orchestration.estimation.figures import SCHEMA, estimate
from orchestration.estimation.indicators import ALL, Breakdown, Indicator, by_headcount, multi_select

PLAIN = Design("weight", "stratum")
CALIBRATED = Design(
    "weight",
    "stratum",
    "before",
    (CalibratedOn("region"), CalibratedOn("size"), CalibratedOn("size", "headcount")),
)
INDICATORS = [
    Indicator("export_rate", "exports"),
    Indicator("export_rate_among_innovators", "exports", base="innovates"),
    Indicator("spending", "spending", "mean"),
    Indicator("spending_total", "spending", "total", base="innovates"),
    Indicator("exporters", "exports", "total"),
    Indicator("intensity", "spending", "ratio", denominator="headcount"),
    by_headcount(Indicator("export_rate", "exports"), "headcount"),
]
BREAKDOWNS = [
    ALL,
    Breakdown("region", ("region",)),
    Breakdown("crossed", ("region", "size")),
    Breakdown("territory", ("territory",), separator=";"),
]


def direct(table, indicator, breakdown, domain):
    """(y, a, is a total, inside) of one figure, row by row."""
    data = {name: np.array(table[name].to_pylist()) for name in ("region", "size", "territory", "innovates")}
    exports = np.array([np.nan if each is None else float(each) for each in table["exports"].to_pylist()])
    spending = np.array([np.nan if each is None else each for each in table["spending"].to_pylist()])
    headcount = np.array(table["headcount"].to_pylist())
    inside = {
        "all": lambda: np.ones(len(exports), bool),
        "region": lambda: data["region"] == domain,
        "crossed": lambda: np.char.add(np.char.add(data["region"], "|"), data["size"]) == domain,
        "territory": lambda: np.array([domain in each.split(";") for each in data["territory"]]),
    }[breakdown]()
    base = data["innovates"] if indicator in ("export_rate_among_innovators", "spending_total") else True
    y, a, is_total = {
        "export_rate": (exports, ~np.isnan(exports), False),
        "export_rate_among_innovators": (exports, ~np.isnan(exports), False),
        "spending": (spending, ~np.isnan(spending), False),
        "spending_total": (spending, ~np.isnan(spending), True),
        "exporters": (exports, ~np.isnan(exports), True),
        "intensity": (spending, np.where(np.isnan(spending), 0, headcount), False),
        "export_rate_of_headcount": (exports * headcount, ~np.isnan(exports) * headcount, False),
    }[indicator]
    return y, a.astype(float), is_total, inside & base


def margins_of(table):
    """The calibration variables of ``CALIBRATED``, a row a respondent."""
    region, size = (np.array(table[name].to_pylist()) for name in ("region", "size"))
    headcount = np.array(table["headcount"].to_pylist())
    columns = [region == each for each in ("R0", "R1", "R2")] + [size == each for each in ("small", "large")]
    return np.stack([*columns, *((size == each) * headcount for each in ("small", "large"))], axis=1).astype(
        float
    )


@pytest.mark.parametrize("is_calibrated", [False, True])
@pytest.mark.parametrize("is_finite", [False, True])
def test_the_cube_gives_what_the_definition_gives_row_by_row(
    connection, made_survey, by_definition, is_calibrated, is_finite
):
    table = made_survey(1)
    connection.register("survey", table)
    population = {
        name: 100.0 + 40 * number for number, name in enumerate(sorted(set(table["stratum"].to_pylist())))
    }
    design = CALIBRATED if is_calibrated else PLAIN
    if is_finite:
        design = Design(design.weight, design.stratum, design.before, design.margins, population)
    found = estimate(connection, "survey", design, INDICATORS, BREAKDOWNS, edition="e").to_pylist()
    assert len(found) == len(INDICATORS) * (1 + 3 + 6 + 2)
    for row in found:
        (value,), covariance = by_definition(
            table,
            [direct(table, row["indicator"], row["domain_type"], row["domain"])],
            calibrated=margins_of(table) if is_calibrated else (),
            population=population if is_finite else None,
        )
        assert row["value"] == pytest.approx(value, rel=1e-12), row
        assert row["se"] == pytest.approx(np.sqrt(covariance[0, 0]), rel=1e-9), row


@pytest.mark.parametrize("design", [PLAIN, Design("weight", "stratum", "before", CALIBRATED.margins[:2])])
def test_companies_of_equal_weight_are_counted_together_to_the_same_result(
    connection, made_survey, by_definition, design
):
    """With weights by stratum the cube is summed in two steps; row by row nothing changes."""
    table = made_survey(6, 2000)
    rank = {name: 2.0 + number / 3 for number, name in enumerate(sorted(set(table["stratum"].to_pylist())))}
    weight = np.array([rank[name] for name in table["stratum"].to_pylist()])
    for name, values in (("weight", weight), ("before", weight * 0.9)):
        table = table.set_column(table.schema.get_field_index(name), name, pa.array(values))
    connection.register("survey", table)
    for row in estimate(connection, "survey", design, INDICATORS, BREAKDOWNS[:3], edition="e").to_pylist():
        (value,), covariance = by_definition(
            table,
            [direct(table, row["indicator"], row["domain_type"], row["domain"])],
            calibrated=margins_of(table)[:, :5] if design.margins else (),
        )
        assert row["value"] == pytest.approx(value, rel=1e-12), row
        assert row["se"] == pytest.approx(np.sqrt(covariance[0, 0]), rel=1e-9), row


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10**6), order=st.randoms(use_true_random=False))
def test_row_order_changes_nothing(connection, made_survey, seed, order):
    table = made_survey(seed, 120)
    rows = list(range(table.num_rows))
    order.shuffle(rows)
    tables = []
    for each in (table, table.take(rows)):
        connection.register("survey", each)
        tables.append(estimate(connection, "survey", CALIBRATED, INDICATORS, BREAKDOWNS[:2], edition="e"))
    for name in SCHEMA.names:
        first, second = (each[name].to_pylist() for each in tables)
        if isinstance(first[0], float):
            # Sums in another order differ in their last digits.
            np.testing.assert_allclose(
                *(np.array(each, dtype=float) for each in (first, second)), rtol=1e-7, atol=1e-12
            )
        else:
            assert first == second


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10**6), scale=st.floats(0.01, 1000))
def test_shares_do_not_depend_on_the_scale_of_the_weights(connection, made_survey, seed, scale):
    table = made_survey(seed, 100)
    scaled = table.set_column(
        table.schema.get_field_index("weight"),
        "weight",
        pa.array(scale * np.array(table["weight"].to_pylist())),
    )
    shares = []
    for each in (table, scaled):
        connection.register("survey", each)
        shares.append(
            estimate(connection, "survey", PLAIN, INDICATORS[:1], [ALL], edition="e").to_pylist()[0]
        )
    for name in ("value", "se", "ci_low", "ci_high"):
        assert shares[1][name] == pytest.approx(shares[0][name], rel=1e-9)
    assert 0 <= shares[0]["ci_low"] <= shares[0]["value"] <= shares[0]["ci_high"] <= 1


def one(connection, table, indicator, breakdown=ALL, design=PLAIN, **options):
    connection.register("survey", table)
    return estimate(
        connection, "survey", design, [indicator], [breakdown], edition="e", **options
    ).to_pylist()


def answers(*groups, n_each=2):
    """Respondents in one stratum: (number, answer)."""
    values = [answer for number, answer in groups for _ in range(number)]
    return pa.table(
        {"weight": [1.0 + (i % 3) for i in range(len(values))], "stratum": ["s"] * len(values), "yes": values}
    )


@pytest.mark.parametrize(
    ("groups", "flag", "reason"),
    [
        ([(20, True), (20, False)], "ok", None),
        ([(4, True), (40, False)], "fragile", "one_sided"),
        ([(10, True), (19, False)], "fragile", "below_30"),
        ([(4, True), (5, False)], "unreliable", "low_n"),
        ([(40, False)], "zero", None),
        ([(40, True)], "fragile", "one_sided"),
        ([(40, None)], "not_available", "no_respondent"),
    ],
)
def test_each_state_of_a_figure_has_its_own_flag(connection, groups, flag, reason):
    table = answers(*groups).cast(
        pa.schema([("weight", pa.float64()), ("stratum", pa.string()), ("yes", pa.bool_())])
    )
    (row,) = one(connection, table, Indicator("share", "yes"))
    assert (row["flag"], row["reason"]) == (flag, reason)
    assert flag in flags.FLAGS
    assert reason is None or reason in flags.REASONS
    assert (row["value"] is None) == (flag == "not_available")


def test_all_or_none_have_an_interval_but_no_error(connection):
    (none,) = one(connection, answers((40, False)), Indicator("share", "yes"))
    assert (none["value"], none["se"], none["ci_low"]) == (0, 0, 0)
    assert 0.03 < none["ci_high"] < 0.2
    (every,) = one(connection, answers((40, True)), Indicator("share", "yes"))
    assert (every["value"], every["se"], every["ci_high"]) == (1, 0, 1)
    assert every["ci_low"] == pytest.approx(1 - none["ci_high"])


def test_a_question_not_asked_and_an_empty_domain_say_so(connection, made_survey):
    connection.register("survey", made_survey(1))
    rows = estimate(
        connection,
        "survey",
        PLAIN,
        [Indicator("asked", "exports"), Indicator("new", "whatever", is_asked=False)],
        [Breakdown("region", ("region",))],
        edition="e",
        population={"region": {"R0": 10, "R1": 10, "R2": 10, "R3": 10, "R4": 0}},
    ).to_pylist()
    states = {(row["indicator"], row["domain"]): (row["flag"], row["reason"], row["n"]) for row in rows}
    assert states["asked", "R3"] == ("not_available", "no_respondent", 0)
    assert states["asked", "R4"] == ("not_applicable", "outside_population", 0)
    assert {states["new", f"R{i}"][:2] for i in range(5)} == {("not_available", "not_asked")}
    assert states["asked", "R0"][0] == "ok"


def test_an_edition_without_a_frame_is_among_respondents_and_never_grossed_up(connection, made_survey):
    table = made_survey(1)
    indicators = [Indicator("share", "exports"), Indicator("exporters", "exports", "total")]
    connection.register("survey", table)
    share, total = estimate(
        connection, "survey", AMONG_RESPONDENTS, indicators, [ALL], edition="e"
    ).to_pylist()
    known = [each for each in table["exports"].to_pylist() if each is not None]
    assert share["value"] == pytest.approx(sum(known) / len(known), rel=1e-12)
    assert share["n"] == len(known)
    assert share["reason"] == "among_respondents"
    assert [share[name] for name in ("weighted_n", "se", "ci_low", "ci_high", "cv", "sensitivity_low")] == [
        None
    ] * 6
    assert (total["value"], total["flag"], total["reason"]) == (None, "not_applicable", "no_frame")


def test_item_non_response_is_stated(connection, made_survey):
    table = made_survey(1)
    (row,) = one(connection, table, Indicator("share", "exports", base="innovates"))
    asked = [
        e for e, i in zip(table["exports"].to_pylist(), table["innovates"].to_pylist(), strict=True) if i
    ]
    weight = [
        w for w, i in zip(table["weight"].to_pylist(), table["innovates"].to_pylist(), strict=True) if i
    ]
    given_ = [each is not None for each in asked]
    assert (row["n_asked"], row["n"]) == (len(asked), sum(given_))
    assert row["item_response"] == pytest.approx(np.dot(weight, given_) / sum(weight), rel=1e-12)
    assert row["unweighted"] == pytest.approx(sum(filter(None, asked)) / sum(given_), rel=1e-12)


def test_sensitivity_stands_beside_national_shares_only(connection, made_survey):
    connection.register("survey", made_survey(1))
    rows = estimate(connection, "survey", PLAIN, INDICATORS, BREAKDOWNS[:2], edition="e").to_pylist()
    for row in rows:
        if row["domain_type"] == "all" and row["kind"] == "proportion":
            p = row["value"]
            assert row["sensitivity_low"] == pytest.approx((p / 1.25) / (p / 1.25 + 1 - p))
            assert row["sensitivity_high"] == pytest.approx((p / 0.8) / (p / 0.8 + 1 - p))
        else:
            assert row["sensitivity_low"] is row["sensitivity_high"] is None


def test_several_answers_count_as_companies_and_as_mentions(connection):
    table = pa.table(
        {
            "weight": [1.0, 2.0, 3.0, 4.0] * 10,
            "stratum": ["s"] * 40,
            "a": [True, True, False, False] * 10,
            "b": [True, False, True, False] * 10,
        }
    )
    connection.register("survey", table)
    rows = estimate(
        connection, "survey", PLAIN, multi_select("need", {"a": "a", "b": "b"}), [ALL], edition="e"
    ).to_pylist()
    found = {row["indicator"]: row["value"] for row in rows}
    assert found == {
        "need:a": pytest.approx(3 / 10),
        "need:b": pytest.approx(4 / 10),
        "need_mentions:a": pytest.approx(3 / 7),
        "need_mentions:b": pytest.approx(4 / 7),
    }
    # Who ticked nothing has answered too.
    assert {row["n"] for row in rows} == {40}


def test_respondents_without_a_weight_are_left_out(connection, made_survey):
    table = made_survey(1)
    more = pa.concat_tables([table, table.slice(0, 30).set_column(6, "weight", pa.nulls(30, pa.float64()))])
    assert table.column_names[6] == "weight"
    assert one(connection, more, INDICATORS[0]) == one(connection, table, INDICATORS[0])


def test_the_table_has_the_declared_shape(connection, made_survey):
    connection.register("survey", made_survey(1))
    table = estimate(connection, "survey", CALIBRATED, INDICATORS, BREAKDOWNS, edition="e")
    assert table.schema.equals(SCHEMA)
    table.validate(full=True)
    keys = zip(
        *(table[name].to_pylist() for name in ("edition", "indicator", "domain_type", "domain")), strict=True
    )
    assert len(set(keys)) == table.num_rows


def test_figures_can_be_read_from_parquet(connection, made_survey, tmp_path):
    table = made_survey(1)
    pa.parquet.write_table(table, tmp_path / "respondents.parquet")
    connection.register("survey", table)
    place = f"read_parquet('{tmp_path / 'respondents.parquet'}')"
    tables = [estimate(connection, each, PLAIN, INDICATORS, [ALL], edition="e") for each in ("survey", place)]
    assert tables[0].equals(tables[1])


def test_a_stratum_with_one_respondent_is_refused(connection, made_survey):
    table = made_survey(1)
    lonely = pa.concat_tables([table, table.slice(0, 1).set_column(3, "stratum", pa.array(["lonely"]))])
    with pytest.raises(FrameError, match="single respondent: lonely"):
        one(connection, lonely, INDICATORS[0])


def test_a_proportion_must_be_true_or_false(connection, made_survey):
    with pytest.raises(EstimationError, match="value of count is not true/false"):
        one(connection, made_survey(1), Indicator("count", "headcount"))


def test_answers_that_are_not_numbers_are_refused_by_name(connection, made_survey):
    table = made_survey(1)
    spoilt = table.append_column("odd", pa.array([float("nan")] + [1.0] * (table.num_rows - 1)))
    with pytest.raises(EstimationError, match="indicators odd"):
        one(connection, spoilt, Indicator("odd", "odd", "mean"))


def test_a_respondent_without_its_calibration_category_is_refused(connection, made_survey):
    table = made_survey(1)
    lost = table.set_column(1, "region", pa.array([None, *table["region"].to_pylist()[1:]], pa.string()))
    with pytest.raises(EstimationError, match="1 weighted respondents have no region"):
        one(connection, lost, INDICATORS[0], design=CALIBRATED)


def test_a_population_smaller_than_its_respondents_is_refused(connection, made_survey):
    table = made_survey(1)
    names = sorted(set(table["stratum"].to_pylist()))
    design = Design("weight", "stratum", population=dict.fromkeys(names[1:], 1000.0))
    with pytest.raises(FrameError, match=names[0].replace("|", r"\|")):
        one(connection, table, INDICATORS[0], design=design)


def test_an_edition_that_asked_nothing_still_has_its_rows(connection, made_survey):
    connection.register("survey", made_survey(1))
    new = [Indicator("new", "whatever", is_asked=False), Indicator("newer", "whatever", is_asked=False)]
    for design in (PLAIN, CALIBRATED):
        rows = estimate(connection, "survey", design, new, BREAKDOWNS[:2], edition="e").to_pylist()
        assert len(rows) == 2 * 4
        assert {row["reason"] for row in rows} == {"not_asked"}


def test_nobody_is_refused(connection, made_survey):
    with pytest.raises(EstimationError, match="no weighted respondent"):
        one(connection, made_survey(1).slice(0, 0), INDICATORS[0])


def test_two_indicators_of_one_name_are_refused(connection, made_survey):
    connection.register("survey", made_survey(1))
    with pytest.raises(EstimationError, match="the same name"):
        estimate(connection, "survey", PLAIN, [INDICATORS[0]] * 2, [ALL], edition="e")


def test_overlapping_domains_stand_in_one_column():
    with pytest.raises(EstimationError, match="2 columns with a separator"):
        Breakdown("odd", ("region", "territory"), separator=";")


def test_a_share_of_nothing_mentioned_is_no_figure(connection):
    table = pa.table(
        {
            "weight": [2.0] * 60,
            "stratum": ["s"] * 60,
            "region": ["32"] * 30 + ["44"] * 30,
            "a": [False] * 30 + [True] * 30,
        }
    )
    connection.register("survey", table)
    rows = estimate(
        connection,
        "survey",
        PLAIN,
        multi_select("need", {"a": "a"}),
        [Breakdown("region", ("region",))],
        edition="e",
    ).to_pylist()
    found = {(row["indicator"], row["domain"]): (row["value"], row["flag"], row["reason"]) for row in rows}
    assert found["need_mentions:a", "32"] == (None, "not_applicable", "no_mention")
    assert found["need_mentions:a", "44"] == (1.0, "ok", None)
