"""Secrets kept in files. Belongs here: writing one so that it is there whole or not at all, for its owner alone. Does
not: what the secrets are for."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from orchestration.archive import sync


def make(path: Path, content: bytes) -> None:
    """Write a new secret, and never over another one: where two processes write, the first one's stands."""
    with _draft(path, content) as draft:
        try:
            os.link(draft, path)
        except FileExistsError:
            return
        sync(path.parent)


def replace(path: Path, content: bytes) -> None:
    """Write a secret in place of the one before."""
    with _draft(path, content) as draft:
        draft.replace(path)
        sync(path.parent)


@contextmanager
def _draft(path: Path, content: bytes) -> Iterator[Path]:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.parent.chmod(0o700)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        yield draft
    finally:
        draft.unlink(missing_ok=True)
