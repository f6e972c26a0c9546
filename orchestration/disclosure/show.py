"""From estimates to what may leave. Belongs here: blanking rows, reading a pattern back. Not: deciding it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt

from orchestration.disclosure.cells import Key
from orchestration.disclosure.protect import Protection
from orchestration.disclosure.rules import Bools, is_fragile
from orchestration.disclosure.tables import Tables
from orchestration.disclosure.words import Flag, flag_of
from orchestration.errors import GateError

KEY_COLUMNS = ("indicator", "domain_type", "domain")
SILENT = (Flag.SECRET, Flag.UNRELIABLE)
REASON_OF_FLAG = {Flag.UNRELIABLE: "low_n", Flag.SECRET: "statistical_secrecy"}


def apply(estimates: pa.Table, protection: Protection, last: pa.Table | None = None) -> pa.Table:
    """Blank what the protection hides, and say so.

    In a hidden row every number becomes null (value, n, weighted n, standard error, interval, cv and whatever
    else is numeric), ``flag`` tells the state and ``reason`` a code. A row that stays is flagged
    ``fragile`` when its base asks for it. Nothing is rounded: see :mod:`orchestration.disclosure.rounding`.

    Args:
        estimates: rows of the protected system, with columns indicator, domain_type, domain, n, flag, reason.
        protection: the result of ``protect``.
        last: the table of the last release; a row it showed and that is hidden now comes back as it was,
        flagged
            ``carried_over``, since it is public already.

    Rows of domains where nobody answered (n 0 or null, no value) stay as they are.

    Raises:
        GateError: any other row is unknown to the protection.
    """
    cells = _cells(estimates, protection.tables)
    fragile = is_fragile(protection.rules, protection.tables.contributors, protection.tables.yes)
    flags = estimates["flag"].to_pylist()
    reasons = estimates["reason"].to_pylist()
    hidden = np.zeros(estimates.num_rows, np.bool_)
    for i, cell in enumerate(cells.tolist()):
        if cell >= 0 and protection.pattern[cell]:
            flag = flag_of(protection, cell)
            flags[i], reasons[i], hidden[i] = flag.value, REASON_OF_FLAG[flag], True
        elif cell >= 0 and fragile[cell] and flags[i] == Flag.OK:
            flags[i] = Flag.FRAGILE.value
    table = estimates
    blank = pa.array(hidden)
    for i, field in enumerate(estimates.schema):
        if _is_number(field.type):
            column = pc.if_else(blank, pa.scalar(None, field.type), estimates[field.name])
            table = table.set_column(i, field.name, column)
    for name, values in (("flag", flags), ("reason", reasons)):
        at = table.schema.get_field_index(name)
        table = table.set_column(at, table.schema.field(at), pa.array(values, table.schema.field(at).type))
    return table if last is None else carry_over(table, last, hidden)


def pattern_of(published: pa.Table, tables: Tables, last: pa.Table | None = None) -> Bools:
    """The pattern a published table really has: True for each cell it does not show.

    For the gate, which must trust the table that leaves and not the protection it should come from. Of
    several tables (a French and an English one) take the cells hidden in all: ``pattern_of(fr) &
    pattern_of(en)``. A system of counts whose breakdowns list all the indicators tells in the same way where
    any of them shows the number of respondents.

    Args:
        published: what is to leave.
        tables: its linked system.
        last: the table of the last release, against which carried-over rows are checked.

    Raises:
        GateError: a blank row still holds a number, a row shows a figure of no known cell, or a row said to
        be
            carried over is not the row of the last release.
    """
    cells = _cells(published, tables)
    keys = _keys(published)
    carried = dict(zip(_keys(last), last.to_pylist(), strict=True)) if last is not None else {}
    numbers = [f.name for f in published.schema if _is_number(f.type)]
    shown = np.zeros(len(tables.keys), np.bool_)
    flags = published["flag"].to_pylist()
    filled = {name: pc.is_valid(published[name]).to_numpy() for name in numbers}
    for i, cell in enumerate(cells.tolist()):
        left = [name for name in numbers if filled[name][i]]
        if flags[i] in SILENT:
            if left:
                raise GateError(
                    f"row {i} ({' '.join(keys[i])}) is flagged {flags[i]} but shows {', '.join(left)}",
                    where="published table",
                    expected="no number in a hidden row",
                    fix="publish the result of apply() unchanged",
                )
        elif flags[i] == Flag.CARRIED_OVER:
            row, before = published.slice(i, 1).to_pylist()[0], carried.get(keys[i], {})
            if any(row[name] != before.get(name) for name in numbers):
                raise GateError(
                    f"row {i} ({' '.join(keys[i])}) is not that of the last release, as its flag says",
                    where="published table",
                    expected="the numbers of the last release, unchanged",
                    fix="publish the result of apply() unchanged, and give its last release to the gate",
                )
        elif cell >= 0:
            shown[cell] = True
    return ~shown & tables.printed


def _keys(table: pa.Table) -> list[Key]:
    return list(zip(*(table[name].to_pylist() for name in KEY_COLUMNS), strict=True))


def _cells(table: pa.Table, tables: Tables) -> np.ndarray:
    """Cell of each row; -1 for a row that nobody answered and that therefore shows nothing."""
    keys = _keys(table)
    says = [
        bool(n) or value is not None
        for n, value in zip(table["n"].to_pylist(), table["value"].to_pylist(), strict=True)
    ]
    cells = np.array([tables.rows.get(key, -1) for key in keys], np.int64)
    strays = [key for key, cell, speaks in zip(keys, cells, says, strict=True) if cell < 0 and speaks]
    if strays:
        raise GateError(
            f"{len(strays)} rows have no protection: {'; '.join(' '.join(k) for k in strays[:5])}",
            where="table of estimates",
            expected="rows of the protected system only",
            fix="give protect() every breakdown that is published",
        )
    return cells


def _is_number(kind: pa.DataType) -> bool:
    return pt.is_integer(kind) or pt.is_floating(kind) or pt.is_decimal(kind) or pt.is_boolean(kind)


def carry_over(table: pa.Table, last: pa.Table, hidden: Bools | None = None) -> pa.Table:
    """Put back the rows that the last release showed and that are hidden now (``hidden``, or by their flag).

    They come back to the last digit, so this comes after rounding.
    """
    if hidden is None:
        hidden = np.isin(np.array(table["flag"].to_pylist(), dtype=object), list(SILENT))
    before = dict(zip(_keys(last), range(last.num_rows), strict=True))
    showed: Sequence[object] = last["flag"].to_pylist()
    take = [
        before.get(key, -1) if blank else -1 for key, blank in zip(_keys(table), hidden.tolist(), strict=True)
    ]
    take = [at if at >= 0 and showed[at] not in SILENT else -1 for at in take]
    old = last.select(table.column_names).cast(table.schema)
    both = pa.concat_tables([table, old])
    chosen = [table.num_rows + at if at >= 0 else i for i, at in enumerate(take)]
    carried = both.take(pa.array(chosen, pa.int64()))
    at = carried.schema.get_field_index("flag")
    flags = [
        Flag.CARRIED_OVER.value if old_row >= 0 else flag
        for flag, old_row in zip(carried["flag"].to_pylist(), take, strict=True)
    ]
    return carried.set_column(at, carried.schema.field(at), pa.array(flags, carried.schema.field(at).type))
