"""Exports as LimeSurvey writes them, real and made up, and a place to collect them."""

import random
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from orchestration.archive import Archive, Entry
from orchestration.codebook import META_COLUMNS, load
from orchestration.collection.contacts import Contacts
from orchestration.collection.intake import Collected, collect_export
from orchestration.identifiers import CompanyKeys

from .drafts import structure

CODEBOOK = Path(__file__).resolve().parent.parent / "fixtures" / "codebooks" / "survey_482617.yaml"
_SCALE = re.compile(r"\]\[([12])\]$")  # code headings count the scales from 1, VV from 0
MARK = "zqmark"  # stands in every personal cell of a made-up export


@pytest.fixture(scope="session")
def survey(shared):
    """The real server's exports of survey 482617."""
    return shared / "data" / "limesurvey"


@pytest.fixture(scope="session")
def codebook():
    return load(CODEBOOK)


@pytest.fixture
def survey_of(tmp_path):
    def make(*args, **keys):
        path = tmp_path / "made_up.lss"
        path.write_text(structure(*args, **keys))
        return path

    return make


@dataclass
class Place:
    """A data folder of a test."""

    folder: Path
    codebook: object
    keys = CompanyKeys(b"the secret of the tests")

    @property
    def archive(self) -> Archive:
        return Archive(self.folder / "archive")

    @property
    def contacts(self) -> Contacts:
        return Contacts(self.folder / "contacts", self.folder.parent / "secrets")

    def collect(self, path: Path, source: str = "limesurvey") -> Collected:
        return collect_export(path, self.codebook, source, self.archive, self.contacts, self.keys)

    def contacts_of(self, entry: Entry) -> Path:
        return self.contacts.path_of(entry)

    def state(self) -> dict[Path, tuple[bytes, int]]:
        files = (path for path in self.folder.rglob("*") if path.is_file())
        return {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in files}


@pytest.fixture
def place(tmp_path, codebook):
    return Place(tmp_path / "data", codebook)


def made_up(codebook, count: int, seed: int = 1) -> tuple[list[str], list[list[str]]]:
    """Headings and rows of a questionnaire, with awkward texts, and the mark in what is personal."""
    draw = random.Random(seed)
    columns = codebook.columns()
    headings = [*META_COLUMNS, *columns]
    texts = ["", "RAS", "deux\nlignes", 'dit "oui"', "a;b;c", '"', "é\u00a0€ \\", '""";"', "=1+1", "x" * 300]
    rows = []
    for number in range(1, count + 1):
        row = []
        for heading in headings:
            column = columns.get(heading)
            if heading == "id":
                cell = str(number)
            elif heading == "submitdate":
                cell = "2026-05-15 15:27:03" if draw.random() < 0.7 else ""
            elif heading in {"token", "ipaddr"} or (column and column.personal and column.kind == "text"):
                cell = f"{MARK} {heading} {number}"
            elif heading in META_COLUMNS:
                cell = str(draw.randrange(9))
            elif column.kind == "siren":
                cell = draw.choice(["404833048", "404 833 048", "732829320", "1", ""])
            elif column.kind == "siret":
                cell = draw.choice(["73282932000074", "404833048", ""])
            elif column.is_free_text:
                cell = draw.choice(texts)
            elif column.values:
                cell = draw.choice(["", *column.values])
            else:
                cell = draw.choice(["", "12.5"])
            row.append(cell)
        rows.append(row)
    return headings, rows


def limesurvey_csv(headings, rows, last_blank_line: bool = True) -> bytes:
    """Bytes as LimeSurvey's CSV writer makes them; None is an unquoted empty cell (LimeSurvey 5)."""

    def line(cells):
        quoted = ("" if cell is None else '"' + cell.replace('"', '""') + '"' for cell in cells)
        return ";".join(quoted) + "\r\n"

    text = "".join(map(line, [headings, *rows])) + ("\r\n" if last_blank_line else "")
    return b"\xef\xbb\xbf" + text.encode()


def fputcsv(cells, escape: str = "\\") -> str:
    """PHP's fputcsv with a tab, as its C source has it: after the escape character a quote is not doubled."""
    out = []
    for cell in cells:
        if not any(sign in cell for sign in ('"', "\\", "\n", "\r", "\t", " ")):
            out.append(cell)
            continue
        inner, escaped = "", False
        for sign in cell:
            if escape and sign == escape:
                escaped = True
            elif not escaped and sign == '"':
                inner += '"'
            else:
                escaped = False
            inner += sign
        out.append(f'"{inner}"')
    return "\t".join(out) + "\n"


def limesurvey_vv(headings, rows, escape: str = "\\", texts=None) -> bytes:
    """Bytes as LimeSurvey's VV export makes them (Export.php, vvexport); None is a question not shown."""
    texts = texts or [f"Texte de\n{name}" for name in headings]
    codes = [_SCALE.sub(lambda scale: f"_{int(scale[1]) - 1}", name) for name in headings]
    codes = [name.replace("[", "_").replace("]", "") for name in codes]
    lines = [fputcsv(texts, escape), fputcsv(codes, escape)]
    for row in rows:
        cells = []
        for cell in row:
            value = "{question_not_shown}" if cell is None else cell.strip(" \t\n\r\0\x0b")
            if cell is not None:
                value = value.replace("{", "{lbrace}").replace("\n", "{newline}")
                value = value.replace("\r", "{cr}").replace("\t", "{tab}")
            cells.append("{quote}" + value[1:] if value.startswith('"') else value)
        lines.append(fputcsv(cells, escape))
    return "".join(lines).encode()
