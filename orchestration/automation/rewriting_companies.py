"""Files of companies found by name, without who was erased. Belongs here: known names, what the search came to, and
decisions. Does not: exports, frames and registers themselves (rewriting.py)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute
import pyarrow.parquet as pq

from orchestration.archive import Archive
from orchestration.collection.companies import matches, reviews
from orchestration.collection.contacts import Contacts, ContactsFile
from orchestration.collection.tombstones import Tombstone, Tombstones, respondent

pc: Any = pyarrow.compute  # its stubs know too few of the signatures it takes

SOURCES = (matches.SOURCE, reviews.SOURCE)


def copy_names(contacts: Contacts, path: Path, draft: ContactsFile, erased: Tombstones) -> int:
    """Write the names of companies that were not erased; count the others."""
    dropped = 0
    with contacts.scan(path) as names:
        for batch in names:
            rows = pa.Table.from_batches([batch])
            drop = pc.or_(_of(rows, erased), erased.in_texts(rows["name"]))
            left = rows.filter(pc.invert(drop))
            draft.copy(left)
            dropped += rows.num_rows - left.num_rows
    return dropped


def in_companies(archive: Archive, erased: Tombstones, gone: Mapping[str, set[int]]) -> Counter[str]:
    """Remove erased respondents and companies from what the search came to and from the decisions; count them."""
    removed: Counter[str] = Counter()
    for entry in (entry for source in SOURCES for entry in archive.entries(source)):
        rows = pq.read_table(entry.path)
        drop = pc.is_in(rows["respondent_id"], pa.array(sorted(gone.get(entry.feed, ())), pa.int64()))
        if "company_key" in rows.schema.names:
            drop = pc.or_(drop, _of(rows, erased))
        left = rows.filter(pc.invert(drop))
        count = rows.num_rows - left.num_rows
        if count:

            def write(draft: Path, left: pa.Table = left, before: Any = entry.facts) -> dict[str, int]:
                pq.write_table(left, draft, compression="zstd")
                return {"rows": left.num_rows, "erased": int(before.get("erased", 0)) + count}  # noqa: B023

            archive.replace(entry, write)
            removed["archive: rows of matches and decisions"] += count
    return removed


def reviewed_respondents(archive: Archive, companies: list[Tombstone]) -> list[Tombstone]:
    """The tombstones of responses that only a decision makes a company's: nothing else will tell them again."""
    marks = {stone.mark for stone in companies if stone.kind == "company"}
    return [
        respondent(entry.feed, one.respondent_id)
        for entry in archive.entries(reviews.SOURCE)
        for one in reviews.accepted(reviews.read(entry.path)).values()
        if one.company_key in marks
    ]


def _of(rows: pa.Table, erased: Tombstones) -> Any:
    return pc.is_in(rows["company_key"], pa.array(sorted(erased.companies), pa.string()))
