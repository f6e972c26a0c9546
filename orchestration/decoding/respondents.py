"""From a batch of cells to rows of `respondents`. Belongs here: LimeSurvey's own columns, what intake
derived. Does not: answers, and which response of a company counts (a model's matter)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt

from orchestration.codebook import IDS_A_SOURCE, Codebook
from orchestration.decoding.arrow import Array, Flags, Integers, Moments, Strings, Table, flags, pa, pc
from orchestration.decoding.cells import Batch, DecodeInput
from orchestration.decoding.identified import Identified
from orchestration.decoding.quarantine import Quarantine, at
from orchestration.decoding.values import masked, moments, number_of

# What LimeSurvey writes for a moment that an anonymous survey must not keep.
_UNDATED = datetime(1980, 1, 1)

_USABLE_CLASSES = ("valid", "valid_after_normalisation")
_HARMLESS_CLASSES = (*_USABLE_CLASSES, "empty")
_CLASS_REASONS = {
    ("siren", "luhn_invalid"): "the SIREN's check digit is wrong",
    ("siren", "bad_format"): "the SIREN box holds something else than nine digits",
    ("siret", "luhn_invalid"): "the SIRET's check digit is wrong",
    ("siret", "bad_format"): "the SIRET box holds something else than fourteen digits",
    ("siret", "other_siren"): "the SIRET belongs to another SIREN than the one given",
}


@dataclass
class Rows:
    """The rows of one batch that count, and their ids and places in the original file."""

    batch: Batch
    ids: npt.NDArray[np.int64]
    row_numbers: Integers


class RespondentDecoder:
    """Decodes the batches of one archived export, telling the edition's quarantine what is wrong."""

    def __init__(
        self,
        codebook: Codebook,
        export: DecodeInput,
        quarantine: Quarantine,
        seen: SeenIds,
        identified: Identified,
    ) -> None:
        self._codebook, self._export, self._quarantine, self._seen = codebook, export, quarantine, seen
        self._identified = identified
        self._first_id = codebook.first_id(export.source)
        self._fields = {question.kind: question.code for question in codebook.questions}
        self._name = next((q.code for q in codebook.questions if q.variable == "company_name"), None)
        self._place = {"source": export.source, "file": export.file}

    def accept(self, batch: Batch) -> Rows:
        """Keep the rows that are responses: not rejected at intake, with an id, the first with that id."""
        numbers = batch.plain("row_number", pa.int64())
        rejected = batch.plain("rejected", pa.string())
        is_rejected = flags(rejected.is_valid())
        self._quarantine.add(
            "rejected_row", at(rejected, is_rejected), row_number=at(numbers, is_rejected), **self._place
        )
        number = number_of(batch.cells("id"))
        usable = (number >= 0) & (number < IDS_A_SOURCE) & (number == np.floor(number))
        self._quarantine.add(
            "missing_id",
            "the row has no response id, so it is nobody's answer",
            row_number=at(numbers, ~usable & ~is_rejected),
            field="id",
            **self._place,
        )
        kept = usable & ~is_rejected
        ids = np.where(kept, number, 0).astype(np.int64) + self._first_id
        again = np.zeros(len(kept), bool)
        again[kept] = self._seen.again(ids[kept])
        self._quarantine.add(
            "duplicate_id",
            "another row of this edition has the same response id; the first one counts",
            row_number=at(numbers, again),
            respondent_id=pa.array(ids[again]),
            field="id",
            **self._place,
        )
        kept &= ~again
        return Rows(batch.only(kept), ids[kept], at(numbers, kept))

    def decode(self, rows: Rows) -> Table:
        """Give the rows of `respondents`."""
        batch, n = rows.batch, len(rows.ids)
        submitted, is_undated = self._moment("submitdate", rows)
        is_test = batch.plain("is_test", pa.bool_()).fill_null(False)
        page = number_of(batch.cells("lastpage"))
        siren_class = batch.plain("siren_class", pa.string()).fill_null("empty")
        by_number, by_review = (
            batch.plain("company_key", pa.string()),
            self._identified.keys(pa.array(rows.ids)),
        )
        is_siren = pc.is_in(siren_class, value_set=pa.array(_USABLE_CLASSES))
        identified_by = pc.case_when(
            pc.make_struct(
                pc.and_(by_number.is_valid(), is_siren), by_number.is_valid(), by_review.is_valid()
            ),
            "siren",
            "siret",
            "review",
        )
        table = pa.table(
            {
                "edition": pa.repeat(self._codebook.edition, n),
                "respondent_id": pa.array(rows.ids),
                "source": pa.repeat(self._export.source, n),
                "company_key": pc.coalesce(by_number, by_review),
                "identified_by": identified_by,
                "siren_class": siren_class,
                "siret_class": batch.plain("siret_class", pa.string()).fill_null("empty"),
                "is_test": is_test,
                "is_complete": pa.array(flags(submitted.is_valid()) | is_undated),
                "is_undated": pa.array(is_undated),
                "started_at": self._moment("startdate", rows)[0],
                "submitted_at": submitted,
                "last_action_at": self._moment("datestamp", rows)[0],
                "last_page": pa.array(np.nan_to_num(page).astype(np.int64), mask=np.isnan(page)),
                "language": _blank_to_null(batch.plain("startlanguage", pa.string())),
                "file": pa.repeat(self._export.file, n),
                "row_number": rows.row_numbers,
            }
        )
        self._classes(rows, table)
        self._companies(rows, table)
        self._report(
            "test_row", "marked as a test by the codebook's rule; left out of figures", rows, flags(is_test)
        )
        return table

    def _moment(self, name: str, rows: Rows) -> tuple[Moments, Flags]:
        """Read a column of moments: null where there is none, and flags for LimeSurvey's "undated"."""
        cells = rows.batch.cells(name)
        moment = moments(cells.texts).take(pa.array(cells.position, mask=cells.position < 0))
        given = np.append(flags(pc.not_equal(cells.texts, "")), False)
        wrong = cells.pick(given) & ~flags(moment.is_valid())
        self._report(
            "invalid_value",
            f"'{name}' is not a moment such as 2019-03-31 14:00:00",
            rows,
            wrong,
            field=name,
            value_masked=masked(cells.texts.take(pa.array(cells.position[wrong]))),
        )
        undated = flags(pc.equal(moment, pa.scalar(_UNDATED, pa.timestamp("s"))).fill_null(False))
        return pc.if_else(pa.array(undated), None, moment), undated

    def _classes(self, rows: Rows, table: Table) -> None:
        for number in ("siren", "siret"):
            classes = table.column(f"{number}_class").combine_chunks()
            for name in pc.unique(classes).to_pylist():
                if name in _HARMLESS_CLASSES:
                    continue
                self._report(
                    f"{number}_{name}",
                    _CLASS_REASONS.get((number, name), f"the {number.upper()} is {name.replace('_', ' ')}"),
                    rows,
                    flags(pc.equal(classes, name)),
                    field=self._fields.get(number),
                )

    def _companies(self, rows: Rows, table: Table) -> None:
        """Tell who was identified by a reviewer, and why the others without a number were not."""
        by = table.column("identified_by").combine_chunks()
        self._report(
            "company_by_review",
            "no usable SIREN or SIRET; a reviewer accepted a company of like name in the commune",
            rows,
            flags(pc.fill_null(pc.equal(by, "review"), False)),
            field=self._name,
        )
        for code, reason, which in self._identified.reasons(pa.array(rows.ids), ~flags(by.is_valid())):
            self._report(code, reason, rows, which, field=self._name)

    def _report(
        self,
        reason_code: str,
        reason: str,
        rows: Rows,
        where: Flags,
        *,
        field: str | None = None,
        value_masked: Array | None = None,
    ) -> None:
        self._quarantine.add(
            reason_code,
            reason,
            row_number=at(rows.row_numbers, where),
            respondent_id=pa.array(rows.ids[where]),
            field=field,
            value_masked=value_masked,
            **self._place,
        )


class SeenIds:
    """The respondents' ids of an edition so far; LimeSurvey's exports have them rising: quick to check."""

    def __init__(self) -> None:
        self._highest = -1
        self._parts: list[npt.NDArray[np.int64]] = []

    def again(self, ids: npt.NDArray[np.int64]) -> Flags:
        """Tell which ids came before, in this batch or an earlier one, and remember them all."""
        if not len(ids):
            return np.zeros(0, bool)
        if ids[0] > self._highest and (np.diff(ids) > 0).all():
            again = np.zeros(len(ids), bool)
        else:
            _, first = np.unique(ids, return_index=True)
            again = np.ones(len(ids), bool)
            again[first] = False
            again |= np.isin(ids, np.concatenate([*self._parts, ids[:0]]))
        self._highest = max(self._highest, int(ids.max()))
        self._parts.append(ids)
        return again


def _blank_to_null(texts: Strings) -> Strings:
    return pc.if_else(pc.equal(texts, ""), None, texts)
