"""Whether an export is the one its codebook describes. Belongs here: headings and answers against the
codebook, and which export options were chosen. Does not: cells that are merely wrong (decoding)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute

from orchestration.codebook import META_COLUMNS, Codebook, check
from orchestration.errors import ExportError

pc: Any = pyarrow.compute  # its stubs know too few of the signatures it takes

_SHOWN = 12
_CODE_THEN_TEXT = re.compile(r"[A-Za-z][A-Za-z0-9_]*(\[[^\]]*\])*(?=[^A-Za-z0-9_\[\]])")
_CODE_HEADING = re.compile(r"[A-Za-z][A-Za-z0-9_]*(\[[^\]]*\])*")
_FIELD_NAME = re.compile(r"\d+X\d+X\d+")
_CODES = "column headings by question code, as in COMP[C01]"
_EXPORT_CODES = "export again and choose 'Question code' for the headings and 'Answer codes' for the answers"
_RECODED = {"0", "1", "2", "3"}
_TICKS = {"yes_no": {"Y", "N"}, "multiple": {"Y"}, "multiple_comments": {"Y"}}


def translated(headings: Sequence[str], codebook: Codebook) -> list[str]:
    """Give headings as the codebook has them: ``CA_other`` becomes ``CA[other]``, anything else stays.

    Codes followed by texts lose the texts where a separator ends each code (``CA[other]. Turnover``); run
    together, as the RPC writes them, nothing tells where a code ends.
    """
    columns = codebook.columns()
    known = {*columns, *META_COLUMNS}
    times = Counter(column.vv_heading for column in columns.values())
    # Where two columns would have the same expression code, only the code heading tells which is meant.
    by_code = {c.vv_heading: name for name, c in columns.items() if times[c.vv_heading] == 1}
    names = [name if name in known else by_code.get(name, name) for name in headings]
    codes = [_CODE_THEN_TEXT.match(name) for name in names]
    plain = [code[0] if code else name for code, name in zip(codes, names, strict=True)]
    plain = [name if name in known else by_code.get(name, name) for name in plain]
    # All or none: a question's text may begin with what looks like a code.
    return plain if known.issuperset(plain) else names


def code_headings(headings: Sequence[str], codebook: Codebook, path: Path | str) -> list[str]:
    """Give an export's headings as the codebook has them.

    Raises:
        ExportError: the headings are texts or field names, or not those of the codebook (each is named).
    """
    columns = codebook.columns()
    names = translated(headings, codebook)
    mismatches = check(codebook, names)
    if not mismatches:
        return names
    known = {*columns, *META_COLUMNS}
    problem = _wrong_style([name for name in names if name not in known], len(names), known)
    if problem is not None:
        raise ExportError(problem, where=f"{path}, headings", expected=_CODES, fix=_EXPORT_CODES)
    more = f" (and {len(mismatches) - _SHOWN} more)" if len(mismatches) > _SHOWN else ""
    raise ExportError(
        f"not the columns of the codebook of {codebook.edition}: {'; '.join(mismatches[:_SHOWN])}{more}",
        where=f"{path}, headings",
        expected=f"each of the codebook's {len(columns)} columns once, and no other",
        fix="put in the right export, or correct the codebook; `skillsbank codebook check` lists them all",
    )


def _wrong_style(unknown: list[str], total: int, known: set[str]) -> str | None:
    """Say what the headings are where most are not codes.

    No heading is quoted unless it is one for certain: in a file without headings they are somebody's answers.
    """
    # Half: one renamed question must not look like a style, and no other style leaves half of the codes.
    if len(unknown) * 2 < total:
        return None

    def most(kind: Callable[[str], object]) -> bool:
        return sum(bool(kind(name)) for name in unknown) * 2 > len(unknown)

    if unknown[0].strip().isdigit():
        return "the first row is a response, not the headings"
    if most(_FIELD_NAME.match):
        return f"the headings are field names such as '{unknown[0]}', which change from survey to survey"
    if most(lambda name: any(name.startswith(code) for code in known)) and not most(_CODE_HEADING.fullmatch):
        return "the headings are question codes run together with texts"
    if most(lambda name: not _CODE_HEADING.fullmatch(name)):
        return "the headings are question texts, full or abbreviated, not codes"
    return f"{len(unknown)} of {total} headings are not in the codebook: it is another questionnaire's export"


def check_answers(rows: pa.RecordBatch, codebook: Codebook, path: Path | str) -> bool:
    """Check on some rows that answers are codes; whether there was any coded answer to judge by.

    Raises:
        ExportError: most coded cells hold labels (long answers) or recoded numbers (R and SPSS exports).
    """
    columns = codebook.columns()
    ticks, coded = _Tally(), _Tally()
    for name, column in columns.items():
        if column.role in {"other", "comment"} or not column.values or name not in rows.schema.names:
            continue
        allowed = _TICKS.get(column.kind)
        (coded if allowed is None else ticks).add(rows.column(name), allowed or set(column.values))
    for tally in (ticks, coded):
        # Half again: a few cells may be wrong, and are then `invalid`; the wrong options spoil nearly all.
        if tally.unknown * 2 > tally.filled:
            if tally.recoded:
                found = "numbers, as the R and SPSS exports recode them"
            else:
                found = "labels (long answers), which no codebook can tell apart with certainty"
            raise ExportError(
                f"{tally.unknown} of {tally.filled} coded answers are {found}",
                where=str(path),
                expected="answer codes (short answers), such as Y and A1",
                fix=_EXPORT_CODES,
            )
    return bool(ticks.filled or coded.filled)


class _Tally:
    """How many cells of some columns are filled, and how many of these hold no code."""

    def __init__(self) -> None:
        self.filled = self.unknown = 0
        self.recoded = True

    def add(self, cells: Any, allowed: set[str]) -> None:
        for count in pc.value_counts(cells).to_pylist():
            if count["values"]:
                self.filled += count["counts"]
                if count["values"] not in allowed:
                    self.unknown += count["counts"]
                    self.recoded &= count["values"] in _RECODED
