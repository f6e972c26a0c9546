"""A tool's export as the codebook has it. Belongs here: which columns are meant, ids, submission, and rows under
code headings. Does not: single questions (question_cells.py), or reading files (readers/)."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, islice

from orchestration.codebook import IDS_A_SOURCE, Codebook, Complete, Layout, plain_text
from orchestration.codebook import Export as Declared
from orchestration.collection.exports import Chunk
from orchestration.collection.headed_columns import HeadedColumns
from orchestration.collection.headings import check_answers
from orchestration.collection.moments import is_moment, reader_of_moments
from orchestration.collection.question_cells import QuestionCells, cell_of
from orchestration.collection.text_rows import BadRow, Cells, chunked
from orchestration.collection.tools import ToolExport
from orchestration.errors import ExportError

_UNDATED = "1980-01-01 00:00:00"  # what LimeSurvey writes for "complete, but when is not kept"
_MOMENTS = ("submitdate", "startdate", "datestamp")
_FIRST_COLUMNS = 3
_JUDGED = 1_000
_FAULTS = 12
# Ids that we make have ten digits: with nine, one in ten would pass for a SIREN.
_LEAST_MADE = IDS_A_SOURCE // 10


class ByTexts:
    """An open export of a tool, under the codebook's headings; cells are answer codes where the labels tell.

    The id of a response is the tool's own where that is a number below 10,000,000,000. Else it is made
    of a SHA-256 and has ten digits: of the tool's own id; where there is none, of the
    submission time and the first three columns that are not personal; without a time, of all that are not
    personal. Rows that are equal in this are counted, so that each has an id. Nothing depends on other rows
    but that count and, about once in 10**10 / rows, the evasion of a number that is taken.
    """

    def __init__(self, export: ToolExport, codebook: Codebook, declared: Declared) -> None:
        self._export, self._codebook, self._declared = export, codebook, declared
        self.encoding = export.encoding
        columns = HeadedColumns(export.names)
        self._zone = codebook.timezone
        layout = declared.layout or Layout()
        self._meta = self._meta_columns(columns)
        moment = self._moment_reader(None)
        self._questions = [
            QuestionCells(question, columns, export.tool, moment, layout.decimal)
            for question in codebook.questions
        ]
        self._complete = self._completion(columns)
        self._refuse_faults(columns)
        self._readers = {name: self._moment_reader(name) for name in self._meta if name in _MOMENTS}
        self._id_columns = self._columns_of_ids()
        self._names = ["id", "submitdate", *(name for name in self._meta if name not in {"id", "submitdate"})]
        self.headings = tuple(chain(self._names, *(question.headings for question in self._questions)))

    def chunks(self) -> Iterator[Chunk]:
        """Yield the rows: see `Export`.

        Raises:
            ExportError: most submission times or coded answers of the first rows are not as declared.
        """
        rows = self._export.rows()
        first = list(islice(rows, _JUDGED))
        self._refuse_dates([row for row in first if not isinstance(row, BadRow)])
        ids = ResponseIds()
        judged = False
        coded = (row if isinstance(row, BadRow) else self._row(row, ids) for row in chain(first, rows))
        for chunk in chunked(self.headings, coded):
            judged = judged or self._judge(chunk)
            yield chunk

    def _row(self, row: Cells, ids: ResponseIds) -> list[str]:
        meta = {name: cell_of(row, places) for name, places in self._meta.items()}
        for name, read in self._readers.items():
            meta[name] = read(meta[name]) if meta[name] else ""
        time = meta.get("submitdate", "")
        if self._complete is not None:
            meta["submitdate"] = (meta.get("submitdate") or _UNDATED) if self._complete(row) else ""
        if "id" in self._meta:
            meta["id"] = ids.of_own(meta["id"])
        else:
            meta["id"] = ids.of_row(time, [row[place] or "" for place in self._id_columns])
        meta["startlanguage"] = meta.get("startlanguage", "").lower()
        cells = [meta.get(name, "") for name in self._names]
        for question in self._questions:
            cells += question.fill(row)
        return cells

    def _meta_columns(self, columns: HeadedColumns) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for declared, texts in self._declared.columns.items():
            name = str(declared)
            found[name] = columns.find(texts)
            if not found[name]:
                columns.missing(f"'{name}' under 'columns'", texts)
        for name, texts in self._export.tool.meta.items():
            if name not in found and (places := [place for text in texts for place in columns.find([text])]):
                found[name] = places[:1]
        return found

    def _moment_reader(self, name: str | None) -> Callable[[str], str]:
        tool = self._export.tool
        zone = None
        if name is not None:
            own = self._export.headings[self._meta[name][0]]
            zone = self._export.zones.get(own, tool.zone)
        return reader_of_moments(self._declared.dates or tool.dates, zone, self._zone)

    def _completion(self, columns: HeadedColumns) -> Callable[[Cells], bool] | None:
        rule = self._declared.complete_when
        if rule is None:
            return self._by_heading(self._export.tool.complete_when, columns, needed=False)
        return (lambda row: True) if rule.every_row else self._by_heading(rule, columns, needed=True)

    @staticmethod
    def _by_heading(
        rule: Complete | None, columns: HeadedColumns, *, needed: bool
    ) -> Callable[[Cells], bool] | None:
        if rule is None or rule.heading is None:
            return None
        places = columns.find(rule.heading)
        if not places:
            if needed:
                columns.missing("'complete_when'", rule.heading)
            return None
        wanted = {plain_text(text) for text in rule.is_ or ()}
        if not wanted:
            return lambda row: bool(cell_of(row, places).strip())
        return lambda row: plain_text(cell_of(row, places)) in wanted

    def _columns_of_ids(self) -> list[int]:
        """The columns that make an id where the tool gives none: never personal ones, which it would betray."""
        plain = [
            place
            for cells, question in zip(self._questions, self._codebook.questions, strict=True)
            if not question.personal
            for place in cells.places
        ]
        return plain[:_FIRST_COLUMNS] if "submitdate" in self._meta else plain

    def _refuse_faults(self, columns: HeadedColumns) -> None:
        known = (*self._export.tool.own, *self._declared.ignored)
        faults = columns.faults + [
            f"column '{name}' is not in the codebook" for name in columns.unused(known)
        ]
        if not faults:
            return
        total = len(self._export.names)
        if not self._export.tool.meta and len(columns.used) * 2 < total:
            # Not quoted: nothing proves these to be headings, and not the answers of the first response.
            raise ExportError(
                f"{total - len(columns.used)} of {total} headings are not in the codebook: it is another "
                "questionnaire's table, or the row is no row of headings",
                where=f"{self._export.path}, headings",
                expected="a column for each question of the codebook, and no other",
                fix="put in the right file, or correct 'heading_row' under 'layout' and 'heading' of the questions",
            )
        more = f" (and {len(faults) - _FAULTS} more)" if len(faults) > _FAULTS else ""
        raise ExportError(
            f"not the columns of the codebook of {self._codebook.edition}: {'; '.join(faults[:_FAULTS])}{more}",
            where=f"{self._export.path}, headings",
            expected="a column for each question of the codebook, and no other",
            fix="give the texts of the file under 'heading' and 'item_labels' in the codebook, and what is no "
            "question under 'ignored' of the export",
        )

    def _refuse_dates(self, rows: Sequence[Cells]) -> None:
        for name, read in self._readers.items():
            texts = [text for row in rows if (text := cell_of(row, self._meta[name]))]
            wrong = [text for text in texts if not is_moment(read(text))]
            if len(wrong) * 2 > len(texts):
                form = "".join(
                    "9" if sign.isdigit() else "x" if sign.isalpha() else sign for sign in wrong[0]
                )
                raise ExportError(
                    f"{len(wrong)} of {len(texts)} moments of '{name}' are written in a way ('{form[:40]}') that "
                    "does not tell day from month for certain",
                    where=f"{self._export.path}, column '{self._export.headings[self._meta[name][0]]}'",
                    expected="YYYY-MM-DD HH:MM:SS, or what the codebook declares",
                    fix="declare 'dates' of the export in the codebook, such as dates: \"%d/%m/%Y %H:%M:%S\"",
                )

    def _judge(self, chunk: Chunk) -> bool:
        try:
            return check_answers(chunk.rows, self._codebook, self._export.path)
        except ExportError as refusal:
            raise ExportError(
                f"{' '.join(refusal.problem.split()[:6])} are none of the codebook's codes or labels",
                where=refusal.where,
                expected="the labels or codes of the codebook's answers",
                fix="give the texts of the file under 'answer_labels' and 'item_labels' in the codebook",
            ) from refusal


class ResponseIds:
    """The numbers of the responses of one file."""

    def __init__(self) -> None:
        self._taken: dict[int, bytes] = {}
        self._times: Counter[bytes] = Counter()

    def of_own(self, text: str) -> str:
        """Number a response by the tool's own id; "" without one, and the same for the same id."""
        text = text.strip()
        if not text or (text.isascii() and text.isdecimal() and int(text) < IDS_A_SOURCE):
            return text
        return self._number(hashlib.sha256(text.encode("utf-8", "backslashreplace")).digest())

    def of_row(self, time: str, cells: Sequence[str]) -> str:
        """Number a response by what it holds; the second of two equal ones gets another number."""
        digest = hashlib.sha256("\x1f".join([time, *cells]).encode("utf-8", "backslashreplace")).digest()
        self._times[digest] += 1
        if self._times[digest] > 1:
            digest = hashlib.sha256(digest + str(self._times[digest]).encode()).digest()
        return self._number(digest)

    def _number(self, key: bytes) -> str:
        digest = key
        while (
            self._taken.setdefault(
                number := _LEAST_MADE + int.from_bytes(digest[:16]) % (IDS_A_SOURCE - _LEAST_MADE), key
            )
            != key
        ):
            digest = hashlib.sha256(digest).digest()
        return str(number)


def by_texts(export: ToolExport, codebook: Codebook, declared: Declared) -> ByTexts:
    """Give a tool's open export under the codebook's headings, with answer codes for cells.

    Raises:
        ExportError: the headings are not those of the codebook; every one that is missing or too many is
            named.
    """
    return ByTexts(export, codebook, declared)
