"""From a partner's cells to the lake's types. Belongs here: what is right, what a wrong cell costs, and why it is
wrong. Does not: files, headings, or what to do about a file with many faults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow
import pyarrow.compute

from orchestration.collection.partners.contract import KEY, Column, Feed, Kind

# Their stubs know too few of the signatures they take.
pa: Any = pyarrow
pc: Any = pyarrow.compute

_Flags = npt.NDArray[np.bool_]

ROW, CLASS, REJECTED, TEXT = "row_number", "number_class", "rejected", "rejected_text"
"""What an archived file has beside the contract's columns: the row in the partner's file (from 1, without headings
and blank rows), how valid its SIREN or SIRET was, why a row has no cells, and what it says or looks like."""

FAULTS = pa.schema(
    [
        (ROW, pa.int64()),
        ("field", pa.string()),
        ("reason_code", pa.string()),
        ("reason", pa.string()),
        ("value", pa.string()),
        ("is_row_lost", pa.bool_()),
    ]
)
_BLANKS = r"[\s\x{a0}\x{202f}\x{2009}]+"
_TRUE, _FALSE = ("oui", "o", "vrai", "true", "yes", "1"), ("non", "n", "faux", "false", "no", "0")
_FORMS: Mapping[Kind, tuple[str, str]] = MappingProxyType(
    {
        "integer": (r"^-?[0-9]{1,15}$", "a whole number"),
        "decimal": (r"^-?[0-9]{1,15}(\.[0-9]+)?$", "a number"),
        "flag": (f"^({'|'.join(_TRUE + _FALSE)})$", "oui or non"),
        "day": (r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$", "a date such as 2019-03-31 or 31/03/2019"),
        "commune": (r"^(0[1-9]|[1-8][0-9]|9[0-578]|2[AB])[0-9]{3}$", "an INSEE commune code such as 80021"),
        "naf": (r"^[0-9]{2}\.[0-9]{2}[A-Z]$", "a NAF rev. 2 code such as 28.22Z"),
        "codes": (r"^[^|]+(\|[^|]+)*$", "codes separated by |"),
    }
)


@dataclass(frozen=True)
class Typed:
    """``rows`` in the lake's schema and ``numbers`` theirs in the partner's file; ``faults`` as in `FAULTS`."""

    rows: pa.Table
    numbers: pa.Array
    faults: pa.Table

    @property
    def lost(self) -> int:
        """How many of the partner's rows are none of ours."""
        return len(pc.unique(self.faults.filter(self.faults["is_row_lost"])[ROW]))


def typed(feed: Feed, table: pa.Table) -> Typed:
    """Translate an archived file.

    A wrong cell becomes null and a fault; in a column of the key or a filled one, it costs the row. Of rows with
    the same key the first stays.

    Args:
        feed: the contract's.
        table: `ROW`, the contract's columns as text (an absent one counts as empty), and `CLASS`, `REJECTED`
            where there are any, `TEXT` beside the latter.
    """
    table = table.combine_chunks()
    numbers = _column(table, ROW, pa.int64())
    if ROW not in table.column_names:  # archived before rows were numbered
        numbers = pa.array(np.arange(1, table.num_rows + 1))
    faults: list[Any] = []
    kept = np.ones(table.num_rows, dtype=bool)
    rejected = _column(table, REJECTED)
    unreadable = _flags(rejected.is_valid())
    kept &= ~unreadable
    told = _column(table, TEXT)
    faults.append(_faults(numbers, unreadable, "unreadable_row", rejected, values=told, is_row_lost=True))
    columns = []
    for column in feed.columns:
        texts, good, wrong, expected = _typed(column, table, feed)
        lost = feed.must_have(column)
        empty = _flags(texts.is_null()) & lost & ~unreadable
        if column.name == KEY:
            wrong = wrong if not lost else wrong | empty
            empty = np.zeros_like(empty)
        wrong &= ~unreadable
        shown = None if column.name == KEY else texts
        reason, code = f"expected {expected}", f"{column.kind}_wrong"
        nothing = "a row needs a value here"
        faults += [
            _faults(numbers, wrong, code, reason, field=column.name, values=shown, is_row_lost=lost),
            _faults(numbers, empty, "empty", nothing, field=column.name, is_row_lost=True),
        ]
        if lost:
            kept &= ~wrong & ~empty
        columns.append(good)
    rows = pa.Table.from_arrays(columns, names=[column.name for column in feed.columns])
    twice = _repeated(rows, feed, kept)
    reason = "an earlier row has the same key"
    key = ", ".join(feed.key)
    faults.append(_faults(numbers, twice, "duplicate_key", reason, field=key, is_row_lost=True))
    kept &= ~twice
    whole = pa.concat_tables(faults).sort_by([(ROW, "ascending"), ("field", "ascending")])
    mask = pa.array(kept)
    return Typed(rows.filter(mask).cast(feed.lake_schema()), numbers.filter(mask), whole)


def _typed(column: Column, table: pa.Table, feed: Feed) -> tuple[Any, Any, _Flags, str]:
    """A column's texts, its values (null where wrong), where it is wrong, and what was expected."""
    texts = _column(table, column.name)
    if column.name == KEY:
        number = "SIREN" if column.kind == "siren" else "SIRET"
        kinds = _column(table, CLASS)
        wrong = _flags(texts.is_null()) & _flags(pc.not_equal(kinds, "empty"))
        return texts, texts, wrong, f"a {number} with its check digit"
    texts = _null(texts, _flags(pc.is_in(texts, pa.array(["", *feed.missing]))))
    plain = _plain(column, texts, feed)
    form, expected = _FORMS.get(column.kind, ("", ""))
    if column.form is not None:
        form, expected = f"^({column.form})$", f"a code of the form {column.form}"
    wrong = ~_flags(pc.match_substring_regex(plain, form), null=True) if form else np.zeros(len(texts), bool)
    if column.values is not None:
        words = pa.array([word.lower() for word in column.values])
        place = pc.index_in(pc.utf8_lower(plain), value_set=words)
        wrong = _flags(plain.is_valid()) & _flags(place.is_null())
        plain = pa.array(list(column.values.values()), pa.string()).take(place)
        expected = f"one of {', '.join(column.values)}"
    good, impossible = _cast(column.kind, _null(plain, wrong))
    return texts, good, wrong | impossible, expected


def _plain(column: Column, texts: Any, feed: Feed) -> Any:
    """A cell in the one form that is looked at: no blanks in numbers, a point before decimals, ISO dates."""
    match column.kind:
        case "integer" | "decimal":
            texts = pc.replace_substring_regex(texts, _BLANKS, "")
            return pc.replace_substring(texts, feed.decimal, ".")
        case "flag":
            return pc.utf8_lower(texts)
        case "day":
            texts = pc.replace_substring_regex(texts, r"[ T][0-9]{2}:[0-9]{2}(:[0-9]{2})?(\.[0-9]+)?Z?$", "")
            return pc.replace_substring_regex(texts, r"^([0-9]{2})/([0-9]{2})/([0-9]{4})$", r"\3-\2-\1")
        case "codes":
            return pc.replace_substring_regex(texts, r"\s*[,;|]\s*", "|")
        case "naf":
            return pc.replace_substring_regex(texts, r"^([0-9]{2})([0-9]{2}[A-Z])$", r"\1.\2")
    return texts


def _cast(kind: Kind, texts: Any) -> tuple[Any, _Flags]:
    """The values, and where a text of the right form means nothing (31 February)."""
    nothing = np.zeros(len(texts), dtype=bool)
    match kind:
        case "integer":
            return texts.cast(pa.int64()), nothing
        case "decimal":
            return texts.cast(pa.float64()), nothing
        case "flag":
            yes = pc.is_in(texts, value_set=pa.array(_TRUE))
            return pc.if_else(texts.is_valid(), yes, pa.scalar(None, pa.bool_())), nothing
        case "day":
            days = pa.array([_day(text) for text in texts.to_pylist()], pa.date32())
            return days, _flags(texts.is_valid()) & _flags(days.is_null())
    return texts, nothing


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


def _repeated(rows: pa.Table, feed: Feed, kept: _Flags) -> _Flags:
    """Where a row that is kept has the key of an earlier one."""
    places = np.flatnonzero(kept)
    cells = [rows[name].combine_chunks().take(pa.array(places)).cast(pa.string()) for name in feed.key]
    joined = pc.binary_join_element_wise(*cells, "\x1f").dictionary_encode()
    codes = np.asarray(joined.indices)
    first = np.unique(codes, return_index=True)[1]
    repeated = np.zeros(len(kept), dtype=bool)
    repeated[np.delete(places, first)] = True
    return repeated


def _faults(
    numbers: Any,
    where: _Flags,
    code: str,
    reason: Any,
    *,
    field: str | None = None,
    values: Any = None,
    is_row_lost: bool,
) -> Any:
    mask, count = pa.array(where), int(where.sum())
    return pa.table(
        [
            numbers.filter(mask),
            pa.repeat(pa.scalar(field, pa.string()), count),
            pa.repeat(pa.scalar(code), count),
            pa.repeat(pa.scalar(reason), count) if isinstance(reason, str) else reason.filter(mask),
            pa.nulls(count, pa.string()) if values is None else values.filter(mask),
            pa.repeat(pa.scalar(is_row_lost), count),
        ],
        schema=FAULTS,
    )


def _column(table: pa.Table, name: str, kind: pa.DataType | None = None) -> Any:
    if name not in table.column_names:
        return pa.nulls(table.num_rows, kind or pa.string())
    found = table[name].combine_chunks()
    return found if kind is not None else found.cast(pa.string())


def _null(values: Any, where: _Flags) -> Any:
    return pc.if_else(pa.array(where), pa.scalar(None, values.type), values)


def _flags(values: Any, *, null: bool = False) -> _Flags:
    return np.asarray(pc.fill_null(values, null), dtype=bool)
