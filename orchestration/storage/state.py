"""What a working folder knows of itself and its store. Belongs here: `store.json`, and hashing a file only when it has
changed. Does not: the transfer (mirror.py)."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import stat
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from orchestration.archive import sync

# What is as durable as the data: secrets, inbox, downloads, warehouse and Dagster's storage stay on this machine.
ROOMS = ("archive", "contacts", "decisions", "audit", "logs", "lake", "releases")
_FILE, _LOCK = "store.json", "store.lock"


@dataclass(frozen=True)
class Local:
    """A file here: its sha256, size and rights."""

    sha256: str
    bytes: int
    mode: int


@dataclass
class State:
    """``folder`` names this working folder; ``base`` is the number of the index that it was last equal to, and
    ``unsent`` says that a command may have changed something since. ``hashes``: size, time and sha256 by path."""

    folder: str = field(default_factory=lambda: uuid.uuid4().hex)
    base: int = 0
    unsent: bool = False
    hashes: dict[str, tuple[int, int, str]] = field(default_factory=dict)

    @classmethod
    def read(cls, folder: Path) -> State:
        """That of a working folder; a new one where there is none."""
        path = folder / _FILE
        if not path.exists():
            return cls()
        facts = json.loads(path.read_bytes())
        return cls(**{**facts, "hashes": {name: tuple(one) for name, one in facts["hashes"].items()}})

    def write(self, folder: Path) -> None:
        """Keep it, in one step."""
        draft = folder / f".{_FILE}"
        draft.write_text(json.dumps(asdict(self)), encoding="utf-8")
        sync(draft)
        draft.replace(folder / _FILE)

    def scan(self, folder: Path) -> tuple[dict[str, Local], dict[str, int]]:
        """Every file and every folder in the rooms, without drafts and links; only what has changed is read."""
        files: dict[str, Local] = {}
        folders: dict[str, int] = {}
        for room in ROOMS:
            for where, names, leaves in os.walk(folder / room):
                names[:] = sorted(
                    name for name in names if not name.startswith(".") and not _is_link(where, name)
                )
                folders[Path(where).relative_to(folder).as_posix()] = _mode(Path(where))
                for leaf in leaves:
                    if not leaf.startswith(".") and not _is_link(where, leaf):
                        path = Path(where) / leaf
                        files[path.relative_to(folder).as_posix()] = self._local(folder, path)
        self.hashes = {name: one for name, one in self.hashes.items() if name in files}
        return files, folders

    def _local(self, folder: Path, path: Path) -> Local:
        name, facts = path.relative_to(folder).as_posix(), path.stat()
        known = self.hashes.get(name)
        if known is None or known[:2] != (facts.st_size, facts.st_mtime_ns):
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            known = self.hashes[name] = (facts.st_size, facts.st_mtime_ns, digest)
        return Local(known[2], facts.st_size, _mode(path))


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Wait until no other process moves files between this working folder and its store, then hold the others off."""
    with (folder / _LOCK).open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def _is_link(where: str, name: str) -> bool:
    return (Path(where) / name).is_symlink()
