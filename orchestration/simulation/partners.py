"""Partner files of the simulated campaign. Belongs here: stopovers, institutions, training offers.
Does not: the register (register.py), the questionnaires."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from orchestration.simulation.catalogue import INSTITUTIONS, OFFERS, THEMES
from orchestration.simulation.places import STOPOVERS
from orchestration.simulation.streams import stream
from orchestration.simulation.tour_feeds import certification

Table = tuple[Sequence[str], Iterator[Sequence[object]]]


def tables(seed: int) -> dict[str, Table]:
    """The partners' CSV files: columns (those of the lake) and rows, by name."""
    return {"stopovers": _stopovers(seed), "institutions": _institutions(), "training_offers": _offers(seed)}


def _stopovers(seed: int) -> Table:
    columns = (
        "stopover_id", "edition", "city", "commune_code", "held_on", "theme_fr", "theme_en", "host",
        "attendance_companies", "attendance_students", "attendance_others", "questions_raised",
    )  # fmt: skip
    rng = stream(seed, "stopovers")

    def rows() -> Iterator[Sequence[object]]:
        for number, (city, commune, day) in enumerate(STOPOVERS, 1):
            theme_fr, theme_en = THEMES[rng.integers(len(THEMES))]
            host = INSTITUTIONS[rng.integers(len(INSTITUTIONS))][0]
            companies, students, others, questions = rng.poisson((18, 16, 9, 11)).tolist()
            yield (
                f"st-{number:02}", "tour_2019", city, commune, day, theme_fr, theme_en, host,
                companies, students, others, questions,
            )  # fmt: skip

    return columns, rows()


def _institutions() -> Table:
    columns = ("institution_id", "name", "kind", "commune_code")
    return columns, ((f"es-{number:02}", *row) for number, row in enumerate(INSTITUTIONS, 1))


def _offers(seed: int) -> Table:
    columns = (
        "offer_id", "institution_id", "title_fr", "title_en", "is_labelled_ice", "competences", "level",
        "format", "hours", "commune_code", "language", "starts_on", "seats", "ends_on", "place", "seats_taken",
        "rncp_code",
    )  # fmt: skip
    # What was asked for later has a stream of its own, so that the rest stays as it was.
    rng, later = stream(seed, "offers"), stream(seed, "offers, second round")

    def rows() -> Iterator[Sequence[object]]:
        number = 0
        for place, (_, _, commune) in enumerate(INSTITUTIONS, 1):
            for offer in rng.choice(len(OFFERS), rng.integers(3, 6), replace=False):
                number += 1
                competences, title_fr, title_en = OFFERS[offer]
                level = ("bac+2", "bac+3", "bac+5", "bac+8", "continuing")[
                    rng.choice(5, p=(0.1, 0.2, 0.4, 0.05, 0.25))
                ]
                hours = int(
                    rng.choice((14, 21, 28, 35))
                    if level == "continuing"
                    else rng.choice((40, 60, 120, 250, 400))
                )
                row = (
                    f"of-{number:03}",
                    f"es-{place:02}",
                    title_fr,
                    title_en,
                    "oui" if rng.random() < 0.55 else "non",
                    "|".join(competences),
                    level,
                    ("in_person", "hybrid", "online")[rng.choice(3, p=(0.55, 0.3, 0.15))],
                    hours,
                    commune,
                    "en" if rng.random() < 0.15 else "fr",
                    str(np.datetime64("2019-09-02") + 7 * int(rng.integers(0, 30))),
                    int(rng.choice((12, 16, 20, 24, 30, 40))),
                )
                yield (*row, *_second_round(later, level, hours, row[11], row[12]))

    return columns, rows()


def _second_round(
    rng: np.random.Generator, level: str, hours: int, starts: object, seats: object
) -> tuple[object, ...]:
    """Last day, site, seats taken and certification of an offer."""
    weeks = -(-hours // (28 if level == "continuing" else 12))
    ends = np.datetime64(str(starts)) + 7 * weeks - 3
    site = f"Campus {('Nord', 'Centre', 'des Ateliers', 'du Canal')[rng.integers(4)]}"
    taken = int(rng.binomial(int(str(seats)), 0.7))
    certified = level != "continuing" and rng.random() < 0.6
    code = certification(rng)
    return str(ends) if rng.random() < 0.9 else None, site, taken, code if certified else None
