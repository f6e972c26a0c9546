"""A file that is late, sent twice, shrunk, renamed by one column or of another encoding, for every kind of layout: one
message says what and what to do, and the last good version stays in use."""

from __future__ import annotations

import hashlib
from datetime import date

import pytest

from orchestration.collection.partners.age import Age, age
from orchestration.collection.partners.contract import Accepted
from orchestration.collection.partners.delivery import deliver

from .conftest import FEEDS, KEYS, LAYOUTS, SAMPLE

every_layout = pytest.mark.parametrize("table", LAYOUTS)


def refused(delivery, good, *words: str) -> str:
    """The delivery was refused, with these words, and the good one stays."""
    assert delivery.state == "refused"
    assert delivery.entry == good.entry
    assert delivery.delivered_at == good.delivered_at
    for word in (*words, "What to do:", f"of {good.delivered_at:%Y-%m-%d}, stays in use"):
        assert word in delivery.problem, delivery.problem
    return delivery.problem


@every_layout
def test_a_good_file_is_archived_with_its_facts(partner, table):
    sent = partner(table)
    good = sent.send()
    assert (good.state, good.problem) == ("new", None)
    assert good.rows == len(sent.rows) - 1
    assert good.entry.says(source="partners", feed=table, format=sent.feed.format)


@every_layout
def test_the_same_file_again_adds_nothing_and_shows_that_it_was_sent(partner, archive, table):
    sent = partner(table)
    first, again = sent.send(), sent.send()
    assert (again.state, again.entry) == ("unchanged", first.entry)
    assert (again.delivered_at - first.delivered_at).days == 1
    assert len(archive.entries()) == 1


@every_layout
def test_an_older_file_sent_again_is_told(partner, archive, table):
    sent = partner(table)
    sent.send()
    newer = sent.send([*sent.rows[:-1]])
    again = sent.send()
    if sent.feed.period:  # it grows by periods: what it has, it has
        assert (again.state, again.entry) == ("unchanged", newer.entry)
    else:
        refused(again, newer, f"it is the file of {sent_on(1)} again, older than the one in use")
    assert len(archive.entries()) == 2


def sent_on(day: int) -> str:
    return f"2023-11-{14 + day}"


@every_layout
def test_rows_sent_twice_in_one_file_are_told(partner, table):
    sent = partner(table)
    good = sent.send()
    doubled = sent.send([*sent.rows, *sent.rows[1:]])
    count = len(sent.rows) - 1
    refused(doubled, good, f"of {2 * count} rows are wrong there", "an earlier row has the same key")
    assert f"row {count + 1} below the headings" in doubled.problem


@every_layout
def test_a_shrunk_file_is_told_and_can_be_accepted(partner, archive, table):
    sent = partner(table)
    good = sent.send()
    few = sent.rows[: 1 + int(0.4 * len(sent.rows))]
    told = refused(
        sent.send(few), good, "of the last good file", f"at least {sent.feed.least_share:.0%} of them"
    )
    digest = hashlib.sha256((sent.folder / LAYOUTS[table]).read_bytes()).hexdigest()
    assert f"put sha256 {digest[:12]} with the reason under 'accepted' of '{table}'" in told
    accepted = (Accepted(sha256=digest[:12], reason="the partner closed half of its sites"),)
    sent.feed = sent.feed.model_copy(update={"accepted": accepted})
    now = deliver(sent.folder / LAYOUTS[table], sent.contract, sent.feed, archive, KEYS)
    assert (now.state, now.rows) == ("new", len(few) - 1)


@every_layout
def test_an_empty_file_is_told(partner, table):
    sent = partner(table)
    good = sent.send()
    refused(sent.send(sent.rows[:1]), good, "there are no rows below the headings")


@every_layout
def test_a_renamed_column_is_told_with_the_nearest(partner, table):
    sent = partner(table)
    good = sent.send()
    place = sent.place(sent.last)
    old = str(sent.rows[0][place])
    new = f"{old}s2"
    renamed = [[*sent.rows[0][:place], new, *sent.rows[0][place + 1 :]], *sent.rows[1:]]
    told = refused(
        sent.send(renamed),
        good,
        f"column '{sent.last}' (known as '{old}') is missing; nearest in the file: '{new}'",
        f"add the new one to its 'headings' in partners/{sent.contract.partner}/contract.yaml",
    )
    assert told.count(" is missing") == 1


def test_a_renamed_optional_column_is_told_too_and_a_missing_one_is_not(partner):
    sent = partner("training_offers")
    good = sent.send()
    place = sent.place("ends_on")
    renamed = [[*sent.rows[0][:place], "ends_at", *sent.rows[0][place + 1 :]], *sent.rows[1:]]
    refused(sent.send(renamed), good, "nearest in the file: 'ends_at'")
    without = [[*row[:place], *row[place + 1 :]] for row in sent.rows]
    assert sent.send(without).state == "new"


def test_a_column_twice_is_told(partner):
    sent = partner("federation_members")
    good = sent.send()
    refused(sent.send([[*row, row[0]] for row in sent.rows]), good, "'company_key' stands twice")


def test_a_new_column_is_no_fault_but_is_told(partner):
    sent = partner("innovation_aid")
    good = sent.send([[*row, "x" if number else "Pôle"] for number, row in enumerate(sent.rows)])
    assert (good.state, good.unknown) == ("new", ("Pôle",))
    assert "Pôle" in good.entry.facts["dropped"]


@pytest.mark.parametrize(
    ("table", "encoding", "words"),
    [
        ("training_offers", "cp1252", "is not UTF-8"),
        ("training_offers", "mac_roman", "is not UTF-8"),
        ("training_offers", "utf-16", "UTF-16"),
        ("vacancies", "cp1252", "is not UTF-8"),
        ("innovation_aid", "utf-8", "the file is UTF-8, not Windows-1252"),
        ("innovation_aid", "utf-16", "UTF-16"),
        ("rncp_sheets", "cp1252", "is not UTF-8"),
    ],
)
def test_another_encoding_is_told(partner, table, encoding, words):
    sent = partner(table)
    good = sent.send()
    told = refused(sent.send(encoding=encoding), good, words)
    assert LAYOUTS[table] in told
    assert "Expected: " in told


@pytest.mark.parametrize("table", ["federation_members", "labour_need", "workshop_questions"])
def test_a_text_in_place_of_a_workbook_is_told(partner, table):
    sent = partner(table)
    good = sent.send()
    text = ";".join(str(cell) for cell in sent.rows[0]).encode("cp1252", "replace")
    refused(sent.send(content=text), good, "no zip file", "an Excel workbook")


def test_another_separator_is_told(partner):
    sent = partner("training_offers")
    good = sent.send()
    content = sent.written(sent.rows).replace(b";", b",")
    refused(sent.send(content=content), good, "the cells are separated by ',', not by ';'")


def test_another_sheet_or_member_is_told(partner):
    from orchestration.simulation.layouts import workbook, zip_file

    sent = partner("labour_need")
    good = sent.send()
    refused(sent.send(content=workbook({"Feuil1": sent.rows})), good, "no sheet", "'Feuil1'")
    sent = partner("rncp_sheets")
    good = sent.send()
    refused(
        sent.send(content=zip_file({"fiches.csv": b"a;b\n"})),
        good,
        "has 0 members of that name",
        "fiches.csv",
    )


def test_another_form_of_dates_is_told_by_column_and_row(partner):
    sent = partner("innovation_aid")
    good = sent.send()
    place = sent.place("decided_on")
    rows = [sent.rows[0], *([*row[:place], "2019.03.31", *row[place + 1 :]] for row in sent.rows[1:])]
    refused(
        sent.send(rows), good, "row 1 below the headings, column 'decided_on'", "'2019.03.31'", "31/03/2019"
    )


def test_a_wrong_siren_is_never_shown(partner):
    sent = partner("innovation_aid")
    good = sent.send()
    place = sent.place("company_key")
    rows = [sent.rows[0], *([*row[:place], "404833047", *row[place + 1 :]] for row in sent.rows[1:])]
    told = refused(
        sent.send(rows), good, "a SIREN with its check digit, found another number, not shown here"
    )
    assert "404833047" not in told


def test_a_bad_first_file_leaves_nothing(partner, archive):
    sent = partner("training_offers")
    first = sent.send(sent.rows[:1])
    assert (first.state, first.entry, first.delivered_at) == ("refused", None, None)
    assert "There is no earlier version: the table stays empty." in first.problem
    assert archive.entries() == []


def test_no_file_is_no_fault(partner, archive):
    sent = partner("training_offers")
    good = sent.send()
    absent = deliver(None, sent.contract, sent.feed, archive, KEYS)
    assert (absent.state, absent.entry, absent.problem) == ("absent", good.entry, None)


@pytest.mark.parametrize(
    ("every", "delivered", "expected"),
    [
        ("month", date(2026, 1, 1), Age(45, date(2026, 2, 15), is_late=False)),
        ("month", date(2025, 12, 31), Age(46, date(2026, 2, 14), is_late=True)),
        ("week", date(2026, 1, 25), Age(21, date(2026, 2, 15), is_late=False)),
        ("quarter", date(2025, 11, 1), Age(106, date(2026, 2, 15), is_late=False)),
        ("year", date(2025, 1, 29), Age(382, date(2026, 2, 13), is_late=True)),
        ("year", None, Age(None, None, is_late=True)),
    ],
)
def test_late_is_by_the_contracts_frequency(every, delivered, expected):
    _, feed = FEEDS["training_offers"]
    feed = feed.model_copy(update={"every": every, "grace_days": 14})
    assert age(feed, delivered, date(2026, 2, 15)) == expected


def test_every_feed_has_a_simulated_file(partner):
    files = [path.name for path in SAMPLE.iterdir()]
    from fnmatch import fnmatch

    assert [
        feed.table
        for _, feed in FEEDS.values()
        if not any(fnmatch(name.lower(), feed.files.lower()) for name in files)
    ] == []
