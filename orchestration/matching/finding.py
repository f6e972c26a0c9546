"""Whom a match is for. Belongs here: finding a company, a territory, an institution, the places and codes of a profile
or an edition in a release, and telling the nearest known names when there is none. Does not: what they need
(reading.py)."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Sequence
from typing import Any

import duckdb

from orchestration.errors import MatchError
from orchestration.matching.model import Area, Profile, Subject
from orchestration.matching.reading import commune_area, territory_area

SHORTEST_KEY = 8
_NEAREST = 5
_WORD = re.compile(r"\w{3,}")


def find_edition(connection: duckdb.DuckDBPyConnection, edition: str | None) -> str:
    """The edition asked for, else the latest (by year) that has figures on needs.

    Raises:
        MatchError: there is none, or none of this name.
    """
    known = [
        row[0]
        for row in connection.execute(
            """SELECT edition FROM dim_edition
            WHERE edition IN (SELECT edition FROM pub_competence_need WHERE indicator = 'need_share')
            ORDER BY year DESC, edition"""
        ).fetchall()
    ]
    if not known:
        raise MatchError("the release has no figures on needs", fix="collect an edition that asks for needs")
    if edition is None:
        return str(known[0])
    if edition not in known:
        raise MatchError(
            f"there is no edition {edition} with figures on needs", expected=f"one of {', '.join(known)}"
        )
    return edition


def find_territory(connection: duckdb.DuckDBPyConnection, asked: str, edition: str | None) -> Subject:
    """A territory by its code or name; its needs are measured there, else in its main région, else nationally.

    Raises:
        MatchError: no territory has this code or name.
    """
    code, name, region = _territory(connection, asked)
    domains = _domains(code, region)
    area = territory_area(connection, code)
    return Subject("territory", code, name, area, domains, find_edition(connection, edition))


def find_institution(connection: duckdb.DuckDBPyConnection, asked: str, edition: str | None) -> Subject:
    """An institution by its code or name; the needs are those of companies around it.

    Raises:
        MatchError: no institution has this code or name.
    """
    row = _one(
        connection.execute(
            "SELECT institution_id, name, commune_code, territory_id, region_code FROM dim_institution ORDER BY 1"
        ).fetchall(),
        asked,
        "institution",
    )
    code, name, commune, territory, region = row
    area = commune_area(connection, commune)
    return Subject(
        "institution", code, name, area, _domains(territory, region), find_edition(connection, edition)
    )


def find_company(connection: duckdb.DuckDBPyConnection, asked: str, edition: str | None) -> Subject:
    """A company by its key, or the beginning of it if no other begins so; the edition is the last it answered if none.

    Raises:
        MatchError: no company's key begins so, or several do. Other keys are not told.
    """
    if not re.fullmatch(rf"[0-9a-f]{{{SHORTEST_KEY},32}}", asked):
        raise MatchError(
            "this is no company key",
            expected=f"32 hexadecimal characters, or the first {SHORTEST_KEY} or more of them",
            fix='look it up with `skillsbank query "select company_key from dim_company where ..."`',
        )
    rows = connection.execute(
        """SELECT company_key, commune_code, size_class, naf_division, territory_id, region_code, last_edition
        FROM dim_company
        WHERE starts_with(company_key, ?) LIMIT 2""",
        [asked],
    ).fetchall()
    if len(rows) != 1:
        raise MatchError(
            f"{'several companies have' if rows else 'no company has'} a key that begins with {asked}",
            expected="the key of one company of dim_company",
            fix="give more of the key" if rows else "check the key: it is another one in each deployment",
        )
    key, commune, size, division, territory, region, last = rows[0]
    name = f"company of size {size or 'unknown'}, NAF division {division or 'unknown'}"
    area = commune_area(connection, commune)
    edition = find_edition(connection, edition or last)
    return Subject("company", key, name, area, _domains(territory, region), edition)


def find_profile(connection: duckdb.DuckDBPyConnection, asked: Profile, edition: str | None) -> Subject:
    """A described company. Needs that are told are taken as they are; else they are those of companies of its size
    class, of its sector, of its territory, of its région, or of all, the first that has a usable figure.

    Raises:
        MatchError: a competence, a place, a size class or a sector is not known, or nothing is told of the company.
    """
    competences = connection.execute(
        "SELECT competence_code, label_fr FROM dim_competence WHERE is_in_use ORDER BY 1"
    ).fetchall()
    needs = {_one(competences, code, "competence")[0]: weight for code, weight in asked.needs.items()}
    area, territory, region, place = _place(connection, asked)
    like: list[tuple[str, str]] = []
    for kind, name in (("size_class", asked.size_class), ("sector", asked.sector)):
        if name is not None:
            known = connection.execute(
                "SELECT domain, label_fr FROM dim_domain WHERE domain_type = ? ORDER BY 1", [kind]
            ).fetchall()
            like.append((kind, _one(known, name, kind.replace("_", " "))[0]))
    told = [f"{kind.replace('_', ' ')} {code}" for kind, code in like]
    return Subject(
        "profile",
        ", ".join(needs) or "needs of companies like it",
        ", ".join([*told, *([place] if place else [])]) or "anywhere",
        area,
        (*like, *_domains(territory, region)),
        None if needs else find_edition(connection, edition),
        needs,
    )


def _territory(connection: duckdb.DuckDBPyConnection, asked: str) -> tuple[Any, ...]:
    """Code, name and région of a territory."""
    rows = connection.execute(
        "SELECT territory_id, name, region_code FROM dim_territory ORDER BY 1"
    ).fetchall()
    return _one(rows, asked, "territory")


def _place(
    connection: duckdb.DuckDBPyConnection, asked: Profile
) -> tuple[Area, str | None, str | None, str | None]:
    """Where a profile is: area, territory, région, and how it is told."""
    if asked.commune is not None:
        communes = connection.execute(
            "SELECT commune_code, name, territory_id, region_code FROM dim_commune ORDER BY 1"
        ).fetchall()
        now = connection.execute(
            "SELECT commune_code FROM bridge_former_commune WHERE former_code = ? ORDER BY 1 LIMIT 1",
            [asked.commune],
        ).fetchone()
        code, name, territory, region = _one(communes, now[0] if now else asked.commune, "commune")
        return commune_area(connection, code), territory, region, f"commune {code} ({name})"
    if asked.territory is not None:
        code, name, region = _territory(connection, asked.territory)
        return territory_area(connection, code), code, region, f"territory {code} ({name})"
    return Area(()), None, None, None


def _domains(territory: str | None, region: str | None) -> tuple[tuple[str, str], ...]:
    wider = (("territory", territory), ("region", region), ("all", "all"))
    return tuple((kind, domain) for kind, domain in wider if domain)


def _one(rows: Sequence[tuple[Any, ...]], asked: str, what: str) -> tuple[Any, ...]:
    """The row (code, name, ...) whose code or name is the one asked for, in any case and without accents."""
    found = [row for row in rows if _plain(asked) in (_plain(row[0]), _plain(row[1]))]
    if len(found) == 1:
        return found[0]
    if found:
        raise MatchError(
            f"several are named '{asked}'", expected=f"one code of {', '.join(row[0] for row in found)}"
        )
    raise MatchError(
        f"there is no {what} '{asked}'", expected=f"its code or name, such as {_nearest(rows, asked)}"
    )


def _nearest(rows: Sequence[tuple[Any, ...]], asked: str) -> str:
    """The known codes and names most like what was asked for."""
    plain = _plain(asked)

    def likeness(row: tuple[Any, ...]) -> float:
        code, name = _plain(row[0]), _plain(row[1])
        return max(
            difflib.SequenceMatcher(None, plain, text).ratio() for text in (code, name, *_WORD.findall(name))
        )

    near = sorted(rows, key=lambda row: (-likeness(row), row[0]))[:_NEAREST]
    return ", ".join(f"{row[0]} ({row[1]})" for row in near)


def _plain(text: object) -> str:
    decomposed = unicodedata.normalize("NFKD", str(text).casefold().strip())
    return "".join(character for character in decomposed if not unicodedata.combining(character))
