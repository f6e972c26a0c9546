"""A disk that is full while publishing: a real one, a few megabytes of memory mounted as a file system."""

from __future__ import annotations

import errno
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from orchestration.errors import ReleaseError
from orchestration.publication.disk import is_disk_full
from orchestration.publication.releases import current, publish, verify

ROOM = 48 * 1024 * 1024


@pytest.fixture
def small_disk(tmp_path: Path):
    """A file system of 24 MB; mounting one takes rights that not every machine gives."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={ROOM}", "tmpfs", str(folder)]
    mounted = subprocess.run(command, capture_output=True, text=True, check=False)
    if mounted.returncode:
        pytest.skip(f"no file system can be mounted here: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def fill(folder: Path, leave: int) -> Path:
    """Take all room but this many bytes."""
    filler = folder / "filler"
    filler.write_bytes(b"\0" * (shutil.disk_usage(folder).free - leave))
    return filler


@pytest.fixture
def shop(workshop, small_disk):
    """A workshop whose releases lie on the small disk, with one release published."""
    on_disk = replace(workshop, folder=small_disk)
    shutil.copy(workshop.dbt_manifest, on_disk.dbt_manifest)
    on_disk.publish(on_disk.candidate("run-1"))
    return on_disk


def assert_untouched(shop, message: str) -> None:
    assert "the disk is full" in message
    assert "the last release is untouched" in message
    assert " MB are free" in message or " kB are free" in message or " bytes are free" in message
    assert sorted(path.name for path in shop.releases.iterdir()) == ["2026-W48-1", "current"]
    assert verify(shop.releases).id == "2026-W48-1"


@pytest.mark.parametrize("leave", [0, 200_000, 1_500_000])
def test_while_building(shop, workshop, leave):
    workshop.write_warehouse()
    shutil.copy(workshop.warehouse, shop.warehouse)
    shop.write_knowledge()
    fill(shop.folder, leave)
    with pytest.raises(ReleaseError) as raised:
        shop.build("run-2")
    assert_untouched(shop, str(raised.value))


def test_while_publishing(shop):
    candidate = shop.candidate("run-2", shift=1)
    filler = fill(shop.folder, 0)
    with pytest.raises(ReleaseError) as raised:
        publish(candidate, shop.releases, shop.evidence(candidate), required=shop.gates)
    assert_untouched(shop, str(raised.value))
    filler.unlink()
    assert shop.publish(shop.candidate("run-3", shift=1)).release.id == "2026-W48-2"
    assert current(shop.releases).id == "2026-W48-2"


@pytest.mark.parametrize(
    ("error", "full"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), True),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), True),
        (RuntimeError('IO Error: Could not write file "x": No space left on device'), True),
        (OSError(errno.EACCES, "Permission denied"), False),
        (ValueError("full"), False),
    ],
)
def test_what_counts_as_a_full_disk(error, full):
    assert is_disk_full(error) is full
