"""Refusals, parts of an answer, and what is said not to be needed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.recognition import parts, says_nothing


@pytest.mark.parametrize(
    "text",
    [
        "RAS", "R.A.S.", "ras !", "néant", "NÃ©ant", "Neant.", "-", "--", "…", "N/A", "n.a.", "NULL", "null", "0",
        "", "  ", "Aucune", "aucune compétence particulière", "Pas de besoin particulier", "rien à signaler", "non",
        "sans objet", "Je ne sais pas", "nsp", "None", "nothing in particular", "don't know",
        "nous avons tout ce qu'il nous faut", "X", "aucune difficulté", "pas de difficultés pour l'instant",
    ],
)  # fmt: skip
def test_a_refusal_says_nothing(text):
    assert says_nothing(text)
    assert parts(text) == []


@pytest.mark.parametrize(
    "text", ["R&D", "anglais", "Rasage", "néantisation", "note de calcul", "C", "naval", "0 défaut"]
)
def test_a_need_is_no_refusal(text):
    assert not says_nothing(text)
    assert len(parts(text)) == 1


@pytest.mark.parametrize(
    ("answer", "needed", "not_needed"),
    [
        ("anglais, lean ; CAO", ["anglais", "lean", "CAO"], []),
        ("1) anglais\n2) lean\n- CAO", ["anglais", "lean", "CAO"], []),
        ("Douane et incoterms", ["Douane et incoterms"], []),
        ("Il nous manque des compétences en CAO.", ["CAO"], []),
        ("We need training in lean", ["lean"], []),
        ("besoin d'un automaticien", ["automaticien"], []),
        ("Nos besoins : CAO", ["CAO"], []),
        ("Priorité : anglais, surtout lean", ["anglais", "lean"], []),
        ("On ne trouve personne en soudage TIG (urgent)", ["soudage TIG"], []),
        ("Difficultés à recruter en CAO", ["CAO"], []),
        ("Il nous faudrait des profils formés en éco-conception", ["éco-conception"], []),
        ("besoins humains", ["humains"], []),
        ("il ne faut pas d'anglais", ["il ne faut pas d'anglais"], []),
        ("recherche et développement", ["recherche et développement"], []),
        ("nos techniciens ne parlent pas anglais", ["nos techniciens ne parlent pas anglais"], []),
        ("pas besoin d'anglais", [], ["anglais"]),
        ("Pas besoin d'anglais, ni d'allemand, mais lean", ["lean"], ["anglais", "allemand"]),
        ("anglais : pas nécessaire. Lean", ["Lean"], ["anglais"]),
        ("English not required, lean", ["lean"], ["english"]),
        ("pas besoin d'anglais, lean", ["lean"], ["anglais"]),
        ("RAS, anglais", ["anglais"], []),
        ("1,5 tonne", ["1,5 tonne"], []),
    ],
)
def test_an_answer_is_split_and_negation_is_seen(answer, needed, not_needed):
    found = parts(answer)
    assert [part.text for part in found if part.needed] == needed
    assert [part.text.removeprefix("d ") for part in found if not part.needed] == not_needed


@given(st.lists(st.sampled_from(["anglais", "lean", "CAO", "gestion de projet", "R&D"]), max_size=6))
def test_a_list_comes_apart_into_what_it_was_made_of(skills):
    for between in ("; ", "\n", ", ", " | ", "\n- ", " • "):
        assert [part.text for part in parts(between.join(skills))] == skills


@given(st.text(max_size=80))
def test_any_text_can_be_split(text):
    for part in parts(text):
        assert part.text == part.text.strip() != ""
