"""E-mail addresses and phone numbers out of free text. Belongs here: recognising and replacing them. Does
not: which columns are free text."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute

pc: Any = pyarrow.compute  # its stubs know too few of the signatures it takes

EMAIL, PHONE = "[e-mail]", "[phone]"

# Bounded as in RFC 5321, so that no text takes more than linear time; an accent may be a sign of its own.
_LABEL = r"[\w\u0300-\u036f-]{1,63}"
_EMAIL = re.compile(
    r"[^\s@<>()\[\]{}\"«»,;:|]{1,64}+[^\S\n]?@[^\S\n]?"
    rf"(?:{_LABEL}\.){{1,8}}[^\W\d_](?:[^\W\d_]|[\u0300-\u036f]){{1,62}}"
)

# A gap between groups of digits: one sign, or a stop or dash set between blanks.
_BLANK = "[ \u00a0\u2007\u2009\u202f]"
_GAP = rf"(?:{_BLANK}?[.\-‐‑–/]{_BLANK}?|{_BLANK}{{1,2}})"
# How the ten digits of a French number are grouped. Not 3-3-3-1, a SIREN and a digit; not 2-4-4, years.
_GROUPS = (
    (2, 2, 2, 2, 2),
    (4, 2, 2, 2),
    (2, 2, 2, 4),
    (2, 3, 3, 2),
    (1, 3, 3, 3),
    (4, 3, 3),
    (4, 6),
    (2, 8),
    (5, 5),
)


def _grouped(sizes: tuple[int, ...], name: str) -> str:
    """The pattern of one grouping. The gap is the same throughout: a date and an hour have ten digits too."""
    first, second, *rest = (rf"\d{{{size}}}" for size in sizes)
    return f"{first}(?P<{name}>{_GAP}){second}" + "".join(f"(?P={name}){group}" for group in rest)


_HOME = (
    rf"(?:\+|\(\+|00){_BLANK}?33\)?(?:{_GAP}?\(0\))?(?:{_GAP}?\d){{9}}",
    r"0[1-9]\d{8}",
    rf"\(0[1-9]\){_BLANK}?\d\d(?:{_GAP}?\d\d){{3}}",
    rf"(?=0{_GAP}?[1-9])(?:{'|'.join(_grouped(sizes, f'gap{i}') for i, sizes in enumerate(_GROUPS))})",
)
_FRENCH = re.compile(rf"(?<![\d+])(?:{'|'.join(_HOME)})(?!\d)")
# Eight to fifteen digits, as in ITU-T E.164.
_FOREIGN = re.compile(rf"(?<![\d+])(?:\+{_BLANK}?|\(\+|00{_BLANK}?)[1-9](?:\)?{_GAP}?\(?\d){{7,14}}(?!\d)")
_AMOUNT = re.compile(rf"\+{_BLANK}?\d{{1,3}}(?:(?:{_BLANK}|\.)\d{{3}})+")
_SHORTEST = len("a@b.fr")
_HINT = r"[@\p{Nd}]"
_SUSPECT = r"@|\p{Nd}(?:\P{Nd}{0,4}\p{Nd}){7}"


def scrub(texts: Any) -> pa.StringArray:
    """Replace every e-mail address and every French or international phone number in a column.

    SIREN, SIRET, years, dates and amounts stay: a French number has ten digits and begins with one zero, any
    other needs a `+` or `00` before it.
    """
    # Most cells are empty, short codes, or words alone: only the rest is worth the long pattern.
    suspect = np.flatnonzero(pc.greater_equal(pc.binary_length(texts), _SHORTEST).fill_null(False))
    for pattern in (_HINT, _SUSPECT):
        suspect = suspect[np.flatnonzero(pc.match_substring_regex(texts.take(suspect), pattern))]
    if not len(suspect):
        unchanged: pa.StringArray = texts
        return unchanged
    scrubbed = pa.array([scrub_text(text) for text in texts.take(suspect).to_pylist()], pa.string())
    place = np.zeros(len(texts), dtype=bool)
    place[suspect] = True
    result: pa.StringArray = pc.replace_with_mask(texts, pa.array(place), scrubbed)
    return result


def scrub_text(text: str) -> str:
    """Do the same for one text."""
    # French ones first: what is left of a row of numbers then begins with its own `+` or `00`.
    return _FOREIGN.sub(_unless_amount, _FRENCH.sub(PHONE, _EMAIL.sub(EMAIL, text)))


def emails_in(text: str) -> list[str]:
    """Every e-mail address in a text, in lower case and without the blanks that may stand around its `@`."""
    return ["".join(match[0].split()).casefold() for match in _EMAIL.finditer(text)]


def _unless_amount(match: re.Match[str]) -> str:
    """A number abroad, but for a SIRET (fourteen digits that begin with 00) and an increase (+10 000 000)."""
    number = match[0]
    digits = sum(sign.isdigit() for sign in number)
    is_siret = number.startswith("00") and digits == 14
    # With eleven digits and more, thousands are no longer written out.
    is_amount = digits < 11 and _AMOUNT.fullmatch(number)
    return number if is_siret or is_amount else PHONE
