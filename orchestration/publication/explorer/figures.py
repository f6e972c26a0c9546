"""What the explorer shows. Belongs here: the public tables as compact values by indicator. Does not: computing a
figure, contours, or writing files."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import duckdb

from orchestration.errors import ReleaseError
from orchestration.publication.report.words import french_spacing

_CELL = (
    "edition, indicator, {subject} AS subject, domain_type, domain, value, ci_low, ci_high, n, "
    "flag, reason, comparability"
)
_SOURCES = {
    "pub_participation": ("''", "true"),
    "pub_innovation_export": ("''", "true"),
    "pub_competence_need": ("coalesce(competence_code, family)", "true"),
    "pub_contrast": ("statistic", "source = 'estimated'"),
}
_SHARE = "share"  # how pub_indicator.unit_en begins where values go from 0 to 1


class Reading:
    """The public tables of a release, read once.

    A cell is null where the table has no row, the number of its state where it is blank, and otherwise
    ``[state, value, ci_low, ci_high, n]``. Cells stand in the order of the domains of their type. A state is
    ``[flag, reason, comparability]``.

    Raises:
        ReleaseError: a public table or column is missing.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self._states: dict[tuple[str, str | None, str | None], int] = {}
        try:
            self._places: dict[tuple[str, str], int] = {}
            self._domains = self._read_domains()
            self._figures = self._read_figures()
            self._core = self._read_core()
        except (duckdb.CatalogException, duckdb.BinderException) as error:
            raise ReleaseError(
                f"the explorer cannot be written ({str(error).splitlines()[0]})",
                expected="the pub_* tables as dbt_project/models/publishable declares them",
            ) from error

    def core(self) -> dict[str, Any]:
        """Editions, indicators, domains, subjects and states: what every view needs."""
        return self._core | {"states": [list(state) for state in self._states]}

    def figures(self) -> dict[str, dict[str, Any]]:
        """Indicator → its cells: ``figures`` and ``models`` by edition, subject and domain type; ``changes``
        likewise, each edition with its ``reference``."""
        return self._figures

    def _rows(self, query: str) -> list[tuple[Any, ...]]:
        return self._connection.execute(query).fetchall()

    def _read_domains(self) -> dict[str, list[list[str | None]]]:
        domains: dict[str, list[list[str | None]]] = defaultdict(list)
        for kind, code, fr, en in self._rows(
            "SELECT domain_type, domain, label_fr, label_en FROM pub_domain ORDER BY domain_type, position, domain"
        ):
            self._places[kind, code] = len(domains[kind])
            domains[kind].append([code, _typeset(fr), en])
        return dict(domains)

    def _read_core(self) -> dict[str, Any]:
        editions = self._rows(
            "SELECT edition, year, title_fr, title_en, is_simulated, has_frame FROM pub_edition ORDER BY year, edition"
        )
        indicators = self._rows(
            "SELECT indicator, label_fr, label_en, definition_fr, definition_en, unit_fr, unit_en, "
            "universe_fr, universe_en FROM pub_indicator ORDER BY indicator"
        )
        competences = self._rows(
            "SELECT competence_code, family, family_label_fr, family_label_en, label_fr, label_en FROM pub_competence "
            "ORDER BY family, competence_code"
        )
        subjects = {code: [_typeset(fr), en, family] for code, family, _, _, fr, en in competences}
        families = {family: [_typeset(fr), en] for _, family, fr, en, _, _ in competences}
        return {
            "editions": [
                {"code": code, "year": year, "fr": fr, "en": en, "simulated": simulated, "frame": frame}
                for code, year, fr, en, simulated, frame in editions
            ],
            "indicators": [
                {
                    "code": code,
                    "share": unit_en.startswith(_SHARE),
                    "fr": {key: _typeset(text) for key, text in said.items()},
                    "en": {"label": label_en, "definition": def_en, "unit": unit_en, "universe": uni_en},
                }
                for code, label_fr, label_en, def_fr, def_en, unit_fr, unit_en, uni_fr, uni_en in indicators
                for said in ({"label": label_fr, "definition": def_fr, "unit": unit_fr, "universe": uni_fr},)
                if code in self._figures
            ],
            "domains": self._domains,
            "subjects": subjects,
            "families": families,
            "territories": dict(
                self._rows("SELECT territory_id, region_code FROM pub_territory ORDER BY ALL")
            ),
            "stopovers": {
                code: {"edition": edition, "region": region, "commune": commune}
                for code, edition, region, commune in self._rows(
                    "SELECT stopover_id, edition, region_code, commune_code FROM pub_stopover ORDER BY ALL"
                )
            },
        }

    def _read_figures(self) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = {}
        direct = " UNION ALL ".join(
            f"SELECT {_CELL.format(subject=subject)} FROM {table} WHERE {condition}"
            for table, (subject, condition) in _SOURCES.items()
        )
        for row in self._rows(f"{direct} ORDER BY ALL"):
            self._put(found, "figures", row)
        model = _CELL.format(subject="''")
        for row in self._rows(f"SELECT {model} FROM pub_territory_model ORDER BY ALL"):
            self._put(found, "models", row)
        cell = _CELL.format(subject="coalesce(subject, '')")
        for *change, reference in self._rows(
            f"SELECT {cell}, reference_edition FROM pub_change ORDER BY ALL"
        ):
            self._put(found, "changes", tuple(change))["reference"] = reference
        return found

    def _put(self, found: dict[str, dict[str, Any]], part: str, row: tuple[Any, ...]) -> dict[str, Any]:
        edition, indicator, subject, kind, domain, value, low, high, n, *state = row
        place = self._places.get((kind, domain))
        editions = found.setdefault(indicator, {"figures": {}, "models": {}, "changes": {}})[part]
        of_edition: dict[str, Any] = editions.setdefault(edition, {"subjects": {}})
        if place is not None:
            kinds = of_edition["subjects"].setdefault(subject, {})
            cells = kinds.setdefault(kind, [None] * len(self._domains[kind]))
            number = self._states.setdefault((state[0], state[1], state[2]), len(self._states))
            cells[place] = number if value is None else [number, value, low, high, n]
        return of_edition


def _typeset(text: str | None) -> str | None:
    """A French label as it is printed: tables hold the straight apostrophe and plain spaces of a keyboard."""
    return french_spacing(text.replace("'", "\u2019")) if text else text
