"""Codes in partner files. Belongs here: putting today's code in the place of each, and the others in
quarantine. Does not: which codes there are (codes.py)."""

from __future__ import annotations

from collections.abc import Mapping

from orchestration.decoding.arrow import Array, flags, pa, pc
from orchestration.decoding.codes import CodeList
from orchestration.decoding.quarantine import Quarantine, at
from orchestration.decoding.values import masked


class PartnerCodes:
    """Resolves the columns that have a code list; ``quarantine`` takes the cells that stand for no code."""

    def __init__(self, lists: Mapping[str, CodeList], quarantine: Quarantine) -> None:
        self._lists, self.quarantine = lists, quarantine

    def resolve(
        self, column: str, cells: Array, *, table: str, file: str, rows_before: int, edition: str | None
    ) -> Array:
        """The codes of a column's cells, null where there is none; other columns are given back as they are.

        The row stays, without the code. ``rows_before`` is the number of the file's rows before these.
        """
        codes = self._lists.get(column)
        if codes is None:
            return cells
        code = codes.resolve(cells)
        unknown = flags(pc.and_(cells.is_valid(), code.is_null()))
        self.quarantine.add(
            codes.reason_code,
            f"the cell is not {codes.expected}; the row stays, without it",
            source=table,
            file=file,
            row_number=at(pa.array(range(rows_before + 1, rows_before + len(cells) + 1)), unknown),
            field=column,
            value_masked=masked(at(cells, unknown)),
            edition=edition,
        )
        return code
