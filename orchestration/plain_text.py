"""One text made comparable with another. Belongs here: repairing, and folding to a key. Does not: splitting answers
or telling what they mean (recognition/), personal data (personal_text.py)."""

from __future__ import annotations

import html
import re
import unicodedata

_TAG = re.compile(r"<(?:br|/?(?:p|div|li|ul|ol|b|i|u|em|strong|span)\b)[^<>]{0,200}>", re.IGNORECASE)
_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "ß": "ss", "ø": "o", "ł": "l", "đ": "d"})
_INITIALS = re.compile(r"(?<![^\W_])([^\W\d_])\.(?=[^\W\d_](?:\.|\b))")
_WORD = re.compile(r"[a-z0-9]+(?:\+\+|#)?")


def _as_byte(value: int) -> str:
    """How Windows shows a byte; the five it does not know stay what they are."""
    try:
        return bytes([value]).decode("cp1252")
    except UnicodeDecodeError:
        return chr(value)


_BYTE = {_as_byte(value): value for value in range(0x80, 0x100)}


def _signs(first: int, last: int) -> str:
    return "[" + "".join(re.escape(_as_byte(value)) for value in range(first, last + 1)) + "]"


# UTF-8 read as Windows-1252: a lead byte and the continuation bytes that it asks for. Leads of the scripts and signs
# that such texts have (Latin, quotes, euro, symbols): others, such as "Ç" before "«", are more likely to be themselves.
_NEXT = _signs(0x80, 0xBF)
_MOJIBAKE = re.compile(f"{_signs(0xC2, 0xC5)}{_NEXT}|[\u00e2\u00ef]{_NEXT}{{2}}|\u00f0{_NEXT}{{3}}")
# The no-break space of a broken `à` often becomes a plain one on the way.
_BROKEN_A = re.compile(r"Ã(?= |$)")
_TIMES = 3


def clean(text: str) -> str:
    """Repair a text: HTML entities and tags, UTF-8 read as Windows-1252 (also twice), compatibility forms (NFKC).

    Accents, capitals and line ends stay; other control characters and runs of blanks become one blank.
    """
    text = _TAG.sub("\n", html.unescape(html.unescape(text)))
    for _ in range(_TIMES):
        text = _MOJIBAKE.sub(_decoded, text)
    text = _BROKEN_A.sub("à", text)
    text = unicodedata.normalize("NFKC", text)
    lines = re.split(r"\r\n?|[\n\x0b\x0c\x85\u2028\u2029]", text)
    kept = (
        "".join(" " if unicodedata.category(sign) in {"Cc", "Cf"} else sign for sign in line)
        for line in lines
    )
    return "\n".join(" ".join(line.split()) for line in kept).strip()


def _decoded(match: re.Match[str]) -> str:
    try:
        return bytes(_BYTE[sign] for sign in match[0]).decode("utf-8")
    except UnicodeDecodeError:
        return match[0]


def fold(text: str) -> str:
    """The key of a cleaned text: words of ASCII letters and digits in lower case, one blank between.

    Accents, ligatures, capitals, punctuation and the dots of acronyms (``V.I.E.``) do not count; ``C++`` and
    ``C#`` stay.
    """
    joined = _INITIALS.sub(r"\1", text.lower()) if "." in text else text.lower()
    if not joined.isascii():
        joined = (
            unicodedata.normalize("NFKD", joined.translate(_LIGATURES)).encode("ascii", "ignore").decode()
        )
        joined = joined.lower()
    return " ".join(_WORD.findall(joined))
