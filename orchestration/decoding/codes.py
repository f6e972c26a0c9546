"""Codes of communes and activities as sources write them. Belongs here: which code of today each stands for.
Does not: what becomes of a code that stands for none (values.py, partner_codes.py)."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from orchestration.decoding.arrow import Strings, pa, pc
from orchestration.reference.activities import NAF_REV2

Row = Mapping[str, str]


@dataclass(frozen=True)
class CodeList:
    """The codes that a column may hold: ``spellings`` are all ways of writing one, ``codes`` what each means.

    ``reason_code`` and ``expected`` are what quarantine says of a text that is none of them.
    """

    reason_code: str
    expected: str
    spellings: Strings
    codes: Strings

    @classmethod
    def of(cls, reason_code: str, expected: str, codes: Mapping[str, str]) -> CodeList:
        """From the code for each spelling."""
        spellings, meant = pa.array(list(codes), pa.string()), pa.array(list(codes.values()), pa.string())
        return cls(reason_code, expected, spellings, meant)

    def resolve(self, texts: Strings) -> Strings:
        """The code of today for each text; null where it stands for none, and for null."""
        encoded = texts.dictionary_encode()
        place = pc.index_in(_plain(encoded.dictionary), value_set=self.spellings)
        return self.codes.take(place).take(encoded.indices)


def code_lists(folder: Path) -> Mapping[str, CodeList]:
    """The code lists of the reference folder, by the variable or lake column that they are for.

    ``commune_code`` takes the code of a commune or district of today, of one that was (it resolves to the
    commune that holds its place), a code that lost its leading zero, or a name that one commune alone bears.
    ``naf_code`` takes a sub-class of NAF rev. 2. Blanks, dots, case and accents do not matter.
    """
    communes, passage = _rows(folder / "communes.csv"), _rows(folder / "commune_passage.csv")
    today = [(row["commune_code"], row["commune_code"]) for row in communes]
    former = [(row["former_code"], row["commune_code"]) for row in passage]
    short = [(code[1:], commune) for code, commune in [*former, *today] if code.startswith("0")]
    called = [(row["name"], row["commune_code"]) for row in communes]
    times = Counter(_plain(pa.array([name for name, _ in called], pa.string())).to_pylist())
    activities = [
        (row["activity_code"], row["activity_code"])
        for row in _rows(folder / "activities.csv")
        if row["nomenclature"] == NAF_REV2 and row["level"] == "subclass"
    ]
    names = {name: code for name, code in _spelt(called) if times[name] == 1}
    return MappingProxyType(
        {
            "commune_code": CodeList.of(
                "unknown_commune",
                "the INSEE code of a commune, of today or of before it merged, such as 80016",
                names | dict(_spelt([*short, *former, *today])),
            ),
            "naf_code": CodeList.of(
                "unknown_activity", "a sub-class of NAF rev. 2 such as 30.30Z", dict(_spelt(activities))
            ),
        }
    )


def _spelt(pairs: list[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    plain = _plain(pa.array([text for text, _ in pairs], pa.string())).to_pylist()
    return zip(plain, (code for _, code in pairs), strict=True)


def _plain(texts: Strings) -> Strings:
    """Texts as they are compared: without accents, blanks, dots, hyphens and apostrophes, in small letters."""
    bare = pc.replace_substring_regex(pc.utf8_normalize(texts, form="NFKD"), r"[\pM\s.'’\-]+", "")
    return pc.utf8_lower(bare)


def _rows(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
