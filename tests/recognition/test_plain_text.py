"""Repairing texts, and the key by which they are compared."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.plain_text import clean, fold


@pytest.mark.parametrize(
    ("text", "repaired"),
    [
        ("CybersÃ©curitÃ©", "Cybersécurité"),
        ("propriÃƒÂ©tÃƒÂ© intellectuelle", "propriété intellectuelle"),
        ("lâ€™Ã©nergie", "l’énergie"),
        ("Ã  lâ€™export", "à l’export"),
        ("R&amp;D", "R&D"),
        ("R&amp;amp;D", "R&D"),
        ("&eacute;nergie<br/>lean", "énergie\nlean"),
        ("e\u0301nergie  \t solaire", "énergie solaire"),
        ("ﬁnance\u00a0: 3\u00a0k€", "finance : 3 k€"),
        ("GARÇON «ÇA»", "GARÇON «ÇA»"),
        ("Ça marche à Angoulême, où l’œuvre naît", "Ça marche à Angoulême, où l’œuvre naît"),
        ("5 < 6 > 3", "5 < 6 > 3"),
    ],
)
def test_a_text_is_repaired(text, repaired):
    assert clean(text) == repaired


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("Éco-Conception", "eco conception"),
        ("R&D", "r d"),
        ("V.I.E.", "vie"),
        ("C++ / C#", "c++ c#"),
        ("l'œuvre", "l oeuvre"),
        ("ISO 9001", "iso 9001"),
        ("…", ""),
    ],
)
def test_a_key_forgets_accents_capitals_and_punctuation(text, key):
    assert fold(text) == key


FRENCH = st.text("abcdefghij éèàçôîûüœÉÀÊ’«»–…€", max_size=40)


def broken(text):
    """UTF-8 read as Windows-1252, as browsers do it."""
    signs = []
    for byte in text.encode():
        try:
            signs.append(bytes([byte]).decode("cp1252"))
        except UnicodeDecodeError:
            signs.append(chr(byte))
    return "".join(signs)


@given(FRENCH)
def test_mojibake_is_undone_even_when_it_happened_twice(text):
    assert clean(broken(text)) == clean(text)
    assert clean(broken(broken(text))) == clean(text)


@given(st.text(max_size=60))
def test_repairing_and_folding_are_done_once(text):
    assert clean(clean(clean(text))) == clean(clean(text))
    key = fold(clean(text))
    assert fold(key) == key
    assert key.isascii()


@given(st.text("abcdefghij éèàçôîûüœÉÀÊ.-", max_size=40))
def test_a_key_is_that_of_capitals(text):
    assert fold(clean(text.upper())) == fold(clean(text))
