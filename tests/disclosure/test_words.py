"""Words: exact inside, and nothing given away outside."""

import pytest

from orchestration.disclosure import (
    PUBLIC_WORDS,
    Flag,
    Protection,
    Rules,
    Share,
    build,
    explain,
    explained,
    protect,
)
from orchestration.errors import GateError

from .conftest import breakdown, people


@pytest.fixture(scope="module")
def protection() -> Protection:
    sizes = {"a": 2, "b": 15, "c": 40, "d": 12}
    rows = {"region": [name for name, n in sizes.items() for _ in range(n)]}
    yes = [int(i % 3 == 0 and name != "d") for i, name in enumerate(rows["region"])]
    crosses = [breakdown(indicator="rate"), breakdown("region", indicator="rate")]
    return protect(build(people(rows, yes), crosses, Share()), Rules())


@pytest.mark.parametrize(
    ("domain", "fr", "en"),
    [
        (
            "a",
            "Non montré : moins de 3 entreprises ont répondu ; "
            "les réponses représentent moins de 3 entreprises ; "
            "moins de 3 entreprises sont derrière le oui ou derrière le non ; "
            "moins de 10 entreprises ont répondu : chiffre peu fiable.",
            "Not shown: fewer than 3 companies answered; the answers stand for fewer than 3 companies; "
            "fewer than 3 companies stand behind the yes or behind the no; "
            "fewer than 10 companies answered: unreliable figure.",
        ),
        (
            "d",
            "Non montré : toutes les entreprises ont donné la même réponse (0 % ou 100 %).",
            "Not shown: all the companies gave the same answer (0 % or 100 %).",
        ),
        (
            "b",
            "Non montré : sans quoi un chiffre secret pourrait être retrouvé par différence (a, d).",
            "Not shown: otherwise a secret figure could be worked out by subtraction (a, d).",
        ),
    ],
)
def test_exact_reasons_in_two_languages(protection: Protection, domain: str, fr: str, en: str):
    key = ("rate", "region", domain)
    assert explain(protection, key, "fr") == fr
    assert explain(protection, key, "en") == en


def test_a_shown_row_says_so(protection: Protection):
    assert explain(protection, ("rate", "all", "all"), "en") == PUBLIC_WORDS[Flag.OK]["en"]


def test_domains_can_be_named(protection: Protection):
    text = explain(protection, ("rate", "region", "b"), "en", label=lambda key: f"region {key[2].upper()}")
    assert "(region A, region D)" in text


def test_public_words_exist_in_both_languages_and_tell_no_rule():
    assert set(PUBLIC_WORDS) == set(Flag)
    for words in PUBLIC_WORDS.values():
        assert set(words) == {"fr", "en"}
    for telling in ("0 %", "100", "85", " 3 ", "two", "deux", "subtraction", "différence"):
        assert telling not in PUBLIC_WORDS[Flag.SECRET]["fr"] + PUBLIC_WORDS[Flag.SECRET]["en"]


def test_an_unknown_row_is_refused(protection: Protection):
    with pytest.raises(GateError, match="is no row of these tables"):
        explain(protection, ("rate", "region", "z"), "en")


def test_every_row_is_explained_for_inside_use(protection: Protection):
    rows = {row["domain"]: row for row in explained(protection).to_pylist()}
    assert set(rows) == {"all", "a", "b", "c", "d"}
    assert rows["c"]["hidden"] is False
    assert rows["c"]["reasons"] == ""
    assert rows["d"]["reasons"] == "all_or_none"
    assert rows["a"]["reasons"].split("|")[0] == "few_contributors"
    assert rows["b"]["words_fr"] == explain(protection, ("rate", "region", "b"), "fr")
