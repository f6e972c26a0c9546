"""The register into the archive. Belongs here: company keys in place of SIREN, what is told of a vintage, the companies
that answered. Does not: reading stock files (stock.py, companies.py)."""

from __future__ import annotations

import csv
import hashlib
import json
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute
import pyarrow.parquet as pq

from orchestration.archive import Archive, Entry
from orchestration.codebook import Codebook
from orchestration.collection.companies.known_names import (
    SIRENE_NAMES,
    forget_earlier,
    names_in,
    without_names,
)
from orchestration.collection.company_files import keyed, without_companies
from orchestration.collection.contacts import NAMES, Contacts
from orchestration.collection.inbox import PARTNERS, REGISTER
from orchestration.collection.intake import Collected
from orchestration.collection.raw_file import digest_of
from orchestration.collection.register.api import Absence, Row
from orchestration.collection.register.companies import NAMED, Wanted, read_companies
from orchestration.collection.register.files import Stock
from orchestration.collection.row_groups import RowGroups
from orchestration.collection.tombstones import Tombstones
from orchestration.collection.web import WebError
from orchestration.errors import PartnerFileError
from orchestration.identifiers import CompanyKeys, check_siren, check_siret, siren_of

pc: Any = pyarrow.compute  # its stubs know too few of the signatures it takes

LICENCE = "Licence Ouverte 2.0 (Etalab)"
SOURCE = "INSEE, Sirene"
_KEYED = pa.schema([pa.field("company_key", pa.string()), *list(NAMED)[1:]])
_ARCHIVED = without_names(_KEYED, SIRENE_NAMES)
# Goes into the hash of the split: to be raised whenever the same original would be archived otherwise.
_SPLIT_VERSION = 2
# Two calls each, thirty a minute: four minutes.
_LOOK_UPS = 60


def collect_register(  # noqa: PLR0917 - six things, each of another type
    stock: Stock,
    archive: Archive,
    keys: CompanyKeys,
    contacts: Contacts,
    respondents: Collection[str] = (),
    ask: Callable[[str], Row | Absence] | None = None,
) -> Collected:
    """Archive the industrial companies of a pair of stock files, and ``respondents`` (SIREN) whatever they do.

    Respondents that the stock does not have, such as companies founded since, are asked for one by one with
    ``ask`` (``SireneApi.company``), the first sixty of them. One row a company, without name or SIREN:
    ``companies.SCHEMA`` with ``company_key`` in front; the names go to ``contacts``. The
    sidecar tells vintage, source, licence, and under ``looked_up`` how many of those asked for were found, or
    why not.

    Raises:
        PartnerFileError: a stock file cannot be read or breaks its contract; nothing is added then.
        ArchiveError: the archive cannot be written, or the feed's latest entry is damaged.
    """
    origin = hashlib.sha256(
        "".join(digest_of(path, PartnerFileError) for path in (stock.units, stock.places)).encode()
    ).hexdigest()
    split = _split(keys)
    erased = Tombstones.load(archive.root, keys)
    latest = archive.latest(PARTNERS, REGISTER)
    asked = set(keys.of(pa.array(sorted(respondents), pa.string())).to_pylist()) - erased.companies
    if latest is not None and latest.says(origin_sha256=origin, split=split) and _has(latest, asked):
        return _collected(latest)
    facts = {
        "edition": None,
        "origin": f"{stock.units.name}, {stock.places.name}",
        "origin_sha256": origin,
        "format": stock.units.suffix.lower().removeprefix("."),
        "split": split,
        "keys": keys.fingerprint,
        "rejected": 0,
        "source_name": SOURCE,
        "licence": LICENCE,
    }
    looked_up: Counter[str] = Counter()

    with contacts.draft(REGISTER, NAMES) as names:

        def write(draft: Path) -> dict[str, object]:
            left = set(respondents)
            with (
                read_companies(stock.units, stock.places, Wanted(sirens=respondents)) as found,
                pq.ParquetWriter(draft, _ARCHIVED, compression="zstd") as writer,
            ):
                groups, before = RowGroups(writer, _ARCHIVED), 0

                def add(batch: pa.RecordBatch, where: Path) -> None:
                    rows = without_companies(keyed(batch, _KEYED, keys, where, before), erased)
                    groups.add(rows.select(_ARCHIVED.names).replace_schema_metadata(_ARCHIVED.metadata))
                    names.copy(names_in(rows, "codeCommuneEtablissement"))

                for batch in found.batches(NAMED):
                    left.difference_update(batch["siren"].to_pylist() if left else ())
                    add(batch, stock.units)
                    before += batch.num_rows
                for row in _asked(sorted(left)[:_LOOK_UPS], ask, looked_up):
                    add(pa.RecordBatch.from_pylist([row], schema=NAMED), Path("API Sirene"))
                    before += 1
                groups.close()
            lost = {"erased": before - groups.rows} if before > groups.rows else {}
            return {"rows": groups.rows, "vintage": found.vintage, "looked_up": dict(looked_up)} | lost

        def commit(stem: str) -> None:
            names.close()
            names.commit(stem, [entry.stem for entry in archive.entries(feed=REGISTER)])
            forget_earlier(archive, PARTNERS, REGISTER, stem, contacts)

        return _collected(archive.put(PARTNERS, REGISTER, "parquet", write, facts, before_commit=commit))


def _has(entry: Entry, companies: Collection[str | None]) -> bool:
    """Whether all of these company keys are among an entry's."""
    known = pq.read_table(entry.path, columns=["company_key"])["company_key"]
    found = pc.sum(pc.is_in(known, pa.array(list(companies), pa.string()))).as_py() or 0
    return bool(found == len(companies))


def _asked(
    sirens: Sequence[str], ask: Callable[[str], Row | Absence] | None, count: Counter[str]
) -> Iterator[Row]:
    """Look companies up one by one until the API fails: the register is whole without them."""
    if ask is None:
        return
    for siren in sirens:
        try:
            answer = ask(siren)
        except WebError as failure:
            count[failure.problem] += 1
            return
        if isinstance(answer, str):
            count[answer] += 1
        else:
            count["found"] += 1
            yield answer


def respondent_sirens(contacts: Contacts, codebooks: Sequence[Codebook]) -> set[str]:
    """The valid SIREN that people gave, alone or in a SIRET, in the contacts of the editions."""
    found: set[str] = set()
    for book in codebooks:
        columns = book.columns()
        for path in contacts.files(book.edition):
            if contacts.holds_names(path):
                continue
            cells = contacts.read(path, ["field", "value"])
            for kind, check in (("siren", check_siren), ("siret", check_siret)):
                fields = [name for name, column in columns.items() if column.kind == kind]
                given: Any = cells["value"].filter(pc.is_in(cells["field"], pa.array(fields, pa.string())))
                numbers = check(given.combine_chunks()).number
                found.update(pc.drop_null(numbers if kind == "siren" else siren_of(numbers)).to_pylist())
    return found


def unresolved_communes(entry: Entry, reference: Path) -> float:
    """The share of companies whose head office lies in no commune of the reference, or nowhere; 0 to 1."""
    with (reference / "communes.csv").open(encoding="utf-8", newline="") as file:
        known = pa.array([row["commune_code"] for row in csv.DictReader(file)], pa.string())
    codes = pq.read_table(entry.path, columns=["codeCommuneEtablissement"])["codeCommuneEtablissement"]
    resolved = pc.sum(pc.is_in(codes, known)).as_py() or 0
    return 1 - resolved / len(codes) if len(codes) else 0.0


def _collected(entry: Entry) -> Collected:
    return Collected(entry, entry.is_new, int(entry.facts["rows"]), int(entry.facts["rejected"]))


def _split(keys: CompanyKeys) -> str:
    split = {"version": _SPLIT_VERSION, "columns": _KEYED.names, "keys": keys.fingerprint}
    return hashlib.sha256(json.dumps(split, sort_keys=True).encode()).hexdigest()[:16]
