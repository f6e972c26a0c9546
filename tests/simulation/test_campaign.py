"""The simulated campaign is believable, reproducible, and its truth is what the population says."""

from __future__ import annotations

import csv
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from stdnum.fr import siren as checked_siren
from stdnum.fr import siret as checked_siret

from orchestration.collection.partners.contract import load_all, schemas
from orchestration.errors import SkillsBankError
from orchestration.settings import PROJECT, Settings
from orchestration.simulation import simulate

SCHEMAS = schemas(load_all(Settings().contracts))
SAMPLE = PROJECT / "data" / "sample"
EDITIONS = ("edition_2012", "tour_2019")
SIZE_OF_BAND = dict(
    zip(("00", "01", "02", "03", "11", "12", "21", "22", "31", "32"), "aaaabbcccd", strict=True)
)
REFUSALS = {"ras", "r.a.s.", "néant", "n/a", "-", "aucune", "rien", "nsp", ".", "/", "0"}


def is_plain_siren(text: str) -> bool:
    """Nine digits as they should be typed (the library's own check forgives spaces)."""
    return len(text) == 9 and checked_siren.is_valid(text)


def files(folder: Path) -> dict[str, Path]:
    return {
        str(path.relative_to(folder)): path
        for path in sorted(folder.rglob("*.*"))
        if path.name != "README.md"
    }


@pytest.fixture(scope="module")
def population(campaign: Path) -> pd.DataFrame:
    return pq.read_table(campaign / "truth" / "population.parquet").to_pandas()


@pytest.fixture(scope="module")
def frames(campaign: Path) -> dict[str, pd.DataFrame]:
    tables = {e: pq.read_table(campaign / e / "sampling_frame.parquet").to_pandas() for e in EDITIONS}
    for table in tables.values():
        table["size"] = table["headcount_band"].map(SIZE_OF_BAND)
    return tables


def test_same_arguments_same_bytes_other_seed_other_campaign(campaign: Path, tmp_path: Path) -> None:
    simulate(tmp_path / "again")
    simulate(tmp_path / "other", seed=1)
    once, again, other = files(campaign), files(tmp_path / "again"), files(tmp_path / "other")
    assert list(once) == list(again) == list(other)
    for name, path in once.items():
        assert path.read_bytes() == again[name].read_bytes(), name
        if name != "partners/institutions.csv":
            assert path.read_bytes() != other[name].read_bytes(), name


def test_the_embedded_sample_is_what_the_code_makes(campaign: Path) -> None:
    made, embedded = files(campaign), files(SAMPLE)
    assert list(made) == list(embedded)
    for name, path in made.items():
        if path.suffix == ".parquet":  # its bytes also tell the version of the library
            assert pq.read_table(path).equals(pq.read_table(embedded[name])), name
        else:
            assert path.read_bytes() == embedded[name].read_bytes(), name


def test_the_embedded_sample_is_small_and_says_that_it_is_simulated() -> None:
    assert sum(path.stat().st_size for path in SAMPLE.rglob("*.*")) < 5e6
    assert "simulated" in (SAMPLE / "README.md").read_text("utf-8")


def test_invitations_and_answers_are_of_believable_number(
    frames: dict[str, pd.DataFrame], rows_2019: list[dict[str, str]], rows_2012: list[dict[str, str]]
) -> None:
    assert frames["tour_2019"]["is_invited"].sum() >= 10_000
    assert 5_800 < frames["edition_2012"]["is_invited"].sum() < 6_200
    complete_2019 = sum(row["submitdate"] != "" for row in rows_2019)
    complete_2012 = sum(row["submitdate"] != "{question_not_shown}" for row in rows_2012)
    # Binomial draws: three standard deviations, and the few who answer twice.
    assert 900 < complete_2019 < 1_150
    assert 530 < complete_2012 < 710
    assert 0.12 < 1 - complete_2019 / len(rows_2019) < 0.28


def complete_sirens(rows: list[dict[str, str]], column: str) -> set[str]:
    done = (row for row in rows if row["submitdate"] not in ("", "{question_not_shown}"))
    return {row[column] for row in done if is_plain_siren(row[column])}


def test_larger_and_innovative_companies_answer_more_readily(
    frames: dict[str, pd.DataFrame], population: pd.DataFrame, rows_2019: list[dict[str, str]]
) -> None:
    frame = frames["tour_2019"].merge(population[population["edition"] == "tour_2019"], on="siren")
    invited = frame[frame["is_invited"]].copy()
    invited["replied"] = invited["siren"].isin(complete_sirens(rows_2019, "SIREN"))
    by_size = invited.groupby("size")["replied"].mean()
    assert by_size["a"] < by_size["b"] < by_size["c"]
    innovator = invited.filter(like="innovates_").any(axis=1)
    assert invited[innovator]["replied"].mean() > invited[~innovator]["replied"].mean()
    by_region = invited.groupby("region_code")["replied"].mean()
    assert by_region["32"] > by_region["11"]


def test_nobody_answers_uninvited_or_before_the_invitation(
    frames: dict[str, pd.DataFrame], rows_2019: list[dict[str, str]]
) -> None:
    invited_on = frames["tour_2019"].query("is_invited").set_index("siren")["invited_on"]
    known = [row for row in rows_2019 if is_plain_siren(row["SIREN"])]
    assert len(known) > 900
    for row in known:
        assert str(invited_on[row["SIREN"]]) <= row["startdate"][:10]
        assert row["startdate"] < row["datestamp"]


def test_every_stratum_is_asked_up_to_its_size(
    frames: dict[str, pd.DataFrame], population: pd.DataFrame
) -> None:
    for edition, frame in frames.items():
        merged = frame.merge(population[population["edition"] == edition], on="siren")
        strata = merged.groupby(["region_code", "size_class"])["is_invited"].agg(["size", "sum"])
        assert (strata["sum"] >= np.minimum(strata["size"], 5)).all()
        rate = merged.groupby("size_class")["is_invited"].mean()
        assert rate["0-9"] < rate["10-49"] < rate["50-249"]


def test_editions_share_a_panel(rows_2019: list[dict[str, str]], rows_2012: list[dict[str, str]]) -> None:
    both = complete_sirens(rows_2019, "SIREN") & complete_sirens(rows_2012, "Q01")
    assert 50 < len(both) < 250


def test_innovators_export_ten_times_as_often(campaign: Path) -> None:
    truth = pd.read_csv(campaign / "truth" / "indicators.csv").query("domain_type == 'all'")
    for edition in EDITIONS:
        value = truth[truth["edition"] == edition].set_index("indicator")["value"]
        assert value["export_rate_among_innovators"] == pytest.approx(0.5, abs=0.03)
        assert value["export_rate_among_non_innovators"] == pytest.approx(0.05, abs=0.01)


def test_truth_is_what_the_population_says(campaign: Path, population: pd.DataFrame) -> None:
    truth = pd.read_csv(campaign / "truth" / "indicators.csv", dtype={"domain": "string"})
    everything = population.assign(all="all", region=population["region_code"])
    everything["innovator"] = everything.filter(like="innovates_").eq(True).any(axis=1)
    checked = 0
    for edition, companies in everything.groupby("edition"):
        expected = {
            "innovation_rate": ("innovator", companies),
            "export_rate": ("exports", companies),
            "export_rate_among_innovators": ("exports", companies[companies["innovator"]]),
            "export_rate_among_non_innovators": ("exports", companies[~companies["innovator"]]),
        }
        for column in companies.columns:
            kind, _, code = column.partition("_")
            indicator = {"need": f"need_share:{code}", "hard": f"hard_to_recruit_share:{code}"}.get(kind)
            if indicator and companies[column].notna().any():
                expected[indicator] = (column, companies)
        here = truth[truth["edition"] == edition]
        assert set(here["indicator"]) == set(expected)
        for (indicator, domain_type), rows in here.groupby(["indicator", "domain_type"]):
            column, base = expected[indicator]
            groups = (
                base[column]
                .astype(float)
                .groupby(base["size_class" if domain_type == "size_class" else domain_type])
            )
            told = rows.set_index("domain")
            assert groups.mean().to_dict() == pytest.approx(told["value"].to_dict(), abs=1e-12)
            assert groups.size().to_dict() == told["population"].to_dict()
            checked += len(rows)
    assert checked == len(truth)


def test_need_follows_the_rule_of_the_contract(population: pd.DataFrame) -> None:
    for edition, companies in population.groupby("edition"):
        asked = [c for c in companies.filter(like="need_") if companies[c].notna().any()]
        assert len(asked) == {"tour_2019": 15, "edition_2012": 10}[edition]
        for column in asked:
            code = column.removeprefix("need_")
            hard = companies[f"hard_{code}"].eq(True)
            if edition == "tour_2019":
                rule = companies[f"importance_{code}"].ge(4) | hard | companies[f"rank_{code}"].gt(0)
            else:
                rule = companies[f"ticked_{code}"].eq(True) | hard
            assert (companies[column] == rule).all()


def test_weighted_answers_estimate_the_truth(
    campaign: Path, frames: dict[str, pd.DataFrame], rows_2019: list[dict[str, str]]
) -> None:
    """Weights N_h / r_h by size class bring the answers back to the population, up to sampling error."""
    frame = frames["tour_2019"].set_index("siren")
    rows = pd.DataFrame([r for r in rows_2019 if r["submitdate"] and r["SIREN"] in frame.index])
    rows = rows.drop_duplicates("SIREN")
    size = rows["SIREN"].map(frame["size"])
    weight = size.map(frame["size"].value_counts() / size.value_counts())
    innovates = rows[[f"INNO[{item}]" for item in ("PROD", "PROC", "ORGA", "MARK")]].eq("Y").any(axis=1)
    exports = rows["EXPORT"] == "Y"
    truth = pd.read_csv(campaign / "truth" / "indicators.csv").query(
        "edition == 'tour_2019' and domain_type == 'all'"
    )
    value = truth.set_index("indicator")["value"]
    # Unequal weights leave an effective sample of some 700; 4 standard errors, and 3 points of bias.
    for estimate, indicator in (
        (np.average(exports, weights=weight), "export_rate"),
        (np.average(innovates, weights=weight), "innovation_rate"),
        (np.average(exports[innovates], weights=weight[innovates]), "export_rate_among_innovators"),
        (np.average(exports[~innovates], weights=weight[~innovates]), "export_rate_among_non_innovators"),
    ):
        truth_value = value[indicator]
        base = 700 * (1 if indicator.endswith("_rate") else 0.4)
        assert abs(estimate - truth_value) < 4 * np.sqrt(truth_value * (1 - truth_value) / base) + 0.03, (
            indicator
        )


def test_people_type_what_people_type(rows_2019: list[dict[str, str]]) -> None:
    kinds: Counter[str] = Counter()
    for row in rows_2019:
        typed = row["SIREN"]
        kinds["blank"] += not typed and row["lastpage"] != "0"
        kinds["valid"] += is_plain_siren(typed)
        kinds["leading zero"] += bool(re.fullmatch(r"0\d{8}", typed))
        kinds["check digit"] += bool(re.fullmatch(r"\d{9}", typed)) and not is_plain_siren(typed)
        kinds["spaces"] += bool(re.fullmatch(r"\d{3} \d{3} \d{3}", typed))
        kinds["no-break spaces"] += "\u00a0" in typed
        kinds["SIRET"] += bool(re.fullmatch(r"\d{14}", typed))
        kinds["short"] += bool(re.fullmatch(r"\d{1,8}", typed))
        kinds["words"] += bool(re.fullmatch(r"[A-Za-zè ]+", typed))
        kinds["La Poste"] += row["SIRET"].startswith("356000000") and checked_siret.is_valid(row["SIRET"])
        kinds["other company's SIRET"] += (
            row["SIRET"][:9] not in ("", row["SIREN"]) and len(row["SIRET"]) == 14
        )
        kinds["e-mail in text"] += "@example.org" in row["MANQUE"]
        kinds["phone in text"] += bool(re.search(r"06 ?39 ?98", row["MANQUE"]))
        kinds["refusal"] += row["MANQUE"].lower() in REFUSALS
        kinds["English"] += row["startlanguage"] == "en"
        kinds["test"] += row["RAISON"] == "TEST NE PAS TENIR COMPTE"
        kinds["other turnover"] += row["CA"] == "-oth-" and row["CA[other]"] != ""
    assert min(kinds.values()) > 0, kinds
    assert kinds["valid"] > 0.7 * len(rows_2019)
    sirens = Counter(row["SIREN"] for row in rows_2019 if is_plain_siren(row["SIREN"]))
    assert sum(count > 1 for count in sirens.values()) > 10
    tokens = Counter(row["token"] for row in rows_2019 if row["token"])
    assert sum(count > 1 for count in tokens.values()) > 5


def test_pages_not_reached_and_filters_leave_no_answer(
    rows_2019: list[dict[str, str]], rows_2012: list[dict[str, str]]
) -> None:
    for row in rows_2019:
        if row["lastpage"] == "0":
            assert not any(value for heading, value in list(row.items())[9:])
        if int(row["lastpage"]) < 5:
            assert row["MANQUE"] == "" == row["COMP[C01]"] == row["TOP3[1]"]
        if row["EXPORT"] != "Y":
            assert row["PARTEXP"] == "" == row["PAYS[DE]"]
        if row["EXPORT"] != "N":
            assert row["FREIN[F1]"] == "" == row["FREIN[F1comment]"]
        if row["CONTACT"] != "Y":
            assert row["MAIL"] == "" == row["NOM"]
        assert (row["submitdate"] != "") <= (row["lastpage"] == "6")
    shown = {(row["Q07"] == "Y", row["Q08"] == "{question_not_shown}") for row in rows_2012}
    assert shown == {(True, False), (False, True)}


def test_personal_data_are_invented(rows_2019: list[dict[str, str]], rows_2012: list[dict[str, str]]) -> None:
    for row in rows_2019:
        assert re.fullmatch(r"(192\.0\.2\.\d{1,3})?", row["ipaddr"])
        assert re.fullmatch(r"(tk[a-z0-9]{13})?", row["token"])
        assert re.fullmatch(r"([a-z.]+\d+@example\.org)?", row["MAIL"])
    assert all(
        row["Q13"].endswith("@example.org")
        for row in rows_2012
        if row["Q13"] not in ("", "{question_not_shown}")
    )


def test_several_chunks_make_one_campaign(tmp_path: Path) -> None:
    rows = simulate(tmp_path, respondents=2_000, population=210_000)
    frame = pq.read_table(tmp_path / "tour_2019" / "sampling_frame.parquet").to_pandas()
    assert frame["siren"].is_unique
    assert rows["register/StockUniteLegale_utf8.parquet"] == 210_000
    assert frame["is_invited"].sum() == pytest.approx(21_000, rel=0.01)
    text = (tmp_path / "tour_2019" / "responses.csv").read_text("utf-8-sig")
    assert text.count('"id"') == 1
    ids = [int(i) for i in re.findall(r'^"(\d+)";"', text, flags=re.M)]
    assert ids == sorted(set(ids))
    assert len(ids) == rows["tour_2019/responses.csv"]
    positions = np.flatnonzero(frame["is_invited"].to_numpy())
    assert [
        np.mean((positions >= a) & (positions < b)) for a, b in ((0, 85_000), (85_000, 170_000))
    ] == pytest.approx([85_000 / len(frame)] * 2, abs=0.02)


@pytest.mark.parametrize(("respondents", "population"), [(0, None), (1_000, 3_000), (20_000_000, None)])
def test_impossible_numbers_are_refused(tmp_path: Path, respondents: int, population: int | None) -> None:
    with pytest.raises(SkillsBankError, match="cannot be simulated"):
        simulate(tmp_path, respondents=respondents, population=population)
    assert list(tmp_path.iterdir()) == []


def test_a_very_small_campaign_is_possible(tmp_path: Path) -> None:
    rows = simulate(tmp_path, respondents=1, population=10)
    assert rows["register/StockUniteLegale_utf8.parquet"] == 10


@pytest.mark.parametrize("table", ["stopovers", "institutions", "training_offers"])
def test_partner_files_have_the_columns_of_the_lake(campaign: Path, table: str) -> None:
    with (campaign / "partners" / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    assert list(rows[0]) == SCHEMAS[table].names
    communes = pd.read_csv(PROJECT / "data" / "reference" / "communes.csv", dtype="string").set_index(
        "commune_code"
    )
    assert {row["commune_code"] for row in rows} <= set(communes.index)
    key = SCHEMAS[table].names[0]
    assert len({row[key] for row in rows}) == len(rows)
    if table == "stopovers":
        assert len(rows) == 40
        north = [row["city"] for row in rows if communes.loc[row["commune_code"], "region_code"] == "32"]
        assert len(north) == 4
        assert {"Albert-Méaulte", "Saint-Quentin"} <= set(north)
        for row in rows:
            assert row["city"].startswith(communes.loc[row["commune_code"], "name"])
    elif table == "institutions":
        assert len(rows) == 30
    else:
        assert 100 <= len(rows) <= 150
        assert {row["is_labelled_ice"] for row in rows} == {"oui", "non"}
        assert all(re.fullmatch(r"[A-Z]{3}-\d\d(\|[A-Z]{3}-\d\d)*", row["competences"]) for row in rows)
        assert {row["institution_id"] for row in rows} <= {f"es-{i:02}" for i in range(1, 31)}


def test_register_is_valid_and_covers_the_frames(campaign: Path, frames: dict[str, pd.DataFrame]) -> None:
    units = pq.read_table(campaign / "register" / "StockUniteLegale_utf8.parquet").to_pandas()
    places = pq.read_table(campaign / "register" / "StockEtablissement_utf8.parquet").to_pandas()
    assert all(checked_siret.is_valid(siret) for siret in places["siret"])
    assert (places["siret"] == places["siren"] + places["nic"]).all()
    assert places["siret"].is_unique
    assert units["siren"].is_unique
    heads = places[places["etablissementSiege"]]
    assert set(heads["siren"] + heads["nic"]) == set(units["siren"] + units["nicSiegeUniteLegale"])
    assert set(places["siren"]) == set(units["siren"])
    others = places[~places["etablissementSiege"]]
    assert set(others["nic"].str.slice(0, 4)) == {"0001"}
    assert 0.6 < (others["etatAdministratifEtablissement"] == "F").mean() < 0.9
    for edition, frame in frames.items():
        assert set(frame["siren"]) <= set(units["siren"]), edition
    active = units[units["etatAdministratifUniteLegale"] == "A"]
    assert set(active["siren"]) == set(frames["tour_2019"]["siren"])
    partial = units["statutDiffusionUniteLegale"] == "P"
    assert set(units.loc[partial, "denominationUniteLegale"]) == {"[ND]"}
    assert units.loc[~partial, "denominationUniteLegale"].str.startswith("ENTREPRISE SIMULEE ").all()


def test_sector_codes_are_industrial_codes_of_the_nomenclature() -> None:
    from orchestration.simulation.population import CODES

    public = PROJECT.parent / "shared" / "data" / "naf" / "naf_rev2_socialgouv.json"
    if not public.is_file():
        pytest.skip(f"no nomenclature in {public.parent}")
    known = set(pd.read_json(public, dtype={"id": "string"})["id"])
    assert set(CODES) <= known
    assert len(set(CODES)) == len(CODES)
    assert all(5 <= int(code[:2]) <= 39 for code in CODES)
