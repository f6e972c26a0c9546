"""What personal data looks like, and how it is hidden. Belongs here: patterns, and masking for messages.
Does not: scrubbing data on its way in."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import date
from typing import Any

Cell = str | int | float | bool | None

SHOWN_KEY, SHOWN_TEXT = 8, 40

_BLANK = "[ \u00a0\u202f]"
_PAIRS = "|".join(rf"(?:{gap}\d\d){{4}}" for gap in ("", _BLANK, r"\.", "-"))
# The characters that must not stand before it, what it is, and what may stand after it.
_PARTS = {
    "e-mail": ("@", r"[A-Za-z0-9._%+'-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}", ""),
    # The same sign between all pairs: a date and an hour have ten digits too. No hexadecimal digit beside it,
    # for ten digits in a company key can look like a number. A comma or stop may touch it: a list has them.
    "phone": (
        r"\da-f+",
        rf"(?:0|\+33{_BLANK}?(?:\(0\){_BLANK}?)?)[1-9](?:{_PAIRS})",
        r"$|[^\da-f]",
    ),
    "siren or siret": (r"\d", rf"\d{{3}}{_BLANK}?\d{{3}}{_BLANK}?\d{{3}}(?:{_BLANK}?\d{{5}})?", r"$|\D"),
    "company key": ("0-9a-f", "[0-9a-f]{32}", "$|[^0-9a-f]"),
    "ip address": (r"\d.", r"\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}", r"$|\D"),
}
# DuckDB's RE2 has no look-around, which is needed where matches are replaced.
PATTERNS: Mapping[str, str] = {
    name: f"(?:^|[^{before}])(?:{core})(?:{after})" for name, (before, core, after) in _PARTS.items()
}
_COMPILED = {
    name: re.compile(f"(?<![{before}])(?:{core})(?={after})")
    for name, (before, core, after) in _PARTS.items()
}

_SENSITIVE = re.compile(
    r"siren|siret|mail|phone|token|ip_?addr|contact|company_name|raison(?!_)", re.IGNORECASE
)


def found(pattern: str, text: str) -> int:
    """How often a text holds one of PATTERNS."""
    return len(_COMPILED[pattern].findall(text))


def mask_text(text: str) -> str:
    """Hide what is personal in a text: keys keep 8 characters, the rest becomes ``[e-mail]`` and the like."""
    for name, pattern in _COMPILED.items():
        text = pattern.sub(_shortened if name == "company key" else f"[{name}]", text)
    return text


def _shortened(key: re.Match[str]) -> str:
    return key[0][:SHOWN_KEY] + "…"


def mask_cell(column: str, value: Any) -> Cell:
    """One cell as it may be shown: masked, shortened, and of a type that JSON knows."""
    import pandas as pd  # noqa: PLC0415 - 0.7 s, and only a failed gate needs it

    if hasattr(value, "item"):
        value = value.item()
    if pd.isna(value):
        return None
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        # A count of e-mails may be shown, a SIREN stored as a number may not.
        return "[hidden]" if _SENSITIVE.search(column) and abs(value) >= 10**8 else _number(value)
    return _shown(column, value.isoformat() if isinstance(value, date) else str(value))


def mask_row(row: Mapping[Any, Any]) -> dict[str, Cell]:
    """A row as it may be shown."""
    return {str(column): mask_cell(str(column), value) for column, value in row.items()}


def _number(value: float) -> Cell:
    if isinstance(value, int) or not math.isfinite(value):
        return value if isinstance(value, int) else str(value)
    return int(value) if value.is_integer() else value


def _shown(column: str, text: str) -> str:
    if column.endswith("company_key"):
        return text[:SHOWN_KEY] + "…"
    if _SENSITIVE.search(column) and not column.endswith("_class"):
        return "[hidden]"
    masked = mask_text(text)
    return masked if len(masked) <= SHOWN_TEXT else masked[: SHOWN_TEXT - 1] + "…"
