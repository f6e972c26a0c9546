"""INSEE's API Sirene 3.11, played by a local server: its answers, its refusals, its limit."""

import json
from dataclasses import replace

import pytest
from pydantic import SecretStr

from orchestration.collection.register.api import CALLS, KEY_HEADER, WINDOW, RateLimit, SireneApi
from orchestration.collection.web import Patience, WebError

from ..web_server import Fault, WebServer

SIREN, KEY = "404833048", "zqkey-of-the-tests"


def period(**values):
    return {"dateFin": None, "dateDebut": "2008-01-01"} | values


def unit(**changed):
    now = period(
        etatAdministratifUniteLegale="A", denominationUniteLegale="ZQNOM", nicSiegeUniteLegale="00025",
        activitePrincipaleUniteLegale="25.62B", nomenclatureActivitePrincipaleUniteLegale="NAFRev2",
        denominationUsuelle1UniteLegale=None,
    )  # fmt: skip
    past = now | {
        "dateFin": "2007-12-31",
        "dateDebut": "1990-01-01",
        "activitePrincipaleUniteLegale": "28.5D",
        "denominationUniteLegale": "ZQPAST",
    }
    return {
        "header": {"statut": 200, "message": "OK"},
        "uniteLegale": {
            "siren": SIREN, "statutDiffusionUniteLegale": "P", "dateCreationUniteLegale": "1990-01-01",
            "trancheEffectifsUniteLegale": "12", "anneeEffectifsUniteLegale": "2023",
            "categorieEntreprise": "PME", "sigleUniteLegale": "ZQN", "periodesUniteLegale": [now, past],
        } | changed,
    }  # fmt: skip


def place(nic, state, commune="80016"):
    return {
        "siren": SIREN, "nic": nic, "etablissementSiege": nic == "00025",
        "adresseEtablissement": {"codeCommuneEtablissement": commune},
        "periodesEtablissement": [period(etatAdministratifEtablissement=state)],
    }  # fmt: skip


def places(*found, following="*"):
    return {"header": {"statut": 200, "curseur": "*", "curseurSuivant": following}, "etablissements": found}


class Clock:
    """A clock that only waiting moves."""

    def __init__(self):
        self.now, self.waits = 0.0, []

    def __call__(self):
        return self.now

    def pause(self, seconds):
        self.waits.append(seconds)
        self.now += seconds


@pytest.fixture
def web():
    server = WebServer()
    yield server
    server.close()


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def api(web, clock):
    patience = Patience(connect=2, silence=0.5, attempts=4, first=2, pause=clock.pause)
    return SireneApi(
        SecretStr(KEY), address=web.url, patience=patience, limit=RateLimit(clock=clock, pause=clock.pause)
    )


def serve(web, path, answer):
    body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    web.put(path, body, etag=None, Content_Type="application/json;charset=utf-8")


@pytest.fixture
def whole(web):
    serve(web, f"/siren/{SIREN}", unit())
    serve(web, "/siret", places(place("00017", "F", "02691"), place("00025", "A"), place("00033", "A")))
    return web


def test_a_company_as_a_row_of_the_register(api, whole):
    assert api.company(SIREN) == {
        "siren": SIREN, "statutDiffusionUniteLegale": "P", "dateCreationUniteLegale": "1990-01-01",
        "trancheEffectifsUniteLegale": "12", "categorieEntreprise": "PME", "etatAdministratifUniteLegale": "A",
        "activitePrincipaleUniteLegale": "25.62B", "codeCommuneEtablissement": "80016",
        "etablissementsOuverts": 2, "etablissementsFermes": 1,
        "denominationUniteLegale": "ZQNOM", "sigleUniteLegale": "ZQN", "denominationUsuelle1UniteLegale": None,
    }  # fmt: skip
    assert [request[KEY_HEADER] for request in whole.requests] == [KEY, KEY]


@pytest.mark.parametrize(("status", "word"), [(404, "unknown"), (403, "not_disclosed"), (301, "duplicate")])
def test_what_the_register_does_not_show(api, whole, clock, status, word):
    whole.faults.append(Fault(status, {"Location": "http://127.0.0.1:9/elsewhere"}))
    assert api.company(SIREN) == word
    assert len(whole.requests) == 1
    assert clock.waits == []


def test_a_unit_whose_establishments_are_not_shown(api, whole):
    del whole.files["/siret"]
    row = api.company(SIREN)
    assert (row["codeCommuneEtablissement"], row["etablissementsOuverts"]) == (None, 0)


def test_a_thousand_establishments_are_one_page_of_several(api, whole):
    page = places(*[place(f"{nic:05}", "A") for nic in range(1000)], following="next")
    serve(whole, "/siret", page)
    answer = whole.answer

    def second_page(handler):
        if "curseur=next" in handler.path:
            serve(whole, "/siret", places(place("90001", "F"), following="next"))
        answer(handler)

    whole.answer = second_page
    row = api.company(SIREN)
    assert (row["etablissementsOuverts"], row["etablissementsFermes"]) == (1000, 1)


def test_a_busy_server_is_asked_again(api, whole, clock):
    whole.faults.extend([Fault(429, {"Retry-After": "20"}), Fault(500), Fault(503)])
    assert api.company(SIREN)["siren"] == SIREN
    assert clock.waits == [20, 4, 8]


def test_a_server_that_hangs_is_left_and_asked_again(api, whole, clock):
    whole.faults.append(Fault(hang=2, cut_at=10))
    assert api.company(SIREN)["siren"] == SIREN
    assert clock.waits == [2]


def test_what_stays_down_is_told(api, whole):
    whole.faults.extend([Fault(503)] * 4)
    with pytest.raises(WebError, match="HTTP 503, 4 times in a row"):
        api.company(SIREN)


def test_a_refused_key_is_told_and_not_tried_again(api, whole, clock):
    whole.faults.append(Fault(401))
    with pytest.raises(WebError, match="refuses the key") as caught:
        api.company(SIREN)
    assert "SKILLSBANK_SIRENE_KEY" in caught.value.fix
    assert clock.waits == []


@pytest.mark.parametrize(
    "answer",
    [b"<html>", b"[]", b"{}", unit(periodesUniteLegale=[]), {"uniteLegale": "zqnom"}],
    ids=["page", "list", "nothing", "no period", "text"],
)
def test_an_answer_that_is_not_the_apis(api, whole, answer):
    serve(whole, f"/siren/{SIREN}", answer)
    with pytest.raises(WebError, match="not what the API documents") as caught:
        api.company(SIREN)
    assert "zq" not in str(caught.value).lower()


def test_the_key_is_shown_nowhere(api, whole):
    whole.faults.append(Fault(418))
    with pytest.raises(WebError) as caught:
        api.company(SIREN)
    assert KEY not in str(caught.value) + repr(api) + repr(caught.value.__dict__)


def test_thirty_calls_a_minute(clock):
    limit = RateLimit(clock=clock, pause=clock.pause)
    made = []
    for _ in range(CALLS * 3 + 1):
        limit.wait()
        made.append(clock.now)
        clock.now += 0.5
    for first, after in zip(made, made[CALLS:], strict=False):
        assert after - first >= WINDOW
    assert len(clock.waits) == 3


def test_the_limit_counts_repeated_calls_too(web, clock, whole):
    patience = Patience(attempts=2, first=0, pause=lambda _: None)
    api = SireneApi(SecretStr(KEY), address=web.url, patience=replace(patience),
                    limit=RateLimit(calls=3, clock=clock, pause=clock.pause))  # fmt: skip
    whole.faults.extend([Fault(429), Fault(), Fault(429)])
    api.company(SIREN)
    assert clock.waits == [WINDOW]


@pytest.mark.parametrize("address", ["http://api.insee.fr/api-sirene/3.11", "api.insee.fr"])
def test_the_key_goes_over_https_alone(address):
    with pytest.raises(WebError, match="no address"):
        SireneApi(SecretStr(KEY), address=address)
