"""What is found in the inbox and the sample, and what is set aside with a reason."""

import os
from pathlib import Path

import pytest

from orchestration.codebook import Export
from orchestration.collection.inbox import find_exports, find_partner_files
from orchestration.collection.partners.contract import feeds_of, load_all
from orchestration.settings import Settings


@pytest.fixture
def book(codebook):
    exports = (
        Export(source="limesurvey", files="*.csv", format="limesurvey_csv"),
        Export(source="partner", files="partner_*.csv", format="limesurvey_csv"),
        Export(source="vv", files="*.txt", format="limesurvey_vv"),
    )
    return codebook.model_copy(update={"exports": exports})


def drop(root: Path, name: str, age: int = 0, content: str = "") -> Path:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content or name)
    moment = 1_700_000_000 - age
    os.utime(path, (moment, moment))
    return path


@pytest.fixture
def roots(tmp_path):
    inbox, sample = tmp_path / "inbox", tmp_path / "sample"
    inbox.mkdir()
    sample.mkdir()
    return [inbox, sample]


def reasons(found):
    return {file.path.name: file.reason for file in found.set_aside}


def test_nothing_there(book, roots):
    found = find_exports(book, [*roots, roots[0] / "nowhere"])
    assert found.files == ()
    assert found.set_aside == ()


def test_inbox_wins_over_sample_for_each_source(book, roots):
    inbox, sample = roots
    mine = drop(inbox, "survey_482617/responses.csv", age=1000)
    drop(sample, "survey_482617/responses.csv")
    theirs = drop(sample, "survey_482617/vv.txt")
    assert find_exports(book, roots).files == (("limesurvey", mine), ("vv", theirs))


def test_newest_counts_then_the_last_name_and_the_others_are_named(book, roots):
    inbox, _ = roots
    old = drop(inbox, "survey_482617/c.csv", age=9)
    drop(inbox, "survey_482617/a.csv")
    winner = drop(inbox, "survey_482617/b.csv")
    found = find_exports(book, roots)
    assert found.files == (("limesurvey", winner),)
    assert reasons(found).keys() == {"a.csv", old.name}
    assert "'b.csv' is newer" in reasons(found)["a.csv"]


def test_the_longest_pattern_takes_a_file(book, roots):
    inbox, _ = roots
    one = drop(inbox, "survey_482617/responses.csv")
    two = drop(inbox, "survey_482617/partner_nord.csv")
    assert find_exports(book, roots).files == (("limesurvey", one), ("partner", two))


def test_capitals_do_not_matter(book, roots):
    path = drop(roots[0], "survey_482617/RESPONSES.CSV")
    assert find_exports(book, roots).files == (("limesurvey", path),)


def test_unrecognised_files_are_told_with_the_reason(book, roots):
    inbox, _ = roots
    drop(inbox, "survey_482617/answers.xlsx")
    drop(inbox, "survey_482617/more/responses.csv")
    drop(inbox, "survey_482617/.DS_Store")
    drop(inbox, "survey_482617/sampling_frame.csv")
    found = find_exports(book, roots)
    assert found.files == ()
    assert reasons(found).keys() == {"answers.xlsx", "more"}
    assert "*.csv (limesurvey_csv)" in reasons(found)["answers.xlsx"]
    assert "is a folder" in reasons(found)["more"]


FEEDS = [feed for _, feed in feeds_of(load_all(Settings().contracts))]


def test_partner_files_and_frames(roots):
    inbox, sample = roots
    stopovers = drop(inbox, "partners/stopovers_2019.csv")
    drop(sample, "partners/stopovers.csv")
    frame = drop(sample, "tour_2019/sampling_frame.parquet")
    found = find_partner_files(["tour_2019", "edition_2012"], roots, FEEDS)
    assert {(file.table, file.edition, file.path) for file in found.files} == {
        ("frame", "tour_2019", frame),
    }
    assert found.feeds == {"stopovers": (stopovers,)}
    assert found.set_aside == ()


def test_the_sheets_of_one_workbook_serve_several_feeds(roots):
    path = drop(roots[0], "partners/Ateliers 2019.xlsx")
    found = find_partner_files([], roots, FEEDS)
    assert found.feeds == dict.fromkeys(
        ("workshop_questions", "workshop_attendance", "workshop_hosts"), (path,)
    )


def test_of_a_feed_that_grows_every_file_counts_the_oldest_first(roots):
    old = drop(roots[0], "partners/BMO_2018.xlsx", age=9)
    new = drop(roots[0], "partners/BMO_2019.xlsx")
    found = find_partner_files([], roots, FEEDS)
    assert found.feeds == {"labour_need": (old, new)}
    assert found.set_aside == ()


def test_a_file_that_was_sent_twice_is_told(roots):
    drop(roots[0], "partners/adherents.xlsx", content="x")
    drop(roots[0], "partners/adherents (1).xlsx", age=9, content="x")
    found = find_partner_files([], roots, FEEDS)
    assert [path.name for path in found.feeds["federation_members"]] == ["adherents.xlsx"]
    assert reasons(found) == {
        "adherents (1).xlsx": "was sent twice: 'adherents.xlsx' has the same content; remove one of the two"
    }


def test_what_lies_elsewhere_in_the_inbox_is_told(roots):
    inbox, sample = roots
    drop(inbox, "lost.csv")
    drop(inbox, "tour_2020/responses.csv")
    drop(inbox, "partners/workshops.csv")
    drop(inbox, "partners/institutions.csv", age=5)
    drop(inbox, "partners/institutions.parquet")
    drop(inbox, "register/StockUniteLegale_utf8.zip")
    drop(sample, "README.md")
    found = find_partner_files(["tour_2019"], roots, FEEDS)
    assert found.feeds == {"institutions": (inbox / "partners" / "institutions.csv",)}
    told = reasons(found)
    assert told.keys() == {"lost.csv", "tour_2020", "workshops.csv", "institutions.parquet"}
    assert "lies in no folder" in told["lost.csv"]
    assert "no codebook of an edition 'tour_2020'" in told["tour_2020"]
    assert "none of the partners' files" in told["workshops.csv"]
