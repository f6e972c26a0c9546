"""The quality report, after the headings of the European Statistical System (SIMS). Belongs here: its pages,
filled from the run. Does not: any figure of the survey."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import yaml

from orchestration.publication.pages import environment
from orchestration.publication.report.views import Cell, Row, RowGroup, Table
from orchestration.publication.report.words import LANGUAGES, Words, french_spacing

_TEXTS = Path(__file__).parent / "quality_texts"
# The diagnostics of the weights that a reader can judge the figures by, with the digits to show.
_MEASURES = {
    "companies in the frame": 0,
    "companies invited": 0,
    "companies weighted": 0,
    "response rate": 3,
    "Kish effective size": 0,
    "Kish design effect": 2,
    "smallest adjustment": 2,
    "largest adjustment": 2,
    "calibration iterations": 0,
}
_FLAGS = (
    "ok", "fragile", "zero", "carried_over", "unreliable", "secret", "not_available", "not_applicable",
)  # fmt: skip


@dataclass(frozen=True)
class _Part:
    """One heading with its paragraphs and the table under them, if any."""

    id: str
    heading: str
    paragraphs: tuple[str, ...]
    table: Table | None


def quality_file(language: str) -> str:
    """The page's file name."""
    return f"quality.{language}.html"


def write_quality_report(
    connection: duckdb.DuckDBPyConnection, folder: Path, *, released_on: date
) -> list[Path]:
    """Write ``quality.fr.html`` and ``quality.en.html`` from the connected database's marts: counts of an edition as a
    whole, diagnostics of its weights, and how many figures are shown or hidden."""
    written = []
    for language in LANGUAGES:
        path = folder / quality_file(language)
        path.write_text(_render(connection, language, released_on), encoding="utf-8")
        written.append(path)
    return written


def _render(connection: duckdb.DuckDBPyConnection, language: str, released_on: date) -> str:
    words = Words(language)
    texts: dict[str, Any] = yaml.safe_load((_TEXTS / f"{language}.yaml").read_text(encoding="utf-8"))
    polish = french_spacing if language == "fr" else str
    tables = {
        "editions": _editions(connection, words, texts["columns"]),
        "weights": _weights(connection, words, texts["columns"], texts["measures"]),
        "states": _states(connection, words, texts["columns"], texts["flags"]),
        "comparability": _comparability(connection, language, texts["columns"], texts["comparability"]),
    }
    values = _counts(connection, words)
    parts = [
        _Part(
            f"s{number}",
            f"S.{number} {polish(part['heading'])}",
            tuple(polish(str(text).format(**values)) for text in part["text"]),
            tables.get(part.get("table", "")),
        )
        for number, part in enumerate(texts["parts"], 1)
    ]
    other = next(code for code in LANGUAGES if code != language)
    return (
        environment()
        .get_template("quality.html.j2")
        .render(
            language=language,
            title=texts["title"],
            intro=polish(texts["intro"].format(**values)),
            other_language=other,
            other_file=quality_file(other),
            other_text=words("other_language"),
            released_on=released_on,
            released=words("released"),
            released_text=words.date(released_on),
            parts=parts,
        )
    )


def _counts(connection: duckdb.DuckDBPyConnection, words: Words) -> dict[str, str]:
    simulated = connection.execute(
        f"SELECT string_agg(title_{words.language}, ', ' ORDER BY year) FROM dim_edition "
        "WHERE is_simulated IS NOT false"
    ).fetchone()
    shown = connection.execute(
        """SELECT count(*) FILTER (WHERE value IS NOT NULL), count(*), count(*) FILTER (WHERE flag = 'secret')
        FROM (SELECT value, flag FROM pub_innovation_export UNION ALL SELECT value, flag FROM pub_competence_need)"""
    ).fetchone()
    assert simulated is not None
    assert shown is not None
    item = connection.execute(
        """SELECT min(item_response), median(item_response) FROM (
            SELECT item_response FROM ind_innovation_export WHERE domain_type = 'all' AND kind = 'proportion'
            UNION ALL SELECT item_response FROM ind_competence_need WHERE domain_type = 'all' AND kind = 'proportion'
        )"""
    ).fetchone()
    assert item is not None
    none = words("state.missing")
    return {
        "simulated": simulated[0] or words("state.none"),
        "shown": words.number(shown[0]),
        "figures": words.number(shown[1]),
        "secret": words.number(shown[2]),
        "lowest_item": none if item[0] is None else words.percent(item[0], 1),
        "median_item": none if item[1] is None else words.percent(item[1], 1),
    }


def _editions(connection: duckdb.DuckDBPyConnection, words: Words, columns: dict[str, str]) -> Table:
    rows = connection.execute(
        f"""SELECT title_{words.language}, population, invited, responses, retained_responses, respondents, quarantined
        FROM dim_edition ORDER BY year, edition"""
    ).fetchall()
    names = ("edition", "population", "invited", "responses", "retained", "respondents", "quarantined")
    return _table(
        columns, "editions", names, [(title, [_number(words, n) for n in rest]) for title, *rest in rows]
    )


def _weights(
    connection: duckdb.DuckDBPyConnection, words: Words, columns: dict[str, str], measures: dict[str, str]
) -> Table | None:
    found = {
        (edition, measure): value
        for edition, measure, value in connection.execute("SELECT * FROM fct_weight_diagnostic").fetchall()
    }
    titles = dict(
        connection.execute(
            f"SELECT edition, title_{words.language} FROM dim_edition "
            "WHERE edition IN (SELECT edition FROM fct_weight_diagnostic) ORDER BY year, edition"
        ).fetchall()
    )
    if not titles:
        return None
    rows = [
        (measures[measure], [_number(words, found.get((edition, measure)), digits) for edition in titles])
        for measure, digits in _MEASURES.items()
    ]
    groups = (RowGroup("", tuple(Row(name, tuple(cells)) for name, cells in rows)),)
    return Table(columns["weights"], (columns["measure"], *titles.values()), groups)


def _states(
    connection: duckdb.DuckDBPyConnection, words: Words, columns: dict[str, str], flags: dict[str, str]
) -> Table:
    found: dict[str, dict[str, int]] = {}
    for cut, flag, count in connection.execute(
        """SELECT domain_type, flag, count(*)
        FROM (
            SELECT domain_type, flag FROM pub_innovation_export
            UNION ALL SELECT domain_type, flag FROM pub_competence_need
        )
        GROUP BY ALL ORDER BY ALL"""
    ).fetchall():
        found.setdefault(cut, {})[flag] = count
    rows = [
        (columns.get(f"cut.{cut}", cut), [_number(words, counts.get(flag, 0)) for flag in _FLAGS])
        for cut, counts in found.items()
    ]
    groups = (RowGroup("", tuple(Row(name, tuple(cells)) for name, cells in rows)),)
    return Table(columns["states"], (columns["breakdown"], *(flags[flag] for flag in _FLAGS)), groups)


def _comparability(
    connection: duckdb.DuckDBPyConnection, language: str, columns: dict[str, str], names: dict[str, str]
) -> Table:
    rows = connection.execute(
        f"""SELECT i.label_{language}, e.title_{language}, f.comparability FROM (
            SELECT DISTINCT edition, indicator, comparability FROM pub_innovation_export
            UNION SELECT DISTINCT edition, indicator, comparability FROM pub_competence_need
        ) AS f JOIN dim_edition AS e USING (edition) JOIN pub_indicator AS i USING (indicator)
        ORDER BY i.label_{language}, e.year"""
    ).fetchall()
    editions = list(dict.fromkeys(title for _, title, _ in rows))
    found = {(label, title): names.get(comparability, comparability) for label, title, comparability in rows}
    lines = tuple(
        Row(label, tuple(Cell(found.get((label, title), "")) for title in editions))
        for label in dict.fromkeys(label for label, _, _ in rows)
    )
    return Table(columns["comparability"], (columns["indicator"], *editions), (RowGroup("", lines),))


def _table(
    columns: dict[str, str], caption: str, names: tuple[str, ...], rows: list[tuple[str, list[Cell]]]
) -> Table:
    lines = tuple(Row(heading, tuple(cells)) for heading, cells in rows)
    return Table(columns[caption], tuple(columns[name] for name in names), (RowGroup("", lines),))


def _number(words: Words, value: float | None, digits: int = 0) -> Cell:
    if value is None:
        return Cell(words("state.missing"), kind="missing")
    return Cell(words.number(value, digits), kind="number")
