"""The archive: atomic, idempotent, ordered, and aware of damage."""

import errno
import json
import os
import signal
import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from hashlib import sha256
from multiprocessing import get_context
from pathlib import Path

import pytest

from orchestration.archive import Archive
from orchestration.errors import ArchiveError


def writes(content: bytes, **facts):
    def write(path: Path):
        path.write_bytes(content)
        return facts

    return write


def snapshot(root: Path):
    return {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in root.rglob("*") if path.is_file()}


@pytest.fixture
def archive(tmp_path):
    return Archive(tmp_path / "archive")


def put(archive, content=b"one", **kwargs):
    return archive.put("limesurvey", "tour_2019", "csv", writes(content), **kwargs)


def test_entry_is_named_by_time_and_content(archive):
    before = datetime.now(UTC).replace(microsecond=0)
    entry = archive.put("limesurvey", "tour_2019", "csv", writes(b"one", rows=3), {"origin": "x.csv"})
    digest = sha256(b"one").hexdigest()
    assert entry.is_new
    assert entry.path.read_bytes() == b"one"
    assert entry.path.parent == archive.root / "limesurvey" / "tour_2019"
    assert entry.path.name == f"{entry.collected_at:%Y%m%dT%H%M%SZ}-{digest[:12]}.csv"
    assert entry.stem == entry.path.name.removesuffix(".csv")
    assert before <= entry.collected_at <= datetime.now(UTC)
    sidecar = json.loads(Path(f"{entry.path}.json").read_text())
    assert sidecar == {
        "source": "limesurvey",
        "feed": "tour_2019",
        "origin": "x.csv",
        "rows": 3,
        "sha256": digest,
        "bytes": 3,
        "collected_at": entry.collected_at.isoformat(),
        "schema_version": 1,
    }
    assert entry.says(origin="x.csv", rows=3)
    assert not entry.says(origin="y.csv")


def test_a_file_is_copied_as_it_is(archive, tmp_path):
    original = tmp_path / "original.csv"
    original.write_bytes(b"original")
    entry = archive.put("partners", "stopovers", "csv", original)
    assert entry.path.read_bytes() == b"original"
    assert original.read_bytes() == b"original"


def test_same_content_adds_and_changes_nothing(archive):
    first = put(archive)
    before = snapshot(archive.root)
    again = put(archive)
    assert not again.is_new
    assert again == first
    assert snapshot(archive.root) == before


def test_a_state_that_comes_back_is_the_latest_again(archive):
    names = [put(archive, content).path.name for content in (b"a", b"b", b"a")]
    entries = archive.entries("limesurvey", "tour_2019")
    assert [entry.path.name for entry in entries] == names == sorted(names)
    assert archive.latest("limesurvey", "tour_2019").path.read_bytes() == b"a"


def test_many_states_within_a_second_keep_their_order(archive):
    contents = [f"{number}".encode() for number in range(30)]
    for content in contents:
        put(archive, content)
    assert [entry.path.read_bytes() for entry in archive.entries()] == contents


def test_feeds_are_apart(archive):
    archive.put("limesurvey", "a", "csv", writes(b"x"))
    archive.put("limesurvey", "b", "csv", writes(b"x"))
    archive.put("partners", "a", "csv", writes(b"x"))
    assert len(archive.entries()) == 3
    assert [entry.source for entry in archive.entries(feed="a")] == ["limesurvey", "partners"]
    assert [entry.feed for entry in archive.entries("limesurvey")] == ["a", "b"]
    assert archive.latest("partners", "b") is None


def test_files_cannot_be_overwritten_by_accident(archive):
    entry = put(archive)
    assert stat.S_IMODE(entry.path.stat().st_mode) == 0o444
    assert stat.S_IMODE(Path(f"{entry.path}.json").stat().st_mode) == 0o444


@pytest.mark.parametrize("name", ["", ".hidden", "a/b", "../up", "a b"])
def test_names_that_are_no_folder_are_refused(archive, name):
    with pytest.raises(ArchiveError, match="cannot name a folder"):
        archive.put(name, "feed", "csv", writes(b"x"))
    with pytest.raises(ArchiveError, match="cannot name a folder"):
        archive.latest("source", name)


def test_failure_while_writing_leaves_nothing(archive):
    def write(path: Path):
        path.write_bytes(b"half")
        raise KeyboardInterrupt

    first = put(archive)
    before = snapshot(archive.root)
    with pytest.raises(KeyboardInterrupt):
        archive.put("limesurvey", "tour_2019", "csv", write)
    assert snapshot(archive.root) == before
    assert archive.entries() == [first]


def test_failure_before_the_commit_leaves_nothing(archive):
    def fail(_stem):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        put(archive, before_commit=fail)
    assert snapshot(archive.root) == {}


def test_before_commit_is_told_the_stem_before_anything_is_seen(archive):
    seen = []
    entry = put(archive, before_commit=lambda stem: seen.append((stem, archive.entries())))
    assert seen == [(entry.stem, [])]
    put(archive, before_commit=seen.append)
    assert len(seen) == 1


def test_full_disk_is_told_in_plain_words(archive):
    def write(path: Path):
        path.write_bytes(b"half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(ArchiveError, match=r"No space left.*make room"):
        archive.put("limesurvey", "tour_2019", "csv", write)
    assert snapshot(archive.root) == {}


def test_folder_that_is_a_file_is_told(archive):
    archive.root.parent.mkdir(exist_ok=True)
    archive.root.write_text("in the way")
    with pytest.raises(ArchiveError, match="cannot be written"):
        put(archive)


def test_leftovers_never_count_and_are_replaced(archive):
    folder = archive.root / "limesurvey" / "tour_2019"
    folder.mkdir(parents=True)
    (folder / ".draft-99.csv").write_bytes(b"half")
    (folder / ".draft-99.csv.json").write_text("{")
    # A run killed between its two renames: the file has its name already, the sidecar does not.
    uncommitted = folder / f"20200101T000000Z-{sha256(b'one').hexdigest()[:12]}.csv"
    uncommitted.write_bytes(b"one")
    other = folder / f"20200101T000000Z-{sha256(b'other').hexdigest()[:12]}.csv"
    other.write_bytes(b"other")
    assert archive.entries() == []
    assert archive.latest("limesurvey", "tour_2019") is None
    entry = put(archive)
    assert archive.entries() == [entry]
    files = {path.name for path in folder.iterdir()}
    assert files == {entry.path.name, f"{entry.path.name}.json", other.name}


def damage(entry, how):
    entry.path.chmod(0o644)
    sidecar = Path(f"{entry.path}.json")
    sidecar.chmod(0o644)
    match how:
        case "shorter":
            entry.path.write_bytes(entry.path.read_bytes()[:-1])
        case "missing":
            entry.path.unlink()
        case "half sidecar":
            sidecar.write_text(sidecar.read_text()[:40])
        case "empty sidecar":
            sidecar.write_text("{}")
        case "list sidecar":
            sidecar.write_text("[]")
        case "wrong time":
            sidecar.write_text(json.dumps(dict(entry.facts) | {"collected_at": "yesterday"}))


@pytest.mark.parametrize(
    "how", ["shorter", "missing", "half sidecar", "empty sidecar", "list sidecar", "wrong time"]
)
def test_damaged_entry_is_told_with_its_path(archive, how):
    entry = put(archive)
    damage(entry, how)
    reads = [
        archive.entries,
        lambda: archive.latest("limesurvey", "tour_2019"),
        lambda: archive.verify(entry),
        lambda: put(archive, b"two"),
    ]
    for read in reads:
        with pytest.raises(ArchiveError, match=entry.stem) as caught:
            read()
        assert caught.value.fix
        assert caught.value.expected


def test_verify_finds_one_changed_byte(archive):
    entry = put(archive, b"a long enough content")
    archive.verify(entry)
    entry.path.chmod(0o644)
    content = bytearray(entry.path.read_bytes())
    content[3] ^= 1
    entry.path.write_bytes(content)
    assert archive.entries() == [entry]  # the size is right
    with pytest.raises(ArchiveError, match="not what was archived"):
        archive.verify(entry)


def test_verify_finds_another_content_with_a_sidecar_to_match(archive):
    entry = put(archive, b"one")
    for path, content in (
        (entry.path, b"two"),
        (
            Path(f"{entry.path}.json"),
            json.dumps(dict(entry.facts) | {"sha256": sha256(b"two").hexdigest()}).encode(),
        ),
    ):
        path.chmod(0o644)
        path.write_bytes(content)
    with pytest.raises(ArchiveError):
        archive.verify(entry)


def test_readers_see_whole_entries_while_one_writes(archive):
    def read(_):
        return [(entry.path.stat().st_size, entry.bytes) for entry in archive.entries()]

    with ThreadPoolExecutor(4) as pool:
        reading = [pool.submit(read, number) for number in range(200)]
        for number in range(50):
            put(archive, b"x" * (number + 1))
    assert all(size == said for future in reading for size, said in future.result())
    assert len(archive.entries()) == 50


def _put_forever(root: Path, started):
    archive, number = Archive(root), 0
    started.set()
    while True:
        number += 1
        archive.put("source", "feed", "bin", writes(b"%d" % number * 50_000))


def test_killed_at_any_moment_no_half_entry_is_seen(tmp_path):
    context = get_context("forkserver")
    for trial in range(10):
        started = context.Event()
        process = context.Process(target=_put_forever, args=(tmp_path, started))
        process.start()
        assert started.wait(30)
        process.join(0.011 * (trial + 1))
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        archive = Archive(tmp_path)
        for entry in archive.entries():
            archive.verify(entry)
    entry = archive.put("source", "feed", "bin", writes(b"after"))
    assert archive.latest("source", "feed") == entry
    assert not list(tmp_path.rglob(".draft-*"))
