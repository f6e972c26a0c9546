"""XML entities that grow without end or bring another file in, in each kind of file that has XML within. More:
tests/collection/readers (.lsa, .xlsx), tests/frame/test_importing.py (RDF); bombs in tests/formats/test_bombs.py."""

import io
from time import process_time

import openpyxl
import pyarrow.parquet as pq
import pytest

from orchestration.collection.drafting import source
from orchestration.collection.readers import open_export
from orchestration.collection.recognise import looks_like
from orchestration.errors import SkillsBankError
from orchestration.recognition.review import import_decisions
from orchestration.settings import Settings

from ..collection.partners.conftest import archive, partner  # noqa: F401 (fixtures)
from ..formats.zip_writers import SHEET, unzipped, workbook, zipped
from ..recognition.conftest import NOW, scheme  # noqa: F401 (fixture)

LEVELS = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
LAUGHS = f'<!DOCTYPE x [<!ENTITY a0 "laugh">{LEVELS}]>'
SECONDS = 5


def outside(folder):
    (folder / "outside.txt").write_text("zqoutside")
    return f'<!DOCTYPE x [<!ENTITY a11 SYSTEM "{(folder / "outside.txt").as_uri()}">]>'


@pytest.fixture(params=["billion laughs", "external entity"])
def prolog(request, tmp_path):
    return LAUGHS if request.param == "billion laughs" else outside(tmp_path)


def with_entity(book: bytes, prolog: str) -> bytes:
    """A workbook whose sheet has the entity in the place of its first text."""
    parts = unzipped(book)
    body = (
        parts[SHEET].decode().partition("?>")[2]
        if parts[SHEET].startswith(b"<?xml")
        else parts[SHEET].decode()
    )
    head, _, tail = body.partition("<t")
    attributes, _, tail = tail.partition(">")
    _, _, tail = tail.partition("</t>")
    return zipped({**parts, SHEET: f"{prolog}{head}<t{attributes}>&a11;</t>{tail}".encode()})


def refused_or_harmless(work):
    """What came of it, once the file was refused or read soon, without the other file."""
    began = process_time()
    try:
        found = repr(work())
    except SkillsBankError as problem:
        found = str(problem)
    assert process_time() - began < SECONDS
    assert "zqoutside" not in found
    assert "laughlaugh" not in found
    return found


def test_a_structure_to_draft_a_codebook_from(tmp_path, prolog):
    path = tmp_path / "structure.lss"
    rows = "<questions><rows><row><qid>1</qid><title>&a11;</title></row></rows></questions>"
    path.write_text(f"{prolog}<document><LimeSurveyDocType>Survey</LimeSurveyDocType>{rows}</document>")
    assert "structure.lss" in refused_or_harmless(lambda: source.read_survey(Settings(), path, None))


def test_a_workbook_of_responses(tmp_path, prolog):
    path = tmp_path / "export.xlsx"
    path.write_bytes(
        with_entity(workbook('<row r="1"><c r="A1" t="inlineStr"><is><t>id</t></is></c></row>'), prolog)
    )
    refused_or_harmless(lambda: [chunk.rows for chunk in open_export(path, "limesurvey_xlsx").chunks()])
    refused_or_harmless(lambda: looks_like(path))


def test_a_workbook_of_a_partner(partner, prolog):  # noqa: F811
    sender = partner("federation_members")
    book, out = openpyxl.Workbook(), io.BytesIO()
    book.active.title = "Adhérents"
    for row in sender.rows:
        book.active.append(row)
    book.save(out)
    assert sender.send(content=out.getvalue()).entry is not None  # read, as long as it is harmless
    delivery = sender.send(content=with_entity(out.getvalue(), prolog))
    assert delivery.problem
    refused_or_harmless(lambda: [delivery.problem, pq.read_table(delivery.entry.path).to_pylist()])


def test_a_filled_in_review_queue(tmp_path, prolog, scheme):  # noqa: F811
    book = openpyxl.Workbook()
    book.active.title = "queue"
    book.active.append(["key", "decision", "decided by"])
    book.save(tmp_path / "queue.xlsx")
    content = with_entity((tmp_path / "queue.xlsx").read_bytes(), prolog)
    (tmp_path / "queue.xlsx").write_bytes(content)
    refused_or_harmless(lambda: import_decisions(tmp_path / "queue.xlsx", scheme, NOW))
