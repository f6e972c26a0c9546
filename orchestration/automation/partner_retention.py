"""How long partners' files are kept. Belongs here: which archived files are due by their contracts, deleting them, the
log of it. Does not: contacts (retention.py), or when that happens."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from orchestration.archive import Archive
from orchestration.automation.retention import LOG
from orchestration.collection.inbox import PARTNERS
from orchestration.collection.partners.contract import Contract, feeds_of


def retain_partner_files(
    archive: Archive, contracts: Sequence[Contract], logs: Path, *, now: datetime
) -> dict[str, int]:
    """Delete each archived file of a partner that is older than its contract allows, but for a feed's latest.

    The time counts from the collection. Each deletion is a line of ``retention.jsonl`` in ``logs``, written before it:
    deleting can be repeated.

    Returns:
        How many files were deleted, by table.

    Raises:
        ArchiveError: an entry is damaged, or cannot be deleted.
    """
    deleted: dict[str, int] = {}
    for contract, feed in feeds_of(contracts):
        for entry in archive.entries(PARTNERS, feed.table)[:-1]:
            years = now.year - entry.collected_at.year
            whole = (now.month, now.day) >= (entry.collected_at.month, entry.collected_at.day)
            if years - (not whole) < contract.retention_years:
                continue
            _note(
                logs,
                {
                    "at": now.isoformat(),
                    "event": "partner file deleted",
                    "partner": contract.partner,
                    "file": entry.path.relative_to(archive.root).as_posix(),
                    "collected_at": entry.collected_at.isoformat(),
                    "retention_years": contract.retention_years,
                },
            )
            archive.discard(entry)
            deleted[feed.table] = deleted.get(feed.table, 0) + 1
    return deleted


def _note(logs: Path, facts: dict[str, object]) -> None:
    logs.mkdir(parents=True, exist_ok=True)
    with (logs / LOG).open("a", encoding="utf-8") as file:
        file.write(json.dumps(facts, ensure_ascii=False) + "\n")
        file.flush()
        os.fsync(file.fileno())
