"""The keys that the contacts are encrypted with. Belongs here: making and keeping them, and wrapping the keys of single
files. Does not: the files (contacts.py), or when keys change (automation/key_rotation.py)."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet.encryption
from cryptography.fernet import Fernet

from orchestration import secret_files
from orchestration.errors import SkillsBankError

pe: Any = pyarrow.parquet.encryption  # its stubs know neither the options nor the types of today

FILE = "contacts_keys"
_CONNECTION = pe.KmsConnectionConfig()


class MissingKeyError(SkillsBankError):
    """A file of the contacts whose key is not there."""


@dataclass(frozen=True)
class ContactsKeys:
    """The keys by name, the newest first: it encrypts, and all decrypt. Empty where none was made yet.

    A name tells keys apart without giving them away; a file says with which key it was encrypted.
    """

    keys: Mapping[str, bytes]

    def __repr__(self) -> str:
        return f"ContactsKeys({', '.join(self.keys)})"

    @property
    def newest(self) -> str:
        """The name of the key that encrypts."""
        return next(iter(self.keys))

    def encrypting(self) -> Any:
        """How to write a file: AES-GCM with a key of its own (256 bits), which the newest key wraps."""
        how = pe.EncryptionConfiguration(
            footer_key=self.newest, uniform_encryption=True, double_wrapping=False, data_key_length_bits=256
        )
        return _factory(_Wrapping(self.keys)).file_encryption_properties(_CONNECTION, how)

    def decrypting(self) -> Any:
        """How to read a file; opening one whose key is not among these raises KeyError with the key's name."""
        return _factory(_Wrapping(self.keys)).file_decryption_properties(_CONNECTION)

    def newest_alone(self) -> ContactsKeys:
        """The key that encrypts, without the others."""
        return ContactsKeys({self.newest: self.keys[self.newest]})


def load(folder: Path) -> ContactsKeys:
    """Read the keys in ``folder``, one a line.

    Raises:
        SkillsBankError: a line is no key.
    """
    path = folder / FILE
    try:
        keys = path.read_bytes().split()
        for key in keys:
            Fernet(key)
    except FileNotFoundError:
        return ContactsKeys({})
    except ValueError:
        raise SkillsBankError(
            "a line of it is no key",
            where=str(path),
            expected="32 bytes in URL-safe base64 a line, the newest first",
            fix="restore it from a backup (docs/operations.md, 'A lost key')",
        ) from None
    return ContactsKeys({_name(key): key for key in keys})


def make(folder: Path) -> ContactsKeys:
    """Make the first key, where there is none."""
    secret_files.make(folder / FILE, Fernet.generate_key() + b"\n")
    return load(folder)


def add(folder: Path) -> ContactsKeys:
    """Put a new key before the others: from now on it encrypts."""
    return _keep(folder, [Fernet.generate_key(), *load(folder).keys.values()])


def retire(folder: Path) -> ContactsKeys:
    """Keep the newest key alone: nothing may be encrypted with another one any more."""
    return _keep(folder, list(load(folder).newest_alone().keys.values()))


def lost(path: Path, folder: Path, name: str | None = None) -> MissingKeyError:
    """What to say of a file whose key is not there."""
    return MissingKeyError(
        f"it is encrypted, and its key {f'({name}) ' if name else ''}is missing",
        where=str(path),
        expected=f"the key in {folder / FILE}",
        fix="restore that file from a backup; if it is lost for good, see docs/operations.md, 'A lost key'",
    )


class _Wrapping(pe.KmsClient):  # type: ignore[misc]  # Any, as above
    """Stands where Parquet's encryption has a key management service."""

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        super().__init__()
        self._keys = keys

    def wrap_key(self, key_bytes: bytes, master_key_identifier: str) -> str:
        return Fernet(self._keys[master_key_identifier]).encrypt(key_bytes).decode()

    def unwrap_key(self, wrapped_key: str, master_key_identifier: str) -> bytes:
        return Fernet(self._keys[master_key_identifier]).decrypt(wrapped_key.encode())


def _factory(wrapping: _Wrapping) -> Any:
    return pe.CryptoFactory(lambda _: wrapping)


def _keep(folder: Path, keys: list[bytes]) -> ContactsKeys:
    secret_files.replace(folder / FILE, b"".join(key + b"\n" for key in keys))
    return load(folder)


def _name(key: bytes) -> str:
    return hmac.digest(key, b"name of the key", "sha256").hex()[:12]
