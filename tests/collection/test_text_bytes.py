"""Columns of texts byte by byte say what the texts say one by one."""

import sys
import unicodedata

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from orchestration.collection import scrubbing
from orchestration.collection.text_bytes import bytes_of, counted, without_ends

CELLS = st.lists(st.none() | st.text('ab"é{@7\u0663', max_size=6), max_size=12)


@given(CELLS, st.integers(0, 3))
def test_bytes_are_counted_in_each_cell_of_any_slice(cells, first):
    column = pa.array(cells, pa.string()).slice(first)
    bounds, data = bytes_of(column)
    assert data.tobytes() == "".join(cell or "" for cell in cells[first:]).encode()
    counts = counted(bounds, data == ord('"'))
    assert counts.tolist() == [(cell or "").count('"') for cell in cells[first:]]


@given(CELLS)
def test_ends_are_cut_off_where_asked_and_nulls_stay(cells):
    which = np.array([bool(cell) and len(cell) > 1 and cell[0] == cell[-1] == '"' for cell in cells], bool)
    cut = without_ends(pa.array(cells, pa.string()), which)
    cut.validate(full=True)
    assert cut.to_pylist() == [cell[1:-1] if ends else cell for cell, ends in zip(cells, which, strict=True)]


def test_every_digit_of_unicode_is_suspect():
    digits = (chr(code) for code in range(sys.maxunicode) if unicodedata.category(chr(code)) == "Nd")
    assert all(scrubbing._MAY_BE_DIGIT[digit.encode()[0]] for digit in digits)
