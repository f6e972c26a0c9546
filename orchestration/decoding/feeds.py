"""Partners' feeds into the lake. Belongs here: which archived files a table is made of, and what goes to quarantine.
Does not: what a cell must be (collection/partners/cells.py), other files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pyarrow.parquet as pq

from orchestration import lake as tables
from orchestration.archive import Archive, Entry
from orchestration.collection.inbox import PARTNERS
from orchestration.collection.partners.cells import FAULTS, ROW, Typed, typed
from orchestration.collection.partners.contract import Contract, Feed, feeds_of
from orchestration.decoding.arrow import Table, pa, pc
from orchestration.decoding.codes import CodeList
from orchestration.decoding.values import masked

QUARANTINE = "partner_quarantine"


@dataclass(frozen=True)
class FeedsReport:
    """Rows by table, the quarantine's too, and how often each reason came up, by table."""

    rows: Mapping[str, int]
    reasons: Mapping[str, Mapping[str, int]]


def feed_entries(archive: Archive, feed: Feed) -> list[Entry]:
    """The archived files that a table is made of, the newest first: the latest, or all of a feed that grows.

    Raises:
        ArchiveError: one of them is damaged.
    """
    if feed.period is not None:
        return archive.entries(PARTNERS, feed.table)[::-1]
    latest = archive.latest(PARTNERS, feed.table)
    return [latest] if latest else []


def decode_feeds(
    contracts: Sequence[Contract],
    entries: Mapping[str, Sequence[Entry]],
    lake: Path,
    lists: Mapping[str, CodeList] = MappingProxyType({}),
) -> FeedsReport:
    """Replace the lake's tables of all feeds; one without a file is there, and empty.

    Args:
        contracts: the partners'.
        entries: of each table, as `feed_entries` gives them.
        lake: the lake's folder.
        lists: code lists by the columns that they are for: each code becomes today's, one that is none goes to
            quarantine, and its row stays without it.
    """
    rows: dict[str, int] = {}
    reasons: dict[str, Mapping[str, int]] = {}
    faults: list[Table] = []
    for contract, feed in feeds_of(contracts):
        parts: list[Table] = []
        seen: set[Any] = set()
        counted: Counter[str] = Counter()
        for entry in entries.get(feed.table, ()):
            found = _coded(typed(feed, pq.read_table(entry.path)), lists)
            part, numbers = _unseen(feed, found, seen)
            parts.append(part)
            faults.append(_quarantined(contract, feed, entry, found, numbers))
            counted.update(faults[-1]["reason_code"].to_pylist())
        reasons[feed.table] = dict(counted)
        rows[feed.table] = tables.write(
            lake, feed.table, [(None, parts)] if parts else [], feed.lake_schema()
        )
    rows[QUARANTINE] = tables.write(lake, QUARANTINE, [(None, faults)] if faults else [])
    return FeedsReport(rows, reasons)


def _coded(found: Typed, lists: Mapping[str, CodeList]) -> Typed:
    rows, faults = found.rows, [found.faults]
    for column, codes in lists.items():
        if column not in rows.column_names:
            continue
        cells = rows[column].combine_chunks()
        code = codes.resolve(cells)
        unknown = pc.and_(cells.is_valid(), code.is_null())
        told = {
            "field": column,
            "reason_code": codes.reason_code,
            "reason": f"the cell is not {codes.expected}; the row stays, without it",
            "is_row_lost": False,
        }
        texts = cells.filter(unknown)
        columns = {name: pa.repeat(pa.scalar(value), len(texts)) for name, value in told.items()}
        columns |= {ROW: found.numbers.filter(unknown), "value": texts}
        faults.append(pa.table([columns[name] for name in FAULTS.names], schema=FAULTS))
        rows = rows.set_column(rows.column_names.index(column), rows.schema.field(column), code)
    return Typed(rows, found.numbers, pa.concat_tables(faults))


def _unseen(feed: Feed, found: Typed, seen: set[Any]) -> tuple[Table, set[int]]:
    """A file's rows of periods that no newer file has, and the numbers of those that a newer one replaces."""
    if feed.period is None:
        return found.rows, set()
    periods = found.rows[feed.period]
    here = set(pc.unique(periods).to_pylist())
    known = pc.is_in(
        periods, value_set=pa.array(sorted(seen), periods.type) if seen else pa.nulls(0, periods.type)
    )
    seen |= here
    return found.rows.filter(pc.invert(known)), set(found.numbers.filter(known.combine_chunks()).to_pylist())


def _quarantined(contract: Contract, feed: Feed, entry: Entry, found: Typed, replaced: set[int]) -> Table:
    faults = found.faults
    if replaced:
        faults = faults.filter(
            pc.invert(pc.is_in(faults[ROW], value_set=pa.array(sorted(replaced), pa.int64())))
        )
    schema, count = tables.SCHEMAS[QUARANTINE], faults.num_rows
    told = {"partner": contract.partner, "table_name": feed.table, "file": str(entry.facts["origin"])}
    columns = {name: pa.repeat(pa.scalar(text), count) for name, text in told.items()}
    columns |= {name: faults[name] for name in (ROW, "field", "reason_code", "reason", "is_row_lost")}
    columns["value_masked"] = masked(faults["value"])
    return pa.table([columns[name] for name in schema.names], schema=schema)
