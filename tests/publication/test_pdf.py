"""The report's PDF: small, the same bytes each time, and read back by the gate word for word."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from io import BytesIO

import duckdb
import pytest
import typst
from pypdf import PdfReader

from orchestration.publication.manifest import hash_file
from orchestration.publication.report import pdf
from orchestration.publication.report.compact import compact
from orchestration.publication.report.page import compose
from orchestration.publication.report.tables import read_tables
from orchestration.quality.pdf_text import read_pdf

DAY = date(2026, 11, 23)


@pytest.fixture(scope="module")
def report(made, tmp_path_factory):
    workshop = made.workshop(tmp_path_factory.mktemp("pdf"))
    workshop.write_warehouse()
    with duckdb.connect(str(workshop.warehouse)) as connection:
        connection.execute("USE marts")
        return compose(read_tables(connection), "fr", DAY, "0123abcd")


@pytest.fixture(scope="module")
def document(report) -> bytes:
    return pdf.render_pdf(report)


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


def test_the_same_report_gives_the_same_bytes(report, document):
    assert pdf.render_pdf(report) == document


def test_its_content_is_told_apart_from_its_date(report, document, tmp_path, monkeypatch):
    def content(made: bytes) -> str | None:
        (tmp_path / "report.fr.pdf").write_bytes(made)
        return hash_file(tmp_path / "report.fr.pdf").content_sha256

    first = content(document)
    later = pdf.render_pdf(replace(report, released_on=date(2027, 8, 1), released_text="1er août 2027"))
    assert later != document
    assert content(later) == first
    assert content(pdf.render_pdf(replace(report, findings=("Rien.",)))) != first
    (tmp_path / "report.typ").write_bytes(pdf._TEMPLATE.read_bytes() + b"\n// another layout")
    monkeypatch.setattr(pdf, "_TEMPLATE", tmp_path / "report.typ")
    assert content(pdf.render_pdf(report)) != first


def test_packing_keeps_every_object():
    plain = typst.compile(b"= Titre\n#table(columns: 9, ..range(900).map(str))", ignore_system_fonts=True)
    packed = compact(plain)
    assert len(packed) < len(plain) / 2
    before, after = (PdfReader(BytesIO(one), strict=True) for one in (plain, packed))
    for number in range(1, before.trailer["/Size"]):
        one, other = (
            re.sub(r"(?<=, )\d{9,}", "", str(reader.get_object(number))) for reader in (before, after)
        )
        assert one == other, number
    assert [page.extract_text() for page in before.pages] == [page.extract_text() for page in after.pages]
    with pytest.raises(ValueError, match="cross-reference"):
        compact(packed)


def test_the_gate_reads_what_a_reader_would(report, document):
    language, text = read_pdf(document)
    assert language == "fr"
    words = PdfReader(BytesIO(document)).pages[2].extract_text().split()
    assert len(words) > 100
    assert [word for word in words if word not in squeezed(text)] == []
    assert all(squeezed(finding) in squeezed(text) for finding in report.findings)
    assert "\ufffd" not in text


def test_what_is_no_such_pdf_has_no_text():
    assert read_pdf(b"%PDF-1.7") == (None, "")
