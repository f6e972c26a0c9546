"""E-mail addresses and phone numbers out of free text. Belongs here: replacing them in whole columns. Does not:
what they look like (personal_text.py), or which columns are looked at."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute

from orchestration.collection.text_bytes import bytes_of, counted
from orchestration.personal_text import EMAIL, PHONE, emails_in, scrub_text

__all__ = ["EMAIL", "PHONE", "emails_in", "scrub", "scrub_text"]

pc: Any = pyarrow.compute  # its stubs know too few of the signatures it takes

_SHORTEST_EMAIL, _DIGITS_OF_A_PHONE = len("a@b.fr"), 8
# The first bytes, in UTF-8, of every script's digits; letters may begin alike.
_MAY_BE_DIGIT = np.zeros(256, np.bool_)
_MAY_BE_DIGIT[[*b"0123456789", 0xD9, 0xDB, 0xDF, 0xE0, 0xE1, 0xEA, 0xEF, 0xF0]] = True
_DIGITS = r"\p{Nd}(?:\P{Nd}{0,4}\p{Nd}){7}"
# LimeSurvey's own moments have digits enough to be suspect, and there are millions of them.
_MOMENT = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}( [0-9]{2}:[0-9]{2}(:[0-9]{2})?)?$"


def scrub(texts: Any) -> pa.StringArray:
    """Replace every e-mail address and every French or international phone number in a column.

    SIREN, SIRET, years, dates and amounts stay: a French number has ten digits and begins with one zero, any
    other needs a `+` or `00` before it.
    """
    # Most columns hold short codes alone, and most cells are empty or words: few are worth the long pattern.
    lengths = pc.binary_length(texts)
    unchanged: pa.StringArray = texts
    if (pc.max(lengths).as_py() or 0) < _SHORTEST_EMAIL:
        return unchanged
    bounds, data = bytes_of(texts)
    has_digits = np.flatnonzero(counted(bounds, _MAY_BE_DIGIT[data]) >= _DIGITS_OF_A_PHONE)
    if _all_moments(texts.take(has_digits)):
        has_digits = has_digits[:0]
    for pattern, wanted in ((_MOMENT, False), (_DIGITS, True)):
        has_digits = has_digits[_matches(texts.take(has_digits), pattern) == wanted]
    suspect = np.union1d(has_digits, np.flatnonzero(counted(bounds, data == ord("@"))))
    if not len(suspect):
        return unchanged
    scrubbed = pa.array([scrub_text(text) for text in texts.take(suspect).to_pylist()], pa.string())
    place = np.zeros(len(texts), dtype=bool)
    place[suspect] = True
    result: pa.StringArray = pc.replace_with_mask(texts, pa.array(place), scrubbed)
    return result


def _all_moments(texts: Any) -> bool:
    try:
        pc.cast(texts, pa.timestamp("us"))
    except pa.ArrowInvalid:
        return False
    return True


def _matches(texts: Any, pattern: str) -> npt.NDArray[np.bool_]:
    matches: npt.NDArray[np.bool_] = np.asarray(pc.match_substring_regex(texts, pattern))
    return matches
