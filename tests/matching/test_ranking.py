"""The ranking keeps its promises, whatever the needs, offers and distances."""

from __future__ import annotations

from itertools import combinations
from math import e

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.matching.ranking import (
    HALVING_KM,
    MEETS,
    ON_SITE,
    Candidate,
    combine,
    covered_weight,
    label_gains,
    rank,
)

CODES = tuple("ABCDEFG")
SUBSETS = st.frozensets(st.sampled_from(CODES))
WEIGHTS = st.dictionaries(
    st.sampled_from(CODES), st.floats(0.01, 4, allow_nan=False, allow_infinity=False), min_size=1
)
KILOMETRES = st.none() | st.sampled_from([0.0, 50.0, 100.0]) | st.floats(0, 20_000)
CANDIDATES = st.lists(
    st.builds(
        Candidate,
        code=st.integers(0, 99).map(str),
        competences=SUBSETS,
        kilometres=KILOMETRES,
        on_site=st.sampled_from(list(ON_SITE.values())),
        is_labelled=st.booleans(),
        starts_on=st.none() | st.dates(),
    ),
    max_size=8,
    unique_by=lambda one: one.code,
)


def _offer(code: str, competences: str, kilometres: float | None = 0, on_site: float = 1) -> Candidate:
    return Candidate(code, frozenset(competences), kilometres, on_site)


@given(WEIGHTS, CANDIDATES)
def test_better_and_nearer_never_comes_after(weights: dict[str, float], candidates: list[Candidate]) -> None:
    places = {one.candidate.code: (place, one) for place, one in enumerate(rank(weights, candidates))}
    for place, one in places.values():
        for other_place, other in places.values():
            at_least = (
                one.coverage >= other.coverage
                and one.candidate.travel <= other.candidate.travel
            )  # fmt: skip
            strictly = one.coverage > other.coverage or one.candidate.travel < other.candidate.travel
            if at_least and strictly:
                assert place < other_place


@given(WEIGHTS, CANDIDATES, st.randoms())
def test_the_order_of_the_input_does_not_matter(weights, candidates, random) -> None:
    shuffled = random.sample(candidates, len(candidates))
    needs = dict(random.sample(list(weights.items()), len(weights)))
    assert rank(needs, shuffled) == rank(weights, candidates)
    assert combine(needs, shuffled) == combine(weights, candidates)
    labelled = [one for one in candidates if one.is_labelled]
    assert label_gains(needs, shuffled, reversed(labelled)) == label_gains(weights, candidates, labelled)


@given(WEIGHTS, SUBSETS, st.sampled_from(CODES), st.floats(0.01, 4))
def test_one_more_need_never_lowers_what_is_covered(weights, competences, code, weight) -> None:
    more = {code: weight} | weights
    assert covered_weight(more, competences) >= covered_weight(weights, competences)


@given(WEIGHTS, SUBSETS, st.sampled_from(CODES))
def test_one_more_competence_never_lowers_the_rank(weights, competences, code) -> None:
    (before,) = rank(weights, [_offer("x", competences, 30)]) or [None]
    (after,) = rank(weights, [_offer("x", competences | {code}, 30)]) or [None]
    if before:
        assert after
        assert after.coverage >= before.coverage
        assert after.score >= before.score


@given(WEIGHTS, CANDIDATES)
def test_covers_and_leaves_are_the_needs(weights: dict[str, float], candidates: list[Candidate]) -> None:
    found = rank(weights, candidates)
    assert {one.candidate.code for one in found} == {
        one.code for one in candidates if one.competences & weights.keys()
    }
    for one in found:
        assert set(one.covers) == one.candidate.competences & weights.keys()
        assert set(one.covers) | set(one.leaves) == set(weights)
        assert not set(one.covers) & set(one.leaves)
        assert 0 <= one.score <= one.coverage <= 1
        assert [weights[code] for code in one.covers] == sorted(
            (weights[code] for code in one.covers), reverse=True
        )


@given(WEIGHTS, CANDIDATES, SUBSETS)
def test_a_combination_covers_all_that_anybody_teaches(weights, candidates, covered) -> None:
    found = combine(weights, candidates, covered)
    added = [code for step in found.steps for code in step.covers]
    assert len(added) == len(set(added))  # each step adds something of its own
    assert all(step.covers for step in found.steps)
    teachable = frozenset().union(*(one.competences for one in candidates)) & weights.keys()
    assert set(added) == teachable - covered
    assert set(found.uncovered) == weights.keys() - teachable - covered
    if not covered and candidates:
        assert [step.candidate for step in found.steps[:1]] == [
            one.candidate for one in rank(weights, candidates)[:1]
        ]


@given(WEIGHTS, CANDIDATES, st.integers(1, 3))
def test_a_combination_is_near_the_best_one(weights, candidates, steps) -> None:
    """The bound of Nemhauser, Wolsey and Fisher, against every other choice of as many offers here."""
    here = [Candidate(one.code, one.competences, 0) for one in candidates]
    chosen = [step.candidate for step in combine(weights, here).steps[:steps]]

    def reached(offers) -> float:
        return covered_weight(weights, frozenset().union(*(one.competences for one in offers)))

    best = max(reached(some) for n in range(steps + 1) for some in combinations(here, min(n, len(here))))
    assert reached(chosen) >= (1 - 1 / e) * best - 1e-12


@given(WEIGHTS, CANDIDATES)
def test_gains_of_a_label(weights: dict[str, float], candidates: list[Candidate]) -> None:
    labelled = [one for one in candidates if one.is_labelled]
    others = [one for one in candidates if not one.is_labelled]
    gains = label_gains(weights, others, labelled)
    for one in gains:
        assert not one.candidate.is_labelled
        assert 0 < one.gain <= one.closes <= MEETS + 1e-12
        # With one more labelled twin the label brings less: what is met cannot be met again.
        again = {
            two.candidate.code: two.gain for two in label_gains(weights, others, [*labelled, one.candidate])
        }
        assert again.get(one.candidate.code, 0) <= one.gain
    assert [one.gain for one in gains] == sorted((one.gain for one in gains), reverse=True)


@given(st.floats(0, 20_000) | st.none())
def test_distance_learning_is_at_no_distance(kilometres: float | None) -> None:
    online = Candidate("x", frozenset("A"), kilometres, ON_SITE["online"])
    assert (online.travel, online.nearness) == (0, 1)


def test_what_is_twice_as_far_counts_half_again() -> None:
    assert _offer("x", "A", 0).nearness == 1
    assert _offer("x", "A", HALVING_KM).nearness == 0.5
    assert _offer("x", "A", 2 * HALVING_KM).nearness == 0.25
    assert _offer("x", "A", 2 * HALVING_KM, ON_SITE["hybrid"]).nearness == 0.5
    assert _offer("x", "A", None).nearness == 0


def test_a_score_by_hand() -> None:
    weights = {"A": 3.0, "B": 1.0, "C": 1.0}
    found = rank(weights, [_offer("far", "ABC", 300), _offer("near", "A", 0), _offer("lost", "AB", None)])
    assert [(one.candidate.code, one.coverage, one.score) for one in found] == [
        ("near", 0.6, 0.6),
        ("far", 1.0, 0.125),
        ("lost", 0.8, 0.0),
    ]
    assert found[0].leaves == ("B", "C")
    assert rank(weights, [_offer("other", "Z")]) == []


def test_a_combination_by_hand() -> None:
    found = combine(
        {"A": 2.0, "B": 1.0, "C": 1.0, "D": 1.0}, [_offer("x", "AB"), _offer("y", "BC"), _offer("z", "C", 50)]
    )
    assert [(step.candidate.code, step.covers, step.coverage) for step in found.steps] == [
        ("x", ("A", "B"), pytest.approx(0.6)),
        ("y", ("C",), pytest.approx(0.2)),
    ]
    assert found.uncovered == ("D",)


def test_gains_by_hand() -> None:
    # A is half met by a labelled offer on the spot: the gap is 0.5 x 0.5 + 0.5 = 0.75 of the needs.
    a, b = label_gains(
        {"A": 1.0, "B": 1.0}, [_offer("a", "A"), _offer("b", "B", HALVING_KM), _offer("c", "Z")], [_offer("l", "A")]
    )  # fmt: skip
    assert (a.candidate.code, a.gain, a.closes) == ("a", 0.125, pytest.approx(1 / 6))
    assert (b.candidate.code, b.gain, b.closes) == ("b", 0.125, pytest.approx(1 / 6))
