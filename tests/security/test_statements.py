"""Names of files, folders and columns that would end an SQL string or identifier. The analysts' own SQL is tried in
tests/publication/test_query.py."""

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from orchestration.archive import Archive
from orchestration.cli import app
from orchestration.codebook import load
from orchestration.collection.companies.matches import Matcher
from orchestration.collection.contacts import Contacts
from orchestration.collection.intake import collect_export
from orchestration.collection.register.collect import collect_register
from orchestration.collection.register.files import Stock
from orchestration.errors import ExportError
from orchestration.identifiers import CompanyKeys
from orchestration.quality.archive_entries import latest_exports
from orchestration.quality.scan import scan_text
from orchestration.settings import Settings

from ..automation.conftest import make_small
from ..collection.conftest import CODEBOOK, limesurvey_csv, made_up
from ..collection.partners.conftest import archive, partner  # noqa: F401 (fixtures)
from ..collection.register.stock_files import place, unit, write

KEYS = CompanyKeys(b"a secret for tests only")
NAMES = (
    'x"; drop table answers; --',
    "x'; copy (select 1) to 'stolen.csv'; --",
    "x') union select content from read_text('/etc/passwd') --",
    'x" or 1=1; {{ 1 + 1 }} /*',
)


@pytest.mark.parametrize("name", NAMES)
def test_a_heading_that_no_codebook_has_is_refused_and_a_file_name_is_a_name(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    book = load(CODEBOOK)
    headings, rows = made_up(book, 5, 1)
    store, contacts = Archive(tmp_path / "archive"), Contacts(tmp_path / "contacts", tmp_path / "secrets")
    path = tmp_path / f"{name.replace('/', '|')}.csv"
    path.write_bytes(limesurvey_csv([*headings, name], [[*row, "x"] for row in rows]))
    with pytest.raises(ExportError, match="is not in the codebook"):
        collect_export(path, book, "limesurvey", store, contacts, KEYS)
    path.write_bytes(limesurvey_csv(headings, rows))
    assert collect_export(path, book, "limesurvey", store, contacts, KEYS).rows == 5
    assert Matcher(book, store, contacts, Settings().reference).archive() is None
    assert {one.name for one in tmp_path.iterdir()} == {path.name, "archive", "contacts", "secrets"}


@pytest.mark.parametrize("name", NAMES)
def test_a_column_of_the_archive_is_looked_through_whatever_its_name(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    store = Archive(tmp_path / "archive")
    rows = pa.table({name: ["someone@example.org", "y"]})
    store.put("partners", "register", "parquet", lambda draft: pq.write_table(rows, draft) or {"rows": 2}, {})
    with duckdb.connect() as connection:
        (found,) = scan_text(connection, latest_exports(store.root)).to_pylist()
    assert (found["column_name"], found["distinct_values"]) == (name, 2)
    assert [one.name for one in tmp_path.iterdir()] == ["archive"]


@pytest.mark.parametrize("name", NAMES)
def test_a_heading_of_a_partner_is_left_out_and_nothing_else(partner, name):  # noqa: F811
    sender = partner("training_offers")
    first = sender.send()
    rows = [[*row, name if place == 0 else "x"] for place, row in enumerate(sender.rows)]
    second = sender.send(rows)
    before, after = (pq.read_table(one.entry.path) for one in (first, second))
    assert after.column_names == before.column_names
    assert after.num_rows == before.num_rows


def test_a_data_folder_of_any_name_works(tmp_path, clean_environment, monkeypatch):
    folder = tmp_path / 'it\'s "data"; drop table pub_edition; --'
    folder.mkdir()
    small = make_small(folder)
    for variable, value in small.environment().items():
        monkeypatch.setenv(variable, value)
    listed = CliRunner().invoke(app, ["query", "select respondents from pub_edition", "--format", "csv"])
    assert listed.stdout == "respondents\n642\n", listed.output
    assert Contacts.of(small.settings).rotate().files == 1


@pytest.mark.parametrize("suffix", ["parquet", "csv"])
def test_a_register_in_a_folder_of_any_name_is_read(tmp_path, suffix):
    folder = tmp_path / "register'); drop table units; --"
    folder.mkdir()
    named = unit("404833048", denominationUniteLegale="x'); drop table units; --")
    files = (
        write(folder, "StockUniteLegale", [named], suffix),
        write(folder, "StockEtablissement", [place("404833048")], suffix),
    )
    stock = Stock(*files)
    contacts = Contacts(tmp_path / "contacts", tmp_path / "secrets")
    found = collect_register(stock, Archive(tmp_path / "archive"), KEYS, contacts)
    assert found.rows == 1
    (path,) = contacts.files("register")
    assert contacts.read(path)["name"].to_pylist() == ["x'); drop table units; --"]
