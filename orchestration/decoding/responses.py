"""From archived exports to the lake. Belongs here: the order of work over editions, exports and batches. Does
not: what rows and cells mean."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

import numpy as np

from orchestration import lake as tables
from orchestration.codebook import Codebook
from orchestration.decoding.answers import AnswerDecoder, Invalid
from orchestration.decoding.arrow import Table, pa
from orchestration.decoding.cells import DecodeInput, batches
from orchestration.decoding.codes import CodeList
from orchestration.decoding.companies import known_companies
from orchestration.decoding.identified import CompanyInput, Identified
from orchestration.decoding.quarantine import Quarantine, Spill
from orchestration.decoding.respondents import RespondentDecoder, Rows, SeenIds
from orchestration.errors import ExportError


@dataclass(frozen=True)
class EditionReport:
    """What one edition gave: rows a table, and rows in quarantine for each reason."""

    rows: Mapping[str, int]
    quarantine: Mapping[str, int]


@dataclass(frozen=True)
class DecodeReport:
    """What a decode gave, by edition, and notes on editions without any export."""

    editions: Mapping[str, EditionReport] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def rows(self, table: str) -> int:
        """Rows of one table over all editions."""
        return sum(report.rows[table] for report in self.editions.values())


def decode(  # noqa: PLR0917 - six things, each of another type
    codebooks: Sequence[Codebook],
    exports: Mapping[str, Sequence[DecodeInput]],
    lake: Path,
    codes: Mapping[str, CodeList] = MappingProxyType({}),
    partners: Quarantine | None = None,
    companies: Mapping[str, CompanyInput] = MappingProxyType({}),
) -> DecodeReport:
    """Replace the lake's editions, variables, respondents, answers and quarantine by what the exports say.

    ``exports`` gives for each edition its archived exports, one a source (the latest); ``codes`` the code
    lists of the variables that have one; ``partners`` what partner files have put in quarantine; ``companies``
    what was decided and searched for respondents without a SIREN or SIRET. Companies are looked up in the
    lake's register and frames, so that those are decoded first. Memory is bounded by a
    batch of cells, and by some 50 bytes a respondent for finding companies that answered twice. An edition
    without an export is left out, with a note.

    Raises:
        ExportError: an export cannot be read or does not match its codebook, or an edition has no codebook.
    """
    known = {codebook.edition for codebook in codebooks}
    for edition, given in exports.items():
        if given and edition not in known:
            raise ExportError(
                f"there is no codebook for the edition '{edition}'",
                where=str(given[0].path),
                expected=f"one of {', '.join(sorted(known))}",
                fix=f"write data/codebooks/{edition}.yaml, or remove the export",
            )
    editions = [
        _Edition(
            codebook, exports[codebook.edition], lake, codes, companies.get(codebook.edition, CompanyInput())
        )
        for codebook in codebooks
        if exports.get(codebook.edition)
    ]
    tables.write(lake, "answers", ((edition.name, edition.answers()) for edition in editions))
    tables.write(lake, "respondents", ((edition.name, edition.respondents.chunks()) for edition in editions))
    quarantined: list[tuple[str | None, Quarantine]] = [(one.name, one.quarantine) for one in editions]
    if partners is not None and partners.rows:
        quarantined.append((None, partners))
    tables.write(lake, "quarantine", ((edition, rows.chunks()) for edition, rows in quarantined))
    tables.write(lake, "variables", ((edition.name, [edition.variables()]) for edition in editions))
    tables.write(lake, "editions", [(None, [edition.description() for edition in editions])])
    return DecodeReport(
        {edition.name: edition.report() for edition in editions},
        tuple(
            f"{codebook.edition}: no export was collected, so the edition is left out"
            for codebook in codebooks
            if not exports.get(codebook.edition)
        ),
    )


class _Edition:
    """One edition on its way into the lake; ``answers()`` reads everything, the other tables come after."""

    def __init__(
        self,
        codebook: Codebook,
        exports: Sequence[DecodeInput],
        lake: Path,
        codes: Mapping[str, CodeList],
        companies: CompanyInput,
    ) -> None:
        self.name = codebook.edition
        self._lake = lake
        self.respondents = Spill(tables.SCHEMAS["respondents"], lake)
        self.quarantine = Quarantine(codebook.edition, lake)
        self._codebook, self._exports = codebook, _ordered(codebook, exports)
        self._decoder = AnswerDecoder(codebook, codes)
        self._seen = SeenIds()
        self._identified = Identified(companies)
        self._companies = _Companies()
        self._answers = 0

    def answers(self) -> Iterator[Table]:
        """Yield the rows of `answers`, batch after batch, filling the other tables on the way."""
        formats = {export.source: export.format for export in self._codebook.exports}
        for export in self._exports:
            decoder = RespondentDecoder(self._codebook, export, self.quarantine, self._seen, self._identified)
            for batch in batches(export, self._codebook):
                rows = decoder.accept(batch)
                if not len(rows.ids):
                    continue
                respondents = decoder.decode(rows)
                self.respondents.add(respondents)
                self._companies.add(respondents)
                answers, invalid = self._decoder.decode(
                    rows.batch, pa.array(rows.ids), formats[export.source]
                )
                self._invalid(invalid, rows, export)
                self._answers += answers.num_rows
                yield answers
        self._companies.report(self.quarantine, self._lake, self.name)

    def variables(self) -> Table:
        """Describe each column that gives answers."""
        return pa.Table.from_pylist(
            [
                {
                    "edition": self.name,
                    "variable": column.variable,
                    "item": column.item or "",
                    "question": column.question,
                    "heading": column.heading,
                    "kind": column.kind,
                    "comparability": column.comparability,
                    "position": position,
                    "answers": ", ".join(dict.fromkeys(column.values.values())),
                    "label_fr": column.label_fr,
                    "label_en": column.label_en,
                }
                for position, column in enumerate(self._decoder.columns, 1)
            ],
            schema=tables.SCHEMAS["variables"],
        )

    def description(self) -> Table:
        """Describe the edition."""
        codebook = self._codebook
        return pa.Table.from_pylist(
            [
                {
                    "edition": codebook.edition,
                    "year": codebook.year,
                    "title_fr": codebook.title.fr,
                    "title_en": codebook.title.en,
                    "status": codebook.status,
                    "is_simulated": codebook.simulated,
                    "has_frame": codebook.has_frame,
                }
            ],
            schema=tables.SCHEMAS["editions"],
        )

    def report(self) -> EditionReport:
        """Count what was written."""
        rows = {
            "respondents": self.respondents.rows,
            "answers": self._answers,
            "quarantine": self.quarantine.rows,
            "variables": len(self._decoder.columns),
            "editions": 1,
        }
        return EditionReport(rows, dict(self.quarantine.reasons))

    def _invalid(self, found: Sequence[Invalid], rows: Rows, export: DecodeInput) -> None:
        for cells in found:
            self.quarantine.add(
                cells.reason_code,
                f"the answer is not {cells.expected}",
                source=export.source,
                file=export.file,
                row_number=rows.row_numbers.take(pa.array(cells.rows)),
                respondent_id=pa.array(rows.ids[cells.rows]),
                field=cells.column.heading,
                value_masked=cells.masked,
            )


class _Companies:
    """The company keys of an edition's respondents, for finding companies that answered more than once, or
    that nobody knows."""

    _COLUMNS = ("company_key", "respondent_id", "source", "file", "row_number")

    def __init__(self) -> None:
        self._parts: list[Table] = []

    def add(self, respondents: Table) -> None:
        """Remember the keys of some respondents."""
        part = respondents.select(list(self._COLUMNS))
        for name in ("source", "file"):
            part = part.set_column(part.column_names.index(name), name, part.column(name).dictionary_encode())
        self._parts.append(part)

    def report(self, quarantine: Quarantine, lake: Path, edition: str) -> None:
        """List, as information (none is taken away), every response of a company beyond its first, and of a
        company that neither the register nor the edition's frame knows."""
        if not self._parts:
            return
        everyone = pa.concat_tables(self._parts).unify_dictionaries()
        everyone = everyone.filter(everyone.column("company_key").is_valid())
        keys = everyone.column("company_key").combine_chunks().dictionary_encode()
        _, first = np.unique(keys.indices.to_numpy(), return_index=True)
        later = np.ones(len(everyone), bool)
        later[first] = False
        _report(
            quarantine,
            "duplicate_company",
            "the company has an earlier response in this edition; a stated rule keeps one of them",
            everyone.filter(pa.array(later)),
        )
        known = known_companies(lake, edition, keys.dictionary)
        if known is not None:
            _report(
                quarantine,
                "unknown_siren",
                "neither the register nor the edition's sampling frame knows the SIREN",
                everyone.filter(pa.array(~known[keys.indices.to_numpy()])),
            )


def _report(quarantine: Quarantine, reason_code: str, reason: str, responses: Table) -> None:
    found = responses.combine_chunks()
    quarantine.add(
        reason_code,
        reason,
        source=found.column("source").cast(pa.string()),
        file=found.column("file").cast(pa.string()),
        row_number=found.column("row_number"),
        respondent_id=found.column("respondent_id"),
        field="company_key",
    )


def _ordered(codebook: Codebook, exports: Sequence[DecodeInput]) -> list[DecodeInput]:
    """Sort exports as the codebook lists their sources; ExportError for a source that it does not list."""
    sources = [export.source for export in codebook.exports]
    for export in exports:
        if export.source not in sources:
            raise ExportError(
                f"the source '{export.source}' is not in the codebook of {codebook.edition}",
                where=str(export.path),
                expected=f"one of {', '.join(sources)}",
                fix="add the source under 'exports' in the codebook",
            )
    return sorted(exports, key=lambda export: sources.index(export.source))
