"""Tables on activities. Belongs here: the levels of a nomenclature, its sections and their labels. Does not:
reading or writing files (build.py), how sources write a code."""

from __future__ import annotations

from typing import NamedTuple

from orchestration.errors import SkillsBankError

Row = dict[str, str]

NAF_REV2 = "naf-rev2"

_LEVELS = {2: "division", 4: "group", 5: "class", 6: "subclass"}
_PARENT_LENGTH = {4: 2, 5: 4, 6: 5}


class Section(NamedTuple):
    """A section: its letter, first and last division, labels in French (INSEE) and English (Eurostat)."""

    code: str
    first: int
    last: int
    label_fr: str
    label_en: str


# NAF rev. 2 (decree 2007-1888) takes its sections from NACE rev. 2 (regulation (EC) 1893/2006, annex I).
SECTIONS = (
    Section("A", 1, 3, "Agriculture, sylviculture et pêche", "Agriculture, forestry and fishing"),
    Section("B", 5, 9, "Industries extractives", "Mining and quarrying"),
    Section("C", 10, 33, "Industrie manufacturière", "Manufacturing"),
    Section(
        "D", 35, 35,
        "Production et distribution d'électricité, de gaz, de vapeur et d'air conditionné",
        "Electricity, gas, steam and air conditioning supply",
    ),
    Section(
        "E", 36, 39,
        "Production et distribution d'eau ; assainissement, gestion des déchets et dépollution",
        "Water supply; sewerage, waste management and remediation activities",
    ),
    Section("F", 41, 43, "Construction", "Construction"),
    Section(
        "G", 45, 47,
        "Commerce ; réparation d'automobiles et de motocycles",
        "Wholesale and retail trade; repair of motor vehicles and motorcycles",
    ),
    Section("H", 49, 53, "Transports et entreposage", "Transportation and storage"),
    Section("I", 55, 56, "Hébergement et restauration", "Accommodation and food service activities"),
    Section("J", 58, 63, "Information et communication", "Information and communication"),
    Section("K", 64, 66, "Activités financières et d'assurance", "Financial and insurance activities"),
    Section("L", 68, 68, "Activités immobilières", "Real estate activities"),
    Section(
        "M", 69, 75,
        "Activités spécialisées, scientifiques et techniques",
        "Professional, scientific and technical activities",
    ),
    Section(
        "N", 77, 82,
        "Activités de services administratifs et de soutien",
        "Administrative and support service activities",
    ),
    Section(
        "O", 84, 84, "Administration publique", "Public administration and defence; compulsory social security"
    ),
    Section("P", 85, 85, "Enseignement", "Education"),
    Section("Q", 86, 88, "Santé humaine et action sociale", "Human health and social work activities"),
    Section("R", 90, 93, "Arts, spectacles et activités récréatives", "Arts, entertainment and recreation"),
    Section("S", 94, 96, "Autres activités de services", "Other service activities"),
    Section(
        "T", 97, 98,
        "Activités des ménages en tant qu'employeurs ; activités indifférenciées des ménages en tant que "
        "producteurs de biens et services pour usage propre",
        "Activities of households as employers; undifferentiated goods- and services-producing activities of "
        "households for own use",
    ),
    Section(
        "U", 99, 99, "Activités extra-territoriales", "Activities of extraterritorial organisations and bodies"
    ),
)  # fmt: skip


def derive_activities(records: list[dict[str, str]], nomenclature: str = NAF_REV2) -> dict[str, list[Row]]:
    """The table ``activities`` of a nomenclature's records (``id``, ``label``), sorted by key.

    Levels go from ``section`` through ``division``, ``group`` and ``class`` to ``subclass``, the one that
    Sirene codes with; each row names the level above it and its section. Sections stand in ``SECTIONS``,
    since the public file begins with the divisions.

    Raises:
        SkillsBankError: a code is of no known form, lacks the one above it, or is in no section.
    """
    labels = {record["id"]: record["label"] for record in records}
    rows = [
        {
            "nomenclature": nomenclature,
            "activity_code": section.code,
            "level": "section",
            "parent_code": "",
            "section_code": section.code,
            "label_fr": section.label_fr,
            "label_en": section.label_en,
        }
        for section in SECTIONS
    ]
    for code, label in labels.items():
        section_code = next((s.code for s in SECTIONS if s.first <= _division(code) <= s.last), "")
        level = _LEVELS.get(len(code), "")
        above = section_code if level == "division" else code[: _PARENT_LENGTH.get(len(code), 0)]
        if not section_code or (level != "division" and above not in labels):
            raise SkillsBankError(
                f"the activity code {code!r} has no place in {nomenclature}",
                where="naf_rev2_socialgouv.json",
                expected="a code such as 10, 10.1, 10.11 or 10.11Z whose upper levels are listed",
                fix="take the file that data/reference/README.md names",
            )
        rows.append(
            {
                "nomenclature": nomenclature,
                "activity_code": code,
                "level": level,
                "parent_code": above,
                "section_code": section_code,
                "label_fr": label,
                "label_en": "",
            }
        )
    return {"activities": sorted(rows, key=lambda row: (row["nomenclature"], row["activity_code"]))}


def _division(code: str) -> int:
    return int(code[:2]) if code[:2].isdecimal() else 0
