"""The two LimeSurvey readers: real exports value by value, and whatever a table may hold."""

import json
import re

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestration.collection import blocks
from orchestration.collection.readers import formats, limesurvey_csv, open_export
from orchestration.errors import ExportError

from .conftest import limesurvey_csv as csv_bytes
from .conftest import limesurvey_vv as vv_bytes

LINE_BREAKS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
PHP_BLANKS = " \t\n\r\0\x0b"


def read(path, export_format):
    export = open_export(path, export_format)
    chunks = list(export.chunks())
    table = pa.Table.from_batches([chunk.rows for chunk in chunks]) if chunks else None
    return export.headings, table, [bad for chunk in chunks for bad in chunk.rejected]


def truth_of(survey):
    for line in (survey / "truth_responses.jsonl").open():
        response = json.loads(line)
        meta = {name: value for name, value in response["meta"].items() if name != "interviewtime"}
        given = {name: None if value is None else str(value) for name, value in meta.items()}
        yield response["id"], given | response["answers"]


@pytest.mark.parametrize("name", ["rpc/responses_code_short_all_fr.csv", "ui/results_code_short.csv"])
def test_every_cell_of_the_real_csv_is_the_truth(survey, name):
    headings, table, rejected = read(survey / name, "limesurvey_csv")
    rows = {int(row["id"]): row for row in table.to_pylist()}
    truth = dict(truth_of(survey))
    assert not rejected
    assert rows.keys() == truth.keys()
    assert len(headings) == 93
    for number, answers in truth.items():
        for heading, cell in rows[number].items():
            if heading != "id":
                assert cell == LINE_BREAKS.sub("\n", answers.get(heading) or ""), (number, heading)


def test_every_cell_of_the_real_vv_is_the_truth(survey, codebook):
    headings, table, rejected = read(survey / "ui" / "vv_version2.txt", "limesurvey_vv")
    code_headings = {column.vv_heading: heading for heading, column in codebook.columns().items()}
    encrypted = {"NOM_NOM", "NOM_FONC", "MAIL"}  # LimeSurvey's decrypting makes "" of what was not shown
    truth, not_shown = dict(truth_of(survey)), 0
    assert not rejected
    assert table.num_rows == len(truth) == 224
    for row in table.to_pylist():
        answers = truth[int(row["id"])]
        for heading in headings[1:]:
            cell, expected = row[heading], answers.get(code_headings.get(heading, heading))
            not_shown += cell is None
            if expected is not None:
                expected = expected.strip(PHP_BLANKS)
            elif heading in encrypted:
                expected = ""
            if heading == "INTRO":  # a text display: "" where a browser showed it, the truth does not say
                expected = cell and ""
            if heading in {"RDK", "PARTEXP"} and expected:
                cell, expected = float(cell), float(expected)
            assert cell == expected, (row["id"], heading)
    assert not_shown == 5559


def test_limesurvey_5_tells_null_from_blank(tmp_path):
    path = tmp_path / "export.csv"
    path.write_bytes(csv_bytes(["id", "A", "B"], [["1", None, ""], ["2", "", None]]))
    _, table, _ = read(path, "limesurvey_csv")
    assert table.to_pydict() == {"id": ["1", "2"], "A": [None, ""], "B": ["", None]}


@pytest.mark.parametrize("ends", [b"\r\n\r\n", b"\r\n", b"\n", b""])
def test_a_csv_may_end_as_rpc_ui_and_editors_end_it(tmp_path, ends):
    path = tmp_path / "export.csv"
    path.write_bytes(b'"id";"A"\r\n"1";"x"\r\n"2";"y"' + ends)
    _, table, rejected = read(path, "limesurvey_csv")
    assert table.to_pydict() == {"id": ["1", "2"], "A": ["x", "y"]}
    assert not rejected


@pytest.mark.parametrize(
    ("export_format", "content"),
    [("limesurvey_csv", csv_bytes(["id", "A"], [])), ("limesurvey_vv", vv_bytes(["id", "A"], []))],
)
def test_headings_alone_are_an_export_without_responses(tmp_path, export_format, content):
    path = tmp_path / "export.txt"
    path.write_bytes(content)
    headings, table, rejected = read(path, export_format)
    assert headings == ("id", "A")
    assert table is None or table.num_rows == 0
    assert not rejected


def test_vv_texts_may_hold_anything(tmp_path):
    path = tmp_path / "export.txt"
    texts = ["id", 'a "quoted"\ntext\twith a tab \\"', "1\t2", "plain", ""]
    path.write_bytes(
        b"\xef\xbb\xbf" + vv_bytes(["id", "A", "B", "C", "D"], [["1", "a", "b", "c", "d"]], texts=texts)
    )
    _, table, _ = read(path, "limesurvey_vv")
    assert table.to_pylist() == [{"id": "1", "A": "a", "B": "b", "C": "c", "D": "d"}]


def test_formats_are_found_by_their_files():
    assert {"limesurvey_csv", "limesurvey_vv"} <= set(formats())
    with pytest.raises(ExportError, match="no reader for the format 'fax'"):
        open_export("x", "fax")


cells = st.text(st.characters(codec="utf-8"), max_size=12)
awkward = st.text(st.sampled_from('";\n\r\t\\{} aé'), max_size=8)
ANY = st.one_of(st.none(), cells, awkward)


@st.composite
def tables(draw, cell):
    """Headings with `id` first, and rows whose other cells are anything."""
    width = draw(st.integers(1, 4))
    count = draw(st.integers(0, 12))
    rows = [[str(n + 1), *(draw(cell) for _ in range(width))] for n in range(count)]
    return ["id", *(f"Q{n}" for n in range(width))], rows


@pytest.fixture
def small_blocks(monkeypatch):
    """Blocks so small that most tables take several, and every boundary is met."""
    for module in (blocks, limesurvey_csv):
        monkeypatch.setattr(module, "BLOCK", 600)


hypotheses = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


@hypotheses
@given(tables(ANY), st.booleans())
def test_any_table_written_as_csv_reads_back_equal(tmp_path, small_blocks, table, last_blank_line):
    headings, rows = table
    path = tmp_path / "export.csv"
    path.write_bytes(csv_bytes(headings, rows, last_blank_line))
    found, got, rejected = read(path, "limesurvey_csv")
    assert not rejected
    assert list(found) == headings
    assert [list(row.values()) for row in (got.to_pylist() if got else [])] == rows


@hypotheses
@given(tables(ANY), st.sampled_from(["\\", ""]))
def test_any_table_written_as_vv_reads_back_equal(tmp_path, small_blocks, table, escape):
    headings, rows = table
    path = tmp_path / "export.txt"
    path.write_bytes(vv_bytes(headings, rows, escape))
    found, got, rejected = read(path, "limesurvey_vv")
    assert not rejected
    assert list(found) == headings
    trimmed = [[cell and cell.strip(PHP_BLANKS) for cell in row] for row in rows]
    assert [list(row.values()) for row in (got.to_pylist() if got else [])] == trimmed


@hypotheses
@given(tables(cells), st.data())
def test_a_bad_row_costs_that_row_and_no_other(tmp_path, small_blocks, table, data):
    headings, rows = table
    bad = {
        len(rows) // 2: data.draw(
            st.sampled_from(['"9";"lost"quote";"x"', '"9"', '"9";' + ";" * 9, '"9";bare;"', "9"])
        )
    }
    lines = [csv_bytes(headings, [], last_blank_line=False)]
    for place in range(len(rows) + 1):
        if place in bad:
            lines.append(bad[place].encode() + b"\r\n")
        if place < len(rows):
            lines.append(csv_bytes(rows[place], [], last_blank_line=False)[3:])
    path = tmp_path / "export.csv"
    path.write_bytes(
        b"".join(lines) + csv_bytes(["999", *rows[0][1:]] if rows else ["999"] * len(headings), [])[3:]
    )
    export = open_export(path, "limesurvey_csv")
    chunks = list(export.chunks())
    ids = [cell for chunk in chunks for cell in chunk.rows.column("id").to_pylist()]
    rejected = [row for chunk in chunks for row in chunk.rejected]
    numbers = sorted(
        [number for chunk in chunks for number in chunk.row_numbers.to_pylist()]
        + [row.row_number for row in rejected]
    )
    assert ids == [row[0] for row in rows] + ["999"]
    assert [row.text.strip() for row in rejected] == list(bad.values())
    assert [row.row_number for row in rejected] == [len(rows) // 2 + 1]
    assert numbers == list(range(1, len(rows) + 3))


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("2\tb", "the row has 2 cells, not 3"),
        ("2\tb\tc\td", "the row has 4 cells, not 3"),
        ('2\t"b\tc', "a quoted cell does not end"),
        ("2\tb\rc\td", "a line break stands in a cell"),
    ],
)
def test_a_bad_vv_row_costs_that_row_and_no_other(tmp_path, line, reason):
    path = tmp_path / "export.txt"
    path.write_text(f"x\ty\tz\nid\tA\tB\n1\ta\tb\n{line}\n3\t{{tab}}\t{{question_not_shown}}\n", newline="")
    _, table, rejected = read(path, "limesurvey_vv")
    assert table.to_pydict() == {"id": ["1", "3"], "A": ["a", "\t"], "B": ["b", None]}
    assert [(row.row_number, row.reason, row.text) for row in rejected] == [(2, reason, line + "\n")]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ('"2";"b"', "the row has 2 cells, not 3"),
        ('"2";"b";"c";"d"', "the row has 4 cells, not 3"),
        ('"2";"b";c', "a cell is not quoted as LimeSurvey quotes"),
        ('"2";"b"x"";"c"', "a cell is not quoted as LimeSurvey quotes"),
        ('"2";"b";"c', "a quoted cell does not end"),
    ],
)
def test_a_rejected_csv_row_says_why(tmp_path, row, reason):
    path = tmp_path / "export.csv"
    path.write_bytes(f'"id";"A";"B"\r\n"1";"a";"b"\r\n{row}\r\n"3";"a";"b"\r\n\r\n'.encode())
    _, table, rejected = read(path, "limesurvey_csv")
    assert table.column("id").to_pylist() == ["1", "3"]
    assert [(bad.row_number, bad.reason) for bad in rejected] == [(2, reason)]
