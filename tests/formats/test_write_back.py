"""Whatever was decoded, written back in any format and read again, says the same: answers, states and companies."""

import random
import tempfile
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from .passing import Decoded, collect, decoded, put
from .questionnaires import drawn
from .writers import FORMATS, Format

# What a tool cannot say otherwise than LimeSurvey can comes from a plain table.
_TOLD, _NOT_TOLD, _TOOLS = FORMATS["vv"], FORMATS["csv"], FORMATS["plain"]
TEXTS = [
    *(
        "",
        None,
        "RAS",
        "-",
        " ",
        "0",
        'l\'été; "oui"',
        'a "b"',
        '"',
        '""";"',
        "'x','y'",
        "{x} {tab}",
        "\\",
        "a\\",
    ),
    *(
        "deux\nlignes",
        "tab\there",
        "<b>gras</b> &amp; x",
        "=1+1",
        "1,5",
        "007",
        "x" * 300,
        "\u00a0é\u0301\u2028z",
    ),
    *("Appelez le 06 12 34 56 78", "a.b@example.org", "-oth-", "Y", "[x]", "NULL", "😀", "\x0b\x85"),
]
# What XML and workbooks cannot hold, no LimeSurvey of any version exports to them.
SIGNS = st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff")
WRITTEN = st.lists(st.text(SIGNS, max_size=20), max_size=8)


def passed(folder: Path, written: Format, rows) -> Decoded:
    """Write rows, take the file in and decode it."""
    book = written.codebook()
    path = put(folder / "inbox", written.write(book, rows))
    collected = {"s0": collect(folder, book, path)}
    return decoded(folder, book, collected)["s0"]


def check(written: Format, rows) -> None:
    tool = "SIZE[other]" not in rows[0]
    base = _TOOLS if tool else _TOLD if written.tells else _NOT_TOLD
    held = [{name: cell and written.holds(cell) for name, cell in row.items()} for row in rows]
    with tempfile.TemporaryDirectory() as folder:
        first = passed(Path(folder) / "first", base, held)
        assert [row["row_number"] for row in first.respondents] == list(range(1, len(rows) + 1))
        again = passed(Path(folder) / "again", written, first.cells(base.codebook()))
    assert again.comparable(numbered=written.numbered) == first.comparable(numbered=written.numbered)
    assert len(again.quarantine) == len(first.quarantine)


# ReadStat reads in a process of its own, which takes a second to start.
@pytest.mark.parametrize(
    ("name", "examples"), [(name, 1 if name == "sav" else 5) for name in FORMATS], ids=list(FORMATS)
)
def test_a_decoded_table_written_back_says_the_same(name, examples):
    written = FORMATS[name]

    # Tables are drawn from a seed: a smaller seed makes no smaller table, so that there is nothing to shrink.
    @settings(max_examples=examples, deadline=None, derandomize=True, phases=[Phase.generate])
    @given(seed=st.integers(0, 2**32), count=st.integers(1, 12), texts=WRITTEN)
    def of_any_table(seed, count, texts):
        check(written, drawn(random.Random(seed), written.codebook(), count, [*TEXTS, *texts]))

    of_any_table()


def test_the_tables_hold_every_state_and_kind_of_value():
    """The test above would prove little of tables that hold little."""
    written = FORMATS["vv"]
    rows = drawn(random.Random(1), written.codebook(), 60, TEXTS)
    with tempfile.TemporaryDirectory() as folder:
        found = passed(Path(folder), written, rows)
    cells = [cell for answers in found.answers.values() for cell in answers.values()]
    assert {state for state, _ in cells} == {"answered", "refused", "blank", "not_asked"}
    assert {type(value).__name__ for _, value in cells} == {"str", "float", "datetime", "NoneType"}
    assert {row["siren_class"] for row in found.respondents} >= {
        "valid",
        "valid_after_normalisation",
        "bad_format",
    }
