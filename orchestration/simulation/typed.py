"""What people type. Belongs here: company numbers with their usual mistakes, free text on skills, names
and addresses. Does not: answers ticked from a list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from orchestration.simulation import vocabulary as words
from orchestration.simulation.arrays import BoolArray, FloatArray, IntArray
from orchestration.simulation.cells import (
    Cells,
    blank,
    choose,
    join,
    padded,
    phone_numbers,
    pick,
    where,
    whole,
)
from orchestration.simulation.numbers import la_poste_siret, siret
from orchestration.simulation.population import COMPETENCES

NO_BREAK_SPACE = "\u00a0"


def siren_cells(rng: np.random.Generator, siren: IntArray) -> Cells:
    """SIREN as typed: mostly right, else spaced, with a wrong digit, cut short, a SIRET, words, or blank."""
    right = padded(siren, 9)
    case = np.searchsorted(np.cumsum([0.80, 0.05, 0.015, 0.03, 0.01, 0.025, 0.02]), rng.random(len(siren)))
    spaced = _grouped(right, " ")
    # A spreadsheet eats the leading zeros; elsewhere a digit is forgotten.
    short = where(siren < 10**8, whole(siren), pc.utf8_slice_codeunits(right, 0, 8))
    wrong = padded(siren - siren % 10 + (siren % 10 + rng.integers(1, 10, len(siren))) % 10, 9)
    return _by_case(
        case,
        right,
        spaced,
        pc.replace_substring(spaced, " ", NO_BREAK_SPACE),
        wrong,
        short,
        padded(siret(siren, np.ones_like(siren)), 14),
        pick(rng, words.WORDS_FOR_SIREN, len(siren)),
        blank(len(siren)),
    )


def siret_cells(rng: np.random.Generator, siren: IntArray) -> Cells:
    """SIRET as typed: half left blank; else right, spaced, with a wrong digit, of another company, of La
    Poste."""
    count = len(siren)
    number = siret(siren, rng.integers(1, 40, count))
    right = padded(number, 14)
    case = np.searchsorted(np.cumsum([0.45, 0.48, 0.03, 0.02, 0.012]), rng.random(count))
    wrong = padded(number - number % 10 + (number % 10 + rng.integers(1, 10, count)) % 10, 14)
    spaced = join(
        _grouped(pc.utf8_slice_codeunits(right, 0, 9), " "), " ", pc.utf8_slice_codeunits(right, 9, 14)
    )
    return _by_case(
        case,
        blank(count),
        right,
        spaced,
        wrong,
        padded(siret(np.roll(siren, 1), np.ones(count, dtype=np.int64)), 14),
        padded(la_poste_siret(rng.integers(1, 10_000, count)), 14),
    )


def commune_cells(rng: np.random.Generator, code: Cells, name: Cells) -> Cells:
    """Commune codes as typed: mostly right, else without their leading zero, the town's name, or blank."""
    case = np.searchsorted(np.cumsum([0.965, 0.01, 0.01]), rng.random(len(code)))
    return _by_case(case, code, pc.utf8_ltrim(code, "0"), name, blank(len(code)))


def naf_cells(rng: np.random.Generator, code: Cells) -> Cells:
    """NAF codes as typed: with or without the dot, in small letters, or blank."""
    case = np.searchsorted(np.cumsum([0.80, 0.13, 0.03]), rng.random(len(code)))
    return _by_case(case, code, pc.replace_substring(code, ".", ""), pc.utf8_lower(code), blank(len(code)))


def number_cells(numbers: npt.NDArray[np.float64]) -> Cells:
    """Numbers as LimeSurvey's CSV writes them: a dot, no trailing zeros."""
    text = pc.round(pa.array(numbers, pa.float64()), 4).cast(pa.decimal128(20, 4)).cast(pa.string())
    return pc.replace_substring_regex(text, r"\.?0+$", "")


def database_numbers(numbers: npt.NDArray[np.integer]) -> Cells:
    """Whole numbers as a VV file shows them: as the database stores them, ten decimals."""
    return join(pa.array(numbers).cast(pa.string()), ".0000000000")


def company_names(rng: np.random.Generator, count: int) -> Cells:
    """Invented company names, some with quotes or a semicolon."""
    name = join(
        pick(rng, words.COMPANY_FORMS, count),
        pick(rng, words.COMPANY_TRADES, count),
        " ",
        pick(rng, words.COMPANY_QUALITIES, count),
    )
    name = where(rng.random(count) < 0.05, pc.utf8_upper(name), name)
    return where(rng.random(count) < 0.004, join(name, " ; usine 2"), name)


def people(rng: np.random.Generator, count: int) -> tuple[Cells, Cells]:
    """Invented names, and their addresses at example.org."""
    first, last = pick(rng, words.FIRST_NAMES, count), pick(rng, words.LAST_NAMES, count)
    plain = pc.utf8_lower(join(first, ".", last))
    for accented, letter in (("[éèêë]", "e"), ("[àâ]", "a"), ("[îï]", "i"), ("[^a-z.]", "")):
        plain = pc.replace_substring_regex(plain, accented, letter)
    number = pa.array(rng.integers(1, 100, count)).cast(pa.string())
    return join(first, " ", last), join(plain, number, "@example.org")


def missing_skills(
    rng: np.random.Generator, strength: FloatArray, english: BoolArray, *, blank_share: float
) -> Cells:
    """Free text on missing skills: names the competences that the company needs most; or a refusal, or
    blank.

    ``strength`` has a column for each of ``COMPETENCES``. One text in fifty holds an e-mail or a phone
    number.
    """
    count = len(strength)
    noisy = strength + 0.6 * rng.gumbel(size=strength.shape).astype(np.float32)
    strongest = np.argsort(-noisy, axis=1)[:, :3]
    number = np.searchsorted([0.35, 0.85], rng.random(count)) + 1
    french = _sentence(
        rng,
        strongest,
        number,
        words.FRENCH,
        (words.FRENCH_OPENINGS, words.FRENCH_LINKS, words.FRENCH_CLOSINGS),
    )
    foreign = _sentence(
        rng,
        strongest,
        number,
        words.ENGLISH,
        (words.ENGLISH_OPENINGS, words.ENGLISH_LINKS, words.ENGLISH_CLOSINGS),
    )
    text = where(english, foreign, french)
    text = where(rng.random(count) < 0.04, pc.utf8_upper(text), text)
    _, mails = people(rng, count)
    leak = rng.integers(0, len(words.LEAKS), count)
    contact = where(leak < 2, mails, phone_numbers(rng, count))
    text = where(rng.random(count) < 0.02, join(text, choose(words.LEAKS, leak), contact), text)
    u = rng.random(count)
    text = where(u < blank_share + 0.08, pick(rng, words.REFUSALS, count), text)
    return where(u < blank_share, "", text)


def _sentence(
    rng: np.random.Generator,
    strongest: IntArray,
    number: IntArray,
    phrases: Mapping[str, Sequence[str]],
    frame: tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]],
) -> Cells:
    openings, links, closings = frame
    count, ways = len(strongest), len(phrases[COMPETENCES[0]])
    flat = [phrase for code in COMPETENCES for phrase in phrases[code]]
    named = [choose(flat, strongest[:, i] * ways + rng.integers(0, ways, count)) for i in range(3)]
    link = pick(rng, links, count)
    text = join(pick(rng, openings, count), named[0])
    for i in (1, 2):
        text = where(number > i, join(text, link, named[i]), text)
    return join(text, pick(rng, closings, count))


def _grouped(siren: Cells, separator: str) -> Cells:
    return pc.binary_join_element_wise(
        *(pc.utf8_slice_codeunits(siren, i, i + 3) for i in (0, 3, 6)), separator
    )


def _by_case(case: IntArray, *cases: Cells) -> Cells:
    return pc.choose(pa.array(case), *cases)
