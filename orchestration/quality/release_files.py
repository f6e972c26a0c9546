"""A staged release as relations. Belongs here: its files, tables, pages and published figures as rows.
Does not: what is expected of them."""

from __future__ import annotations

import csv
import hashlib
import json
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.quality.masking import found
from orchestration.quality.pdf_text import read_pdf
from orchestration.quality.relations import (
    FLAG,
    INTEGER,
    TEXT,
    Columns,
    count,
    table_of,
)
from orchestration.sql_text import identifier, literal

MANIFEST, PUBLIC, DATABASE = "MANIFEST.json", "public", "internal/skills_bank.duckdb"
# No tables of the release: what the next one reads.
KNOWLEDGE = "internal/public_knowledge"
_TEXTS = (".json", ".jsonld", ".txt", ".cff")
_SAID = ("simulated", "simulé")

# What a table of figures lacks is null in release.figures.
_FIGURES = {
    "edition": "VARCHAR",
    "indicator": "VARCHAR",
    "family": "VARCHAR",
    "competence_code": "VARCHAR",
    "domain_type": "VARCHAR",
    "domain": "VARCHAR",
    "n": "BIGINT",
    "responded": "BIGINT",
    "weighted_n": "DOUBLE",
    "value": "DOUBLE",
    "se": "DOUBLE",
    "ci_low": "DOUBLE",
    "ci_high": "DOUBLE",
    "cv": "DOUBLE",
    "kind": "VARCHAR",
    "flag": "VARCHAR",
    "reason": "VARCHAR",
}


def released(folder: Path) -> list[Path]:
    """The files of a release but its manifest, which is completed after the gate, sorted."""
    return sorted(path for path in folder.rglob("*") if path.is_file() and path != folder / MANIFEST)


def public_relations(folder: Path) -> Iterator[tuple[str, str]]:
    """Every public table file and the explorer's data, as its name and what stands after FROM."""
    for path in released(folder / PUBLIC):
        if path.suffix == ".parquet":
            yield path.relative_to(folder).as_posix(), f"read_parquet({literal(path)})"
        elif path.suffix == ".csv":
            yield path.relative_to(folder).as_posix(), f"read_csv({literal(path)}, header = true)"
        elif path.suffix == ".js" and path.parent.name == "data":
            # Between two quotes stands a text or what follows one: each is looked at as a value.
            values = f"SELECT unnest(string_split(content, '\"')) AS value FROM read_text({literal(path)})"
            yield path.relative_to(folder).as_posix(), f"({values})"


def _files(folder: Path) -> pa.Table:
    """One row a file that is there or listed: path, bytes, sha256 (null: missing), manifest_sha256."""
    listed = {path: state["sha256"] for path, state in _manifest(folder)["files"].items()}
    there = {path.relative_to(folder).as_posix(): path for path in released(folder)}
    rows = []
    for relative in sorted({*listed, *there}):
        row: dict[str, Any] = {"path": relative, "manifest_sha256": listed.get(relative)}
        if path := there.get(relative):
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            row |= {"bytes": path.stat().st_size, "sha256": digest}
        rows.append(row)
    return table_of({"path": TEXT, "bytes": INTEGER, "sha256": TEXT, "manifest_sha256": TEXT}, rows)


def _tables(folder: Path) -> pa.Table:
    """One row a table and place that holds it or should: table_name, file, rows (or null), manifest_rows."""
    stated = {table: state["rows"] for table, state in _manifest(folder)["tables"].items()}
    found = {(table, DATABASE): rows for table, rows in _database_rows(folder / DATABASE).items()}
    with duckdb.connect() as connection:
        for path in released(folder):
            place = path.stem, path.relative_to(folder).as_posix()
            if path.suffix == ".parquet" and path.parent != folder / KNOWLEDGE:
                found[place] = pq.read_metadata(path).num_rows
            elif path.suffix == ".csv" and path.stem.startswith("pub_"):
                # As text: a cell that is not of its column's guessed type is no reason not to count.
                found[place] = count(
                    connection, f"read_csv({literal(path)}, header = true, all_varchar = true)"
                )
    expected = {(table, place) for table in stated for place in _places(table)}
    columns: Columns = {"table_name": TEXT, "file": TEXT, "rows": INTEGER, "manifest_rows": INTEGER}
    return table_of(
        columns,
        (
            {
                "table_name": table,
                "file": file,
                "rows": found.get((table, file)),
                "manifest_rows": stated.get(table),
            }
            for table, file in sorted(expected | found.keys())
        ),
    )


def _places(table: str) -> list[str]:
    """Where a release keeps a table."""
    public = [f"{PUBLIC}/{table}.parquet", f"{PUBLIC}/{table}.csv"] if table.startswith("pub_") else []
    return [DATABASE, f"internal/{table}.parquet", *public]


def _database_rows(database: Path) -> dict[str, int]:
    if not database.is_file():
        return {}
    with duckdb.connect(str(database), read_only=True) as connection:
        tables = connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()
        return {table: count(connection, identifier(table)) for (table,) in tables}


def _columns(folder: Path) -> pa.Table:
    """One row a column of a public table file: file, column_name; source and licence by the public dictionary
    (null where it does not say)."""
    said = _dictionary(folder / PUBLIC / "dictionary.csv")
    rows: list[dict[str, str | None]] = []
    for path in released(folder / PUBLIC):
        if path.suffix == ".parquet":
            names = pq.read_schema(path).names
        elif path.suffix == ".csv":
            with path.open(encoding="utf-8", newline="") as file:
                names = next(csv.reader(file), [])
        else:
            continue
        place = path.relative_to(folder).as_posix()
        rows += [
            {"file": place, "column_name": column, **said.get((path.stem, column), {})} for column in names
        ]
    return table_of({"file": TEXT, "column_name": TEXT, "source": TEXT, "licence": TEXT}, rows)


def _dictionary(path: Path) -> dict[tuple[str, str], dict[str, str | None]]:
    """Source and licence of each (table, column)."""
    if not path.is_file():
        return {}
    with path.open(encoding="utf-8", newline="") as file:
        return {
            (row["table"], row["column"]): {key: row.get(key) or None for key in ("source", "licence")}
            for row in csv.DictReader(file)
        }


def _figures(folder: Path) -> pa.Table:
    """One row a published figure, from every public Parquet table that has `n` and `value`, with its file."""
    nothing = ", ".join(f"CAST(NULL AS {kind}) AS {column}" for column, kind in _FIGURES.items())
    parts = [f"SELECT CAST(NULL AS VARCHAR) AS file, {nothing} WHERE false"]
    for path in released(folder / PUBLIC):
        there = set(pq.read_schema(path).names) if path.suffix == ".parquet" else set()
        if {"n", "value"} <= there:
            cells = (
                f"CAST({column if column in there else 'NULL'} AS {kind}) AS {column}"
                for column, kind in _FIGURES.items()
            )
            place = literal(path.relative_to(folder).as_posix())
            parts.append(f"SELECT {place} AS file, {', '.join(cells)} FROM read_parquet({literal(path)})")
    with duckdb.connect() as connection:
        figures: pa.Table = connection.sql(" UNION ALL ".join(parts)).to_arrow_table()
        return figures


def _pages(folder: Path) -> pa.Table:
    """One row a public HTML page or PDF: path, language, letters of text, personal patterns, the simulated label."""
    simulated = any(edition["simulated"] for edition in _manifest(folder)["editions"])
    rows = []
    for path in released(folder / PUBLIC):
        if path.suffix in (".html", ".pdf"):
            language, visible, whole = _read_page(path)
            rows.append(
                {
                    "path": path.relative_to(folder).as_posix(),
                    "language": language,
                    "letters": sum(map(str.isalpha, visible)),
                    "emails": found("e-mail", visible),
                    "phones": found("phone", visible),
                    "company_keys": found("company key", whole),
                    "says_simulated": any(word in visible.lower() for word in _SAID),
                    "must_say_simulated": simulated
                    and (path.name.startswith("report") or path.parent.name == "explorer"),
                }
            )
    counts = dict.fromkeys(("letters", "emails", "phones", "company_keys"), INTEGER)
    flags = {"says_simulated": FLAG, "must_say_simulated": FLAG}
    return table_of({"path": TEXT, "language": TEXT, **counts, **flags}, rows)


def _read_page(path: Path) -> tuple[str | None, str, str]:
    """A page's language, its visible text, and all that it holds as text."""
    if path.suffix == ".pdf":
        language, text = read_pdf(path.read_bytes())
        return language, text, text
    html = path.read_text(encoding="utf-8")
    said = re.search(r"<html[^>]*\blang=[\"']?([a-z]{2})", html)
    return said[1] if said else None, _visible(html), html


def _texts(folder: Path) -> pa.Table:
    """One row a public file that is neither table nor page: path, personal patterns in what it says."""
    rows = []
    for path in released(folder / PUBLIC):
        if path.suffix in _TEXTS or path.suffix == ".xlsx":
            said = _workbook_text(path) if path.suffix == ".xlsx" else path.read_text(encoding="utf-8")
            counts = {
                name: found(pattern, said)
                for name, pattern in (
                    ("emails", "e-mail"),
                    ("phones", "phone"),
                    ("company_keys", "company key"),
                )
            }
            rows.append({"path": path.relative_to(folder).as_posix(), **counts})
    return table_of({"path": TEXT, **dict.fromkeys(("emails", "phones", "company_keys"), INTEGER)}, rows)


def _workbook_text(path: Path) -> str:
    """The text of all cells, a line each."""
    with zipfile.ZipFile(path) as archive:
        parts = [
            archive.read(name).decode()
            for name in archive.namelist()
            if name.startswith(("xl/worksheets/", "xl/sharedStrings"))
        ]
    return "\n".join(text for part in parts for text in re.findall(r"<t(?: [^>]*)?>([^<]*)</t>", part))


def _visible(html: str) -> str:
    """The text of a page without scripts and styles, whose authors' addresses are no one's data here."""
    without = re.sub(r"<(script|style)\b.*?</\1\s*>", " ", html, flags=re.DOTALL | re.IGNORECASE)
    return re.sub(r"<[^>]*>", " ", without)


def _manifest(folder: Path) -> Any:
    return json.loads((folder / MANIFEST).read_bytes())


TABLES: Mapping[str, Callable[[Path], pa.Table]] = {
    "files": _files,
    "tables": _tables,
    "columns": _columns,
    "figures": _figures,
    "pages": _pages,
    "texts": _texts,
}
