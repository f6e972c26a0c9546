"""LimeSurvey's R export. Belongs here: the data file (.csv) with the numbers of its syntax file (.R) undone.
Does not: anything R itself would do."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute

from orchestration.collection.companions import needed
from orchestration.collection.exports import Chunk
from orchestration.collection.raw_file import open_text
from orchestration.collection.readers.limesurvey_csv import LimeSurveyCsv
from orchestration.collection.readers.limesurvey_csv import open_export as open_csv
from orchestration.collection.recoding import code_names, expression_code, undone
from orchestration.errors import ExportError

pc: Any = pyarrow.compute  # its stubs know too few of the signatures it takes

FIX = (
    "in LimeSurvey open Responses > Export, choose CSV with 'Question code' headings and 'Answer codes'; or "
    "put in both files of the R export, data and syntax"
)
_KIND = "the R syntax file that LimeSurvey writes beside its data file"
_NAME = re.compile(r'^names\(data\)\[(\d+)\] <- "([^"]*)"', re.MULTILINE)
_FACTOR = re.compile(
    r"^data\[, (\d+)\] <- factor\(data\[, \d+\], levels=c\(([\d,]+)\),\s*labels=c\((.*)\)\)$", re.MULTILINE
)
_LABEL = re.compile(r'"((?:[^"\\]|\\.)*)"')
_LARGEST = 64 << 20


class LimeSurveyR:
    """One data file. Every empty cell is "": blank and not asked are written alike, not ticked as `0`."""

    def __init__(self, csv: LimeSurveyCsv, recoded: Mapping[int, Mapping[str, str]]) -> None:
        self.headings = csv.headings
        self._csv, self._recoded = csv, recoded

    def chunks(self) -> Iterator[Chunk]:
        """Yield the rows: see `Export`."""
        for chunk in self._csv.chunks():
            columns = [self._plain(place, column) for place, column in enumerate(chunk.rows.columns)]
            rows = pa.RecordBatch.from_arrays(columns, names=list(self.headings))
            yield Chunk(rows, chunk.row_numbers, chunk.rejected)

    def _plain(self, place: int, column: Any) -> Any:
        filled = pc.fill_null(column, "")
        codes = self._recoded.get(place)
        if not codes:
            return filled
        encoded = filled.dictionary_encode()
        texts = [codes.get(text, text) for text in encoded.dictionary.to_pylist()]
        return pa.array(texts, pa.string()).take(encoded.indices)


def open_export(path: Path) -> LimeSurveyR:
    """Open a data file and the syntax file beside it.

    Raises:
        ExportError: either is missing or damaged, or they do not name the same columns.
    """
    csv = open_csv(path)
    syntax = needed(path, "limesurvey_r")
    with open_text(syntax, _KIND, FIX) as file:
        content = file.read(_LARGEST)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ExportError("the file is not UTF-8", where=str(syntax), expected=_KIND, fix=FIX) from None
    named = code_names([name for _, name in _NAME.findall(text)])
    columns = [expression_code(name) for name in csv.headings]
    if named != columns:
        wrong = next((name for name, other in zip(columns, [*named, ""], strict=False) if name != other), "")
        raise ExportError(
            f"the syntax file does not name the columns of the data file (first: '{wrong}')",
            where=str(syntax),
            expected=f"the syntax file that was exported with {path.name}",
            fix=FIX,
        )
    recoded = {}
    for place, levels, labels in _FACTOR.findall(text):
        words = [re.sub(r"\\(.)", r"\1", label) for label in _LABEL.findall(labels)]
        values = levels.split(",")
        if len(values) == len(words):
            recoded[int(place) - 1] = undone(dict(zip(values, words, strict=True)))
    return LimeSurveyR(csv, recoded)
