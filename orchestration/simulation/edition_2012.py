"""The questionnaire of edition_2012. Belongs here: its questions, how true values become answers. Does
not: the format of the export."""

from __future__ import annotations

import numpy as np

from orchestration.simulation import vocabulary as words
from orchestration.simulation.arrays import BoolArray
from orchestration.simulation.cells import Cells, blank, choose, only, where
from orchestration.simulation.population import ASKED
from orchestration.simulation.questionnaires import Answering, left_out, letters, meta, shown, ticks
from orchestration.simulation.typed import (
    commune_cells,
    company_names,
    database_numbers,
    missing_skills,
    naf_cells,
    people,
    siren_cells,
)

EDITION = "edition_2012"
PAGES = 4
_PAGE = {
    **dict.fromkeys(("Q01", "Q02", "Q03", "Q04", "Q05"), 1),
    **dict.fromkeys(("Q06", "Q07", "Q08"), 2),
    **dict.fromkeys(("Q09", "Q10", "Q11"), 3),
    **dict.fromkeys(("Q12", "Q13"), 4),
}
_HEADCOUNT = ("A1", "A2", "A2", "A2", "A3", "A3", "A4", "A4", "A4", "A5")
_NEEDS = (
    "Anglais technique",
    "Négociation à l'export",
    "Douane et incoterms",
    "Management de l'innovation",
    "Conception et prototypage",
    "Propriété intellectuelle",
    "Méthodes de créativité",
    "Conception de modèles économiques",
    "Gestion de projet",
    "Amélioration continue",
)

# Text of the heading by code of the column, in the order of a VV file.
META_TEXTS = {
    "id": "ID de la réponse",
    "token": "Code d'accès",
    "submitdate": "Date de soumission",
    "lastpage": "Dernière page",
    "startlanguage": "Langue de départ",
    "seed": "Tête de série",
    "startdate": "Date de lancement",
    "datestamp": "Date de la dernière action",
    "ipaddr": "Adresse IP",
}
_QUESTIONS = {
    "Q01": "N° SIREN",
    "Q02": "Nom de l'entreprise",
    "Q03": "Commune (code INSEE)",
    "Q04": "Activité (code NAF)",
    "Q05": "Nombre de salariés",
    "Q06[P1]": "Avez-vous innové depuis 2009 ? \nProduit ou service",
    "Q06[P2]": "Avez-vous innové depuis 2009 ? \nProcédé",
    "Q07": "Votre entreprise exporte-t-elle ?",
    "Q08": "Part des exportations dans le chiffre d'affaires (%)",
    **{f"Q09[K{i:02}]": f"De quelles compétences avez-vous besoin ? \n{t}" for i, t in enumerate(_NEEDS, 1)},
    **{f"Q10[K{i:02}]": f"Lesquelles sont difficiles à trouver ? \n{t}" for i, t in enumerate(_NEEDS, 1)},
    "Q11": "Autres compétences qui vous manquent",
    "Q12[S1]": "Accueillez-vous des étudiants ? \nStagiaires",
    "Q12[S2]": "Accueillez-vous des étudiants ? \nApprentis",
    "Q12[S3]": "Accueillez-vous des étudiants ? \nAucun",
    "Q13": "Adresse électronique",
}


def vv_code(heading: str) -> str:
    """The code heading of a VV file: ``Q09_K01`` for the sub-question ``Q09[K01]``."""
    return heading.replace("[", "_").replace("]", "")


HEADINGS = {**META_TEXTS, **{vv_code(heading): text for heading, text in _QUESTIONS.items()}}
"""Text of each column, by its code heading."""


def answers(rng: np.random.Generator, rows: Answering, first_id: int) -> dict[str, Cells]:
    """All columns of the export, by code heading: "" = left blank, null = not asked."""
    count, needs = rows.count, rows.needs
    name = left_out(rng, company_names(rng, count), 0.02)
    skipped = rng.random(count) < 0.015
    innovation = [left_out(rng, letters(column), 0.015) for column in rows.innovates.T]
    share = rng.choice([2, 5, 8, 10, 15, 20, 25, 30, 35, 40, 50, 60, 70, 95], count)
    silent = rng.random(count) < 0.02
    students = rng.random((count, 2)) < np.array([0.40, 0.30]) + 0.08 * rows.size_class[:, None]
    none = ~students.any(axis=1) & (rng.random(count) < 0.85)
    _, mail = people(rng, count)
    questions = {
        "Q01": siren_cells(rng, rows.siren),
        "Q02": where(rows.visits.is_test, words.TEST_NAME, name),
        "Q03": commune_cells(rng, rows.commune, rows.commune_name),
        "Q04": naf_cells(rng, rows.naf),
        "Q05": left_out(rng, choose(_HEADCOUNT, rows.band), 0.02),
        **dict(zip(("Q06[P1]", "Q06[P2]"), innovation, strict=True)),
        "Q07": where(skipped, blank(count), letters(rows.exports)),
        "Q08": only(left_out(rng, database_numbers(share), 0.1), rows.exports & ~skipped),
        **_ticked("Q09", needs.ticked),
        **_ticked("Q10", needs.hard & ~silent[:, None]),
        "Q11": missing_skills(rng, needs.strength, np.zeros(count, dtype=np.bool_), blank_share=0.45),
        **{f"Q12[S{i}]": c for i, c in enumerate(ticks(np.column_stack([students, none])), 1)},
        "Q13": left_out(rng, mail, 0.6),
    }
    columns = {**meta(rng, rows, first_id, np.zeros(count, dtype=np.bool_)), **shown(questions, _PAGE, rows)}
    by_code = {vv_code(heading): cells for heading, cells in columns.items()}
    return {code: by_code[code] for code in HEADINGS}


def _ticked(question: str, values: BoolArray) -> dict[str, Cells]:
    items = (f"{question}[K{i:02}]" for i in range(1, len(ASKED[EDITION]) + 1))
    return dict(zip(items, ticks(values), strict=True))
