"""Numbers of invented companies. Belongs here: making SIREN and SIRET, as arrays. Does not: checking
those that people typed."""

from __future__ import annotations

import math

import numpy as np

from orchestration.simulation.arrays import IntArray

CAPACITY = 99_000_000
"""Companies that can be numbered."""

# No real company is registered in 0000 0000 - 0002 4999 and 9990 0000 - 9999 9999: the sample names nobody.
_LOW, _HIGH, _RESERVED = 25_000, 99_900_000, 125_000


def luhn_digit(body: IntArray) -> IntArray:
    """The digit to append so that the number passes Luhn's test (ISO/IEC 7812-1, annex B)."""
    total, rest, double = np.zeros_like(body), body, True
    while rest.any():
        digit = rest % 10
        total = total + (np.where(digit > 4, 2 * digit - 9, 2 * digit) if double else digit)
        rest, double = rest // 10, not double
    return -total % 10


def siren(index: IntArray, population: int) -> IntArray:
    """SIREN of companies numbered 0 .. population - 1: unique, valid, in no order, one in five with
    leading zeros.

    Up to 125,000 companies they lie where INSEE has registered none. Beyond that (load tests) they fill
    the range, so a number may by chance be that of a real company.
    """
    step = 7_919
    while math.gcd(step, population) > 1:
        step += 2
    rank = (index * step + 17) % population
    reserved = np.where(rank % 5 == 0, rank // 5, _HIGH + rank - rank // 5 - 1)
    # The multiplier shares no factor with the size of the range, so that each rank gets its own number.
    others = _LOW + ((rank - _RESERVED) * 61_803_399) % (_HIGH - _LOW)
    body = np.where(rank < _RESERVED, reserved, others)
    return body * 10 + luhn_digit(body)


def siret(siren: IntArray, establishment: IntArray) -> IntArray:
    """SIRET of the n-th establishment (0 .. 9,999) of each company: SIREN, four digits, check digit."""
    body = siren * 10_000 + establishment
    return body * 10 + luhn_digit(body)


def la_poste_siret(establishment: IntArray) -> IntArray:
    """SIRET of La Poste (SIREN 356000000), valid by its own rule alone: digits that add up to a multiple
    of 5."""
    body = 356_000_000 * 10_000 + establishment
    digits = np.sum([(body // 10**power) % 10 for power in range(13)], axis=0)
    last = -digits % 5
    # Where both rules would hold the number would test nothing: 5 more keeps the sum and breaks Luhn.
    last = np.where(last == luhn_digit(body), last + 5, last)
    return np.asarray(body * 10 + last, dtype=np.int64)
