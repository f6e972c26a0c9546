"""What lies at an address of fsspec. Belongs here: objects, the index that says which of them count, and what goes
wrong with a server. Does not: the working folder (mirror.py), or who may write (lease.py)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from fsspec.core import url_to_fs  # type: ignore[import-untyped]

from orchestration.errors import SkillsBankError

SCHEMA_VERSION = 1
INDEXES = "current"
_TOLD = 200
_UNTOUCHED = "what is published there is untouched"


class StoreError(SkillsBankError):
    """Object storage that cannot be reached, read or written as it should be."""


class LostRaceError(StoreError):
    """Another machine wrote its index first."""


@dataclass(frozen=True)
class Stored:
    """A file as it lies in the store: the object's key, what is in it, and the rights of the file."""

    key: str
    sha256: str
    bytes: int
    mode: int


@dataclass(frozen=True)
class Index:
    """The whole state at one moment: each file by its path in the data folder, each folder with its rights.

    ``folder`` tells whose working folder wrote it; ``keys`` is the fingerprint of the company keys' secret; ``release``
    the one that is current.
    """

    number: int
    folder: str
    keys: str
    release: str | None
    written_at: str
    files: Mapping[str, Stored]
    folders: Mapping[str, int]


class Store:
    """The objects below one address.

    A reader starts from the newest ``current/<number>.json``, the index, and meets only what it lists: an index is
    written when all its objects are there, in one step, and only by whoever is first with its number.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        with self.explained():
            # A listing that is remembered would lack what was just written.
            options: dict[str, Any] = {"s3": {"use_listings_cache": False}, "file": {"auto_mkdir": True}}
            protocol = address.partition("://")[0]
            self._files, root = url_to_fs(address, **options.get(protocol, {}))
            self._root = str(root).rstrip("/")

    def index(self) -> Index | None:
        """The newest index; None where nothing was ever written."""
        for _ in range(3):
            numbers = self.numbers()
            if not numbers:
                return None
            try:
                return self._read_index(max(numbers))
            except FileNotFoundError:
                continue  # a newer one has just taken its place
        raise StoreError("the index changes all the time", where=self.address, fix="try again")

    def commit(self, index: Index) -> None:
        """Make an index the newest, or nothing: from here on readers meet its files.

        Raises:
            LostRaceError: another machine has written since the index before this one was read.
        """
        key, is_first = f"{INDEXES}/{index.number:08d}.json", True
        text = json.dumps({"schema_version": SCHEMA_VERSION, **asdict(index)}, indent=0, sort_keys=True)
        try:
            self.create(key, text.encode())
        except FileExistsError:
            is_first = False
        # Its number may have been free again, because a newer index had already taken its place.
        if is_first and max(self.numbers()) > index.number:
            self.remove([key])
            is_first = False
        if not is_first:
            raise LostRaceError(
                "another machine has written there meanwhile, so this one's work was not sent",
                where=self.address,
                fix="start the command again: it begins from what is there now",
            )

    def objects(self) -> dict[str, int]:
        """Every object below the address by its key, with its size."""
        with self.explained():
            found = self._files.find(self._root, detail=True)
        return {str(path).removeprefix(f"{self._root}/"): int(facts["size"]) for path, facts in found.items()}

    def send(self, files: Mapping[str, Path]) -> None:
        """Write files as objects of these keys; one that is there is replaced."""
        if files:
            with self.explained():
                self._files.put([str(path) for path in files.values()], [self._at(key) for key in files])

    def fetch(self, files: Mapping[Path, str]) -> None:
        """Write the objects of these keys to files. Raises FileNotFoundError where one is gone."""
        if files:
            with self.explained(missing=True):
                self._files.get([self._at(key) for key in files.values()], [str(path) for path in files])

    def create(self, key: str, data: bytes) -> None:
        """Write an object that must not be there yet. Raises FileExistsError where it is."""
        with self.explained():
            self._files.pipe_file(self._at(key), data, mode="create")

    def replace(self, key: str, data: bytes) -> None:
        """Write an object, in place of what is there."""
        with self.explained():
            self._files.pipe_file(self._at(key), data)

    def read(self, key: str) -> bytes | None:
        """An object's bytes; None where there is none."""
        try:
            with self.explained(missing=True):
                return bytes(self._files.cat_file(self._at(key)))
        except FileNotFoundError:
            return None

    def remove(self, keys: Sequence[str]) -> None:
        """Delete objects; those that are gone already do not matter."""
        if keys:
            with self.explained():
                for key in keys:
                    try:
                        self._files.rm_file(self._at(key))
                    except FileNotFoundError:
                        continue

    @contextmanager
    def explained(self, *, missing: bool = False) -> Iterator[None]:
        """Tell what is wrong with a server, in place of what each file system's own library says.

        FileExistsError passes, and with ``missing`` FileNotFoundError does, unless the bucket itself is missing.
        """
        try:
            yield
        except (SkillsBankError, FileExistsError):
            raise
        except ImportError as error:
            is_s3 = self.address.startswith("s3://")
            raise StoreError(
                f"this address needs a package that is not installed ({error})",
                where=self.address,
                fix="install the project with its extra: pip install -e '.[s3]'"
                if is_s3
                else "install that package",
            ) from error
        except Exception as error:  # each file system of fsspec raises errors of its own library
            is_bucket = "bucket does not exist" in str(error)
            if missing and isinstance(error, FileNotFoundError) and not is_bucket:
                raise
            raise self._problem(error) from error

    def _problem(self, error: Exception) -> StoreError:
        text, kind = str(error).strip(), type(error).__name__
        # A long text quotes what the server said, which may quote the request with its token.
        said = text if 0 < len(text) <= _TOLD and "\n" not in text else kind
        if isinstance(error, OSError) and error.filename and Path(str(error.filename)).is_absolute():
            what, fix = (
                "a file here cannot be read or written",
                "make room or correct the rights, then start again",
            )
        elif isinstance(error, ValueError):
            what, fix = (
                "this is no address of object storage",
                "correct SKILLSBANK_DATA, such as s3://bucket/prefix",
            )
        elif isinstance(error, FileNotFoundError):
            what, fix = "there is no such bucket", "make the bucket, or correct SKILLSBANK_DATA"
        elif isinstance(error, PermissionError) or "Credentials" in kind:
            what = "the access is refused"
            fix = "correct the AWS_* variables or the profile, and the rights to list, read, write and delete there"
        elif isinstance(error, TimeoutError) or "Connect" in kind or "Timeout" in kind:
            what, fix = (
                "the server cannot be reached",
                "check the network and AWS_ENDPOINT_URL, then start again",
            )
        else:
            what, fix = "the server failed", "start again: what has arrived counts when all has"
        return StoreError(f"{what} ({said}); {_UNTOUCHED}", where=self.address, fix=fix)

    def _at(self, key: str) -> str:
        return f"{self._root}/{key}"

    def numbers(self) -> list[int]:
        """The numbers of the indexes; more than one while a newer one takes the place of another."""
        with self.explained():
            found = self._files.find(self._at(INDEXES))
        names = [PurePosixPath(str(path)) for path in found]
        return [int(name.stem) for name in names if name.suffix == ".json" and name.stem.isdigit()]

    def _read_index(self, number: int) -> Index:
        key = f"{INDEXES}/{number:08d}.json"
        data = self.read(key)
        if data is None:
            raise FileNotFoundError(key)
        try:
            facts = json.loads(data)
            version = int(facts.pop("schema_version"))
            if version > SCHEMA_VERSION:
                raise StoreError(
                    f"the index has schema {version}: a newer Skills Bank wrote it",
                    where=f"{self.address}/{key}",
                    expected=f"schema {SCHEMA_VERSION} or older",
                    fix="use the version of Skills Bank that wrote it, or a newer one",
                )
            facts["files"] = {path: Stored(**one) for path, one in facts["files"].items()}
            return Index(**facts)
        except (ValueError, KeyError, TypeError, AttributeError) as damage:
            raise StoreError(
                f"the index is damaged ({type(damage).__name__})",
                where=f"{self.address}/{key}",
                fix="restore this object from a version of the bucket or a backup",
            ) from damage
