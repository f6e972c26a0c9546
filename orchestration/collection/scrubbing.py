"""E-mail addresses and phone numbers out of free text. Belongs here: replacing them in whole columns. Does not:
what they look like (personal_text.py), or which columns are looked at."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute

from orchestration.personal_text import EMAIL, PHONE, emails_in, scrub_text

__all__ = ["EMAIL", "PHONE", "emails_in", "scrub", "scrub_text"]

pc: Any = pyarrow.compute  # its stubs know too few of the signatures it takes

_SHORTEST = len("a@b.fr")
_HINT = r"[@\p{Nd}]"
_SUSPECT = r"@|\p{Nd}(?:\P{Nd}{0,4}\p{Nd}){7}"
# LimeSurvey's own moments have digits enough to be suspect, and there are millions of them.
_MOMENT = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}( [0-9]{2}:[0-9]{2}(:[0-9]{2})?)?$"


def scrub(texts: Any) -> pa.StringArray:
    """Replace every e-mail address and every French or international phone number in a column.

    SIREN, SIRET, years, dates and amounts stay: a French number has ten digits and begins with one zero, any
    other needs a `+` or `00` before it.
    """
    # Most cells are empty, short codes, or words alone: only the rest is worth the long pattern.
    suspect = np.flatnonzero(pc.greater_equal(pc.binary_length(texts), _SHORTEST).fill_null(False))
    for pattern in (_HINT, _SUSPECT):
        suspect = suspect[np.flatnonzero(pc.match_substring_regex(texts.take(suspect), pattern))]
    suspect = suspect[np.flatnonzero(pc.invert(pc.match_substring_regex(texts.take(suspect), _MOMENT)))]
    if not len(suspect):
        unchanged: pa.StringArray = texts
        return unchanged
    scrubbed = pa.array([scrub_text(text) for text in texts.take(suspect).to_pylist()], pa.string())
    place = np.zeros(len(texts), dtype=bool)
    place[suspect] = True
    result: pa.StringArray = pc.replace_with_mask(texts, pa.array(place), scrubbed)
    return result
