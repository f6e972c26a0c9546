"""Numbers, dates and sentences of both languages."""

from __future__ import annotations

import string
from datetime import date

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from orchestration.publication.report import words as module
from orchestration.publication.report.words import LANGUAGES, Words, french_spacing

FR, EN = Words("fr"), Words("en")
THIN = "\u202f"


def texts(language: str) -> dict[str, str]:
    path = module._TEXTS / f"{language}.yaml"
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def fields(text: str) -> set[str]:
    return {field for _, field, _, _ in string.Formatter().parse(text) if field}


def test_both_languages_have_the_same_sentences_with_the_same_values():
    french, english = texts("fr"), texts("en")
    assert french.keys() == english.keys()
    assert {key for key in french if fields(french[key]) != fields(english[key])} == set()


@pytest.mark.parametrize(
    ("value", "digits", "french", "english"),
    [
        (0, 0, "0", "0"),
        (-0.4, 0, "0", "0"),
        (1234567.891, 2, f"1{THIN}234{THIN}567,89", "1,234,567.89"),
        (-1234, 0, f"−1{THIN}234", "−1,234"),
    ],
)
def test_numbers(value, digits, french, english):
    assert (FR.number(value, digits), EN.number(value, digits)) == (french, english)


@given(st.floats(-1e12, 1e12), st.integers(0, 3))
def test_a_number_reads_back_in_both_languages(value, digits):
    english = EN.number(value, digits)
    french = FR.number(value, digits)
    assert float(english.replace(",", "").replace("−", "-")) == pytest.approx(round(value, digits), abs=1e-9)
    assert french.replace(THIN, "").replace(",", ".") == english.replace(",", "")
    assert "-" not in english


@given(st.text("ab ;:!?%»«\u202f"))
def test_french_spacing_is_done_once_for_all(text):
    spaced = french_spacing(text)
    assert french_spacing(spaced) == spaced
    assert spaced.replace(THIN, " ") == text.replace(THIN, " ")
    assert not any(f" {sign}" in spaced for sign in ";:!?%»")


def test_shares_intervals_and_differences():
    assert (FR.percent(0.123, 1), EN.percent(0.123, 1)) == (f"12,3{THIN}%", "12.3%")
    assert (FR.interval(0.5, 0.58), EN.interval(0.5, 0.58)) == (f"[50{THIN};{THIN}58]", "[50, 58]")
    assert [EN.signed(share) for share in (0.12, -0.12, 0.001, -0.001)] == ["+12", "−12", "0", "0"]


def test_dates_and_lists():
    assert FR.date(date(2019, 9, 1)) == "1er septembre 2019"
    assert EN.date(date(2019, 9, 1)) == "1 September 2019"
    assert (FR.join(["a"]), FR.join(["a", "b", "c"])) == ("a", "a, b et c")


@pytest.mark.parametrize(
    ("number", "french", "english"),
    [(0, "0 étape", "0 stops"), (1, "1 étape", "1 stop"), (2, "2 étapes", "2 stops")],
)
def test_plurals(number, french, english):
    assert (FR.count("stops", number), EN.count("stops", number)) == (french, english)


def test_languages_are_two():
    assert LANGUAGES == ("fr", "en")
