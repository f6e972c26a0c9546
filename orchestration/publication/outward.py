"""Publishing outside the house. Belongs here: copying a release's public files to a folder, bucket or server,
resumable, with the pointer last; the list of what went out. Does not: making releases current here (releases.py), or
what a database does with one (database.py)."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any

import fsspec  # type: ignore[import-untyped]
from fsspec.core import url_to_fs  # type: ignore[import-untyped]

from orchestration.errors import ReleaseError
from orchestration.publication import embargo
from orchestration.publication.candidate import PUBLIC
from orchestration.publication.database import Loaded, publish_to_database
from orchestration.publication.manifest import FileState, Manifest
from orchestration.publication.pack.content import LICENCE
from orchestration.publication.releases import Release, open_release, verify

POINTER, DESCRIPTION = "current.json", "release.json"
_LOG = "published.jsonl"
_CHUNK = 1 << 20
_TOLD = 200
_PASSWORD = re.compile(r"(?<=://)([^/@:]*):[^/@]*@")


@dataclass(frozen=True)
class Sent:
    """What a publishing did: the release, how many files it copied and how many were there already."""

    release: str
    target: str
    copied: int
    skipped: int


def publish_to(releases: Path, target: str, name: str = "current") -> Sent:
    """Copy a release's public files to ``target``, then point ``current.json`` there at it.

    The files go into a folder named as the release, ``release.json`` (checksums, gates) last of them; a reader who
    starts from ``current.json`` never meets two releases. What is there with the same checksum is not sent again.

    Args:
        releases: the folder of releases.
        target: a folder, or an address of fsspec: ``s3://bucket/prefix``, ``sftp://user@host/folder``. Access comes
            from where each library looks for it: AWS's variables and files, SSH's agent, keys and known hosts.
        name: a release, or ``current``.

    Raises:
        ReleaseError: no such release, one that is not sound or under an embargo, a target that cannot be written,
            or one that holds another release of this name. The pointer is untouched then.
    """
    release = _ready(releases, name)
    shown = _PASSWORD.sub(r"\1@", target)
    try:
        files, root = _open(target)
        sent = _send(files, PurePosixPath(root), release)
    except ReleaseError:
        raise
    except Exception as error:  # Each file system of fsspec raises errors of its own library.
        text = _PASSWORD.sub(r"\1@", str(error)).strip()
        # A long text quotes what the server said, and a server may quote the request with its token.
        reason = text if 0 < len(text) <= _TOLD and "\n" not in text else type(error).__name__
        raise ReleaseError(
            f"the release could not be sent ({reason})",
            where=shown,
            fix="mend the access and start again: what has arrived is not sent twice",
        ) from error
    _note(releases, release.id, shown)
    return Sent(release.id, shown, *sent)


def publish_into(
    releases: Path, address: str, name: str = "current", kept: int = 3
) -> tuple[Release, Loaded]:
    """Load a release's marts into PostgreSQL and show them there: see ``database.publish_to_database``.

    Raises:
        ReleaseError: no such release, one that is not sound or under an embargo, and what that function raises.
    """
    release = _ready(releases, name)
    loaded = publish_to_database(release, address, kept)
    _note(releases, release.id, _PASSWORD.sub(r"\1@", address))
    return release, loaded


def _ready(releases: Path, name: str) -> Release:
    """The release, sound and under no embargo."""
    release = open_release(releases, name)
    if embargo.is_closed(release):
        raise ReleaseError(
            f"release {release.id} is under an embargo until {release.manifest.embargo_until}",
            where=str(release.folder),
            fix="wait, or end it with `skillsbank releases lift-embargo --now`",
        )
    verify(releases, release.id)
    return release


def published(releases: Path) -> set[str]:
    """The ids of the releases that were sent out at some time."""
    path = releases / _LOG
    if not path.is_file():
        return set()
    return {json.loads(line)["release"] for line in path.read_text(encoding="utf-8").splitlines()}


def _open(target: str) -> tuple[Any, str]:
    """The file system and the path in it."""
    if target.startswith(("sftp://", "ssh://")):
        from orchestration.publication.known_hosts import KnownHostsFileSystem  # noqa: PLC0415

        fsspec.register_implementation("sftp", KnownHostsFileSystem, clobber=True)
        fsspec.register_implementation("ssh", KnownHostsFileSystem, clobber=True)
    # A bucket's listing is remembered otherwise, and what was just written would be missing from it.
    options = {"use_listings_cache": False} if target.startswith("s3://") else {}
    files, root = url_to_fs(target, skip_instance_cache=True, **options)
    return files, str(root)


def _send(files: Any, root: PurePosixPath, release: Release) -> tuple[int, int]:
    """Copy what is missing; how many files were copied, and how many were there."""
    folder = root / release.id
    manifest = release.manifest
    described = json.dumps(_description(manifest), indent=1, ensure_ascii=False).encode() + b"\n"
    public = {
        name.removeprefix(f"{PUBLIC}/"): state
        for name, state in manifest.files.items()
        if name.startswith(f"{PUBLIC}/")
    }
    _refuse_other(files, folder / DESCRIPTION, manifest)
    copied = 0
    for name, state in public.items():
        place = folder / name
        if not _is_there(files, str(place), state):
            _put(files, str(place), (release.folder / PUBLIC / name).read_bytes())
            copied += 1
    _put(files, str(folder / DESCRIPTION), described)
    pointer = {"release": release.id, "path": f"{release.id}/", "content_hash": manifest.content_hash}
    _put(files, str(root / POINTER), json.dumps(pointer, indent=1).encode() + b"\n")
    return copied, len(public) - copied


def _description(manifest: Manifest) -> dict[str, Any]:
    """What ``release.json`` says: the part of the manifest that strangers need."""
    return {
        "release": manifest.id,
        "created_at": manifest.created_at,
        "content_hash": manifest.content_hash,
        "licence": LICENCE,
        "simulated_editions": list(manifest.simulated_editions),
        "gates": [
            {"gate": gate.gate, "passed": gate.passed, "expectations": gate.expectations}
            for gate in manifest.gates
        ],
        "files": {
            name.removeprefix(f"{PUBLIC}/"): {"sha256": state.sha256, "bytes": state.bytes}
            for name, state in manifest.files.items()
            if name.startswith(f"{PUBLIC}/")
        },
    }


def _refuse_other(files: Any, path: PurePosixPath, manifest: Manifest) -> None:
    """A release that is out is never overwritten by another: somebody may be reading it."""
    if not files.exists(str(path)):
        return
    there: Mapping[str, Any] = json.loads(files.cat_file(str(path)))
    if there.get("content_hash") != manifest.content_hash:
        raise ReleaseError(
            f"there is another release {manifest.id} already",
            where=str(path),
            expected=f"content {manifest.content_hash[:12]}",
            fix="publish to a folder of your own, or remove the release there",
        )


def _is_there(files: Any, path: str, state: FileState) -> bool:
    """Whether the file lies there whole, by its size and then by its checksum, read back."""
    try:
        if files.info(path)["size"] != state.bytes:
            return False
    except FileNotFoundError:
        return False
    digest = hashlib.sha256()
    with files.open(path, "rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest() == state.sha256


def _put(files: Any, path: str, data: bytes) -> None:
    """Write a file in one step: a bucket does so by itself, elsewhere it gets its name when it is whole."""
    if "s3" in files.protocol:
        files.pipe_file(path, data)
        return
    files.makedirs(str(PurePosixPath(path).parent), exist_ok=True)
    fresh = str(PurePosixPath(path).with_name(f".{PurePosixPath(path).name}.part"))
    with files.open(fresh, "wb") as file:
        file.write(data)
    if "file" in files.protocol:
        Path(fresh).replace(path)
    else:
        files.mv(fresh, path)


def _note(releases: Path, release: str, target: str) -> None:
    moment = datetime.now(UTC).isoformat(timespec="seconds")
    line = json.dumps({"release": release, "target": target, "at": moment})
    with (releases / _LOG).open("a", encoding="utf-8") as file:
        file.write(line + "\n")
