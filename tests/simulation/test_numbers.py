"""Invented company numbers are valid ones, and unique."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import luhn
from stdnum.fr import siren as checked_siren
from stdnum.fr import siret as checked_siret

from orchestration.simulation import numbers
from orchestration.simulation.cells import padded


def test_siren_are_valid_unique_and_some_begin_with_zeros() -> None:
    texts = padded(numbers.siren(np.arange(30_000), 30_000), 9).to_pylist()
    assert all(checked_siren.is_valid(text) for text in texts)
    assert len(set(texts)) == 30_000
    assert sum(text.startswith("000") for text in texts) == 6_000


@pytest.mark.parametrize("population", [1, 7_919, 124_999, 125_000, 125_001, 1_000_000])
def test_siren_are_unique_in_any_population(population: int) -> None:
    assert len(np.unique(numbers.siren(np.arange(population), population))) == population


@given(st.integers(1, numbers.CAPACITY), st.data())
def test_siren_have_nine_digits_and_a_check_digit(population: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, population - 1))
    (text,) = padded(numbers.siren(np.array([index]), population), 9).to_pylist()
    assert len(text) == 9
    assert luhn.is_valid(text)


@pytest.mark.parametrize("population", [100, 125_000])
def test_the_sample_stays_where_no_company_is_registered(population: int) -> None:
    first_eight = numbers.siren(np.arange(population), population) // 10
    assert np.all((first_eight < 25_000) | (first_eight >= 99_900_000))


@given(st.integers(0, 99_999_999), st.integers(0, 9_999))
def test_siret_are_valid(body: int, establishment: int) -> None:
    siren = body * 10 + int(luhn.calc_check_digit(f"{body:08}"))
    (text,) = padded(numbers.siret(np.array([siren]), np.array([establishment])), 14).to_pylist()
    assert text.startswith(f"{siren:09}{establishment:04}")
    assert luhn.is_valid(text)


def test_la_poste_needs_its_own_rule() -> None:
    texts = padded(numbers.la_poste_siret(np.arange(1, 10_000)), 14).to_pylist()
    assert all(len(text) == 14 and checked_siret.is_valid(text) for text in texts)
    assert not any(luhn.is_valid(text) for text in texts)
