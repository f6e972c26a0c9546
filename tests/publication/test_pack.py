"""The open data pack: every format says the same, by the rules of its standard, in the same bytes each time."""

from __future__ import annotations

import csv
import hashlib
import json
import re
import shutil
import zipfile
from datetime import timedelta

import duckdb
import frictionless
import openpyxl
import pyarrow.parquet as pq
import pytest
import yaml
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from orchestration.publication.manifest import MANIFEST, GateResult
from orchestration.publication.pack import PACK_FILES
from orchestration.quality.pdf_text import read_pdf
from orchestration.quality.suites import load_suites

# What spreadsheets, CSV readers or XML could take for something else.
ODD = (
    "=1+1",
    '=HYPERLINK("x","y")',
    "+33",
    "-2",
    "@sum",
    "#N/A",
    "a\nb",
    'say "no", twice',
    "\x0bcontrol",
    "01",
)


@pytest.fixture(scope="module")
def shop(tmp_path_factory, made):
    """A warehouse with odd texts, and two candidates of it: one of a Monday, one of the next."""
    shop = made.workshop(tmp_path_factory.mktemp("pack"))
    rows = shop.rows()
    for offer, text in zip(rows["pub_training_offer"], ODD[:7], strict=True):
        offer["title_fr"] = text
    for stop, text in zip(rows["pub_stopover"], ODD[7:9], strict=True):
        stop["city"] = text
    rows["pub_territory"] = [{"territory_id": "ti-3204", "name": ODD[9], "region_code": "32"}]
    shop.gates_found = [
        GateResult("collected", "run-1", passed=True, subject_hash="", expectations=20),
        GateResult("marts", "run-1", passed=True, subject_hash="", expectations=31),
        GateResult("asset_checks", "run-1", passed=True, subject_hash="", expectations=1234),
    ]
    shop.first = shop.build("run-1", rows=rows, gates=shop.gates_found)
    later = shop.monday + timedelta(days=7)
    shop.second = shop.build("run-2", created_at=later, gates=shop.gates_found)
    return shop


@pytest.fixture(scope="module")
def public(shop):
    return shop.first.folder / "public"


@pytest.fixture(scope="module")
def package(public):
    return json.loads((public / "datapackage.json").read_bytes())


def test_two_builds_give_the_same_bytes_but_for_the_date(shop):
    first, second = shop.first, shop.second
    assert first.content_hash == second.content_hash
    assert first.manifest.fingerprint == second.manifest.fingerprint
    files = {path.relative_to(first.folder).as_posix() for path in first.folder.rglob("*") if path.is_file()}
    differing = {
        name for name in files if (first.folder / name).read_bytes() != (second.folder / name).read_bytes()
    }
    differing -= {MANIFEST, "internal/skills_bank.duckdb"}  # the database differs in its blocks: see below
    pages = ("gates", "quality", "report", "revisions")
    assert differing == {
        "public/CITATION.cff", "public/croissant.json", "public/datapackage.json", "public/dcat.jsonld",
        *(f"public/{page}.{language}.html" for page in pages for language in ("fr", "en")),
        *(f"public/report.{language}.pdf" for language in ("fr", "en")),
        *(f"public/explorer/{page}{ending}.html" for page in ("index", "sql") for ending in ("", ".en")),
    }  # fmt: skip
    for name in differing:
        one, other = (text_of(each.folder / name) for each in (first, second))
        lines = [
            pair for pair in zip(one.splitlines(), other.splitlines(), strict=True) if pair[0] != pair[1]
        ]
        for pair in lines:
            dated = [
                re.sub(r"2026-11-\d\d|2026-W4\d-1|\d\d? (?:novembre|November) 2026", "DATE", line)
                for line in pair
            ]
            assert dated[0] == dated[1], f"{name} differs in more than its date"
    assert dump(first.database) == dump(second.database)


def test_two_builds_of_one_day_give_the_same_bytes(shop):
    again = shop.build("run-3", gates=shop.gates_found)
    assert again.manifest.files.keys() == shop.first.manifest.files.keys()
    differing = {
        name
        for name, state in again.manifest.files.items()
        if state.sha256 != shop.first.manifest.files[name].sha256
    }
    assert differing <= {"internal/skills_bank.duckdb"}


def text_of(path):
    """What a file says: of a PDF, the text of its pages."""
    if path.suffix != ".pdf":
        return path.read_text(encoding="utf-8")
    return read_pdf(path.read_bytes())[1]


def dump(database):
    """Every table with its columns, comments and rows, in order."""
    with duckdb.connect(str(database), read_only=True) as connection:
        columns = connection.execute(
            "SELECT table_name, column_name, data_type, comment FROM duckdb_columns() WHERE NOT internal ORDER BY ALL"
        ).fetchall()
        tables = sorted({table for table, *_ in columns})
        return columns, {table: connection.execute(f'FROM "{table}"').fetchall() for table in tables}


def test_every_file_of_the_pack_is_there(public):
    assert {path.name for path in public.iterdir()} >= PACK_FILES


def test_the_data_package_validates(public, package):
    report = frictionless.Package(str(public / "datapackage.json")).validate()
    assert report.valid, report.flatten(["name", "type", "note"])
    assert {resource["name"] for resource in package["resources"]} == {
        path.stem for path in public.glob("pub_*.csv")
    }
    keys = {resource["name"]: resource["schema"] for resource in package["resources"]}
    assert keys["pub_domain"]["primaryKey"] == ["domain_type", "domain"]
    assert "primaryKey" not in keys["pub_competence_need"]  # a family as a whole has no competence
    assert "competence_code" in keys["pub_competence_need"]["uniqueKeys"][0]
    references = {
        (tuple(key["fields"]), key["reference"]["resource"])
        for key in keys["pub_innovation_export"]["foreignKeys"]
    }
    assert references == {
        (("edition",), "pub_edition"),
        (("indicator",), "pub_indicator"),
        (("domain_type", "domain"), "pub_domain"),
    }


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("tour_2019,export_rate,all", "tour_2091,export_rate,all", "foreign-key"),
        ("tour_2019,export_rate,region", "tour_2019,export_rate,all", "primary-key"),
        (",0.35,", ",a third,", "type-error"),
    ],
)
def test_the_data_package_notices(public, tmp_path, old, new, fault):
    for path in (*public.glob("*.csv"), public / "datapackage.json"):
        shutil.copy(path, tmp_path)
    spoilt = tmp_path / "pub_innovation_export.csv"
    text = spoilt.read_text(encoding="utf-8")
    assert old in text
    if fault == "primary-key":
        text += next(line for line in text.splitlines() if line.startswith(old)) + "\n"
    else:
        text = text.replace(old, new, 1)
    spoilt.write_text(text, encoding="utf-8")
    report = frictionless.Package(str(tmp_path / "datapackage.json")).validate()
    assert fault in {error[0] for error in report.flatten(["type"])}


def test_checksums_and_sizes_are_those_of_the_files(public, package):
    states = {resource["path"]: resource["hash"].removeprefix("sha256:") for resource in package["resources"]}
    dcat = json.loads((public / "dcat.jsonld").read_bytes())
    croissant = json.loads((public / "croissant.json").read_bytes())
    for entry in dcat["dcat:distribution"]:
        path = public / entry["dct:title"]
        assert path.is_file()
        if checksum := entry.get("spdx:checksum"):
            states[path.name] = checksum["spdx:checksumValue"]["@value"]
            assert entry["dcat:byteSize"]["@value"] == str(path.stat().st_size)
    for entry in croissant["distribution"]:
        assert states[entry["name"]] == entry["sha256"]
    assert set(states) == {path.name for path in public.glob("pub_*")}
    for name, stated in states.items():
        assert hashlib.sha256((public / name).read_bytes()).hexdigest() == stated, name


def test_the_catalogues_speak_both_languages_and_say_what_is_simulated(public):
    dcat = json.loads((public / "dcat.jsonld").read_bytes())
    told = {text["@language"]: text["@value"] for text in dcat["dct:description"]}
    assert told["fr"].startswith("DONNÉES SIMULÉES")
    assert told["en"].startswith("SIMULATED DATA: the editions edition_2012, tour_2019")
    assert dcat["dct:issued"] == {"@type": "xsd:date", "@value": "2026-11-23"}
    for place in (dcat["dcat:landingPage"], *dcat["foaf:page"]):
        assert (public / place["@id"]).is_file()


def test_the_catalogues_have_what_their_profiles_ask_for(public):
    """DCAT-AP 3.0: mandatory and recommended properties, and the EU's lists; Croissant 1.0: its required properties."""
    dcat, croissant, csvw = (
        json.loads((public / name).read_bytes())
        for name in ("dcat.jsonld", "croissant.json", "csv-metadata.json")
    )
    wanted = (
        "dct:title",
        "dct:description",
        "dcat:distribution",
        "dcat:keyword",
        "dct:publisher",
        "dct:spatial",
    )
    assert all(dcat.get(name) for name in (*wanted, "dct:temporal", "dcat:theme", "dct:accessRights"))
    assert dcat["dct:publisher"]["@type"] == "foaf:Agent"
    assert dcat["dct:publisher"]["foaf:name"]
    authority = "http://publications.europa.eu/resource/authority/"
    listed = [dcat["dct:spatial"], dcat["dct:accessRights"], dcat["dct:accrualPeriodicity"]]
    listed += [*dcat["dct:language"], *dcat["dcat:theme"]]
    for entry in dcat["dcat:distribution"]:
        assert all(
            entry.get(name) for name in ("dcat:accessURL", "dct:format", "dct:license", "dcat:mediaType")
        )
        listed.append(entry["dct:format"])
    assert all(one["@id"].startswith(authority) for one in listed)
    prefixes = set(dcat["@context"])

    def terms(value):
        if isinstance(value, dict):
            for key, inner in value.items():
                yield from () if key.startswith("@") else (key,)
                yield from terms(inner)
        elif isinstance(value, list):
            for inner in value:
                yield from terms(inner)

    assert {term.partition(":")[0] for key, part in dcat.items() if key != "@context" for term in (key, *terms(part))
            if not term.startswith("@")} <= prefixes  # fmt: skip
    required = (
        "@context",
        "@type",
        "conformsTo",
        "description",
        "license",
        "name",
        "url",
        "creator",
        "datePublished",
    )
    assert all(croissant.get(name) for name in required)
    for entry in croissant["distribution"]:
        assert all(
            entry.get(name)
            for name in ("@id", "name", "contentUrl", "contentSize", "encodingFormat", "sha256")
        )
    assert croissant["@context"]["sc"] == croissant["@context"]["@vocab"]
    rows = {table["url"]: read_csv(public / table["url"]) for table in csvw["tables"]}
    for table in csvw["tables"]:
        for key in table["tableSchema"].get("foreignKeys", ()):
            columns, other = key["columnReference"], key["reference"]
            there = {tuple(row[c] for c in other["columnReference"]) for row in rows[other["resource"]]}
            cells = [tuple(row[c] for c in columns) for row in rows[table["url"]]]
            assert all(all(cell) for cell in cells), (
                "CSVW's validators take a blank reference for a broken one"
            )
            assert there, other["resource"]


def test_every_field_of_croissant_and_csvw_is_a_column(public):
    croissant = json.loads((public / "croissant.json").read_bytes())
    csvw = json.loads((public / "csv-metadata.json").read_bytes())
    files = {entry["@id"] for entry in croissant["distribution"]}
    found = {}
    for records in croissant["recordSet"]:
        assert (
            {field["source"]["fileObject"]["@id"] for field in records["field"]}
            == {f"{records['name']}.csv"}
            <= files
        )
        found[f"{records['name']}.csv"] = [field["source"]["extract"]["column"] for field in records["field"]]
    described = {
        table["url"]: [c["name"] for c in table["tableSchema"]["columns"]] for table in csvw["tables"]
    }
    headers = {
        path.name: path.read_text(encoding="utf-8").split("\n", 1)[0].split(",")
        for path in public.glob("pub_*.csv")
    }
    assert found == described == headers
    for table in csvw["tables"]:
        rows = read_csv(public / table["url"])
        for column in table["tableSchema"].get("primaryKey", ()):
            assert all(row[column] for row in rows)
        for key in table["tableSchema"].get("foreignKeys", ()):
            assert key["reference"]["resource"] in described


def read_csv(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_csv_files_hold_texts_as_they_are(public):
    """What a spreadsheet would make of them is documented (docs/open-data.md): the cell is not changed."""
    titles = [row["title_fr"] for row in read_csv(public / "pub_training_offer.csv")]
    assert (
        titles
        == pq.read_table(public / "pub_training_offer.parquet")["title_fr"].to_pylist()
        == list(ODD[:7])
    )
    assert b"\r" not in (public / "pub_training_offer.csv").read_bytes()
    assert (public / "pub_training_offer.csv").read_bytes()[:3] != b"\xef\xbb\xbf"


def test_the_workbook_holds_every_row_and_no_formula(public, package):
    path = public / "skills_bank.xlsx"
    book = openpyxl.load_workbook(path)
    assert book.sheetnames[:2] == ["notes", "columns"]
    for resource in package["resources"]:
        sheet = book[resource["name"].removeprefix("pub_")]
        rows = [list(row) for row in sheet.iter_rows(values_only=True)]
        table = pq.read_table(public / f"{resource['name']}.parquet")
        assert rows[0] == table.column_names
        stored = [[clean(value) for value in row.values()] for row in table.to_pylist()]
        assert [[as_date(value) for value in row] for row in rows[1:]] == stored
    cells = {
        cell.value: cell for row in book["training_offer"].iter_rows() for cell in row if cell.value in ODD
    }
    assert set(cells) == set(ODD[:7])
    assert {cell.data_type for cell in cells.values()} == {"s"}
    assert {text for text, cell in cells.items() if cell.quotePrefix} == set(ODD[:5])
    with zipfile.ZipFile(path) as archive:
        assert {entry.date_time[0] for entry in archive.infolist()} == {1980}
        assert not any(b"<f>" in archive.read(name) for name in archive.namelist() if "worksheets" in name)


def clean(value):
    """A value as a workbook can hold it: 16 digits, no control character."""
    if isinstance(value, float):
        return pytest.approx(value, rel=1e-15)
    return value.replace("\x0b", "\ufffd") if isinstance(value, str) else value


def as_date(value):
    return value.date() if hasattr(value, "date") else value


def test_the_notes_say_what_a_reader_must_know(public):
    notes = dict(openpyxl.load_workbook(public / "skills_bank.xlsx")["notes"].iter_rows(values_only=True))
    assert notes["Description"].startswith("SIMULATED DATA")
    assert "Licence Ouverte" in notes["Licence"]
    assert notes["Data version"] == json.loads((public / "datapackage.json").read_bytes())["version"]


def test_citation_and_licence_name_sources_date_and_version(public, package):
    citation = yaml.safe_load((public / "CITATION.cff").read_text(encoding="utf-8"))
    assert (citation["cff-version"], citation["type"], citation["license"]) == (
        "1.2.0",
        "dataset",
        "etalab-2.0",
    )
    assert citation["date-released"].isoformat() == "2026-11-23"
    assert citation["version"] == package["version"]
    licence = (public / "LICENCE.txt").read_text(encoding="utf-8")
    assert "INSEE" in licence


def test_another_cell_is_another_version(workshop):
    versions = [
        json.loads((folder / "public" / "datapackage.json").read_bytes())["version"]
        for folder in (workshop.candidate("run-1").folder, workshop.candidate("run-2", shift=1).folder)
    ]
    assert versions[0] != versions[1]


def test_the_bill_of_materials_is_valid_cyclonedx(shop):
    text = (shop.first.folder / "internal" / "sbom.cdx.json").read_text(encoding="utf-8")
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    bill = json.loads(text)
    names = {component["name"] for component in bill["components"]}
    assert {"duckdb", "dagster", "great-expectations", "pyarrow"} <= names
    assert "pytest" not in names
    assert "timestamp" not in bill["metadata"]


@pytest.mark.parametrize(
    ("language", "passed", "later"), [("en", "passed", "see below"), ("fr", "réussi", "voir plus bas")]
)
def test_the_gates_page_tells_what_was_found_and_what_is_demanded(public, language, passed, later):
    page = (public / f"gates.{language}.html").read_text(encoding="utf-8")
    rows = {
        name: row
        for row in re.findall(r"<tr>.*?</tr>", page, re.DOTALL)
        for name in re.findall(r"<code>(\w+)", row)[:1]
    }
    assert f"<td>{passed}</td>" in rows["marts"]
    assert ">31<" in rows["marts"]
    assert "1,234" in rows["asset_checks"] or "1\u202f234" in rows["asset_checks"]
    for gate in ("release", "secrecy"):  # they look at this very page
        assert later in rows[gate]
    assert passed not in rows["decoded_answers"]  # not among what was found
    for suite in load_suites().values():
        for expectation in suite.expectations:
            assert expectation.description.replace("'", "&#39;") in page
