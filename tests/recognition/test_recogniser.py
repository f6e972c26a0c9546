"""From answers to competences: names, halves, rankings, what was decided, and what each mapping keeps."""

import csv
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.frame import Concept, Scheme
from orchestration.frame.models import ConceptName
from orchestration.recognition import (
    ACCEPTED,
    REVIEWED,
    Candidate,
    Decision,
    Index,
    Recogniser,
    learn,
    sureness,
)
from orchestration.settings import PROJECT

from .conftest import NOW


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("Propriété intellectuelle", ["INN-03"]),
        ("PROPRIETE INTELLECTUELLE", ["INN-03"]),
        ("propriÃ©tÃ© intellectuelle", ["INN-03"]),
        ("la propriété intellectuelle", ["INN-03"]),
        ("Il nous manque des compétences en brevets", ["INN-03"]),
        ("PI ; R&D ; ADV ; VIE ; CIR", ["INN-03", "INN-05", "INT-07", "INT-10", "ENT-02"]),
        ("Douane et incoterms", ["INT-03"]),
        ("marketing et vente", ["INN-07", "ENT-09"]),
        ("lean, anglais", ["MAN-02", "INT-01"]),
        ("We need intellectual property and additive manufacturing", ["INN-03", "DIG-10"]),
        ("techniciens de maintenance", ["MAN-11"]),
        ("pas besoin d'anglais, mais de l'allemand", ["INT-05"]),
        ("RAS", []),
        ("chaudronnier", []),
    ],
)
def test_an_answer_means_competences(codes, expected, answer):
    assert codes(answer) == expected


def test_a_mapping_keeps_score_method_version_who_and_when(recogniser):
    exact, synonym, denied, ranked, outside = recogniser.answers(
        ["Cybersécurité. RGPD. pas besoin d'anglais. protéger vraiment nos brevets. boulanger"], NOW
    )[0]
    for one in (exact, synonym, denied, ranked, outside):
        assert (one.frame_version, one.decided_by, one.decided_at) == ("skills-bank-2.0", "skillsbank", NOW)
    assert (exact.code, exact.method, exact.score, exact.state) == ("DIG-03", "exact", 1.0, "accepted")
    assert (synonym.code, synonym.method) == ("DIG-03", "synonym")
    assert (denied.code, denied.state) == ("INT-01", "not_needed")
    assert (ranked.code, ranked.state, ranked.method) == (None, "review", "ranked")
    assert ranked.candidates[0].code == "INN-03"
    assert REVIEWED <= ranked.score < 1
    assert (outside.code, outside.state) == (None, "outside")


def test_names_of_a_list_are_not_split(recogniser):
    (found,) = recogniser.names(["Normes, essais et certification des produits"], NOW)
    assert [one.code for one in found] == ["INN-09"]


def test_running_texts_are_searched_for_names(recogniser):
    text = (
        "Licence pro commerce international : douane, incoterms, anglais des affaires. L'étudiante suit un projet de "
        "PI ; elle apprend la gestion de projet. Il était une fois la pi."
    )
    (found,) = recogniser.mentions([text], NOW)
    assert [one.code for one in found] == ["INT-04", "INT-03", "INT-01", "INN-03", "MAN-01"]
    assert recogniser.mentions(["On boit du vin et de la pi."], NOW) == [[]]


def decision(key, *codes, by="mb", days=0, version="skills-bank-2.0"):
    return Decision(key, codes, by, NOW + timedelta(days=days), version)


def test_decisions_are_replayed_as_synonyms(scheme):
    told = [
        decision("chaudronnier", "DIG-10"),
        decision("boulanger"),
        decision("gars qui sait tout", "MAN-01", "MAN-03"),
    ]
    recogniser = Recogniser(scheme, {}, told)
    welder, baker, both = recogniser.answers(
        ["Chaudronniers !", "un boulanger ; boulanger", "gars qui sait tout"], NOW
    )
    assert [(one.code, one.method, one.state, one.decided_by) for one in welder] == [
        ("DIG-10", "learned", "accepted", "mb")
    ]
    assert [(one.state, one.method) for one in baker] == [("outside", "learned")] * 2
    assert [one.code for one in both] == ["MAN-01", "MAN-03"]
    assert both[0].decided_at == NOW


def test_a_decision_wins_over_a_name(scheme):
    (found,) = Recogniser(scheme, {}, [decision("lean", "MAN-06")]).answers(["Lean"], NOW)
    assert [one.code for one in found] == ["MAN-06"]


def concept(code, *names):
    return Concept(code, tuple(ConceptName(*name) for name in names))


def test_a_name_of_two_competences_decides_nothing(scheme):
    twice = Scheme(
        "twice-1",
        (
            concept("A", ("fr", "label", "soudure"), ("fr", "synonym", "métal")),
            concept("B", ("fr", "label", "usinage"), ("fr", "synonym", "métal")),
        ),
    )
    ((found,),) = Recogniser(twice, {}).answers(["métal"], NOW)
    assert found.state == "review"
    assert {one.code for one in found.candidates} == {"A", "B"}


def test_a_text_that_fits_two_is_less_sure():
    alone, two = [Candidate("A", 0.9), Candidate("B", 0.2)], [Candidate("A", 0.9), Candidate("B", 0.9)]
    assert sureness(alone) > ACCEPTED > sureness(two)


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_every_name_of_the_frame_finds_its_competence_however_it_is_typed(recogniser, scheme, data):
    concept = data.draw(st.sampled_from(scheme.concepts))
    name = data.draw(st.sampled_from([one for one in concept.names if one.kind in {"label", "synonym"}]))
    typed = data.draw(
        st.sampled_from([name.text, name.text.upper(), f"  {name.text}\u00a0", f"« {name.text} »"])
    )
    (found,) = recogniser.names([typed], NOW)
    assert [one.code for one in found] == [concept.code]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text("abcdeéè ',;.&-", max_size=30), max_size=4))
def test_any_answer_is_mapped_the_same_alone_and_among_others(recogniser, answers):
    together = recogniser.answers(answers, NOW)
    assert together == [recogniser.answers([answer], NOW)[0] for answer in answers]
    for one in (one for found in together for one in found):
        assert (one.state == "accepted") <= (one.code is not None)
        assert 0 <= one.score <= 1 + 1e-6
        assert [c.score for c in one.candidates] == sorted((c.score for c in one.candidates), reverse=True)


@pytest.fixture(scope="module")
def pairs():
    """Labels in two languages from which words can be learned."""
    verbs = [("manage", "gérer"), ("train", "former"), ("repair", "réparer")]
    things = [
        ("bottles", "bouteilles"),
        ("footwear", "chaussures"),
        ("patents", "brevets"),
        ("roofs", "toitures"),
    ]
    made = [
        concept(en, ("en", "label", en), ("fr", "label", fr))
        for en, fr in (
            (f"{verb[0]} {thing[0]}", f"{verb[1]} des {thing[1]}") for verb in verbs for thing in things
        )
    ]
    shoes = concept("wear", ("en", "label", "sell footwear"), ("fr", "label", "vendre des souliers"))
    again = concept("wear2", ("en", "label", "mend footwear"), ("fr", "label", "recoudre des souliers"))
    return Scheme("pairs-1", (*made, shoes, again))


def test_words_near_each_other_are_learned_from_two_languages(pairs):
    near = learn(pairs)
    assert max(near["footwear"], key=near["footwear"].get) in {"chaussur", "souli"}
    assert near["souli"]["chaussur"] > 0.2, "both are said 'footwear'"
    assert "toitur" not in near["souli"]
    assert all(0 < chance <= 1 + 1e-9 for words in near.values() for chance in words.values())
    assert learn(Scheme("none-1", pairs.concepts[:0])) == {}


def test_near_words_bring_a_rewording_to_its_competence(pairs):
    (plain,), (helped,) = (Index(pairs, near).rank(["gerer souliers"]) for near in ({}, learn(pairs)))
    managed = [one for one in helped if one.code.startswith("manage")]
    assert managed[0].code == "manage footwear"
    assert managed[0].score > managed[1].score
    assert next(one.score for one in plain if one.code == "manage footwear") < managed[0].score


def test_the_ranking_is_that_of_every_name_compared_in_turn(scheme, recogniser):
    """The best names are looked at first: the result must be as if all were."""
    index = Index(scheme, {})
    texts = ["gestion production qualite", "vendre export anglais", "design", "xyz", ""]
    few = index.rank(texts, best=5)
    whole = index.rank(texts, best=len(scheme.concepts))
    assert few == [found[:5] for found in whole]
    assert few[-1] == []


def test_the_same_scheme_in_another_order_gives_the_same_scores(scheme):
    turned = replace(scheme, concepts=scheme.concepts[::-1])
    texts = ["protéger brevets", "lean production"]
    for one, other in zip(Index(scheme, {}).rank(texts), Index(turned, {}).rank(texts), strict=True):
        assert {c.code: pytest.approx(c.score, abs=1e-6) for c in one[:3]} == {
            c.code: c.score for c in other[:3]
        }


def test_answers_never_seen_are_accepted_rightly_or_shown_to_a_coder(recogniser):
    """121 answers in the words of companies, written after the frame's names and not used to set anything."""
    with (PROJECT / "tests" / "fixtures" / "frame" / "answers.csv").open(
        encoding="utf-8", newline=""
    ) as file:
        rows = [(row["answer"], {row["codes"]} - {""}) for row in csv.DictReader(file)]
    accepted, wrong, shown = 0, [], 0
    for (answer, right), found in zip(
        rows, recogniser.answers([answer for answer, _ in rows], NOW), strict=True
    ):
        codes = {one.code for one in found if one.state == "accepted"}
        accepted += bool(codes)
        wrong += [answer] if codes - right else []
        shown += bool(right & (codes | {near.code for one in found for near in one.candidates[:3]}))
    assert accepted >= 40
    assert len(wrong) <= 0.05 * accepted, wrong
    assert shown >= 100, "of 106 that are in the frame"
