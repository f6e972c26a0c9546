"""The questionnaire of tour_2019. Belongs here: its columns, and how true values become answers. Does
not: the format of the export."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from orchestration.simulation import vocabulary as words
from orchestration.simulation.arrays import BoolArray
from orchestration.simulation.cells import Cells, blank, choose, only, pick, where, whole
from orchestration.simulation.population import ASKED, HARD_ASKED
from orchestration.simulation.questionnaires import Answering, left_out, letters, meta, shown, ticks
from orchestration.simulation.typed import (
    commune_cells,
    company_names,
    missing_skills,
    naf_cells,
    number_cells,
    people,
    siren_cells,
    siret_cells,
)

EDITION = "tour_2019"
PAGES = 6
_PAGE = {
    **dict.fromkeys(("SIREN", "SIRET", "RAISON", "COMMUNE", "NAF", "EFFECTIF", "CA"), 1),
    **dict.fromkeys(("INNO", "RDK"), 2),
    "EXPORT": 3,
    **dict.fromkeys(("PARTEXP", "PAYS", "FREIN"), 4),
    **dict.fromkeys(("COMP", "DIFF", "TOP3", "MANQUE"), 5),
    **dict.fromkeys(("ETUD", "CONTACT", "NOM", "MAIL"), 6),
}
_COMP = tuple(f"C{i:02}" for i in range(1, 16))
_DIFF = tuple(_COMP[ASKED[EDITION].index(code)] for code in HARD_ASKED[EDITION])
_COUNTRIES = {"DE": 0.6, "ES": 0.35, "IT": 0.35, "GB": 0.3, "US": 0.2, "MA": 0.15, "CN": 0.08}
_HEADCOUNT = np.array(["E00", "E01", "E01", "E01", "E10", "E10", "E50", "E50", "E50", "E250"])
_ENGLISH_SHARE = 0.07


def answers(rng: np.random.Generator, rows: Answering, first_id: int) -> dict[str, Cells]:
    """All columns of the export, by heading: "" = left blank, null = not asked."""
    english = rng.random(rows.count) < _ENGLISH_SHARE
    questions = {
        **_company(rng, rows),
        **_innovation(rng, rows),
        **_export(rng, rows),
        **_competences(rng, rows, english | (rng.random(rows.count) < 0.02)),
        **_follow_up(rng, rows),
    }
    return {**meta(rng, rows, first_id, english), **shown(questions, _PAGE, rows)}


def _company(rng: np.random.Generator, rows: Answering) -> Mapping[str, Cells]:
    count = rows.count
    name = left_out(rng, company_names(rng, count), 0.03)
    # A few misjudge their headcount by one class: the answer is not the register's.
    band = np.clip(rows.band + np.where(rng.random(count) < 0.04, rng.choice([-1, 1], count), 0), 0, 9)
    turnover = np.clip((rows.band.astype(np.int64) - 2 + rng.integers(-1, 2, count)) // 2, 0, 3)
    case = np.searchsorted([0.90, 0.97, 0.99], rng.random(count))
    answer = np.array(["T1", "T2", "T3", "T4", "T9", "-oth-", ""])
    turnover_code = np.where(case == 0, turnover, case + 3)
    return {
        "SIREN": siren_cells(rng, rows.siren),
        "SIRET": siret_cells(rng, rows.siren),
        "RAISON": where(rows.visits.is_test, words.TEST_NAME, name),
        "COMMUNE": commune_cells(rng, rows.commune, rows.commune_name),
        "NAF": naf_cells(rng, rows.naf),
        "EFFECTIF": left_out(rng, choose(list(_HEADCOUNT), band), 0.02),
        "CA": choose(list(answer), turnover_code),
        "CA[other]": where(turnover_code == 5, pick(rng, words.OTHER_TURNOVER, count), blank(count)),
    }


def _innovation(rng: np.random.Generator, rows: Answering) -> Mapping[str, Cells]:
    count = rows.count
    skipped = rng.random(count) < 0.02
    columns = {}
    for i, item in enumerate(("PROD", "PROC", "ORGA", "MARK")):
        # Doubt only shades a no: an innovation that took place is remembered.
        doubt = ~rows.innovates[:, i] & (rng.random(count) < 0.03)
        cells = where(doubt, "U", letters(rows.innovates[:, i]))
        columns[f"INNO[{item}]"] = where(skipped | (rng.random(count) < 0.005), blank(count), cells)
    spent = np.where(
        rows.innovator, rng.lognormal(2.6 + 0.45 * rows.band, 0.9), np.where(rng.random(count) < 0.1, 5, 0)
    )
    columns["RDK"] = left_out(rng, number_cells(np.round(spent * 2) / 2), 0.25)
    return columns


def _export(rng: np.random.Generator, rows: Answering) -> Mapping[str, Cells]:
    count = rows.count
    skipped = rng.random(count) < 0.015
    yes, no = rows.exports & ~skipped, ~rows.exports & ~skipped
    share = rng.choice([1, 2, 5, 10, 12.5, 15, 20, 25, 30, 33.33, 40, 50, 60, 75, 80, 90], count)
    listed = rng.random((count, len(_COUNTRIES))) < list(_COUNTRIES.values())
    other = where(rng.random(count) < 0.2, pick(rng, words.OTHER_COUNTRIES, count), blank(count))
    columns = {
        "EXPORT": where(skipped, blank(count), letters(rows.exports)),
        "PARTEXP": only(left_out(rng, number_cells(share), 0.08), yes),
    }
    for country, cells in zip(_COUNTRIES, ticks(listed), strict=True):
        columns[f"PAYS[{country}]"] = only(cells, yes)
    columns["PAYS[other]"] = only(other, yes)
    comments = (words.PRICE_COMMENTS, words.REGULATION_COMMENTS, words.SKILL_COMMENTS)
    barrier = rng.random((count, 3)) < (0.3, 0.35, 0.4)
    for i, cells in enumerate(ticks(barrier)):
        comment = where(
            barrier[:, i] & (rng.random(count) < 0.25), pick(rng, comments[i], count), blank(count)
        )
        columns[f"FREIN[F{i + 1}]"] = only(cells, no)
        columns[f"FREIN[F{i + 1}comment]"] = only(comment, no)
    return columns


def _competences(rng: np.random.Generator, rows: Answering, english: BoolArray) -> Mapping[str, Cells]:
    count, needs = rows.count, rows.needs
    skipped = rng.random(count) < 0.02
    columns = {}
    for item, importance in zip(_COMP, needs.importance.T, strict=True):
        unanswered = skipped | (rng.random(count) < 0.015)
        columns[f"COMP[{item}]"] = where(unanswered, blank(count), whole(importance))
    silent = rng.random(count) < 0.03
    for item, cells in zip(_DIFF, ticks(needs.hard & ~silent[:, None]), strict=True):
        columns[f"DIFF[{item}]"] = cells
    nothing = ~needs.hard.any(axis=1) & ~silent & (rng.random(count) < 0.6)
    other = where(rng.random(count) < 0.06, pick(rng, words.OTHER_HARD, count), blank(count))
    columns["DIFF[other]"] = where(nothing, pick(rng, words.NOTHING_HARD, count), other)
    unranked = rng.random(count) < 0.10
    for slot in range(1, len(_DIFF) + 1):
        holds = (needs.rank == slot) & ~unranked[:, None]
        answer = np.where(holds.any(axis=1), 1 + holds.argmax(axis=1), 0)
        columns[f"TOP3[{slot}]"] = choose(["", *(f"B{i}" for i in range(1, len(_DIFF) + 1))], answer)
    columns["MANQUE"] = missing_skills(rng, needs.strength, english, blank_share=0.28)
    return columns


def _follow_up(rng: np.random.Generator, rows: Answering) -> Mapping[str, Cells]:
    count = rows.count
    by_size = 0.06 * rows.size_class[:, None]
    wants = rng.random((count, 4)) < np.array([0.38, 0.33, 0.14, 0.02]) + by_size * (1.5, 1, 1, 0.8)
    none = ~wants.any(axis=1) & (rng.random(count) < 0.8)
    students = ticks(np.column_stack([wants, none]))
    case = np.searchsorted([0.42, 0.92], rng.random(count))
    name, mail = people(rng, count)
    return {
        **{
            f"ETUD[{item}]": c
            for item, c in zip(("STAGE", "APPR", "PROJ", "THESE", "NON"), students, strict=True)
        },
        "CONTACT": choose(["Y", "N", ""], case),
        "NOM": only(left_out(rng, name, 0.03), case == 0),
        "MAIL": only(left_out(rng, mail, 0.06), case == 0),
    }
