"""What the simulated tour's team and public sources send. Belongs here: the moderators' workbook, quoted figures, the
labour-need survey, the register of certifications. Does not: files about companies (company_feeds.py)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import numpy as np

from orchestration.simulation.catalogue import INSTITUTIONS, OFFERS, QUESTIONS
from orchestration.simulation.layouts import Rows, csv_file, workbook, zip_file
from orchestration.simulation.places import STOPOVERS
from orchestration.simulation.streams import stream

CERTIFICATIONS = 120
_FIRST_SHEET = 34_000
_YEARS = (2018, 2019)

_KINDS = (("Entreprises", 18), ("Étudiants", 16), ("Enseignants", 4), ("Institutions", 4), ("Presse", 1))
_ASKERS = ("Entreprise", "Étudiant", "École", "Institution")
_OCCUPATIONS = (
    ("D6Z70", "Ouvriers qualifiés de la métallurgie", "O", "Ouvriers de l'industrie"),
    ("D2Z40", "Soudeurs", "O", "Ouvriers de l'industrie"),
    ("D4Z41", "Régleurs, ouvriers qualifiés de l'usinage", "O", "Ouvriers de l'industrie"),
    ("E1Z40", "Pilotes d'installation lourde", "O", "Ouvriers de l'industrie"),
    ("G0A40", "Ouvriers qualifiés de la maintenance en mécanique", "O", "Ouvriers de l'industrie"),
    ("G1Z70", "Techniciens et agents de maîtrise de la maintenance", "T", "Techniciens de l'industrie"),
    ("H0Z91", "Cadres techniques de la maintenance et de l'environnement", "C", "Fonctions d'encadrement"),
    ("H0Z92", "Ingénieurs des méthodes de production", "C", "Fonctions d'encadrement"),
    ("N0Z90", "Ingénieurs et cadres d'étude, recherche et développement (industrie)", "C",
     "Fonctions d'encadrement"),
    ("N0Z91", "Chercheurs du privé", "C", "Fonctions d'encadrement"),
    ("R4Z90", "Cadres commerciaux et technico-commerciaux", "C", "Fonctions d'encadrement"),
    ("M2X90", "Ingénieurs et cadres d'étude en informatique", "C", "Fonctions d'encadrement"),
)  # fmt: skip
_AREAS = (
    # employment area, département, région
    ("3201", "ALBERT", "80", "Somme", "32", "Hauts-de-France"),
    ("3205", "SAINT-QUENTIN", "02", "Aisne", "32", "Hauts-de-France"),
    ("3208", "VALENCIENNES", "59", "Nord", "32", "Hauts-de-France"),
    ("3211", "COMPIEGNE", "60", "Oise", "32", "Hauts-de-France"),
    ("2802", "LE HAVRE", "76", "Seine-Maritime", "28", "Normandie"),
    ("2807", "FLERS", "61", "Orne", "28", "Normandie"),
    ("5203", "CHOLET", "49", "Maine-et-Loire", "52", "Pays de la Loire"),
    ("5206", "SAINT-NAZAIRE", "44", "Loire-Atlantique", "52", "Pays de la Loire"),
    ("5304", "VITRE", "35", "Ille-et-Vilaine", "53", "Bretagne"),
    ("4401", "MULHOUSE", "68", "Haut-Rhin", "44", "Grand Est"),
    ("4409", "CHARLEVILLE-MEZIERES", "08", "Ardennes", "44", "Grand Est"),
    ("2702", "MONTBELIARD", "25", "Doubs", "27", "Bourgogne-Franche-Comté"),
    ("2705", "LE CREUSOT", "71", "Saône-et-Loire", "27", "Bourgogne-Franche-Comté"),
    ("2403", "VIERZON", "18", "Cher", "24", "Centre-Val de Loire"),
    ("7504", "CHATELLERAULT", "86", "Vienne", "75", "Nouvelle-Aquitaine"),
    ("7602", "FIGEAC", "46", "Lot", "76", "Occitanie"),
    ("7606", "CASTRES", "81", "Tarn", "76", "Occitanie"),
    ("8402", "OYONNAX", "01", "Ain", "84", "Auvergne-Rhône-Alpes"),
    ("8405", "CLUSES", "74", "Haute-Savoie", "84", "Auvergne-Rhône-Alpes"),
    ("9302", "FOS-SUR-MER", "13", "Bouches-du-Rhône", "93", "Provence-Alpes-Côte d'Azur"),
)  # fmt: skip
_QUOTED = (
    # who, medium, indicator, about what it is, decimals as for round(), sentence
    ("Le Courrier des Usines", "presse", "stopovers", 40.0, 0, "{} étapes dans toute la France"),
    ("Le Courrier des Usines", "presse", "workshop_attendance", 1700.0, -2,
     "plus de {} personnes ont débattu"),
    ("Fédération des ateliers", "discours", "training_offers", 120.0, -1, "près de {} formations proposées"),
    ("Ministère de l'Industrie (simulé)", "rapport", "participation_rate", 0.10, 2,
     "{} des entreprises ont répondu"),
    ("Ministère de l'Industrie (simulé)", "rapport", "innovation_rate", 0.27, 2, "{} innovent"),
    ("Radio Atelier", "presse", "export_rate_among_innovators", 0.50, 1,
     "une entreprise innovante sur deux exporte ({})"),
    ("Radio Atelier", "presse", "export_rate_among_non_innovators", 0.05, 2, "contre {} des autres"),
    ("Tour de l'industrie (simulé)", "site", "export_rate", 0.17, 2, "{} des PME exportent"),
    ("Gazette de Picardie", "presse", "workshop_questions", 440.0, -1, "{} questions posées"),
    ("Gazette de Picardie", "presse", None, 3000.0, -3, "{} emplois à pourvoir sur le territoire"),
)  # fmt: skip


def files(seed: int) -> Iterator[tuple[str, int, bytes]]:
    """Each file's name, its rows and its bytes."""
    questions, attendance, hosts = _questions(seed), _attendance(seed), _hosts(seed)
    sheets = {"Questions": questions, "Participation": attendance, "Hôtes": hosts}
    yield "ateliers_2019.xlsx", sum(len(rows) - 1 for rows in sheets.values()), workbook(sheets)
    quoted = _quoted(seed)
    yield "quoted_figures.csv", len(quoted) - 1, csv_file(quoted, line_end="\n")
    for year in _YEARS:
        rows = _labour_need(seed, year)
        notes: Rows = [
            ("Variable", "Libellé"),
            ("met", "Projets de recrutement"),
            ("*", "Secret statistique"),
        ]
        sheets = {"Description_des_variables": notes, f"BMO_{year}_open_data": rows}
        yield f"Base_open_data_BMO_{year}.xlsx", len(rows) - 1, workbook(sheets)
    sheets_of_register = _certifications(seed)
    members = {
        # The members are made in the night before the zip.
        "export_fiches_CSV_Standard_2019_09_29.csv": csv_file(sheets_of_register),
        "export_fiches_CSV_Blocs_De_Competences_2019_09_29.csv": csv_file(
            [("Numero_Fiche", "Bloc_Competences_Code", "Bloc_Competences_Libelle")]
        ),
    }
    yield "export-fiches-csv-2019-09-30.zip", len(sheets_of_register) - 1, zip_file(members)


def certification(rng: np.random.Generator) -> str:
    """The number of one of the simulated sheets."""
    return f"RNCP{_FIRST_SHEET + int(rng.integers(CERTIFICATIONS))}"


def _stopovers() -> list[tuple[str, date]]:
    return [(f"st-{number:02}", date.fromisoformat(day)) for number, (_, _, day) in enumerate(STOPOVERS, 1)]


def _questions(seed: int) -> Rows:
    rng = stream(seed, "workshop questions")
    rows: list[tuple[object, ...]] = [
        ("Escale", "N° question", "Thème", "Question", "Posée par", "Compétence(s)", "Réponse donnée",
         "Animateur (nom)"),
    ]  # fmt: skip
    for stopover, _ in _stopovers():
        for number in range(1, 1 + max(3, int(rng.poisson(11)))):
            theme, competences, text = QUESTIONS[rng.integers(len(QUESTIONS))]
            asker = _ASKERS[rng.choice(4, p=(0.5, 0.25, 0.15, 0.1))] if rng.random() < 0.95 else None
            if rng.random() < 0.02:
                text += " (me répondre : camille.martin7@example.org)"
            rows.append(
                (stopover, number, theme, text, asker, ", ".join(competences) or None,
                 "oui" if rng.random() < 0.7 else "non", "Animatrice Exemple")
            )  # fmt: skip
    return rows


def _attendance(seed: int) -> Rows:
    rng = stream(seed, "workshop attendance")
    rows: list[tuple[object, ...]] = [("Escale", "Public", "Inscrits", "Présents")]
    for stopover, _ in _stopovers():
        for kind, mean in _KINDS:
            registered = int(rng.poisson(1.3 * mean))
            # Some doors were not counted.
            rows.append(
                (
                    stopover,
                    kind,
                    registered,
                    int(rng.binomial(registered, 0.77)) if rng.random() < 0.97 else None,
                )
            )
    return rows


def _hosts(seed: int) -> Rows:
    rng = stream(seed, "workshop hosts")
    rows: list[tuple[object, ...]] = [
        ("Escale", "Hôte", "Rôle", "Code établissement", "Contact", "Téléphone")
    ]
    for stopover, _ in _stopovers():
        first, second = rng.choice(len(INSTITUTIONS), 2, replace=False).tolist()
        rows.append((stopover, INSTITUTIONS[first][0], "Hôte", f"es-{first + 1:02}", "Accueil Exemple",
                     "06 39 98 12 34"))  # fmt: skip
        if rng.random() < 0.4:
            rows.append((stopover, INSTITUTIONS[second][0], "Co-hôte", f"es-{second + 1:02}", None, None))
        if rng.random() < 0.3:
            rows.append((stopover, f"Chambre de commerce ({stopover})", "Co-hôte", None, None, None))
    return rows


def _quoted(seed: int) -> Rows:
    rng = stream(seed, "quoted figures")
    rows: list[tuple[object, ...]] = [
        ("quote_id", "quoted_on", "quoted_by", "medium", "edition", "indicator", "domain_type", "domain",
         "quoted_value", "decimals", "wording"),
    ]  # fmt: skip
    for number, (who, medium, indicator, value, decimals, wording) in enumerate(_QUOTED, 1):
        # People quote from memory, and from drafts.
        said = round(value * (1 + 0.05 * float(rng.standard_normal())), decimals)
        shown = f"{said:.0%}" if value < 1 else f"{said:.0f}"
        day = date(2019, 10, 8 + int(rng.integers(20)))
        rows.append(
            (f"q-{number:02}", f"{day:%d/%m/%Y}", who, medium, "tour_2019", indicator, "all", "all",
             f"{said:g}".replace(".", ","), decimals, wording.format(shown))
        )  # fmt: skip
    return rows


def _labour_need(seed: int, year: int) -> Rows:
    """One year's survey: its columns are not called as those of the year before."""
    rng = stream(seed, f"labour need {year}")
    short = year % 100
    area = (f"BE{short}", f"NOMBE{short}")
    occupation = (
        ("Code métier BMO", "Nom métier BMO") if year > _YEARS[0] else ("Code metier BMO", "Nom metier BMO")
    )
    places: tuple[str, ...] = ("REG", "NOM_REG", "Dept", "NomDept", *area)
    rows: list[tuple[object, ...]] = [
        ("annee", *occupation, "Famille_met", "Lbl_fam_met", *places, "met", "xmet", "smet")
    ]
    for code, name, departement, departement_name, region, region_name in _AREAS:
        for occupation_code, occupation_name, family, family_name in _OCCUPATIONS:
            projects = int(rng.negative_binomial(1.2, 0.02))
            difficult = int(rng.binomial(projects, 0.55))
            seasonal = int(rng.binomial(projects, 0.06))
            rows.append(
                (year, occupation_code, occupation_name, family, family_name, region, region_name, departement,
                 departement_name, code, name, _secret(projects), _secret(difficult), _secret(seasonal))
            )  # fmt: skip
    return rows


def _secret(count: int) -> object:
    """Statistical secrecy: fewer than five projects are not told."""
    return count if count >= 5 else "*"


def _certifications(seed: int) -> Rows:
    rng = stream(seed, "certifications")
    rows: list[tuple[object, ...]] = [
        ("Id_Fiche", "Numero_Fiche", "Intitule", "Abrege_Libelle", "Abrege_Intitule", "Nomenclature_Europe_Niveau",
         "Nomenclature_Europe_Intitule", "Accessible_Nouvelle_Caledonie", "Accessible_Polynesie_Francaise",
         "Date_Dernier_Jo", "Date_Decision", "Date_Fin_Enregistrement", "Date_Effet", "Type_Enregistrement",
         "Validation_Partielle", "Actif"),
    ]  # fmt: skip
    kinds = (
        ("DIPLOMA", "Diplôme d'ingénieur", 7),
        ("LP", "Licence professionnelle", 6),
        ("TP", "Titre professionnel", 5),
    )
    for number in range(CERTIFICATIONS):
        short, kind, level = kinds[rng.integers(len(kinds))]
        title = OFFERS[rng.integers(len(OFFERS))][1]
        # Titles are typed with line breaks and quotes.
        text = f'{title},\nparcours "{kind.lower()}"' if rng.random() < 0.15 else f"{title} ({kind.lower()})"
        ends = date(2019, 1, 1).toordinal() + int(rng.integers(-200, 1500))
        active = ends >= date(2019, 9, 29).toordinal()
        rows.append(
            (50_000 + number, f"RNCP{_FIRST_SHEET + number}", text, short, kind, f"NIV{level}", f"Niveau {level}",
             "Non", "Non", None, None, f"{date.fromordinal(ends):%d/%m/%Y}", None, "Enregistrement de droit",
             "Oui", "ACTIVE" if active else "INACTIVE")
        )  # fmt: skip
    return rows
