"""Invented marts. Belongs here: a database with every declared model, and the rows put in by default. Does not:
releases made of it (conftest.py)."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import yaml

from orchestration.frame import load as load_frame
from orchestration.settings import Settings

REPOSITORY = Path(__file__).resolve().parents[2]
DBT = REPOSITORY / "dbt_project"
TYPES = {"string": "VARCHAR", "bigint": "BIGINT", "double": "DOUBLE", "boolean": "BOOLEAN", "date": "DATE"}
REGIONS = {"32": "Hauts-de-France", "53": "Bretagne", "94": "Corse"}
SIZES = {"0-9": ("0 à 9", "0 to 9"), "10-49": ("10 à 49", "10 to 49"), "250+": ("250 et plus", "250 or more")}
Rows = dict[str, list[dict[str, Any]]]


@cache
def models() -> list[dict[str, Any]]:
    """The marts and public tables as their YAML files declare them."""
    paths = sorted((DBT / "models").glob("marts/*.yml")) + sorted((DBT / "models").glob("publishable/*.yml"))
    return [model for path in paths for model in yaml.safe_load(path.read_text(encoding="utf-8"))["models"]]


def seed(name: str) -> list[dict[str, str]]:
    with (DBT / "seeds" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def figure(
    value: float | None, flag: str = "ok", comparability: str = "identical", **more: Any
) -> dict[str, Any]:
    """One row's figure columns; a blank one has none, as the public tables promise."""
    if value is None:
        return {"flag": flag, "reason": "statistical_secrecy", "comparability": comparability, **more}
    row = {
        "value": value,
        "se": 0.03,
        "ci_low": max(0.0, value - 0.06),
        "ci_high": min(1.0, value + 0.06),
        "n": 80,
    }
    return {**row, "flag": flag, "comparability": comparability} | more


def default_rows() -> Rows:
    """Two simulated editions with every state of a figure in them."""
    editions = [
        {
            "edition": code, "year": year, "title_fr": f"Tour {year}", "title_en": f"{year} tour",
            "status": "closed", "is_simulated": True, "has_frame": True, "population": 12_345,
            "invited": 3_000, "respondents": 321,
        }
        for code, year in (("edition_2012", 2012), ("tour_2019", 2019))
    ]  # fmt: skip
    domains = [
        {"domain_type": "all", "domain": "all", "label_fr": "Ensemble", "label_en": "All", "position": 1}
    ]
    domains += [
        {"domain_type": "region", "domain": code, "label_fr": name, "label_en": name, "position": place}
        for place, (code, name) in enumerate(REGIONS.items())
    ]
    domains += [
        {"domain_type": "size_class", "domain": code, "label_fr": fr, "label_en": en, "position": place}
        for place, (code, (fr, en)) in enumerate(SIZES.items())
    ]
    domains.append(
        {
            "domain_type": "territory", "domain": "ti-3204", "label_fr": "ti-3204",
            "label_en": "ti-3204", "position": 1,
        }
    )  # fmt: skip
    frame = load_frame(Settings().frame)
    competences = [
        {
            "competence_code": one.code, "family": one.family,
            "family_label_fr": frame.heading.families[one.family].fr,
            "family_label_en": frame.heading.families[one.family].en,
            "label_fr": one.label_fr, "label_en": one.label_en,
            "definition_fr": one.definition_fr, "definition_en": one.definition_en,
        }
        for one in frame.competences
        if one.valid_from.year < 2026  # those that the questionnaires of both editions know
    ]  # fmt: skip
    rates, participation = [], []
    for edition, shift in (("edition_2012", -0.2), ("tour_2019", 0.0)):
        for place, domain in enumerate(domain for domain in domains if domain["domain_type"] != "territory"):
            key = {"edition": edition, "domain_type": domain["domain_type"], "domain": domain["domain"]}
            blank = domain["domain"] == "94"
            participation.append(
                key
                | {"indicator": "participation_rate", "invited": 1_000, "responded": None if blank else 107}
                | (
                    figure(None, "unreliable")
                    if blank
                    else figure(0.107 + place / 100, se=None, ci_low=None, ci_high=None)
                )
            )
            for indicator, base in (
                ("innovation_rate", 0.4),
                ("export_rate", 0.35),
                ("export_rate_among_innovators", 0.6),
                ("export_rate_among_non_innovators", 0.3),
            ):
                flag = "fragile" if domain["domain"] == "53" else "ok"
                shown = figure(None, "secret") if blank else figure(base + shift + place / 50, flag)
                rates.append(key | {"indicator": indicator} | shown)
    needs = [
        {
            "edition": edition, "indicator": indicator, "family": row["family"],
            "competence_code": row["competence_code"], "domain_type": "all", "domain": "all",
            **figure(0.3 + place / 50 + shift, comparability="close"),
        }
        for edition, shift in (("edition_2012", 0.0), ("tour_2019", 0.05))
        for place, row in enumerate(competences[:15])
        for indicator in ("need_share", "hard_to_recruit_share")[: 2 if place % 2 else 1]
    ]  # fmt: skip
    families_needed = [
        {
            "edition": "tour_2019", "indicator": "family_need_share", "family": family,
            "competence_code": None, "domain_type": "all", "domain": "all", **figure(0.5),
        }
        for family in frame.heading.families
    ]  # fmt: skip
    rate_changes = [
        {
            "edition": "tour_2019", "reference_edition": "edition_2012", "indicator": row["indicator"],
            "subject": None, "domain_type": "all", "domain": "all",
            **figure(0.2, comparability=row["comparability"], ci_low=0.12, ci_high=0.28),
        }
        for row in rates
        if row["edition"] == "tour_2019" and row["domain"] == "all"
    ]  # fmt: skip
    need_changes = [
        {
            "edition": "tour_2019", "reference_edition": "edition_2012", "indicator": row["indicator"],
            "subject": row["competence_code"], "domain_type": "all", "domain": "all",
            **figure(0.05, comparability="close", ci_low=-0.03, ci_high=0.13),
        }
        for row in needs
        if row["edition"] == "tour_2019"
    ]  # fmt: skip
    contrasts = [
        {
            "edition": "tour_2019", "indicator": "export_by_innovation", "statistic": statistic,
            "source": source, "domain_type": "all", "domain": "all",
            **(
                figure(estimated, ci_low=low, ci_high=high)
                if source == "estimated"
                else {"value": quoted, "flag": "quoted", "comparability": "identical"}
            ),
        }
        for statistic, estimated, low, high, quoted in (
            ("difference", 0.3, 0.2, 0.4, 0.45), ("ratio", 2.0, 1.4, 2.9, 10.0), ("odds_ratio", 3.5, 2.1, 5.8, 19.0)
        )
        for source in ("estimated", "quoted")
    ]  # fmt: skip
    models = [
        {
            "edition": "tour_2019", "indicator": indicator, "domain_type": "territory", "domain": "ti-3204",
            **figure(0.4, "model_based"), "gamma": 0.25,
        }
        for indicator in ("innovation_rate", "export_rate")
    ]  # fmt: skip
    stops = [
        {
            "stopover_id": f"st-{number:02d}", "edition": "tour_2019", "city": city, "commune_code": "80016",
            "region_code": "32", "held_on": day, "theme_fr": "Recruter demain",
            "theme_en": "Recruiting tomorrow", "host": "Lycée inventé", "attendance": people,
            "questions_raised": 0,
        }
        for number, (city, day, people) in enumerate(
            [("Albert-Méaulte", "2019-09-01", 41), ("Saint-Quentin", "2019-09-12", None)]
        )
    ]  # fmt: skip
    offers = [
        {
            "offer_id": f"of-{n}",
            "institution_id": f"es-{n % 2}",
            "title_fr": "Cours",
            "is_labelled_ice": n % 3 == 0,
        }
        for n in range(7)
    ]
    questions = [
        {
            "edition": edition["edition"], "position": position, "question": heading.split("[")[0], "heading": heading,
            "variable": variable, "item": item, "kind": kind, "answers": answers, "comparability": "identical",
            "label_fr": "Quel est votre secteur ?", "label_en": "What is your sector?",
        }
        for edition in editions
        for position, (heading, variable, item, kind, answers) in enumerate(
            [
                ("NAF", "naf_code", None, "text", None),
                ("INNO[PROD]", "innovation", "product", "array", "yes, no"),
                ("INNO[PROC]", "innovation", "process", "array", "yes, no"),
            ],
            1,
        )
    ]  # fmt: skip
    return {
        "dim_edition": editions,
        "dim_question": questions,
        "pub_question": questions,
        "dim_company": [{"company_key": f"{n:032x}", "region_code": "32"} for n in range(50, 0, -1)],
        "dim_competence": competences,
        "dim_stopover": stops,
        "pub_edition": editions,
        "pub_indicator": [{k: v for k, v in row.items() if k != "position"} for row in seed("indicators")],
        "pub_domain": domains,
        "pub_competence": competences,
        "pub_participation": participation,
        "pub_innovation_export": rates,
        "pub_competence_need": needs + families_needed,
        "pub_change": rate_changes + need_changes,
        "pub_contrast": contrasts,
        "pub_territory_model": models,
        "pub_stopover": stops,
        "pub_training_offer": offers,
        "pub_training_offer_competence": [
            {"offer_id": offer["offer_id"], "competence_code": code}
            for offer in offers
            for code in ("INT-01", "DIG-02")
        ],
    }


def write_warehouse(path: Path, rows: Rows) -> None:
    """A DuckDB file with every declared model, in a schema of its own as dbt may make, and the given rows."""
    path.unlink(missing_ok=True)
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE SCHEMA marts; USE marts; CREATE TABLE int_left_out (secret VARCHAR)")
        for model in models():
            kinds = {c["name"]: TYPES.get(c["data_type"], c["data_type"]) for c in model["columns"]}
            columns = ", ".join(f'"{name}" {kind}' for name, kind in kinds.items())
            connection.execute(f'CREATE TABLE "{model["name"]}" ({columns})')
            given = rows.get(model["name"])
            if given:
                filled = pa.Table.from_pylist([{name: row.get(name) for name in kinds} for row in given])
                connection.register("filled", filled)
                connection.execute(f'INSERT INTO "{model["name"]}" SELECT * FROM filled')
