"""Reading what a release says of its tables. Belongs here: the keys stated in ``datapackage.json``. Does not:
writing it (pack/data_package.py), or checking it (verification.py)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

DATA_PACKAGE = "datapackage.json"


def read_keys(public: Path) -> dict[str, tuple[str, ...]]:
    """The keys that a release's folder of public files states, by table; none for a release without a data package."""
    path = public / DATA_PACKAGE
    if not path.is_file():
        return {}
    resources = json.loads(path.read_bytes())["resources"]
    return {resource["name"]: key for resource in resources if (key := key_of(resource["schema"]))}


def key_of(schema: Mapping[str, Any]) -> tuple[str, ...]:
    """The columns that tell one row of a resource from another, as its schema states them; empty if it does not."""
    return tuple(schema.get("primaryKey") or next(iter(schema.get("uniqueKeys", ())), ()))
