"""The writers give back the bytes of a real server, and the simulated files are laid out as its exports."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pyarrow as pa
import pytest
import yaml

from orchestration.settings import PROJECT
from orchestration.simulation import limesurvey

NOT_SHOWN = "{question_not_shown}"


def columns(rows: list[list[str | None]]) -> list[pa.StringArray]:
    return [pa.array(cells, pa.string()) for cells in zip(*rows, strict=True)]


def test_csv_is_the_servers_own_byte_for_byte(real: Path) -> None:
    written = (real / "rpc" / "responses_code_short_all_fr.csv").read_bytes()
    csv.field_size_limit(1_000_000)
    header, *rows = csv.reader(io.StringIO(written.decode("utf-8-sig"), newline=""), delimiter=";")
    assert rows.pop() == []
    ours = limesurvey.csv_header(header) + bytes(limesurvey.csv_rows(columns(rows))) + limesurvey.CSV_END
    assert ours == written


def unescaped(cell: str) -> str | None:
    if cell == NOT_SHOWN:
        return None
    cell = re.sub(r"^\{quote\}", '"', cell)
    for name, character in (("tab", "\t"), ("newline", "\n"), ("cr", "\r"), ("lbrace", "{")):
        cell = cell.replace(f"{{{name}}}", character)
    return cell


def test_vv_is_the_servers_own_byte_for_byte(real: Path) -> None:
    written = (real / "ui" / "vv_version2.txt").read_bytes()
    texts, codes, *rows = csv.reader(io.StringIO(written.decode(), newline=""), delimiter="\t")
    header = limesurvey.vv_header(dict(zip(codes, texts, strict=True)))
    cells = columns([[unescaped(cell) for cell in row] for row in rows])
    ours = header + bytes(limesurvey.vv_rows(cells))
    assert ours == written


def test_an_empty_table_has_no_rows() -> None:
    assert bytes(limesurvey.csv_rows([pa.array([], pa.string())])) == b""


def test_csv_file_is_laid_out_as_the_servers(campaign: Path, real: Path) -> None:
    ours = (campaign / "tour_2019" / "responses.csv").read_bytes()
    theirs = (real / "rpc" / "responses_code_short_all_fr.csv").read_bytes()
    for written in (ours, theirs):
        assert written.startswith(b'\xef\xbb\xbf"id";')
        assert written.endswith(b'"\r\n\r\n')
        # Every cell is quoted, records end CRLF, and inside the cells lines end LF.
        assert re.fullmatch(rb'("(?:[^"\r]|"")*"(;|\r\n))+\r\n', written[3:])
    header_of = [written.decode("utf-8-sig").split("\r\n")[0].split(";") for written in (ours, theirs)]
    assert header_of[0][:9] == header_of[1][:9]
    shared = [heading for heading in header_of[0] if heading in header_of[1]]
    assert [heading for heading in header_of[1] if heading in header_of[0]] == shared
    assert len(shared) > 60


def test_vv_file_is_laid_out_as_the_servers(campaign: Path, real: Path) -> None:
    ours, theirs = (
        list(csv.reader(path.open(encoding="utf-8", newline=""), delimiter="\t"))
        for path in (campaign / "edition_2012" / "vvexport.txt", real / "ui" / "vv_version2.txt")
    )
    assert ours[0][:9] == theirs[0][:9]
    assert ours[1][:9] == theirs[1][:9]
    assert len({len(row) for row in ours}) == 1
    submitted = ours[1].index("submitdate")
    last_page = ours[1].index("lastpage")
    for rows in (ours[2:], theirs[2:]):
        assert {row[submitted] == NOT_SHOWN for row in rows if row[last_page] == "1"} == {True}
    written = (campaign / "edition_2012" / "vvexport.txt").read_bytes()
    assert b"\r" not in written
    assert not written.startswith(b"\xef\xbb\xbf")


@pytest.mark.parametrize("edition", ["tour_2019", "edition_2012"])
def test_columns_are_those_of_the_codebook(
    edition: str, rows_2019: list[dict[str, str]], rows_2012: list[dict[str, str]]
) -> None:
    codebook = yaml.safe_load((PROJECT / "data" / "codebooks" / f"{edition}.yaml").read_text("utf-8"))
    questions = {question["code"]: question for question in codebook["questions"]}
    headings = list((rows_2019 if edition == "tour_2019" else rows_2012)[0])[9:]
    of_question = {heading: re.split(r"[\[_]", heading)[0] for heading in headings}
    assert set(of_question.values()) == set(questions)
    for heading, code in of_question.items():
        items = questions[code].get("items", {})
        if items and not heading.endswith(("[other]", "_other")):
            assert re.split(r"[\[_\]]", heading)[1].removesuffix("comment") in items
    rows = rows_2019 if edition == "tour_2019" else rows_2012
    for heading, code in of_question.items():
        if questions[code]["kind"] in ("single", "array", "ranking") and not heading.endswith("other]"):
            given = {row[heading] for row in rows} - {"", "-oth-", NOT_SHOWN}
            assert given <= {str(value) for value in questions[code]["values"]}, heading
