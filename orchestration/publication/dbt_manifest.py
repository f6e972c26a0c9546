"""dbt's account of the project. Belongs here: reading its ``manifest.json``. Does not: what is made of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from orchestration.errors import ReleaseError


@contextmanager
def opened(path: Path) -> Iterator[dict[str, Any]]:
    """The manifest, for a block that takes out what it needs.

    Raises:
        ReleaseError: it cannot be read, or lacks what the block looks for.
    """
    try:
        yield json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
        raise ReleaseError(
            f"dbt's manifest cannot be read ({error})",
            where=str(path),
            fix="build the models first: it is written then",
        ) from error
