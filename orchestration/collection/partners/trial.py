"""Trying a partner's file on its contract. Belongs here: what a person is told of one file. Does not: judging it
(delivery.py); nothing is kept."""

from __future__ import annotations

import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq

from orchestration.archive import Archive
from orchestration.collection.partners.cells import typed
from orchestration.collection.partners.contract import feeds_of, load_all
from orchestration.collection.partners.delivery import NO_EARLIER, deliver
from orchestration.errors import PartnerFileError
from orchestration.identifiers import CompanyKeys
from orchestration.settings import Settings

_SHOWN = 3
# No key of a trial is kept: any secret will do.
_SECRET = b"only for a trial, kept nowhere"


@dataclass(frozen=True)
class Trial:
    """What came of it, in lines to print, and whether the file would be taken."""

    is_good: bool
    lines: list[str]


def try_file(settings: Settings, table: str, path: Path) -> Trial:
    """Collect a file into an archive of its own, and tell what it gave.

    Raises:
        PartnerFileError: a contract is wrong, or none has this table.
    """
    feeds = {feed.table: (contract, feed) for contract, feed in feeds_of(load_all(settings.contracts))}
    if table not in feeds:
        raise PartnerFileError(
            f"no contract has a table '{table}'",
            where=str(settings.contracts),
            expected=f"one of {', '.join(feeds)}",
            fix="correct the name, or write the contract first",
        )
    contract, feed = feeds[table]
    with tempfile.TemporaryDirectory() as folder:
        delivery = deliver(path, contract, feed, Archive(Path(folder)), CompanyKeys(_SECRET))
        if delivery.entry is None:
            return Trial(is_good=False, lines=[str(delivery.problem).removesuffix(NO_EARLIER)])
        facts, checked = delivery.entry.facts, typed(feed, pq.read_table(delivery.entry.path))
    lines = [f"{path.name}: good, {checked.rows.num_rows:,} of {delivery.rows:,} rows for '{table}'"]
    lines += [f"  {column} <- {heading}" for column, heading in facts["headings"].items()]
    lines += [f"  left out: {', '.join(facts['dropped'])}"] if facts["dropped"] else []
    lines += [f"  not in the contract: {', '.join(delivery.unknown)}"] if delivery.unknown else []
    lines += [f"  vintage: {facts['vintage']}"] if facts["vintage"] else []
    faults = zip(checked.faults["field"].to_pylist(), checked.faults["reason"].to_pylist(), strict=True)
    lines += [
        f"  {count} x {field or 'row'}: {reason}" for (field, reason), count in Counter(faults).most_common()
    ]
    lines += [f"  {row}" for row in checked.rows.slice(0, _SHOWN).to_pylist()]
    return Trial(is_good=True, lines=lines)
