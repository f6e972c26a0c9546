"""A small lake with answers known by hand, and the warehouse dbt builds from it, once a session."""

from __future__ import annotations

import hashlib
import shutil
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from orchestration import lake as lake_tables
from orchestration.collection.partners.contract import load_all
from orchestration.collection.partners.contract import schemas as feed_schemas
from orchestration.decoding.competence_frame import decode_frame
from orchestration.disclosure import Rules
from orchestration.disclosure.stage import make_public
from orchestration.estimation.stage import make_figures, make_weights
from orchestration.frame import load as load_frame
from orchestration.modelling.assets import FIGURES
from orchestration.modelling.dbt import DbtOutcome, Event, run_dbt
from orchestration.recognition.mapping import recognise
from orchestration.settings import Settings

from ..end_to_end.conftest import first_release  # noqa: F401

ALBERT, SAINT_QUENTIN, PARIS, AJACCIO, ROUEN = "80016", "02691", "75056", "2A004", "76540"
CODES = ("INT-01", "INN-01", "DIG-01")
TEXTS = ("commune_code", "missing_skills")


def company_key(name: str) -> str:
    """The company key of an invented company."""
    return hashlib.sha256(name.encode()).hexdigest()[:32]


@dataclass
class SmallLake:
    """Rows by table, written as the decoding stage would."""

    rows: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    last_respondent: int = 0

    def add(self, table: str, **row: Any) -> None:
        self.rows[table].append(row)

    def company(
        self, edition: str, name: str, commune: str | None, band: str | None, *, invited: bool = True
    ) -> None:
        self.add(
            "frame", edition=edition, company_key=company_key(name), commune_code=commune, naf_code="25.62B",
            headcount_band=band, is_invited=invited, invitation_mode="email" if invited else None,
            invited_on=date(2019, 3, 1) if invited else None,
        )  # fmt: skip

    def response(
        self,
        edition: str,
        company: str | None,
        *,
        complete: bool = True,
        test: bool = False,
        submitted: datetime | None = datetime(2019, 4, 2, 10),
        **answers: Any,
    ) -> int:
        """A questionnaire; ``answers`` are value codes by variable, or dicts of them by item; the words
        refused, blank, not_asked and invalid are states."""
        self.last_respondent += 1
        number = self.last_respondent
        self.add(
            "respondents", edition=edition, respondent_id=number, source="limesurvey",
            company_key=company_key(company) if company else None,
            identified_by="siren" if company else None, siren_class="valid" if company else "invalid",
            siret_class="missing", is_test=test,
            is_complete=complete, is_undated=False, started_at=submitted,
            submitted_at=submitted if complete else None, last_action_at=submitted, last_page=3,
            language="fr", file="responses.csv", row_number=number,
        )  # fmt: skip
        for variable, given in answers.items():
            for item, value in (given if isinstance(given, dict) else {"": given}).items():
                self.answer(edition, number, variable, item, value)
        return number

    def answer(self, edition: str, number: int, variable: str, item: str, value: Any) -> None:
        state = value if value in ("refused", "blank", "not_asked", "invalid") else "answered"
        answered = state == "answered"
        self.add(
            "answers", edition=edition, respondent_id=number, variable=variable, item=item, state=state,
            value_code=value if answered and isinstance(value, str) and variable not in TEXTS else None,
            value_number=value if answered and isinstance(value, float) else None,
            value_text=value if answered and variable in TEXTS else None,
        )  # fmt: skip

    def variable(
        self, edition: str, name: str, items: tuple[str, ...] = ("",), comparability: str = "identical"
    ) -> None:
        for item in items:
            position = 1 + sum(row["edition"] == edition for row in self.rows["variables"])
            self.add(
                "variables", position=position, edition=edition, variable=name, item=item, question=name.upper(),
                heading=name.upper(), kind="text", comparability=comparability, label_fr=name, label_en=name,
            )  # fmt: skip

    def write(self, folder: Path) -> Path:
        contracts = load_all(Settings().contracts)
        for table, schema in (lake_tables.SCHEMAS | feed_schemas(contracts)).items():
            rows = self.rows[table]
            if table in lake_tables.PARTITIONED and rows:
                editions = sorted({row["edition"] for row in rows})
                parts = [
                    (edition, [_table([row for row in rows if row["edition"] == edition], schema)])
                    for edition in editions
                ]
            else:
                parts = [(None, [_table(rows, schema)])]
            lake_tables.write(folder, table, parts, schema)
        decode_frame(load_frame(Settings().frame), CODES, folder)
        recognise(Settings(data=folder.parent))
        return folder


def _table(rows: list[dict[str, Any]], schema: pa.Schema) -> pa.Table:
    return pa.Table.from_pylist(
        [{name: row.get(name) for name in schema.names} for row in rows], schema=schema
    )


def places(lake: SmallLake) -> None:
    for code, name in {
        "11": "Île-de-France",
        "28": "Normandie",
        "32": "Hauts-de-France",
        "94": "Corse",
    }.items():
        lake.add("regions", region_code=code, name=name)
    for code, name, region in [
        ("02", "Aisne", "32"), ("80", "Somme", "32"), ("75", "Paris", "11"), ("76", "Seine-Maritime", "28"),
        ("2A", "Corse-du-Sud", "94"),
    ]:  # fmt: skip
        lake.add("departements", departement_code=code, name=name, region_code=region)
    for code, name, departement, region, population in [
        (ALBERT, "Albert", "80", "32", 10_000), (SAINT_QUENTIN, "Saint-Quentin", "02", "32", 54_000),
        (PARIS, "Paris", "75", "11", 2_100_000), (ROUEN, "Rouen", "76", "28", 9_000),
        (AJACCIO, "Ajaccio", "2A", "94", 70_000), ("75101", "Paris 1er", "75", "11", None),
    ]:  # fmt: skip
        lake.add("communes", commune_code=code, name=name, departement_code=departement, region_code=region,
                 epci_code=None, population=population)  # fmt: skip
    for kind, place, latitude, longitude in [
        ("commune", ALBERT, 50.001, 2.651), ("commune", SAINT_QUENTIN, 49.849, 3.288),
        ("commune", PARIS, 48.853, 2.349),
    ]:  # fmt: skip
        lake.add("coordinates", place_kind=kind, place_code=place, latitude=latitude, longitude=longitude)
    for territory, name, communes in [
        ("ti-3202", "Territoire d'Albert", (ALBERT, ROUEN)),
        ("ti-3211", "Saint-Quentinois", (SAINT_QUENTIN,)),
    ]:
        lake.add("territories", territory_id=territory, name=name)
        for commune in communes:
            lake.add("territory_communes", territory_id=territory, commune_code=commune)


def partners(lake: SmallLake) -> None:
    lake.add("institutions", institution_id="IN-1", name="École de Picardie", kind="engineering_school",
             commune_code=ALBERT)  # fmt: skip
    lake.add("training_offers", offer_id="TO-1", institution_id="IN-1", title_fr="Exporter",
             title_en="Exporting", is_labelled_ice=True, competences="INT-01|INT-02",
             commune_code=SAINT_QUENTIN, seats=20)  # fmt: skip
    lake.add("training_offers", offer_id="TO-2", institution_id="IN-1", title_fr="Données", title_en="Data",
             is_labelled_ice=False, competences="DIG-01", commune_code="99999", seats=None)  # fmt: skip
    lake.add("training_offers", offer_id="TO-4", institution_id="IN-1", title_fr="Brevets et marques",
             title_en=None, is_labelled_ice=False, competences=None, commune_code=ALBERT, seats=4,
             format="online")  # fmt: skip
    lake.add("training_offers", offer_id="TO-3", institution_id="IN-1", title_fr="Divers", title_en="Others",
             is_labelled_ice=False, competences=None, commune_code=None, seats=None)  # fmt: skip
    lake.add("stopovers", stopover_id="ST-1", edition="tour_2019", city="Albert", commune_code=ALBERT,
             held_on=date(2019, 5, 14), host="Aéropôle", attendance_companies=30, attendance_students=None,
             attendance_others=5, questions_raised=12)  # fmt: skip
    lake.add("stopovers", stopover_id="ST-2", edition="tour_2019", city="Paris", commune_code=PARIS)


def tour_2019(lake: SmallLake) -> None:
    """An edition with a frame. Frame and respondents (retained, complete) by région and size:

    ====  ==========  ==========  =======  =====  =======
          0-9         10-49       50-249   250+   unknown
    ====  ==========  ==========  =======  =====  =======
    11    50 / 1      20 / 0      5 / 1
    32    100 / 12    30 / 4      10 / 0   2 / 0  1 / 0
    94    8 / 0
    ====  ==========  ==========  =======  =====  =======

    One of the four of 32 x 10-49 has no company key and is placed by what it declares.
    """
    edition = "tour_2019"
    lake.add("editions", edition=edition, year=2019, title_fr="Tour 2019", title_en="Tour 2019",
             status="closed", is_simulated=True, has_frame=True)  # fmt: skip
    for name, items in {
        "commune_code": ("",), "headcount_band": ("",), "innovation": ("product", "process"),
        "exports": ("",), "competence_importance": CODES, "hard_to_recruit": CODES,
        "competence_priority": ("1", "2"),
    }.items():  # fmt: skip
        lake.variable(edition, name, items)

    sizes = {"0-9": "02", "10-49": "12", "50-249": "21", "250+": "32", "unknown": "NN"}
    for commune, counts in {
        PARIS: {"0-9": 50, "10-49": 20, "50-249": 5},
        ALBERT: {"0-9": 100, "10-49": 30, "50-249": 10, "250+": 2, "unknown": 1},
        AJACCIO: {"0-9": 8},
    }.items():
        for size, count in counts.items():
            for number in range(count):
                lake.company(edition, f"{commune} {size} {number}", commune, sizes[size], invited=number < 25)

    def competences(importance: int, hard: str) -> dict[str, Any]:
        return {
            "competence_importance": {"INT-01": str(importance), "INN-01": "2"},
            "hard_to_recruit": {"INT-01": hard, "INN-01": "no", "other": "refused"},
        }

    # 32 x 0-9: five innovators, of which four export; seven others, of which one exports; two do not say.
    for number in range(12):
        lake.response(
            edition, f"{ALBERT} 0-9 {number}",
            innovation={"product": "yes" if number < 5 else "no", "process": "uncertain"},
            exports="yes" if number < 4 or number == 5 else "blank" if number > 9 else "no",
            **competences(4 if number < 6 else 3, "no"),
        )  # fmt: skip
    # 32 x 10-49: three innovate and two export; the last is not identified.
    for number in range(3):
        lake.response(
            edition, f"{ALBERT} 10-49 {number}", innovation={"product": "no", "process": "yes"},
            exports="yes" if number else "no", **competences(3, "yes"),
        )  # fmt: skip
    lake.response(
        edition, None, commune_code=ALBERT, headcount_band="10-49", exports="no",
        innovation={"product": "no", "process": "refused"},
        competence_priority={"1": "DIG-01", "2": "INT-01"}, competence_importance={"x-own-item": "5"},
        missing_skills="lean, anglais, pas besoin de CAO, boulanger",
    )  # fmt: skip
    # 11: one small, one large; the large one answers three times, most fully the second and third time.
    lake.response(edition, f"{PARIS} 0-9 0", innovation={"product": "uncertain"}, exports="no")
    large = f"{PARIS} 50-249 0"
    lake.response(edition, large, exports="no")
    lake.response(edition, large, innovation={"product": "yes"}, exports="yes", **competences(5, "no"))
    lake.response(edition, large, complete=False, innovation={"product": "no", "process": "no"}, exports="no",
                  **competences(1, "no"))  # fmt: skip
    # Out of the figures: incomplete, test, not of the frame, unidentified and nowhere, or outside the frame.
    lake.response(edition, f"{ALBERT} 50-249 0", complete=False, exports="yes")
    lake.response(edition, f"{ALBERT} 50-249 1", test=True, exports="yes")
    lake.response(edition, "elsewhere", commune_code=PARIS, headcount_band="0", exports="yes")
    lake.response(edition, None, exports="yes")
    lake.response(edition, None, commune_code=ROUEN, headcount_band="0", exports="yes")
    lake.add("quarantine", edition=edition, source="limesurvey", file="responses.csv", row_number=99,
             reason_code="unknown_value", reason="'X' is no value of EXPORT")  # fmt: skip


def edition_2012(lake: SmallLake) -> None:
    """The older edition: needs are ticked, and one company answers three times with as many items."""
    edition = "edition_2012"
    lake.add("editions", edition=edition, year=2012, title_fr="2012", title_en="2012", status="closed",
             is_simulated=True, has_frame=True)  # fmt: skip
    lake.variable(edition, "innovation", ("product", "process"), "close")
    lake.variable(edition, "exports")
    lake.variable(edition, "competence_need", CODES)
    lake.variable(edition, "hard_to_recruit", CODES, "broken")
    for number in range(20):
        lake.company(edition, f"{ALBERT} 0-9 {number}", ALBERT, "02")
    for hour, exports in ((9, "yes"), (11, "no"), (11, "yes")):
        lake.response(
            edition, f"{ALBERT} 0-9 0", submitted=datetime(2012, 5, 1, hour), exports=exports,
            competence_need={"INT-01": "yes", "INN-01": "no", "DIG-01": "no"},
            hard_to_recruit={"INT-01": "no", "INN-01": "yes", "DIG-01": "not_asked"},
        )  # fmt: skip


def workshops(lake: SmallLake) -> None:
    """An edition without a frame: twelve volunteers."""
    edition = "workshops_2020"
    lake.add("editions", edition=edition, year=2020, title_fr="Ateliers", title_en="Workshops", status="open",
             is_simulated=True, has_frame=False)  # fmt: skip
    lake.variable(edition, "exports")
    for number in range(12):
        lake.response(edition, f"volunteer {number}", commune_code=SAINT_QUENTIN, headcount_band="10-49",
                      exports="yes" if number < 3 else "no")  # fmt: skip


@pytest.fixture(scope="session")
def small_lake() -> SmallLake:
    lake = SmallLake()
    places(lake)
    partners(lake)
    edition_2012(lake)
    tour_2019(lake)
    workshops(lake)
    lake.add("register", company_key=company_key(f"{PARIS} 50-249 0"), commune_code=SAINT_QUENTIN,
             naf_code="28.22Z",
             headcount_band="31", category="PME", state="A", created_on=date(1990, 1, 1), diffusion="P",
             open_establishments=3, closed_establishments=2)  # fmt: skip
    lake.add("register", company_key=company_key("elsewhere"), commune_code=AJACCIO, headcount_band="NN",
             category="PME", state="A")  # fmt: skip
    for division, section in [("10", "C"), ("25", "C"), ("28", "C"), ("35", "D"), ("36", "E"), ("47", "G")]:
        lake.add("activities", nomenclature="naf-rev2", activity_code=division, level="division",
                 parent_code=section, section_code=section, label_fr=division)  # fmt: skip
    for name, commune, naf, band, state in [
        ("Albert 1", ALBERT, "25.62B", "12", "A"), ("Albert 2", ALBERT, "25.62B", "11", "A"),
        ("nobody employed", ALBERT, "10.71C", "NN", "A"), ("no band", ALBERT, "36.00Z", None, "A"),
        ("ceased", ALBERT, "25.62B", "12", "C"), ("a shop", ALBERT, "47.11B", "12", "A"),
        ("nowhere", "99999", "35.11Z", "53", "A"),
    ]:  # fmt: skip
        lake.add("register", company_key=company_key(name), commune_code=commune, naf_code=naf,
                 headcount_band=band, category="PME", state=state)  # fmt: skip
    return lake


@pytest.fixture(scope="session")
def key() -> Callable[[str], str]:
    return company_key


def build_marts(
    warehouse: Path, lake: Path, target: Path, on_event: Callable[[Event], None] | None = None
) -> DbtOutcome:
    """Both builds of the marts, with weights, figures and their protection between them; what came of the second."""
    options: dict[str, Any] = {
        "warehouse_file": warehouse, "lake": lake, "target_path": target, "on_event": on_event,
    }  # fmt: skip
    first = run_dbt(["build", "--exclude", FIGURES], **options)
    assert first.error is None, str(first.error)
    folder = warehouse.parent / "estimates"
    make_weights(warehouse, folder)
    make_figures(warehouse, folder)
    make_public(warehouse, folder, folder / "no release yet", Rules())
    second = run_dbt(["build", "--select", FIGURES], **options)
    return DbtOutcome(first.nodes + second.nodes, first.seconds + second.seconds, second.error)


@pytest.fixture(scope="session")
def build_all() -> Callable[..., DbtOutcome]:
    return build_marts


@dataclass(frozen=True)
class Built:
    """A warehouse and how it came about."""

    file: Path
    lake: Path
    target: Path
    outcome: DbtOutcome
    events: list[Event]


@pytest.fixture(scope="session")
def target(parsed_project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A target folder with the project parsed, shared by every test."""
    return shutil.copytree(parsed_project, tmp_path_factory.mktemp("target") / "dbt")


@pytest.fixture(scope="session")
def built(small_lake: SmallLake, target: Path, tmp_path_factory: pytest.TempPathFactory) -> Built:
    folder = tmp_path_factory.mktemp("built")
    lake = small_lake.write(folder / "lake")
    events: list[Event] = []
    outcome = build_marts(folder / "run-1.duckdb", lake, target, on_event=events.append)
    assert outcome.error is None, str(outcome.error)
    return Built(folder / "run-1.duckdb", lake, target, outcome, events)


@pytest.fixture
def marts(built: Built) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(built.file), read_only=True) as connection:
        yield connection
