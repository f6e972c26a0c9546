"""Both definitions at their ceilings, one step beyond, and where something is unknown."""

from __future__ import annotations

import csv
import itertools
from pathlib import Path

import pytest

from orchestration.decoding.partners import HEADCOUNT_BANDS
from orchestration.errors import SkillsBankError
from orchestration.reference.company_size import eu_size, french_category

SEEDS = Path(__file__).resolve().parents[2] / "dbt_project" / "seeds"
M = 1_000_000


@pytest.mark.parametrize(
    ("headcount", "turnover", "balance_sheet", "size"),
    [
        # Headcount: fewer than 10, 50, 250.
        (0, 0, 0, "micro"), (9.9, 0, 0, "micro"), (10, 0, 0, "small"), (49.9, 0, 0, "small"),
        (50, 0, 0, "medium"), (249.9, 0, 0, "medium"), (250, 0, 0, "large"), (9_999, 0, 0, "large"),
        # Money: up to and including; one of the two is enough.
        (9, 2 * M, 99 * M, "micro"), (9, 99 * M, 2 * M, "micro"), (9, 2 * M + 1, 2 * M + 1, "small"),
        (9, 10 * M, 99 * M, "small"), (9, 99 * M, 10 * M, "small"), (9, 10 * M + 1, 10 * M + 1, "medium"),
        (49, 50 * M, 99 * M, "medium"), (49, 99 * M, 43 * M, "medium"), (49, 50 * M + 1, 43 * M + 1, "large"),
        (49, 50 * M + 1, 43 * M, "medium"), (49, 50 * M, 43 * M + 1, "medium"),
    ],
)  # fmt: skip
def test_european_sizes(headcount, turnover, balance_sheet, size):
    assert eu_size(headcount, turnover, balance_sheet) == size


@pytest.mark.parametrize(
    ("headcount", "turnover", "balance_sheet", "category"),
    [
        (9.9, 2 * M, 99 * M, "MIC"), (10, 0, 0, "PME"), (9, 2 * M + 1, 2 * M + 1, "PME"),
        (249.9, 50 * M, 99 * M, "PME"), (249.9, 99 * M, 43 * M, "PME"), (250, 0, 0, "ETI"),
        (9, 50 * M + 1, 43 * M + 1, "ETI"), (4_999, 1_500 * M, 9_999 * M, "ETI"),
        (4_999, 9_999 * M, 2_000 * M, "ETI"), (4_999, 1_500 * M + 1, 2_000 * M + 1, "GE"), (5_000, 0, 0, "GE"),
    ],
)  # fmt: skip
def test_french_categories(headcount, turnover, balance_sheet, category):
    assert french_category(headcount, turnover, balance_sheet) == category


@pytest.mark.parametrize(
    ("headcount", "turnover", "balance_sheet", "size"),
    [
        (None, 1 * M, 1 * M, None),  # nothing says how many people
        (5, None, None, None),  # 5 people may turn over a billion
        (5, 1 * M, None, "micro"),  # one of the two is enough
        (5, 3 * M, None, None),  # micro or small: the balance sheet would tell
        (60, None, 20 * M, "medium"),
        (300, None, None, "large"),  # too many people for any other, whatever the rest
    ],
)
def test_what_is_unknown_is_not_guessed(headcount, turnover, balance_sheet, size):
    assert eu_size(headcount, turnover, balance_sheet) == size


def test_the_wider_category_never_gets_smaller_with_more_of_anything():
    order = ["MIC", "PME", "ETI", "GE"]
    steps = [0, 9, 10, 249, 250, 4_999, 5_000]
    money = [0, 2 * M, 2 * M + 1, 43 * M, 50 * M + 1, 1_500 * M, 2_000 * M + 1]
    for turnover in money:
        for balance in money:
            found = [order.index(str(french_category(people, turnover, balance))) for people in steps]
            assert found == sorted(found)


@pytest.mark.parametrize("given", [(-1, 0, 0), (0, -0.01, 0), (0, 0, float("nan"))])
def test_impossible_numbers_are_refused(given):
    with pytest.raises(SkillsBankError, match="zero or more"):
        eu_size(*given)


def test_the_size_classes_of_the_figures_say_what_their_headcount_means():
    with (SEEDS / "size_classes.csv").open(encoding="utf-8", newline="") as file:
        classes = list(csv.DictReader(file))
    for one in classes:
        for bound in (one["min_headcount"], one["max_headcount"] or "1000000"):
            assert eu_size(int(bound), 0, 0) == one["eu_size"], one["size_class"]


def test_headcount_bands_follow_each_other_and_lie_in_their_class():
    with (SEEDS / "size_classes.csv").open(encoding="utf-8", newline="") as file:
        class_of = {one["size_class"]: one for one in csv.DictReader(file)}
    with (SEEDS / "headcount_bands.csv").open(encoding="utf-8", newline="") as file:
        bands = [band for band in csv.DictReader(file) if band["size_class"]]
    for coding in ("questionnaire", "register"):
        ordered = [band for band in bands if band["coding"] == coding]
        for band, after in itertools.pairwise(ordered):
            assert int(band["max_headcount"]) + 1 == int(after["min_headcount"]), band["headcount_band"]
        assert (ordered[0]["min_headcount"], ordered[-1]["max_headcount"]) == ("0", "")
        for band in ordered:
            inside = class_of[band["size_class"]]
            assert int(band["min_headcount"]) >= int(inside["min_headcount"])
            top = inside["max_headcount"]
            assert not top or int(band["max_headcount"]) <= int(top), band["headcount_band"]


def test_decoding_puts_sirenes_codes_where_the_seed_does():
    with (SEEDS / "headcount_bands.csv").open(encoding="utf-8", newline="") as file:
        class_of = {band["headcount_band"]: band["size_class"] for band in csv.DictReader(file)}
    for code, band in HEADCOUNT_BANDS.items():
        assert class_of[code] in ("", class_of[band]), code
    assert set(HEADCOUNT_BANDS) <= set(class_of)
