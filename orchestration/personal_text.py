"""E-mail addresses, phone numbers and the like in a text. Belongs here: recognising and hiding them in one text. Does
not: columns of texts (collection/scrubbing.py), or what a gate looks for (quality/masking.py)."""

from __future__ import annotations

import re

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
# As they stand in messages and names of files: an IPv4 address; a SIREN, alone or in a SIRET.
_ADDRESS = re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.]*\d)")
_COMPANY = re.compile(r"(?<!\d)\d{9}(?:\d{5})?(?!\d)")
_HERE = ("127.0.0.1", "0.0.0.0")


def scrub_text(text: str) -> str:
    """Do the same for one text."""
    if "@" in text:  # else its pattern looks for one from every sign on
        text = _EMAIL.sub(EMAIL, text)
    # French ones first: what is left of a row of numbers then begins with its own `+` or `00`.
    return _FOREIGN.sub(_unless_amount, _FRENCH.sub(PHONE, text))


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


def form_of(text: str) -> str:
    """What a text looks like, and nothing of what it says: letters become x, digits 9."""
    return re.sub(r"\d", "9", re.sub(r"[^\W\d_]", "x", text))


def hide(text: str) -> str:
    """What may be told of a text that is not ours, such as a file's name or a heading, in messages and logs.

    E-mail addresses and phone numbers go as from free text, and so do IP addresses, SIREN and SIRET.
    """
    scrubbed = _ADDRESS.sub(lambda found: found[0] if found[0] in _HERE else "[ip address]", scrub_text(text))
    return _COMPANY.sub(_unless_another_number, scrubbed)


def _unless_another_number(match: re.Match[str]) -> str:
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(match[0][:9])]
    return match[0] if sum(digit // 10 + digit % 10 for digit in doubled) % 10 else "[siren or siret]"
