"""Names as words, communes as people write them, and how many names of each spelling are found."""

import random
import re
from collections import Counter

import pyarrow as pa
import pytest

from orchestration.collection.companies import likeness
from orchestration.collection.companies.communes import Communes
from orchestration.collection.companies.likeness import LEAST, MOST, Asked, search
from orchestration.collection.companies.words import initials_of, words_of
from orchestration.collection.contacts import NAMES
from orchestration.settings import Settings
from orchestration.simulation.vocabulary import COMPANY_FORMS, COMPANY_QUALITIES, COMPANY_TRADES


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("SARL Mécanique du Val", "mecanique val"),
        ("MECANIQUE DU VAL S.A.R.L.", "mecanique val"),
        ("S A R L Mécanique-du-Val", "mecanique val"),
        ("Éts Coutelaze & Fils", "coutelaze fils"),
        ("L’Atelier d'Œuvres", "atelier oeuvres"),
        ("S.N.C.F.", "sncf"),
        ("A. B. Conseil", "ab conseil"),
        ("E. Zéphirol S.A.", "e zephirol"),
        ("Ateliers 2000", "ateliers 2000"),
        ("SAS", "sas"),
        ("—", ""),
    ],
)
def test_a_name_is_its_telling_words(name, words):
    assert words_of(name) == tuple(words.split())


def test_initials_need_three_words():
    assert initials_of(words_of("Société Nouvelle de Tissage Océane")) == "nto"
    assert initials_of(words_of("Tissage Océane")) == ""


@pytest.fixture(scope="module")
def communes():
    return Communes(Settings().reference)


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("80021", {"80021"}),
        (" 2a004 ", {"2A004"}),
        ("39100 DOLE", {"39198"}),
        ("Dole", {"39198"}),
        ("DOLE CEDEX 2", {"39198"}),
        ("20000 Ajaccio", {"2A004"}),
        ("St-Étienne", {"42218"}),
        ("75108", {"75056"}),
        ("Paris 15ème arrondissement", {"75056"}),
        ("69003 LYON 3E", {"69123"}),
        ("93200 Saint-Denis", {"93066"}),
        ("39100 LYON", set()),
        ("99999", set()),
        ("je ne sais pas", set()),
        ("", set()),
    ],
)
def test_a_commune_is_found_by_code_name_or_postal_line(communes, text, codes):
    assert communes.codes(text) == codes


def test_homonyms_are_all_meant_without_a_postal_code(communes):
    assert {"11339", "93066", "97411"} <= communes.codes("SAINT DENIS")


def known(rows):
    table = pa.table(list(map(list, zip(*rows, strict=True))), schema=NAMES)
    return table.to_batches


def test_only_the_own_commune_is_looked_at_and_the_likest_comes_first():
    rows = [
        ("a" * 32, "80021", "MECANIQUE DU VAL"),
        ("b" * 32, "80021", "Mécanique du Vallon"),
        ("c" * 32, "02691", "Mécanique du Val"),
        ("d" * 32, "80021", "Tissage Océane"),
    ]
    found = search([Asked(1, "sarl mecanique du val", frozenset({"80021"}))], known(rows))
    assert [(one.company_key[0], one.why) for one in found] == [
        ("a", "same name"),
        ("b", "alike as one word"),
    ]
    assert found[0].score == 1 > found[1].score > LEAST
    assert search([Asked(1, "Tissage Océane", frozenset({"02691"}))], known(rows)) == []


def test_one_company_is_one_candidate_and_there_are_few():
    rows = [(f"{n:032x}", "80021", name) for n in range(9) for name in ("Fonderie du Val", "Fonderie Val SA")]
    found = search([Asked(7, "Fonderie du Val", frozenset({"80021"}))], known(rows))
    assert len({one.company_key for one in found}) == len(found) == MOST


def test_districts_are_their_commune():
    (found,) = search(
        [Asked(1, "Optique Réunis", frozenset({"75056"}))],
        known([("a" * 32, "75108", "OPTIQUE REUNIS")]),
    )
    assert found.commune_code == "75056"


def test_a_row_without_commune_is_nobodys():
    path = known([("a" * 32, None, "Optique"), ("b" * 32, "80021", "Optique")])
    assert [one.company_key[0] for one in search([Asked(1, "Optique", frozenset({"80021"}))], path)] == ["b"]


SYLLABLES = re.findall(
    r"\w+",
    "bri san dre cou te la ver noy mi re ba lou pel or sac quin feu roche sau ti nol tre ma zou val mont ze phi rol an "
    "ce bois gar chan bru dor li ne mar tin du pont ber nard gau thier le roy per rin",
)


def slip(draw, text):
    place = draw.randrange(1, len(text) - 1)
    return draw.choice(
        [
            text[:place] + text[place + 1 :],
            text[:place] + text[place] + text[place:],
            text[: place - 1] + text[place] + text[place - 1] + text[place + 1 :],
        ]
    )


SPELLINGS = {
    # How a respondent writes the name of the register, and the least share that is found (observed; see likeness).
    "the same": (lambda draw, name: name, 1.0),
    "in capitals": (lambda draw, name: name.upper(), 1.0),
    "with its form": (lambda draw, name: f"{name} SARL", 1.0),
    "a slip of the pen": (slip, 0.85),
    "a word more": (lambda draw, name: f"{name} {draw.choice(['France', 'Ouest', 'Services'])}", 0.8),
    "two words as one": (lambda draw, name: name[::-1].replace(" ", "", 1)[::-1], 0.8),
}


def invented(draw):
    last = "".join(draw.choices(SYLLABLES, k=draw.choice([2, 2, 3]))).capitalize()
    return (
        draw.choice(COMPANY_FORMS)
        + f"{draw.choice(COMPANY_TRADES)} {draw.choice([last, last, draw.choice(COMPANY_QUALITIES)])}"
    )


@pytest.fixture(scope="module")
def register():
    draw = random.Random(4)
    rows = [(f"{n:032x}", f"{draw.randrange(40):05}", invented(draw)) for n in range(6000)]
    return rows, known(rows)


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_most_names_are_found_however_they_are_spelt(register, spelling):
    rows, path = register
    spell, least = SPELLINGS[spelling]
    draw = random.Random(7)
    wanted = dict(enumerate(draw.sample(rows, 300)))
    found = search([Asked(n, spell(draw, row[2]), frozenset({row[1]})) for n, row in wanted.items()], path)
    hits = {one.respondent_id for one in found if one.company_key == wanted[one.respondent_id][0]}
    # Of several companies of one name in a commune, some stay outside the few that are listed.
    twins = {n for n, row in wanted.items() if sum(other[1:] == row[1:] for other in rows) > MOST}
    assert len(hits | twins) / len(wanted) >= least


def test_names_in_groups_of_communes_are_found_as_all_at_once(register, monkeypatch):
    rows, names = register
    draw = random.Random(11)
    # Half of them mean several communes, which are not all of one group.
    asked = [
        Asked(n, row[2], frozenset([row[1], *(f"{draw.randrange(40):05}" for _ in range(n % 2 * 3))]))
        for n, row in enumerate(draw.sample(rows, 200))
    ]
    at_once = search(asked, names)
    reads = 0

    def counted():
        nonlocal reads
        reads += 1
        return names()

    monkeypatch.setattr(likeness, "GROUP", 1_000)
    in_groups = search(asked, counted)
    assert reads - 1 >= len(rows) / 1_000

    def of(found, same):
        return [(one.respondent_id, one.company_key) for one in found if not same or one.why == "same name"]

    # What a word weighs hangs on the group; whether names are the same does not.
    assert of(in_groups, same=True) == of(at_once, same=True)
    for found in (at_once, in_groups):
        every = of(found, same=False)
        assert len(set(every)) == len(every)
        assert max(Counter(respondent for respondent, _ in every).values()) == MOST


def test_few_of_those_that_nobody_knows_have_a_candidate(register):
    rows, path = register
    draw = random.Random(9)
    known = {words_of(name) for _, _, name in rows}
    asked = [
        Asked(n, name, frozenset({f"{draw.randrange(40):05}"}))
        for n, name in enumerate(invented(draw) for _ in range(600))
        if words_of(name) not in known
    ]
    found = {one.respondent_id for one in search(asked, path)}
    assert len(asked) > 200
    assert len(found) / len(asked) < 0.4
