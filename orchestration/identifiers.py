"""SIREN and SIRET, and the key that stands for a company. Belongs here: normalising, checking and keying
whole columns of numbers. Does not: which column of an export holds them."""

from __future__ import annotations

import hashlib
import secrets
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute
from pydantic import SecretStr

from orchestration import secret_files
from orchestration.errors import SkillsBankError

pc: Any = pyarrow.compute  # its stubs know too few of the signatures it takes

NumberClass = Literal["valid", "valid_after_normalisation", "luhn_invalid", "bad_format", "empty"]
CLASSES: tuple[NumberClass, ...] = get_args(NumberClass)
VALID, NORMALISED, LUHN_INVALID, BAD_FORMAT, EMPTY = range(len(CLASSES))

# Every blank of Unicode, the zero-width ones too, and the dots people write between groups of digits.
_FILLING = (
    r"[\t-\r .\x{85}\x{a0}\x{1680}\x{2000}-\x{200b}\x{2028}\x{2029}\x{202f}\x{205f}\x{2060}\x{3000}\x{feff}]+"
)
_LA_POSTE, _LA_POSTE_HEAD_OFFICE = "356000000", "35600000000048"
_KEY_LENGTH = 32
_LEAST_SECRET = 16
_BLOCK = 64  # bytes that SHA-256 takes at a time


class Numbers(NamedTuple):
    """A checked column: ``number`` has the bare digits where valid (else null), ``kind`` the class."""

    number: pa.StringArray
    kind: pa.StringArray


def check_siren(values: pa.StringArray) -> Numbers:
    """Classify SIREN numbers: nine digits with a Luhn sum that is a multiple of ten (ISO/IEC 7812-1)."""
    return _check(values, digits=9)


def check_siret(values: pa.StringArray) -> Numbers:
    """Classify SIRET numbers: fourteen digits, Luhn, beginning with a valid SIREN.

    La Poste (356000000) is INSEE's exception: but for its head office, the plain sum of the digits of each of
    its establishments is a multiple of five.
    """
    return _check(values, digits=14)


def siren_of(sirets: pa.StringArray) -> pa.StringArray:
    """The SIREN in each SIRET, null where there is none."""
    sirens: pa.StringArray = pc.utf8_slice_codeunits(sirets, 0, 9)
    return sirens


def _check(values: Any, digits: int) -> Numbers:
    encoded = values.dictionary_encode()
    given = encoded.dictionary
    bare = pc.replace_substring_regex(given, _FILLING, "")
    classes = np.full(len(given), BAD_FORMAT, dtype=np.int8)
    classes[_mask(pc.equal(bare, ""))] = EMPTY
    shaped = _mask(pc.match_substring_regex(bare, rf"^[0-9]{{{digits}}}$"))
    passed = _passes(bare.filter(shaped), digits)
    untouched = _mask(pc.equal(bare, given))[shaped]
    classes[shaped] = np.where(passed, np.where(untouched, VALID, NORMALISED), LUHN_INVALID)
    good = pa.array(classes <= NORMALISED)
    number = pc.if_else(good, bare, pa.scalar(None, pa.string()))
    kind = pa.array(CLASSES, pa.string()).take(classes)
    return Numbers(number.take(encoded.indices), pc.fill_null(kind.take(encoded.indices), CLASSES[EMPTY]))


def _passes(numbers: Any, digits: int) -> npt.NDArray[np.bool_]:
    """Whether strings of exactly ``digits`` ASCII digits pass their check."""
    fixed: Any = numbers.cast(pa.binary()).cast(pa.binary(digits))
    matrix = np.frombuffer(fixed.buffers()[1] or b"", dtype=np.uint8, count=len(fixed) * digits)
    matrix = matrix.reshape(len(fixed), digits) - ord("0")
    right = _luhn(matrix)
    if digits == 14:
        poste = _mask(pc.starts_with(numbers, _LA_POSTE)) & ~_mask(pc.equal(numbers, _LA_POSTE_HEAD_OFFICE))
        right = np.where(poste, matrix.sum(axis=1, dtype=np.int64) % 5 == 0, right & _luhn(matrix[:, :9]))
    return right


def _luhn(matrix: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_]:
    """Whether each row of digits has a Luhn sum that is a multiple of ten."""
    doubled = np.array([0, 2, 4, 6, 8, 1, 3, 5, 7, 9], dtype=np.int64)
    total: npt.NDArray[np.int64] = matrix[:, ::-1][:, ::2].sum(axis=1, dtype=np.int64)
    total += doubled[matrix[:, ::-1][:, 1::2]].sum(axis=1)
    right: npt.NDArray[np.bool_] = total % 10 == 0
    return right


def _mask(flags: Any) -> npt.NDArray[np.bool_]:
    mask: npt.NDArray[np.bool_] = np.asarray(pc.fill_null(flags, fill_value=False), dtype=np.bool_)
    return mask


class CompanyKeys:
    """Makes company keys: the first 32 hexadecimal digits of HMAC-SHA256 (RFC 2104) of the SIREN.

    ``fingerprint`` tells secrets apart without giving them away: archived files carry it.
    """

    def __init__(self, secret: bytes) -> None:
        if len(secret) < _LEAST_SECRET:
            raise SkillsBankError(
                f"the secret of the company keys has {len(secret)} characters",
                where="SKILLSBANK_COMPANY_KEY_SECRET",
                expected=f"at least {_LEAST_SECRET}, since there are few enough SIREN to try them all",
                fix="set a long random text, or unset it and let one be made",
            )
        # Both passes begin with the secret: digested here once, a key costs a third of what `hmac.digest` takes.
        block = (secret if len(secret) <= _BLOCK else hashlib.sha256(secret).digest()).ljust(_BLOCK, b"\0")
        self._inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in block))
        self._outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in block))
        self.fingerprint = self._digest(b"fingerprint of the secret")[:12]

    def __repr__(self) -> str:
        return f"CompanyKeys(fingerprint={self.fingerprint!r})"

    @classmethod
    def load(cls, configured: SecretStr | None, folder: Path) -> CompanyKeys:
        """Take the configured secret, else the one in ``folder`` (0700), made there (0600) at the first call.

        Raises:
            SkillsBankError: the secret is too short, or its file cannot be read.
        """
        if configured is not None:
            return cls(configured.get_secret_value().encode())
        path = folder / "company_key"
        if not path.exists():
            secret_files.make(path, secrets.token_hex(32).encode())
        try:
            return cls(path.read_bytes().strip())
        except SkillsBankError as weak:
            raise SkillsBankError(
                weak.problem,
                where=str(path),
                expected=weak.expected,
                fix="restore the file from a backup: another secret would give every company another key",
            ) from None

    def of(self, sirens: pa.StringArray) -> pa.StringArray:
        """The key of each SIREN (bare digits), null for null."""
        encoded: Any = sirens.dictionary_encode()
        keys = [
            self._digest(siren)[:_KEY_LENGTH] for siren in encoded.dictionary.cast(pa.binary()).to_pylist()
        ]
        return pa.array(keys, pa.string()).take(encoded.indices)

    def _digest(self, message: bytes) -> str:
        """HMAC-SHA256 (RFC 2104), hexadecimal."""
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(message)
        outer.update(inner.digest())
        return outer.hexdigest()
