"""The régions of before 2016. Belongs here: their codes, names and départements, which no public file of
today holds any more. Does not: today's régions.

Source: INSEE, code officiel géographique of 1 January 2015 (22 régions of the mainland and Corsica, 5
overseas), replaced on 1 January 2016 by the law 2015-29.
"""

from __future__ import annotations

from typing import NamedTuple


class FormerRegion(NamedTuple):
    """A région of before 2016: INSEE code, name, INSEE codes of its départements."""

    code: str
    name: str
    departements: tuple[str, ...]


def _region(code: str, name: str, departements: str) -> FormerRegion:
    return FormerRegion(code, name, tuple(departements.split()))


FORMER_REGIONS = (
    _region("01", "Guadeloupe", "971"),
    _region("02", "Martinique", "972"),
    _region("03", "Guyane", "973"),
    _region("04", "La Réunion", "974"),
    _region("06", "Mayotte", "976"),
    _region("11", "Île-de-France", "75 77 78 91 92 93 94 95"),
    _region("21", "Champagne-Ardenne", "08 10 51 52"),
    _region("22", "Picardie", "02 60 80"),
    _region("23", "Haute-Normandie", "27 76"),
    _region("24", "Centre", "18 28 36 37 41 45"),
    _region("25", "Basse-Normandie", "14 50 61"),
    _region("26", "Bourgogne", "21 58 71 89"),
    _region("31", "Nord-Pas-de-Calais", "59 62"),
    _region("41", "Lorraine", "54 55 57 88"),
    _region("42", "Alsace", "67 68"),
    _region("43", "Franche-Comté", "25 39 70 90"),
    _region("52", "Pays de la Loire", "44 49 53 72 85"),
    _region("53", "Bretagne", "22 29 35 56"),
    _region("54", "Poitou-Charentes", "16 17 79 86"),
    _region("72", "Aquitaine", "24 33 40 47 64"),
    _region("73", "Midi-Pyrénées", "09 12 31 32 46 65 81 82"),
    _region("74", "Limousin", "19 23 87"),
    _region("82", "Rhône-Alpes", "01 07 26 38 42 69 73 74"),
    _region("83", "Auvergne", "03 15 43 63"),
    _region("91", "Languedoc-Roussillon", "11 30 34 48 66"),
    _region("93", "Provence-Alpes-Côte d'Azur", "04 05 06 13 83 84"),
    _region("94", "Corse", "2A 2B"),
)
