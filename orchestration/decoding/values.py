"""What a cell's text means. Belongs here: answer states, codes, numbers, dates and refusals of single cells.
Does not: what other cells say about it (asked.py, answers.py)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt

from orchestration.codebook import Column
from orchestration.decoding.arrow import Array, Flags, Moments, Numbers, Strings, flags, pa, pc
from orchestration.decoding.cells import Cells
from orchestration.decoding.codes import CodeList
from orchestration.lake import STATES

ANSWERED, REFUSED, BLANK, NOT_ASKED, INVALID = (
    STATES.index(state) for state in ("answered", "refused", "blank", "not_asked", "invalid")
)

# Ways to say nothing, in lower case with accents composed; punctuation alone counts as well.
_REFUSAL = (
    r"^(r\.? ?a\.? ?s\.?|rien( [aà] signaler)?|n[ée]ant|aucun(e|\(e\))?( id[ée]e| avis| r[ée]ponse)?"
    r"|n ?[/.] ?[ad]\.?|na|nd|nul|nulle|null|none|nothing|nil|0"
    r"|s(ans|\.|/)? ?o(bjet|\.)?|non (concern[ée](\(e\)|e)?|applicable|renseign[ée]e?)|pas concern[ée]e?"
    r"|(je )?(ne )?sai(s|t) pas|n\.?s\.?p\.?|sans r[ée]ponse|pas de r[ée]ponse"
    r"|(i )?(don.?t|do not) know|not (applicable|concerned)|no (answer|comment|idea)|unknown"
    r"|[[:punct:]–—…\s]+)$"
)
_LONGEST_REFUSAL = 30
# Exports differ in the line ends they keep: CSV makes \n of them all, VV keeps them.
_LINE_END = "\r\n|[\r\x0b\x0c\\x{85}\\x{2028}\\x{2029}]"
_NUMBER = r"^-?[0-9]{1,15}(\.[0-9]+)?$"
_MOMENT = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9]{2}:[0-9]{2}(:[0-9]{2})?)?$"


@dataclass(frozen=True, slots=True)
class Meaning:
    """What each text of a column means; every array has one entry more than there are texts, for null.

    ``code`` holds positions in the edition's value codes, -1 for none. ``expected`` tells, for texts that are
    invalid, what would have been right, and ``reason_code`` what quarantine calls it.
    """

    state: npt.NDArray[np.int8]
    code: npt.NDArray[np.int16] | None = None
    number: Numbers | None = None
    text: Strings | None = None
    moment: Moments | None = None
    expected: str = ""
    reason_code: str = "invalid_value"


def meaning(texts: Strings, column: Column, codes: Mapping[str, int]) -> Meaning:
    """Tell what each text of a column means by the codebook; ``codes`` numbers the edition's value codes."""
    if column.role in {"other", "comment"} or column.kind in {"text", "long_text", "siren", "siret"}:
        return _free_text(texts)
    if column.kind in {"number", "array_numbers"}:
        return _numbers(texts)
    if column.kind == "date":
        return _dates(texts)
    return _codes(texts, column.values, codes)


def coded(said: Meaning, codes: CodeList) -> Meaning:
    """Put the code of today in the place of each text that was an answer; one that is no code is invalid."""
    code = codes.resolve(said.text)
    was_answered = said.state == ANSWERED
    unknown = was_answered & ~flags(code.is_valid())
    return Meaning(
        np.where(unknown, np.int8(INVALID), said.state),
        text=pc.if_else(pa.array(was_answered), code, said.text),
        expected=codes.expected,
        reason_code=codes.reason_code,
    )


def _codes(texts: Strings, values: Mapping[str, str], codes: Mapping[str, int]) -> Meaning:
    known = {answer: codes[value] for answer, value in values.items()}
    code = np.full(len(texts) + 1, -1, np.int16)
    state = np.full(len(texts) + 1, INVALID, np.int8)
    state[-1] = NOT_ASKED
    for i, text in enumerate(texts.to_pylist()):
        if text in known:
            state[i], code[i] = ANSWERED, known[text]
        elif not text:
            state[i] = BLANK
    return Meaning(state, code, expected=f"one of the answer codes {', '.join(values)}")


def _free_text(texts: Strings) -> Meaning:
    if pc.any(pc.match_substring_regex(texts, _LINE_END)).as_py():
        texts = pc.replace_substring_regex(texts, _LINE_END, "\n")
    state = np.full(len(texts) + 1, ANSWERED, np.int8)
    state[-1] = NOT_ASKED
    blank = flags(pc.equal(pc.binary_length(pc.utf8_trim_whitespace(texts)), 0))
    state[:-1][blank] = BLANK
    state[:-1][_refusals(texts) & ~blank] = REFUSED
    kept = pc.if_else(pa.array(blank), None, texts)
    return Meaning(state, text=_and_null(kept))


def _refusals(texts: Strings) -> Flags:
    found = np.zeros(len(texts), bool)
    short = np.flatnonzero(flags(pc.less_equal(pc.utf8_length(texts), _LONGEST_REFUSAL)))
    if len(short):
        plain = pc.utf8_lower(pc.utf8_normalize(pc.utf8_trim_whitespace(texts.take(pa.array(short))), "NFKC"))
        found[short] = flags(pc.match_substring_regex(plain, _REFUSAL))
    return found


def _numbers(texts: Strings) -> Meaning:
    trimmed = pc.utf8_trim_whitespace(texts)
    right = pc.match_substring_regex(trimmed, _NUMBER)
    number = pc.cast(pc.if_else(right, trimmed, None), pa.float64())
    state, kept = _else_text(texts, trimmed, flags(right))
    return Meaning(state, number=_and_null(number), text=kept, expected="a number such as 12.5")


def number_of(cells: Cells) -> npt.NDArray[np.float64]:
    """Read a column as numbers, row by row; NaN where there is none."""
    number: Numbers = _numbers(cells.texts).number
    return cells.pick(np.asarray(number.fill_null(np.nan).to_numpy(zero_copy_only=False), np.float64))


def _dates(texts: Strings) -> Meaning:
    trimmed = pc.utf8_trim_whitespace(texts)
    moment = moments(trimmed)
    state, kept = _else_text(texts, trimmed, flags(moment.is_valid()))
    return Meaning(
        state,
        moment=_and_null(moment),
        text=kept,
        expected="a date such as 2019-03-31 or 2019-03-31 14:00:00",
    )


def moments(texts: Strings) -> Moments:
    """Parse dates and moments as LimeSurvey writes them, without zone, to the second; else null."""
    likely = pc.if_else(pc.match_substring_regex(texts, _MOMENT), texts, None)
    try:
        return pc.cast(likely, pa.timestamp("s"))
    except pa.ArrowInvalid:
        # One impossible date (31 February) fails the whole cast: then one by one.
        return pa.array([_moment(text) for text in likely.to_pylist()], pa.timestamp("s"))


def _moment(text: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError:
        return None


def _else_text(texts: Strings, trimmed: Strings, right: Flags) -> tuple[npt.NDArray[np.int8], Strings | None]:
    """Give states where the right form is an answer, and the texts of refusals (None if there is none)."""
    state = np.full(len(texts) + 1, INVALID, np.int8)
    state[-1] = NOT_ASKED
    state[:-1][right] = ANSWERED
    state[:-1][flags(pc.equal(pc.binary_length(trimmed), 0))] = BLANK
    wrong = np.flatnonzero(state[:-1] == INVALID)
    if not len(wrong):
        return state, None
    refused = wrong[_refusals(texts.take(pa.array(wrong)))]
    if not len(refused):
        return state, None
    state[refused] = REFUSED
    kept = np.zeros(len(texts), bool)
    kept[refused] = True
    return state, _and_null(pc.if_else(pa.array(kept), texts, None))


def _and_null(values: Array) -> Array:
    return pa.concat_arrays([values, pa.nulls(1, values.type)])


def masked(texts: Strings) -> Strings:
    """Hide what texts say and keep their form: letters become x, digits 9; at most 40 characters."""
    hidden = pc.replace_substring_regex(pc.utf8_slice_codeunits(texts, 0, 40), r"\pL", "x")
    return pc.replace_substring_regex(hidden, r"\pN", "9")
