"""Leading zeros that a spreadsheet took away. Belongs here: which columns hold SIREN, SIRET or commune codes,
and which of their numbers are proved to be such a code without its zeros. Does not: any file format."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

_COMMUNE = re.compile(r"(?:0[1-9]|[1-8]\d|9[0-578]|2[AB])\d{3}")


@dataclass(frozen=True, slots=True)
class Number:
    """A cell that the spreadsheet holds as a number, written out."""

    text: str


@dataclass(frozen=True, slots=True)
class _Code:
    digits: int
    least: int
    """No number of fewer digits is repaired: the more zeros are missing, the less the check proves."""
    is_code: Callable[[str], bool]


def _luhn(text: str) -> bool:
    digits = [int(sign) for sign in reversed(text)]
    return sum(digits[::2]) % 10 == sum(-(2 * digit // 10 + 2 * digit % 10) for digit in digits[1::2]) % 10


def _siren(text: str) -> bool:
    return len(text) == 9 and text.isascii() and text.isdigit() and _luhn(text) and text != "0" * 9


def _siret(text: str) -> bool:
    return len(text) == 14 and text.isascii() and text.isdigit() and _siren(text[:9]) and _luhn(text)


_CODES = (
    _Code(9, 5, _siren),
    _Code(14, 10, _siret),
    _Code(5, 4, lambda text: _COMMUNE.fullmatch(text) is not None),
)


def repairs(columns: Sequence[Sequence[str | Number | None]]) -> list[Callable[[str], str]]:
    """Judge columns by their cells; give for each what makes of a number the code it was, else leaves it.

    A column holds codes where most filled cells are valid ones, counting numbers that become valid with their
    zeros. It is left alone where a text still has its leading zero: whoever wrote that file kept them all, so
    that a short number was typed short. SIREN and SIRET are proved by their check digits (ISO/IEC 7812-1), a
    commune by the other cells of its column and its département.
    """
    return [_repair([cell for cell in column if cell not in {None, ""}]) for column in columns]


def _repair(cells: Sequence[str | Number | None]) -> Callable[[str], str]:
    texts = [cell for cell in cells if isinstance(cell, str)]
    numbers = [cell.text for cell in cells if isinstance(cell, Number)]
    for code in _CODES:

        def whole(text: str, code: _Code = code) -> str:
            full = text.zfill(code.digits)
            return full if len(text) >= code.least and text.isdigit() and code.is_code(full) else text

        valid = sum(code.is_code(text) for text in [*texts, *map(whole, numbers)])
        complete = sum(code.is_code(text) for text in [*texts, *numbers])
        kept = any(text.startswith("0") and code.is_code(text) for text in texts)
        # Half: wrong numbers are few, and no other kind of number passes a check digit in one of two cases.
        # A quarter needs no zeros, so that small numbers alone are never taken for codes.
        if numbers and not kept and valid * 2 > len(cells) and complete * 4 >= len(cells):
            return whole
    return lambda text: text
