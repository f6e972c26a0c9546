"""Erasing a company, a person and a response: gone everywhere, for good, however often, and whenever it is killed."""

import json
import os
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from orchestration.archive import Archive
from orchestration.automation.erasure import Request, erase
from orchestration.codebook import load
from orchestration.collection.company_files import collect_partner_file
from orchestration.collection.contacts import Contacts
from orchestration.collection.intake import collect_export
from orchestration.collection.tombstones import ERASED, Tombstones
from orchestration.decoding import DecodeInput, decode
from orchestration.disclosure.knowledge import SCHEMA, opened
from orchestration.errors import SkillsBankError
from orchestration.identifiers import CompanyKeys
from orchestration.lake import SCHEMAS, files
from orchestration.lake import write as write_table
from orchestration.publication.candidate import KNOWLEDGE
from orchestration.recognition.decisions import Decision, add_decisions, load_decisions
from orchestration.settings import Settings

from ..faults.breaking import die_at_step
from ..publication.conftest import Made
from .conftest import CODEBOOK, cells_of, marked, siren, write_export

CONTEXT = get_context("forkserver")
CONTEXT.set_forkserver_preload(["orchestration.automation.erasure", "pytest"])
COMPANY, PERSON, RESPONSE = siren(7), "zqmail9@zqexample.org", "survey_482617/12"


@dataclass
class Place:
    """A data folder of a test, with one edition from one export."""

    data: Path
    codebooks: Path
    settings: Settings = field(init=False)

    def __post_init__(self):
        self.settings = Settings(data=self.data, codebooks=self.codebooks, sample=False)

    @property
    def archive(self):
        return Archive(self.settings.archive)

    @property
    def keys(self):
        return CompanyKeys.load(None, self.settings.secrets)

    @property
    def book(self):
        return load(self.codebooks / "survey_482617.yaml")

    @property
    def original(self):
        return self.data / "inbox" / "survey_482617" / "responses.csv"

    def collect(self, *, decoded=True):
        found = collect_export(
            self.original, self.book, "limesurvey", self.archive, Contacts.of(self.settings), self.keys
        )
        given = {self.book.edition: [DecodeInput(found.entry.path, "limesurvey", "responses.csv")]}
        if decoded:
            decode([self.book], given, self.settings.lake)
        return found.entry

    def rows(self, entry=None):
        entry = entry or self.archive.latest("limesurvey", "survey_482617")
        return {row["row_number"]: row for row in pq.read_table(entry.path).to_pylist()}

    def people(self):
        (path,) = (self.settings.contacts / "survey_482617").glob("*")
        return Contacts.of(self.settings).read(path).to_pylist()

    def state(self):
        skipped = {"refresh.lock"}
        files = (path for path in self.data.rglob("*") if path.is_file() and path.name not in skipped)
        return {
            path.relative_to(self.data): path.read_bytes()
            for path in files
            if not {"tombstones", "audit"} & set(path.parts)
        }

    def texts(self):
        for folder in ("archive", "contacts", "lake"):
            for path in (self.data / folder).rglob("*"):
                if path.is_file():
                    yield path, b"\n".join([path.name.encode(), path.read_bytes(), *cells_of(path)])

    def verify(self):
        for entry in self.archive.entries():
            self.archive.verify(entry)
            assert pq.read_metadata(entry.path).num_rows == entry.facts["rows"]


def make(folder, codebook):
    codebooks = folder / "codebooks"
    codebooks.mkdir(parents=True)
    for path in (CODEBOOK, Settings().codebooks / "variables.yaml"):
        (codebooks / path.name).write_text(path.read_text())
    place = Place(folder / "data", codebooks)
    place.original.parent.mkdir(parents=True)
    headings, rows = marked(codebook, 1, 30)
    # The company answered twice: once with its SIRET alone, written out, and once more within a text.
    rows[20][headings.index("SIREN")] = ""
    rows[20][headings.index("SIRET")] = ""
    rows[20][headings.index("MANQUE")] = f"Notre SIREN : {COMPANY[:3]} {COMPANY[3:6]}\u00a0{COMPANY[6:]}"
    write_export("limesurvey_csv", place.original, headings, rows)
    with place.original.open("ab") as file:
        file.write(f'"{COMPANY}";"une ligne perdue"\r\n'.encode())
    return place


@pytest.fixture
def place(tmp_path, codebook):
    return make(tmp_path, codebook)


def test_a_company_is_gone_and_its_number_stays(place):
    before = place.collect()
    old = place.rows(before)
    proof = erase(place.settings, Request(siren=COMPANY))
    entry = place.archive.latest("limesurvey", "survey_482617")
    rows = place.rows(entry)
    gone = {number for number, row in rows.items() if row["rejected"] == ERASED}
    assert gone == {7, 21, 32}
    assert rows[7] == dict.fromkeys(rows[7]) | {"id": "7", "row_number": 7, "rejected": ERASED}
    assert rows[32]["id"] is None
    assert {number: row for number, row in rows.items() if number not in gone} == {
        number: row for number, row in old.items() if number not in gone
    }
    assert entry.facts["replaces"] == [before.sha256]
    assert (entry.facts["erased"], entry.collected_at) == (3, before.collected_at)
    assert not before.path.exists()
    place.verify()
    assert gone.isdisjoint({row["row_number"] for row in place.people()})
    assert {row["row_number"] for row in place.people()} >= {1, 2, 3, 31}
    for path, text in place.texts():
        for trace in (COMPANY.encode(), b"Zqsociete 7\n", b"zqmail7@", b"Zqnom Marque 7\n"):
            assert trace not in text, path
    said = "\n".join(proof.lines())
    assert COMPANY not in said
    assert "2  archive" not in said
    assert proof.removed["archive: responses emptied"] == 3
    assert proof.removed["lake: rows of respondents"] == 2
    assert proof.removed["contacts: cells"] > 10
    assert proof.originals == (place.original,)
    assert str(place.original) in said


@pytest.mark.parametrize(
    ("request_", "gone"),
    [(Request(email=PERSON.upper()), {9}), (Request(respondent=RESPONSE), {12})],
    ids=["e-mail", "respondent"],
)
def test_a_person_is_gone(place, request_, gone):
    place.collect()
    erase(place.settings, request_)
    rows = place.rows()
    assert {number for number, row in rows.items() if row["rejected"] == ERASED} == gone
    assert gone.isdisjoint({row["row_number"] for row in place.people()})
    lake = [
        row
        for path in files(place.settings.lake, "answers")
        for row in pq.ParquetFile(path).read().to_pylist()
    ]
    assert gone.isdisjoint({row["respondent_id"] for row in lake})
    assert len({row["respondent_id"] for row in lake}) == 29


def test_decisions_on_their_words_alone_are_gone(place):
    """What others wrote too stays decided; partners' rows without an edition are nobody's and stay."""
    place.collect()
    row = {"source": "answers", "edition": "survey_482617", "field": "missing_skills", "item": "", "span": 1}
    row |= {"number": 1, "outcome": "review", "frame_version": "x", "decided_by": "skillsbank"}
    said = [(12, "Tourneur sur machine unique"), (12, "Soudeur"), (13, "soudeur")]
    rows = [
        row | {"record_id": f"survey_482617/{number}", "respondent_id": number, "text": text}
        for number, text in said
    ]
    rows.append(
        row | {"source": "training_offers", "record_id": "of-1", "edition": None, "outcome": "outside"}
    )
    table = pa.Table.from_pylist(rows, schema=SCHEMAS["competence_mappings"])
    write_table(place.settings.lake, "competence_mappings", [(None, [table])])
    when = datetime(2026, 3, 2, 9, tzinfo=UTC)
    for key in ("tourneur sur machine unique", "soudeur", f"siren {COMPANY}"):
        add_decisions(place.settings.decisions, [Decision(key, (), "mb", when, "x")])
    proof = erase(place.settings, Request(respondent=RESPONSE))
    assert [one.key for one in load_decisions(place.settings.decisions)] == ["soudeur", f"siren {COMPANY}"]
    assert proof.removed["decisions on texts"] == 1
    (left,) = files(place.settings.lake, "competence_mappings")
    assert pq.read_table(left)["record_id"].to_pylist() == ["survey_482617/13", "of-1"]
    # A number within the text decided on is its company's, whoever wrote it.
    erase(place.settings, Request(siren=COMPANY))
    assert [one.key for one in load_decisions(place.settings.decisions)] == ["soudeur"]


def test_again_changes_nothing(place):
    place.collect()
    request = Request(siren=COMPANY)
    erase(place.settings, request)
    before = place.state()
    proof = erase(place.settings, request)
    assert place.state() == before
    assert not any(proof.removed.values())
    assert "nothing was left" in "\n".join(proof.lines())
    (stone,) = (place.settings.archive / "tombstones").glob("*.json")
    facts = json.loads(stone.read_text())
    assert facts["removed"]["archive: responses emptied"] == 3
    assert COMPANY not in stone.read_text()


def test_the_same_original_does_not_bring_it_back(place):
    place.collect()
    erase(place.settings, Request(siren=COMPANY))
    erased = place.archive.latest("limesurvey", "survey_482617")
    place.collect()
    assert place.archive.latest("limesurvey", "survey_482617").sha256 == erased.sha256
    # Nor does reading it anew, which gives what rewriting gave, byte for byte.
    for path in [*erased.path.parent.iterdir(), *(place.settings.contacts / "survey_482617").iterdir()]:
        path.unlink()
    fresh = place.collect()
    assert fresh.sha256 == erased.sha256
    assert {7, 21, 32}.isdisjoint({row["row_number"] for row in place.people()})


def test_a_changed_original_does_not_bring_it_back(place):
    place.collect()
    erase(place.settings, Request(siren=COMPANY))
    place.original.write_bytes(place.original.read_bytes().replace(b"zqlibre3@", b"zqlibre333@"))
    entry = place.collect()
    assert entry.facts["erased"] == 3
    for path, text in place.texts():
        assert COMPANY.encode() not in text, path


def test_frames_and_registers_lose_the_company(place):
    from orchestration.collection.inbox import PartnerFile

    path = place.data / "inbox" / "survey_482617" / "sampling_frame.csv"
    heads = "siren;commune_code;naf_code;headcount_band;is_invited;invitation_mode;invited_on\n"
    path.write_text(
        heads + "".join(f"{siren(n)};75056;62.01Z;01;oui;email;2026-01-01\n" for n in range(1, 20))
    )
    file = PartnerFile("frame", path, "survey_482617")
    collect_partner_file(file, place.archive, place.keys)
    erase(place.settings, Request(siren=COMPANY))
    (entry,) = place.archive.entries("sampling_frame")
    assert (entry.facts["rows"], entry.facts["erased"]) == (18, 1)
    place.verify()
    assert not collect_partner_file(file, place.archive, place.keys).is_new
    for old in entry.path.parent.iterdir():
        old.unlink()
    assert collect_partner_file(file, place.archive, place.keys).entry.sha256 == entry.sha256


def test_a_restored_backup_is_erased_again(place):
    place.collect()
    contacts = place.settings.contacts / "survey_482617"
    backup = {path.name: path.read_bytes() for path in contacts.iterdir()}
    erase(place.settings, Request(siren=COMPANY))
    (now,) = contacts.iterdir()
    now.write_bytes(next(iter(backup.values())))
    (contacts / next(iter(backup))).write_bytes(next(iter(backup.values())))  # its entry is no more
    proof = erase(place.settings, Request())
    assert proof.removed["contacts: cells"] > 10
    for path, text in place.texts():
        assert COMPANY.encode() not in text, path


def test_nothing_is_collected_before_an_erasure_has_ended(place):
    place.collect()
    erase(place.settings, Request(siren=COMPANY))
    (stone,) = (place.settings.archive / "tombstones").glob("*.json")
    stone.write_text(json.dumps(json.loads(stone.read_text()) | {"finished_at": None}))
    with pytest.raises(SkillsBankError, match="begun and not ended"):
        place.collect()
    erase(place.settings, Request())
    place.collect()


@pytest.mark.parametrize(("number", "is_named"), [(7, True), (8, False)])
def test_a_release_that_only_carries_the_company_on_is_named(place, tmp_path_factory, number, is_named):
    place.collect()
    workshop = Made(tmp_path_factory).workshop(place.data)
    candidate = workshop.candidate()
    key = place.keys.of(pa.array([siren(number)]))[0].as_py()
    row = {"edition": "survey_482617", "system": "export", "number": 0, "company_key": key, "answer": 1.0}
    row |= {"value": 1.0, "weight": 1.0, "is_present": False, "sums": "0"}
    with opened(candidate.folder / KNOWLEDGE / "no longer made.parquet") as keep:
        keep(pa.Table.from_pylist([row], schema=SCHEMA))
    replace(candidate.manifest, id="2026-W48-1").write(candidate.folder)
    candidate.folder.rename(workshop.releases / "2026-W48-1")
    proof = erase(place.settings, Request(siren=COMPANY))
    assert proof.releases == (("2026-W48-1",) if is_named else ())


def test_another_secret_is_refused(place):
    place.collect()
    erase(place.settings, Request(siren=COMPANY))
    with pytest.raises(SkillsBankError, match="another secret"):
        Tombstones.load(place.settings.archive, CompanyKeys(b"another secret than before"))


@pytest.mark.parametrize(
    "request_",
    [
        Request(siren="123"),
        Request(email="nobody"),
        Request(respondent="12"),
        Request(respondent="unknown/12"),
        Request(respondent="survey_482617/x"),
    ],
)
def test_a_request_of_nobody_is_refused(place, request_):
    place.collect()
    before = place.state()
    with pytest.raises(SkillsBankError):
        erase(place.settings, request_)
    assert place.state() == before
    assert not (place.settings.archive / "tombstones").exists()


def _erase(data, codebooks, last_step):
    """Erase; the process is gone at that one of its steps on disk (fsync, rename, or removal)."""
    die_at_step(last_step, "unlink")
    erase(Place(data, codebooks).settings, Request(siren=COMPANY))
    os._exit(0)


def test_killed_at_any_step_on_disk(tmp_path, codebook):
    steps = 0
    while True:
        steps += 2  # every other one, for time
        place = make(tmp_path / str(steps), codebook)
        place.collect(decoded=False)
        process = CONTEXT.Process(target=_erase, args=(place.data, place.codebooks, steps))
        process.start()
        process.join(60)
        place.verify()
        assert len(place.archive.entries()) == 1
        assert len(place.rows()) == 32
        if process.exitcode == 0:
            break
        erase(place.settings, Request(siren=COMPANY))
        place.verify()
        assert sum(row["rejected"] == ERASED for row in place.rows().values()) == 3
        names = [
            path.name for path in place.archive.latest("limesurvey", "survey_482617").path.parent.iterdir()
        ]
        assert len(names) == 2
        assert len(list((place.settings.contacts / "survey_482617").iterdir())) == 1
        for path, text in place.texts():
            assert COMPANY.encode() not in text, (steps, path)
    assert steps > 12
