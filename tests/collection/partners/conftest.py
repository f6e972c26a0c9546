"""The simulated partners' files, one for every kind of layout, and ways to send another one."""

from __future__ import annotations

import csv
import io
import os
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import openpyxl
import pytest

from orchestration.archive import Archive
from orchestration.collection.partners.contract import Contract, Feed, feeds_of, load_all
from orchestration.collection.partners.delivery import Delivery, deliver
from orchestration.identifiers import CompanyKeys
from orchestration.settings import PROJECT, Settings
from orchestration.simulation.layouts import csv_file, workbook, zip_file

SAMPLE = PROJECT / "data" / "sample" / "partners"
CONTRACTS = load_all(Settings().contracts)
FEEDS = {feed.table: (contract, feed) for contract, feed in feeds_of(CONTRACTS)}
KEYS = CompanyKeys(b"the secret of the tests")
# One feed for every kind of layout, with its simulated file: plain CSV, Windows CSV, CSV with a mark and commas,
# workbook, workbook a year, one sheet of several, zip.
LAYOUTS = {
    "training_offers": "training_offers.csv",
    "innovation_aid": "aides_innovation_2019.csv",
    "vacancies": "offres_cadres_2019_09.csv",
    "federation_members": "adherents_2019.xlsx",
    "labour_need": "Base_open_data_BMO_2019.xlsx",
    "workshop_questions": "ateliers_2019.xlsx",
    "rncp_sheets": "export-fiches-csv-2019-09-30.zip",
}
Rows = list[list[object]]


@dataclass
class Partner:
    """A partner that sends files of one feed."""

    contract: Contract
    feed: Feed
    folder: Path
    archive: Archive
    rows: Rows = field(default_factory=list)
    days: int = 0

    def send(
        self, rows: Rows | None = None, *, content: bytes | None = None, encoding: str | None = None
    ) -> Delivery:
        """Hand in a file, each a day after the last, and say what came of it."""
        path = self.folder / LAYOUTS[self.feed.table]
        path.write_bytes(self.written(rows or self.rows, encoding) if content is None else content)
        self.days += 1
        os.utime(path, (1_700_000_000 + 86_400 * self.days,) * 2)
        return deliver(path, self.contract, self.feed, self.archive, KEYS)

    def written(self, rows: Rows, encoding: str | None = None) -> bytes:
        """The bytes of a file with these rows, the headings first, in the feed's own layout."""
        feed = self.feed
        if feed.format == "xlsx":
            name = {"labour_need": "BMO_2019_open_data", "federation_members": "Adhérents"}
            return workbook({"Autre feuille": [["x"]], name.get(feed.table, "Questions"): rows})
        text = csv_file(rows, separator=feed.separator, encoding=encoding or feed.encoding)
        if feed.member is None:
            return text
        return zip_file({"export_fiches_CSV_Standard_2019_09_29.csv": text, "autre.csv": b"a;b\n"})

    def place(self, column: str) -> int:
        """Where a column stands."""
        import re

        names = [column, *self.feed.column(column).headings]
        headings = [str(heading).removeprefix("\ufeff") for heading in self.rows[0]]
        return next(i for i, one in enumerate(headings) if any(re.fullmatch(name, one) for name in names))

    @property
    def last(self) -> str:
        """The name of a column that is neither key, filled nor optional."""
        plain = [one for one in self.feed.columns if not self.feed.must_have(one) and not one.optional]
        return plain[-1].name


def read_rows(table: str, path: Path) -> Rows:
    """The cells of a simulated file, headings first, read without the code under test."""
    _, feed = FEEDS[table]
    if path.suffix == ".xlsx":
        book = openpyxl.load_workbook(path)
        sheet = next(
            sheet for sheet in book if sheet.title in {"Questions", "Adhérents"} or "open_data" in sheet.title
        )
        return [[_plain(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]
    content = path.read_bytes()
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            content = archive.read("export_fiches_CSV_Standard_2019_09_29.csv")
    text = content.decode("utf-8-sig" if feed.encoding == "utf-8" else feed.encoding)
    return [list(row) for row in csv.reader(io.StringIO(text, newline=""), delimiter=feed.separator)]


def _plain(cell: object) -> object:
    return cell.date() if hasattr(cell, "hour") else cell


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path / "archive")


@pytest.fixture
def partner(tmp_path: Path, archive: Archive) -> Callable[[str], Partner]:
    def make(table: str) -> Partner:
        contract, feed = FEEDS[table]
        return Partner(contract, feed, tmp_path, archive, read_rows(table, SAMPLE / LAYOUTS[table]))

    return make
