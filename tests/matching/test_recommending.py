"""Recommendations from a small release made by hand: who is found, which needs count, what is said of places."""

from __future__ import annotations

import io
import json
from collections.abc import Callable

import duckdb
import pytest

from orchestration.errors import MatchError
from orchestration.matching.finding import (
    find_company,
    find_edition,
    find_institution,
    find_profile,
    find_territory,
)
from orchestration.matching.model import Match, Profile
from orchestration.matching.recommending import recommend
from orchestration.matching.showing import write

KEY, OTHER, SILENT = "aaaaaaaa" + "0" * 24, "aaaaaaaa" + "1" * 24, "bbbbbbbb" + "0" * 24
RELEASE = f"""
create table dim_edition as select * from (values ('tour_2026', 2026, true), ('tour_2019', 2019, true))
    as t (edition, year, is_simulated);
create table dim_territory as select * from (values
    ('ti-1', 'Vallée haute', '32'), ('ti-2', 'Plaine - Marais', '32')) as t (territory_id, name, region_code);
create table dim_domain as select * from (values
    ('size_class', '10-49', '10 à 49 salariés'), ('sector', 'C', 'Industrie')) as t (domain_type, domain, label_fr);
create table bridge_former_commune as select * from (values ('C0', 'C1')) as t (former_code, commune_code);
create table dim_commune as select * replace (latitude::double as latitude, longitude::double as longitude),
    case when territory_id is not null then '32' end as region_code from (values
    ('C1', 'Bourg', 'ti-1', 50.0, 3.0, 'commune', 3000), ('C2', 'Hameau', 'ti-1', 51.0, 3.0, 'epci', 1000),
    ('C3', 'Île', null, null, null, null, 500), ('C4', 'Loin', null, 43.0, 3.0, 'commune', 9000))
    as t (commune_code, name, territory_id, latitude, longitude, coordinates_of, population);
create table dim_institution as select * from (values
    ('es-1', 'École du Bourg', 'C1', 'ti-1', '32'), ('es-2', 'École lointaine', 'C4', null, null))
    as t (institution_id, name, commune_code, territory_id, region_code);
create table dim_competence as select *, true as is_in_use from (values
    ('A', 'Alpha'), ('B', 'Bêta'), ('C', 'Gamma'), ('D', 'Delta')) as t (competence_code, label_fr);
create table pub_competence_need as select * replace (value::double as value), value::double as ci_low,
    value::double as ci_high from (values
    ('tour_2019', 'need_share', 'A', 'territory', 'ti-1', 0.5, 'fragile'),
    ('tour_2019', 'need_share', 'B', 'territory', 'ti-1', null, 'secret'),
    ('tour_2019', 'need_share', 'B', 'region', '32', 0.4, 'ok'),
    ('tour_2019', 'need_share', 'C', 'territory', 'ti-1', null, 'unreliable'),
    ('tour_2019', 'need_share', 'C', 'region', '32', null, 'unreliable'),
    ('tour_2019', 'need_share', 'C', 'all', 'all', null, 'secret'),
    ('tour_2019', 'need_share', 'A', 'all', 'all', 0.9, 'ok'),
    ('tour_2019', 'need_share', 'D', 'territory', 'ti-1', 0.0, 'ok'),
    ('tour_2019', 'need_share', 'A', 'size_class', '10-49', 0.6, 'ok'),
    ('tour_2019', 'need_share', 'B', 'size_class', '10-49', null, 'secret'),
    ('tour_2019', 'hard_to_recruit_share', 'A', 'territory', 'ti-1', 0.99, 'ok'))
    as t (edition, indicator, competence_code, domain_type, domain, value, flag);
create table fct_response as select * from (values
    ('tour_2019', 1, '{KEY}', true), ('tour_2019', 2, '{OTHER}', false))
    as t (edition, respondent_id, company_key, is_retained);
create table fct_competence_need as select * from (values
    ('tour_2019', 1, 'A', true, 5, true, 1), ('tour_2019', 1, 'B', true, 4, null, null),
    ('tour_2019', 1, 'C', false, 1, false, null), ('tour_2019', 1, 'D', null, null, null, null))
    as t (edition, respondent_id, competence_code, is_needed, importance, is_hard_to_recruit, priority_rank);
create table fct_company_need as select * from (values
    ('tour_2019', 1, 'A', true), ('tour_2019', 1, 'B', true), ('tour_2019', 1, 'D', false))
    as t (edition, respondent_id, competence_code, is_in_estimates);
create table dim_company as select * from (values
    ('{KEY}', 'C1', '10-49', '25', 'ti-1', '32', 'tour_2019'),
    ('{OTHER}', 'C3', null, null, null, null, null),
    ('{SILENT}', 'C1', '10-49', '25', 'ti-1', '32', null))
    as t (company_key, commune_code, size_class, naf_division, territory_id, region_code, last_edition);
create table fct_training_offer as select *, 10 as hours, 20 as seats, 5 as seats_left, 'bac+3' as level,
    date '2026-09-01' as starts_on, null::date as ends_on, 'fr' as language from (values
    ('o1', 'Près', 'es-1', true, 'in_person', 'C1'), ('o2', 'Ligne', 'es-2', false, 'online', 'C4'),
    ('o3', 'Loin', 'es-2', true, 'in_person', 'C4'), ('o4', 'Nulle part', 'es-2', null, 'in_person', 'C3'),
    ('o5', 'Autre', 'es-1', true, 'in_person', 'C1'))
    as t (offer_id, title_fr, institution_id, is_labelled_ice, format, commune_code);
create table bridge_training_offer_competence as select * from (values
    ('o1', 'A'), ('o2', 'B'), ('o3', 'A'), ('o3', 'B'), ('o4', 'A'), ('o4', 'B'), ('o5', 'D'))
    as t (offer_id, competence_code);
create table fct_opportunity as select *, 'bac+5' as level, 6 as months, date '2026-01-01' as starts_on from (values
    ('p1', '{KEY}', 'internship', 'Stage', 'A|D', 'C2'), ('p2', '{OTHER}', 'apprenticeship', 'Alternance', 'B', 'C4'),
    ('p3', null, 'student_project', 'Projet', null, 'C1'))
    as t (opportunity_id, company_key, opportunity_kind, title_fr, competence_codes, commune_code);
"""


@pytest.fixture(scope="module")
def release():
    with duckdb.connect() as connection:
        connection.execute(RELEASE)
        yield connection


@pytest.fixture
def territory(release) -> Match:
    return recommend(release, find_territory(release, "ti-1", None), "2026-W01-1")


def column(match: Match, part: str, name: str) -> list:
    return [row[name] for row in match.parts[part]]


def test_only_publishable_figures_of_a_territory_count(territory):
    assert [
        (row["competence_code"], row["share"], row["flag"], row["measured_in"], row["passed_over"])
        for row in territory.parts["needs"]
    ] == [
        ("A", 0.5, "fragile", "territory ti-1", None),
        ("B", 0.4, "ok", "region 32", "territory ti-1: secret"),
    ]
    assert territory.parts["not_used"] == [
        {
            "competence_code": "C",
            "label_fr": "Gamma",
            "passed_over": "territory ti-1: unreliable, region 32: unreliable, all: secret",
        }
    ]
    said = " ".join(territory.notes)
    assert "Simulated" in said
    assert "1 in territory ti-1, 1 in region 32" in said
    assert "not used: 1 in territory ti-1: secret" in said
    assert "1 of the figures used are fragile" in said
    assert "1 competences are not used" in said


def test_offers_of_a_territory(territory):
    assert column(territory, "offers", "offer_id") == ["o1", "o2", "o3", "o4"]
    first, online, far, nowhere = territory.parts["offers"]
    assert first["distance_km"] == pytest.approx(
        27.8, abs=0.1
    )  # a quarter of the inhabitants live 111 km away
    assert (first["covers"], first["leaves"]) == (["A"], ["B"])
    assert first["coverage"] == pytest.approx(5 / 9)
    assert online["travel_km"] == 0
    assert online["score"] == online["coverage"]
    assert far["distance_km"] == pytest.approx(806, abs=1)
    assert (nowhere["distance_km"], nowhere["travel_km"], nowhere["score"]) == (None, None, 0)
    assert (first["institution"], first["is_labelled_ice"], first["seats_left"]) == (
        "École du Bourg",
        True,
        5,
    )
    assert column(territory, "combination", "offer_id") == ["o1", "o2"]
    assert territory.parts["uncovered"] == []
    assert column(territory, "label_candidates", "offer_id") == ["o2"]  # o4 is nowhere near


def test_opportunities_that_need_nothing_needed_are_left_out(territory):
    assert column(territory, "opportunities", "opportunity_id") == ["p1", "p2"]
    assert "is_own" not in territory.parts["opportunities"][0]


def test_needs_of_a_company_are_what_it_said(release):
    match = recommend(release, find_company(release, KEY, None), "r")
    assert [(row["competence_code"], row["weight"], row["because"]) for row in match.parts["needs"]] == [
        ("A", 4.0, "needed, vital, hard to recruit, priority"),
        ("B", 1.0, "needed"),
        ("D", 1.0, "in its own words"),
    ]
    assert "label_candidates" not in match.parts
    assert column(match, "opportunities", "is_own") == [True, False]
    assert any(note.startswith("Internal") for note in match.notes)
    assert KEY not in json.dumps(match.parts, default=str)


def test_a_company_that_did_not_answer_gets_the_needs_of_its_area(release):
    match = recommend(release, find_company(release, SILENT[:8], None), "r")
    assert column(match, "needs", "measured_in") == ["territory ti-1", "region 32"]
    assert any("did not answer tour_2019" in note for note in match.notes)


def test_a_company_that_lies_nowhere(release):
    match = recommend(release, find_company(release, OTHER, None), "r")
    assert column(match, "needs", "measured_in") == ["all"]
    assert set(column(match, "offers", "distance_km")) == {None}
    assert any("not known" in note for note in match.notes)


def test_a_described_company_gets_what_covers_the_needs_that_were_told(release):
    profile = Profile({"b": 3.0, "alpha": 1.0}, commune="C1", size_class="10-49")
    match = recommend(release, find_profile(release, profile, None), "r")
    assert match.subject | {"release": None} == {
        "kind": "profile", "code": "B, A", "name": "size class 10-49, commune C1 (Bourg)", "edition": None,
        "release": None,
    }  # fmt: skip
    assert [(row["competence_code"], row["weight"], row["because"]) for row in match.parts["needs"]] == [
        ("B", 3.0, "told, weight 3"),
        ("A", 1.0, "told, weight 1"),
    ]
    assert column(match, "offers", "offer_id") == ["o2", "o1", "o3", "o4"]
    assert column(match, "offers", "coverage")[0] == pytest.approx(3 / 4)
    assert column(match, "combination", "offer_id") == ["o2", "o1"]
    assert column(match, "opportunities", "opportunity_id") == ["p1", "p2"]
    assert "label_candidates" not in match.parts
    assert "is_own" not in match.parts["opportunities"][0]
    assert any("those that were told" in note for note in match.notes)
    assert any("Simulated" in note for note in match.notes)


def test_a_described_company_is_where_a_looked_up_one_is(release):
    told = Profile({"A": 4.0, "B": 1.0, "D": 1.0}, commune="C0")  # merged into C1 since
    described = recommend(release, find_profile(release, told, None), "r")
    looked_up = recommend(release, find_company(release, KEY, None), "r")
    assert described.parts["offers"] == looked_up.parts["offers"]


def test_a_described_company_without_needs_gets_those_of_companies_like_it(release):
    profile = Profile(territory="ti-1", size_class="10 à 49 salariés", sector="c")
    match = recommend(release, find_profile(release, profile, None), "r")
    assert match.subject["edition"] == "tour_2019"
    assert [
        (row["competence_code"], row["measured_in"], row["passed_over"]) for row in match.parts["needs"]
    ] == [
        ("A", "size_class 10-49", None),
        ("B", "region 32", "size_class 10-49: secret, sector C: not_available, territory ti-1: secret"),
    ]
    assert any("companies like it" in note for note in match.notes)


@pytest.mark.parametrize(
    ("profile", "said"),
    [
        (Profile({"Z": 1.0}), r"no competence 'Z'.*A \(Alpha\)"),
        (Profile({"A": 1.0}, commune="Ville"), r"no commune 'Ville'"),
        (Profile({"A": 1.0}, territory="ti-9"), r"no territory 'ti-9'"),
        (Profile(size_class="10-50"), r"no size class '10-50'.*10-49"),
        (Profile(sector="Z"), r"no sector 'Z'.*C \(Industrie\)"),
    ],
)
def test_what_is_not_known_of_a_described_company_is_told(release, profile: Profile, said: str):
    with pytest.raises(MatchError, match=said):
        find_profile(release, profile, None)


def test_an_institution_sees_its_own_offers_and_what_others_add(release):
    match = recommend(release, find_institution(release, "ecole du bourg", None), "r")
    assert column(match, "offers", "offer_id") == ["o1"]
    assert column(match, "combination", "offer_id") == ["o2"]
    assert column(match, "combination", "covers") == [["B"]]
    assert column(match, "opportunities", "opportunity_id") == ["p1"]  # A and D are what it teaches
    assert match.parts["opportunities"][0]["coverage"] == 1


@pytest.mark.parametrize(
    ("find", "asked", "said"),
    [
        (find_territory, "ti-3", r"no territory 'ti-3'.*ti-1 \(Vallée haute\)"),
        (find_territory, "marais", r"such as ti-2 \(Plaine - Marais\), ti-1"),
        (find_institution, "es-9", r"no institution 'es-9'.*es-1 \(École du Bourg\)"),
        (find_company, "aaaaaaaa", "several companies"),
        (find_company, "cccccccc", "no company has a key that begins with cccccccc"),
        (find_company, "ab", "no company key"),
        (find_company, "999000001", "no company has|no company key"),
    ],
)
def test_what_is_not_known_is_told_with_the_nearest(
    release, find: Callable[..., object], asked: str, said: str
):
    with pytest.raises(MatchError, match=said) as caught:
        find(release, asked, None)
    assert KEY not in str(caught.value)


def test_an_edition_without_figures(release):
    assert find_edition(release, None) == "tour_2019"  # tour_2026 has none yet
    with pytest.raises(MatchError, match=r"no edition tour_2026 .*one of tour_2019"):
        find_edition(release, "tour_2026")


def written(match: Match, format: str) -> str:
    file = io.BytesIO()
    write(match, format, file)  # type: ignore[arg-type]
    return file.getvalue().decode()


def test_formats(territory):
    told = json.loads(written(territory, "json"))
    assert told["subject"] == {
        "kind": "territory", "code": "ti-1", "name": "Vallée haute", "edition": "tour_2019", "release": "2026-W01-1"
    }  # fmt: skip
    assert [row["offer_id"] for row in told["offers"]] == ["o1", "o2", "o3", "o4"]
    lines = written(territory, "csv").splitlines()
    assert len(lines) == 1 + sum(len(rows) for rows in territory.parts.values())
    assert lines[0].startswith("subject_kind,subject_code,subject_name,subject_edition,subject_release,part,")
    table = written(territory, "table")
    assert "École du Bourg" in table
    assert "Needs that no offer covers: none" in table
    assert written(territory, "json") == written(territory, "json")


def test_no_control_character_reaches_the_terminal(release):
    release.execute("begin")
    release.execute(
        "update fct_training_offer set title_fr = 'Bad' || chr(27) || '[31m' where offer_id = 'o1'"
    )
    match = recommend(release, find_territory(release, "ti-1", None), "r")
    release.execute("rollback")
    assert "\x1b" not in written(match, "table")
    assert "Bad" in written(match, "table")
