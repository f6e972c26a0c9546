"""What simulated partners know of companies. Belongs here: innovation aid, members, exporters, vacancies, opportunities
and placements. Does not: the tour and public sources (tour_feeds.py), the register (register.py)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from orchestration.simulation.arrays import IntArray
from orchestration.simulation.catalogue import INSTITUTIONS, OFFERS
from orchestration.simulation.layouts import Rows, csv_file, workbook
from orchestration.simulation.numbers import siret
from orchestration.simulation.population import CODES, COMPETENCES, Activity, Companies, Population
from orchestration.simulation.streams import stream

_EDITION = "tour_2019"
_KINDS = (("Stage", 0.45, 5), ("Apprentissage", 0.35, 24), ("Projet étudiant", 0.15, 4), ("CIFRE", 0.05, 36))
_SCHEMES = (("Aide au développement de l'innovation", "Avance récupérable", 180_000),
            ("Bourse French Tech Émergence", "Subvention", 60_000),
            ("Concours d'innovation", "Subvention", 250_000), ("Prêt Innovation", "Prêt", 400_000))  # fmt: skip
_TITLES = (("H1206", "Ingénieur études et développement"), ("H2502", "Responsable de production"),
           ("H1402", "Ingénieur méthodes"), ("H1502", "Responsable qualité"), ("M1707", "Responsable export"),
           ("M1402", "Chef de projet transformation"), ("I1102", "Responsable maintenance"))  # fmt: skip
_BRANCHES = ("Mécanique", "Plasturgie", "Agroalimentaire", "Chimie", "Textile")
_BANDS = ("< 100 k", "100 k - 1 M", "1 M - 10 M", "> 10 M")
_AREAS = ("UE", "Europe hors UE", "Amériques", "Asie", "Afrique", "Océanie")


@dataclass(frozen=True)
class _World:
    """The companies of 2019 that partners know: those of the population's first chunk."""

    seed: int
    companies: Companies
    activity: Activity
    communes: list[str]

    def some(self, rng: np.random.Generator, weights: np.ndarray, count: int) -> IntArray:
        """Positions of up to ``count`` companies of 2019, drawn by weight, each once."""
        weights = np.where(self.companies.active[_EDITION], weights, 0.0)
        likely = min(count, int((weights > 0).sum()))
        if not likely:
            return np.array([], dtype=np.int64)
        return np.sort(rng.choice(len(weights), likely, replace=False, p=weights / weights.sum()))

    def siren(self, place: int) -> str:
        return f"{self.companies.siren[place]:09}"

    def commune(self, place: int) -> str:
        return self.communes[int(self.companies.commune[place])]


def files(population: Population) -> Iterator[tuple[str, int, bytes]]:
    """Each file's name, its rows and its bytes."""
    companies = population.companies(0)
    activity = population.activity(0, _EDITION, companies)
    world = _World(population.seed, companies, activity, population.places.commune_codes.to_pylist())
    aid = _aid(world)
    yield "aides_innovation_2019.csv", len(aid) - 1, csv_file(aid, encoding="cp1252")
    members = _members(world)
    yield "adherents_2019.xlsx", len(members) - 1, workbook({"Adhérents": members})
    exporters = _exporters(world)
    yield "exportateurs_2019.csv", len(exporters) - 1, csv_file(exporters)
    vacancies = _vacancies(world)
    yield (
        "offres_cadres_2019_09.csv",
        len(vacancies) - 1,
        csv_file(vacancies, separator=",", encoding="utf-8-sig"),
    )
    opportunities = _opportunities(world)
    yield "opportunites_2019.csv", len(opportunities) - 1, csv_file(opportunities)
    placements = _placements(world, opportunities)
    yield "placements_2019.csv", len(placements) - 1, csv_file(placements)


def _name(place: int) -> str:
    return f"Entreprise Exemple {place}"


def _aid(world: _World) -> Rows:
    rng = stream(world.seed, "innovation aid")
    rows: list[tuple[object, ...]] = [
        ("N° dossier", "SIREN", "Raison sociale", "Dispositif", "Nature de l'aide", "Montant (EUR)",
         "Date de décision", "Exercice", "Commune (INSEE)"),
    ]  # fmt: skip
    chosen = world.some(rng, np.where(world.activity.innovator, 1.0, 0.02), 320)
    number = 0
    for place in chosen.tolist():
        for _ in range(1 + int(rng.random() < 0.2)):
            number += 1
            scheme, kind, mean = _SCHEMES[rng.integers(len(_SCHEMES))]
            amount = round(mean * float(rng.lognormal(0, 0.5)), -2)
            day = date(2017, 1, 1) + timedelta(int(rng.integers(0, 1_000)))
            told = f"{amount:,.2f}".replace(",", "\u00a0").replace(".", ",")
            rows.append(
                (f"AI-{number:05}", world.siren(place), _name(place), scheme, kind,
                 told if rng.random() < 0.98 else None, f"{day:%d/%m/%Y}", day.year, world.commune(place))
            )  # fmt: skip
    return rows


def _members(world: _World) -> Rows:
    rng = stream(world.seed, "federation")
    rows: list[tuple[object, ...]] = [
        ("N° SIREN", "Raison sociale", "Dirigeant", "Courriel", "Téléphone", "Branche", "Adhérent depuis"),
    ]  # fmt: skip
    chosen = world.some(rng, 0.2 + world.companies.size_class(_EDITION).astype(float), 260)
    for place in chosen.tolist():
        number = world.siren(place)
        typed = rng.random()
        if typed < 0.015:  # a slip of the hand: the check digit is wrong
            number = number[:-1] + str((int(number[-1]) + 1) % 10)
        elif typed < 0.3:
            number = f"{number[:3]} {number[3:6]} {number[6:]}"
        day = date(1995, 1, 1) + timedelta(int(rng.integers(0, 8_700)))
        rows.append((number, _name(place), "Personne Exemple", f"contact{place}@example.org", "06 39 98 45 67",
                     _BRANCHES[rng.integers(len(_BRANCHES))], day))  # fmt: skip
    return rows


def _exporters(world: _World) -> Rows:
    rng = stream(world.seed, "customs")
    rows: list[tuple[object, ...]] = [
        ("SIREN", "DENOMINATION", "ANNEE", "TRANCHE_EXPORT", "NB_PAYS", "ZONE_PRINCIPALE")
    ]
    # Customs see goods above a threshold; the partner gives the regions of the tour: some of the exporters.
    chosen = world.some(rng, np.where(world.activity.exports, 1.0, 0.0), 1_200)
    for year in (2018, 2019):
        for place in chosen[rng.random(len(chosen)) < 0.9].tolist():
            size = int(world.companies.size_class(_EDITION)[place])
            band = _BANDS[min(3, int(rng.poisson(0.4 + 0.6 * size)))]
            secret = rng.random() < 0.03
            rows.append(
                (world.siren(place), _name(place), year, "s" if secret else band,
                 "s" if secret else 1 + int(rng.poisson(2 + 3 * size)),
                 _AREAS[rng.choice(6, p=(0.62, 0.14, 0.1, 0.08, 0.05, 0.01))])
            )  # fmt: skip
    return rows


def _competences(rng: np.random.Generator) -> str:
    return ", ".join(sorted(rng.choice(COMPETENCES, int(rng.integers(1, 4)), replace=False).tolist()))


def _vacancies(world: _World) -> Rows:
    rng = stream(world.seed, "vacancies")
    rows: list[tuple[object, ...]] = [
        ("numeroOffre", "siretEtablissement", "enseigne", "intitule", "codeRome", "codeNaf", "lieuTravail_codeInsee",
         "typeContrat", "nombrePostes", "experienceMinimale", "competences", "datePublication", "contact_nom",
         "contact_courriel"),
    ]  # fmt: skip
    weights = 0.1 + world.companies.size_class(_EDITION).astype(float) ** 2
    for number, place in enumerate(world.some(rng, weights, 380).tolist(), 1):
        rome, title = _TITLES[rng.integers(len(_TITLES))]
        establishment = siret(world.companies.siren[place : place + 1], np.array([1]))[0]
        day = date(2019, 9, 1) + timedelta(int(rng.integers(0, 30)))
        rows.append(
            (f"{1_650_000 + number}W", f"{establishment:014}" if rng.random() < 0.85 else None, _name(place), title,
             rome, CODES[world.companies.sector[place]], world.commune(place),
             ("CDI", "CDD", "MIS")[rng.choice(3, p=(0.86, 0.11, 0.03))], 1 + int(rng.random() < 0.08),
             int(rng.integers(0, 9)), _competences(rng), f"{day}T08:00:00Z", "Recrutement Exemple",
             f"emploi{place}@example.org")
        )  # fmt: skip
    return rows


def _opportunities(world: _World) -> Rows:
    rng = stream(world.seed, "opportunities")
    rows: list[tuple[object, ...]] = [
        ("Référence", "SIREN", "Entreprise", "Type", "Intitulé", "Compétences", "Niveau d'études",
         "Commune (INSEE)", "Durée (mois)", "Début", "Publiée le", "Tuteur", "Courriel du tuteur"),
    ]  # fmt: skip
    weights = 0.2 + world.companies.size_class(_EDITION).astype(float)
    for number, place in enumerate(world.some(rng, weights, 300).tolist(), 1):
        kind, _, months = _KINDS[rng.choice(4, p=[share for _, share, _ in _KINDS])]
        day = date(2019, 3, 1) + timedelta(int(rng.integers(0, 200)))
        level = "bac+8" if kind == "CIFRE" else ("bac+2", "bac+3", "bac+5")[rng.integers(3)]
        title = OFFERS[rng.integers(len(OFFERS))][1]
        rows.append(
            (f"op-{number:04}", world.siren(place), _name(place), kind, f"{kind} : {title}", _competences(rng), level,
             world.commune(place), max(1, months + int(rng.integers(-1, 2))),
             f"{day + timedelta(45):%d/%m/%Y}", f"{day:%d/%m/%Y}", "Tutrice Exemple", f"tuteur{place}@example.org")
        )  # fmt: skip
    return rows


def _placements(world: _World, opportunities: Rows) -> Rows:
    rng = stream(world.seed, "placements")
    rows: list[tuple[object, ...]] = [
        ("N° convention", "Référence offre", "Code établissement", "SIREN", "Type", "Début", "Fin", "Embauche", "Nom",
         "Prénom", "Courriel"),
    ]  # fmt: skip
    months = {kind: length for kind, _, length in _KINDS}
    number = 0
    for offer in opportunities[1:]:
        if rng.random() < 0.45:
            continue
        number += 1
        kind = str(offer[3])
        day = date(2019, 9, 2) + timedelta(int(rng.integers(0, 60)))
        hired = ("oui", "non", None)[rng.choice(3, p=(0.25, 0.35, 0.4))]
        rows.append(
            (f"cv-{number:05}", offer[0] if rng.random() < 0.9 else None,
             f"es-{1 + int(rng.integers(len(INSTITUTIONS))):02}", offer[1], kind, f"{day:%d/%m/%Y}",
             f"{day + timedelta(30 * months[kind]):%d/%m/%Y}", hired, "Exemple", "Camille",
             f"etudiant{number}@example.org")
        )  # fmt: skip
    return rows
