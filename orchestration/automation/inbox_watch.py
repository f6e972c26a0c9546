"""When the inbox calls for a refresh. Belongs here: comparing the inbox with what was last seen. Does not: runs."""

from __future__ import annotations

import hashlib
from pathlib import Path

SETTLED_SECONDS = 10.0


def inbox_state(inbox: Path, now: float) -> tuple[str, list[str]] | None:
    """A digest and the names of the inbox's files; None while a file is still being copied in.

    A file counts as settled when it has not changed for ``SETTLED_SECONDS``, so that a half-copied export
    does not start a run that must fail.
    """
    files = sorted(path for path in inbox.rglob("*") if path.is_file() and not path.name.startswith("."))
    digest = hashlib.sha256()
    for path in files:
        facts = path.stat()
        if now - facts.st_mtime < SETTLED_SECONDS:
            return None
        digest.update(f"{path.relative_to(inbox)}|{facts.st_size}|{facts.st_mtime_ns}\n".encode())
    return digest.hexdigest(), [str(path.relative_to(inbox)) for path in files]
