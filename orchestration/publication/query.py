"""Analysts' questions to a release. Belongs here: opening it read-only, running one statement and writing its rows.
Does not: opening anything but the release."""

from __future__ import annotations

import csv
import io
import json
import math
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import duckdb
import pyarrow.parquet as pq
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from orchestration.errors import ReleaseError
from orchestration.publication.releases import open_release
from orchestration.spreadsheets import CsvLines
from orchestration.sql_text import literal

SHOWN = 100
_BATCH = 10_000
_NUMBER = re.compile(r"U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER|FLOAT|DOUBLE|DECIMAL.*")
_FIX = 'see the tables with `skillsbank query "show tables"` and their columns with `"describe dim_edition"`'


def run_query(releases: Path, sql: str, format: str = "table", output: Path | None = None) -> None:
    """Run one SELECT on the current release and write its rows to a file, or to standard output.

    The release is opened read-only, and nothing else can be opened. ``format`` is ``table`` (the first 100
    rows), ``csv``, ``json`` (an array of objects) or ``parquet``.

    Raises:
        ReleaseError: nothing is published, the statement is not one SELECT, it fails, or its result cannot be
            written in this format or to this place.
    """
    writer = _writer(format)
    if format == "parquet" and output is None and sys.stdout.isatty():
        raise ReleaseError("Parquet is not for the screen", fix="name a file with --output, or use a pipe")
    with connect(open_release(releases).database) as connection:
        _check_statement(sql)
        with _explained(), sink(output) as file:
            writer(connection, sql, file)


@contextmanager
def connect(database: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection that sees the release, read-only, and nothing besides it on the machine."""
    with duckdb.connect(config={"autoinstall_known_extensions": "false"}) as connection:
        connection.execute(f"ATTACH {literal(database)} AS skills_bank (READ_ONLY)")
        connection.execute("USE skills_bank")
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
        yield connection


def _check_statement(sql: str) -> None:
    with _explained():
        statements = duckdb.extract_statements(sql)
    allowed = (duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN)
    if len(statements) == 1 and statements[0].type in allowed:
        return
    what = (
        f"{len(statements)} statements" if len(statements) != 1 else f"a {statements[0].type.name} statement"
    )
    raise ReleaseError(
        f"this is {what if statements else 'no statement'}, and a release is only read",
        where="query",
        expected="one SELECT (or WITH, FROM, SHOW TABLES, DESCRIBE, SUMMARIZE, EXPLAIN)",
    )


@contextmanager
def _explained() -> Iterator[None]:
    """DuckDB's errors as one message of ours."""
    try:
        yield
    except duckdb.PermissionException as error:
        raise ReleaseError(
            "a query reads the tables of the release, no file and no address besides", where="query", fix=_FIX
        ) from error
    except duckdb.Error as error:
        # DuckDB draws the line again with a caret below it: that has no place in one sentence.
        message = " ".join(str(error).split("\n\nLINE ")[0].split())
        raise ReleaseError(message, where="query", fix=_FIX) from error


@contextmanager
def sink(output: Path | None) -> Iterator[BinaryIO]:
    """Standard output, or a file that is there only when it is whole."""
    if output is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    part = output.with_name(f".{output.name}.part")
    try:
        with part.open("wb") as file:
            yield file
        part.replace(output)
    except OSError as error:
        raise ReleaseError(
            f"it cannot be written ({os.strerror(error.errno or 0)})",
            where=str(output),
            fix="name a file in a folder that exists and has room",
        ) from error
    finally:
        part.unlink(missing_ok=True)


def _writer(format: str) -> Callable[[duckdb.DuckDBPyConnection, str, BinaryIO], None]:
    writers = {"table": _write_table, "csv": _write_csv, "json": _write_json, "parquet": _write_parquet}
    try:
        return writers[format]
    except KeyError:
        raise ReleaseError(f"there is no format {format}", expected=f"one of {', '.join(writers)}") from None


def _columns(result: duckdb.DuckDBPyConnection) -> list[str]:
    return [column[0] for column in result.description or ()]


def _check_distinct(names: list[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise ReleaseError(
                f"two columns are named {name}", where="query", fix="name one of them otherwise with AS"
            )


def _rows(result: duckdb.DuckDBPyConnection) -> Iterator[tuple[Any, ...]]:
    while batch := result.fetchmany(_BATCH):
        yield from batch


def _write_table(connection: duckdb.DuckDBPyConnection, sql: str, sink: BinaryIO) -> None:
    result = connection.execute(sql)
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    kinds = [str(column[1]) for column in result.description or ()]
    for name, kind in zip(_columns(result), kinds, strict=True):
        table.add_column(Text(name), justify="right" if _NUMBER.fullmatch(kind) else "left")
    rows = result.fetchmany(SHOWN + 1)
    for row in rows[:SHOWN]:
        table.add_row(*(Text(_printable(value)) for value in row))
    text = io.StringIO()
    width = None if sys.stdout.isatty() else 100_000
    console = Console(file=text, width=width, force_terminal=False)
    console.print(table)
    if len(rows) > SHOWN:
        console.print(f"The first {SHOWN} rows; --format csv gives all.", highlight=False)
    sink.write(text.getvalue().encode())


def _printable(value: Any) -> str:
    """A cell for the screen: no control character of the data reaches the terminal."""
    text = "" if value is None else str(_field(value))
    return "".join(character if character.isprintable() else "�" for character in text)


def _write_csv(connection: duckdb.DuckDBPyConnection, sql: str, sink: BinaryIO) -> None:
    result = connection.execute(sql)
    text = io.TextIOWrapper(sink, encoding="utf-8", newline="", write_through=True)
    try:
        writer = csv.writer(CsvLines(text))
        writer.writerow(_columns(result))
        writer.writerows([_field(value) for value in row] for row in _rows(result))
    finally:
        text.detach()


def _field(value: Any) -> Any:
    match value:
        case bool():
            return "true" if value else "false"
        case list() | dict():
            return _json(value)
        case _:
            return value


def _write_json(connection: duckdb.DuckDBPyConnection, sql: str, sink: BinaryIO) -> None:
    result = connection.execute(sql)
    names, opening = _columns(result), b"["
    _check_distinct(names)
    for row in _rows(result):
        sink.write(opening + b"\n" + _json(dict(zip(names, row, strict=True))).encode())
        opening = b","
    sink.write(b"[]\n" if opening == b"[" else b"\n]\n")


def _json(value: Any) -> str:
    return json.dumps(_finite(value), ensure_ascii=False, default=str)


def _finite(value: Any) -> Any:
    """JSON knows no NaN and no infinity: they become null."""
    match value:
        case float() if not math.isfinite(value):
            return None
        case dict():
            return {key: _finite(inner) for key, inner in value.items()}
        case list() | tuple():
            return [_finite(inner) for inner in value]
        case _:
            return value


def _write_parquet(connection: duckdb.DuckDBPyConnection, sql: str, sink: BinaryIO) -> None:
    relation = connection.sql(sql)
    _check_distinct(relation.columns)
    reader = relation.to_arrow_reader(_BATCH * 10)
    with pq.ParquetWriter(sink, reader.schema, compression="zstd") as writer:
        for batch in reader:
            writer.write_batch(batch)
