"""A small archive, lake, candidate and release that pass their gates, to be spoiled by the tests."""

import csv
import hashlib
import json
from collections.abc import Callable
from datetime import datetime
from functools import cache
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import typst
import yaml
from openpyxl import Workbook

from orchestration.collection.partners.contract import load_all, schemas
from orchestration.lake import SCHEMAS
from orchestration.publication.licences import licence_of, read_sources
from orchestration.publication.manifest import EditionState, Manifest, TableState, content_hash, hash_files
from orchestration.publication.report.compact import compact
from orchestration.quality import GateContext, run_gate
from orchestration.settings import Settings

REPOSITORY = Path(__file__).resolve().parents[2]
CODEBOOKS = REPOSITORY / "data" / "codebooks"
GOOD_MARTS = Path(__file__).with_name("good_marts.sql")
PARTNERS = schemas(load_all(Settings().contracts))
ALL_SCHEMAS = SCHEMAS | PARTNERS
EDITIONS = {"tour_2019": 2019, "edition_2012": 2012}
RESPONDENTS = 60  # an edition: enough for shares to be judged

Change = Callable[[Path], object]


class World:
    """What a gate looks at, written only when it is to be looked at."""

    def __init__(self) -> None:
        self.previous: dict[str, int] = {}
        self._before: Change = lambda _: None
        self._after: Change = lambda _: None

    def count_before(self, **rows: int) -> None:
        """Say what the last release counted; `__` stands for a colon."""
        self.previous.update({name.replace("__", ":"): count for name, count in rows.items()})

    def earlier(self, change: Change) -> None:
        """Change the files before the manifest is made."""
        self._before = change

    def later(self, change: Change) -> None:
        """Change the files once all is there."""
        self._after = change


class Archived(World):
    """An archive with one export and one partner file, in the layout of orchestration/archive.py."""

    def __init__(self) -> None:
        super().__init__()
        self.columns = {
            "id": [str(number) for number in range(1, 101)],
            "MANQUE": ["soudure [e-mail]"] * 100,
            "company_key": [key(number) for number in range(100)],
            "rejected": [None] * 100,
        }
        self.facts = {"rows": 100, "rejected": 0, "origin_sha256": "0" * 64}

    def context(self, folder: Path) -> GateContext:
        data = self._put(folder, "limesurvey/tour_2019", self.columns, self.facts)
        self._put(folder, "partners/stopovers", {"city": ["Albert-Méaulte"]}, {"rows": 1})
        self._after(data)
        return GateContext(archive=folder / "archive", previous=self.previous)

    def _put(self, folder: Path, feed: str, columns: dict[str, list], facts: dict) -> Path:
        pq.write_table(pa.table(columns), folder / "draft.parquet")
        content = (folder / "draft.parquet").read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        path = folder / "archive" / feed / f"20260105T050000Z-{digest[:12]}.parquet"
        path.parent.mkdir(parents=True)
        path.write_bytes(content)
        known = {"sha256": digest, "bytes": len(content), "collected_at": "2026-01-05T05:00:00+00:00"}
        path.with_name(f"{path.name}.json").write_text(json.dumps(known | facts))
        return path


class Lake(World):
    """The tables of a lake as lists of rows."""

    def __init__(self, tables: dict[str, list[dict]]) -> None:
        super().__init__()
        self.tables = tables

    def __getitem__(self, table: str) -> list[dict]:
        return self.tables[table]

    def put(self, table: str, row: int, **cells) -> None:
        """Change some cells of one row."""
        self[table][row].update(cells)

    def every(self, table: str, *, where: dict | None = None, **cells) -> None:
        """Change the same cells of every row, or of those that have these cells."""
        for row in self[table]:
            if (where or {}).items() <= row.items():
                row.update(cells)

    def again(self, table: str, row: int) -> None:
        """Have a row twice."""
        self[table].append(dict(self[table][row]))

    def context(self, folder: Path) -> GateContext:
        for table, rows in self.tables.items():
            # Without the "not null" of the lake's schemas, so that a test can break it.
            schema = pa.schema([field.with_nullable(True) for field in ALL_SCHEMAS[table]])
            path = folder / "lake" / table / "part-0.parquet"
            path.parent.mkdir(parents=True)
            pq.write_table(pa.Table.from_pylist(rows, schema=schema), path)
        self._after(folder / "lake")
        return GateContext(lake=folder / "lake", codebooks=CODEBOOKS, previous=self.previous)


class Marts(World):
    """The candidate database, with the columns and types that the models' YAML promises; spoiled in SQL."""

    def __init__(self) -> None:
        super().__init__()
        self.faults: list[str] = []

    def write(self, file: Path) -> None:
        with duckdb.connect(str(file)) as connection:
            for table, columns in contracts().items():
                typed = ", ".join(f"{name} {kind}" for name, kind in columns.items())
                connection.execute(f"CREATE TABLE {table} ({typed})")
            for statement in (GOOD_MARTS.read_text(encoding="utf-8"), *self.faults):
                connection.execute(statement)

    def context(self, folder: Path) -> GateContext:
        self.write(folder / "candidate.duckdb")
        return GateContext(warehouse_file=folder / "candidate.duckdb", previous=self.previous)


class Release(Marts):
    """A staged release of those marts: database, Parquet, CSV, pages and manifest."""

    def context(self, folder: Path) -> GateContext:
        release = folder / "release"
        for name in ("internal", "public"):
            (release / name).mkdir(parents=True)
            _write_dictionary(release / name / "dictionary.csv")
            (release / name / "dictionary.html").write_text(page("en", "Dictionary"))
        (release / "public/report.fr.html").write_text(page("fr", "Données simulées"))
        (release / "public/report.en.html").write_text(page("en", "Simulated data"))
        for language in ("fr", "en"):
            (release / f"public/report.{language}.pdf").write_bytes(pdf(language))
        (release / "public/explorer/data").mkdir(parents=True)
        (release / "public/explorer/index.html").write_text(page("fr", "Données simulées"))
        (release / "public/explorer/index.en.html").write_text(page("en", "Simulated data"))
        (release / "public/explorer/data/core.js").write_text(
            'Explorer.receive("core",{"label":"Bretagne"});'
        )
        for language in ("fr", "en"):
            for name in ("quality", "gates", "revisions"):
                (release / f"public/{name}.{language}.html").write_text(page(language, "Qualité"))
        _write_pack(release)
        tables = self._export(release)
        self._before(release)
        files = hash_files(release)
        editions = tuple(EditionState(edition, year, "closed", True) for edition, year in EDITIONS.items())
        Manifest(
            created_at="2026-01-05T05:00:00+00:00",
            run_id="run-1",
            content_hash=content_hash(files),
            fingerprint="f" * 64,
            code_version="c" * 64,
            packages={},
            inputs=(),
            editions=editions,
            tables=tables,
            files=files,
        ).write(release)
        self._after(release)
        return GateContext(release=release, previous=self.previous)

    def _export(self, release: Path) -> dict[str, TableState]:
        self.write(release / "internal/skills_bank.duckdb")
        tables = {}
        with duckdb.connect(str(release / "internal/skills_bank.duckdb"), read_only=True) as connection:
            for (table,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall():
                places = [f"internal/{table}.parquet"]
                if table.startswith("pub_"):
                    places += [f"public/{table}.parquet", f"public/{table}.csv"]
                for place in places:
                    connection.execute(f"COPY {table} TO '{release / place}'")
                ((rows,),) = connection.execute(f"SELECT count(*) FROM {table}").fetchall()
                tables[table] = TableState(rows, ())
        return tables


def _write_pack(release: Path) -> None:
    """The files of the pack that are neither table nor page."""
    for name in (
        "public/datapackage.json", "public/csv-metadata.json", "public/dcat.jsonld", "public/croissant.json",
        "public/LICENCE.txt", "public/CITATION.cff", "internal/sbom.cdx.json", "internal/lineage.html",
        "internal/dbt_docs.html",
    ):  # fmt: skip
        (release / name).write_text("Skills Bank")
    (release / "public/revisions.csv").write_text("revision,replaces\n")
    workbook = Workbook()
    workbook.active.append(["Skills Bank"])
    workbook.save(release / "public/skills_bank.xlsx")


def _write_dictionary(path: Path) -> None:
    """Source and licence of each column, as the models' YAML files say."""
    sources = read_sources()
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["table", "column", "source", "licence"])
        for model in _models():
            for column in model["columns"]:
                meta = column["config"]["meta"]
                licence = licence_of(meta["source"], meta.get("licence", ""), sources)
                writer.writerow([model["name"], column["name"], meta["source"], licence])


def key(number: int) -> str:
    """An invented company key."""
    return hashlib.sha256(f"company {number}".encode()).hexdigest()[:32]


def page(language: str, text: str) -> str:
    """A page with some text."""
    return f'<html lang="{language}"><body>{text} {"mot word " * 500}</body></html>'


@cache
def pdf(language: str, more: str = "") -> bytes:
    """A small PDF, made and packed as the report's is."""
    said = {"fr": "Données simulées", "en": "Simulated data"}[language]
    text = f'#set text(lang: "{language}")\n{said} {more} {"mot word " * 300}'
    return compact(typst.compile(text.encode(), ignore_system_fonts=True))


@cache
def contracts() -> dict[str, dict[str, str]]:
    """The columns and types of the marts and the publishable tables."""
    found = {}
    for model in _models():
        columns = {column["name"]: column["data_type"] for column in model["columns"]}
        found[model["name"]] = {
            name: "VARCHAR" if kind == "string" else kind for name, kind in columns.items()
        }
    return found


def _models() -> list[dict]:
    folders = [REPOSITORY / "dbt_project" / "models" / name for name in ("marts", "publishable")]
    paths = [path for folder in folders for path in sorted(folder.glob("*.yml"))]
    return [model for path in paths for model in yaml.safe_load(path.read_text(encoding="utf-8"))["models"]]


@pytest.fixture
def archived() -> Archived:
    return Archived()


@pytest.fixture
def marts() -> Marts:
    return Marts()


@pytest.fixture
def release() -> Release:
    return Release()


@pytest.fixture
def lake() -> Lake:
    items = (
        ("exports", ""), ("export_share", ""), ("missing_skills", ""), ("hard_to_recruit", "INT-01"),
        ("hard_to_recruit", "other"),
    )  # fmt: skip
    tables: dict[str, list[dict]] = {
        "editions": [
            {"edition": edition, "year": year, "status": "closed", "is_simulated": True, "has_frame": True}
            for edition, year in EDITIONS.items()
        ],
        "quarantine": [
            {
                "edition": "tour_2019", "source": "limesurvey", "file": "responses.csv", "row_number": 3,
                "respondent_id": 3, "field": "SIREN", "reason_code": "siren_luhn_invalid",
                "reason": "the SIREN's check digit is wrong", "value_masked": "999 999 999",
            }
        ],
        "communes": [{"commune_code": "80001", "name": "Ville-Exemple"}],
    }  # fmt: skip
    for table, schema in PARTNERS.items():
        tables[table] = [{field.name: _cell(field, number) for field in schema} for number in (1, 2)]
    tables["partner_quarantine"] = [
        {
            "partner": "federation", "table_name": "federation_members", "file": "adherents.xlsx", "row_number": 2,
            "field": "company_key", "reason_code": "siren_wrong", "reason": "expected a SIREN", "is_row_lost": True,
        }
    ]  # fmt: skip
    companies = {"commune_code": "80001", "headcount_band": "12", "is_invited": True}
    tables["frame"] = [
        {"edition": edition, "company_key": key(number)} | companies
        for edition in EDITIONS
        for number in range(200)
    ]
    tables["register"] = [
        {
            "company_key": key(number), "commune_code": "80001", "naf_code": "25.62B", "headcount_band": "12",
            "category": "PME", "state": "A", "diffusion": "O", "open_establishments": 1, "closed_establishments": 0,
        }
        for number in range(200)
    ]  # fmt: skip
    tables["variables"] = [
        {
            "edition": edition,
            "variable": variable,
            "item": item,
            "question": variable.upper(),
            "position": position,
        }
        for edition in EDITIONS
        for position, (variable, item) in enumerate(items, 1)
    ]
    tables["respondents"] = [
        {
            "edition": edition, "respondent_id": number, "source": "limesurvey", "company_key": key(number),
            "identified_by": "siren", "siren_class": "valid", "siret_class": "empty", "is_complete": True,
            "is_undated": False, "is_test": False, "started_at": datetime(year, 3, 1, 9),
            "submitted_at": datetime(year, 3, 1, 10), "last_page": 6, "language": "fr",
            "file": "responses.csv", "row_number": number + 1,
        }
        for edition, year in EDITIONS.items()
        for number in range(RESPONDENTS)
    ]  # fmt: skip
    tables["answers"] = [
        {"edition": edition, "respondent_id": number, "variable": variable, "item": item}
        | _answer(number, variable, item)
        for edition in EDITIONS
        for number in range(RESPONDENTS)
        for variable, item in items
    ]
    return Lake(tables)


def _cell(field: pa.Field, number: int) -> object:
    """A value of a column's type, another in each row."""
    if field.name == "company_key":
        return key(number)
    if pa.types.is_string(field.type):
        return f"{field.name} {number}"
    return None if pa.types.is_date(field.type) else bool(number - 1) if field.type == pa.bool_() else number


def _answer(number: int, variable: str, item: str) -> dict:
    answered = {"state": "answered"}
    match variable, item:
        case "export_share", _:
            return answered | {"value_number": 12.5} if number % 2 else {"state": "not_asked"}
        case "missing_skills", _:
            return (
                answered | {"value_text": f"soudure [phone] {number}"} if number % 3 else {"state": "blank"}
            )
        case _, "other":
            return {"state": "refused", "value_text": "RAS"}
    return answered | {"value_code": "yes" if number % 2 else "no"}


@pytest.fixture
def stopped() -> Callable[[str, GateContext, dict], str]:
    """Run a gate on data with several faults: each must be told with expectation, table, column, cells.

    Several at once, since a gate takes half a second and there are ninety faults. Gives all that it says.
    """

    def run(gate: str, context: GateContext, faults: dict) -> str:
        result = run_gate(gate, context)
        assert not result.passed
        markdown = result.to_markdown()
        for fault, (_, expectation, table, column, shown) in faults.items():
            told = [failure for failure in result.failures if failure.expectation == expectation]
            assert len(told) == 1, (fault, [str(failure) for failure in result.failures])
            assert (told[0].table, told[0].column) == (table, column), fault
            assert 1 <= len(told[0].rows) <= 20, fault
            assert any(shown.items() <= row.items() for row in told[0].rows), (fault, told[0].rows)
            assert f"observed: {told[0].observed}" in markdown
        return markdown + json.dumps(result.to_dict(), ensure_ascii=False)

    return run
