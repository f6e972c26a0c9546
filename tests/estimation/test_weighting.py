"""From a frame and respondents to weights: the chain, its rules for small cells, and what it refuses."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.estimation.arrays import codes, numbers
from orchestration.estimation.design import CalibratedOn, base_weights, collapse
from orchestration.estimation.errors import FrameError, MarginError
from orchestration.estimation.figures import estimate
from orchestration.estimation.indicators import ALL, Breakdown, Indicator
from orchestration.estimation.margins import Margin
from orchestration.estimation.nonresponse import adjust
from orchestration.estimation.weighting import Plan, kish_size, trim, weigh

SIZES = ["0-9", "10-49", "50-249", "250+"]
PLAN = Plan(
    strata=("region", "size"),
    groups=("region", "size"),
    margins=(
        CalibratedOn("region"),
        CalibratedOn("size"),
        CalibratedOn("sector"),
        CalibratedOn(None, "headcount"),
    ),
    orders={"size": SIZES},
    headcount="headcount",
)


def campaign(seed=1, companies=8000):
    """A frame of which half is invited, and the keys of those who answered."""
    random = np.random.default_rng(seed)
    size = random.choice(SIZES, companies, p=[0.6, 0.25, 0.12, 0.03])
    frame = pa.table(
        {
            "company_key": [f"k{number:05d}" for number in range(companies)],
            "region": random.choice(["R0", "R1", "R2", "R3"], companies, p=[0.5, 0.3, 0.17, 0.03]),
            "size": size,
            "sector": random.choice(["A", "B", "C"], companies, p=[0.7, 0.28, 0.02]),
            "headcount": np.select([size == each for each in SIZES], [4.0, 25, 120, 600])
            * random.uniform(0.6, 1.4, companies),
            "is_invited": random.random(companies) < 0.5,
        }
    )
    answers = np.array(frame["is_invited"].to_pylist()) & (
        random.random(companies) < np.select([size == each for each in SIZES], [0.1, 0.15, 0.2, 0.3])
    )
    return frame, frame.filter(pa.array(answers))["company_key"].to_pylist()


@pytest.fixture(scope="module")
def weighting():
    frame, respondents = campaign()
    return frame, weigh(frame, respondents, PLAN, edition="e")


def test_base_weights_and_response_weights_are_those_of_the_reference(golden):
    sample = golden("sme_sample.csv")
    responded = sample["resp"].to_numpy() == 1
    group, labels = codes(sample["nrcell"])
    found = adjust(numbers(sample["w0"]), group, responded, labels)
    np.testing.assert_allclose(found, numbers(sample["w1"]), rtol=1e-15)
    assert len(labels) == 25


def test_base_weights_are_the_population_over_the_invited():
    stratum = np.array([0] * 10 + [1] * 6)
    invited = np.array([True] * 4 + [False] * 6 + [True] * 6)
    found = base_weights(stratum, invited, ["a", "b"])
    assert found[:4].tolist() == [2.5] * 4
    assert np.isnan(found[4:10]).all()
    assert found[10:].tolist() == [1.0] * 6
    with pytest.raises(FrameError, match=r"no company was invited in b \(6 companies\)"):
        base_weights(stratum, invited & (stratum == 0), ["a", "b"])


def test_weights_meet_the_frame(weighting):
    frame, made = weighting
    weights = made.weights
    w = numbers(weights["weight"])
    assert w.sum() == pytest.approx(frame.num_rows, rel=1e-9)
    assert numbers(weights["headcount_weight"]).sum() == pytest.approx(
        numbers(frame["headcount"]).sum(), rel=1e-9
    )
    key = {name: number for number, name in enumerate(frame["company_key"].to_pylist())}
    rows = [key[name] for name in weights["company_key"].to_pylist()]
    for name in ("region", "size"):
        code, labels = codes(frame[name])
        reached = np.bincount(code[rows], w, len(labels))
        merged = [label for label in labels if label in weights[f"calibration_{name}"].to_pylist()]
        for label in merged:
            assert reached[labels.index(label)] == pytest.approx(
                (code == labels.index(label)).sum(), rel=1e-9
            )
    before = numbers(weights["response_weight"])
    assert before.sum() == pytest.approx(frame.num_rows, rel=1e-9)


def test_small_cells_are_merged_by_rule_and_logged(weighting):
    _, made = weighting
    log = made.merges.to_pylist()
    assert {row["step"] for row in log} >= {"response groups", "margin sector"}
    # Sector C has too few respondents for a margin of its own.
    assert [(row["cell"], row["into"]) for row in log if row["step"] == "margin sector"] == [
        ("B", "B+C"),
        ("C", "B+C"),
    ]
    sizes = np.bincount(codes(made.weights["variance_stratum"])[0])
    assert sizes.min() >= 2
    groups = np.bincount(codes(made.weights["response_group"])[0])
    assert groups.min() >= PLAN.minimum_group
    assert sum(made.population.values()) == 8000


def test_diagnostics_and_response_rates_say_what_happened(weighting):
    frame, made = weighting
    found = dict(zip(*(made.diagnostics[name].to_pylist() for name in ("measure", "value")), strict=True))
    w = numbers(made.weights["weight"])
    assert found["companies in the frame"] == 8000
    assert found["companies weighted"] == len(w)
    assert found["Kish effective size"] == pytest.approx(w.sum() ** 2 / (w**2).sum())
    assert found["Kish design effect"] == pytest.approx(1 + w.var() / w.mean() ** 2)
    assert found["largest relative margin error"] < 1e-9
    rates = made.response_rates
    assert numbers(rates["population"]).sum() == frame.num_rows
    assert numbers(rates["respondents"]).sum() == len(w)
    rate = numbers(rates["respondents"]) / numbers(rates["invited"])
    np.testing.assert_array_equal(rate, numbers(rates["response_rate"]))
    margins = made.margins
    np.testing.assert_allclose(numbers(margins["after_calibration"]), numbers(margins["total"]), rtol=1e-9)
    assert abs(numbers(margins["unweighted"]) / numbers(margins["total"]) - 1).max() > 0.1


def test_weights_carry_through_to_figures(weighting, connection):
    frame, made = weighting
    table = made.weights.join(frame.select(["company_key", "region", "size"]), "company_key")
    connection.register("weighted", table)
    rows = estimate(
        connection,
        "weighted",
        made.design,
        [Indicator("companies", "1", "total"), Indicator("share_large", "size = '250+'")],
        [ALL, Breakdown("region", ("region",))],
        edition="e",
    ).to_pylist()
    by = {(row["indicator"], row["domain"]): row for row in rows}
    region = frame["region"].to_pylist()
    # What calibration fixes is known without error; R2 and R3 were merged.
    for name in ("R0", "R1"):
        assert by["companies", name]["value"] == pytest.approx(region.count(name), rel=1e-9)
        assert by["companies", name]["se"] == pytest.approx(0, abs=1e-6 * region.count(name))
    assert by["companies", "all"]["value"] == pytest.approx(8000, rel=1e-9)


def test_the_order_of_the_frame_changes_no_weight():
    frame, respondents = campaign(2)
    order = np.random.default_rng(0).permutation(frame.num_rows)
    first = weigh(frame, respondents, PLAN, edition="e").weights.sort_by("company_key")
    second = weigh(frame.take(pa.array(order)), respondents[::-1], PLAN, edition="e").weights.sort_by(
        "company_key"
    )
    assert first["company_key"].equals(second["company_key"])
    np.testing.assert_allclose(numbers(first["weight"]), numbers(second["weight"]), rtol=1e-9)


def test_strata_that_nobody_was_invited_in_join_their_neighbour():
    frame, respondents = campaign()
    lost = np.array(
        [
            pair == ("R3", "250+")
            for pair in zip(frame["region"].to_pylist(), frame["size"].to_pylist(), strict=True)
        ]
    )
    invited = np.array(frame["is_invited"].to_pylist()) & ~lost
    frame = frame.set_column(5, "is_invited", pa.array(invited))
    kept = set(frame.filter(pa.array(invited))["company_key"].to_pylist())
    made = weigh(frame, [key for key in respondents if key in kept], PLAN, edition="e")
    steps = [row for row in made.merges.to_pylist() if row["step"] == "sampling strata"]
    assert ("R3|250+", 0, "R3|50-249+250+") in [(row["cell"], row["count"], row["into"]) for row in steps]
    assert numbers(made.weights["response_weight"]).sum() == pytest.approx(8000)


def test_respondents_outside_the_frame_or_not_invited_are_counted_and_not_weighted():
    frame, respondents = campaign()
    uninvited = [
        key
        for key, asked in zip(frame["company_key"].to_pylist(), frame["is_invited"].to_pylist(), strict=True)
        if not asked
    ][:3]
    made = weigh(frame, [*respondents, *uninvited, "stranger"], PLAN, edition="e")
    found = dict(zip(*(made.diagnostics[name].to_pylist() for name in ("measure", "value")), strict=True))
    assert (found["respondents outside the frame"], found["respondents not invited"]) == (1, 3)
    assert set(made.weights["company_key"].to_pylist()) == set(respondents)


def test_an_ill_calibration_is_refused_and_its_category_named():
    frame, respondents = campaign()
    # The register counts thirty times as many companies of sector B as the respondents can stand for.
    wrong = [Margin("sector", {"A": 300.0, "B": 7600.0, "C": 100.0})]
    plan = Plan(PLAN.strata, PLAN.groups, (CalibratedOn("sector"),), PLAN.orders)
    with pytest.raises(MarginError, match=r"adjustments from 0.05.* too far: sector="):
        weigh(frame, respondents, plan, edition="e", margins=wrong)


def test_duplicates_and_silence_are_refused():
    frame, respondents = campaign()
    with pytest.raises(FrameError, match="respondents: a company stands twice"):
        weigh(frame, [*respondents, respondents[0]], PLAN, edition="e")
    with pytest.raises(FrameError, match="sampling frame: a company stands twice"):
        weigh(pa.concat_tables([frame, frame.slice(0, 1)]), respondents, PLAN, edition="e")
    with pytest.raises(FrameError, match="no invited company answered"):
        weigh(frame, ["stranger"], PLAN, edition="e")


def test_a_group_where_nobody_answered_is_named():
    with pytest.raises(FrameError, match="nobody answered in response group b"):
        adjust(np.ones(3), np.array([0, 0, 1]), np.array([True, False, False]), ["a", "b"])


@given(st.lists(st.floats(0.1, 100), min_size=3, max_size=60), st.floats(1.05, 5))
def test_trimmed_weights_keep_their_sum_and_their_cap(values, multiple):
    weights = np.array(values)
    cap = multiple * weights.mean()
    trimmed = trim(weights, cap)
    assert trimmed.sum() == pytest.approx(weights.sum(), rel=1e-9)
    assert trimmed.max() <= cap * (1 + 1e-9)
    # Those that stay below the cap gain in proportion.
    low = trimmed < cap * (1 - 1e-9)
    if low.sum() > 1:
        ratio = trimmed[low] / weights[low]
        assert ratio == pytest.approx(ratio[0])
    assert kish_size(trimmed) >= kish_size(weights) * (1 - 1e-9)


def test_a_cap_below_the_mean_is_refused():
    with pytest.raises(FrameError, match="cannot add up"):
        trim(np.array([1.0, 2.0, 9.0]), 3.9)


@given(
    st.dictionaries(
        st.tuples(st.sampled_from(["R0", "R1", "R2"]), st.sampled_from(SIZES)), st.integers(0, 9), min_size=1
    ),
    st.integers(1, 6),
)
def test_merged_cells_reach_the_minimum_and_are_neighbours(counts, minimum):
    if sum(counts.values()) < minimum:
        with pytest.raises(FrameError, match="units in all"):
            collapse(counts, SIZES, minimum, "step")
        return
    found = collapse(counts, SIZES, minimum, "step")
    assert set(found.labels) == set(counts)
    members = {}
    for cell, label in found.labels.items():
        members.setdefault(label, []).append(cell)
    for cells in members.values():
        assert sum(counts[cell] for cell in cells) >= minimum
    # Cells that suffice alone, in regions that suffice, stay inside their region.
    for cells in members.values():
        for region in {region for region, _ in cells}:
            if len({other for other, _ in cells}) > 1:
                small = [
                    r
                    for r in {r for r, _ in cells}
                    if sum(c for (rr, _), c in counts.items() if rr == r) < minimum
                ]
                assert small
            held = sorted(SIZES.index(size) for own, size in cells if own == region)
            between = [s for (own, s) in counts if own == region and held[0] <= SIZES.index(s) <= held[-1]]
            assert len(between) == len(held)
    assert all(merge.into == found.labels[tuple(merge.cell.split("|"))] for merge in found.merges)


def test_two_small_regions_suffice_together():
    found = collapse({("R0", "0-9"): 1, ("R1", "0-9"): 1, ("R2", "0-9"): 5}, SIZES, 2, "step")
    assert sorted(set(found.labels.values())) == ["R0|0-9 & R1|0-9", "R2|0-9"]


def test_a_category_without_a_place_in_the_order_is_refused():
    with pytest.raises(FrameError, match="without a place in the order: 500\\+"):
        collapse({("R0", "500+"): 3}, SIZES, 1, "step")


def test_a_company_without_a_category_is_refused():
    frame, respondents = campaign()
    holed = frame.set_column(1, "region", pa.array([None, *frame["region"].to_pylist()[1:]], pa.string()))
    with pytest.raises(FrameError, match="1 companies have no region"):
        weigh(holed, respondents, PLAN, edition="e")


def test_dictionary_columns_weigh_as_texts_do():
    frame, respondents = campaign()
    encoded = frame.set_column(1, "region", frame["region"].dictionary_encode())
    plain, coded = (weigh(each, respondents, PLAN, edition="e").weights for each in (frame, encoded))
    assert plain["weight"].equals(coded["weight"])
    part = encoded.filter(pa.array([each != "R3" for each in frame["region"].to_pylist()]))
    assert codes(part["region"])[1] == ["R0", "R1", "R2"]
