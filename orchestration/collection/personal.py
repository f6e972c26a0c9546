"""What is personal in a survey. Belongs here: which columns are, and what identifies a split. Does not: splitting
(intake.py), or where personal data goes (contacts.py)."""

from __future__ import annotations

import hashlib
import json

from orchestration.codebook import Codebook, has_text_headings
from orchestration.errors import CodebookError
from orchestration.identifiers import CompanyKeys

# Personal in every survey, named by the codebook or not: who answered, and from where.
ALWAYS_PERSONAL = frozenset({"token", "ipaddr"})
# Goes into the hash of the split: to be raised whenever intake would archive the same original otherwise.
_SPLIT_VERSION = 2


def personal_headings(codebook: Codebook) -> set[str]:
    """The columns that never reach the archive.

    Raises:
        CodebookError: a question for a SIREN or SIRET is not marked personal.
    """
    columns = codebook.columns()
    for column in columns.values():
        if column.kind in {"siren", "siret"} and not column.personal:
            raise CodebookError(
                f"question '{column.question}' asks for a {column.kind.upper()} and is not marked personal",
                where=f"codebook of {codebook.edition}",
                expected="personal: true, since the number names a company",
                fix=f"add 'personal: true' to question '{column.question}'",
            )
    personal = {heading for heading, column in columns.items() if column.personal}
    return personal | set(codebook.personal_columns) | ALWAYS_PERSONAL


def split_hash(codebook: Codebook, keys: CompanyKeys, reader: str) -> str:
    """Identify how an original is split: same hash and same original, same archived content."""
    columns = codebook.columns()
    split = {
        "version": _SPLIT_VERSION,
        "reader": reader,
        "personal": sorted(personal_headings(codebook)),
        "free_text": sorted(heading for heading, column in columns.items() if column.is_free_text),
        "headings": {column.vv_heading: heading for heading, column in columns.items()},
        "test_rows": codebook.test_rows.model_dump() if codebook.test_rows else None,
        "keys": keys.fingerprint,
    }
    if has_text_headings(reader):
        # There, texts of the codebook decide what each cell is.
        split["questions"] = [
            question.model_dump(exclude={"asked_when", "comparability"}) for question in codebook.questions
        ]
        split["exports"] = [
            export.model_dump(exclude={"files", "server"})
            for export in codebook.exports
            if export.format == reader
        ]
        split["timezone"] = codebook.timezone
    return hashlib.sha256(json.dumps(split, sort_keys=True).encode()).hexdigest()[:16]
