"""Exports that cannot be used: each is refused with one clear message, and nothing is added."""

import re
import zipfile

import pytest

from orchestration.errors import CodebookError, ExportError

from .conftest import MARK, limesurvey_csv, limesurvey_vv, made_up


@pytest.fixture
def good(codebook):
    return made_up(codebook, 5)


def refused(place, content, source="limesurvey", name="responses.csv"):
    """Collect a file that must be refused, and give the error."""
    path = place.folder / "inbox" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ExportError) as caught:
        place.collect(path, source)
    assert str(path) in caught.value.where
    assert caught.value.expected
    assert caught.value.fix
    assert MARK not in str(caught.value)
    assert place.archive.entries() == []
    assert [file for file in place.folder.rglob("*") if file.is_file() and file != path] == []
    return caught.value


def test_missing_file(place):
    assert "no such file" in refused(place, None).problem


def test_a_folder_in_place_of_a_file(place):
    (place.folder / "inbox" / "responses.csv").mkdir(parents=True)
    assert "cannot be opened" in refused(place, None).problem


@pytest.mark.parametrize("source", ["limesurvey", "limesurvey_vv"])
def test_empty_file(place, source):
    assert "the file is empty" in refused(place, b"", source).problem


@pytest.mark.parametrize("content", [b"\r\n", b"\xef\xbb\xbf\r\n", b"\n\n"])
def test_page_without_headings(place, content):
    assert "no heading row" in refused(place, content).problem


def test_headings_alone_are_zero_rows(place, good, tmp_path):
    path = tmp_path / "responses.csv"
    path.write_bytes(limesurvey_csv(good[0], []))
    collected = place.collect(path)
    assert (collected.rows, collected.rejected, collected.is_new) == (0, 0, True)


def cut_at(content: bytes, marker: bytes, extra: int) -> bytes:
    return content[: content.rindex(marker) + len(marker) + extra]


@pytest.mark.parametrize(
    ("marker", "extra"),
    [
        pytest.param(f"{MARK} NOM[NOM] 5", -3, id="inside a quoted cell"),
        pytest.param(f"{MARK} NOM[NOM] 5", 1, id="after a cell"),
        pytest.param(f"{MARK} NOM[NOM] 5", 2, id="after a separator"),
        pytest.param('\r\n"5"', 0, id="after the id"),
        pytest.param('\r\n"5"', -1, id="inside the id"),
        pytest.param('\r\n"5"', -2, id="after a quote that opens"),
        pytest.param(f"{MARK} NOM[NOM] 4", -3, id="inside the row before"),
    ],
)
def test_csv_cut_off(place, good, marker, extra):
    problem = refused(place, cut_at(limesurvey_csv(*good), marker.encode(), extra))
    assert "ends in the middle of a response" in problem.problem
    assert re.search(r"row [45]$", problem.where)


def test_csv_cut_off_after_a_line_inside_a_cell(place, good):
    content = limesurvey_csv(
        good[0], [*good[1], ["6", *['first line\nsecond line"; x'] * (len(good[0]) - 1)]]
    )
    problem = refused(place, content[: content.rindex(b"first line\n") + len(b"first line\n")])
    assert "ends in the middle of a response" in problem.problem
    assert problem.where.endswith("row 6")


def test_csv_cut_off_in_the_headings(place, good):
    content = limesurvey_csv(*good)
    assert "middle of the heading row" in refused(place, content[:40]).problem


@pytest.mark.parametrize("lost", [1, 2, 30])
def test_vv_cut_off(place, good, lost):
    problem = refused(place, limesurvey_vv(*good)[:-lost], "limesurvey_vv", "vvexport.txt")
    assert "ends in the middle of a response" in problem.problem
    assert problem.where.endswith("row 5")


def test_vv_cut_off_in_the_headings(place, good):
    content = limesurvey_vv(*good)
    codes = content.index(b"id\tsubmitdate")
    problem = refused(place, content[: codes + 200], "limesurvey_vv", "vvexport.txt")
    assert "no row of question codes" in problem.problem


def test_vv_with_a_row_before_its_codes(place, good):
    headings, rows = good
    content = limesurvey_vv(headings, rows)
    line = content[content.index(b"\n1\t") + 1 :].split(b"\n")[0] + b"\n"
    problem = refused(place, line + content, "limesurvey_vv", "vvexport.txt")
    assert "something else than one row of texts" in problem.problem


def test_unknown_question_code(place, good):
    headings, rows = good
    problem = refused(place, limesurvey_csv([*headings, "NOUVEAU"], [[*row, ""] for row in rows]))
    assert "column 'NOUVEAU' is not in the codebook" in problem.problem
    assert problem.where.endswith("headings")


def test_missing_column(place, good):
    headings, rows = good
    gone = headings.index("EFFECTIF")
    problem = refused(
        place,
        limesurvey_csv(
            headings[:gone] + headings[gone + 1 :], [row[:gone] + row[gone + 1 :] for row in rows]
        ),
    )
    assert "column 'EFFECTIF' of the codebook is missing" in problem.problem


def test_two_columns_of_one_name(place, good):
    headings, rows = good
    problem = refused(place, limesurvey_csv([*headings, "NAF"], [[*row, ""] for row in rows]))
    assert "column 'NAF' stands 2 times" in problem.problem


@pytest.mark.parametrize(
    ("encoding", "name"),
    [("cp1252", "Windows-1252"), ("mac_roman", "Mac Roman"), ("cp850", "the DOS code page 850")],
)
@pytest.mark.parametrize("source", ["limesurvey", "limesurvey_vv"])
def test_not_utf8(place, good, encoding, name, source):
    headings, rows = good
    place_of = headings.index("MANQUE")
    rows = [[*row[:place_of], "ingénierie française, près d'ici, où", *row[place_of + 1 :]] for row in rows]
    rows = [[cell.replace("\u00a0", " ").replace("€", "").replace("\n", " ") for cell in row] for row in rows]
    make = limesurvey_csv if source == "limesurvey" else limesurvey_vv
    content = make(headings, rows).removeprefix(b"\xef\xbb\xbf").decode().encode(encoding)
    problem = refused(place, content, source)
    offset = next(place for place, byte in enumerate(content) if byte > 0x7F)
    line = content[:offset].count(b"\n") + 1
    assert f"byte {offset} is not UTF-8 (0x{content[offset]:02x})" in problem.problem
    assert f"looks like {name}" in problem.problem
    assert problem.where.endswith(f", line {line}")


def test_not_utf8_in_the_headings(place, good):
    headings, rows = good
    content = limesurvey_csv(headings, rows).replace(b'"NAF"', b'"NA\xe9"')
    assert "0xe9" in refused(place, content).problem


def test_a_letter_cut_in_two_at_the_end(place, good):
    content = limesurvey_csv(*good, last_blank_line=False).removesuffix(b"\r\n") + b"\xc3"
    assert "is not UTF-8 (0xc3)" in refused(place, content).problem


def test_wrong_separator(place, good):
    problem = refused(place, limesurvey_csv(*good).replace(b'";"', b'"|"'))
    assert "separated by '|'" in problem.problem
    assert "';' as separator" in problem.fix


def test_headings_that_another_program_has_saved(place, good):
    headings, _ = good
    problem = refused(place, ";".join(headings).encode() + b"\r\n")
    assert "another program has saved this file" in problem.problem


def test_a_csv_without_its_heading_row_names_nobody(place, good):
    problem = refused(place, limesurvey_csv(good[1][0], good[1][1:]))
    assert "the first row is a response" in problem.problem


def test_field_names_in_place_of_codes(place, good):
    headings, rows = good
    names = ["id", *(f"482617X1X{number}" for number in range(1, len(headings)))]
    assert "482617X1X1" in refused(place, limesurvey_csv(names, rows)).problem


def test_another_questionnaire(place):
    headings = ["id", "submitdate", *(f"ZZ{number}" for number in range(20))]
    problem = refused(place, limesurvey_csv(headings, [["1", *[""] * 21]]))
    assert "another questionnaire" in problem.problem


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ("id;NAF\r\n".encode("utf-16"), "UTF-16"),
        ('"id";"NAF"\r\n'.encode("utf-16-le"), "UTF-16"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 60, "old Excel workbook"),
        (b"%PDF-1.7 ...", "PDF"),
        (b"<!DOCTYPE html><html>", "HTML"),
        (b'{"responses": []}', "JSON"),
        (b"$FL2@(#) SPSS", "SPSS"),
    ],
)
@pytest.mark.parametrize("source", ["limesurvey", "limesurvey_vv"])
def test_another_kind_of_file(place, content, what, source):
    assert what in refused(place, content, source).problem


def test_a_workbook_named_csv(place):
    path = place.folder / "inbox" / "responses.csv"
    path.parent.mkdir(parents=True)
    with zipfile.ZipFile(path, "w") as book:
        book.writestr("xl/workbook.xml", "<workbook/>")
    assert "Excel workbook" in refused(place, path.read_bytes()).problem


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("rpc/page_beyond_the_end.csv", "no heading row"),
        ("rpc/responses_code_long_all_fr.csv", "labels (long answers)"),
        ("rpc/responses_full_long_all_fr.csv", "question texts, full or abbreviated"),
        ("rpc/responses_full_short_all_en.csv", "question texts, full or abbreviated"),
        ("rpc/responses_abbreviated_short_all_fr.csv", "question texts, full or abbreviated"),
        ("rpc/responses_codetext_short_all_fr.csv", "codes run together with texts"),
        ("rpc/responses_code_short_all_fr.xls", "Excel workbook"),
        ("ui/results_R.csv", "as the R and SPSS exports recode them"),
        ("ui/vv_version2.txt", "VV export"),
        ("ui/vv_version1.txt", "VV export"),
        ("ui/participants.csv", "another program"),
    ],
)
def test_real_exports_with_other_options(place, survey, name, what):
    problem = refused(place, (survey / name).read_bytes())
    assert what in problem.problem
    assert "LimeSurvey" in problem.fix or "export again" in problem.fix


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("ui/vv_version1.txt", "version 1"),
        ("ui/results_code_short.csv", "no row of question codes"),
        ("ui/archive.lsa", "zip file"),
        ("ui/structure.lss", "XML"),
        ("ui/results.sav", "SPSS"),
    ],
)
def test_real_exports_given_as_vv(place, survey, name, what):
    assert what in refused(place, (survey / name).read_bytes(), "limesurvey_vv").problem


def test_a_few_wrong_codes_do_not_make_labels_of_the_rest(place, good, tmp_path):
    headings, rows = good
    rows[0][headings.index("EXPORT")] = "Oui"
    path = tmp_path / "responses.csv"
    path.write_bytes(limesurvey_csv(headings, rows))
    assert place.collect(path).rows == 5


def test_a_response_that_never_ends_is_refused_with_bounded_memory(place, good, monkeypatch):
    from orchestration.collection import blocks
    from orchestration.collection.readers import limesurvey_csv as reader

    for module in (blocks, reader):
        monkeypatch.setattr(module, "BLOCK", 4096)
    content = limesurvey_csv(*good, last_blank_line=False) + b'"6";"' + b"x" * 100_000 + b'"7";'
    assert "no row ends within" in refused(place, content + b"y" * 50_000).problem


def test_unknown_source_is_the_codebook_s_fault(place, tmp_path):
    with pytest.raises(CodebookError, match="no source 'elsewhere'"):
        place.collect(tmp_path / "x.csv", "elsewhere")
