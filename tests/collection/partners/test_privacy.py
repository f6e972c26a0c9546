"""What partners know of people and companies stays outside: archive, sidecars and lake hold neither SIREN nor names."""

from __future__ import annotations

import re

import pyarrow.parquet as pq
import pytest

from orchestration.collection.inbox import find_partner_files
from orchestration.collection.partners.delivery import deliver
from orchestration.identifiers import check_siren
from orchestration.personal_text import hide

from .conftest import FEEDS, KEYS, SAMPLE

PERSONAL = re.compile(
    r"[\w.]+@example\.org|06 39 98|Entreprise Exemple|Personne Exemple|Tutrice Exemple|Animatrice Exemple"
    r"|Recrutement Exemple|Accueil Exemple"
)


@pytest.mark.parametrize("table", FEEDS)
def test_neither_numbers_nor_people_of_a_file_are_archived(archive, table):
    contract, feed = FEEDS[table]
    found = find_partner_files([], [SAMPLE.parent], [feed])
    for path in found.feeds[table]:
        delivery = deliver(path, contract, feed, archive, KEYS)
        rows = pq.read_table(delivery.entry.path)
        texts = [
            cell
            for name in rows.column_names
            # Among thirty-two hexadecimal digits, some are a SIREN by chance.
            if name != "company_key"
            for cell in rows[name].to_pylist()
            if isinstance(cell, str)
        ]
        assert texts
        assert [text for text in texts if PERSONAL.search(text)] == []
        assert [text for text in texts if hide(text) != text and not text.isdigit()] == []
        sidecar = delivery.entry.path.with_name(f"{delivery.entry.path.name}.json").read_text()
        assert not PERSONAL.search(sidecar)
        for name in set(rows.column_names) - {"row_number"}:
            numbers = check_siren(rows[name].combine_chunks().cast("string")).number
            assert numbers.null_count > 0.8 * len(numbers), name
        if "company_key" in feed.lake_schema().names:
            keys = [key for key in rows["company_key"].to_pylist() if key]
            assert keys
            assert all(re.fullmatch("[0-9a-f]{32}", key) for key in keys)


def test_the_simulated_files_do_hold_what_must_stay_outside():
    """Else the test above would pass on nothing."""
    text = (SAMPLE / "opportunites_2019.csv").read_text("utf-8")
    assert PERSONAL.search(text)
    assert re.search(r";\d{9};", text)


def broken(archive, partner, table, row):
    """What is archived of a file whose third row is this text, which cannot be told apart into cells."""
    sent = partner(table)
    lines = sent.written(sent.rows).decode(sent.feed.encoding).splitlines(keepends=True)
    lines[3] = f"{row}\r\n"
    delivery = sent.send(content="".join(lines).encode(sent.feed.encoding))
    assert delivery.problem is None
    kept = pq.read_table(delivery.entry.path).to_pylist()[2]
    assert kept["rejected"].startswith("the row has ")
    assert {
        value for name, value in kept.items() if name not in {"row_number", "rejected", "rejected_text"}
    } == {None}
    return kept["rejected_text"]


def test_a_row_that_cannot_be_told_apart_is_kept_without_contacts(archive, partner):
    kept = broken(archive, partner, "training_offers", "of-3;es-1;Appeler le 06 39 98 00 01;a.b@example.org")
    assert kept == "of-3;es-1;Appeler le [phone];[e-mail]"


@pytest.mark.parametrize(
    ("table", "row", "form"),
    [
        ("vacancies", "v-1,404833048 00017,Personne Exemple", "x-9,999999999 99999,xxxxxxxx xxxxxxx"),
        ("innovation_aid", "A1;404 833 048;Élodie", "x9;999 999 999;xxxxxx"),
    ],
)
def test_of_a_row_that_may_name_somebody_only_the_form_is_kept(archive, partner, table, row, form):
    assert broken(archive, partner, table, row) == form


def test_contacts_in_free_text_are_taken_out(archive):
    contract, feed = FEEDS["workshop_questions"]
    delivery = deliver(SAMPLE / "ateliers_2019.xlsx", contract, feed, archive, KEYS)
    questions = pq.read_table(delivery.entry.path)["question_fr"].to_pylist()
    assert any("[e-mail]" in text for text in questions)
