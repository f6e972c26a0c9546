"""From an export to archive and contacts: what goes where, once, and whole."""

import json
import os
import stat
from collections import Counter
from datetime import UTC, datetime

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from orchestration import codebook as books
from orchestration.collection.contacts import REJECTED_ROW
from orchestration.collection.intake import DERIVED
from orchestration.errors import ArchiveError, CodebookError, ExportError
from orchestration.identifiers import CompanyKeys

from .conftest import MARK, limesurvey_csv, limesurvey_vv, made_up

CSV, VV = "rpc/responses_code_short_all_fr.csv", "ui/vv_version2.txt"
PERSONAL = {"token", "ipaddr", "seed", "SIREN", "SIRET", "RAISON", "NOM[NOM]", "NOM[FONC]", "MAIL"}
LEAK = ("01 99 00 12 34", "jean.essai@example.org")


@pytest.fixture
def made(codebook, tmp_path):
    """A made-up export in both formats."""
    headings, rows = made_up(codebook, 40)
    csv, vv = tmp_path / "responses.csv", tmp_path / "vvexport.txt"
    csv.write_bytes(limesurvey_csv(headings, rows))
    vv.write_bytes(limesurvey_vv(headings, rows))
    return {"limesurvey": csv, "limesurvey_vv": vv, "headings": headings, "rows": rows}


def archived(entry):
    return pq.read_table(entry.path).to_pylist()


def contacts(place, entry):
    return place.contacts.read(place.contacts_of(entry)).to_pylist()


@pytest.mark.parametrize(("name", "source"), [(CSV, "limesurvey"), (VV, "limesurvey_vv")])
def test_real_export_archived_and_contacts_are_the_whole_original(place, survey, name, source):
    collected = place.collect(survey / name, source)
    rows, people = archived(collected.entry), contacts(place, collected.entry)
    truth = {one["id"]: one for one in map(json.loads, (survey / "truth_responses.jsonl").open())}
    assert (collected.rows, collected.rejected, collected.is_new) == (224, 0, True)
    assert set(rows[0]) & PERSONAL == set()
    assert list(rows[0])[-6:] == DERIVED.names
    assert {row["field"] for row in people} == PERSONAL
    first_id = 0 if source == "limesurvey" else 10_000_000_000
    expected = set()
    for number, one in truth.items():
        cells = one["answers"] | one["meta"]
        expected |= {
            (
                first_id + number,
                field,
                str(cells[field]).strip(" \t\n") if source != "limesurvey" else str(cells[field]),
            )
            for field in PERSONAL
            if cells.get(field)
        }
    assert {(row["respondent_id"], row["field"], row["value"]) for row in people} == expected
    assert len(people) == len(expected)
    for row in rows:
        answers = truth[int(row["id"])]["answers"]
        if truth[int(row["id"])]["noise"] == "contact_leak":
            assert row["MANQUE"].endswith("appelez-moi au [phone] ou [e-mail]")
        elif source == "limesurvey_vv" and row["MANQUE"] is not None:
            assert row["MANQUE"] == answers["MANQUE"].strip(" \t\n\r\0\x0b")


@pytest.mark.parametrize("group", ["all_responses", "completed_responses"])
def test_real_classes_and_test_rows_are_as_counted(place, survey, group):
    rows = archived(place.collect(survey / CSV).entry)
    truth = json.loads((survey / "truth.json").read_text())[group]
    if group == "completed_responses":
        rows = [row for row in rows if row["submitdate"]]
    classes = Counter(row["siret_class"] for row in rows)
    assert Counter(row["siren_class"] for row in rows) == truth["siren_classes"]
    assert classes["other_siren"] == truth["siret_valid_but_of_another_siren"]
    assert classes["luhn_invalid"] + classes["bad_format"] == truth["siret_given_but_invalid"]
    assert sum(row["is_test"] for row in rows) == truth["test_rows_by_company_name"]
    by_siren = [row for row in rows if row["siren_class"] in {"valid", "valid_after_normalisation"}]
    keys = Counter(row["company_key"] for row in by_siren)
    assert len(keys) == truth["siren_distinct_valid"]
    assert sum(count > 1 for count in keys.values()) == truth["siren_with_more_than_one_response"]


@pytest.mark.parametrize("source", ["limesurvey", "limesurvey_vv"])
def test_nothing_personal_is_in_the_archive(place, survey, made, source):
    place.collect(made[source], source)
    real = place.collect(survey / (CSV if source == "limesurvey" else VV), source)
    people = {row["value"] for row in contacts(place, real.entry) if len(row["value"]) > 6}
    assert any(
        MARK in row["value"]
        for path in place.contacts.folder.rglob("*.parquet")
        for row in place.contacts.read(path).to_pylist()
    )
    for path in (place.folder / "archive").rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            if path.suffix == ".parquet":  # the cells uncompressed, dictionaries and statistics too
                pq.write_table(
                    pq.read_table(path), place.folder / "plain", compression="none", use_dictionary=False
                )
                content += (place.folder / "plain").read_bytes()
            found = [text for text in (MARK, *LEAK, *people) if text.encode() in content]
            assert found == []


def test_key_comes_from_siren_else_from_siret(place, made, tmp_path):
    headings, rows = made["headings"], made["rows"][:6]
    pairs = [
        ("404833048", "73282932000074"),
        ("404 833 048", ""),
        ("1", "73282932000074"),
        ("", "732 829 320 00074"),
        ("404833047", "73282932000079"),
        ("404833048", "40483304800022"),
    ]
    for row, (siren, siret) in zip(rows, pairs, strict=True):
        row[headings.index("SIREN")], row[headings.index("SIRET")] = siren, siret
    path = tmp_path / "pairs.csv"
    path.write_bytes(limesurvey_csv(headings, rows))
    got = archived(place.collect(path).entry)
    one, two = place.keys.of(pc.cast(["404833048", "732829320"], "string")).to_pylist()
    assert [row["company_key"] for row in got] == [one, one, two, two, None, one]
    assert [row["siret_class"] for row in got] == [
        "other_siren", "empty", "valid", "valid_after_normalisation", "luhn_invalid", "valid",
    ]  # fmt: skip


def test_same_original_changes_no_file_and_a_changed_one_is_new(place, made):
    first = place.collect(made["limesurvey"])
    before = place.state()
    again = place.collect(made["limesurvey"])
    assert (again.is_new, again.entry, again.rows) == (False, first.entry, 40)
    assert place.state() == before
    made["limesurvey"].write_bytes(limesurvey_csv(made["headings"], made["rows"][:-1]))
    assert place.collect(made["limesurvey"]).is_new
    assert {path: content for path, content in place.state().items() if path in before} == before


def test_renamed_original_is_the_same_original(place, made, tmp_path):
    first = place.collect(made["limesurvey"])
    other = tmp_path / "another name.csv"
    made["limesurvey"].rename(other)
    assert place.collect(other).entry == first.entry


def test_same_original_gives_the_same_bytes_anywhere(made, tmp_path, codebook):
    from .conftest import Place

    digests = set()
    for folder in ("one", "two"):
        digests.add(Place(tmp_path / folder, codebook).collect(made["limesurvey"]).entry.sha256)
    assert len(digests) == 1


def test_another_secret_or_rule_is_another_state(place, made):
    first = place.collect(made["limesurvey"])
    place.keys = CompanyKeys(b"quite another secret")
    second = place.collect(made["limesurvey"])
    tests = books.Tests(question="RAISON", matches=f"^{MARK} RAISON 7$")
    place.codebook = place.codebook.model_copy(update={"test_rows": tests})
    third = place.collect(made["limesurvey"])
    assert len({one.entry.sha256 for one in (first, second, third)}) == 3
    assert {first.entry.facts["keys"]} != {second.entry.facts["keys"]}
    assert [row["id"] for row in archived(third.entry) if row["is_test"]] == ["7"]


def test_sidecar_says_what_the_contract_says(place, made):
    before = datetime.now(UTC).replace(microsecond=0)
    facts = place.collect(made["limesurvey"]).entry.facts
    assert set(facts) == {
        "source", "feed", "edition", "origin", "origin_sha256", "sha256", "bytes", "rows", "rejected",
        "collected_at", "format", "split", "keys", "schema_version",
    }  # fmt: skip
    assert (facts["source"], facts["edition"], facts["origin"]) == (
        "limesurvey",
        "survey_482617",
        "responses.csv",
    )
    assert (facts["rows"], facts["rejected"], facts["schema_version"]) == (40, 0, 1)
    assert facts["format"] == "limesurvey_csv"
    assert before <= datetime.fromisoformat(facts["collected_at"])


def test_contacts_are_for_their_owner_only(place, made):
    old = os.umask(0)
    try:
        entry = place.collect(made["limesurvey"]).entry
    finally:
        os.umask(old)
    path = place.contacts_of(entry)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(path.parent.parent.stat().st_mode) == 0o700
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_rejected_rows_are_counted_and_their_text_is_kept_apart(place, made):
    content = limesurvey_csv(made["headings"], made["rows"]).split(b'\r\n"5";')
    bad = f'"999";"{MARK} not a row"'.encode()
    made["limesurvey"].write_bytes(content[0] + b"\r\n" + bad + b'\r\n"5";' + content[1])
    collected = place.collect(made["limesurvey"])
    rows = archived(collected.entry)
    assert (collected.rows, collected.rejected) == (41, 1)
    assert [row["row_number"] for row in rows] == list(range(1, 42))
    assert {name for name, cell in rows[4].items() if cell is not None} == {"row_number", "rejected"}
    assert rows[4]["rejected"] == "the row has 2 cells, not 93"
    assert [row["id"] for row in rows if row["rejected"] is None] == [row[0] for row in made["rows"]]
    texts = [row for row in contacts(place, collected.entry) if row["field"] == REJECTED_ROW]
    assert [(row["respondent_id"], row["row_number"], row["value"].strip()) for row in texts] == [
        (None, 5, bad.decode())
    ]
    assert MARK.encode() not in collected.entry.path.read_bytes()


def test_rows_without_a_usable_id_keep_their_place(place, made):
    for row, number in zip(made["rows"], ["", "x", "99999999999", "-1"], strict=False):
        row[0] = number
    made["limesurvey"].write_bytes(limesurvey_csv(made["headings"], made["rows"]))
    collected = place.collect(made["limesurvey"])
    assert collected.rows == 40
    people = contacts(place, collected.entry)
    assert {row["row_number"] for row in people if row["respondent_id"] is None} == {1, 2, 3, 4}
    assert all(row["respondent_id"] == row["row_number"] for row in people if row["row_number"] > 4)


def test_vv_headings_are_archived_as_code_headings(place, made):
    csv = place.collect(made["limesurvey"])
    vv = place.collect(made["limesurvey_vv"], "limesurvey_vv")
    assert pq.read_schema(csv.entry.path).names == pq.read_schema(vv.entry.path).names


def test_emcode_headings_are_translated(place, survey):
    codes = place.collect(survey / "ui" / "results_code_short.csv")
    assert place.collect(survey / "ui" / "results_emcode.csv").entry.sha256 == codes.entry.sha256


def test_token_and_address_are_personal_in_every_codebook(place, made):
    place.codebook = place.codebook.model_copy(update={"personal_columns": ()})
    names = pq.read_schema(place.collect(made["limesurvey"]).entry.path).names
    assert not {"token", "ipaddr"} & set(names)


def test_a_siren_must_be_marked_personal(place, made):
    questions = tuple(
        question.model_copy(update={"personal": False}) if question.code == "SIREN" else question
        for question in place.codebook.questions
    )
    place.codebook = place.codebook.model_copy(update={"questions": questions})
    with pytest.raises(CodebookError, match="'SIREN' asks for a SIREN and is not marked personal"):
        place.collect(made["limesurvey"])
    assert place.state() == {}


def test_file_that_grows_while_it_is_read_is_refused(place, made, monkeypatch):
    from orchestration.collection import intake

    path, check = made["limesurvey"], intake.check_answers

    def grow(*arguments):
        with path.open("ab") as file:
            file.write(b'"99"')
        return check(*arguments)

    monkeypatch.setattr(intake, "check_answers", grow)
    with pytest.raises(ExportError, match="changed while it was being read"):
        place.collect(path)
    assert place.state() == {}


def test_damaged_latest_entry_stops_the_intake(place, made):
    entry = place.collect(made["limesurvey"]).entry
    entry.path.chmod(0o644)
    entry.path.write_bytes(b"")
    with pytest.raises(ArchiveError, match="has 0 bytes"):
        place.collect(made["limesurvey"])


def test_contacts_that_cannot_be_written_stop_the_intake(place, made):
    place.contacts.folder.parent.mkdir(parents=True, exist_ok=True)
    place.contacts.folder.write_text("in the way")
    with pytest.raises(ArchiveError, match="cannot be written"):
        place.collect(made["limesurvey"])
    assert place.archive.entries() == []


def test_many_blocks_give_the_rows_of_one(place, made, monkeypatch, tmp_path, codebook):
    from orchestration.collection import blocks, row_groups
    from orchestration.collection.readers import limesurvey_csv as reader

    from .conftest import Place

    whole = place.collect(made["limesurvey"])
    for module in (blocks, reader):
        monkeypatch.setattr(module, "BLOCK", 5000)
    in_blocks = Place(tmp_path / "other", codebook).collect(made["limesurvey"])
    assert in_blocks.entry.sha256 == whole.entry.sha256
    monkeypatch.setattr(row_groups, "ROWS_A_GROUP", 7)
    in_groups = Place(tmp_path / "third", codebook).collect(made["limesurvey"])
    assert pq.read_table(in_groups.entry.path) == pq.read_table(whole.entry.path)
    assert pq.ParquetFile(in_groups.entry.path).num_row_groups == 6
