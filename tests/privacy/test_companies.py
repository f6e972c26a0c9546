"""Companies found by name: from a register's names to a reviewed key, and what is left of a name on the way."""

import json
import stat
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from orchestration.automation.company_review import decide, review
from orchestration.automation.erasure import Request, erase
from orchestration.automation.retention import retain
from orchestration.cli import app
from orchestration.collection.companies import matches, reviews
from orchestration.collection.companies.matches import Matcher
from orchestration.collection.company_files import collect_partner_file
from orchestration.collection.contacts import Contacts
from orchestration.collection.inbox import PartnerFile
from orchestration.collection.register.collect import collect_register
from orchestration.collection.register.files import Stock
from orchestration.collection.register.stock import PLACES, UNITS
from orchestration.decoding import CompanyInput, DecodeInput, decode
from orchestration.errors import SkillsBankError
from orchestration.lake import files

from ..collection.register.stock_files import place as seat
from ..collection.register.stock_files import unit, write
from .conftest import cells_of, marked, siren, write_export
from .test_erase import make

EDITION = "survey_482617"
KNOWN = siren(400)
NAMES = b"zqatelier", b"zqoptique", b"zqpartiel"


@pytest.fixture
def place(tmp_path, codebook):
    """Thirty responses, five of them without a number; a register with the names of three companies."""
    place = make(tmp_path, codebook)
    headings, rows = marked(codebook, 1, 30)

    def say(row, name, commune):
        for heading, cell in (("SIREN", ""), ("SIRET", ""), ("RAISON", name), ("COMMUNE", commune)):
            rows[row][headings.index(heading)] = cell

    say(0, "Zqatelier Mecanique du Val", "80021")
    say(1, "ZQOPTIQUE REUNIS SARL", "39100 DOLE")
    say(2, "Zqatelier Mecanique du Val", "01001")
    say(3, "", "80021")
    say(4, "Zqatelier Mecanique du Val", "je ne sais pas")
    write_export("limesurvey_csv", place.original, headings, rows)
    companies = {
        KNOWN: ("80021", {"denominationUniteLegale": "ZQATELIER MECANIQUE DU VAL"}),
        siren(401): (
            "39198",
            {"denominationUniteLegale": "[ND]", "denominationUsuelle1UniteLegale": "Zqoptique Réunis"},
        ),
        siren(402): ("80021", {"denominationUniteLegale": "Zqpartiel", "statutDiffusionUniteLegale": "P"}),
    }
    write(tmp_path, UNITS, [unit(number, **names) for number, (_, names) in companies.items()], "parquet")
    seats = [seat(number, codeCommuneEtablissement=commune) for number, (commune, _) in companies.items()]
    write(tmp_path, PLACES, seats, "parquet")
    register(place)
    place.collect(decoded=False)
    return place


def register(place):
    stock = Stock(*(place.data.parent / f"{kind}_utf8.parquet" for kind in (UNITS, PLACES)))
    collect_register(stock, place.archive, place.keys, Contacts.of(place.settings))


def matcher(place):
    return Matcher(place.book, place.archive, Contacts.of(place.settings), place.settings.reference)


def refresh(place):
    """Search and decode, as the pipeline does."""
    entry = place.archive.latest("limesurvey", EDITION)
    found = matcher(place).archive()
    decided = place.archive.latest(reviews.SOURCE, EDITION)
    companies = {EDITION: CompanyInput(decided and decided.path, found and found.entry.path)}
    given = {EDITION: [DecodeInput(entry.path, "limesurvey", "responses.csv")]}
    decode([place.book], given, place.settings.lake, companies=companies)
    return found


def lake(place, table):
    return [
        row for path in files(place.settings.lake, table) for row in pq.ParquetFile(path).read().to_pylist()
    ]


def respondent(place, number):
    return next(row for row in lake(place, "respondents") if row["respondent_id"] == number)


def key_of(place, number):
    return place.keys.of(pa.array([number]))[0].as_py()


def accept(place, number=1, company=KNOWN):
    return decide(
        place.settings, f"{EDITION}/{number}", key_of(place, company), "accepted",
        reason="même activité et même effectif", reviewer="AB",
    )  # fmt: skip


def test_every_respondent_without_a_number_is_classed_and_waits(place):
    refresh(place)
    reasons = {
        row["respondent_id"]: row["reason_code"]
        for row in lake(place, "quarantine")
        if row["reason_code"].startswith("company_")
    }
    assert reasons == {
        1: "company_candidate",
        2: "company_candidate",
        3: "company_not_found",
        4: "company_no_name",
        5: "company_no_commune",
    }
    place_of = {row["respondent_id"]: row["row_number"] for row in lake(place, "quarantine")}
    assert [place_of[number] for number in (1, 2, 3)] == [1, 2, 3]
    # Never silently in: however sure the search is, nobody has a key yet.
    for number in range(1, 6):
        assert (respondent(place, number)["company_key"], respondent(place, number)["identified_by"]) == (
            None,
            None,
        )
    assert respondent(place, 6)["identified_by"] == "siren"


def test_names_are_in_the_contacts_and_nowhere_else(place):
    accept(place)
    refresh(place)
    holding = set()
    for path, text in place.texts():
        found = [name for name in NAMES if name in text.lower()]
        holding |= {path.relative_to(place.settings.data).parts[:2]} if found else set()
        assert not found or "contacts" in path.parts, path
    assert holding == {("contacts", EDITION), ("contacts", "register")}
    (names,) = (place.settings.contacts / "register").iterdir()
    assert stat.S_IMODE(names.stat().st_mode) == 0o600
    assert stat.S_IMODE(names.parent.stat().st_mode) == 0o700
    # A company that objects to being made public has no name with us.
    assert all(b"zqpartiel" not in text.lower() for text in cells_of(names))


def test_the_review_list_says_who_why_and_where(place):
    (found,) = review(place.settings)
    assert (found.edition, found.without, found.impossible) == (EDITION, 5, None)
    assert [(row["response"], row["candidate"], row["why"], row["score"]) for row in found.rows] == [
        (f"{EDITION}/1", "ZQATELIER MECANIQUE DU VAL", "same name", "1.00"),
        (f"{EDITION}/2", "Zqoptique Réunis", "same name", "1.00"),
    ]
    assert found.rows[0]["source"] == "limesurvey, row 1"
    assert found.rows[1]["said commune"] == "39100 DOLE"


def test_an_accepted_company_is_the_responses(place):
    before = refresh(place).entry
    accept(place)
    refresh(place)
    row = respondent(place, 1)
    assert (row["company_key"], row["identified_by"]) == (key_of(place, KNOWN), "review")
    codes = [row["reason_code"] for row in lake(place, "quarantine") if row["respondent_id"] == 1]
    assert codes == ["company_by_review"]
    (found,) = review(place.settings)
    assert [row["response"] for row in found.rows] == [f"{EDITION}/2"]
    # The search is of the same inputs: nothing is archived anew, and of decisions each state stays.
    assert place.archive.latest(matches.SOURCE, EDITION) == before
    (kept,) = pq.read_table(place.archive.latest(reviews.SOURCE, EDITION).path).to_pylist()
    assert (kept["decision"], kept["reason"], kept["reviewed_by"], kept["score"]) == (
        "accepted",
        "même activité et même effectif",
        "AB",
        1,
    )


def test_a_number_of_its_own_comes_before_a_decision(place):
    accept(place)
    place.original.write_bytes(
        place.original.read_bytes().replace(b'"";"";"Zqatelier', b'"%b";"";"Zqatelier' % siren(9).encode(), 1)
    )
    place.collect(decoded=False)
    refresh(place)
    assert (respondent(place, 1)["company_key"], respondent(place, 1)["identified_by"]) == (
        key_of(place, siren(9)),
        "siren",
    )


def test_refused_candidates_are_not_listed_again_and_an_acceptance_can_be_taken_back(place):
    refuse = {"reason": "autre établissement", "reviewer": "survey-team"}
    decide(place.settings, f"{EDITION}/2", None, "refused", **refuse)
    assert [row["response"] for row in review(place.settings)[0].rows] == [f"{EDITION}/1"]
    accept(place)
    decide(place.settings, f"{EDITION}/1", None, "refused", **refuse)
    refresh(place)
    assert respondent(place, 1)["company_key"] is None
    accept(place, 2, siren(401))
    refresh(place)
    assert respondent(place, 2)["identified_by"] == "review"
    assert len(reviews.decided(place.archive, EDITION)) == 4


@pytest.mark.parametrize(
    ("response", "company", "words", "match"),
    [
        (f"{EDITION}/3", KNOWN, {}, "no candidates"),
        (f"{EDITION}/1", siren(401), {}, "no candidates"),
        (f"{EDITION}/x", KNOWN, {}, "names no edition"),
        ("other/1", KNOWN, {}, "names no edition"),
        (f"{EDITION}/1", KNOWN, {"reason": "c'est Zqatelier"}, "names somebody"),
        (f"{EDITION}/1", KNOWN, {"reason": "écrit à a@zqexample.org"}, "names somebody"),
        (f"{EDITION}/1", KNOWN, {"reason": f"SIREN {KNOWN} au téléphone"}, "names somebody"),
        (f"{EDITION}/1", KNOWN, {"reason": " "}, "missing"),
        (f"{EDITION}/1", KNOWN, {"reviewer": "Zqnom Marque"}, "no sign of a reviewer"),
    ],
)
def test_what_is_no_decision_is_refused_and_keeps_nothing(place, response, company, words, match):
    words = {"reason": "même activité", "reviewer": "AB"} | words
    with pytest.raises(SkillsBankError, match=match):
        decide(place.settings, response, key_of(place, company), "accepted", **words)
    assert place.archive.latest(reviews.SOURCE, EDITION) is None


def test_a_second_company_is_refused(place):
    path = place.data.parent / "sampling_frame.csv"
    path.write_text(
        "siren;commune_code;naf_code;headcount_band;is_invited;invitation_mode;invited_on;name\n"
        f"{siren(403)};80021;25.62B;11;oui;;;Zqatelier Mecanique du Val\n"
    )
    collect_partner_file(
        PartnerFile("frame", path, EDITION), place.archive, place.keys, Contacts.of(place.settings)
    )
    assert len(review(place.settings)[0].rows) == 3
    accept(place)
    with pytest.raises(SkillsBankError, match="another company was accepted"):
        accept(place, 1, siren(403))


def test_without_names_nothing_changes(tmp_path, codebook):
    place = make(tmp_path, codebook)
    place.collect(decoded=False)
    assert refresh(place) is None
    assert not [row for row in lake(place, "quarantine") if row["reason_code"].startswith("company_")]
    assert "neither frame nor register" in review(place.settings)[0].impossible


def test_erasing_a_company_takes_its_name_its_decision_and_the_response_that_was_given_to_it(place):
    accept(place)
    accept(place, 2, siren(401))
    refresh(place)
    backup = {path: path.read_bytes() for path in (place.settings.contacts / "register").iterdir()}
    proof = erase(place.settings, Request(siren=KNOWN))
    assert {str(stone) for stone in proof.stones} >= {f"respondent {EDITION} 1"}
    assert proof.removed["contacts: names of companies"] == 1
    assert proof.removed["archive: rows of matches and decisions"] == 3
    for path, text in place.texts():
        assert key_of(place, KNOWN).encode() not in text or "tombstones" in path.parts, path
        assert b'zqatelier mecanique du val"' not in text.lower()
    place.verify()
    # Another's decision stays, nothing brings the erased back, and doing it again changes nothing.
    refresh(place)
    assert respondent(place, 2)["identified_by"] == "review"
    assert [one.respondent_id for one in reviews.decided(place.archive, EDITION)] == [2]
    assert 1 not in {row["respondent_id"] for row in lake(place, "respondents")}
    state = place.state()
    erase(place.settings, Request(siren=KNOWN))
    assert place.state() == state
    # Names that come back from a backup go with the next erasure.
    (now,) = (place.settings.contacts / "register").iterdir()
    for path, content in backup.items():
        now.write_bytes(content)
        path.write_bytes(content)
    assert erase(place.settings, Request()).removed["contacts: names of companies"] == 1
    assert len(list((place.settings.contacts / "register").iterdir())) == 1


def test_a_killed_erasure_of_names_is_ended_by_the_next(place):
    erase(place.settings, Request(siren=KNOWN))
    (stone,) = (place.settings.archive / "tombstones").glob("*.json")
    stone.write_text(json.dumps(json.loads(stone.read_text()) | {"finished_at": None}))
    with pytest.raises(SkillsBankError, match="begun and not ended"):
        review(place.settings)


def test_when_the_contacts_go_the_outcome_stays_and_the_names_go(place):
    found = refresh(place)
    rule = (Contacts.of(place.settings), place.archive, [place.book], place.data / "logs")
    kept = retain(*rule, now=datetime(2028, 1, 1, tzinfo=UTC))
    assert [(one.edition, one.files, one.left) for one in kept.editions] == [
        (EDITION, 0, 1),
        ("register", 0, 1),
    ]
    gone = retain(*rule, now=datetime(2039, 1, 1, tzinfo=UTC))
    assert [(one.edition, one.files, one.left) for one in gone.editions] == [
        (EDITION, 1, 0),
        ("register", 1, 0),
    ]
    assert gone.unknown == ()
    assert refresh(place).entry == found.entry
    assert [row for row in lake(place, "quarantine") if row["reason_code"] == "company_candidate"]
    assert "no longer kept" in review(place.settings)[0].impossible


def test_a_new_state_of_a_register_keeps_the_names_of_that_one_alone(place):
    write(place.data.parent, UNITS, [unit(KNOWN, denominationUniteLegale="Zqatelier")], "parquet")
    register(place)
    (names,) = (place.settings.contacts / "register").iterdir()
    assert names.stem == place.archive.latest("partners", "register").stem
    assert Contacts.of(place.settings).rows(names) == 1


def test_the_command_lists_accepts_and_takes_back(place, monkeypatch):
    for name, value in (("DATA", place.data), ("CODEBOOKS", place.codebooks), ("SAMPLE", "false")):
        monkeypatch.setenv(f"SKILLSBANK_{name}", str(value))
    monkeypatch.setenv("COLUMNS", "250")

    def run(*words):
        result = CliRunner().invoke(app, ["companies", *words], catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return result.output

    why = ("--reason", "même activité", "--by", "AB")
    key = key_of(place, KNOWN)[:12]
    assert "ZQATELIER MECANIQUE DU VAL" in (listed := run("review"))
    assert f"{EDITION}: 2 candidates open, 5 responses without a number" in listed
    assert f"{EDITION}/1: {key} accepted" in run("accept", f"{EDITION}/1", key, *why)
    assert f"{EDITION}: 1 candidates open" in run("review", EDITION)
    assert f"{EDITION}/1: {key} refused" in run("refuse", f"{EDITION}/1", *why)
    with pytest.raises(SkillsBankError, match="names no edition"):
        run("review", "other")
