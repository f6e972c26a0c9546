"""LimeSurvey's export formats, as version 6.4.2 writes them. Belongs here: bytes of CSV and VV. Does not:
what the cells hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow.compute as pc

from orchestration.simulation.cells import Cells

NOT_SHOWN = "{question_not_shown}"


def csv_header(headings: Sequence[str]) -> bytes:
    """The byte order mark and the line of code headings."""
    return ("\ufeff" + ";".join(f'"{heading}"' for heading in headings) + "\r\n").encode()


def csv_rows(columns: Sequence[Cells]) -> memoryview:
    """Rows with every cell quoted; a cell not asked looks like one left blank (null as "")."""
    quoted = [pc.replace_substring(pc.fill_null(column, ""), '"', '""') for column in columns]
    return _lines(pc.binary_join_element_wise(*quoted, '";"'), '"', '"\r\n')


CSV_END = b"\r\n"
"""The blank last line of an export over RemoteControl."""


def vv_header(questions: Mapping[str, str]) -> bytes:
    """The two heading rows of version 2: texts (a sub-question's on a line of its own), then codes."""
    texts = "\t".join(_vv_quoted_heading(text) for text in questions.values())
    return (texts + "\n" + "\t".join(questions) + "\n").encode()


def vv_rows(columns: Sequence[Cells]) -> memoryview:
    """Rows with LimeSurvey's escapes, quoted as PHP's fputcsv does; null is ``{question_not_shown}``."""
    return _lines(pc.binary_join_element_wise(*(_vv_cells(column) for column in columns), "\t"), "", "\n")


def _vv_cells(column: Cells) -> Cells:
    cells = pc.replace_substring(column, "{", "{lbrace}")
    for character, name in (("\r", "{cr}"), ("\n", "{newline}"), ("\t", "{tab}")):
        cells = pc.replace_substring(cells, character, name)
    cells = pc.replace_substring_regex(cells, '^"', "{quote}")
    quoted = pc.binary_join_element_wise('"', pc.replace_substring(cells, '"', '""'), '"', "")
    cells = pc.if_else(pc.match_substring_regex(cells, r'[ "\\]'), quoted, cells)
    return pc.fill_null(cells, NOT_SHOWN)


def _vv_quoted_heading(text: str) -> str:
    return f'"{text.replace(chr(34), 2 * chr(34))}"' if set(text) & set(' "\\\n') else text


def _lines(rows: Cells, before: str, after: str) -> memoryview:
    text = pc.binary_join_element_wise(before, rows, after, "")
    if len(text) == 0:
        return memoryview(b"")
    _, offsets, data = text.buffers()
    first, last = np.frombuffer(offsets, np.int32, len(text) + 1, 4 * text.offset)[[0, -1]]
    return memoryview(data)[first:last]
