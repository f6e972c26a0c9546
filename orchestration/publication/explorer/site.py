"""The explorer's files. Belongs here: writing pages, data, styles and scripts into a release. Does not: what the
data are (figures.py), or where places lie (publication/plane.py)."""

from __future__ import annotations

import json
import re
import shutil
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import duckdb
import yaml

from orchestration.errors import ReleaseError
from orchestration.publication.explorer.figures import Reading
from orchestration.publication.pages import environment
from orchestration.publication.plane import HEIGHT, KINDS, WIDTH, shapes
from orchestration.publication.report.words import LANGUAGES, Words, french_spacing

EXPLORER = "explorer"
_HERE = Path(__file__).parent
# Plain scripts in the order in which they need each other: modules do not load from a memory stick (file:).
SCRIPTS = (
    "namespace", "format", "state", "view", "svg", "map", "ranking", "time", "table", "detail", "downloads",
    "controls", "main",
)  # fmt: skip
_SQL_FILES = ("sql.js", "sql.css")


def page_name(page: str, language: str) -> str:
    """A page's file name: French is the folder's own language."""
    return f"{page}.html" if language == "fr" else f"{page}.{language}.html"


def write_explorer(connection: duckdb.DuckDBPyConnection, folder: Path, *, released_on: date) -> None:
    """Write ``explorer/`` into the public folder from the connected database's ``pub_*`` tables.

    It needs no server and asks no other address: scripts, styles and data lie beside the pages. Only the SQL page
    needs a web server, for browsers read no file from ``file:``.

    Raises:
        ReleaseError: a public table or the contours are missing, or an indicator's code cannot name a file.
    """
    target = folder / EXPLORER
    reading = Reading(connection)
    figures = reading.figures()
    _write_data(target / "data", reading.core(), figures)
    for name in [*(f"{script}.js" for script in SCRIPTS), "explorer.css", *_SQL_FILES]:
        shutil.copyfile(_HERE / "static" / name, target / name)
    shutil.copytree(_HERE / "vendor", target / "vendor")
    core = reading.core()
    tables = sorted(path.stem for path in folder.glob("pub_*.parquet"))
    for language in LANGUAGES:
        for page in ("index", "sql"):
            html = _render(page, language, core, released_on, tables)
            (target / page_name(page, language)).write_text(html, encoding="utf-8")


def _write_data(folder: Path, core: dict[str, Any], figures: dict[str, dict[str, Any]]) -> None:
    folder.mkdir(parents=True)
    _write(folder / "core.js", "core", core | {"plane": [WIDTH, HEIGHT]})
    for kind in KINDS:
        paths = {code: shape.d for code, shape in shapes(kind).items()}
        _write(folder / f"contours-{kind}.js", f"contours-{kind}", paths)
    for indicator, cells in figures.items():
        if not re.fullmatch(r"[a-z][a-z0-9_]*", indicator):
            raise ReleaseError(
                f"the indicator {indicator!r} cannot name a file",
                where="pub_indicator",
                expected="small letters, digits and underscores",
            )
        _write(folder / f"figures-{indicator}.js", f"figures-{indicator}", cells)
    for language in LANGUAGES:
        _write(folder / f"texts.{language}.js", "texts", _texts(language))


def _write(path: Path, name: str, value: Any) -> None:
    """Data as a script: it loads from a web server and from a memory stick alike."""
    content = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    path.write_text(f"Explorer.receive({json.dumps(name)},{content});\n", encoding="utf-8")


def _render(page: str, language: str, core: dict[str, Any], released_on: date, tables: list[str]) -> str:
    (other,) = (candidate for candidate in LANGUAGES if candidate != language)
    simulated = [edition[language] for edition in core["editions"] if edition["simulated"]]
    return (
        environment()
        .get_template(f"explorer_{page}.html.j2")
        .render(
            t=_texts(language),
            language=language,
            other_language=other,
            other_file=page_name(page, other),
            index_file=page_name("index", language),
            sql_file=page_name("sql", language),
            simulated=", ".join(simulated),
            scripts=SCRIPTS,
            tables=tables,
            released_on=released_on,
            released_text=Words(language).date(released_on),
        )
    )


@lru_cache
def _texts(language: str) -> dict[str, str]:
    loaded: dict[str, Any] = yaml.safe_load(
        (_HERE / "texts" / f"{language}.yaml").read_text(encoding="utf-8")
    )
    polish = french_spacing if language == "fr" else str
    return {key: polish(str(text).strip()) for key, text in loaded.items()}
