"""The archive as rows. Belongs here: what its sidecars say beside what is on the disk.
Does not: what is expected of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.quality.relations import FLAG, INTEGER, MOMENT, TEXT, Columns, table_of
from orchestration.sql_text import literal

_COLUMNS: Columns = {
    "source": TEXT,
    "feed": TEXT,
    "file": TEXT,
    "is_latest": FLAG,
    "origin": TEXT,
    "origin_sha256": TEXT,
    "format": TEXT,
    "sha256": TEXT,
    "found_sha256": TEXT,
    "bytes": INTEGER,
    "found_bytes": INTEGER,
    "rows": INTEGER,
    "found_rows": INTEGER,
    "rejected": INTEGER,
    "collected_at": MOMENT,
    "fault": TEXT,
}


def archive_entries(root: Path) -> pa.Table:
    """One row an entry, damaged ones too.

    ``found_*`` is what is on the disk (null: nothing there); its hash and rows are told for a feed's latest
    entry only, since the older ones were checked when they were the latest. ``fault``: what ails a sidecar.
    """
    return table_of(_COLUMNS, (_entry(root, sidecar, is_latest) for sidecar, is_latest in _sidecars(root)))


def latest_exports(root: Path) -> Iterator[tuple[str, str]]:
    """The latest archived Parquet of each feed, as its name and what stands after FROM."""
    for sidecar, is_latest in _sidecars(root):
        data = _data(sidecar)
        if is_latest and data.suffix == ".parquet" and data.is_file():
            yield data.relative_to(root).as_posix(), f"read_parquet({literal(data)})"


def _sidecars(root: Path) -> Iterator[tuple[Path, bool]]:
    """Every committed sidecar, and whether it is its feed's latest: names sort in time."""
    paths = sorted(path for path in root.glob("*/*/*.json") if not path.name.startswith("."))
    latest = {path.parent: path for path in paths}
    yield from ((path, latest[path.parent] == path) for path in paths)


def _data(sidecar: Path) -> Path:
    return sidecar.with_name(sidecar.name.removesuffix(".json"))


def _entry(root: Path, sidecar: Path, is_latest: bool) -> dict[str, Any]:
    data = _data(sidecar)
    row: dict[str, Any] = {
        "source": sidecar.parent.parent.name,
        "feed": sidecar.parent.name,
        "file": data.relative_to(root).as_posix(),
        "is_latest": is_latest,
    }
    try:
        facts = json.loads(sidecar.read_bytes())
        moment = datetime.fromisoformat(facts["collected_at"])
        texts = {name: facts.get(name) for name in ("origin", "origin_sha256", "format", "sha256")}
        numbers = {name: facts.get(name) for name in ("bytes", "rows", "rejected")}
        row |= texts | numbers | {"collected_at": moment.replace(tzinfo=None)}
        if data.is_file():
            row["found_bytes"] = data.stat().st_size
            if is_latest:
                with data.open("rb") as file:
                    row["found_sha256"] = hashlib.file_digest(file, "sha256").hexdigest()
                if data.suffix == ".parquet":
                    row["found_rows"] = pq.read_metadata(data).num_rows
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        row["fault"] = f"{type(error).__name__}: {error}"
    return row
